package elb

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/leat-go/leat/internal/memhttp"
)

// Transport is an http.RoundTripper that balances by itself: it sends each request to
// a target of a group, so that a client needs no balancer in between.
//
//	client := &http.Client{Transport: &elb.Transport{Group: group}}
//	response, err := client.Get("http://orders.internal/list")
//
// The URL's host is what the target gets as the Host; where the request goes, and whether by
// TLS, is the group's affair. A target is in use until its answer's body is read to the end or
// closed. When its deregistration delay is over before that, reading fails with ErrDrained.
//
// Its fields are set before the first request and not changed afterwards. All methods may
// be called concurrently.
type Transport struct {
	// Group is where the targets are.
	Group *TargetGroup

	// Base sends the requests, for targets that are not in this process. Nil means an
	// http.Transport of the group's dialer, TLS configuration and version of HTTP.
	Base http.RoundTripper

	// Zone is the availability zone that the client is in.
	Zone string

	// Flow returns the flow of a request, for a group whose picker hashes. Nil means that all
	// requests are of the same one.
	Flow func(*http.Request) uint64

	// Attempts is how many targets a request is sent to at most, if one does not answer. Only
	// what is idempotent, and has no body or a GetBody, is sent again (RFC 9110, section
	// 9.2.2). Zero means 1.
	Attempts int

	once sync.Once
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper. Besides the errors of Base it fails as the
// group's Pick does.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	req := Request{}
	if t.Flow != nil {
		req.Flow = t.Flow(r)
	}
	for attempt := 1; ; attempt++ {
		body := r.Body
		if attempt > 1 && r.GetBody != nil {
			var err error
			if body, err = r.GetBody(); err != nil {
				return nil, err
			}
		}
		response, target, err := t.try(r, body, req)
		if err == nil || target == nil || attempt >= t.Attempts || r.Context().Err() != nil || !isRepeatable(r) {
			return response, err
		}
		req.Avoid = append(req.Avoid, target)
	}
}

// CloseIdleConnections closes connections that no request uses.
func (t *Transport) CloseIdleConnections() {
	if base, ok := t.transport().(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// try sends the request to one target. It returns the target too, if there was one.
func (t *Transport) try(r *http.Request, body io.ReadCloser, req Request) (*http.Response, *Target, error) {
	use := &clientUse{begun: time.Now()}
	ctx, cancel := context.WithCancelCause(r.Context())
	use.cancel = cancel
	use.lease.abort = cancel
	if err := t.Group.acquire(t.Zone, req, nil, &use.lease); err != nil {
		cancel(nil)
		if body != nil {
			_ = body.Close() // as a RoundTripper must
		}
		return nil, nil, err
	}
	target := use.lease.target
	out, via := t.request(r.WithContext(ctx), body, &use.lease)
	response, err := via.RoundTrip(out)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		o := Outcome{Err: err}
		if r.Context().Err() != nil {
			o.Err = nil // it is not the target's fault
		}
		use.end(o)
		return nil, target, err
	}
	use.outcome = Outcome{Status: response.StatusCode, Duration: time.Since(use.begun)}
	if response.StatusCode == http.StatusSwitchingProtocols {
		if rw, ok := response.Body.(io.ReadWriteCloser); ok {
			response.Body = &clientTunnel{rw, use}
			return response, target, nil
		}
	}
	response.Body = &clientAnswer{response.Body, ctx, use}
	return response, target, nil
}

// request returns what goes to the target that is leased, and by what.
func (t *Transport) request(r *http.Request, body io.ReadCloser, l *lease) (*http.Request, http.RoundTripper) {
	u := *r.URL
	if r.Host == "" {
		r.Host = u.Host
	}
	r.URL, r.Body = &u, body
	if h := l.member.handler; h != nil {
		return r, &memhttp.Transport{Handler: h}
	}
	u.Scheme, u.Host = schemeOf(t.Group.config.Protocol), l.target.Address
	return r, t.transport()
}

func (t *Transport) transport() http.RoundTripper {
	if t.Base != nil {
		return t.Base
	}
	t.once.Do(func() {
		c := &t.Group.config
		protocols := new(http.Protocols)
		protocols.SetHTTP1(c.Version == HTTP1)
		protocols.SetHTTP2(c.Version != HTTP1)
		protocols.SetUnencryptedHTTP2(c.Version != HTTP1)
		t.base = &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				ctx, cancel := context.WithTimeout(ctx, c.ConnectTimeout)
				defer cancel()
				return c.DialContext(ctx, network, address)
			},
			TLSClientConfig:     c.TLSConfig,
			TLSHandshakeTimeout: c.ConnectTimeout,
			Protocols:           protocols,
			MaxIdleConnsPerHost: max(c.MaxIdleConns, 0),
			IdleConnTimeout:     time.Minute,
			DisableKeepAlives:   c.MaxIdleConns < 0,
			DisableCompression:  true,
		}
	})
	return t.base
}

// isRepeatable tells whether the request may be sent twice.
func isRepeatable(r *http.Request) bool {
	return isIdempotent(r.Method) && (r.Body == nil || r.Body == http.NoBody || r.GetBody != nil)
}

// clientUse is the use of a target for a request.
type clientUse struct {
	lease   lease
	begun   time.Time
	cancel  context.CancelCauseFunc
	once    sync.Once
	outcome Outcome
}

func (u *clientUse) end(o Outcome) {
	u.once.Do(func() {
		u.lease.release(o)
		u.cancel(nil)
	})
}

// clientAnswer is the body of an answer. The target is in use until its end.
type clientAnswer struct {
	io.ReadCloser
	ctx context.Context
	use *clientUse
}

func (a *clientAnswer) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		a.use.end(a.use.outcome)
	default:
		o := a.use.outcome
		if cause := context.Cause(a.ctx); cause != nil {
			err = cause
		} else {
			o.Err = err
		}
		a.use.end(o)
	}
	return n, err
}

// Close implements io.Closer.
func (a *clientAnswer) Close() error {
	err := a.ReadCloser.Close()
	a.use.end(a.use.outcome)
	return err
}

// clientTunnel is a connection to a target that has changed to another protocol.
type clientTunnel struct {
	io.ReadWriteCloser
	use *clientUse
}

// Close implements io.Closer.
func (t *clientTunnel) Close() error {
	err := t.ReadWriteCloser.Close()
	t.use.end(t.use.outcome)
	return err
}
