package sqs

import (
	"github.com/leat-go/leat/internal/journal"
	"github.com/leat-go/leat/internal/uid"
)

// transfer is a message between two queues.
type transfer struct {
	body            string
	attrs           map[string]Attribute
	groupID         string
	dedupID         string
	extra           extra
	id              uid.ID
	seq             uint64 // in the queue it comes from; 0 for a new one
	sentAt, firstAt int64
	receives        uint32
	arrived         uint32

	from    *core // that took it; nil for a copy
	ref     uint32
	fromSeq uint64
	epoch   uint32        // of from
	home    journal.Place // where its text is, if body is empty
}

// take takes a message out in order to put it on another queue. Its place is kept until
// letGo or comeBack.
func (c *core) take(ref uint32, r *record) transfer {
	t := c.transfer(ref, r)
	t.from, t.epoch = c, c.epoch
	t.home = r.home
	c.departing++
	c.detach(ref, r)
	return t
}

// letGo frees the places of messages that another queue has taken over.
func (c *core) letGo(letters []transfer) {
	for i := range letters {
		if t := &letters[i]; t.epoch == c.epoch {
			c.records.Free(t.ref)
		}
	}
	c.departing -= len(letters)
}

// comeBack puts messages back that take took and nobody else wanted, visible at once.
// The journal has them still; those that were purged meanwhile are gone.
func (c *core) comeBack(letters []transfer) {
	for i := range letters {
		t := &letters[i]
		if t.epoch != c.epoch {
			continue
		}
		r := c.records.At(t.ref)
		c.join(t.ref, r, t.groupID, t.sentAt, t.seq)
		c.fill(t.ref, r, t)
		switch {
		case c.log == nil:
		case t.home.Segment != 0:
			c.log.store.place(r, t.home)
		default: // it was not known yet where it is
			again := c.transfer(t.ref, r)
			c.log.message(c, t.ref, r, &again, false)
		}
	}
	c.departing -= len(letters)
	c.returned += len(letters)
}

// transfer returns what of a message goes to another queue.
func (c *core) transfer(ref uint32, r *record) transfer {
	t := transfer{
		body: r.body, attrs: r.attrs, groupID: r.group.id, dedupID: r.dedupID,
		id: r.id, ref: ref, seq: r.seq, fromSeq: r.seq, sentAt: r.sentAt, firstAt: r.firstAt, receives: r.receives, arrived: r.arrived,
	}
	if r.extra != nil {
		t.extra = *r.extra
	}
	return t
}

// accept adds a message from another queue, visible at once. It keeps what the transfer
// says, times and receive count included; what is zero of its id and sequence number it
// gets anew.
func (c *core) accept(t transfer) {
	ref, r := c.insert(t.groupID, t.sentAt, t.seq)
	c.fill(ref, r, &t)
	if c.log != nil {
		c.log.message(c, ref, r, &t, false)
	}
}

// fill gives a message what a transfer says, and makes it visible.
func (c *core) fill(ref uint32, r *record, t *transfer) {
	r.body, r.attrs, r.dedupID = t.body, t.attrs, t.dedupID
	r.id, r.firstAt, r.receives, r.arrived = t.id, t.firstAt, t.receives, t.arrived
	if t.extra != (extra{}) {
		r.extra = new(t.extra)
	}
	if r.id == (uid.ID{}) {
		r.id = c.seeds.id.ID(r.seq)
	}
	r.group.lastSent = max(r.group.lastSent, t.sentAt)
	c.setState(ref, r, ready)
	if c.log != nil && !r.isEvicted() {
		c.log.adopt(r)
	}
}
