package elb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/leat-go/leat/internal/memhttp"
)

const (
	healthUserAgent = "ELB-HealthChecker/2.0"
	maxHealthBody   = 64 << 10 // of an answer, that a check reads
	maxHealthHeader = 64 << 10 // with those of informational answers before it
)

var errNotHTTP = errors.New("elb: the answer is not HTTP/1's")

// checkHTTP gets the path. The answer must come whole, though no more of it is read than
// maxHealthBody.
func (p *Prober) checkHTTP(ctx context.Context, t *Target) verdict {
	if t.Handler == nil {
		return p.exchange(ctx, t)
	}
	req := p.request(ctx, http.MethodGet, t.Name())
	if p.check.Protocol == HealthHTTPS {
		req.URL.Scheme = "https"
	}
	response, err := (&memhttp.Transport{Handler: t.Handler}).RoundTrip(req)
	if err != nil {
		return verdict{err: err}
	}
	defer response.Body.Close()
	return p.judge(response)
}

// request is a request for the path to a target whose Host is given.
func (p *Prober) request(ctx context.Context, method, host string) *http.Request {
	u := *p.path
	u.Scheme, u.Host = "http", host
	return (&http.Request{
		Method:     method,
		URL:        &u,
		Host:       host,
		Header:     http.Header{"User-Agent": {healthUserAgent}},
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
	}).WithContext(ctx)
}

// judge reads an answer's body and compares its status.
func (p *Prober) judge(response *http.Response) verdict {
	if _, err := io.CopyN(io.Discard, response.Body, maxHealthBody); err != nil && !errors.Is(err, io.EOF) {
		return verdict{err: err}
	}
	code := response.StatusCode
	return verdict{code: code, hasCode: true, mismatch: !p.matcher.Match(code)}
}

// exchange asks over a connection of its own, which is closed after it, as AWS's load
// balancers do. It does by itself what an [http.Transport] does with two more goroutines
// and twice the processor time, for connections that it might keep.
func (p *Prober) exchange(ctx context.Context, t *Target) verdict {
	address, err := p.address(t)
	if err != nil {
		return verdict{err: err}
	}
	host, err := hostField(address)
	if err != nil {
		return verdict{err: err}
	}
	conn, err := p.open(ctx, address)
	if err != nil {
		return verdict{err: err}
	}
	defer conn.Close()
	b := healthBuffersPool.Get().(*healthBuffers)
	defer b.release()
	b.request = append(append(append(b.request[:0], p.requestLine...), host...), healthFields...)
	if _, err := conn.Write(b.request); err != nil {
		return verdict{err: err}
	}
	response, err := b.readResponse(conn)
	if err != nil {
		return verdict{err: err}
	}
	return p.judge(response) // whose Body need not be closed: it reads conn
}

// What comes between a request's Host and its end. The target is told that the connection
// closes, so that it closes it first, and is the one to keep the port.
const healthFields = "\r\nUser-Agent: " + healthUserAgent + "\r\nConnection: close\r\n\r\n"

// requestLine is the beginning of a request for a path, up to the value of Host.
func requestLine(path *url.URL) string {
	return "GET " + path.RequestURI() + " HTTP/1.1\r\nHost: "
}

// hostField is the value of Host: the address, as AWS's load balancers have it, without an
// IPv6 zone, which means nothing elsewhere (RFC 6874, section 4).
func hostField(address string) (string, error) {
	for i := range len(address) {
		if address[i] <= ' ' || address[i] >= 0x7F {
			return "", fmt.Errorf("%w: the address %q is not one of ASCII letters", errInternal, address)
		}
	}
	if end := strings.LastIndexByte(address, ']'); end > 0 {
		if zone := strings.IndexByte(address[:end], '%'); zone > 0 {
			return address[:zone] + address[end:], nil
		}
	}
	return address, nil
}

// healthBuffers is what exchanges use one after another.
type healthBuffers struct {
	request []byte
	limit   io.LimitedReader
	reader  *bufio.Reader // of limit
}

var healthBuffersPool = sync.Pool{New: func() any {
	return &healthBuffers{reader: bufio.NewReaderSize(nil, 4<<10)}
}}

func (b *healthBuffers) release() {
	b.limit.R = nil
	b.reader.Reset(nil)
	healthBuffersPool.Put(b)
}

// readResponse reads an answer's header, and skips informational ones before it, of which
// there may be any number (RFC 9110, section 15.2). A switch of protocols nobody asked for
// is an answer, and a wrong one.
func (b *healthBuffers) readResponse(from io.Reader) (*http.Response, error) {
	b.limit = io.LimitedReader{R: from, N: maxHealthHeader}
	b.reader.Reset(&b.limit)
	for {
		response, err := http.ReadResponse(b.reader, nil)
		switch {
		case err != nil:
			return nil, err
		case response.ProtoMajor != 1 || response.StatusCode < 100:
			return nil, fmt.Errorf("%w: %s, status %q", errNotHTTP, response.Proto, response.Status)
		case response.StatusCode >= 200 || response.StatusCode == http.StatusSwitchingProtocols:
			b.limit.N = math.MaxInt64
			return response, nil
		}
	}
}
