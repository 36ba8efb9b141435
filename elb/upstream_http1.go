package elb

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/leat-go/leat/elb/internal/http1"
)

// roundTrip sends the request over HTTP/1.1, and passes on the answer.
func (e *exchange) roundTrip(up *upstream, again bool) *failedTry {
	e.out = http1.Request{
		Method:     e.r.Method,
		Target:     requestTarget(e.decision.URL),
		Host:       e.host(),
		Header:     e.r.Header,
		Set:        e.targetFields(),
		Skip:       e.listener.skip,
		Trailer:    e.r.Trailer,
		Upgrade:    upgradeOf(e.r),
		Replayable: isReplayable(e.r),
		Timeout:    e.lb.config.IdleTimeout,
	}
	if e.body != nil {
		e.out.Body, e.out.ContentLength = e.body, e.r.ContentLength
		e.out.Expect = e.r.Header["Expect"] != nil && e.r.ProtoAtLeast(1, 1)
	}
	e.out.Informational = e.informer
	e.out.FirstByteTimeout = e.tryTimeout(again)
	x := e.in
	defer e.closeAnswer()
	if err := up.pool.RoundTrip(e.r.Context(), &e.out, x); err != nil {
		return e.explain(err)
	}
	e.tried.status, e.tried.answered = x.Status(), time.Now()
	if again && e.isRetried(x.Status()) {
		return &failedTry{status: x.Status(), err: errRetried, reserved: true}
	}
	if x.Status() == http.StatusSwitchingProtocols {
		return e.tunnel()
	}
	h := e.w.Header()
	x.CopyHeader(h)
	if e.body != nil && !x.SentAll(lateSender) {
		e.early(h)
	}
	e.deliver(x.Status(), x, x.ContentLength())
	if e.verdict.Close {
		x.Abort(errAmbiguous)
	}
	return nil
}

// errAmbiguous is why a connection to a target is not used again.
var errAmbiguous = errors.New("elb: the request was ambiguous")

// lateSender is how long one waits for the sender of a body to say that it is at the end.
const lateSender = 2 * time.Millisecond

// errRetried is why an answer was thrown away.
var errRetried = errors.New("elb: the answer's status is one to try again for")

// closeAnswer ends the use of the connection to the target.
func (e *exchange) closeAnswer() {
	if e.body != nil && !e.in.SentAll(0) {
		if begun, _, _ := e.body.state(); begun { // else another target may have it
			e.body.stop()
		}
	}
	e.in.Close()
	e.in.Reset()
	e.out = http1.Request{}
}

// explain says what an error of a round trip means.
func (e *exchange) explain(err error) *failedTry {
	f := &failedTry{status: http.StatusBadGateway, err: err}
	if failed := e.body.failed(); failed != nil {
		return &failedTry{status: e.bodyStatus(failed), err: err, gone: true}
	}
	if cause := e.r.Context().Err(); cause != nil {
		return &failedTry{status: e.clientGone(), err: cause, gone: true}
	}
	x, ok := errors.AsType[*http1.Error](err)
	if !ok {
		return f
	}
	f.untouched = x.Untouched
	switch {
	case errors.Is(err, http1.ErrRequest):
		return &failedTry{status: http.StatusBadRequest, err: err, gone: true}
	case x.Phase == http1.Body:
		return &failedTry{status: e.bodyStatus(x.Err), err: err, gone: true}
	case x.Phase == http1.Connect:
		_, isTLS := errors.AsType[*tlsError](err)
		e.group.count.connectionError(isTLS)
		fallthrough
	default:
		if x.Timeout {
			f.status = http.StatusGatewayTimeout
		}
	}
	return f
}

// isRetried tells whether an answer of a status is tried again for. If so the retry is
// reserved.
func (e *exchange) isRetried(status int) bool {
	return slices.Contains(e.lb.config.Retries.Statuses, status) && e.reserveRetry()
}

// requestTarget is what stands in the request line.
func requestTarget(u *url.URL) string {
	if u.Path == "*" {
		return "*"
	}
	target := sentPath(u)
	if u.RawQuery != "" || u.ForceQuery {
		target += "?" + u.RawQuery
	}
	return target
}

// upgradeOf returns the protocol that the client wants to change to, if any (RFC 9110, section
// 7.8). HTTP/2 is none: what came by it would be beyond the rules.
func upgradeOf(r *http.Request) string {
	if r.ProtoMajor != 1 || r.ProtoMinor == 0 || len(r.Header["Upgrade"]) == 0 || !http1.IsListed(r.Header["Connection"], "upgrade") || http1.IsListed(r.Header["Upgrade"], "h2c") {
		return ""
	}
	return r.Header["Upgrade"][0]
}
