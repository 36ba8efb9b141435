package elb_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// Whatever becomes of requests, no part of one reaches another: of many at a time some are
// left by their clients, some by their targets, some are tried again, and targets come and go.
func TestNothingIsMixedUp(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		handler := func(w http.ResponseWriter, q *http.Request) {
			id := q.Header.Get("X-Id")
			switch n := rand.N(20); n {
			case 0:
				panic(http.ErrAbortHandler)
			case 1:
				w.Header().Set("X-Of", id)
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			case 2:
				if back != inProcess {
					w.Header().Set("Connection", "close")
				}
				w.Header().Set("X-Id", id)
				w.WriteHeader(http.StatusConflict) // without a look at the body
				return
			case 3, 4:
				for range 3 {
					w.Header().Add("Link", id)
					if back.http2() { // or net/http's server looks at the header when it is changed
						w.Header()["Transfer-Encoding"] = nil
					}
					w.WriteHeader(http.StatusEarlyHints)
					w.Header().Del("Transfer-Encoding")
				}
			case 5:
				time.Sleep(time.Duration(rand.N(2000)) * time.Millisecond)
			}
			b, err := io.ReadAll(q.Body)
			if err != nil {
				panic(http.ErrAbortHandler)
			}
			w.Header().Set("X-Id", id)
			for len(b) > 0 {
				n := rand.N(len(b)) + 1
				_, _ = w.Write(b[:n])
				b = b[n:]
				if rand.N(4) == 0 {
					_ = http.NewResponseController(w).Flush()
				}
			}
			if rand.N(20) == 0 {
				panic(http.ErrAbortHandler)
			}
		}
		r := newRig(t, rigConfig{front: front, back: back, group: elb.GroupConfig{DeregistrationDelay: new(time.Second)}, balancer: elb.LoadBalancerConfig{
			Retries: &elb.Retries{Statuses: []int{503}, TryTimeout: time.Second, Budget: 100}, MaxBody: 50_000,
		}}, handler, handler, handler)
		const each = 20
		var clients sync.WaitGroup
		for client := range 8 {
			clients.Go(func() {
				for i := range each {
					id := fmt.Sprintf("%d-%d-", client, i)
					body := strings.Repeat(id, rand.N(2)*rand.N(60_000/len(id)))
					ctx, cancel := context.WithCancel(context.Background())
					if rand.N(5) == 0 {
						time.AfterFunc(time.Duration(rand.N(3000))*time.Millisecond, cancel)
					}
					var reader io.Reader
					method := "GET"
					if body != "" {
						method, reader = "PUT", &trickle{strings.NewReader(body)}
					}
					q, err := http.NewRequestWithContext(ctx, method, r.url("/"), reader)
					require.NoError(t, err)
					q.Header.Set("X-Id", id)
					if response, err := r.client.Do(q); err == nil {
						a := readAnswer(response)
						if got := a.header.Get("X-Id") + a.header.Get("X-Of"); got != id && a.header.Get("Server") != "awselb/2.0" {
							t.Errorf("request %s got the answer to %q", id, got)
						}
						if a.status == 200 && !strings.HasPrefix(body, a.body) {
							t.Errorf("request %s got another body", id)
						}
						if a.status == 200 && a.err == nil && a.body != body {
							t.Errorf("request %s got %d of %d bytes", id, len(a.body), len(body))
						}
					}
					cancel()
				}
			})
		}
		over := make(chan struct{})
		var changes sync.WaitGroup
		changes.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-over:
					return
				case <-time.After(700 * time.Millisecond):
					target := r.targets[i%3]
					if r.group.Deregister(target) != nil {
						require.NoError(t, r.group.Register(target))
					}
				}
			}
		})
		clients.Wait()
		close(over)
		changes.Wait()
		time.Sleep(10 * time.Second) // some targets still work, for nobody
		for _, target := range r.group.Targets() {
			require.Zero(t, target.Outstanding)
		}
		require.LessOrEqual(t, len(r.records()), 8*each) // some clients left at once
	})
}

// trickle is a body that comes in pieces, now and then after a while.
type trickle struct{ io.Reader }

func (b *trickle) Read(p []byte) (int, error) {
	if rand.N(10) == 0 {
		time.Sleep(time.Duration(rand.N(500)) * time.Millisecond)
	}
	return b.Reader.Read(p[:min(len(p), rand.N(10_000)+1)])
}

// A client that leaves within its body is known to be the one that failed.
func TestClientLeavesWithinTheBody(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, func(_ http.ResponseWriter, q *http.Request) {
			_, _ = io.Copy(io.Discard, q.Body)
			<-q.Context().Done()
		})
		for _, length := range []int64{-1, 5} {
			ctx, cancel := context.WithCancel(context.Background())
			body, to := io.Pipe()
			q, err := http.NewRequestWithContext(ctx, "POST", r.url("/"), body)
			require.NoError(t, err)
			q.ContentLength = length
			go func() { _, _ = r.client.Do(q) }()
			_, err = io.WriteString(to, "abc")
			require.NoError(t, err)
			synctest.Wait()
			cancel()
			a := r.lastRecord()
			require.Equal(t, 400, a.Status)
			require.Zero(t, a.TargetStatus)
			require.Zero(t, r.group.Targets()[0].Errors)
			_ = to.Close()
		}
	})
}

// A target that goes on when it has returned reaches nobody else's request.
func TestTargetThatGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var late []func()
		r := newRig(t, rigConfig{back: inProcess}, func(w http.ResponseWriter, q *http.Request) {
			late = append(late, func() {
				w.Header().Set("X-Late", "yes")
				w.WriteHeader(500)
				_, err := io.WriteString(w, "late")
				require.Error(t, err)
				w.(http.Flusher).Flush()
				_, _, err = http.NewResponseController(w).Hijack()
				require.Error(t, err)
				_, err = q.Body.Read(make([]byte, 1))
				require.Error(t, err)
				require.Error(t, q.Context().Err())
			})
			if q.URL.Path == "/late" {
				for _, f := range late[:len(late)-1] {
					f()
				}
			}
			w.WriteHeader(201)
		})
		for _, path := range []string{"/", "/", "/late"} {
			a := r.send("POST", path, strings.NewReader("body"))
			require.Equal(t, []any{201, "", ""}, []any{a.status, a.body, a.header.Get("X-Late")})
		}
	})
}

// What a target does wrong after it has begun to answer.
func TestPanicWithinTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		r := newRig(t, rigConfig{back: inProcess, balancer: elb.LoadBalancerConfig{Logger: textLogger(&logged)}}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "some")
			panic(errTest)
		})
		response, err := r.client.Get(r.url("/"))
		if err == nil {
			require.Error(t, readAnswer(response).err)
		}
		require.Equal(t, 200, r.lastRecord().Status)
		require.EqualValues(t, 1, r.group.Targets()[0].Errors)
		require.Contains(t, logged.String(), "a target panicked")
	})
}

// A balancer in another server streams as well as in its own.
func TestMountedStreams(t *testing.T) {
	for _, back := range []wire{inProcess, overHTTP1} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, rigConfig{back: back}, echoLines)
			r.serve("192.0.2.1:81", overHTTP1, r.lb)
			r.address = "192.0.2.1:81"
			body, to := io.Pipe()
			response, err := r.client.Post(r.url("/"), "text/plain", body)
			require.NoError(t, err)
			line := make([]byte, 4)
			for range 3 {
				_, err = io.WriteString(to, "abc\n")
				require.NoError(t, err)
				_, err = io.ReadFull(response.Body, line)
				require.NoError(t, err)
				require.Equal(t, "abc\n", string(line))
			}
			require.NoError(t, to.Close())
			a := readAnswer(response)
			require.NoError(t, a.err)
		})
	}
}
