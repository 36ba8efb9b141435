package elb

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// errTargetIdle is why a request ended from whose target nothing came for too long.
var errTargetIdle = errors.New("elb: the target took longer than the idle timeout")

// watch is what ends the use of a target that is not reached over HTTP/1.1: the client's
// going, the request's abort, or that nothing moves.
type watch struct {
	e      *exchange
	ctx    context.Context // the target's
	cancel context.CancelCauseFunc
	timer  *time.Timer
	limit  time.Duration
}

// watch begins the use. The target must begin to answer within the time for a try, if there is
// one. The caller calls end.
func (e *exchange) watch(again bool) *watch {
	w := &watch{e: e, limit: e.lb.config.IdleTimeout}
	w.ctx, w.cancel = context.WithCancelCause(e.r.Context())
	e.mu.Lock()
	e.cancel = w.cancel
	cause := e.cause
	e.mu.Unlock()
	if cause != nil {
		w.cancel(cause)
	}
	first := w.limit
	if try := e.tryTimeout(again); try > 0 {
		first = min(first, try)
	}
	cancel := w.cancel
	w.timer = time.AfterFunc(first, func() { cancel(errTargetIdle) })
	if e.body != nil && first == w.limit {
		e.body.follow(w.moved)
	}
	return w
}

// moved notes that something came, or went.
func (w *watch) moved() { w.timer.Reset(w.limit) }

// pause stops the clock until something moves.
func (w *watch) pause() { w.timer.Stop() }

// release stops the clock.
func (w *watch) release() {
	if w.e.body != nil {
		w.e.body.follow(nil)
	}
	w.timer.Stop()
}

// closing has a connection closed when the request is aborted.
func (w *watch) closing(conn io.Closer) {
	w.e.mu.Lock()
	w.e.cancel = func(cause error) {
		w.cancel(cause)
		go conn.Close() // who calls this must not wait
	}
	aborted := w.e.cause != nil
	w.e.mu.Unlock()
	if aborted {
		_ = conn.Close()
	}
}

// end ends the use.
func (w *watch) end() {
	w.release()
	w.e.mu.Lock()
	w.e.cancel = nil
	w.e.mu.Unlock()
	w.cancel(context.Canceled)
}

// failure is why the target gives no answer although it may be able to; nil if there is no
// such reason.
func (w *watch) failure() *failedTry {
	e := w.e
	if cause := e.aborted(); cause != nil {
		return &failedTry{status: statusOf(cause), err: cause, gone: true}
	}
	if failed := e.body.failed(); failed != nil {
		return &failedTry{status: e.bodyStatus(failed), err: failed, gone: true}
	}
	switch cause := context.Cause(w.ctx); cause {
	case nil:
		return nil
	case errTargetIdle:
		if _, owed, _ := e.body.state(); owed {
			return &failedTry{status: http.StatusRequestTimeout, err: cause, gone: true}
		}
		return &failedTry{status: http.StatusGatewayTimeout, err: cause}
	default:
		return &failedTry{status: e.clientGone(), err: cause, gone: true}
	}
}
