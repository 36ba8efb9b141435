package elb_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// newClientRig returns a rig whose client is a Transport over its group.
func newClientRig(t *testing.T, c rigConfig, change func(*elb.Transport), handlers ...http.HandlerFunc) *rig {
	if c.back.tls() {
		_, pool := webCertificate()
		c.group.TLSConfig = &tls.Config{RootCAs: pool}
	}
	r := newRig(t, c, handlers...)
	transport := &elb.Transport{Group: r.group}
	if change != nil {
		change(transport)
	}
	t.Cleanup(transport.CloseIdleConnections)
	r.client = &http.Client{Transport: transport}
	return r
}

func TestTransport(t *testing.T) {
	for _, back := range []wire{inProcess, overHTTP1, overHTTPS1, overHTTP2, overHTTPS2} {
		t.Run(string(back), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				handler := func(name string) http.HandlerFunc {
					return func(w http.ResponseWriter, q *http.Request) {
						b, _ := io.ReadAll(q.Body)
						fmt.Fprint(w, name, " ", q.Method, " ", q.Host, " ", q.RequestURI, " ", string(b), " ", q.ProtoMajor)
					}
				}
				r := newClientRig(t, rigConfig{back: back}, nil, handler("a"), handler("b"))
				version := map[bool]int{true: 2, false: 1}[back.http2()]
				for range 2 {
					require.Equal(t, fmt.Sprintf("a POST www.example.com /x%%2Fy?z body %d", version), r.send("POST", "/x%2Fy?z", strings.NewReader("body")).body)
					require.Equal(t, fmt.Sprintf("b GET www.example.com /  %d", version), r.get("/").body)
				}
				for _, target := range r.group.Targets() {
					require.Zero(t, target.Outstanding)
					require.EqualValues(t, 2, target.Requests)
				}
				require.EqualValues(t, 4, r.group.Metrics().HTTPCodeTarget2XXCount)
			})
		})
	}
}

// A target is in use until its answer is read to the end or closed, and no longer than its
// deregistration delay.
func TestTransportHoldsTheTarget(t *testing.T) {
	for _, back := range []wire{inProcess, overHTTP1, overHTTP2} {
		t.Run(string(back), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newClientRig(t, rigConfig{back: back, group: elb.GroupConfig{DeregistrationDelay: new(5 * time.Second)}}, nil, func(w http.ResponseWriter, q *http.Request) {
					_, _ = io.WriteString(w, "some")
					_ = http.NewResponseController(w).Flush()
					if q.URL.Path == "/hang" {
						<-q.Context().Done()
					}
				})
				in := func() int { synctest.Wait(); return r.group.Targets()[0].Outstanding }
				response, err := r.client.Get(r.url("/"))
				require.NoError(t, err)
				require.Equal(t, 1, in())
				_, err = io.ReadAll(response.Body)
				require.NoError(t, err)
				require.Zero(t, in())
				require.NoError(t, response.Body.Close())

				response, err = r.client.Get(r.url("/hang"))
				require.NoError(t, err)
				require.Equal(t, 1, in())
				require.NoError(t, response.Body.Close())
				require.NoError(t, response.Body.Close())
				require.Zero(t, in())

				response, err = r.client.Get(r.url("/hang"))
				require.NoError(t, err)
				began := time.Now()
				require.NoError(t, r.group.Deregister(r.targets[0]))
				b, err := io.ReadAll(response.Body)
				require.ErrorIs(t, err, elb.ErrDrained)
				require.Equal(t, "some", string(b))
				require.Equal(t, 5*time.Second, time.Since(began))
				require.NoError(t, response.Body.Close())
				require.Empty(t, r.group.Targets())
				_, err = r.client.Get(r.url("/"))
				require.ErrorIs(t, err, elb.ErrNoTargets)
			})
		})
	}
}

// What is sent again, and to whom.
func TestTransportAttempts(t *testing.T) {
	tests := map[string]struct {
		attempts     int
		method, body string
		unnamed      bool // the body can not be had again
		fails        bool
	}{
		"not asked for":           {0, "GET", "", false, true},
		"a GET":                   {2, "GET", "", false, false},
		"a PUT":                   {2, "PUT", "body", false, false},
		"a PUT of an open stream": {2, "PUT", "body", true, true},
		"a POST":                  {2, "POST", "body", false, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var closed int
				r := newClientRig(t, rigConfig{back: overHTTP1, targets: []*elb.Target{{ID: "down", Address: "10.0.0.9:80"}}},
					func(c *elb.Transport) { c.Attempts = test.attempts },
					func(w http.ResponseWriter, q *http.Request) {
						b, _ := io.ReadAll(q.Body)
						_, _ = w.Write(b)
					})
				r.raw("10.0.0.9:80", func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) })
				require.NoError(t, r.group.Deregister(r.targets[0]))
				require.NoError(t, r.group.Register(r.targets[0]))
				q, err := http.NewRequest(test.method, r.url("/"), strings.NewReader(test.body))
				require.NoError(t, err)
				q.Body = &closeCounter{q.Body, &closed}
				if test.unnamed {
					q.GetBody = nil
				}
				if test.body == "" {
					q.Body, closed = nil, 1
				}
				response, err := r.client.Do(q)
				if test.fails {
					require.Error(t, err)
				} else {
					require.NoError(t, err)
					require.Equal(t, test.body, readAnswer(response).body)
				}
				synctest.Wait()
				require.GreaterOrEqual(t, closed, 1)
				require.EqualValues(t, 1, r.group.Targets()[0].Errors)
			})
		})
	}
}

type closeCounter struct {
	io.ReadCloser
	closed *int
}

func (c *closeCounter) Close() error {
	*c.closed++
	return c.ReadCloser.Close()
}

func TestTransportErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// A client that leaves is not the target's fault.
		r := newClientRig(t, rigConfig{back: inProcess}, func(c *elb.Transport) { c.Attempts = 3 }, func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		q, err := http.NewRequestWithContext(ctx, "GET", r.url("/"), nil)
		require.NoError(t, err)
		_, err = r.client.Do(q)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Zero(t, r.group.Targets()[0].Errors)
		require.Zero(t, r.group.Targets()[0].Outstanding)

		// A body is closed though there is no target.
		require.NoError(t, r.group.Close())
		closed := 0
		q, err = http.NewRequest("POST", r.url("/"), &closeCounter{io.NopCloser(strings.NewReader("x")), &closed})
		require.NoError(t, err)
		_, err = r.client.Do(q)
		require.ErrorIs(t, err, elb.ErrGroupClosed)
		require.Equal(t, 1, closed)

		// The time to connect is limited.
		r = newClientRig(t, rigConfig{targets: []*elb.Target{{Address: "10.0.0.9:80"}}, group: elb.GroupConfig{DialContext: hangs}}, nil)
		began := time.Now()
		_, err = r.client.Get(r.url("/"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 10*time.Second, time.Since(began))
	})
}

// Flow chooses, and Base sends.
func TestTransportFlowAndBase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		r := newClientRig(t, rigConfig{
			group:   elb.GroupConfig{NewPicker: func() elb.SetPicker { return new(elb.ConsistentHash) }},
			targets: []*elb.Target{{Address: "10.0.0.7:80"}, {Address: "10.0.0.8:80"}},
		}, func(c *elb.Transport) {
			c.Flow = func(q *http.Request) uint64 { return uint64(len(q.URL.Path)) * 0x9e3779b97f4a7c15 }
			c.Base = roundTripper(func(q *http.Request) (*http.Response, error) {
				sent = append(sent, q.URL.Host)
				return nil, errTest
			})
		})
		for path := "/"; len(path) < 20; path += "x" {
			for range 2 {
				_, err := r.client.Get(r.url(path))
				require.True(t, errors.Is(err, errTest))
			}
			require.Equal(t, sent[len(sent)-2], sent[len(sent)-1])
		}
		require.Contains(t, sent, "10.0.0.7:80")
		require.Contains(t, sent, "10.0.0.8:80")
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(q *http.Request) (*http.Response, error) { return f(q) }

// A connection that changes to another protocol holds the target, too.
func TestTransportUpgrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClientRig(t, rigConfig{back: overHTTP1}, nil, chat)
		q, err := http.NewRequest("GET", r.url("/chat"), nil)
		require.NoError(t, err)
		q.Header.Set("Connection", "Upgrade")
		q.Header.Set("Upgrade", "chat")
		response, err := r.client.Do(q)
		require.NoError(t, err)
		require.Equal(t, http.StatusSwitchingProtocols, response.StatusCode)
		require.Equal(t, 1, r.group.Targets()[0].Outstanding)
		conn := response.Body.(io.ReadWriteCloser)
		hello := make([]byte, 6)
		_, err = io.ReadFull(conn, hello)
		require.NoError(t, err)
		require.Equal(t, "hello\n", string(hello))
		require.NoError(t, conn.Close())
		require.Zero(t, r.group.Targets()[0].Outstanding)
	})
}
