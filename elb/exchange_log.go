package elb

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat/elb/internal/desync"
)

// accessNotes is what is kept for the access log on the way.
type accessNotes struct {
	target   *Target
	status   int // the target's
	sentTo   time.Time
	answered time.Time // when the target's answer began
	begun    time.Time // when the client's did
	attempts []Attempt
	reason   string // why a function failed
}

// note remembers an attempt.
func (e *exchange) note() {
	if e.lb.config.AccessLog == nil {
		return
	}
	n, t := &e.log, &e.tried
	if n.target != nil && n.attempts == nil {
		n.attempts = []Attempt{{n.target, n.status}}
	}
	n.target, n.status, n.sentTo, n.answered = t.target, t.status, t.began, t.answered
	if n.attempts != nil {
		n.attempts = append(n.attempts, Attempt{t.target, t.status})
	}
}

// finish counts the request, and logs it.
func (e *exchange) finish() {
	received := e.body.received() + e.tunnelled
	e.lb.count.processed(received + e.sent)
	if e.lb.config.AccessLog != nil {
		e.lb.config.AccessLog(e.record(received))
	}
}

// record is the entry of the access log.
func (e *exchange) record(received int64) *AccessRecord {
	now, n := time.Now(), &e.log
	a := &AccessRecord{
		Type:          e.kind(),
		Time:          now,
		Begun:         e.begun,
		Name:          e.lb.config.Name,
		Client:        e.peer,
		Target:        n.target,
		RequestTime:   -1,
		TargetTime:    -1,
		ResponseTime:  -1,
		Status:        e.status,
		TargetStatus:  n.status,
		ReceivedBytes: received + requestHeadSize(e.r),
		SentBytes:     e.sent + answerHeadSize(e.status, e.w.Header()),
		Method:        e.r.Method,
		Proto:         e.r.Proto,
		UserAgent:     e.r.UserAgent(),
		TraceID:       e.trace,
		RulePriority:  -1,
		Attempts:      n.attempts,
		ErrorReason:   n.reason,
	}
	if !n.answered.IsZero() && !n.begun.IsZero() {
		a.RequestTime, a.TargetTime = n.sentTo.Sub(e.begun), n.answered.Sub(n.sentTo)
		a.ResponseTime = n.begun.Sub(n.answered)
	}
	if e.conn != nil && e.conn.gate != nil && e.r.ProtoMajor == 1 {
		a.ReceivedBytes = e.conn.gate.Received() + e.tunnelled
	}
	if e.verdict.Status == 0 {
		a.URL = e.absoluteURL()
	} else { // the request is a stand-in, which has no Host
		v := &e.verdict
		a.Method, a.Proto, a.UserAgent = "", "", ""
		if v.Method != "" && v.Target != "" && v.Proto != "" {
			a.Method, a.Proto = v.Method, v.Proto
			a.URL = schemeOf(e.listener.Protocol) + "://-:" + strconv.Itoa(e.listener.Port) + v.Target
		}
	}
	if t := e.r.TLS; t != nil {
		a.TLSProtocol, a.TLSCipher = tlsNames(t)
		a.Domain = t.ServerName
	}
	if e.group != nil {
		a.GroupARN = e.group.config.ARN
	}
	if e.verdict.Class != desync.Compliant {
		a.Classification, a.ClassificationReason = e.verdict.Class.String(), string(e.verdict.Reason)
	}
	if e.conn != nil {
		a.ConnTraceID = e.conn.traceID
	}
	e.recordRule(a)
	return a
}

// recordRule adds what the rules have said.
func (e *exchange) recordRule(a *AccessRecord) {
	d := &e.decision
	if d.Action == nil {
		return
	}
	a.RulePriority = 0
	if d.Rule != nil {
		a.RulePriority = d.Rule.Priority
		if len(d.Rule.Transforms) > 0 {
			a.TransformStatus = "TransformSuccess"
			if d.Host != e.r.Host {
				a.TransformedHost = d.Host
			}
			if d.URL != e.r.URL {
				a.TransformedURI = requestTarget(d.URL)
			}
		}
	}
	switch {
	case d.Err != nil:
		a.TransformStatus = "TransformInvalidPath"
		if fault, ok := errors.AsType[*RuleError](d.Err); ok && strings.HasSuffix(fault.Part, "HostHeaderRewrite") {
			a.TransformStatus = "TransformInvalidHttpHeader"
		}
	case d.Action.Redirect != nil:
		a.Actions, a.RedirectURL = []string{"redirect"}, d.Location
	case d.Action.FixedResponse != nil:
		a.Actions = []string{"fixed-response"}
	default:
		a.Actions = []string{"forward"}
	}
}

// kind is the type of the request in the access log.
func (e *exchange) kind() string {
	secure := e.r.TLS != nil
	switch {
	case e.status == http.StatusSwitchingProtocols && secure:
		return "wss"
	case e.status == http.StatusSwitchingProtocols:
		return "ws"
	case e.isGRPC() && secure:
		return "grpcs"
	case e.r.ProtoMajor == 2:
		return "h2"
	case secure:
		return "https"
	default:
		return "http"
	}
}

// absoluteURL is the URL with the host and port that the client knows.
func (e *exchange) absoluteURL() string {
	name, port := splitHost(e.r.Host)
	if port == "" {
		port = strconv.Itoa(e.listener.Port)
	}
	return schemeOf(e.listener.Protocol) + "://" + name + ":" + port + requestTarget(e.r.URL)
}

// requestHeadSize is how many bytes a request is before its body.
func requestHeadSize(r *http.Request) int64 {
	n := headerSize(r.Header) + len(r.Method) + len(r.RequestURI) + len("  HTTP/1.1\r\n\r\n") + len("Host: \r\n") + len(r.Host)
	return int64(n)
}

// answerHeadSize is how many bytes an answer is before its body, but for what the server adds.
func answerHeadSize(status int, h http.Header) int64 {
	if status == 0 {
		return 0
	}
	return int64(headerSize(h) + len("HTTP/1.1 200 \r\n\r\n") + len(http.StatusText(status)))
}

// traceConnection names a connection for the access log.
func traceConnection() string {
	return fmt.Sprintf("TID_%016x%016x", rand.Uint64(), rand.Uint64())
}
