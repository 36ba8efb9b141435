package http1_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb/internal/http1"
	"github.com/stretchr/testify/require"
)

// hold begins an exchange and reads its answer, and leaves it open.
func hold(t testing.TB, p *http1.Pool) *http1.Exchange {
	t.Helper()
	x := new(http1.Exchange)
	require.NoError(t, p.RoundTrip(t.Context(), get(), x))
	_, err := io.ReadAll(x)
	require.NoError(t, err)
	return x
}

func TestPoolLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		many := answers(okAnswer, okAnswer, okAnswer, okAnswer)
		target := script(many, many, many, many)
		pool := http1.NewPool(http1.Config{Dial: target.dial, MaxIdle: 2})
		var held []*http1.Exchange
		for range 4 {
			held = append(held, hold(t, pool))
		}
		for _, x := range held {
			x.Close()
		}
		_, open := target.counts()
		require.Equal(t, 2, open)
		held = held[:0]
		for range 2 {
			x := hold(t, pool)
			require.True(t, x.Reused())
			require.Zero(t, x.Connected())
			held = append(held, x)
		}
		held[0].Close()
		pool.Close()
		_, open = target.counts()
		require.Equal(t, 1, open, "what is in use stays")
		held[1].Close()
		_, open = target.counts()
		require.Zero(t, open)
		pool.Close()
		target.peers.Wait()
	})
}

func TestPoolKeepsNoneByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(answers(okAnswer))
		pool := http1.NewPool(http1.Config{Dial: target.dial})
		hold(t, pool).Close()
		_, open := target.counts()
		require.Zero(t, open)
	})
}

// A pool that is closed still works, and keeps nothing.
func TestPoolClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(answers(okAnswer))
		pool := target.pool()
		pool.Close()
		hold(t, pool).Close()
		_, open := target.counts()
		require.Zero(t, open)
	})
}

func TestIdleTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		many := answers(okAnswer, okAnswer, okAnswer)
		target := script(many, many)
		pool := http1.NewPool(http1.Config{Dial: target.dial, MaxIdle: 5, IdleTimeout: 10 * time.Second})
		opened := func() int { synctest.Wait(); _, n := target.counts(); return n }
		a, b := hold(t, pool), hold(t, pool)
		a.Close()
		time.Sleep(6 * time.Second)
		b.Close()
		time.Sleep(4*time.Second - time.Nanosecond)
		require.Equal(t, 2, opened())
		time.Sleep(time.Nanosecond)
		require.Equal(t, 1, opened(), "a is closed")
		x := hold(t, pool)
		require.True(t, x.Reused())
		time.Sleep(time.Minute)
		require.Equal(t, 1, opened(), "what is in use does not idle")
		x.Close()
		time.Sleep(10*time.Second - time.Nanosecond)
		require.Equal(t, 1, opened())
		time.Sleep(time.Nanosecond)
		require.Zero(t, opened())
		pool.Close()
		target.peers.Wait()
	})
}

// Of two idle connections the one that was used last is used first.
func TestPoolIsLIFO(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		named := func(name string) func(p *peer) {
			a := "HTTP/1.1 200 OK\r\nX: " + name + "\r\nContent-Length: 0\r\n\r\n"
			return answers(a, a, a)
		}
		target := script(named("a"), named("b"))
		pool := target.pool()
		defer pool.Close()
		a, b := hold(t, pool), hold(t, pool)
		b.Close()
		a.Close()
		for range 2 {
			x := hold(t, pool)
			require.Equal(t, "a", x.Field("X"))
			x.Close()
		}
	})
}

// A connection that was used before and ends without an answer has most likely ended before
// the request came. What may be sent twice is sent again then, on a new one.
func TestReplay(t *testing.T) {
	onceThen := func(then func(p *peer)) func(p *peer) {
		return func(p *peer) { p.head(); p.say(okAnswer); then(p) }
	}
	hangUp := func(p *peer) { p.head() }
	for name, c := range map[string]struct {
		req    *http1.Request
		second func(p *peer)
		third  func(p *peer)
		err    error
		phase  http1.Phase
		dials  int
	}{
		"replayed":         {req: &http1.Request{Method: "GET", Target: "/", Replayable: true}, second: hangUp, third: answers(okAnswer), dials: 2},
		"not replayable":   {req: get(), second: hangUp, err: io.EOF, phase: http1.Answer, dials: 1},
		"only once":        {req: &http1.Request{Method: "GET", Target: "/", Replayable: true}, second: hangUp, third: hangUp, err: io.EOF, phase: http1.Answer, dials: 2},
		"after first byte": {req: &http1.Request{Method: "GET", Target: "/", Replayable: true}, second: func(p *peer) { p.head(); p.say("H") }, err: io.ErrUnexpectedEOF, phase: http1.Answer, dials: 1},
		"untouched":        {req: &http1.Request{Method: "DELETE", Target: "/"}, second: func(*peer) {}, third: answers(okAnswer), dials: 2},
		"nobody there":     {req: &http1.Request{Method: "GET", Target: "/", Replayable: true}, second: hangUp, err: errNoScript, phase: http1.Connect, dials: 1},
		"with a body":      {req: &http1.Request{Method: "PUT", Target: "/", Replayable: true, Body: strings.NewReader("abc"), ContentLength: 3}, second: func(p *peer) { http.ReadRequest(p.r) }, err: io.EOF, phase: http1.Answer, dials: 1},
		"body not taken":   {req: &http1.Request{Method: "PUT", Target: "/", Body: strings.NewReader("abc"), ContentLength: 3}, second: func(*peer) {}, third: bodyAnswer("abc"), dials: 2},
		"body never begun": {req: &http1.Request{Method: "PUT", Target: "/", Body: strings.NewReader("abc"), ContentLength: -1}, second: func(*peer) {}, third: bodyAnswer("3\r\nabc\r\n0\r\n\r\n"), dials: 2},
		"expects, replayed": {req: &http1.Request{Method: "PUT", Target: "/", Body: strings.NewReader("abc"), ContentLength: 3, Expect: true}, second: func(*peer) {}, third: func(p *peer) {
			p.head()
			p.say("HTTP/1.1 100 x\r\n\r\n")
			p.Read(make([]byte, 3))
			p.say(okAnswer)
			p.sink()
		}, dials: 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := script(onceThen(c.second))
				if c.third != nil {
					target.next = append(target.next, c.third)
				}
				pool := target.pool()
				defer pool.Close()
				hold(t, pool).Close()
				synctest.Wait()
				x, body, err := fetch(t, pool, c.req)
				dialled, open := target.counts()
				require.Equal(t, c.dials, dialled)
				if c.err == nil {
					require.NoError(t, err)
					require.Equal(t, "ok", body)
					require.False(t, x.Reused())
					require.True(t, x.SentAll(0))
					require.Equal(t, 1, open)
					return
				}
				require.ErrorIs(t, err, c.err)
				require.Equal(t, c.phase, failure(t, err).Phase)
				require.False(t, failure(t, err).Untouched, "the connection that was used before has the request")
				require.Zero(t, open)
			})
		})
	}
}

// A short body is in memory when a connection refuses all of the request, and goes to the next.
func TestReplayOfBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(answers(okAnswer), bodyAnswer("abc"))
		pool := http1.NewPool(http1.Config{MaxIdle: 1, Dial: func(ctx context.Context) (net.Conn, error) {
			c, err := target.dial(ctx)
			if n, _ := target.counts(); n == 1 {
				c = &refuser{Conn: c, takes: 1}
			}
			return c, err
		}})
		defer pool.Close()
		hold(t, pool).Close()
		began := time.Now()
		x, body, err := fetch(t, pool, post(strings.NewReader("abc"), 3))
		require.NoError(t, err)
		require.Equal(t, "ok", body)
		require.False(t, x.Reused())
		require.True(t, x.SentAll(0))
		require.Zero(t, time.Since(began))
		_, open := target.counts()
		require.Equal(t, 1, open)
	})
}

// refuser refuses to write after so many writes.
type refuser struct {
	net.Conn
	takes int
}

func (r *refuser) Write(p []byte) (int, error) {
	if r.takes--; r.takes < 0 {
		return 0, errBroken
	}
	return r.Conn.Write(p)
}

// A request that is untouched stays so: its body can be sent elsewhere after the error.
func TestUntouchedStaysSo(t *testing.T) {
	for range 300 {
		pool := http1.NewPool(http1.Config{Dial: dialOnce(func() net.Conn {
			ours, theirs := net.Pipe()
			theirs.Close()
			return ours
		})})
		body := strings.NewReader("abc")
		var x http1.Exchange
		e := failure(t, pool.RoundTrip(t.Context(), post(body, 3), &x))
		x.Close()
		if e.Untouched {
			require.Equal(t, 3, body.Len())
		}
	}
}

func TestErrors(t *testing.T) {
	e := &http1.Error{Phase: http1.Answer, Err: http1.BadChunk}
	require.EqualError(t, e, "http1: await the answer: the answer has a malformed chunk")
}

// bodyAnswer answers a request if its body on the wire is that.
func bodyAnswer(want string) func(p *peer) {
	return func(p *peer) {
		p.head()
		b := make([]byte, len(want))
		io.ReadFull(p.r, b)
		if string(b) == want {
			p.say(okAnswer)
			p.sink()
		}
	}
}

// tcpTarget runs a function for each connection over loopback.
func tcpTarget(t testing.TB, config *tls.Config, serve func(n int, c net.Conn)) *http1.Pool {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if config != nil {
				c = tls.Server(c, config)
			}
			serve(n, c)
			c.Close()
		}
	}()
	pool := http1.NewPool(http1.Config{MaxIdle: 4, Dial: func(ctx context.Context) (net.Conn, error) {
		if config != nil {
			return (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(ctx, "tcp", l.Addr().String())
		}
		return dialer(l.Addr().String())(ctx)
	}})
	t.Cleanup(func() { pool.Close(); l.Close(); <-done })
	return pool
}

// What has ended or has said something while it idled is not used: neither is a POST lost
// nor is an answer given to the wrong request.
func TestIdleConnectionsAreLookedAt(t *testing.T) {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	config := &tls.Config{Certificates: s.TLS.Certificates}
	s.Close()
	for name, config := range map[string]*tls.Config{"TCP": nil, "TLS": config} {
		for kind, then := range map[string]func(c net.Conn){
			"ended":       func(c net.Conn) {},
			"unsolicited": func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil") },
			"reset": func(c net.Conn) {
				if t, ok := c.(*tls.Conn); ok {
					c = t.NetConn()
				}
				c.(*net.TCPConn).SetLinger(0)
			},
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				idle, done := make(chan struct{}), make(chan struct{})
				pool := tcpTarget(t, config, func(n int, c net.Conn) {
					(&peer{Conn: c, r: newReader(c)}).head()
					io.WriteString(c, okAnswer)
					if n == 0 {
						<-idle
						then(c)
						if kind != "unsolicited" {
							c.Close()
						}
						close(done)
						c.SetReadDeadline(time.Now().Add(5 * time.Second))
					}
					io.Copy(io.Discard, c)
				})
				hold(t, pool).Close()
				close(idle)
				<-done
				time.Sleep(10 * time.Millisecond) // loopback is quick, but not instant
				req := get()
				req.Method = "POST"
				x, body, err := fetch(t, pool, req)
				require.NoError(t, err)
				require.Equal(t, "ok", body)
				require.False(t, x.Reused())
			})
		}
		t.Run(name+"/alive", func(t *testing.T) {
			pool := tcpTarget(t, config, func(_ int, c net.Conn) {
				p := &peer{Conn: c, r: newReader(c)}
				for p.head() != "" {
					p.say(okAnswer)
				}
			})
			for i := range 5 {
				x := hold(t, pool)
				require.Equal(t, i > 0, x.Reused())
				x.Close()
			}
			pool.Close()
		})
	}
}

// Two answers in one TLS record: the second is in the client's TLS, not on its socket.
func TestTLSLeftoversAreLookedAt(t *testing.T) {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	config := &tls.Config{Certificates: s.TLS.Certificates}
	s.Close()
	body := strings.Repeat("x", 8150) // so long that it is read past the buffer, and no further
	pool := tcpTarget(t, config, func(_ int, c net.Conn) {
		(&peer{Conn: c, r: newReader(c)}).head()
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 8150\r\n\r\n"+body+"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
		io.Copy(io.Discard, c)
	})
	var x http1.Exchange
	for range 2 {
		require.NoError(t, pool.RoundTrip(t.Context(), get(), &x))
		require.False(t, x.Reused())
		_, err := io.ReadFull(&x, make([]byte, len(body)))
		require.NoError(t, err)
		x.Close()
		x.Reset()
	}
}

// Nothing is left of a thousand exchanges, whatever became of them.
func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/slow":
			time.Sleep(30 * time.Millisecond)
		}
		io.Copy(w, r.Body)
	}))
	pool := http1.NewPool(http1.Config{Dial: dialer(s.Listener.Addr().String()), MaxIdle: 4})
	var x http1.Exchange
	for i := range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		req := get()
		switch i % 5 {
		case 1:
			req.Target = "/abort"
		case 2:
			req.Target = "/slow"
			time.AfterFunc(time.Duration(i%40)*time.Millisecond, cancel)
		case 3:
			req = post(strings.NewReader(strings.Repeat("x", i*500)), int64(i*500))
		case 4:
			req = post(strings.NewReader(strings.Repeat("x", i*500)), -1)
		}
		if pool.RoundTrip(ctx, req, &x) == nil && i%3 != 0 {
			io.Copy(io.Discard, &x)
		}
		x.Close()
		x.Reset()
		cancel()
	}
	pool.Close()
	s.Close()
	for i := 0; runtime.NumGoroutine() > before; i++ { // as the server's end after it was closed
		require.Less(t, i, 500)
		time.Sleep(10 * time.Millisecond)
	}
}
