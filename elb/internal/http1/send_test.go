package http1_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb/internal/http1"
	"github.com/stretchr/testify/require"
)

type netConn = net.Conn

func post(body io.Reader, length int64) *http1.Request {
	return &http1.Request{Method: "POST", Target: "/", Host: "t", Body: body, ContentLength: length}
}

// Bodies of all sizes arrive, and the connection is kept.
func TestSendBody(t *testing.T) {
	for _, size := range []int{1, 2, 4000, 4096, 5000, 32 << 10, 100_000} {
		for _, length := range []int64{int64(size), -1} {
			synctest.Test(t, func(t *testing.T) {
				text := strings.Repeat("0123456789", size/10+1)[:size]
				trailer := http.Header{"X-Sum": nil}
				var got *http.Request
				var body []byte
				target := script(func(p *peer) {
					for range 2 {
						req, err := http.ReadRequest(p.r)
						if err != nil {
							t.Error(err)
							return
						}
						if body, err = io.ReadAll(req.Body); err != nil {
							t.Error(err)
						}
						got = req
						p.say(okAnswer)
					}
					p.sink()
				})
				pool := target.pool()
				defer pool.Close()
				for i, reader := range []io.Reader{strings.NewReader(text), iotest.DataErrReader(iotest.HalfReader(strings.NewReader(text)))} {
					req := post(&atEOF{reader, func() {
						trailer["X-Sum"] = []string{"1", "bad\r\n"}
						trailer["X-Set"], trailer["X-Skip"] = []string{"forged"}, []string{"forged"}
					}}, length)
					req.Trailer = trailer
					req.Set = []http1.Field{{Name: "X-Set", Value: "1"}}
					req.Skip = func(name string) bool { return name == "X-Skip" }
					x, _, err := fetch(t, pool, req)
					require.NoError(t, err)
					require.Equal(t, i > 0, x.Reused())
					require.True(t, x.SentAll(0))
					require.Equal(t, text, string(body))
					require.Equal(t, length, got.ContentLength)
					if length < 0 {
						require.Equal(t, http.Header{"X-Sum": {"1"}}, got.Trailer)
					}
				}
			})
		}
	}
}

// atEOF calls a function before it returns io.EOF.
type atEOF struct {
	io.Reader
	f func()
}

func (r *atEOF) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF {
		r.f()
	}
	return n, err
}

// A short body goes with the head, in one write; a long one does not hold up the head.
func TestSendSmallInOneWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := make([]byte, 64<<10)
		target := script(func(p *peer) {
			n, _ := p.Read(first) // a write of net.Pipe's at most
			first = first[:n]
			p.say(okAnswer)
			p.sink()
		})
		pool := target.pool()
		defer pool.Close()
		_, _, err := fetch(t, pool, post(strings.NewReader("abc"), 3))
		require.NoError(t, err)
		require.Equal(t, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc", string(first))
	})
}

func TestSendHeadBeforeBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		target := script(func(p *peer) {
			p.head() // comes while the client has not sent anything
			go func() { w.Write([]byte("abc")); w.Close() }()
			io.ReadFull(p.r, make([]byte, len("3\r\nabc\r\n0\r\n\r\n")))
			p.say(okAnswer)
			p.sink()
		})
		pool := target.pool()
		defer pool.Close()
		_, body, err := fetch(t, pool, post(r, -1))
		require.NoError(t, err)
		require.Equal(t, "ok", body)
		_, open := target.counts()
		require.Equal(t, 1, open)
	})
}

func TestExpect(t *testing.T) {
	type outcome struct {
		body string
		read bool
		took time.Duration
		open int
	}
	for name, c := range map[string]struct {
		target func(p *peer)
		want   outcome
	}{
		"continued": {func(p *peer) {
			p.head()
			time.Sleep(100 * time.Millisecond)
			p.say("HTTP/1.1 100 Continue\r\n\r\n")
			io.ReadFull(p.r, make([]byte, 3))
			p.say(okAnswer)
			p.sink()
		}, outcome{"ok", true, 100 * time.Millisecond, 1}},
		"after another": {func(p *peer) {
			p.head()
			p.say("HTTP/1.1 103 x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
			io.ReadFull(p.r, make([]byte, 3))
			p.say(okAnswer)
			p.sink()
		}, outcome{"ok", true, 0, 1}},
		"silence": {func(p *peer) {
			p.head()
			io.ReadFull(p.r, make([]byte, 3))
			p.say(okAnswer)
			p.sink()
		}, outcome{"ok", true, time.Second, 1}},
		"refused": {func(p *peer) {
			p.head()
			p.say("HTTP/1.1 417 x\r\nContent-Length: 2\r\n\r\nno")
			p.sink()
		}, outcome{"no", false, 0, 0}},
		"not needed": {func(p *peer) {
			p.head()
			p.say(okAnswer)
			p.sink()
		}, outcome{"ok", false, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := script(c.target)
				pool := target.pool()
				defer pool.Close()
				read := false
				req := post(io.MultiReader(readerFunc(func([]byte) (int, error) { read = true; return 0, io.EOF }), strings.NewReader("abc")), 3)
				req.Expect = true
				began := time.Now()
				x, body, err := fetch(t, pool, req)
				require.NoError(t, err)
				require.Equal(t, c.want.read, x.SentAll(0))
				_, open := target.counts()
				require.Equal(t, c.want, outcome{body, read, time.Since(began), open})
			})
		})
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// endless is a body without an end.
var endless = readerFunc(func(p []byte) (int, error) { return len(p), nil })

// A target that refuses the request before it has all of it is heard, and not sent the rest.
func TestEarlyRefusal(t *testing.T) {
	for _, length := range []int64{-1, 1 << 40} {
		synctest.Test(t, func(t *testing.T) {
			target := script(func(p *peer) {
				p.head()
				io.ReadFull(p.r, make([]byte, 10_000))
				p.say("HTTP/1.1 413 x\r\nContent-Length: 100\r\n\r\n" + strings.Repeat("x", 50))
				time.Sleep(time.Minute) // without taking more
				p.say(strings.Repeat("x", 50))
				p.sink()
			})
			pool := target.pool()
			defer pool.Close()
			x, body, err := fetch(t, pool, post(endless, length))
			require.NoError(t, err)
			require.Equal(t, 413, x.Status())
			require.Len(t, body, 100)
			require.False(t, x.SentAll(time.Hour))
			_, open := target.counts()
			require.Zero(t, open)
		})
	}
}

// A target may take a request while it answers.
func TestFullDuplex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(func(p *peer) {
			req, err := http.ReadRequest(p.r)
			if err != nil {
				t.Error(err)
				return
			}
			p.say(chunked)
			buf := make([]byte, 10)
			for {
				n, err := req.Body.Read(buf)
				if n > 0 {
					p.say("1\r\n" + string(buf[n-1:n]) + "\r\n")
				}
				if err != nil {
					break
				}
			}
			p.say("0\r\n\r\n")
			p.sink()
		})
		pool := target.pool()
		defer pool.Close()
		r, w := io.Pipe()
		var x http1.Exchange
		require.NoError(t, pool.RoundTrip(t.Context(), post(r, -1), &x))
		buf := make([]byte, 10)
		for _, word := range []string{"a", "b", "c"} {
			w.Write([]byte(word))
			n, err := x.Read(buf)
			require.NoError(t, err)
			require.Equal(t, word, string(buf[:n]))
			require.False(t, x.SentAll(time.Second))
		}
		w.Close()
		_, err := x.Read(buf)
		require.Equal(t, io.EOF, err)
		require.True(t, x.SentAll(time.Second))
		x.Close()
		_, open := target.counts()
		require.Equal(t, 1, open)
	})
}

// An answer that comes to its end before the request does is complete, but the connection
// is in the middle of a request.
func TestAnswerEndsBeforeRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(func(p *peer) { p.head(); p.say(okAnswer); p.sink() })
		pool := target.pool()
		defer pool.Close()
		r, w := io.Pipe()
		var x http1.Exchange
		require.NoError(t, pool.RoundTrip(t.Context(), post(r, -1), &x))
		b, err := io.ReadAll(&x)
		require.NoError(t, err)
		require.Equal(t, "ok", string(b))
		w.Close() // as Close waits for Body
		x.Close()
		x.Close()
		dialled, _ := target.counts()
		require.Equal(t, 1, dialled)
	})
}

// A target that does not take the request to its end may have told why.
func TestAnswerAfterSendFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := http1.NewPool(http1.Config{Dial: dialOnce(func() net.Conn {
			ours, theirs := net.Pipe()
			go func() {
				time.Sleep(100 * time.Millisecond)
				(&peer{Conn: theirs}).say(okAnswer)
			}()
			return &brokenWriter{Conn: ours, after: 1}
		})})
		defer pool.Close()
		x, body, err := fetch(t, pool, post(endless, -1))
		require.NoError(t, err)
		require.Equal(t, 200, x.Status())
		require.Equal(t, "ok", body)
		require.False(t, x.SentAll(0))
	})
}

// If it has not, sending is what failed, and the answer is not waited for forever.
func TestNoAnswerAfterSendFailed(t *testing.T) {
	for name, after := range map[string]int{"head": 0, "body": 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pool := http1.NewPool(http1.Config{Dial: dialOnce(func() net.Conn {
					ours, _ := net.Pipe()
					return &brokenWriter{Conn: ours, after: after, part: 10}
				})})
				defer pool.Close()
				began := time.Now()
				_, _, err := fetch(t, pool, post(endless, -1))
				e := failure(t, err)
				require.ErrorIs(t, err, errBroken)
				require.Equal(t, http1.Send, e.Phase)
				require.False(t, e.Untouched)
				require.Equal(t, time.Second, time.Since(began))
			})
		})
	}
}

// If nothing of it was taken then what is there to read is no answer to it.
func TestUntouchedAfterSendFailed(t *testing.T) {
	pool := http1.NewPool(http1.Config{Dial: dialOnce(func() net.Conn {
		ours, theirs := net.Pipe()
		go func() { (&peer{Conn: theirs}).say(okAnswer) }()
		return &brokenWriter{Conn: ours}
	})})
	defer pool.Close()
	_, _, err := fetch(t, pool, get())
	e := failure(t, err)
	require.ErrorIs(t, err, errBroken)
	require.Equal(t, http1.Send, e.Phase)
	require.True(t, e.Untouched)
}

var errBroken = errors.New("the pipe is broken")

// brokenWriter fails to write, after so many writes and a part.
type brokenWriter struct {
	net.Conn
	after, part int
}

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.after > 0 {
		b.after--
		return len(p), nil
	}
	return min(b.part, len(p)), errBroken
}

// The client's body is the client's fault.
func TestBodyFails(t *testing.T) {
	broken := errors.New("the client is gone")
	for name, c := range map[string]struct {
		body   io.Reader
		length int64
		want   error
	}{
		"small":      {iotest.ErrReader(broken), 10, broken},
		"sized":      {io.MultiReader(strings.NewReader(strings.Repeat("x", 10_000)), iotest.ErrReader(broken)), 100_000, broken},
		"chunks":     {io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), -1, broken},
		"too short":  {strings.NewReader("abc"), 10, io.ErrUnexpectedEOF},
		"too short2": {strings.NewReader("abc"), 10_000, io.ErrUnexpectedEOF},
		"nothing":    {readerFunc(func([]byte) (int, error) { return 0, nil }), -1, io.ErrNoProgress},
		"panics":     {readerFunc(func([]byte) (int, error) { panic("x") }), -1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := script(func(p *peer) { p.sink() })
				pool := target.pool()
				defer pool.Close()
				_, _, err := fetch(t, pool, post(c.body, c.length))
				e := failure(t, err)
				require.Equal(t, http1.Body, e.Phase)
				require.False(t, e.Untouched)
				if c.want != nil {
					require.ErrorIs(t, err, c.want)
				}
				_, open := target.counts()
				require.Zero(t, open)
				target.peers.Wait()
			})
		})
	}
}

// The body's failure ends an answer that is under way.
func TestBodyFailsWhileAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("the client is gone")
		target := script(func(p *peer) { p.head(); p.say(chunked); p.sink() })
		pool := target.pool()
		defer pool.Close()
		r, w := io.Pipe()
		var x http1.Exchange
		require.NoError(t, pool.RoundTrip(t.Context(), post(r, -1), &x))
		go func() { time.Sleep(time.Second); w.CloseWithError(broken) }()
		_, err := x.Read(make([]byte, 1))
		require.ErrorIs(t, err, broken)
		require.Equal(t, http1.Body, failure(t, err).Phase)
		x.Close()
	})
}

// The chunks on the wire are what they say.
func TestChunksOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wire string
		target := script(func(p *peer) {
			p.head()
			b := make([]byte, len("3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"))
			io.ReadFull(p.r, b)
			wire = string(b)
			p.say(okAnswer)
			p.sink()
		})
		pool := target.pool()
		defer pool.Close()
		_, _, err := fetch(t, pool, post(io.MultiReader(strings.NewReader("abc"), bytes.NewBufferString("0123456789abcdef")), -1))
		require.NoError(t, err)
		require.Equal(t, "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n", wire)
	})
}
