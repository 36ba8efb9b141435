package sqs

import "github.com/leat-go/leat/internal/deadline"

// original is the message that a duplicate repeats.
type original struct {
	id  messageID
	seq uint64
}

// send accepts a message under a fresh id, or returns the original that it
// duplicates.
func (c *core) send(now int64, e *Entry, p *parcel, id messageID) original {
	c.counters.sent++
	c.counters.bytes += int64(p.size)
	key := p.dedupID
	if c.settings.fifo {
		if c.settings.byGroup {
			key = e.GroupID + " " + key // neither has a space
		}
		if first, ok := c.recent.get(now, key); ok {
			c.counters.deduplicated++
			return first
		}
	}
	ref, r := c.insert(e.GroupID, now)
	r.id, r.body, r.attrs, r.dedupID = id, e.Body, p.attrs, p.dedupID
	if e.SenderID != "" || e.TraceHeader != "" {
		r.extra = &extra{senderID: e.SenderID, traceHeader: e.TraceHeader}
	}
	r.group.lastSent = now
	sent, delay := original{id, r.seq}, int64(p.delay)
	if c.settings.fifo {
		c.recent.put(now, key, sent)
		delay = c.settings.delay
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
	return sent
}
