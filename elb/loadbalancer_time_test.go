package elb_test

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

func textLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// The idle timeout is about silence, not about how long a request takes.
func TestSlowButNotIdle(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, func(w http.ResponseWriter, q *http.Request) {
			n, _ := io.Copy(io.Discard, q.Body)
			for range n {
				time.Sleep(50 * time.Second)
				_, _ = io.WriteString(w, "x")
				_ = http.NewResponseController(w).Flush()
			}
		})
		body, to := io.Pipe()
		go func() {
			for range 5 {
				time.Sleep(50 * time.Second)
				_, _ = io.WriteString(to, "x")
			}
			_ = to.Close()
		}()
		began := time.Now()
		a := r.send("POST", "/", body)
		require.NoError(t, a.err)
		require.Equal(t, "xxxxx", a.body)
		require.Equal(t, 500*time.Second, time.Since(began).Round(time.Second))
	})
}

// A target that falls silent within its answer has it broken off.
func TestIdleWithinTheAnswer(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, func(w http.ResponseWriter, q *http.Request) {
			_, _ = io.WriteString(w, "some")
			_ = http.NewResponseController(w).Flush()
			<-q.Context().Done()
			if back == inProcess {
				panic(http.ErrAbortHandler)
			}
		})
		began := time.Now()
		a := r.get("/")
		require.Error(t, a.err)
		require.Equal(t, "some", a.body)
		require.Equal(t, time.Minute, time.Since(began).Round(time.Second))
		require.Equal(t, 200, r.lastRecord().Status)
	})
}

// A client that does not take its answer is not waited for.
func TestClientTakesNothing(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		began := time.Now()
		took := make(chan time.Duration, 1)
		r := newRig(t, rigConfig{front: front, back: back}, func(w http.ResponseWriter, q *http.Request) {
			_, _ = io.Copy(w, endless{})
			took <- time.Since(began)
		})
		response, err := r.client.Get(r.url("/"))
		require.NoError(t, err)
		time.Sleep(5 * time.Minute)
		require.InDelta(t, 60, (<-took).Seconds(), 8)
		_ = response.Body.Close()
		require.Zero(t, r.group.Targets()[0].Outstanding)
	})
}

// A connection is kept for the idle timeout between requests, and for KeepAlive in all.
func TestKeepAlive(t *testing.T) {
	for _, front := range []wire{overHTTP1, overHTTPS1, overHTTP2, overHTTPS2} {
		t.Run(string(front), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, rigConfig{front: front, balancer: elb.LoadBalancerConfig{KeepAlive: 10 * time.Minute}}, says("fine"))
				connections := func() int64 { return r.lb.Metrics().NewConnectionCount }
				for range 30 { // 15 minutes
					require.Equal(t, "fine", r.get("/").body)
					time.Sleep(30 * time.Second)
				}
				require.EqualValues(t, 2, connections())
				time.Sleep(61 * time.Second)
				require.Zero(t, r.lb.Metrics().ActiveConnectionCount)
				require.Equal(t, "fine", r.get("/").body)
				require.EqualValues(t, 3, connections())
			})
		})
	}
}

// The deadlines of one request do not reach the next one on the connection.
func TestDeadlinesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{}, func(w http.ResponseWriter, q *http.Request) {
			_, _ = io.Copy(io.Discard, q.Body)
			time.Sleep(40 * time.Second)
			_, _ = w.Write(make([]byte, 100_000))
		})
		conn := r.connect()
		from := bufio.NewReader(conn)
		for range 4 {
			go func() {
				_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\na")
				time.Sleep(40 * time.Second)
				_, _ = io.WriteString(conn, "b")
			}()
			response, err := http.ReadResponse(from, nil)
			require.NoError(t, err)
			a := readAnswer(response)
			require.NoError(t, a.err)
			require.Equal(t, 200, a.status)
			require.Len(t, a.body, 100_000)
			time.Sleep(40 * time.Second)
		}
	})
}

// What the balancer answers by itself does not wait for a body for long.
func TestOwnAnswerToAnUnfinishedBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{listener: elb.Listener{DefaultAction: new(fixedResponse(200, "text/plain", "fixed"))}})
		began := time.Now()
		a, _ := r.speak("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nab")
		require.Equal(t, "fixed", a.body)
		require.Equal(t, time.Minute, time.Since(began))
		conn := r.connect()
		from := bufio.NewReader(conn)
		for range 2 { // one that is whole costs no connection
			_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nabcde")
			require.NoError(t, err)
			response, err := http.ReadResponse(from, nil)
			require.NoError(t, err)
			require.Equal(t, "fixed", readAnswer(response).body)
		}
	})
}

// A client of HTTP/1.0 gets an answer of HTTP/1.0, and its connection's end.
func TestHTTP10(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{}, func(w http.ResponseWriter, q *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = io.WriteString(w, q.Host+q.Proto)
			_ = http.NewResponseController(w).Flush()
		})
		conn := r.connect()
		_, err := io.WriteString(conn, "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n")
		require.NoError(t, err)
		all, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Regexp(t, "^HTTP/1.0 200 OK\r\n(?s).*\r\n\r\na.testHTTP/1.1$", string(all))
		require.NotContains(t, string(all), "chunked")
	})
}

// A retry waits no longer than TryTimeout for the first target.
func TestTryTimeout(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		var n atomic.Int64
		handler := func(w http.ResponseWriter, q *http.Request) {
			if n.Add(1) < 3 {
				select {
				case <-q.Context().Done():
				case <-time.After(time.Hour):
				}
				return
			}
			_, _ = io.WriteString(w, "third")
		}
		r := newRig(t, rigConfig{front: front, back: back, balancer: elb.LoadBalancerConfig{Retries: &elb.Retries{TryTimeout: 2 * time.Second}}}, handler, handler, handler)
		began := time.Now()
		require.Equal(t, "third", r.get("/").body)
		require.Equal(t, 4*time.Second, time.Since(began))
		a := r.lastRecord()
		require.Equal(t, 200, a.Status)
		require.Equal(t, []elb.Attempt{{Target: r.targets[0]}, {Target: r.targets[1]}, {Target: r.targets[2], Status: 200}}, a.Attempts)
	})
}

// A listener is not held up by connections on which nothing comes.
func TestSilentConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{}, says("fine"))
		var conns []net.Conn
		for range 10 {
			conns = append(conns, r.connect())
		}
		require.Equal(t, "fine", r.get("/").body)
		began := time.Now()
		for _, c := range conns {
			_, err := c.Read(make([]byte, 1))
			require.Equal(t, io.EOF, err)
		}
		require.Equal(t, time.Minute, time.Since(began))
	})
}
