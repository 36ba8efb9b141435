package http1_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb/internal/http1"
	"github.com/stretchr/testify/require"
)

// stdServer is net/http's server, which is what the pool has to get on with, behind real
// sockets.
func stdServer(t testing.TB, h http.HandlerFunc) *http1.Pool {
	s := httptest.NewServer(h)
	pool := http1.NewPool(http1.Config{Dial: dialer(s.Listener.Addr().String()), MaxIdle: 8})
	t.Cleanup(func() { pool.Close(); s.Close() })
	return pool
}

func TestServerBigBodies(t *testing.T) {
	pool := stdServer(t, func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.URL.Path == "/sized" {
			w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		}
		w.Write(b)
	})
	body := make([]byte, 1<<20)
	rand.Read(body)
	for i, c := range []struct {
		target string
		length int64
	}{{"/sized", 1 << 20}, {"/sized", -1}, {"/chunks", 1 << 20}, {"/chunks", -1}} {
		req := post(bytes.NewReader(body), c.length)
		req.Target = c.target
		x, got, err := fetch(t, pool, req)
		require.NoError(t, err)
		require.True(t, bytes.Equal(body, []byte(got)))
		require.Equal(t, c.target == "/sized", x.ContentLength() >= 0)
		require.Equal(t, i > 0, x.Reused())
	}
}

func TestServerFeatures(t *testing.T) {
	pool := stdServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/trailers":
			w.Header().Set("Trailer", "X-Late")
			io.Copy(w, r.Body)
			w.Header().Set("X-Late", r.Trailer.Get("X-Sum"))
		case "/hints":
			w.Header().Set("Link", "</a>")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusAccepted)
		case "/refuse":
			w.WriteHeader(http.StatusForbidden)
		default:
			n, _ := io.Copy(w, r.Body)
			fmt.Fprint(w, n)
		}
	})
	t.Run("trailers", func(t *testing.T) {
		trailer := http.Header{"X-Sum": nil}
		req := post(&atEOF{strings.NewReader("abc"), func() { trailer.Set("X-Sum", "42") }}, -1)
		req.Target, req.Trailer = "/trailers", trailer
		x, body, err := fetch(t, pool, req)
		require.NoError(t, err)
		require.Equal(t, "abc", body)
		require.Equal(t, http.Header{"X-Late": {"42"}}, x.Trailer())
	})
	t.Run("103", func(t *testing.T) {
		req := get()
		req.Target = "/hints"
		var hints []string
		req.Informational = func(status int, h http.Header) { hints = append(hints, strconv.Itoa(status), h.Get("Link")) }
		x, _, err := fetch(t, pool, req)
		require.NoError(t, err)
		require.Equal(t, http.StatusAccepted, x.Status())
		require.Equal(t, []string{"103", "</a>"}, hints)
		require.True(t, x.Reused())
	})
	t.Run("100", func(t *testing.T) {
		req := post(strings.NewReader("abc"), 3)
		req.Expect = true
		x, body, err := fetch(t, pool, req)
		require.NoError(t, err)
		require.Equal(t, "abc3", body)
		require.True(t, x.SentAll(0))
	})
	t.Run("100 refused", func(t *testing.T) {
		req := post(readerFunc(func([]byte) (int, error) { t.Error("the body was read"); return 0, io.EOF }), 3)
		req.Target, req.Expect = "/refuse", true
		x, _, err := fetch(t, pool, req)
		require.NoError(t, err)
		require.Equal(t, http.StatusForbidden, x.Status())
		require.False(t, x.SentAll(0))
	})
	t.Run("HEAD", func(t *testing.T) {
		req := get()
		req.Method = "HEAD"
		x, body, err := fetch(t, pool, req)
		require.NoError(t, err)
		require.Empty(t, body)
		require.EqualValues(t, 1, x.ContentLength())
		x, _, err = fetch(t, pool, get())
		require.NoError(t, err)
		require.True(t, x.Reused())
	})
	t.Run("413", func(t *testing.T) {
		req := post(endless, 1<<40)
		req.Target = "/refuse"
		x, _, err := fetch(t, pool, req)
		require.NoError(t, err)
		require.Equal(t, http.StatusForbidden, x.Status())
	})
}

func TestServerFullDuplex(t *testing.T) {
	pool := stdServer(t, func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		c.EnableFullDuplex()
		w.WriteHeader(http.StatusOK)
		c.Flush()
		buf := make([]byte, 10)
		for {
			n, err := r.Body.Read(buf)
			w.Write(buf[:n])
			c.Flush()
			if err != nil {
				return
			}
		}
	})
	r, w := io.Pipe()
	var x http1.Exchange
	require.NoError(t, pool.RoundTrip(t.Context(), post(r, -1), &x))
	for _, word := range []string{"abc", "defg", "h"} {
		io.WriteString(w, word)
		buf := make([]byte, len(word))
		_, err := io.ReadFull(&x, buf)
		require.NoError(t, err)
		require.Equal(t, word, string(buf))
	}
	w.Close()
	_, err := io.ReadAll(&x)
	require.NoError(t, err)
	require.True(t, x.SentAll(time.Second))
	x.Close()
}

func TestServerTunnel(t *testing.T) {
	pool := stdServer(t, func(w http.ResponseWriter, r *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: "+r.Header.Get("Upgrade")+"\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\nhello ")
		line, _ := rw.ReadString('\n')
		io.WriteString(c, line)
	})
	req := get()
	req.Upgrade, req.Timeout = "echo", 50*time.Millisecond
	var x http1.Exchange
	require.NoError(t, pool.RoundTrip(t.Context(), req, &x))
	require.Equal(t, 101, x.Status())
	_, err := x.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)
	require.Equal(t, http.Header{}, header(&x))
	c, buffered := x.Tunnel()
	x.Abort(errGone)
	x.Close()
	time.Sleep(100 * time.Millisecond)
	io.WriteString(c, "world\n")
	rest, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, "hello world\n", string(buffered)+string(rest))
	c.Close()
	again, _ := x.Tunnel()
	require.Nil(t, again)
}

func TestUpgrade(t *testing.T) {
	for name, c := range map[string]struct {
		asked, answer string
		err           error
		tunnel        bool
	}{
		"one of two":      {"a/1, B", "HTTP/1.1 101 x\r\nConnection: x, UPGRADE\r\nUpgrade: b\r\n\r\n", nil, true},
		"declined":        {"a", okAnswer, nil, false},
		"another":         {"a", "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: b\r\n\r\n", http1.BadUpgrade, false},
		"one too many":    {"a", "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: a, b\r\n\r\n", http1.BadUpgrade, false},
		"none":            {"a", "HTTP/1.1 101 x\r\nConnection: upgrade\r\n\r\n", http1.BadUpgrade, false},
		"no Connection":   {"a", "HTTP/1.1 101 x\r\nUpgrade: a\r\n\r\n", http1.BadUpgrade, false},
		"with chunks":     {"a", "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: a\r\nTransfer-Encoding: chunked\r\n\r\n", http1.BadTransferEncoding, false},
		"with a length":   {"a", "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: a\r\nContent-Length: 3\r\n\r\n", http1.BadContentLength, false},
		"nobody takes it": {"a", "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := script(answers(c.answer))
				pool := target.pool()
				defer pool.Close()
				req := get()
				req.Upgrade = c.asked
				var x http1.Exchange
				require.ErrorIs(t, pool.RoundTrip(t.Context(), req, &x), c.err)
				_, open := target.counts()
				require.Equal(t, 1, open)
				if name != "nobody takes it" {
					tunnel, _ := x.Tunnel()
					require.Equal(t, c.tunnel, tunnel != nil)
					if tunnel != nil {
						tunnel.Close()
					}
				}
				x.Close()
				_, open = target.counts()
				require.Zero(t, open)
			})
		})
	}
}

// Over a socket the end of the context is noticed although nobody is told at first.
func TestContextOverSocket(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	pool := stdServer(t, func(w http.ResponseWriter, r *http.Request) { arrived <- struct{}{}; <-release })
	defer close(release)
	for _, after := range []time.Duration{0, 60 * time.Millisecond} {
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			<-arrived
			time.Sleep(after)
			cancel(errGone)
		}()
		var x http1.Exchange
		began := time.Now()
		err := pool.RoundTrip(ctx, get(), &x)
		require.ErrorIs(t, err, errGone)
		require.Equal(t, http1.Answer, failure(t, err).Phase)
		require.Less(t, time.Since(began), time.Second)
		x.Close()
	}
}

// Many at a time get their own answers.
func TestConcurrent(t *testing.T) {
	pool := stdServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Path", r.URL.Path)
		io.Copy(w, r.Body)
		io.WriteString(w, r.URL.Path)
	})
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			var x http1.Exchange
			for i := range 100 {
				path := fmt.Sprintf("/%d/%d", g, i)
				req := get()
				if i%2 == 1 {
					req = post(strings.NewReader(path), int64(len(path)))
				}
				req.Target = path
				if err := pool.RoundTrip(t.Context(), req, &x); err != nil {
					t.Error(err)
					return
				}
				b, err := io.ReadAll(&x)
				want := strings.Repeat(path, 1+i%2)
				if err != nil || string(b) != want || x.Field("X-Path") != path {
					t.Errorf("%s: %q, %v", path, b, err)
				}
				x.Close()
				x.Reset()
			}
		})
	}
	all.Wait()
}

// A GET over a connection that is kept has few allocations: the answer's header, and what
// holds its values.
func TestAllocations(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		buf := make([]byte, 4096)
		for {
			if _, err := c.Read(buf); err != nil {
				return
			}
			c.Write([]byte(okAnswer))
		}
	}()
	p := http1.NewPool(http1.Config{Dial: dialer(l.Addr().String()), MaxIdle: 1})
	defer p.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var x http1.Exchange
	req := get()
	req.Header, req.Timeout = clientHeader, time.Minute
	h := make(http.Header)
	buf := make([]byte, 100)
	allocations := testing.AllocsPerRun(200, func() {
		if err := p.RoundTrip(ctx, req, &x); err != nil {
			t.Fatal(err)
		}
		clear(h)
		x.CopyHeader(h)
		if n, err := x.Read(buf); n != 2 || err != io.EOF {
			t.Fatal(n, err)
		}
		x.Close()
		x.Reset()
	})
	require.LessOrEqual(t, allocations, 3.0)
}
