package http1

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// watchAfter is how long a wait lasts before the end of its context is asked for. Most are
// shorter, and context.AfterFunc has five allocations, which is more than all the rest.
const watchAfter = 20 * time.Millisecond

// brokenWait is how long a target's answer is waited for after it has refused to take the
// rest of the request.
const brokenWait = time.Second

// limit is until when the wait that begins now lasts, before expired is asked. Zero is no
// limit.
func (x *Exchange) limit() time.Time {
	var first time.Time
	earlier := func(t time.Time) {
		if first.IsZero() || t.Before(first) {
			first = t
		}
	}
	if !x.watched {
		earlier(x.moved.Add(watchAfter))
	}
	if x.req.Timeout > 0 {
		earlier(x.moved.Add(x.req.Timeout))
	}
	for _, t := range [...]time.Time{x.by, x.ask, x.broken} {
		if !t.IsZero() {
			earlier(t)
		}
	}
	return first
}

// read reads from the connection at least a byte. Its deadline is set only if there is
// none or a later one: that of an earlier wait, perhaps of an earlier exchange, will do, as a
// read that has been interrupted too early is begun again.
func (x *Exchange) read(p []byte) (int, error) {
	c := x.c
	if x.heard && (!x.watched || x.req.Timeout > 0) {
		x.moved = time.Now() // the wait begins now, whatever the caller did before
	}
	set, empty := false, 0
	for {
		limit := x.limit()
		if set || !limit.IsZero() && (c.readBy.IsZero() || c.readBy.After(limit)) {
			c.readBy = limit
			_ = c.nc.SetReadDeadline(limit) // if that fails then reading does, or there are no deadlines
		}
		// Whoever sets wake interrupts the connection after it, and so after this deadline, if
		// it is not seen here.
		if x.wake.Load() {
			if err := x.awake(); err != nil {
				return 0, err
			}
			continue // there may be another limit now
		}
		n, err := c.nc.Read(p)
		if n > 0 {
			x.heard = true
			return n, nil
		}
		switch {
		case err == nil:
			if empty++; empty == 100 {
				return 0, x.fail(x.phase(), io.ErrNoProgress)
			}
		case errors.Is(err, os.ErrDeadlineExceeded):
			if err := x.expired(time.Now()); err != nil {
				return 0, err
			}
			set = true
		default:
			return 0, x.broke(err)
		}
	}
}

// phase is the phase of what is being read.
func (x *Exchange) phase() Phase {
	if x.state == answered {
		return AnswerBody
	}
	return Answer
}

// broke returns why reading failed, if the connection says err.
func (x *Exchange) broke(err error) error {
	x.mu.Lock()
	cause, sendErr := x.cause, x.sendErr
	x.mu.Unlock()
	switch {
	case cause != nil:
		return x.fail(x.phase(), cause)
	case sendErr != nil && x.state != answered:
		return x.sendFailed(sendErr)
	}
	return x.fail(x.phase(), err)
}

// awake looks at why the wait is disturbed.
func (x *Exchange) awake() error {
	x.wake.Store(false) // first: what comes now sets it again
	x.mu.Lock()
	cause, sendErr, wrote := x.cause, x.sendErr, x.wrote
	x.mu.Unlock()
	switch {
	case cause != nil:
		x.wake.Store(true) // for whoever waits next
		return x.fail(x.phase(), cause)
	case sendErr != nil && (sendErr.Phase == Body || !wrote):
		return x.sendFailed(sendErr)
	case sendErr != nil && x.state != answered && x.broken.IsZero():
		x.broken = time.Now().Add(brokenWait)
	}
	return nil
}

// sendFailed returns the sender's error.
func (x *Exchange) sendFailed(e *Error) error {
	failed := x.fail(e.Phase, e.Err)
	failed.Timeout = e.Timeout
	return failed
}

// expired returns whether one of the limits has passed, and does what is due at the others.
func (x *Exchange) expired(now time.Time) error {
	x.mu.Lock()
	cause, sendErr, inBody, sendMoved := x.cause, x.sendErr, x.inBody, x.sendMoved
	x.mu.Unlock()
	if cause != nil {
		return x.fail(x.phase(), cause)
	}
	if !x.watched && !now.Before(x.moved.Add(watchAfter)) {
		if x.ctx.Err() != nil {
			x.Abort(context.Cause(x.ctx))
			return x.fail(x.phase(), x.abortion())
		}
		x.watch()
	}
	if !x.ask.IsZero() && !now.Before(x.ask) {
		x.ask = time.Time{}
		x.startSender(false)
	}
	if !x.broken.IsZero() && !now.Before(x.broken) {
		return x.sendFailed(sendErr)
	}
	if sendMoved.After(x.moved) {
		x.moved = sendMoved
	}
	late := !x.by.IsZero() && !now.Before(x.by)
	if !late && (x.req.Timeout <= 0 || now.Before(x.moved.Add(x.req.Timeout))) {
		return nil
	}
	phase := x.phase()
	if inBody {
		phase = Body
	}
	failed := x.fail(phase, os.ErrDeadlineExceeded)
	failed.Timeout = true
	return failed
}

// watch has the end of the context abort the exchange.
func (x *Exchange) watch() {
	if x.watched {
		return
	}
	x.watched = true
	if x.ctx.Done() == nil {
		return
	}
	x.mu.Lock()
	round := x.round
	x.mu.Unlock()
	ctx := x.ctx
	x.unwatch = context.AfterFunc(ctx, func() { x.abortIf(round, context.Cause(ctx)) })
}

func (x *Exchange) stopWatching() {
	if x.unwatch != nil {
		x.unwatch()
		x.unwatch = nil
	}
}

// limitWrites sets the deadline for writing the head. A connection's later one will do if it
// is not much later, so that it is set rarely.
func (x *Exchange) limitWrites(c *conn) {
	var limit time.Time
	if x.req.Timeout > 0 {
		limit = x.moved.Add(x.req.Timeout)
	}
	if !x.by.IsZero() && (limit.IsZero() || x.by.Before(limit)) {
		limit = x.by
	}
	slack := limit.Sub(x.moved) / 4
	switch {
	case limit.IsZero() && c.writeBy.IsZero():
		return
	case !limit.IsZero() && !c.writeBy.Before(limit) && !c.writeBy.After(limit.Add(slack)):
		return
	case !limit.IsZero():
		limit = limit.Add(slack)
	}
	c.writeBy = limit
	_ = c.nc.SetWriteDeadline(limit)
}
