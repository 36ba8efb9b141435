package elb

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/leat-go/leat/elb/internal/desync"
	"github.com/leat-go/leat/elb/internal/http1"
)

// exchange is a request on its way through a load balancer, and its answer.
type exchange struct {
	lb       *LoadBalancer
	listener *listener
	w        http.ResponseWriter
	r        *http.Request
	conn     *frontConn // nil if a server of the program's own has the connection
	verdict  desync.Verdict
	peer     netip.AddrPort
	begun    time.Time
	decision Decision
	trace    string

	group  *TargetGroup
	sticky stickySession
	lease  lease
	avoid  []*Target
	fields [maxSetFields]http1.Field // that are set for the target

	out http1.Request   // to a target over HTTP/1.1
	in  *http1.Exchange // and its answer

	body      *clientBody // nil if there is none
	status    int         // that the client got; 0 if none yet
	sent      int64       // bytes of the answer's body
	tunnelled int64       // bytes from the client after a change of protocol
	until     time.Time   // the deadline of writes; zero if none
	broken    error       // why the answer is not whole
	hijacked  bool        // the client's connection is not the server's any more
	tried     targetTry
	log       accessNotes

	// abort says why the request is over before its time: the first reason counts.
	abortLease func(error)
	informer   func(int, http.Header)
	mu         sync.Mutex
	cause      error                   // guarded by mu
	cancel     context.CancelCauseFunc // ends what a target that is not reached over HTTP/1.1 does; guarded by mu
}

var exchanges = sync.Pool{New: func() any {
	e := &exchange{in: new(http1.Exchange)}
	e.abortLease, e.informer = e.abort, e.inform
	return e
}}

// serve answers a request to a listener. conn is nil if another server has the connection:
// the context does not tell, as it is also that of requests that a target in this process
// passes on to a balancer of its own.
func (lb *LoadBalancer) serve(w http.ResponseWriter, r *http.Request, l *listener, conn *frontConn) {
	lb.active.Add(1)
	defer lb.leave()
	e := exchanges.Get().(*exchange)
	e.lb, e.listener, e.w, e.r, e.conn, e.begun = lb, l, w, r, conn, time.Now()
	e.peer = addrPort(r.RemoteAddr)
	stop := alwaysStopped
	if conn == nil { // else the context does it
		stop = context.AfterFunc(lb.base, func() { e.abort(ErrBalancerClosed) })
	}
	sound := e.run()
	broken := e.broken
	if stop() && sound { // else somebody may still hold it
		e.reset()
		exchanges.Put(e)
	}
	if broken != nil && r.Context().Value(http.ServerContextKey) != nil {
		panic(http.ErrAbortHandler) // this is how net/http is told that the answer is not whole
	}
}

func alwaysStopped() bool { return true }

// leave ends a request, and perhaps with it the last one of a balancer that stops.
func (lb *LoadBalancer) leave() {
	if lb.active.Add(-1) == 0 && lb.draining.Load() {
		lb.mu.Lock()
		defer lb.mu.Unlock()
		if lb.idle != nil {
			close(lb.idle)
			lb.idle = nil
		}
	}
}

// run answers the request and ends all that belongs to it. It tells whether nothing of the
// program's own panicked, such as a picker or the access log.
func (e *exchange) run() (sound bool) {
	sound = e.contain(e.answer)
	if !sound {
		e.lease.release(Outcome{})
		if e.status == 0 {
			e.refuse(http.StatusInternalServerError)
		} else {
			e.broken = errPanicked
		}
	}
	if e.body != nil {
		e.body.leave()
	}
	sound = e.contain(e.finish) && sound
	if e.verdict.Held && !e.hijacked {
		e.conn.gate.Resume()
	}
	return sound
}

// contain calls f. It tells whether f returned.
func (e *exchange) contain(f func()) (returned bool) {
	defer func() {
		if !returned {
			if fault := recover(); fault != nil {
				e.logPanic("elb: a panic", fault)
			}
		}
	}()
	f()
	return true
}

func (e *exchange) logPanic(text string, fault any, attrs ...slog.Attr) {
	attrs = append(attrs, slog.Any("panic", fault), slog.String("stack", string(debug.Stack())))
	e.lb.config.Logger.LogAttrs(e.r.Context(), slog.LevelError, text, attrs...)
}

// reset makes the exchange ready for another request.
func (e *exchange) reset() {
	e.in.Reset()
	clear(e.avoid[:cap(e.avoid)])
	*e = exchange{abortLease: e.abortLease, informer: e.informer, avoid: e.avoid[:0], in: e.in}
}

// answer answers the request.
func (e *exchange) answer() {
	status := e.refusal()
	if e.verdict.Status == 0 && hasBody(e.r) {
		e.body = e.newBody()
	}
	if status != 0 {
		e.lb.count.request(e.isGRPC(), 0)
		e.refuse(status)
		return
	}
	e.trace = traceID(e.r.Header, e.begun)
	e.decision = e.listener.rules.Match(e.r, e.peer)
	e.lb.count.request(e.isGRPC(), e.decision.evaluated)
	switch a := e.decision.Action; {
	case e.decision.Err != nil:
		e.refuse(http.StatusInternalServerError)
	case a.Redirect != nil:
		e.lb.count.redirected()
		e.own(a.Redirect.StatusCode)
		answerRedirect(e.w, a.Redirect.StatusCode, e.decision.Location)
	case a.FixedResponse != nil:
		e.lb.count.fixedResponse()
		e.own(a.FixedResponse.StatusCode)
		answerFixed(e.w, a.FixedResponse)
	default:
		e.forward(a.Forward)
	}
}

func (e *exchange) isGRPC() bool {
	return e.r.ProtoMajor == 2 && isGRPCType(e.r.Header)
}

// abort ends the request where it is, once.
func (e *exchange) abort(cause error) {
	e.mu.Lock()
	if e.cause == nil {
		e.cause = cause
	}
	cause, cancel := e.cause, e.cancel
	e.mu.Unlock()
	if cancel != nil {
		cancel(cause)
	}
	e.in.Abort(cause)
}

// aborted returns why the request was ended; nil if it was not.
func (e *exchange) aborted() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cause
}

// statusOf is the status for an end that the balancer itself brought about.
func statusOf(cause error) int {
	switch {
	case errors.Is(cause, ErrDrained), errors.Is(cause, ErrGroupClosed):
		return http.StatusBadGateway
	case errors.Is(cause, ErrBalancerClosed):
		return http.StatusServiceUnavailable
	default:
		return statusClientClosed
	}
}
