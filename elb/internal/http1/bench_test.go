//go:build unix

package http1_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leat-go/leat/elb/internal/http1"
	"github.com/stretchr/testify/require"
)

var benchBody = strings.Repeat("x", 128)

// rawTarget answers every request with the same bytes, at no cost to speak of, so that what
// is measured is the client.
func rawTarget(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	b.Cleanup(func() { l.Close() })
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Length: 128\r\nContent-Type: text/plain\r\nDate: Sat, 21 Nov 2026 14:00:00 GMT\r\nServer: x\r\n\r\n" + benchBody)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 8<<10)
				for {
					if _, err := c.Read(buf); err != nil {
						return
					}
					if _, err := c.Write(answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func tunedTransport() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
}

// reportCPU reports the processor time of an iteration, of all that runs in the process.
func reportCPU(b *testing.B, loop func()) {
	var before, after syscall.Rusage
	b.ReportAllocs()
	b.ResetTimer()
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	loop()
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	total := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	b.ReportMetric(float64(total)/float64(b.N), "cpu-ns/op")
}

// BenchmarkGet is a GET over a connection that is kept, by itself.
func BenchmarkGet(b *testing.B) {
	b.Run("http1", func(b *testing.B) {
		p := http1.NewPool(http1.Config{Dial: dialer(rawTarget(b)), MaxIdle: 8})
		defer p.Close()
		var x http1.Exchange
		buf := make([]byte, 4096)
		req := http1.Request{Method: "GET", Target: "/path?query", Host: "example.com", Header: clientHeader, Replayable: true, Timeout: time.Minute}
		ctx, cancel := context.WithCancel(b.Context())
		defer cancel()
		reportCPU(b, func() {
			for b.Loop() {
				if err := p.RoundTrip(ctx, &req, &x); err != nil {
					b.Fatal(err)
				}
				h := make(http.Header)
				x.CopyHeader(h)
				for {
					if _, err := x.Read(buf); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
				x.Close()
				x.Reset()
			}
		})
	})
	b.Run("transport", func(b *testing.B) {
		t := tunedTransport()
		defer t.CloseIdleConnections()
		u, _ := url.Parse("http://" + rawTarget(b) + "/path?query")
		buf := make([]byte, 4096)
		ctx, cancel := context.WithCancel(b.Context())
		defer cancel()
		reportCPU(b, func() {
			for b.Loop() {
				req := (&http.Request{Method: "GET", URL: u, Host: "example.com", Header: clientHeader}).WithContext(ctx)
				res, err := t.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				for {
					if _, err := res.Body.Read(buf); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
				res.Body.Close()
			}
		})
	})
}

// BenchmarkProxy is a GET through net/http's server in front, and on over a connection
// that is kept.
func BenchmarkProxy(b *testing.B) {
	target := rawTarget(b)
	load := func(b *testing.B, address string) {
		conn, err := net.Dial("tcp", address)
		require.NoError(b, err)
		defer conn.Close()
		request := []byte("GET /path?query HTTP/1.1\r\nHost: example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:144.0)\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nCookie: session=0123456789abcdef\r\n\r\n")
		buf := make([]byte, 8<<10)
		reportCPU(b, func() {
			for b.Loop() {
				if _, err := conn.Write(request); err != nil {
					b.Fatal(err)
				}
				if n, err := conn.Read(buf); err != nil || n < 128 {
					b.Fatal(n, err)
				}
			}
		})
	}
	run := func(b *testing.B, h http.Handler) {
		front := httptest.NewServer(h)
		defer front.Close()
		load(b, front.Listener.Addr().String())
	}
	// What client and target cost, which is in all the others.
	b.Run("direct", func(b *testing.B) { load(b, target) })
	b.Run("http1", func(b *testing.B) {
		p := http1.NewPool(http1.Config{Dial: dialer(target), MaxIdle: 8})
		defer p.Close()
		type state struct {
			x   http1.Exchange
			req http1.Request
			set [1]http1.Field
			buf [4 << 10]byte
		}
		free := make(chan *state, 8)
		free <- new(state)
		run(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s := <-free
			s.set[0] = http1.Field{Name: "X-Forwarded-For", Value: "127.0.0.1"}
			s.req = http1.Request{Method: r.Method, Target: r.RequestURI, Host: r.Host, Header: r.Header, Set: s.set[:], Replayable: true, Timeout: time.Minute}
			if err := p.RoundTrip(r.Context(), &s.req, &s.x); err != nil {
				b.Error(err)
			}
			s.x.CopyHeader(w.Header())
			w.WriteHeader(s.x.Status())
			for {
				n, err := s.x.Read(s.buf[:])
				w.Write(s.buf[:n])
				if err != nil {
					break
				}
			}
			s.x.Close()
			s.x.Reset()
			free <- s
		}))
	})
	b.Run("reverseproxy", func(b *testing.B) {
		u, _ := url.Parse("http://" + target)
		t := tunedTransport()
		defer t.CloseIdleConnections()
		run(b, &httputil.ReverseProxy{Transport: t, Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(u)
			r.SetXForwarded()
		}})
	})
	// What the server in front costs by itself.
	b.Run("front", func(b *testing.B) {
		body := []byte(benchBody)
		run(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = []string{"text/plain"}
			w.Write(body)
		}))
	})
}
