package elb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"time"
)

// Prober performs health checks, one at a time or many at once. It keeps nothing between
// them: no connection, no goroutine. All methods may be called concurrently.
type Prober struct {
	check   HealthCheck // with its defaults
	matcher Matcher
	tls     *tls.Config
	path    *url.URL // for HTTP, HTTPS and gRPC; nil for other protocols

	requestLine string          // for HTTP and HTTPS
	grpc        *http.Transport // for gRPC; nil for other protocols
}

// NewProber returns a prober for a kind of check. It fails with a [*HealthCheckError] for
// each of the check's faults, joined.
func NewProber(check HealthCheck) (*Prober, error) {
	check = check.withDefaults()
	if err := check.validate(); err != nil {
		return nil, err
	}
	p := &Prober{check: check, tls: check.TLSConfig}
	if p.tls == nil {
		p.tls = &tls.Config{InsecureSkipVerify: true}
	}
	switch check.Protocol {
	case HealthHTTP, HealthHTTPS, HealthGRPC:
		p.matcher, _ = ParseMatcher(check.Matcher) // which validate did before, and
		p.path, _ = url.ParseRequestURI(check.Path)
		p.requestLine = requestLine(p.path)
	}
	if check.Protocol == HealthGRPC {
		p.grpc = p.newTransport()
	}
	return p, nil
}

// A verdict is what a check finds out. The zero verdict is a pass without a status.
type verdict struct {
	code     int
	hasCode  bool
	mismatch bool  // the code is a wrong one
	err      error // why there is no code
}

// errTimeout is what a check's context ends with.
var errTimeout = fmt.Errorf("elb: the health check timed out: %w", context.DeadlineExceeded)

// Check checks a target once. It returns when that is done, when the check's timeout is
// over, or when ctx ends; in the last case the result says nothing about the target, and
// its Err is the cause of ctx's end. A target in this process is asked by calling its
// Handler; TCP and TLS checks find such a target well.
func (p *Prober) Check(ctx context.Context, t *Target) Result {
	began := time.Now()
	limited, cancel := context.WithTimeoutCause(ctx, p.check.Timeout, errTimeout)
	v := p.run(limited, t)
	over := limited.Err() != nil
	cause := context.Cause(limited)
	cancel()
	r := Result{Code: -1, Duration: time.Since(began), Err: v.err}
	if v.hasCode {
		r.Code = v.code
	}
	switch {
	case over: // whatever it looks like: who is cut off may take that for a regular end
		r.Reason, r.Code, r.Err = ReasonInternalError, -1, cause
		if cause == errTimeout {
			r.Reason = ReasonTimeout
		}
	case v.err == nil && !v.mismatch:
		r.OK = true
	case v.err == nil:
		r.Reason, r.Description = ReasonResponseCodeMismatch, mismatch(v.code)
	default:
		r.Reason = reasonOf(v.err)
		if failed, ok := errors.AsType[*funcError](v.err); ok {
			r.Description, r.Err = failed.err.Error(), failed.err
		}
	}
	if r.Description == "" {
		r.Description = r.Reason.describe()
	}
	return r
}

func reasonOf(err error) HealthReason {
	switch {
	case isTimeout(err):
		return ReasonTimeout // a connection's own
	case errors.Is(err, errInternal):
		return ReasonInternalError
	default:
		return ReasonFailedHealthChecks
	}
}

// errInternal is for checks that could not be made at all.
var errInternal = errors.New("elb: the health check could not be made")

func (p *Prober) run(ctx context.Context, t *Target) verdict {
	switch p.check.Protocol {
	case HealthHTTP, HealthHTTPS:
		return p.checkHTTP(ctx, t)
	case HealthGRPC:
		return p.checkGRPC(ctx, t)
	case HealthFunc:
		return verdict{err: p.callFunc(ctx, t)}
	default:
		return verdict{err: p.connect(ctx, t)}
	}
}

// connect makes a connection, with a handshake for TLS, and closes it.
func (p *Prober) connect(ctx context.Context, t *Target) error {
	if t.Handler != nil {
		return nil
	}
	address, err := p.address(t)
	if err != nil {
		return err
	}
	conn, err := p.open(ctx, address)
	if err != nil {
		return err
	}
	_ = conn.Close() // the check is passed
	return nil
}

// address is where a target is checked.
func (p *Prober) address(t *Target) (string, error) {
	host, _, err := net.SplitHostPort(t.Address)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", errInternal, err)
	case p.check.Port == 0:
		return t.Address, nil
	default:
		return net.JoinHostPort(host, strconv.Itoa(p.check.Port)), nil
	}
}

// funcError is an error of HealthCheck.Func.
type funcError struct{ err error }

func (e *funcError) Error() string { return e.err.Error() }
func (e *funcError) Unwrap() error { return e.err }

// callFunc calls the check's function on a goroutine of its own, as it may not heed ctx.
func (p *Prober) callFunc(ctx context.Context, t *Target) error {
	result := make(chan error, 1)
	go func() {
		err := fmt.Errorf("%w: its function did not return", errInternal) // as in runtime.Goexit
		defer func() {
			if value := recover(); value != nil {
				err = fmt.Errorf("%w: its function panicked: %v\n%s", errInternal, value, debug.Stack())
			}
			result <- err
		}()
		err = p.check.Func(ctx, t)
		if err != nil {
			err = &funcError{err}
		}
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
