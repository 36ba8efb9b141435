package sqs

import "github.com/leat-go/leat/internal/deadline"

// send accepts a message and returns its sequence number; that of the original
// if it is a duplicate.
func (c *core) send(now int64, e *Entry, p *parcel) (seq uint64) {
	c.counters.sent++
	c.counters.bytes += int64(p.size)
	key, delay := p.dedupID, int64(p.delay)
	if c.settings.fifo {
		delay = c.settings.delay
		if c.settings.byGroup {
			key = e.GroupID + " " + key // neither has a space
		}
		if original, ok := c.recent.Get(now, key); ok {
			c.counters.deduplicated++
			return original
		}
	}
	ref, r := c.insert(e.GroupID, now, 0)
	r.id, r.body, r.attrs, r.dedupID = c.seeds.id.ID(r.seq), e.Body, p.attrs, p.dedupID
	if e.SenderID != "" || e.TraceHeader != "" {
		r.extra = &extra{senderID: e.SenderID, traceHeader: e.TraceHeader}
	}
	r.group.lastSent = now
	if c.settings.fifo {
		c.recent.Put(now, key, r.seq)
	}
	switch {
	case delay == 0:
		c.setState(ref, r, ready)
	case c.settings.fifo:
		c.setState(ref, r, delayed)
		c.fresh.Push(deadline.Entry{At: now, Order: uint32(r.seq), Ref: ref})
	default:
		c.hide(ref, r, delayed, now+delay)
	}
	return r.seq
}
