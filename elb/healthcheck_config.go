package elb

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// HealthProtocol is how a target is asked whether it is well.
type HealthProtocol string

// The protocols of health checks.
const (
	HealthHTTP  HealthProtocol = "HTTP"  // a GET whose status Matcher judges
	HealthHTTPS HealthProtocol = "HTTPS" // the same over TLS
	HealthTCP   HealthProtocol = "TCP"   // a connection is accepted
	HealthTLS   HealthProtocol = "TLS"   // and a TLS handshake succeeds; a Classic Load Balancer's "SSL"
	HealthGRPC  HealthProtocol = "GRPC"  // a unary call over unencrypted HTTP/2 whose status Matcher judges
	HealthFunc  HealthProtocol = "FUNC"  // a function of this program
)

// The calls that a gRPC check makes. Any other path of a unary call will do as well.
const (
	// GRPCHealthAWS is the default, as with an Application Load Balancer: a call that
	// no server has, so that the status of one that is well is 12, UNIMPLEMENTED.
	GRPCHealthAWS = "/AWS.ALB/healthcheck"
	// GRPCHealthStandard asks gRPC's health service about the server as a whole. The
	// default of Matcher is "0" here, and the answer must say SERVING besides, which
	// AWS's load balancers do not look at.
	GRPCHealthStandard = "/grpc.health.v1.Health/Check"
)

// HealthCheck says how targets are checked. The zero HealthCheck is an Application Load
// Balancer's: a GET of / every 30 s that has 5 s to be answered with 200, where two
// failures in a row make a target unhealthy and five successes healthy again.
//
// AWS's lower bounds (5 s between checks, 2 s for the answer, thresholds of 2) do not bind
// here: intervals may be as short as a millisecond, thresholds as low as 1. The source is
// the User Guide for Application Load Balancers, "Health checks for target groups".
type HealthCheck struct {
	// Disabled is for targets that are not checked at all, and used all the same.
	Disabled bool

	// Protocol is how a target is asked. Empty means HealthHTTP, or HealthFunc if Func is
	// set.
	Protocol HealthProtocol

	// Path is what HTTP and HTTPS checks get, with its query if it has one, and what a gRPC
	// check calls. Empty means "/", and GRPCHealthAWS for gRPC. Other protocols have none.
	Path string

	// Port is where a target is checked; zero means at the port that it has requests at.
	// It means nothing for a target in this process.
	Port int

	// Interval is the time from one check's start to the next one's, at least 1 ms. Zero
	// means 30 s.
	Interval time.Duration

	// Timeout is how long a target may take to answer, at most Interval, so that no target
	// is checked twice at a time. Zero means 5 s, as with an Application Load Balancer, for
	// TCP and TLS 10 s, as with a Network Load Balancer, or Interval where that is shorter.
	Timeout time.Duration

	// HealthyThreshold is how many checks in a row an unhealthy target must pass to be
	// healthy again; zero means 5. A new target is healthy after one.
	HealthyThreshold int

	// UnhealthyThreshold is how many checks in a row a target must fail to be unhealthy;
	// zero means 2.
	UnhealthyThreshold int

	// Matcher is the list of statuses that pass a check, as [ParseMatcher] reads it: of
	// HTTP 200 to 599, of gRPC 0 to 99. Empty means "200", for gRPC "12". Protocols
	// without a status have none.
	Matcher string

	// Func checks a target in place of a protocol: an error fails the check, and its text
	// is the target's reason. It should return when ctx ends; if it does not, then the
	// check fails without it, and it goes on by itself. It may be called concurrently.
	Func func(ctx context.Context, t *Target) error

	// TLSConfig is used for HTTPS and TLS. Nil means that any certificate will do, as with
	// AWS's load balancers. It must not be changed afterwards.
	TLSConfig *tls.Config

	// DialContext connects to a target in place of a [net.Dialer], as in a test without a
	// network. It may be called concurrently.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
}

const defaultHealthTimeout = 5 * time.Second

// withDefaults returns a copy with every default filled in.
func (c HealthCheck) withDefaults() HealthCheck {
	if c.Protocol == "" {
		c.Protocol = HealthHTTP
		if c.Func != nil {
			c.Protocol = HealthFunc
		}
	}
	if c.Path == "" {
		c.Path = c.Protocol.defaultPath()
	}
	if c.Matcher == "" {
		c.Matcher = c.Protocol.defaultMatcher(c.Path)
	}
	if c.Interval == 0 {
		c.Interval = 30 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = defaultHealthTimeout
		if c.Protocol == HealthTCP || c.Protocol == HealthTLS {
			c.Timeout = 10 * time.Second
		}
		c.Timeout = min(c.Timeout, c.Interval)
	}
	if c.HealthyThreshold == 0 {
		c.HealthyThreshold = 5
	}
	if c.UnhealthyThreshold == 0 {
		c.UnhealthyThreshold = 2
	}
	if c.DialContext == nil {
		c.DialContext = healthDialer{reset: c.Interval < resetBelow}.DialContext
	}
	return c
}

func (p HealthProtocol) defaultPath() string {
	switch p {
	case HealthHTTP, HealthHTTPS:
		return "/"
	case HealthGRPC:
		return GRPCHealthAWS
	default:
		return ""
	}
}

func (p HealthProtocol) defaultMatcher(path string) string {
	switch {
	case p == HealthHTTP, p == HealthHTTPS:
		return "200"
	case p == HealthGRPC && path == GRPCHealthStandard:
		return "0"
	case p == HealthGRPC:
		return "12"
	default:
		return ""
	}
}
