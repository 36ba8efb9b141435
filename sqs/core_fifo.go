package sqs

// fifoLine is the discipline of a FIFO queue. A group lists all its messages by
// sequence number, those in flight too. Receivable are the ones before the first
// that is not ready: that one rule is the group's lock, keeps its order when
// visibility timeouts end apart, and holds messages behind a delayed one. The
// groups with a receivable message stand in a line and take turns.
type fifoLine struct {
	first, last *group
	cursor      uint32 // the message after the one that next returned; 0 when that was its group's last
}

func (l *fifoLine) enter(c *core, ref uint32, r *record) {
	next := uint32(0)
	if g := r.group; g.tail != 0 && c.records.At(g.tail).seq > r.seq { // it was here before
		for next = g.head; c.records.At(next).seq < r.seq; {
			next = c.records.At(next).next
		}
	}
	c.link(ref, r, next)
}

func (l *fifoLine) leave(c *core, ref uint32, r *record) {
	c.unlink(r)
	l.requeue(c, r.group)
}

func (l *fifoLine) changed(c *core, ref uint32, r *record, was state) {
	if r.state != 0 { // else leave follows, and until then the group keeps its turn
		l.requeue(c, r.group)
	}
}

func (l *fifoLine) begin() { l.cursor = 0 }

// next drains a group before it goes on to another. Taking what it returns takes
// the group out of the line.
func (l *fifoLine) next(c *core, now int64) uint32 {
	ref := l.cursor
	if ref == 0 || c.records.At(ref).state != ready {
		if l.first == nil {
			return 0
		}
		ref = l.first.head
	}
	l.cursor = c.records.At(ref).next
	return ref
}

func (l *fifoLine) noisy(c *core, now int64) int { return 0 }

// requeue puts the group at the end of the line, or takes it out, as its first
// message commands.
func (l *fifoLine) requeue(c *core, g *group) {
	receivable := g.head != 0 && c.records.At(g.head).state == ready
	switch {
	case receivable && !g.queued:
		g.queued, g.prev = true, l.last
		if l.last == nil {
			l.first = g
		} else {
			l.last.next = g
		}
		l.last = g
	case !receivable && g.queued:
		if g.prev == nil {
			l.first = g.next
		} else {
			g.prev.next = g.next
		}
		if g.next == nil {
			l.last = g.prev
		} else {
			g.next.prev = g.prev
		}
		g.queued, g.prev, g.next = false, nil, nil
	}
}
