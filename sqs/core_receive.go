package sqs

// receiveCommand is a ReceiveRequest with every default filled in.
type receiveCommand struct {
	max         int
	visibility  int64
	attempt     string // empty on standard queues
	maxReceives uint32 // dead-letter instead of receiving more often; 0: never
}

// attempted is one message of a receive that may be repeated.
type attempted struct {
	ref      uint32
	receives uint32
	seq      uint64
	due      int64
}

// exhaustedAtOnce bounds the dead letters of one receive, and so its time. A
// receive that reaches it without a message is to be repeated.
const exhaustedAtOnce = 256

// receive takes messages and leaves their references in c.picked. It reports
// whether the limit of messages in flight kept it from taking any.
func (c *core) receive(now int64, cmd receiveCommand) (overLimit bool) {
	c.picked = c.picked[:0]
	if cmd.attempt != "" && c.repeat(now, cmd) {
		return false
	}
	if c.inflight >= c.settings.maxInFlight {
		return true
	}
	c.line.begin()
	for len(c.picked) < cmd.max && c.inflight < c.settings.maxInFlight && len(c.exhausted) < exhaustedAtOnce {
		ref := c.line.next(c, now)
		if ref == 0 {
			break
		}
		r := c.records.At(ref)
		if cmd.maxReceives > 0 && r.receives-r.arrived >= cmd.maxReceives {
			c.exhausted = append(c.exhausted, c.take(ref, r))
			continue
		}
		r.receives++
		r.lastAt = now
		if r.firstAt == 0 {
			r.firstAt = now
		}
		c.hide(ref, r, inFlight, now+cmd.visibility)
		c.log.changed(ref, r)
		c.picked = append(c.picked, ref)
	}
	c.counters.received += int64(len(c.picked))
	if cmd.attempt != "" && len(c.picked) > 0 {
		c.remember(now, cmd.attempt)
	}
	return false
}

// repeat gives the messages of an earlier attempt again, with the same handles,
// if every one of them is as that attempt left it.
func (c *core) repeat(now int64, cmd receiveCommand) bool {
	before, ok := c.attempts.Get(now, cmd.attempt)
	if !ok {
		return false
	}
	for _, a := range before {
		r := c.records.At(a.ref)
		if r == nil || r.seq != a.seq || r.receives != a.receives || r.due != a.due {
			return false
		}
	}
	for i, a := range before {
		before[i].due = now + cmd.visibility
		r := c.records.At(a.ref)
		c.hide(a.ref, r, inFlight, now+cmd.visibility)
		c.log.changed(a.ref, r)
		c.picked = append(c.picked, a.ref)
	}
	return true
}

func (c *core) remember(now int64, attempt string) {
	taken := make([]attempted, len(c.picked))
	for i, ref := range c.picked {
		r := c.records.At(ref)
		taken[i] = attempted{ref: ref, receives: r.receives, seq: r.seq, due: r.due}
	}
	c.attempts.Put(now, attempt, taken)
}
