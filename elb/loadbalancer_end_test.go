package elb_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// A client that leaves is noticed at the target, before and within the answer.
func TestClientLeaves(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		began, ended := make(chan string), make(chan string)
		r := newRig(t, rigConfig{front: front, back: back}, func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path == "/within" {
				_, _ = io.WriteString(w, "some")
				_ = http.NewResponseController(w).Flush()
			}
			began <- q.URL.Path
			<-q.Context().Done()
			ended <- q.URL.Path
		})
		for _, path := range []string{"/before", "/within"} {
			ctx, cancel := context.WithCancel(context.Background())
			q, err := http.NewRequestWithContext(ctx, "GET", r.url(path), nil)
			require.NoError(t, err)
			go func() {
				if response, err := r.client.Do(q); err == nil {
					_, err = io.ReadAll(response.Body)
					require.ErrorIs(t, err, context.Canceled)
					_ = response.Body.Close()
				}
			}()
			require.Equal(t, path, <-began)
			synctest.Wait()
			start := time.Now()
			cancel()
			require.Equal(t, path, <-ended)
			require.Less(t, time.Since(start), time.Second)
			status := map[string]int{"/before": 460, "/within": 200}[path]
			require.Equal(t, status, r.lastRecord().Status)
			require.Zero(t, r.group.Targets()[0].Outstanding)
			require.Zero(t, r.group.Targets()[0].Errors)
		}
		require.Equal(t, "fine", newRig(t, rigConfig{front: front, back: back}, says("fine")).get("/").body)
	})
}

// Close ends requests at the targets, and Shutdown lets them finish.
func TestCloseAndShutdown(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		for _, gently := range []bool{true, false} {
			r := newRig(t, rigConfig{front: front, back: back}, func(w http.ResponseWriter, q *http.Request) {
				select {
				case <-q.Context().Done():
				case <-time.After(10 * time.Second):
					_, _ = io.WriteString(w, "done")
				}
			})
			got := make(chan answer, 1)
			go func() {
				response, err := r.client.Get(r.url("/"))
				if err != nil {
					got <- answer{err: err}
					return
				}
				got <- readAnswer(response)
			}()
			synctest.Wait()
			began := time.Now()
			if gently {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				require.ErrorIs(t, r.lb.Shutdown(ctx), context.DeadlineExceeded)
				cancel()
				require.Equal(t, time.Second, time.Since(began))
				require.NoError(t, r.lb.Shutdown(context.Background()))
				require.Equal(t, "done", (<-got).body)
				require.Less(t, time.Since(began), 12*time.Second)
			} else {
				require.NoError(t, r.lb.Close())
				require.Less(t, time.Since(began), time.Second)
				a := <-got
				require.True(t, a.err != nil || a.status == 503)
				require.Equal(t, 503, r.lastRecord().Status)
			}
			_, err := r.client.Get(r.url("/"))
			require.Error(t, err)
			require.ErrorIs(t, r.lb.Serve(r.network.listen("192.0.2.9:80")), elb.ErrBalancerClosed)
			require.NoError(t, r.lb.Shutdown(context.Background()))
			require.NoError(t, r.lb.Close())
		}
	})
}

// Shutdown that comes to no end can be followed by Close, which ends the connections.
func TestCloseAfterShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{}, func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
		r.askSoon()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		require.ErrorIs(t, r.lb.Shutdown(ctx), context.DeadlineExceeded)
		require.NoError(t, r.lb.Close())
		require.Zero(t, r.lb.Metrics().ActiveConnectionCount)
	})
}

// Connections that are there when the listener fails are still the balancer's.
func TestListenerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{}, says("fine"))
		l := r.network.listen("192.0.2.2:80")
		served := make(chan error)
		go func() { served <- r.lb.Serve(l) }()
		r.address = "192.0.2.2:80"
		conn := r.connect()
		_, err := io.WriteString(conn, plainGet)
		require.NoError(t, err)
		from := bufio.NewReader(conn)
		response, err := http.ReadResponse(from, nil)
		require.NoError(t, err)
		require.Equal(t, "fine", readAnswer(response).body)
		require.NoError(t, l.Close())
		require.Error(t, <-served)
		_, err = io.WriteString(conn, plainGet)
		require.NoError(t, err)
		response, err = http.ReadResponse(from, nil)
		require.NoError(t, err)
		require.Equal(t, "fine", readAnswer(response).body)
		require.EqualValues(t, 1, r.lb.Metrics().ActiveConnectionCount)
		require.NoError(t, r.lb.Close())
		_, err = from.ReadByte()
		require.Equal(t, io.EOF, err)
	})
}

// A TLS handshake that comes to no end holds up neither others nor Close, and one that
// fails is counted.
func TestSlowHandshakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{front: overHTTPS1}, says("fine"))
		slow, err := r.network.dial(t.Context(), "tcp", r.address)
		require.NoError(t, err)
		require.Equal(t, "fine", r.get("/").body)
		began := time.Now()
		_, err = slow.Read(make([]byte, 1))
		require.Equal(t, io.EOF, err)
		require.Equal(t, 10*time.Second, time.Since(began))
		synctest.Wait()
		require.EqualValues(t, 1, r.lb.Metrics().ClientTLSNegotiationErrorCount)
		_, err = r.network.dial(t.Context(), "tcp", r.address)
		require.NoError(t, err)
		synctest.Wait()
		began = time.Now()
		require.NoError(t, r.lb.Close())
		require.Zero(t, time.Since(began))
	})
}

// A balancer that another server's handler is made of.
func TestMounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{back: inProcess}, func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path == "/hang" {
				<-q.Context().Done()
				return
			}
			shows("Host", "X-A", "X-Forwarded-For", "Keep-Alive")(w, q)
		})
		q := httptest.NewRequest("GET", "http://www.example.com:81/", nil)
		q.Header.Set("X-A", "b")
		q.Header.Set("Keep-Alive", "b")
		before := q.Clone(context.Background())
		w := httptest.NewRecorder()
		r.lb.ServeHTTP(w, q)
		require.Equal(t, "Host: www.example.com\nX-A: b\nX-Forwarded-For: 192.0.2.1\n", w.Body.String())
		require.Equal(t, before.Header, q.Header)
		require.Equal(t, before.Host, q.Host)
		require.Equal(t, before.URL, q.URL)
		require.Equal(t, "http", r.lastRecord().Type)

		require.Nil(t, r.lb.Handler(81))
		w = httptest.NewRecorder()
		go r.lb.Handler(80).ServeHTTP(w, httptest.NewRequest("GET", "/hang", nil))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		require.ErrorIs(t, r.lb.Shutdown(ctx), context.DeadlineExceeded)
		during := httptest.NewRecorder()
		r.lb.ServeHTTP(during, httptest.NewRequest("GET", "/", nil))
		require.Equal(t, 503, during.Code)
		require.Equal(t, "close", during.Header().Get("Connection"))
		require.NoError(t, r.lb.Close())
		require.Equal(t, 503, w.Code)
	})
}

// A target of a balancer that is a balancer itself does not disturb it.
func TestBalancerBehindABalancer(t *testing.T) {
	for _, front := range []wire{overHTTP1, overHTTPS2} {
		synctest.Test(t, func(t *testing.T) {
			inner := newRig(t, rigConfig{back: overHTTP1}, shows("X-Forwarded-For"))
			r := newRig(t, rigConfig{front: front, back: inProcess}, inner.lb.ServeHTTP)
			for range 3 {
				require.Equal(t, "X-Forwarded-For: 203.0.113.7, 203.0.113.7\n", r.get("/").body)
			}
			if front == overHTTP1 { // two in one packet
				a, _ := r.speak(plainGet + "GET\r\n\r\n")
				require.Equal(t, 200, a.status)
				synctest.Wait()
				log := r.records()
				require.Equal(t, []int{200, 400}, []int{log[len(log)-2].Status, log[len(log)-1].Status})
			}
		})
	}
}

// Requests during a deregistration, and those at another target, are all answered.
func TestDrainingLosesNothing(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		slow := func(w http.ResponseWriter, q *http.Request) {
			time.Sleep(time.Second)
			_, _ = io.WriteString(w, "done")
		}
		r := newRig(t, rigConfig{front: front, back: back}, slow, slow, slow)
		answers := make(chan error)
		const clients, each = 20, 10
		for range clients {
			go func() {
				for range each {
					response, err := r.client.Get(r.url("/"))
					if err == nil {
						if a := readAnswer(response); a.err != nil || a.body != "done" {
							err = errors.New(a.body)
						}
					}
					answers <- err
				}
			}()
		}
		for n := range clients * each {
			require.NoError(t, <-answers)
			switch n {
			case 30:
				require.NoError(t, r.group.Deregister(r.targets[0]))
			case 60:
				require.NoError(t, r.group.Register(r.targets[0]))
				require.NoError(t, r.group.Deregister(r.targets[1], r.targets[2]))
			case 100:
				require.Len(t, r.group.Targets(), 1)
			}
		}
		for _, a := range r.records() {
			require.Equal(t, 200, a.Status)
		}
	})
}

// A panic of the program's own access log concerns nobody else.
func TestAccessLogPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged strings.Builder
		g, err := elb.NewTargetGroup(elb.GroupConfig{Name: "web", HealthCheck: elb.HealthCheck{Disabled: true}})
		require.NoError(t, err)
		defer g.Close()
		require.NoError(t, g.Register(&elb.Target{ID: "a", Handler: says("fine")}))
		lb, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{
			Groups:    []*elb.TargetGroup{g},
			Listeners: []elb.Listener{{DefaultAction: new(forwardTo("web"))}},
			AccessLog: func(*elb.AccessRecord) { panic("no log") },
			Logger:    textLogger(&logged),
		})
		require.NoError(t, err)
		for range 3 {
			w := httptest.NewRecorder()
			lb.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			require.Equal(t, "fine", w.Body.String())
		}
		require.Equal(t, 3, strings.Count(logged.String(), `panic="no log"`))
		require.NoError(t, lb.Close())
	})
}
