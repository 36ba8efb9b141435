package http1

import (
	"context"
	"errors"
	"net"
	"os"
	"time"
)

// RoundTrip sends a request and waits for the header of the final answer, which x then has.
// The end of ctx aborts the exchange, also later, until x is closed; it is noticed at once, or
// within 20 ms of a wait's beginning. The caller closes x in any case. All errors are of
// type [*Error]. x must be new or reset.
func (p *Pool) RoundTrip(ctx context.Context, req *Request, x *Exchange) error {
	if x.state != fresh {
		return &Error{Phase: Connect, Err: ErrUsed, Untouched: true}
	}
	x.pool, x.req, x.ctx, x.state = p, req, ctx, begun
	if ctx.Err() != nil {
		x.Abort(context.Cause(ctx))
	}
	if err := x.abortion(); err != nil {
		return x.fail(Connect, err)
	}
	if err := x.assemble(req); err != nil {
		return x.fail(Send, err)
	}
	now := time.Now()
	x.moved = now
	x.watched = ctx == context.Background()
	if req.FirstByteTimeout > 0 {
		x.by = now.Add(req.FirstByteTimeout)
	}
	c := p.take(now)
	for {
		x.reused = c != nil
		if c == nil {
			var failed error
			if c, failed = x.connect(); failed != nil {
				return failed
			}
		}
		err := x.exchange(c)
		if err == nil {
			x.state = answered
			return nil
		}
		if !x.reused || !x.mayRepeat(err) {
			return err
		}
		x.detach()
		c = nil
	}
}

// connect gets a new connection.
func (x *Exchange) connect() (*conn, error) {
	began := time.Now()
	ctx, cancel := context.WithCancelCause(x.ctx)
	defer cancel(nil)
	limit := x.by
	if t := x.pool.config.ConnectTimeout; t > 0 && (limit.IsZero() || began.Add(t).Before(limit)) {
		limit = began.Add(t)
	}
	dialCtx := ctx
	if !limit.IsZero() {
		var stop context.CancelFunc
		dialCtx, stop = context.WithDeadline(ctx, limit)
		defer stop()
	}
	x.mu.Lock()
	cause := x.cause
	x.cancel = cancel
	x.mu.Unlock()
	if cause != nil {
		return nil, x.fail(Connect, cause)
	}
	nc, err := x.pool.config.Dial(dialCtx)
	x.mu.Lock()
	x.cancel = nil
	cause = x.cause
	x.mu.Unlock()
	if cause == nil && x.ctx.Err() != nil {
		cause = context.Cause(x.ctx)
	}
	switch {
	case cause != nil:
		err = x.fail(Connect, cause)
	case err == nil && nc == nil:
		err = x.fail(Connect, errNoConn)
	case err != nil:
		failed := x.fail(Connect, err)
		failed.Timeout = dialCtx.Err() != nil || isTimeout(err)
		err = failed
	default:
		x.moved = time.Now()
		x.connected = x.moved.Sub(began)
		return newConn(nc), nil
	}
	if nc != nil {
		newConn(nc).close(false)
	}
	return nil, err
}

var errNoConn = errors.New("there is no error and no connection")

// exchange sends the request and reads the header of the final answer.
func (x *Exchange) exchange(c *conn) error {
	x.c, x.heard = c, false
	x.mu.Lock()
	cause := x.cause
	x.nc = c.nc
	x.mu.Unlock()
	if cause != nil {
		return x.fail(Send, cause)
	}
	// A short head does not wait for a socket, and its sender need not be interrupted.
	if x.body != noBody || c.raw == nil || len(x.out) > smallRequest {
		x.watch()
	}
	x.mu.Lock()
	out, whole := x.out, x.whole != nil
	if whole { // of which another connection has taken nothing
		out = x.whole
	}
	x.mu.Unlock()
	if !whole && x.isSmall() {
		x.startSender(true)
		return x.readAnswer()
	}
	if err := x.sendHead(c, out); err != nil {
		return err
	}
	switch {
	case !x.headSent || x.body == noBody:
	case whole:
		x.setSender(senderDone)
	case x.req.Expect:
		x.ask = time.Now().Add(expectWait)
	default:
		x.startSender(false)
	}
	return x.readAnswer()
}

// expectWait is how long the target may take to say that it wants the body.
const expectWait = time.Second

// sendHead writes the head in the caller's goroutine. If the target does not take it to its
// end, that is no error yet: it may have answered.
func (x *Exchange) sendHead(c *conn, out []byte) error {
	x.limitWrites(c)
	if err := x.abortion(); err != nil {
		return x.fail(Send, err)
	}
	n, err := c.nc.Write(out)
	if n > 0 {
		x.mu.Lock()
		x.wrote = true
		x.mu.Unlock()
	}
	switch {
	case err == nil:
		x.headSent = true
		if c.raw == nil || len(out) > smallRequest {
			x.moved = time.Now() // writing may have taken its time
		}
		return nil
	case x.abortion() != nil:
		return x.fail(Send, x.abortion())
	case errors.Is(err, os.ErrDeadlineExceeded):
		failed := x.fail(Send, err)
		failed.Timeout = true
		return failed
	case n == 0:
		// What the target may have said before it was asked is no answer.
		return x.fail(Send, err)
	}
	x.mu.Lock()
	x.sender, x.sendErr = senderFailed, &Error{Phase: Send, Err: err}
	x.mu.Unlock()
	x.wake.Store(true)
	return nil
}

// mayRepeat tells whether the request may be sent again after it failed on a connection that had
// been used before.
func (x *Exchange) mayRepeat(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	if !ok || failed.Timeout || x.heard || x.abortion() != nil || x.ctx.Err() != nil {
		return false
	}
	if failed.Untouched || x.body == noBody && x.req.Replayable {
		return true
	}
	x.mu.Lock()
	whole := x.whole != nil
	x.mu.Unlock()
	if !whole {
		return false
	}
	x.endSenderOf(x.c) // which is not in the client's body any more
	x.mu.Lock()
	defer x.mu.Unlock()
	return !x.wrote
}

// detach gives up the connection, for another.
func (x *Exchange) detach() {
	c := x.c
	x.endSenderOf(c)
	x.mu.Lock()
	x.nc = nil
	x.touched = x.touched || x.wrote
	x.sender, x.sendErr, x.wrote = senderNone, nil, false
	x.mu.Unlock()
	x.c, x.broken, x.headSent = nil, time.Time{}, false
	c.close(false)
}

func (x *Exchange) setSender(s senderState) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sender = s
}

// abortion is the cause of the abort, if there was one.
func (x *Exchange) abortion() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.cause
}

// fail returns the error of a phase. If it says that the request is untouched it stays so.
func (x *Exchange) fail(phase Phase, err error) *Error {
	x.mu.Lock()
	defer x.mu.Unlock()
	untouched := !x.wrote && !x.touched && !x.bodyRead
	if untouched && x.sender == senderRuns {
		x.sender = senderStopped
	}
	return &Error{Phase: phase, Err: err, Untouched: untouched}
}

func isTimeout(err error) bool {
	if e, ok := errors.AsType[net.Error](err); ok {
		return e.Timeout()
	}
	return errors.Is(err, context.DeadlineExceeded)
}
