package elb_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// What targets see of a request.
func TestForwardedRequest(t *testing.T) {
	tests := map[string]struct {
		front    wire // HTTP/1.1 if empty
		balancer elb.LoadBalancerConfig
		listener elb.Listener
		method   string
		path     string
		fields   []string
		show     []string
		want     string
	}{
		"plain": {
			path: "/a%2Fb/../c?x=%20&y", fields: []string{"User-Agent", "me", "Accept", "x", "Accept", "y"},
			show: []string{"Host", "User-Agent", "Accept", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port", "Connection", "Accept-Encoding"},
			want: "GET /a%2Fb/../c?x=%20&y\nHost: www.example.com\nUser-Agent: me\nAccept: x | y\nX-Forwarded-For: 203.0.113.7\nX-Forwarded-Proto: http\nX-Forwarded-Port: 80\n",
		},
		"forged": {
			fields: []string{"X-Forwarded-For", "192.0.2.1", "X-Forwarded-Proto", "https", "X-Forwarded-Port", "1", "X-Amzn-Tls-Version", "x"},
			show:   []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Amzn-Tls-Version"},
			want:   "GET /\nX-Forwarded-For: 192.0.2.1, 203.0.113.7\nX-Forwarded-Proto: http\nX-Forwarded-Port: 80\nX-Amzn-Tls-Version: x\n",
		},
		"removed": {
			balancer: elb.LoadBalancerConfig{ForwardedFor: elb.ForwardedRemove, DropInvalidHeaders: true},
			fields:   []string{"X-Forwarded-For", "192.0.2.1", "X_A", "1", "X-A", "2"},
			show:     []string{"X-Forwarded-For", "X_A", "X-A"},
			want:     "GET /\nX-A: 2\n",
		},
		"preserved": {
			balancer: elb.LoadBalancerConfig{ForwardedFor: elb.ForwardedPreserve, PreserveHost: true},
			listener: elb.Listener{Port: 8080},
			fields:   []string{"X-Forwarded-For", "192.0.2.1", "Host", "a.test"},
			show:     []string{"Host", "X-Forwarded-For", "X-Forwarded-Port"},
			want:     "GET /\nHost: a.test\nX-Forwarded-For: 192.0.2.1\nX-Forwarded-Port: 8080\n",
		},
		"port": {
			listener: elb.Listener{Port: 8080},
			fields:   []string{"Host", "a.test"},
			show:     []string{"Host"},
			want:     "GET /\nHost: a.test:8080\n",
		},
		"TLS": {
			front: overHTTPS1, balancer: elb.LoadBalancerConfig{TLSHeaders: true},
			show: []string{"X-Forwarded-Proto", "X-Forwarded-Port", "X-Amzn-Tls-Version", "X-Amzn-Tls-Cipher-Suite"},
			want: "GET /\nX-Forwarded-Proto: https\nX-Forwarded-Port: 443\nX-Amzn-Tls-Version: TLSv1.3\nX-Amzn-Tls-Cipher-Suite: TLS_AES_128_GCM_SHA256\n",
		},
		"hop by hop": {
			fields: []string{"Connection", "X-Hop, close", "X-Hop", "1", "Keep-Alive", "2", "Proxy-Authorization", "3", "Te", "trailers, deflate", "X-End", "4"},
			show:   []string{"X-Hop", "Keep-Alive", "Proxy-Authorization", "Te", "X-End"},
			want:   "GET /\nTe: trailers\nX-End: 4\n",
		},
		"rewritten": {
			listener: elb.Listener{Rules: []elb.Rule{{
				Priority: 1, Conditions: []elb.Condition{onPath("/old/*")}, Action: forwardTo("web"),
				Transforms: []elb.Transform{
					{URLRewrite: &elb.Rewrite{Regex: "^/old/(.*)", Replace: "/new/$1"}},
					{HostHeaderRewrite: &elb.Rewrite{Regex: "^www[.]", Replace: "inner."}},
				},
			}}},
			path: "/old/%41?q", show: []string{"Host"},
			want: "GET /new/%41?q\nHost: inner.example.com\n",
		},
		"asterisk": {method: "OPTIONS", path: "*", want: "OPTIONS *\n"},
	}
	for name, test := range tests {
		for _, back := range []wire{inProcess, overHTTP1, overHTTP2} {
			front := test.front
			switch {
			case back == overHTTP2 && front == "":
				front = overHTTP2
			case back == overHTTP2:
				front = overHTTPS2
			case front == "":
				front = overHTTP1
			}
			if front.http2() && (name == "hop by hop" || name == "asterisk") {
				continue // HTTP/2 has none
			}
			t.Run(name+", "+string(back), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, rigConfig{front: front, back: back, balancer: test.balancer, listener: test.listener}, func(w http.ResponseWriter, q *http.Request) {
						fmt.Fprintln(w, q.Method, q.RequestURI)
						shows(test.show...)(w, q)
					})
					if test.path == "" {
						test.path = "/"
					}
					if test.path == "*" {
						a, _ := r.speak("OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n")
						require.Equal(t, test.want, a.body)
						return
					}
					require.Equal(t, test.want, r.get(test.path, test.fields...).body)
				})
			})
		}
	}
}

// Each request is traced, from target to log.
func TestTrace(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, shows("X-Amzn-Trace-Id"))
		a := r.get("/")
		require.Regexp(t, "^X-Amzn-Trace-Id: Root=1-[0-9a-f]{8}-[0-9a-f]{24}\n$", a.body)
		require.Equal(t, strings.TrimSpace(strings.TrimPrefix(a.body, "X-Amzn-Trace-Id: ")), r.lastRecord().TraceID)
		a = r.get("/", "X-Amzn-Trace-Id", "Root=1-00000000-000000000000000000000001;App=x")
		require.Regexp(t, "^X-Amzn-Trace-Id: Self=1-[0-9a-f-]{33};Root=1-00000000-000000000000000000000001;App=x\n$", a.body)
	})
}

// What clients see of an answer.
func TestForwardedAnswer(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h["Set-Cookie"] = []string{"a=1", "b=2"}
			h.Set("Server", "mine")
			h.Set("Date", "Sat, 01 Jan 2000 00:00:00 GMT")
			h.Set("Content-Type", "")
			w.WriteHeader(299)
			_, _ = io.WriteString(w, "<html>")
		})
		a := r.get("/")
		require.Equal(t, 299, a.status)
		require.Equal(t, []string{"a=1", "b=2"}, a.header["Set-Cookie"])
		require.Equal(t, "mine", a.header.Get("Server"))
		require.Equal(t, "Sat, 01 Jan 2000 00:00:00 GMT", a.header.Get("Date"))
		require.Empty(t, a.header.Get("Content-Type"))
		require.Equal(t, []string{"Content-Length", "Content-Type", "Date", "Server", "Set-Cookie"}, sortedNames(a.header))
	})
}

// Rules choose, redirect and answer.
func TestRulesEndToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other, err := elb.NewTargetGroup(elb.GroupConfig{Name: "other", HealthCheck: elb.HealthCheck{Disabled: true}})
		require.NoError(t, err)
		defer other.Close()
		require.NoError(t, other.Register(&elb.Target{ID: "o", Handler: says("other")}))
		rule := func(priority int, c elb.Condition, a elb.Action) elb.Rule {
			return elb.Rule{Priority: priority, Conditions: []elb.Condition{c}, Action: a}
		}
		r := newRig(t, rigConfig{
			balancer: elb.LoadBalancerConfig{Groups: []*elb.TargetGroup{other}},
			listener: elb.Listener{Rules: []elb.Rule{
				rule(3, onPath("/other"), forwardTo("other")),
				rule(1, onPath("/old/*"), redirectTo(elb.Redirect{StatusCode: 301, Protocol: "HTTPS", Port: "443", Path: "/new/#{path}"})),
				rule(2, onPath("/down"), fixedResponse(503, "application/json", `{"down":true}`)),
				rule(4, onPath("/nothing"), fixedResponse(204, "", "")),
			}},
		}, says("default"))
		require.Equal(t, "default", r.get("/x").body)
		require.Equal(t, "other", r.get("/other").body)
		a := r.get("/old/x?y=1")
		require.Equal(t, 301, a.status)
		require.Equal(t, "https://www.example.com:443/new/old/x?y=1", a.header.Get("Location"))
		a = r.get("/down")
		require.Equal(t, []any{503, `{"down":true}`, "application/json", "awselb/2.0"}, []any{a.status, a.body, a.header.Get("Content-Type"), a.header.Get("Server")})
		a = r.send("HEAD", "/down", nil)
		require.Equal(t, []any{503, "", "13"}, []any{a.status, a.body, a.header.Get("Content-Length")})
		require.Equal(t, 204, r.get("/nothing").status)

		log := r.records()
		var priorities []int
		var actions []string
		for _, a := range log {
			priorities, actions = append(priorities, a.RulePriority), append(actions, strings.Join(a.Actions, ","))
		}
		require.Equal(t, []int{0, 3, 1, 2, 2, 4}, priorities)
		require.Equal(t, []string{"forward", "forward", "redirect", "fixed-response", "fixed-response", "fixed-response"}, actions)
		require.Equal(t, "https://www.example.com:443/new/old/x?y=1", log[2].RedirectURL)
		require.Equal(t, other.Config().ARN, log[1].GroupARN)
		m := r.lb.Metrics()
		require.EqualValues(t, []any{6, 1, 3, 1, 2}, []any{int(m.RequestCount), int(m.HTTPRedirectCount), int(m.HTTPFixedResponseCount), int(m.HTTPCodeELB3XXCount), int(m.HTTPCodeELB503Count)})

		// Other rules take over for later requests, or nothing changes.
		require.Error(t, r.lb.SetListener(80, []elb.Rule{rule(1, onPath("/x"), forwardTo("unknown"))}, new(forwardTo("web"))))
		require.Error(t, r.lb.SetListener(81, nil, new(forwardTo("web"))))
		require.Equal(t, "other", r.get("/other").body)
		require.NoError(t, r.lb.SetListener(80, nil, new(forwardTo("other"))))
		require.Equal(t, "other", r.get("/x").body)
		require.Empty(t, r.lb.Config().Listeners[0].Rules)
	})
}

// SetListener, requests and the rest of the methods may come at the same time.
func TestSetListenerMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{back: inProcess}, says("web"))
		done := make(chan struct{})
		for range 4 {
			go func() {
				for range 200 {
					require.Contains(t, []string{"web", "fixed"}, r.get("/").body)
				}
				done <- struct{}{}
			}()
		}
		for i := range 200 {
			action := []elb.Action{forwardTo("web"), fixedResponse(200, "", "fixed")}[i%2]
			require.NoError(t, r.lb.SetListener(80, nil, &action))
			require.Len(t, r.lb.Config().Listeners, 1)
			_, _ = r.lb.Metrics(), r.lb.Groups()
		}
		for range 4 {
			<-done
		}
	})
}

// Groups get requests in proportion to their weights.
func TestWeightedGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other, err := elb.NewTargetGroup(elb.GroupConfig{Name: "other", HealthCheck: elb.HealthCheck{Disabled: true}})
		require.NoError(t, err)
		defer other.Close()
		require.NoError(t, other.Register(&elb.Target{ID: "o", Handler: says("other")}))
		r := newRig(t, rigConfig{
			back:     inProcess,
			balancer: elb.LoadBalancerConfig{Groups: []*elb.TargetGroup{other}},
			listener: elb.Listener{DefaultAction: &elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "web", Weight: new(3)}, {Group: "other", Weight: new(1)}}}}},
		}, says("web"))
		const n = 4000
		web := 0
		for range n {
			if r.get("/").body == "web" {
				web++
			}
		}
		require.InDelta(t, n*3/4, web, 140) // five standard deviations
	})
}
