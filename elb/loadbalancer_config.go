package elb

import (
	"crypto/tls"
	"log/slog"
	"time"
)

// LoadBalancerConfig says what a load balancer at layer 7 is. One with a Listener is of
// an Application Load Balancer's defaults. Where no other source is named, that of a rule
// is the User Guide for Application Load Balancers, "Edit attributes".
type LoadBalancerConfig struct {
	// Name is what logs and pages call it, of the form that a GroupConfig's has. Empty
	// means "leat".
	Name string

	// Zone is the availability zone it is in. It matters to groups whose CrossZoneDisabled.
	Zone string

	// Listeners are what it listens at, at least one, each at a port of its own.
	Listeners []Listener

	// Groups are the target groups that the listeners' rules name. They may be those of
	// other load balancers too; whoever made them closes them.
	Groups []*TargetGroup

	// ForwardedFor says what becomes of the X-Forwarded-For header. Empty means
	// ForwardedAppend.
	ForwardedFor ForwardedForMode

	// ForwardedClientPort appends the client's port to its address in X-Forwarded-For.
	ForwardedClientPort bool

	// PreserveHost sends the client's Host header as it is. Without it a port is added if
	// the header has none and the listener's is neither 80 nor 443, where one is left out.
	PreserveHost bool

	// DropInvalidHeaders leaves header fields out whose names are not letters, digits and
	// hyphens.
	DropInvalidHeaders bool

	// TLSHeaders adds X-Amzn-Tls-Version and X-Amzn-Tls-Cipher-Suite for clients by HTTPS.
	TLSHeaders bool

	// Desync says what becomes of requests that servers may read in different ways. Empty
	// means DesyncDefensive. It holds where Serve accepts the connections: a server of
	// one's own, with the balancer for its handler, has judged already.
	Desync DesyncMode

	// IdleTimeout is how long nothing may come from a client or a target during a request,
	// 1 s to 4000 s. Zero means 60 s. The context of a target in this process ends then.
	IdleTimeout time.Duration

	// KeepAlive is how long a client's connection may last, 60 s to 7 days; then it is closed
	// after an answer. Zero means an hour. It holds where Serve accepts the connections.
	KeepAlive time.Duration

	// MaxBody is how many bytes a request's body may have; more is answered with 413. Zero
	// means any number.
	MaxBody int64

	// Retries sends requests again, to other targets, that one has not answered. Nil means
	// that none is.
	Retries *Retries

	// CookieKeys are secrets of at least 16 bytes that stickiness cookies are sealed with, the
	// first one for new ones. Balancers with the same keys and groups take each other's
	// cookies. None means one that is drawn, and replaced every week.
	CookieKeys [][]byte

	// AccessLog gets a record of each request when it is over. It may be called
	// concurrently, and holds up the request. The record must not be kept. Nil means that
	// there is no log.
	AccessLog func(*AccessRecord)

	// Logger gets what goes wrong inside, such as a panic of a target in this process. Nil
	// means slog.Default.
	Logger *slog.Logger
}

// Listener is a port that a load balancer listens at, and what it does with requests
// there.
type Listener struct {
	// Port is the number, which rules and X-Forwarded-Port may speak of. Zero means 80, or
	// 443 with HTTPS.
	Port int

	// Protocol is HTTP or HTTPS. Empty means HTTPS if there is a TLSConfig, else HTTP.
	Protocol Protocol

	// TLSConfig has the certificates. Serve needs it for HTTPS; a server of one's own that
	// has ended TLS does not. It must not be changed afterwards.
	TLSConfig *tls.Config

	// HTTP2Disabled keeps to HTTP/1.1 at an HTTPS listener, and everywhere from HTTP/2
	// without TLS, which Serve understands otherwise.
	HTTP2Disabled bool

	// Rules are tried by priority.
	Rules []Rule

	// DefaultAction is for requests that no rule matches.
	DefaultAction *Action
}

// DesyncMode is how strict a balancer is with requests that servers may read in different
// ways. (User Guide for Application Load Balancers, "Desync mitigation mode".)
type DesyncMode string

// The modes.
const (
	DesyncMonitor   DesyncMode = "monitor"   // routes all that can be routed
	DesyncDefensive DesyncMode = "defensive" // blocks the severe, and isolates the ambiguous
	DesyncStrictest DesyncMode = "strictest" // routes only what complies with RFC 9110 and 9112
)

// ForwardedForMode is what becomes of the X-Forwarded-For header.
type ForwardedForMode string

// The modes.
const (
	ForwardedAppend   ForwardedForMode = "append"   // the client's address is added
	ForwardedPreserve ForwardedForMode = "preserve" // it stays as it is
	ForwardedRemove   ForwardedForMode = "remove"   // targets see none
)

// Retries is how a request is tried again at another target: if connecting to the first
// took too long; if it is an idempotent one without a body (RFC 9110, section 9.2.2) also
// if the target broke off before it answered, or answered with one of Statuses.
//
// A request whose target refuses the connection goes to another one without Retries, too, to
// three at most: nothing was sent, and no time was lost.
type Retries struct {
	// Attempts is how often a request is sent at most, 2 to 10. Zero means 3.
	Attempts int

	// Budget is how many retries there may be at a time, in percent of the requests that
	// are active, 1 to 100; there may be three in any case. Zero means 20. (Envoy's retry
	// budget.)
	Budget int

	// Statuses are answers that are tried again, such as 503. None means none.
	Statuses []int

	// TryTimeout is how long a target has to begin its answer to what could still be tried
	// again. Zero means as long as IdleTimeout.
	TryTimeout time.Duration
}
