package elb

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/leat-go/leat/internal/memhttp"
)

const (
	healthUserAgent = "ELB-HealthChecker/2.0"
	maxHealthBody   = 64 << 10 // of an answer, that a check reads
	maxHealthHeader = 64 << 10
)

// newTransport makes each request on a connection of its own, which is closed after it.
// It neither follows redirects nor knows of a proxy.
func (p *Prober) newTransport() *http.Transport {
	protocols := new(http.Protocols)
	if p.check.Protocol == HealthGRPC {
		protocols.SetUnencryptedHTTP2(true)
	} else {
		protocols.SetHTTP1(true)
	}
	return &http.Transport{
		DialContext:            heedful(p.check.DialContext),
		DialTLSContext:         heedful(p.dialTLS),
		Protocols:              protocols,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHealthHeader,
	}
}

// checkKey is the key under which a request's context holds itself.
type checkKey struct{}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// heedful has a transport's connecting end with the request that it is for. A transport
// goes on with it otherwise, for the sake of later requests, and calls dial with
// a context that has the request's values but not its end.
func heedful(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if check, ok := ctx.Value(checkKey{}).(context.Context); ok {
			ctx = check
		}
		return dial(ctx, network, address)
	}
}

// checkHTTP gets the path. The answer must come whole, though no more of it is read than
// maxHealthBody.
func (p *Prober) checkHTTP(ctx context.Context, t *Target) verdict {
	scheme := "http"
	if p.check.Protocol == HealthHTTPS {
		scheme = "https"
	}
	req, via, err := p.request(ctx, t, http.MethodGet, scheme)
	if err != nil {
		return verdict{err: err}
	}
	if t.Handler != nil {
		via = &memhttp.Transport{Handler: t.Handler}
	}
	response, err := via.RoundTrip(req)
	if err != nil {
		return verdict{err: err}
	}
	defer response.Body.Close()
	if _, err := io.CopyN(io.Discard, response.Body, maxHealthBody); err != nil && !errors.Is(err, io.EOF) {
		return verdict{err: err}
	}
	code := response.StatusCode
	return verdict{code: code, hasCode: true, mismatch: !p.matcher.Match(code)}
}

// request is a request for the path. Its Host is the target's address, as AWS's load
// balancers have it.
func (p *Prober) request(ctx context.Context, t *Target, method, scheme string) (*http.Request, http.RoundTripper, error) {
	host := t.Name()
	if t.Handler == nil {
		var err error
		if host, err = p.address(t); err != nil {
			return nil, nil, err
		}
	}
	u, err := url.ParseRequestURI(p.check.Path)
	if err != nil {
		return nil, nil, err // not after validate
	}
	u.Scheme, u.Host = scheme, host
	req := (&http.Request{
		Method:     method,
		URL:        u,
		Host:       host,
		Header:     http.Header{"User-Agent": {healthUserAgent}},
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
	}).WithContext(context.WithValue(ctx, checkKey{}, ctx))
	return req, p.web, nil
}
