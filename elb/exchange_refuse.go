package elb

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat/elb/internal/desync"
)

// maxForwarded is how many addresses X-Forwarded-For may have.
const maxForwarded = 30

// refusal is the status that a request gets without a look at the rules; 0 if it is in
// order.
func (e *exchange) refusal() int {
	if e.conn != nil {
		if e.conn.gate != nil {
			e.verdict = e.conn.gate.Next()
			if e.verdict.Class != desync.Compliant {
				e.lb.count.desync(false)
			}
		}
		if e.verdict.Close || time.Since(e.conn.since) > e.lb.config.KeepAlive {
			e.w.Header()["Connection"] = []string{"close"}
		}
		if e.verdict.Status != 0 {
			return e.verdict.Status
		}
	}
	switch {
	case e.conn == nil && e.lb.draining.Load(): // Serve's connections end after their requests
		e.w.Header()["Connection"] = []string{"close"}
		return http.StatusServiceUnavailable
	case e.r.Method == http.MethodTrace:
		return http.StatusMethodNotAllowed
	case e.r.Method == http.MethodConnect, e.r.Method == "PRI": // as with a Classic Load Balancer
		e.w.Header()["Connection"] = []string{"close"} // what follows is of another protocol
		return http.StatusBadRequest
	case strings.Contains(e.r.RequestURI, "#"): // targets may take it for the path's end, rules do not
		return http.StatusBadRequest
	case e.r.ProtoMajor > 1 && isMalformed(e.r):
		return http.StatusBadRequest
	case e.r.ProtoMajor > 1 && len(e.r.RequestURI) > maxRequestLine:
		return http.StatusRequestURITooLong
	case e.r.ProtoMajor > 1 && isTooLarge(e.r.Header):
		return http.StatusRequestHeaderFieldsTooLarge
	case e.lb.config.MaxBody > 0 && e.r.ContentLength > e.lb.config.MaxBody:
		return http.StatusRequestEntityTooLarge
	case forwardedAddresses(e.r.Header) > maxForwarded:
		return statusTooManyForwarded
	}
	return 0
}

// isMalformed tells whether a request by HTTP/2 is not what it should be, though net/http's
// server lets it in: its host is none, or its length is not the body's (RFC 9113, section 8.1.1).
// Over HTTP/1.1 it does not come that far.
func isMalformed(r *http.Request) bool {
	lengths := r.Header["Content-Length"]
	for _, length := range lengths {
		if length != strconv.FormatInt(r.ContentLength, 10) {
			return true
		}
	}
	return len(lengths) > 1 || !isHost(r.Host)
}

// isTooLarge tells whether a header, or a field of it, is longer than it may be.
func isTooLarge(h http.Header) bool {
	for name, values := range h {
		for _, value := range values {
			if len(name)+len(": ")+len(value) > maxField {
				return true
			}
		}
	}
	return headerSize(h) > maxHeaders
}

// refuse answers with a status of the balancer's own.
func (e *exchange) refuse(status int) {
	e.own(status)
	if status == statusClientClosed {
		e.broken = errClientGone
		return
	}
	answerStatus(e.w, status)
}

// own prepares for an answer that is the balancer's own.
func (e *exchange) own(status int) {
	e.lb.count.answered(status)
	e.status = status
	begun, _, whole := e.body.state()
	if e.body != nil {
		e.body.leave()
	}
	switch {
	case begun && !whole:
		e.early(e.w.Header())
		e.limitWrites()
	case whole:
		e.limitWrites()
	default: // the server reads the body first
	}
}
