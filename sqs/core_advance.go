package sqs

import (
	"math"

	"github.com/leat-go/leat/internal/deadline"
)

// advance lets everything happen that is due by now, in the order of time; a
// retention period ends before a visibility timeout or delay that ends with it.
func (c *core) advance(now int64) {
	c.recent.Turn(now)
	c.attempts.Turn(now)
	for {
		at, heap := c.nextEvent()
		if at > now {
			return
		}
		// What happens makes the entry stale; the next round drops it.
		e, _ := heap.Min()
		switch r := c.records.At(e.Ref); {
		case heap == &c.aging && c.isAging(e):
			c.remove(e.Ref, r)
		case heap == &c.hidden && c.isHidden(e):
			c.show(e.Ref, r)
		case heap == &c.fresh && c.isFresh(e):
			c.show(e.Ref, r)
			c.log.changed(e.Ref, r) // a longer delay later is none of its
		default:
			heap.Pop()
		}
	}
}

// nextEvent returns when something happens by itself next, if only that a stale
// entry is dropped; at is math.MaxInt64 if nothing will.
func (c *core) nextEvent() (at int64, heap *deadline.Heap) {
	at = math.MaxInt64
	if e, ok := c.aging.Min(); ok {
		at, heap = e.At+c.settings.retention, &c.aging
	}
	if e, ok := c.hidden.Min(); ok && e.At < at {
		at, heap = e.At, &c.hidden
	}
	if e, ok := c.fresh.Min(); ok && e.At+c.settings.delay < at {
		at, heap = e.At+c.settings.delay, &c.fresh
	}
	return at, heap
}
