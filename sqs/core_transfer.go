package sqs

import "github.com/leat-go/leat/internal/uid"

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
}

// take removes a message in order to put it on another queue.
func (c *core) take(ref uint32, r *record) transfer {
	t := transfer{
		body: r.body, attrs: r.attrs, groupID: r.group.id, dedupID: r.dedupID,
		id: r.id, seq: r.seq, sentAt: r.sentAt, firstAt: r.firstAt, receives: r.receives, arrived: r.arrived,
	}
	if r.extra != nil {
		t.extra = *r.extra
	}
	c.remove(ref, r)
	return t
}

// accept adds a message from another queue, or one that take took and nobody else
// wanted, visible at once. It keeps what the transfer says, times and receive count
// included; what is zero of its id and sequence number it gets anew.
func (c *core) accept(t transfer) {
	ref, r := c.insert(t.groupID, t.sentAt, t.seq)
	r.body, r.attrs, r.dedupID = t.body, t.attrs, t.dedupID
	r.id, r.firstAt, r.receives, r.arrived = t.id, t.firstAt, t.receives, t.arrived
	if t.extra != (extra{}) {
		r.extra = &t.extra
	}
	if r.id == (uid.ID{}) {
		r.id = c.seeds.id.ID(r.seq)
	}
	r.group.lastSent = max(r.group.lastSent, t.sentAt)
	c.setState(ref, r, ready)
}
