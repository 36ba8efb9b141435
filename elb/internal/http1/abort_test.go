package http1_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb/internal/http1"
	"github.com/stretchr/testify/require"
)

var errGone = errors.New("the client is gone")

// socketLike looks like a connection over a socket, for what depends on that.
type socketLike struct{ net.Conn }

func (socketLike) SyscallConn() (syscall.RawConn, error) { return noSocket{}, nil }

type noSocket struct{}

func (noSocket) Control(func(uintptr)) error    { return errors.ErrUnsupported }
func (noSocket) Read(func(uintptr) bool) error  { return errors.ErrUnsupported }
func (noSocket) Write(func(uintptr) bool) error { return errors.ErrUnsupported }

// stages are what an exchange can wait for.
var stages = []struct {
	name      string
	dial      func(ctx context.Context) error // nil if it does connect
	target    func(p *peer)
	body      bool
	phase     http1.Phase
	untouched bool
}{
	{name: "connect", dial: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, phase: http1.Connect, untouched: true},
	{name: "head", target: func(p *peer) { time.Sleep(time.Hour) }, phase: http1.Send, untouched: true},
	{name: "half of the head", target: func(p *peer) { p.Read(make([]byte, 5)); time.Sleep(time.Hour) }, phase: http1.Send},
	{name: "body", target: func(p *peer) { p.head(); time.Sleep(time.Hour) }, body: true, phase: http1.Answer},
	{name: "answer", target: func(p *peer) { p.head(); p.sink() }, phase: http1.Answer},
	{name: "half of the answer", target: answers("HTTP/1.1 200"), phase: http1.Answer},
	{name: "after informational", target: answers("HTTP/1.1 102 x\r\n\r\n"), phase: http1.Answer},
	{name: "answer's body", target: answers(chunked + "1\r\nx\r\n"), phase: http1.AnswerBody},
	{name: "answer's body and body", target: func(p *peer) { p.head(); p.say(chunked + "1\r\nx\r\n"); time.Sleep(time.Hour) }, body: true, phase: http1.AnswerBody},
	{name: "until the end", target: answers("HTTP/1.1 200 OK\r\n\r\nxyz"), phase: http1.AnswerBody},
}

func TestAbort(t *testing.T) {
	for _, c := range stages {
		for kind, wrap := range map[string]func(net.Conn) net.Conn{
			"pipe":         func(c net.Conn) net.Conn { return c },
			"socket":       func(c net.Conn) net.Conn { return socketLike{c} },
			"no deadlines": func(c net.Conn) net.Conn { return undying{c} },
		} {
			for _, how := range []string{"abort", "context"} {
				if how == "context" && kind == "socket" && c.phase == http1.Send {
					continue // a short head does not wait for a socket
				}
				t.Run(c.name+"/"+kind+"/"+how, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						target := script(c.target)
						pool := http1.NewPool(http1.Config{MaxIdle: 1, Dial: func(ctx context.Context) (net.Conn, error) {
							if c.dial != nil {
								return nil, c.dial(ctx)
							}
							conn, err := target.dial(ctx)
							return wrap(conn), err
						}})
						defer pool.Close()
						req := get()
						if c.body {
							req = post(endless, -1)
						}
						ctx, cancel := context.WithCancelCause(context.Background())
						defer cancel(nil)
						var x http1.Exchange
						began := time.Now()
						time.AfterFunc(time.Second, func() {
							if how == "abort" {
								x.Abort(errGone)
								x.Abort(io.EOF) // which comes too late
							} else {
								cancel(errGone)
							}
						})
						err := pool.RoundTrip(ctx, req, &x)
						if c.phase == http1.AnswerBody {
							require.NoError(t, err)
							_, err = io.ReadAll(&x)
						}
						e := failure(t, err)
						require.ErrorIs(t, err, errGone)
						require.Equal(t, c.phase, e.Phase)
						require.Equal(t, c.untouched, e.Untouched)
						require.False(t, e.Timeout)
						x.Close()
						require.Equal(t, time.Second, time.Since(began))
						_, open := target.counts()
						require.Zero(t, open)
						if c.dial == nil {
							time.Sleep(2 * time.Hour)
							target.peers.Wait()
						}
					})
				})
			}
		}
	}
}

// undying has no deadlines.
type undying struct{ net.Conn }

func (undying) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (undying) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (undying) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }

// Before RoundTrip and after Close there is nothing to interrupt.
func TestAbortOutsideOfRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(answers(okAnswer, okAnswer))
		pool := target.pool()
		defer pool.Close()
		var x http1.Exchange
		x.Abort(errGone)
		e := failure(t, pool.RoundTrip(t.Context(), get(), &x))
		require.ErrorIs(t, e, errGone)
		require.True(t, e.Untouched)
		x.Close()
		x.Reset()

		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errGone)
		e = failure(t, pool.RoundTrip(ctx, get(), &x))
		require.ErrorIs(t, e, errGone)
		require.True(t, e.Untouched)
		x.Close()
		x.Reset()
		dialled, _ := target.counts()
		require.Zero(t, dialled)

		for range 2 {
			ctx, cancel := context.WithCancelCause(t.Context())
			require.NoError(t, pool.RoundTrip(ctx, get(), &x))
			_, err := io.ReadAll(&x)
			require.NoError(t, err)
			x.Close()
			x.Abort(errGone)
			cancel(errGone)
			synctest.Wait()
			x.Reset()
		}
		dialled, open := target.counts()
		require.Equal(t, 1, dialled)
		require.Equal(t, 1, open)
	})
}

// An answer that was read to its end in an exchange that was aborted proves nothing: the abort
// may have got at the connection.
func TestAbortedIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(answers(okAnswer))
		pool := target.pool()
		defer pool.Close()
		var x http1.Exchange
		require.NoError(t, pool.RoundTrip(t.Context(), get(), &x))
		_, err := io.ReadAll(&x)
		require.NoError(t, err)
		x.Abort(nil)
		x.Close()
		_, open := target.counts()
		require.Zero(t, open)
	})
}

// Close waits for the client's Read, and interrupts a write.
func TestCloseWaitsForBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(func(p *peer) { p.head(); p.say(okAnswer); p.sink() })
		pool := target.pool()
		defer pool.Close()
		r, w := io.Pipe()
		var x http1.Exchange
		require.NoError(t, pool.RoundTrip(t.Context(), post(r, -1), &x))
		synctest.Wait() // until the sender reads
		began := time.Now()
		time.AfterFunc(time.Second, func() { w.Close() })
		x.Close()
		require.Equal(t, time.Second, time.Since(began))
	})
}

func TestTimeouts(t *testing.T) {
	slowly := func(parts ...string) func(p *peer) {
		return func(p *peer) {
			p.head()
			for _, part := range parts {
				time.Sleep(time.Second)
				p.say(part)
			}
			p.sink()
		}
	}
	for name, c := range map[string]struct {
		dial    func(ctx context.Context) error
		target  func(p *peer)
		connect time.Duration
		first   time.Duration
		idle    time.Duration
		body    io.Reader
		phase   http1.Phase // -1 if all is well
		after   time.Duration
	}{
		"connect":              {dial: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, connect: 3 * time.Second, phase: http1.Connect, after: 3 * time.Second},
		"connect, first byte":  {dial: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, connect: 3 * time.Second, first: 2 * time.Second, phase: http1.Connect, after: 2 * time.Second},
		"head":                 {target: func(p *peer) { time.Sleep(time.Hour) }, idle: 4 * time.Second, phase: http1.Send, after: 5 * time.Second},
		"head, first byte":     {target: func(p *peer) { time.Sleep(time.Hour) }, idle: 5 * time.Second, first: 4 * time.Second, phase: http1.Send, after: 5 * time.Second},
		"answer":               {target: answers(""), idle: 4 * time.Second, phase: http1.Answer, after: 4 * time.Second},
		"answer, first byte":   {target: answers(""), idle: 4 * time.Second, first: 3 * time.Second, phase: http1.Answer, after: 3 * time.Second},
		"first byte trickles":  {target: slowly("HTTP/1.1", " 200", " OK\r\n", "A: b"), idle: 2 * time.Second, first: 3500 * time.Millisecond, phase: http1.Answer, after: 3500 * time.Millisecond},
		"informational only":   {target: slowly("HTTP/1.1 102 x\r\n\r\n", "HTTP/1.1 102 x\r\n\r\n"), first: 3 * time.Second, phase: http1.Answer, after: 3 * time.Second},
		"answer trickles":      {target: slowly("HTTP/1.1", " 200 OK\r\nContent", "-Length: 2\r\n\r\no", "k"), idle: 2 * time.Second, phase: -1, after: 4 * time.Second},
		"answer stops":         {target: slowly("HTTP/1.1", " 200 OK\r\n"), idle: 2 * time.Second, phase: http1.Answer, after: 4 * time.Second},
		"body after the first": {target: slowly(chunked+"1\r\nx", "\r\n", "0\r\n\r\n"), idle: 2 * time.Second, first: 2 * time.Second, phase: -1, after: 3 * time.Second},
		"body stops":           {target: slowly(chunked+"1\r\nx", "\r\n2\r\n"), idle: 2 * time.Second, phase: http1.AnswerBody, after: 4 * time.Second},
		"nobody takes it":      {target: func(p *peer) { p.head(); time.Sleep(time.Second); p.r.ReadByte(); time.Sleep(time.Hour) }, body: endless, idle: 2 * time.Second, phase: http1.Answer, after: 2 * time.Second},
		"nobody takes more": {target: func(p *peer) {
			p.head()
			time.Sleep(time.Second)
			io.ReadFull(p.r, make([]byte, 50<<10)) // takes the first write, and a part
			time.Sleep(time.Hour)
		}, body: endless, idle: 2 * time.Second, phase: http1.Answer, after: 3 * time.Second},
		"the client is slow": {target: func(p *peer) {
			p.head()
			io.ReadFull(p.r, make([]byte, len("1\r\nx\r\n1\r\nx\r\n1\r\nx\r\n0\r\n\r\n")))
			p.say(okAnswer)
			p.sink()
		}, body: trickle(3, false), idle: 2 * time.Second, phase: -1, after: 4500 * time.Millisecond},
		"the client stops": {target: func(p *peer) { p.sink() }, body: trickle(3, true), idle: 2 * time.Second, phase: http1.Body, after: 6500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := script(c.target)
				pool := http1.NewPool(http1.Config{ConnectTimeout: c.connect, Dial: func(ctx context.Context) (net.Conn, error) {
					if c.dial != nil {
						return nil, c.dial(ctx)
					}
					return target.dial(ctx)
				}})
				defer pool.Close()
				req := get()
				if c.body != nil {
					req = post(c.body, -1)
				}
				req.Timeout, req.FirstByteTimeout = c.idle, c.first
				began := time.Now()
				var x http1.Exchange
				err := pool.RoundTrip(t.Context(), req, &x)
				if err == nil {
					_, err = io.ReadAll(&x)
				}
				require.Equal(t, c.after, time.Since(began))
				if c.phase < 0 {
					require.NoError(t, err)
				} else {
					e := failure(t, err)
					require.Equal(t, c.phase, e.Phase)
					require.True(t, e.Timeout)
				}
				if c.phase == http1.Connect {
					require.ErrorIs(t, err, context.DeadlineExceeded)
				} else if c.phase >= 0 {
					require.ErrorIs(t, err, os.ErrDeadlineExceeded)
				}
				x.Close()
				time.Sleep(2 * time.Hour)
				target.peers.Wait()
			})
		})
	}
}

// trickle yields a byte every 1.5 seconds, and then the end or, for an hour, nothing.
func trickle(n int, stop bool) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if n == 0 {
			if stop {
				time.Sleep(time.Hour)
			}
			return 0, io.EOF
		}
		n--
		time.Sleep(1500 * time.Millisecond)
		p[0] = 'x'
		return 1, nil
	})
}

// It is the target's silence that counts, not the time that the caller takes between
// reads.
func TestTimeoutLeavesTheCallerAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(func(p *peer) {
			p.head()
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
			p.say(strings.Repeat("x", 5000))
			p.say(strings.Repeat("x", 5000))
			p.sink()
		})
		pool := target.pool()
		defer pool.Close()
		req := get()
		req.Timeout = time.Second
		var x http1.Exchange
		require.NoError(t, pool.RoundTrip(t.Context(), req, &x))
		buf := make([]byte, 5000)
		for range 2 {
			time.Sleep(time.Hour)
			_, err := io.ReadFull(&x, buf)
			require.NoError(t, err)
		}
		x.Close()
		_, open := target.counts()
		require.Equal(t, 1, open)
	})
}

// Deadlines of one exchange do not reach into the next.
func TestDeadlinesOfEarlierExchanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(func(p *peer) {
			for _, pause := range []time.Duration{0, 10 * time.Second, 0, 90 * time.Second, 3 * time.Second} {
				p.head()
				time.Sleep(pause)
				p.say(okAnswer)
			}
			p.sink()
		})
		pool := target.pool()
		defer pool.Close()
		for i, timeout := range []time.Duration{time.Second, 20 * time.Second, time.Minute, 0, 4 * time.Second} {
			req := get()
			req.Timeout = timeout
			x, _, err := fetch(t, pool, req)
			require.NoError(t, err)
			require.Equal(t, i > 0, x.Reused())
			time.Sleep(30 * time.Second)
		}
	})
}
