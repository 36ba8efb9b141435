package sqs

// transfer is a message between two queues.
type transfer struct {
	body            string
	attrs           map[string]Attribute
	groupID         string
	dedupID         string
	extra           extra
	id              messageID
	sentAt, firstAt int64
	receives        uint32
	arrived         uint32
}

// take removes a message in order to put it on another queue.
func (c *core) take(ref uint32, r *record) transfer {
	t := transfer{
		body: r.body, attrs: r.attrs, groupID: r.group.id, dedupID: r.dedupID,
		id: r.id, sentAt: r.sentAt, firstAt: r.firstAt, receives: r.receives, arrived: r.arrived,
	}
	if r.extra != nil {
		t.extra = *r.extra
	}
	c.remove(ref, r)
	return t
}

// takeReady takes the next message for a move task.
func (c *core) takeReady(now int64) (t transfer, ok bool) {
	c.line.begin()
	ref := c.line.next(c, now)
	if ref == 0 {
		return transfer{}, false
	}
	return c.take(ref, c.records.At(ref)), true
}

// accept adds a message from another queue, visible at once. It keeps what the
// transfer says, times and receive count included; without an id it gets a new
// one.
func (c *core) accept(t transfer) {
	ref, r := c.insert(t.groupID, t.sentAt)
	r.body, r.attrs, r.dedupID = t.body, t.attrs, t.dedupID
	r.id, r.firstAt, r.receives, r.arrived = t.id, t.firstAt, t.receives, t.arrived
	if t.extra != (extra{}) {
		r.extra = &t.extra
	}
	if r.id == (messageID{}) {
		r.id = c.newID(r.seq)
	}
	r.group.lastSent = max(r.group.lastSent, t.sentAt)
	c.setState(ref, r, ready)
}
