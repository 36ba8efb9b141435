package elb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// Protocol is what a balancer speaks to the targets of a group.
type Protocol string

// The protocols. A layer 7 balancer takes groups of HTTP and HTTPS, a layer 4 one those of
// TCP and TLS; a Picker alone cares for none.
const (
	HTTP  Protocol = "HTTP"
	HTTPS Protocol = "HTTPS"
	TCP   Protocol = "TCP"
	TLS   Protocol = "TLS"
)

// ProtocolVersion is the version of HTTP that targets get their requests in.
type ProtocolVersion string

// The versions.
const (
	HTTP1 ProtocolVersion = "HTTP1" // HTTP/1.1
	HTTP2 ProtocolVersion = "HTTP2" // HTTP/2: over TLS with HTTPS, without with HTTP
	GRPC  ProtocolVersion = "GRPC"  // HTTP/2 for gRPC: the client must speak HTTP/2 as well
)

// GroupConfig says what a target group is. The zero GroupConfig with a Name is one of an
// Application Load Balancer's defaults. Where no other source is named, that of a rule is
// the User Guide for Application Load Balancers, "Target groups" and "Edit target group
// attributes".
type GroupConfig struct {
	// Name is what rules, metrics and pages call the group: 1 to 32 letters, digits and
	// hyphens, no hyphen at either end.
	Name string

	// ARN is what function targets are told. Empty means one that is made of the name.
	ARN string

	// Protocol is spoken to the targets. Empty means HTTP.
	Protocol Protocol

	// Version is the version of HTTP. Empty means HTTP1.
	Version ProtocolVersion

	// NewPicker returns the algorithm, without targets. It is called by NewTargetGroup, and
	// where CrossZoneDisabled once more for each zone. Nil means a RoundRobin.
	//
	// It, and the SetTargets of what it returns, must not call the group, nor wait for what
	// does: a mutex is held that changes of the group's targets take.
	NewPicker func() SetPicker

	// HealthCheck says how targets are checked. Where it names no protocol and no function,
	// it is HealthTCP with TCP and TLS, as with a Network Load Balancer, and HealthGRPC with
	// GRPC over HTTP.
	HealthCheck HealthCheck

	// InitialDown keeps requests from a target until it has passed its first check, even
	// if no target is healthy. As with AWS, targets not known to be healthy are used then
	// otherwise.
	InitialDown bool

	// MinimumHealthy is how many targets must be healthy for the others to be left out:
	// if fewer are, all are used ("fail open"). Zero means 1. Where CrossZoneDisabled it is
	// counted in each zone, as is MinimumHealthyPercent.
	MinimumHealthy int

	// MinimumHealthyPercent is the same in percent of the registered targets, 1 to 100.
	// Zero means that there is no such bound. Either bound will do.
	MinimumHealthyPercent int

	// CrossZoneDisabled restricts requests to the targets of the zone that the balancer is
	// in. If that has none they are answered with 503.
	CrossZoneDisabled bool

	// SlowStart is for how long the share of a target that has become healthy grows, in
	// proportion to time, from nothing to that of the others: up to 15 minutes. Zero means
	// that it is whole at once. A target does not start slowly while there is no healthy
	// target that does not, nor do those that one Register gives a group that has none.
	//
	// It is meant for algorithms by which every target has its turn: while others get n
	// offers, one that goes by load makes a new target more than that. AWS does not have it
	// with least_outstanding_requests and weighted_random.
	SlowStart time.Duration

	// DeregistrationDelay is how long requests that a target has when it is deregistered
	// may go on, up to an hour. After it they end, at layer 7 with 502. Nil means 300 s.
	DeregistrationDelay *time.Duration

	// Stickiness keeps a client's requests at a target.
	Stickiness Stickiness

	// Outliers takes targets out whose answers are bad, besides health checks. Nil means
	// that none is.
	Outliers *OutlierEjection

	// MaxRequests is how many requests, or at layer 4 connections, a target has at most at a
	// time. When all are full a request fails with ErrTargetsBusy, 503 at layer 7. Zero means
	// any number.
	MaxRequests int

	// ConnectTimeout is how long connecting to a target may take. Zero means 10 s.
	ConnectTimeout time.Duration

	// MaxIdleConns is how many connections to each target are kept for later requests.
	// Zero means 256; less than zero none.
	MaxIdleConns int

	// TLSConfig is used for HTTPS and TLS. Nil means that any certificate will do, as with
	// AWS's load balancers. It must not be changed afterwards.
	TLSConfig *tls.Config

	// DialContext connects to a target in place of a [net.Dialer], as in a test without a
	// network. It may be called concurrently.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)

	// ProxyProtocol tells targets at layer 4 who the client is, by a header of the PROXY
	// protocol, version 2.
	ProxyProtocol bool

	// MultiValueHeaders gives function targets all values of header fields and query
	// parameters, and takes theirs, in the event's multi-value form.
	MultiValueHeaders bool

	// KeepUnhealthyConns leaves connections at layer 4 to a target that becomes unhealthy
	// alone. They are reset otherwise. (User Guide for Network Load Balancers,
	// "Connection termination for unhealthy targets".)
	KeepUnhealthyConns bool
}

const (
	maxGroupName           = 32
	maxSlowStart           = 15 * time.Minute
	maxDeregistrationDelay = time.Hour
)

// ErrInvalidConfig is what is wrong with the configuration of a target group or
// a balancer. It comes wrapped in a [*ConfigError] for each fault.
var ErrInvalidConfig = errors.New("invalid configuration")

// ConfigError is one fault of a configuration.
type ConfigError struct {
	Type   string // of the configuration, "GroupConfig"
	Field  string // the field's name, "SlowStart"
	Detail string // what is wrong
}

func (e *ConfigError) Error() string { return "elb: " + e.Type + "." + e.Field + ": " + e.Detail }

// Unwrap returns ErrInvalidConfig.
func (e *ConfigError) Unwrap() error { return ErrInvalidConfig }

// configFaults collects the faults of a configuration.
type configFaults struct {
	kind  string
	found []error
}

func (f *configFaults) check(right bool, field, format string, args ...any) {
	if !right {
		f.found = append(f.found, &ConfigError{f.kind, field, fmt.Sprintf(format, args...)})
	}
}

func (f *configFaults) err() error { return errors.Join(f.found...) }

// withDefaults returns a copy with every default filled in.
func (c GroupConfig) withDefaults() GroupConfig {
	if c.ARN == "" {
		c.ARN = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/" + c.Name + "/0000000000000000"
	}
	if c.Protocol == "" {
		c.Protocol = HTTP
	}
	if c.Version == "" {
		c.Version = HTTP1
	}
	if c.NewPicker == nil {
		c.NewPicker = func() SetPicker { return new(RoundRobin) }
	}
	if c.MinimumHealthy == 0 {
		c.MinimumHealthy = 1
	}
	c = c.clone()
	if c.DeregistrationDelay == nil {
		c.DeregistrationDelay = new(300 * time.Second)
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 10 * time.Second
	}
	if c.MaxIdleConns == 0 {
		c.MaxIdleConns = 256
	}
	if c.TLSConfig == nil {
		c.TLSConfig = &tls.Config{InsecureSkipVerify: true}
	}
	if c.HealthCheck.DialContext == nil {
		c.HealthCheck.DialContext = c.DialContext
	}
	if c.DialContext == nil {
		c.DialContext = (&net.Dialer{KeepAlive: -1}).DialContext // idle timeouts and checks find dead targets
	}
	if c.HealthCheck.Protocol == "" && c.HealthCheck.Func == nil {
		switch {
		case c.Protocol == TCP || c.Protocol == TLS:
			c.HealthCheck.Protocol = HealthTCP
		case c.Protocol == HTTP && c.Version == GRPC:
			c.HealthCheck.Protocol = HealthGRPC
		}
	}
	c.Stickiness = c.Stickiness.withDefaults()
	if c.Outliers != nil {
		*c.Outliers = c.Outliers.withDefaults()
	}
	return c
}

// clone returns a copy that shares nothing with the original that may be changed.
func (c GroupConfig) clone() GroupConfig {
	if c.DeregistrationDelay != nil {
		c.DeregistrationDelay = new(*c.DeregistrationDelay)
	}
	if c.Outliers != nil {
		c.Outliers = new(*c.Outliers)
	}
	return c
}

// validate returns every fault of a configuration that has its defaults, joined.
func (c *GroupConfig) validate() error {
	f := configFaults{kind: "GroupConfig"}
	f.check(isGroupName(c.Name), "Name", "%.40q is not 1 to %d letters, digits and hyphens, with no hyphen at either end", c.Name, maxGroupName)
	switch c.Protocol {
	case HTTP, HTTPS, TCP, TLS:
	default:
		f.check(false, "Protocol", "%q is none", c.Protocol)
	}
	switch c.Version {
	case HTTP1:
	case HTTP2, GRPC:
		f.check(c.Protocol == HTTP || c.Protocol == HTTPS, "Version", "%s has none", c.Protocol)
	default:
		f.check(false, "Version", "%q is none", c.Version)
	}
	f.check(c.MinimumHealthy > 0, "MinimumHealthy", "%d is less than 1", c.MinimumHealthy)
	f.check(c.MinimumHealthyPercent >= 0 && c.MinimumHealthyPercent <= 100, "MinimumHealthyPercent", "%d is not between 0 and 100", c.MinimumHealthyPercent)
	f.check(c.SlowStart >= 0 && c.SlowStart <= maxSlowStart, "SlowStart", "%v is not between 0 and %v", c.SlowStart, maxSlowStart)
	f.check(*c.DeregistrationDelay >= 0 && *c.DeregistrationDelay <= maxDeregistrationDelay, "DeregistrationDelay", "%v is not between 0 and %v", *c.DeregistrationDelay, maxDeregistrationDelay)
	f.check(c.MaxRequests >= 0, "MaxRequests", "%d is less than 0", c.MaxRequests)
	f.check(c.ConnectTimeout > 0, "ConnectTimeout", "%v is less than 0", c.ConnectTimeout)
	c.Stickiness.validate(&f)
	if c.Outliers != nil {
		c.Outliers.validate(&f)
	}
	return f.err()
}

func isGroupName(s string) bool {
	return s != "" && len(s) <= maxGroupName && s[0] != '-' && s[len(s)-1] != '-' && consistsOf(s, alphanumeric+"-")
}
