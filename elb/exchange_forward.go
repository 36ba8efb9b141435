package elb

import (
	"math/rand/v2"
	"net/http"
	"net/netip"
	"time"
)

// failedTry is why a target gave no answer that a client could have.
type failedTry struct {
	status    int   // for the client, if it stays at that
	err       error // beneath
	untouched bool  // the target has not seen the request
	gone      bool  // it is the client that failed, or the balancer's end, not the target
	reserved  bool  // the retry is counted already
}

// forward sends the request to a target of one of the groups.
func (e *exchange) forward(f *Forward) {
	e.group = e.chooseGroup(f)
	if e.group == nil {
		e.refuse(http.StatusServiceUnavailable)
		return
	}
	if status := e.mismatch(); status != 0 {
		e.refuse(status)
		return
	}
	want := e.wanted()
	replayable := isReplayable(e.r)
	status := http.StatusServiceUnavailable // if there is no target, or no other one
	for attempt := 1; ; attempt++ {
		e.lease.abort = e.abortLease
		req := Request{Flow: flowOf(e.peer.Addr()), Avoid: e.avoid}
		if err := e.group.acquire(e.lb.config.Zone, req, want, &e.lease); err != nil {
			e.refuse(status)
			return
		}
		failed := e.attempt(replayable && e.mayRetry(attempt))
		if failed == nil {
			return
		}
		if failed.reserved {
			defer e.lb.retrying.Add(-1)
		}
		if cause := e.aborted(); cause != nil {
			failed = &failedTry{status: statusOf(cause), err: cause, gone: true}
		}
		if failed.mayGoElsewhere() && attempt < connectAttempts && e.group.another(e.lb.config.Zone, e.avoid) {
			status, want = failed.status, nil
			continue
		}
		if failed.gone || !(failed.untouched || replayable) {
			e.refuse(failed.status)
			return
		}
		if !failed.reserved {
			if !e.mayRetry(attempt) || !e.reserveRetry() {
				e.refuse(failed.status)
				return
			}
			defer e.lb.retrying.Add(-1)
		}
		status, want = failed.status, nil
	}
}

// connectAttempts is how many targets are connected to for a request or a connection, if they
// refuse.
const connectAttempts = 3

// mayGoElsewhere tells whether another target can have the request in any case: this one was
// not sent anything, and it took no time to find that out.
func (f *failedTry) mayGoElsewhere() bool {
	return f.untouched && !f.gone && f.status == http.StatusBadGateway
}

// chooseGroup returns the group that the request goes to: that which its cookie names, or
// one by weight. It is nil if all weights are 0.
func (e *exchange) chooseGroup(f *Forward) *TargetGroup {
	if f.Stickiness > 0 {
		if name, _ := e.lb.seal.group(e.r, f, e.begun); name != "" {
			return e.lb.groups[name]
		}
	}
	if len(f.Groups) == 1 && f.Groups[0].weight() > 0 {
		return e.lb.groups[f.Groups[0].Group]
	}
	name, ok := f.Choose(rand.Uint64())
	if !ok {
		return nil
	}
	return e.lb.groups[name]
}

// wanted returns the target that the client is kept at, if there is one that is used.
func (e *exchange) wanted() *Target {
	c := &e.group.config.Stickiness
	if c.Type == "" {
		return nil
	}
	e.sticky = e.lb.seal.session(e.r, c, e.group.Name(), e.begun)
	if e.sticky.target == "" {
		return nil
	}
	return e.group.usable(e.lb.config.Zone, e.sticky.target)
}

// mismatch is the status for a request in a version of HTTP that the group does not
// take; else 0. (User Guide for Application Load Balancers, "HTTP 464".)
func (e *exchange) mismatch() int {
	grpc := e.isGRPC()
	switch version := e.group.config.Version; {
	case version == HTTP1 && grpc,
		version != HTTP1 && e.r.ProtoMajor < 2,
		version == GRPC && e.r.Method != http.MethodPost:
		return statusProtocolMismatch
	}
	return 0
}

// mayRetry tells whether there may be another attempt after this one.
func (e *exchange) mayRetry(attempt int) bool {
	return e.lb.config.Retries != nil && attempt < e.lb.config.Retries.Attempts
}

// leastRetries is how many retries there may be at a time under any budget.
const leastRetries = 3

// reserveRetry tells whether the budget has another retry. If so it is counted as one that is
// under way.
func (e *exchange) reserveRetry() bool {
	most := max(e.lb.active.Load()*int64(e.lb.config.Retries.Budget)/100, leastRetries)
	if e.lb.retrying.Add(1) > most {
		e.lb.retrying.Add(-1)
		return false
	}
	return true
}

// attempt sends the request to the target that is leased, and passes on its answer. If there
// is none it tells why, and the client has got nothing yet. again tells whether an answer
// may be thrown away for another attempt.
func (e *exchange) attempt(again bool) *failedTry {
	e.tried = targetTry{target: e.lease.target, began: time.Now()}
	m := e.lease.member
	var failed *failedTry
	switch {
	case m.handler != nil:
		failed = e.callHandler(m, again)
	case e.group.config.Version == HTTP1:
		failed = e.roundTrip(m.upstream(), again)
	default:
		failed = e.roundTripHTTP2(m.upstream(), again)
	}
	o := Outcome{Status: e.tried.status}
	if !e.tried.answered.IsZero() {
		o.Duration = e.tried.answered.Sub(e.tried.began)
	}
	switch {
	case failed == nil:
		o.Err = e.tried.err
	case !failed.gone:
		o.Err = failed.err
	}
	e.note()
	if failed != nil {
		e.avoid = append(e.avoid, e.lease.target)
	}
	e.lease.release(o)
	return failed
}

// targetTry is what became of a request at one target.
type targetTry struct {
	target   *Target
	began    time.Time
	answered time.Time // when the answer's header was there; zero if it did not come
	status   int       // of the answer
	err      error     // why that is not whole, if it is the target's fault
}

// tryTimeout is how long a target has to begin its answer, if there may be another attempt
// after it; zero if that is not limited.
func (e *exchange) tryTimeout(again bool) time.Duration {
	if again {
		return e.lb.config.Retries.TryTimeout
	}
	return 0
}

// isReplayable tells whether the request may be sent twice: nobody but the client
// could send its body again, and only what is idempotent may happen twice (RFC 9110, section
// 9.2.2).
func isReplayable(r *http.Request) bool {
	return !hasBody(r) && isIdempotent(r.Method)
}

func isIdempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete, http.MethodTrace:
		return true
	}
	return false
}

// flowOf is the flow of a client's requests, for algorithms that look at it: its address's.
func flowOf(client netip.Addr) uint64 {
	return FlowHash("", netip.AddrPortFrom(client, 0), netip.AddrPort{})
}

// addrPort reads an address and a port. It is not valid if they are none, as with
// a Unix socket.
func addrPort(s string) netip.AddrPort {
	a, _ := netip.ParseAddrPort(s)
	return a
}
