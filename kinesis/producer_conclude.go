package kinesis

import (
	"container/heap"
	"time"
)

// conclude takes a shipment back whose parcels all have a fate, and have been told it if
// they are settled.
func (b *backlog) conclude(s *shipment, now time.Duration) {
	for i := range s.crates {
		b.unload(s, &s.crates[i].parcels, now)
	}
	b.unload(s, &s.lapsed, now)
	for _, r := range s.retrials {
		if r.at <= now {
			b.urgent.append(&r.parcels)
		} else {
			heap.Push(&b.retries, r)
		}
	}
	for len(b.epochs) > 1 && b.epochs[0].unsettled == 0 {
		close(b.epochs[0].done)
		b.epochs[0] = nil
		b.epochs = b.epochs[1:]
	}
}

func (b *backlog) unload(s *shipment, list *parcels, now time.Duration) {
	for list.n > 0 {
		c := list.pop()
		key, lane := c.PartitionKey, c.lane
		if c.fate.settled() {
			c.epoch.unsettled--
			*c = parcel{}
			spareParcels.Put(c)
		} else if lane != nil && lane.held {
			lane.returned.push(c)
		} else {
			s.retryAt(c, now)
			if lane != nil {
				lane.held = true
			}
		}
		if lane == nil {
			continue
		}
		if lane.out--; lane.out == 0 {
			b.advance(key, lane)
		}
	}
}

// advance lets the next parcel of a lane go whose last ones are back.
func (b *backlog) advance(key string, lane *keyLane) {
	lane.returned.append(&lane.waiting)
	lane.waiting, lane.returned = lane.returned, parcels{}
	switch {
	case lane.held:
		lane.held = false
	case lane.waiting.n > 0:
		b.urgent.push(lane.waiting.pop())
	default:
		delete(b.lanes, key)
		*lane = keyLane{}
		spareLanes.Put(lane)
	}
}
