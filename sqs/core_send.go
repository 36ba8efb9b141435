package sqs

import "github.com/leat-go/leat/internal/deadline"

// send accepts a message and returns its reference and sequence number; 0 and that of
// the original if it is a duplicate.
func (c *core) send(now int64, e *Entry, p *parcel) (ref uint32, seq uint64) {
	c.counters.sent++
	c.counters.bytes += int64(p.size)
	key, delay := p.dedupID, int64(p.delay)
	if c.settings.fifo {
		delay = c.settings.delay
		if c.settings.byGroup {
			key = e.GroupID + " " + key // neither has a space
		}
		if original, ok := c.recent.Get(now, key); ok && original != takenBack {
			c.counters.deduplicated++
			return 0, original
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
	due := now + delay
	if c.log != nil {
		if c.log.store.waits {
			r.due = due
			c.setState(ref, r, committing)
		} else {
			c.begin(ref, r, due)
		}
		t := c.transfer(ref, r)
		c.log.message(c, ref, r, &t, true)
		c.log.adopt(r)
		if c.settings.fifo {
			c.log.recent.add(now, key, r.seq)
		}
	} else {
		c.begin(ref, r, due)
	}
	return ref, r.seq
}

// begin makes a message that was sent visible, or lets its delay begin.
func (c *core) begin(ref uint32, r *record, due int64) {
	switch {
	case due == r.sentAt:
		c.setState(ref, r, ready)
	case c.settings.fifo:
		c.setState(ref, r, delayed)
		c.fresh.Push(deadline.Entry{At: r.sentAt, Order: uint32(r.seq), Ref: ref})
	default:
		c.hide(ref, r, delayed, due)
	}
}

// committed begins a message that has become durable.
func (c *core) committed(ref uint32, seq uint64) {
	if r := c.waiting(ref, seq); r != nil {
		due := r.due
		r.due = 0
		c.begin(ref, r, due)
	}
}

// takenBack stands in place of a sequence number for a message that was withdrawn. None
// has it.
const takenBack = 0

// withdraw takes a message back that has not become durable. One that is sent under its
// deduplication id from now on is no duplicate.
func (c *core) withdraw(ref uint32, seq uint64) {
	r := c.waiting(ref, seq)
	if r == nil {
		return
	}
	c.remove(ref, r)
	c.withdrawn++
	if e, ok := c.log.recent.takeBack(seq); ok {
		e.seq = takenBack
		c.recent.Put(e.at, e.key, takenBack)
		c.log.remembered(&e)
	}
}

// waiting returns the message if it is not durable yet.
func (c *core) waiting(ref uint32, seq uint64) *record {
	if r := c.records.At(ref); ref != 0 && r != nil && r.seq == seq && r.state == committing {
		return r
	}
	return nil
}
