package elb

import (
	"net/netip"
	"time"
)

// AccessRecord is what a load balancer knows of a request that is over: the fields of
// AWS's access log. (User Guide for Application Load Balancers, "Access log entries".)
// [WriteAccessLog] and [SlogAccessLog] write them.
type AccessRecord struct {
	Type   string    // "http", "https", "h2", "grpcs", "ws", "wss"
	Time   time.Time // when the answer was generated; of a WebSocket, when its connection ended
	Begun  time.Time // when the request was received
	Name   string    // of the load balancer
	Client netip.AddrPort
	Target *Target // the last one; nil if there was none

	// How long it took from the request's receipt until it was sent to the target; from
	// then until the target began its answer; from then until the answer to the client was
	// begun. Less than 0, -1 in the log, if it did not come to that: all three if the request
	// was not sent to a target, or if that broke off or was too slow to answer.
	RequestTime, TargetTime, ResponseTime time.Duration

	Status       int // that the client got; 460 if it was gone by then; 0 if none was sent
	TargetStatus int // 0 if there was no target, or no answer

	ReceivedBytes, SentBytes int64 // of HTTP with the header

	// Method, URL and Proto are as they were received, the URL absolute and with its port,
	// "http://www.example.com:80/". All are empty if the request line was malformed.
	Method, URL, Proto string

	UserAgent    string // the log has 8,192 bytes of it
	TLSCipher    string // by OpenSSL's name, "ECDHE-RSA-AES128-GCM-SHA256"; empty without TLS
	TLSProtocol  string // "TLSv1.3"; empty without TLS
	GroupARN     string // of the target group; empty if there was none
	TraceID      string // the X-Amzn-Trace-Id header
	Domain       string // TLS's SNI; empty if there was none, or no certificate for it
	CertARN      string // of the certificate that the client was shown, or "session-reused"
	RulePriority int    // of the rule that matched; 0 for the default; -1 if it did not come to that, "-" in the log

	Actions     []string // what was done: "waf", "forward", "redirect", "fixed-response"
	RedirectURL string   // the Location of a redirect
	ErrorReason string   // AWS's code for why a function failed, "LambdaInvalidResponse"

	// Attempts are the targets that the request was at, in that order. None means that it
	// was at Target alone.
	Attempts []Attempt

	Classification       string // desync: "Acceptable", "Ambiguous", "Severe"; empty if compliant
	ClassificationReason string // AWS's code, "BothTeClPresent"; empty if compliant

	ConnTraceID string // what requests on one connection have in common: "TID_" and digits

	TransformedHost string // the Host that a rule's transform made; empty if it left it alone
	TransformedURI  string // the URI that a rule's transform made; empty if it left it alone
	TransformStatus string // "TransformSuccess", or AWS's code for a failure; empty without transforms
}

// Attempt is one target that a request was at.
type Attempt struct {
	Target *Target
	Status int // 0 if there was no answer
}
