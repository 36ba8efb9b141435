package sqs

import (
	"context"
	"time"
)

// A message is given up before the queue shows it to others: a tenth of the
// visibility timeout before, at most spareTime. That covers the way between the
// queue and here, and leaves the handler a moment to stop. No extension reaches
// closer than spareTime to the 12 hours that SQS allows a receive to last.
const (
	spareTime = 5 * time.Second
	maxHeld   = maxVisibility - spareTime
)

func (c *Consumer) spare() time.Duration { return min(c.cfg.VisibilityTimeout/10, spareTime) }

// lease keeps the messages of one receive invisible. It has one timer, which is
// set as long as any of them is held, and no goroutine but when that fires.
type lease struct {
	messages []*held
	limit    time.Time // extensions reach no further

	// Guarded by Consumer.mu.
	timer *time.Timer
	open  int           // messages that are still leased
	beat  chan struct{} // closed when the extension under way has returned; nil if there is none
}

// newLease begins with the receive's own visibility timeout. The caller holds mu.
func (c *Consumer) newLease(messages []Message) []*held {
	now := time.Now()
	l := &lease{limit: now.Add(maxHeld), open: len(messages)}
	for _, m := range messages {
		l.messages = append(l.messages, &held{
			Message: m, lease: l, leased: true, deadline: now.Add(c.cfg.VisibilityTimeout - c.spare()),
		})
	}
	l.timer = time.AfterFunc(c.cfg.VisibilityTimeout/2, func() { c.extend(l) })
	return l.messages
}

// release ends a message's part in its lease. The caller holds mu.
func (h *held) release() {
	if !h.leased {
		return
	}
	h.leased = false
	if h.lease.open--; h.lease.open == 0 {
		h.lease.timer.Stop()
	}
}

// extend restarts the visibility timeout of a lease's messages and sets the timer
// anew: for halfway through the timeout, or for a tenth of it if there is one to be
// tried again, and never beyond the moment at which a message is lost.
func (c *Consumer) extend(l *lease) {
	c.mu.Lock()
	if l.open == 0 {
		c.mu.Unlock()
		return
	}
	c.beats.Add(1)
	defer c.beats.Done()

	now := time.Now()
	next := now.Add(c.cfg.VisibilityTimeout / 2)
	timeout := min(c.cfg.VisibilityTimeout, l.limit.Sub(now).Truncate(time.Second))
	deadline := now.Add(timeout - c.spare())
	var failed findings
	if due, earliest := l.due(now, deadline); len(due) > 0 {
		l.beat = make(chan struct{})
		c.mu.Unlock()
		errs := c.renew(due, timeout, earliest)
		c.mu.Lock()
		close(l.beat)
		l.beat = nil
		var again bool
		if failed, again = c.renewed(due, errs, deadline); again {
			next = time.Now().Add(c.cfg.VisibilityTimeout / 10)
		}
	}
	now = time.Now()
	lost, next := l.overdue(now, next)
	if l.open > 0 {
		l.timer.Reset(next.Sub(now))
	}
	back := c.lose(lost)
	c.mu.Unlock()

	for _, h := range lost {
		if h.job != nil {
			h.job.cancel(ErrVisibilityLost)
		}
		failed.wrap(h, ErrVisibilityLost)
	}
	c.reportAll("Extend", failed)
	c.giveBack(0, back)
}

// due returns the messages that an extension gives a later deadline, and the
// earliest of their present ones. The caller holds mu.
func (l *lease) due(now, deadline time.Time) (due []*held, earliest time.Time) {
	for _, h := range l.messages {
		if h.leased && h.deadline.After(now) && h.deadline.Before(deadline) {
			if due = append(due, h); len(due) == 1 || h.deadline.Before(earliest) {
				earliest = h.deadline
			}
		}
	}
	return due, earliest
}

func (c *Consumer) renew(due []*held, timeout time.Duration, earliest time.Time) []error {
	ctx, cancel := context.WithDeadline(c.settling, earliest)
	defer cancel()
	return entryErrors(c.queue.ChangeVisibility(ctx, timeout, handlesOf(due)...), len(due))
}

// renewed notes the outcome of an extension, and reports whether there is one that
// may succeed another time. The caller holds mu.
func (c *Consumer) renewed(due []*held, errs []error, deadline time.Time) (failed findings, again bool) {
	for i, h := range due {
		switch {
		case !h.leased: // settled meanwhile, and so of no concern
		case errs[i] == nil:
			h.deadline = deadline
			c.stats.Extended++
		case permanent(errs[i]):
			h.deadline = time.Time{}
			failed.add(h, errs[i])
		default:
			again = true
			failed.add(h, errs[i])
		}
	}
	return failed, again
}

// overdue ends the lease of the messages that are lost, and brings next forward
// to when another would be. The caller holds mu.
func (l *lease) overdue(now, next time.Time) (lost []*held, at time.Time) {
	for _, h := range l.messages {
		switch {
		case !h.leased:
		case !h.deadline.After(now):
			h.release()
			h.lost = true
			lost = append(lost, h)
		case h.deadline.Before(next):
			next = h.deadline
		}
	}
	return lost, next
}

// lose returns the messages that must not be handled any more because one before
// them in their lane is lost. The caller holds mu and gives them back.
func (c *Consumer) lose(lost []*held) (back []*held) {
	c.stats.Lost += int64(len(lost))
	for _, h := range lost {
		back = append(back, c.withdraw(c.lanes.cut(h))...)
	}
	return back
}
