package elb_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// Which requests are sent again.
func TestRetries(t *testing.T) {
	refused := []*elb.Target{{ID: "down", Address: "10.0.0.9:80"}}
	resets := func(c net.Conn) { _, _ = c.Read(make([]byte, 100)) }
	busy := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "busy", http.StatusServiceUnavailable) }
	tests := map[string]struct {
		method, body string
		chunked      bool
		first        http.HandlerFunc // the first target's; nil for one that raw is
		raw          func(net.Conn)   // nil for one that is down
		retries      elb.Retries
		status       int
	}{
		"a GET that was not sent":             {method: "GET", status: 200},
		"a POST that was not sent":            {method: "POST", body: "x", status: 200},
		"a POST in chunks":                    {method: "POST", body: "x", chunked: true, status: 200},
		"a GET that was not answered":         {method: "GET", raw: resets, status: 200},
		"a POST that was not answered":        {method: "POST", body: "x", raw: resets, status: 502},
		"an empty POST":                       {method: "POST", raw: resets, status: 502},
		"a DELETE":                            {method: "DELETE", raw: resets, status: 200},
		"a PUT with a body":                   {method: "PUT", body: "x", raw: resets, status: 502},
		"a status":                            {method: "GET", first: busy, retries: elb.Retries{Statuses: []int{503}}, status: 200},
		"a status that is none to retry for":  {method: "GET", first: busy, retries: elb.Retries{Statuses: []int{502}}, status: 503},
		"a status of a POST":                  {method: "POST", body: "x", first: busy, retries: elb.Retries{Statuses: []int{503}}, status: 503},
		"a panic":                             {method: "GET", first: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, status: 200},
		"an answer that breaks off is one":    {method: "HEAD", first: says("x"), status: 200},
		"a POST to one that panics, unasked":  {method: "POST", body: "x", first: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, status: 502},
		"a header is not kept of the refused": {method: "GET", first: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-First", "x"); w.WriteHeader(503) }, retries: elb.Retries{Statuses: []int{503}}, status: 200},
	}
	for name, test := range tests {
		for _, back := range []wire{inProcess, overHTTP1, overHTTP2} {
			if (back == inProcess) == (test.first == nil) && back != overHTTP1 {
				continue // what is at an address is not in process
			}
			t.Run(name+", "+string(back), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					front := overHTTP1
					if back.http2() {
						front = overHTTP2
					}
					second := func(w http.ResponseWriter, q *http.Request) {
						b, _ := io.ReadAll(q.Body)
						_, _ = w.Write(b)
					}
					c := rigConfig{front: front, back: back, balancer: elb.LoadBalancerConfig{Retries: &test.retries}}
					var handlers []http.HandlerFunc
					if test.first != nil {
						handlers = append(handlers, test.first)
					} else {
						c.targets = refused
					}
					r := newRig(t, c, append(handlers, second)...)
					if test.raw != nil {
						r.raw("10.0.0.9:80", test.raw)
					}
					if test.first == nil { // in the order of the test
						require.NoError(t, r.group.Deregister(r.targets[0]))
						require.NoError(t, r.group.Register(r.targets[0]))
					}
					var body io.Reader
					if test.body != "" {
						body = strings.NewReader(test.body)
					}
					if test.chunked {
						body = io.MultiReader(body)
					}
					a := r.send(test.method, "/", body)
					require.Equal(t, test.status, a.status)
					require.NotContains(t, a.header, "X-First")
					log := r.lastRecord()
					if test.status == 200 {
						require.Equal(t, test.body, a.body)
						if test.method != "HEAD" {
							require.Len(t, log.Attempts, 2)
						}
					} else {
						require.Empty(t, log.Attempts)
					}
				})
			})
		}
	}
}

// Retries stop at the attempts, and at the budget, when the last answer is the client's.
func TestRetryLimits(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		var asked atomic.Int64
		busy := func(w http.ResponseWriter, q *http.Request) {
			asked.Add(1)
			time.Sleep(time.Second)
			w.WriteHeader(503)
			_, _ = io.WriteString(w, "busy")
		}
		r := newRig(t, rigConfig{front: front, back: back, balancer: elb.LoadBalancerConfig{
			Retries: &elb.Retries{Statuses: []int{503}, Attempts: 3, Budget: 20},
		}}, busy, busy, busy)
		a := r.get("/")
		require.Equal(t, []any{503, "busy"}, []any{a.status, a.body})
		require.EqualValues(t, 3, asked.Load())
		asked.Store(0)
		done := make(chan answer)
		for range 40 {
			go func() { done <- r.get("/") }()
		}
		for range 40 {
			a := <-done
			require.Equal(t, []any{503, "busy"}, []any{a.status, a.body})
		}
		// A fifth of 40 at a time: 8 retries in each of two seconds.
		require.InDelta(t, 40+16, asked.Load(), 8)
		require.Zero(t, r.lb.Metrics().HTTPCodeELB503Count)
	})
}

// A request is not tried again for a client that has left, nor at a balancer that is closed.
func TestNoRetryForNobody(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		var asked atomic.Int64
		slow := func(w http.ResponseWriter, q *http.Request) {
			asked.Add(1)
			<-q.Context().Done()
			panic(http.ErrAbortHandler)
		}
		r := newRig(t, rigConfig{front: front, back: back, balancer: elb.LoadBalancerConfig{Retries: new(elb.Retries)}}, slow, slow)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		q, err := http.NewRequestWithContext(ctx, "GET", r.url("/"), nil)
		require.NoError(t, err)
		_, err = r.client.Do(q)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 460, r.lastRecord().Status)
		r.askSoon()
		require.NoError(t, r.lb.Close())
		require.Equal(t, 503, r.lastRecord().Status)
		require.EqualValues(t, 2, asked.Load())
	})
}
