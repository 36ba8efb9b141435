package elb

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func testCertificate(t testing.TB) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"target.test"},
		NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// network is a listener in memory with a server, and counts its connections.
type network struct {
	*pipes
	mu    sync.Mutex
	asked []string // what was dialled; guarded by mu
	open  int      // connections; guarded by mu
}

// serve has a handler served in memory until stop is called.
func serve(handler http.Handler, h2 bool, certificate *tls.Certificate) (n *network, stop func()) {
	n = &network{pipes: newPipes()}
	server := &http.Server{Handler: handler, Protocols: new(http.Protocols), ErrorLog: log.New(io.Discard, "", 0)}
	server.Protocols.SetHTTP1(!h2)
	server.Protocols.SetUnencryptedHTTP2(h2)
	var l net.Listener = n.pipes
	if certificate != nil {
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*certificate}})
	}
	go server.Serve(l)
	return n, func() { server.Close(); settle() }
}

// settle lets connections end. Over an unbuffered pipe that takes TLS the five seconds that
// it gives a peer to read its goodbye.
func settle() {
	time.Sleep(10 * time.Second)
	synctest.Wait()
}

func (n *network) dial(_ context.Context, network, address string) (net.Conn, error) {
	conn, err := n.pipes.dial()
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, network+" "+address)
	n.open++
	return &counted{Conn: conn, n: n}, nil
}

type counted struct {
	net.Conn
	n      *network
	closed bool
}

func (c *counted) Close() error {
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	if !c.closed {
		c.closed = true
		c.n.open--
	}
	return c.Conn.Close()
}

func pass(code int) Result { return Result{OK: true, Code: code} }

func failure(reason HealthReason, code int, description string) Result {
	return Result{Reason: reason, Code: code, Description: description}
}

// untimed is a result without what is compared by itself.
func untimed(r Result) Result {
	r.Duration, r.Err = 0, nil
	return r
}

func after(d time.Duration, status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
			return
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func endless(w http.ResponseWriter, r *http.Request) {
	for {
		if _, err := w.Write(make([]byte, 1024)); err != nil {
			return
		}
		if http.NewResponseController(w).Flush() != nil || r.Context().Err() != nil {
			return
		}
	}
}

var httpCases = map[string]struct {
	check   HealthCheck
	handler http.HandlerFunc
	want    Result
	takes   time.Duration
}{
	"well":               {HealthCheck{}, after(0, 200, "ok"), pass(200), 0},
	"slow":               {HealthCheck{}, after(4*time.Second, 200, "ok"), pass(200), 4 * time.Second},
	"too slow":           {HealthCheck{}, after(6*time.Second, 200, "ok"), failure(ReasonTimeout, -1, "Request timed out"), 5 * time.Second},
	"its own timeout":    {HealthCheck{Timeout: time.Second}, after(2*time.Second, 200, "ok"), failure(ReasonTimeout, -1, "Request timed out"), time.Second},
	"a short interval's": {HealthCheck{Interval: 10 * time.Millisecond}, after(time.Second, 200, "ok"), failure(ReasonTimeout, -1, "Request timed out"), 10 * time.Millisecond},
	"another status":     {HealthCheck{}, after(0, 404, ""), failure(ReasonResponseCodeMismatch, 404, "Health checks failed with these codes: [404]"), 0},
	"a status that will": {HealthCheck{Matcher: "200,202"}, after(0, 202, ""), pass(202), 0},
	"a range":            {HealthCheck{Matcher: "200-399"}, after(0, 302, ""), pass(302), 0},
	"a panic":            {HealthCheck{}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, failure(ReasonFailedHealthChecks, -1, "Health checks failed"), 0},
	"an answer too short": {HealthCheck{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "9")
		io.WriteString(w, "short")
	}, failure(ReasonFailedHealthChecks, -1, "Health checks failed"), 0},
	"an endless answer": {HealthCheck{}, endless, pass(200), 0},
	"a stuck body": {HealthCheck{}, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}, failure(ReasonTimeout, -1, "Request timed out"), 5 * time.Second},
	"a redirect": {HealthCheck{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			panic("the redirect was followed")
		}
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}, failure(ReasonResponseCodeMismatch, 302, "Health checks failed with these codes: [302]"), 0},
	"what is asked": {HealthCheck{Path: "/ping?deep=1", Port: 9000, Matcher: "299"}, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" && r.RequestURI == "/ping?deep=1" && r.UserAgent() == "ELB-HealthChecker/2.0" &&
			(r.Host == "10.0.0.1:9000" || r.Host == "here") && r.Header.Get("Accept-Encoding") == "" {
			w.WriteHeader(299)
		}
	}, pass(299), 0},
}

func TestHTTPChecks(t *testing.T) {
	certificate := testCertificate(t)
	for name, c := range httpCases {
		t.Run(name, func(t *testing.T) {
			for _, protocol := range []HealthProtocol{HealthHTTP, HealthHTTPS} {
				synctest.Test(t, func(t *testing.T) {
					var secure *tls.Certificate
					if protocol == HealthHTTPS {
						secure = &certificate
					}
					n, stop := serve(c.handler, false, secure)
					defer stop()
					check := c.check
					check.Protocol, check.DialContext = protocol, n.dial
					p, err := NewProber(check)
					require.NoError(t, err)
					for range 2 {
						got := p.Check(t.Context(), &Target{Address: "10.0.0.1:8080"})
						require.Equal(t, c.want, untimed(got), "%v: %v", protocol, got.Err)
						require.Equal(t, c.takes, got.Duration)
					}
					settle()
					require.Zero(t, n.open, "each check's connection is closed after it")
					require.Len(t, n.asked, 2, "and each has its own")
					if check.Port == 0 {
						require.Equal(t, "tcp 10.0.0.1:8080", n.asked[0])
					} else {
						require.Equal(t, "tcp 10.0.0.1:9000", n.asked[0])
					}

					inside := p.Check(t.Context(), &Target{ID: "here", Handler: c.handler})
					require.Equal(t, c.want, untimed(inside), "a target in this process, %v: %v", protocol, inside.Err)
					require.Equal(t, c.takes, inside.Duration)
				})
			}
		})
	}
}

// grpcAnswer is a gRPC server's answer to a unary call.
func grpcAnswer(status string, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.ProtoMajor != 2 || r.Method != "POST" || string(body) != "\x00\x00\x00\x00\x00" ||
			r.Header.Get("Content-Type") != "application/grpc" || r.Header.Get("Te") != "trailers" ||
			r.UserAgent() != "ELB-HealthChecker/2.0" || r.Header.Get("Grpc-Timeout") != "5000m" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.Header().Set("Content-Type", "application/grpc")
		if message == "" { // nothing but the header
			w.Header().Set("Grpc-Status", status)
			return
		}
		w.WriteHeader(200)
		io.WriteString(w, message)
		w.(http.Flusher).Flush()
		w.Header().Set(http.TrailerPrefix+"Grpc-Status", status)
	}
}

func TestGRPCChecks(t *testing.T) {
	const (
		serving    = "\x00\x00\x00\x00\x02\x08\x01"
		notServing = "\x00\x00\x00\x00\x02\x08\x02"
		unhealthy  = "Health checks failed"
	)
	standard := HealthCheck{Path: GRPCHealthStandard}
	broken := failure(ReasonFailedHealthChecks, -1, unhealthy)
	wrong := func(message string) Result { return failure(ReasonFailedHealthChecks, 0, unhealthy) }
	for name, c := range map[string]struct {
		check   HealthCheck
		handler http.HandlerFunc
		want    Result
		takes   time.Duration
	}{
		"unimplemented":         {HealthCheck{}, grpcAnswer("12", ""), pass(12), 0},
		"unimplemented, later":  {HealthCheck{}, grpcAnswer("12", "\x00\x00\x00\x00\x00"), pass(12), 0},
		"another status":        {HealthCheck{}, grpcAnswer("14", ""), failure(ReasonResponseCodeMismatch, 14, "Health checks failed with these codes: [14]"), 0},
		"a list":                {HealthCheck{Matcher: "0,12"}, grpcAnswer("0", serving), pass(0), 0},
		"serving":               {standard, grpcAnswer("0", serving), pass(0), 0},
		"serving, with more":    {standard, grpcAnswer("0", "\x00\x00\x00\x00\x13\x12\x01x\x08\x01\x19aaaaaaaa\x1dbbbb"), pass(0), 0},
		"not serving":           {standard, grpcAnswer("0", notServing), wrong(notServing), 0},
		"an unknown service":    {standard, grpcAnswer("5", ""), failure(ReasonResponseCodeMismatch, 5, "Health checks failed with these codes: [5]"), 0},
		"no message":            {standard, grpcAnswer("0", ""), wrong(""), 0},
		"an empty message":      {standard, grpcAnswer("0", "\x00\x00\x00\x00\x00"), wrong(""), 0},
		"a compressed one":      {standard, grpcAnswer("0", "\x01"+serving[1:]), wrong(""), 0},
		"two messages":          {standard, grpcAnswer("0", serving+serving), wrong(""), 0},
		"a malformed one":       {standard, grpcAnswer("0", "\x00\x00\x00\x00\x01\x08"), wrong(""), 0},
		"a field too long":      {standard, grpcAnswer("0", "\x00\x00\x00\x00\x02\x12\x09"), wrong(""), 0},
		"a group":               {standard, grpcAnswer("0", "\x00\x00\x00\x00\x01\x0b"), wrong(""), 0},
		"no gRPC":               {HealthCheck{}, after(0, 200, "hello"), broken, 0},
		"an error of HTTP":      {HealthCheck{}, after(0, 503, ""), broken, 0},
		"a status that is none": {HealthCheck{}, grpcAnswer("x", ""), broken, 0},
		"a panic":               {HealthCheck{}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, broken, 0},
		"an endless answer":     {HealthCheck{}, endless, broken, 0},
		"too slow":              {HealthCheck{}, after(time.Minute, 200, ""), failure(ReasonTimeout, -1, "Request timed out"), 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, stop := serve(c.handler, true, nil)
				defer stop()
				check := c.check
				check.Protocol, check.DialContext = HealthGRPC, n.dial
				p, err := NewProber(check)
				require.NoError(t, err)
				for range 2 {
					got := p.Check(t.Context(), &Target{Address: "10.0.0.1:8080"})
					require.Equal(t, c.want, untimed(got), "%v", got.Err)
					require.Equal(t, c.takes, got.Duration)
				}
				settle()
				require.Zero(t, n.open, "each check's connection is closed after it")
				require.Len(t, n.asked, 2, "and each has its own")
				inside := p.Check(t.Context(), &Target{Handler: c.handler})
				require.Equal(t, c.want, untimed(inside), "a target in this process: %v", inside.Err)
				require.Equal(t, c.takes, inside.Duration)
			})
		})
	}
}

func TestConnectionChecks(t *testing.T) {
	certificate := testCertificate(t)
	roots := x509.NewCertPool()
	roots.AddCert(certificate.Leaf)
	hang := func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
	refuse := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") }
	failed := failure(ReasonFailedHealthChecks, -1, "Health checks failed")
	timedOut := failure(ReasonTimeout, -1, "Request timed out")
	for name, c := range map[string]struct {
		check   HealthCheck // DialContext nil for a server that speaks TLS
		address string
		want    Result
		takes   time.Duration
	}{
		"TCP":                      {HealthCheck{Protocol: HealthTCP}, "target.test:1", pass(-1), 0},
		"TCP, refused":             {HealthCheck{Protocol: HealthTCP, DialContext: refuse}, "target.test:1", failed, 0},
		"TCP, hangs":               {HealthCheck{Protocol: HealthTCP, DialContext: hang}, "target.test:1", timedOut, 10 * time.Second},
		"TLS":                      {HealthCheck{Protocol: HealthTLS}, "target.test:1", pass(-1), 0},
		"TLS, verified":            {HealthCheck{Protocol: HealthTLS, TLSConfig: &tls.Config{RootCAs: roots}}, "target.test:1", pass(-1), 0},
		"TLS, another name":        {HealthCheck{Protocol: HealthTLS, TLSConfig: &tls.Config{RootCAs: roots}}, "other.test:1", failed, 0},
		"TLS, name given":          {HealthCheck{Protocol: HealthTLS, TLSConfig: &tls.Config{RootCAs: roots, ServerName: "target.test"}}, "other.test:1", pass(-1), 0},
		"TLS, unknown authority":   {HealthCheck{Protocol: HealthTLS, TLSConfig: &tls.Config{}}, "target.test:1", failed, 0},
		"TLS, hangs":               {HealthCheck{Protocol: HealthTLS, DialContext: silent, Timeout: time.Second}, "target.test:1", timedOut, time.Second},
		"HTTP, refused":            {HealthCheck{DialContext: refuse}, "target.test:1", failed, 0},
		"HTTP, hangs":              {HealthCheck{DialContext: hang}, "target.test:1", timedOut, 5 * time.Second},
		"HTTP, silent":             {HealthCheck{DialContext: silent}, "target.test:1", timedOut, 5 * time.Second},
		"HTTPS, silent":            {HealthCheck{Protocol: HealthHTTPS, DialContext: silent}, "target.test:1", timedOut, 5 * time.Second},
		"GRPC, silent":             {HealthCheck{Protocol: HealthGRPC, DialContext: silent}, "target.test:1", timedOut, 5 * time.Second},
		"HTTPS, unknown authority": {HealthCheck{Protocol: HealthHTTPS, TLSConfig: &tls.Config{}}, "target.test:1", failed, 0},
		"no address":               {HealthCheck{}, "", failure(ReasonInternalError, -1, "Health checks failed due to an internal error"), 0},
		"no port":                  {HealthCheck{Protocol: HealthTCP}, "target.test", failure(ReasonInternalError, -1, "Health checks failed due to an internal error"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, stop := serve(after(0, 200, ""), false, &certificate)
				defer stop()
				if c.check.DialContext == nil {
					c.check.DialContext = n.dial
				}
				p, err := NewProber(c.check)
				require.NoError(t, err)
				got := p.Check(t.Context(), &Target{Address: c.address})
				require.Equal(t, c.want, untimed(got), "%v", got.Err)
				require.Equal(t, c.takes, got.Duration)
				require.Equal(t, got.OK, got.Err == nil)
				settle()
				require.Zero(t, n.open)
				if c.check.Protocol == HealthTCP || c.check.Protocol == HealthTLS {
					require.True(t, p.Check(t.Context(), &Target{Handler: http.NotFoundHandler()}).OK, "there is nothing to connect to")
				}
			})
		})
	}
}

// silent connects to a peer that reads, and never answers.
func silent(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	go io.Copy(io.Discard, far)
	return near, nil
}

func TestFunctionChecks(t *testing.T) {
	broken := errors.New("the queue is full")
	for name, c := range map[string]struct {
		f     func(context.Context, *Target) error
		want  Result
		err   error
		takes time.Duration
	}{
		"well":        {func(context.Context, *Target) error { return nil }, pass(-1), nil, 0},
		"an error":    {func(context.Context, *Target) error { return broken }, failure(ReasonFailedHealthChecks, -1, "the queue is full"), broken, 0},
		"its timeout": {func(ctx context.Context, _ *Target) error { <-ctx.Done(); return ctx.Err() }, failure(ReasonTimeout, -1, "Request timed out"), context.DeadlineExceeded, 5 * time.Second},
		"deaf":        {func(context.Context, *Target) error { time.Sleep(time.Hour); return nil }, failure(ReasonTimeout, -1, "Request timed out"), context.DeadlineExceeded, 5 * time.Second},
		"a panic":     {func(context.Context, *Target) error { panic("oh") }, failure(ReasonInternalError, -1, "Health checks failed due to an internal error"), errInternal, 0},
		"no return":   {func(context.Context, *Target) error { runtime.Goexit(); return nil }, failure(ReasonInternalError, -1, "Health checks failed due to an internal error"), errInternal, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := &Target{ID: "a"}
				p, err := NewProber(HealthCheck{Func: func(ctx context.Context, got *Target) error {
					if got != target {
						return errors.New("another target")
					}
					return c.f(ctx, got)
				}})
				require.NoError(t, err)
				got := p.Check(t.Context(), target)
				require.Equal(t, c.want, untimed(got))
				require.Equal(t, c.takes, got.Duration)
				require.ErrorIs(t, got.Err, c.err)
				time.Sleep(2 * time.Hour)
			})
		})
	}
}

func TestACheckThatIsCancelled(t *testing.T) {
	for _, check := range []HealthCheck{
		{DialContext: silent}, {Protocol: HealthGRPC, DialContext: silent}, {Protocol: HealthTLS, DialContext: silent},
		{Func: func(ctx context.Context, _ *Target) error { <-ctx.Done(); return nil }},
	} {
		synctest.Test(t, func(t *testing.T) {
			cause := errors.New("the balancer closes")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(cause) })
			p, err := NewProber(check)
			require.NoError(t, err)
			start := time.Now()
			got := p.Check(ctx, &Target{Address: "target.test:1"})
			require.Equal(t, time.Second, time.Since(start))
			require.Equal(t, ReasonInternalError, got.Reason)
			require.ErrorIs(t, got.Err, cause)
		})
	}
}

func TestProberOnLoopback(t *testing.T) {
	for _, protocol := range []HealthProtocol{HealthHTTP, HealthGRPC, HealthTCP} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		server := &http.Server{Handler: after(0, 200, strings.Repeat("x", 1<<20)), Protocols: new(http.Protocols)}
		server.Protocols.SetHTTP1(true)
		server.Protocols.SetUnencryptedHTTP2(true)
		if protocol == HealthGRPC {
			server.Handler = grpcAnswer("12", "")
		}
		done := make(chan error)
		go func() { done <- server.Serve(l) }()
		p, err := NewProber(HealthCheck{Protocol: protocol})
		require.NoError(t, err)
		target := &Target{Address: l.Addr().String()}
		require.True(t, p.Check(t.Context(), target).OK, protocol)
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-done, http.ErrServerClosed)
		got := p.Check(t.Context(), target)
		require.Equal(t, ReasonFailedHealthChecks, got.Reason, protocol)
	}
}
