package kinesis

import (
	"container/heap"
	"time"
)

// backlog is the records of a producer that no request holds, and the order in which they
// go out. It has no lock, clock or goroutine: its caller has.
type backlog struct {
	cfg     *ProducerConfig
	fresh   parcels // by the time they were added
	urgent  parcels // have waited long enough
	retries retrials
	lanes   map[string]*keyLane // with Ordered
	epochs  []*epoch            // the last one is current; the others are not settled
	routes  *routeMap           // nil while unknown
	hurried bool                // nothing lingers
	aborted bool                // nothing is sent any more
}

func (b *backlog) init(cfg *ProducerConfig) {
	b.cfg = cfg
	b.lanes = map[string]*keyLane{}
	b.epochs = []*epoch{{done: make(chan struct{})}}
}

func (b *backlog) current() *epoch { return b.epochs[len(b.epochs)-1] }

func (b *backlog) add(c *parcel) {
	c.epoch = b.current()
	c.epoch.unsettled++
	if b.cfg.Ordered {
		lane, busy := b.lanes[c.PartitionKey]
		if !busy {
			lane = spareLanes.Get().(*keyLane)
			b.lanes[c.PartitionKey] = lane
		}
		c.lane = lane
		if busy {
			lane.waiting.push(c)
			return
		}
	}
	b.fresh.push(c)
}

// seal begins a new epoch, so that what there is no longer lingers, and returns the
// last one with records that are not settled, or nil.
func (b *backlog) seal() *epoch {
	if b.current().unsettled > 0 {
		b.epochs = append(b.epochs, &epoch{done: make(chan struct{})})
	}
	if len(b.epochs) == 1 {
		return nil
	}
	return b.epochs[len(b.epochs)-2]
}

// due tells whether a shipment should be taken now.
func (b *backlog) due(now time.Duration) bool {
	for len(b.retries) > 0 && (b.aborted || b.retries[0].at <= now) {
		r := heap.Pop(&b.retries).(retrial)
		b.urgent.append(&r.parcels)
	}
	oldest := b.fresh.first
	switch {
	case b.urgent.n > 0:
		return true
	case oldest == nil:
		return false
	case b.hurried || b.aborted || oldest.epoch != b.current() || oldest.added+*b.cfg.Linger <= now:
		return true
	}
	// How many records of the stream they make is not known before they are aggregated.
	return b.fresh.size >= b.cfg.BatchBytes || b.fresh.n >= b.cfg.BatchRecords && !b.cfg.Aggregate
}

// next is when something will be due by time alone.
func (b *backlog) next() (at time.Duration, ok bool) {
	if b.fresh.n > 0 {
		at, ok = b.fresh.first.added+*b.cfg.Linger, true
	}
	if len(b.retries) > 0 && (!ok || b.retries[0].at < at) {
		at, ok = b.retries[0].at, true
	}
	return at, ok
}

// take fills a shipment, the urgent ones first.
func (b *backlog) take(now time.Duration) *shipment {
	s := spareShipments.Get().(*shipment)
	s.begin(b.cfg, b.routes)
	for _, list := range []*parcels{&b.urgent, &b.fresh} {
		for list.n > 0 {
			c := list.first
			if c.fate = b.lapse(c, now); c.fate != inTransit {
				s.lapsed.push(b.depart(list))
				if c.lane != nil {
					b.lapseBehind(s, c.lane, now)
				}
				continue
			}
			at, ok := s.place(c)
			if !ok {
				return s
			}
			s.load(at, b.depart(list))
			if c.lane != nil {
				b.loadBehind(s, at, c.lane)
			}
		}
	}
	return s
}

// depart takes the first parcel off a list.
func (b *backlog) depart(list *parcels) *parcel {
	c := list.pop()
	if c.lane != nil {
		c.lane.out++
	}
	return c
}

// lapse tells whether a parcel is to be given up now.
func (b *backlog) lapse(c *parcel, now time.Duration) fate {
	switch {
	case b.aborted:
		return cancelled
	case c.added+b.cfg.TTL <= now:
		return expired
	}
	return inTransit
}

// lapseBehind gives up the next ones of a lane as well, so that a long lane does not take
// a round for each.
func (b *backlog) lapseBehind(s *shipment, lane *keyLane, now time.Duration) {
	for lane.waiting.n > 0 {
		c := lane.waiting.first
		if c.fate = b.lapse(c, now); c.fate == inTransit {
			return
		}
		s.lapsed.push(b.depart(&lane.waiting))
	}
}

// loadBehind adds to an aggregated record the next ones of a lane: they are accepted
// together or not at all, so their order is safe. They are younger than the one that is
// in it, so none has lapsed.
func (b *backlog) loadBehind(s *shipment, at int, lane *keyLane) {
	for lane.waiting.n > 0 && s.joins(at, lane.waiting.first) {
		c := b.depart(&lane.waiting)
		c.fate = inTransit
		s.load(at, c)
	}
}

// retrial is parcels that wait for the same moment.
type retrial struct {
	at time.Duration
	parcels
}

// retrials is a heap, the earliest first.
type retrials []retrial

func (r retrials) Len() int           { return len(r) }
func (r retrials) Less(i, j int) bool { return r[i].at < r[j].at }
func (r retrials) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }
func (r *retrials) Push(x any)        { *r = append(*r, x.(retrial)) }

func (r *retrials) Pop() any {
	last := (*r)[len(*r)-1]
	(*r)[len(*r)-1] = retrial{}
	*r = (*r)[:len(*r)-1]
	return last
}
