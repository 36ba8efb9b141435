package elb_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// Every fault of a configuration is told at once.
func TestLoadBalancerConfigFaults(t *testing.T) {
	web := newWebGroup(t, elb.GroupConfig{Name: "web"})
	again := newWebGroup(t, elb.GroupConfig{Name: "web"})
	tcp := newWebGroup(t, elb.GroupConfig{Name: "tcp", Protocol: elb.TCP})
	listener := elb.Listener{DefaultAction: new(forwardTo("web"))}
	tests := map[string]struct {
		config elb.LoadBalancerConfig
		want   []string
	}{
		"nothing": {elb.LoadBalancerConfig{}, []string{"Listeners: there is none"}},
		"all that is not one of a few": {
			elb.LoadBalancerConfig{Name: "-", Listeners: []elb.Listener{listener}, Groups: []*elb.TargetGroup{web}, ForwardedFor: "x", Desync: "y", IdleTimeout: -1, KeepAlive: -1, MaxBody: -1,
				Retries: &elb.Retries{Attempts: 1, Budget: 101, TryTimeout: -1}, CookieKeys: [][]byte{{1}}},
			[]string{
				`Name: "-" is not 1 to 32 letters, digits and hyphens, with no hyphen at either end`,
				`ForwardedFor: "x" is none of append, preserve and remove`,
				`Desync: "y" is none of monitor, defensive and strictest`,
				"IdleTimeout: -1ns is not between 0 and 1h6m40s",
				"KeepAlive: -1ns is not between 0 and 168h0m0s",
				"MaxBody: -1 is less than 0",
				"Retries.Attempts: 1 is not between 2 and 10",
				"Retries.Budget: 101 is not between 1 and 100",
				"Retries.TryTimeout: -1ns is less than 0",
				"CookieKeys: ",
			},
		},
		"groups": {
			elb.LoadBalancerConfig{Listeners: []elb.Listener{listener}, Groups: []*elb.TargetGroup{web, nil, again, tcp}},
			[]string{"Groups: one is nil", "Groups: two are called web", "Groups: tcp is of the protocol TCP, not HTTP or HTTPS"},
		},
		"listeners": {
			elb.LoadBalancerConfig{Groups: []*elb.TargetGroup{web}, Listeners: []elb.Listener{
				{Port: 70000, Protocol: "x", TLSConfig: new(tls.Config), DefaultAction: new(forwardTo("other"))},
				listener, listener, {Port: 81},
			}},
			[]string{"Port: 70000 is not one", `Protocol: "x" is neither HTTP nor HTTPS`, "TLSConfig: x has none", `Rules: there is no target group "other"`, "Listeners: two are at port 80", "a listener needs an action"},
		},
		"redirect at its port": {
			elb.LoadBalancerConfig{Listeners: []elb.Listener{{Port: 81, DefaultAction: new(redirectTo(elb.Redirect{StatusCode: 301, Port: "81"}))}}},
			[]string{"it creates a loop"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := elb.NewLoadBalancer(test.config)
			require.Error(t, err)
			texts := faultTexts(err)
			require.Len(t, texts, len(test.want))
			for i, want := range test.want {
				require.Contains(t, texts[i], want)
			}
		})
	}
}

// newWebGroup returns a group that the test closes.
func newWebGroup(t *testing.T, c elb.GroupConfig) *elb.TargetGroup {
	c.HealthCheck.Disabled = true
	g, err := elb.NewTargetGroup(c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, g.Close()) })
	return g
}

func TestLoadBalancerConfigDefaults(t *testing.T) {
	lb, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Listeners: []elb.Listener{{DefaultAction: new(fixedResponse(200, "", ""))}, {Protocol: elb.HTTPS, DefaultAction: new(fixedResponse(200, "", ""))}},
		Retries:   new(elb.Retries),
	})
	require.NoError(t, err)
	c := lb.Config()
	require.Equal(t, "leat", lb.Name())
	require.NotNil(t, c.Logger)
	require.Equal(t, []any{elb.ForwardedAppend, elb.DesyncDefensive, time.Minute, time.Hour, elb.Retries{Attempts: 3, Budget: 20}},
		[]any{c.ForwardedFor, c.Desync, c.IdleTimeout, c.KeepAlive, *c.Retries})
	require.Equal(t, []any{80, elb.HTTP, 443, elb.HTTPS}, []any{c.Listeners[0].Port, c.Listeners[0].Protocol, c.Listeners[1].Port, c.Listeners[1].Protocol})
	c.Retries.Attempts = 7
	require.Equal(t, 3, lb.Config().Retries.Attempts)
	require.NoError(t, lb.Close())
}

// Several listeners are told apart by the port that the client connected to.
func TestSeveralListeners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		certificate, _ := webCertificate()
		r := newRig(t, rigConfig{balancer: elb.LoadBalancerConfig{Listeners: []elb.Listener{
			{Port: 8080, DefaultAction: new(fixedResponse(200, "", "8080"))},
			{TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}, DefaultAction: new(fixedResponse(200, "", "443"))},
		}}}, says("80"))
		serve := func(l net.Listener, with func(net.Listener) error) {
			done := make(chan error, 1)
			go func() { done <- with(l) }()
			t.Cleanup(func() {
				_ = r.lb.Close()
				require.ErrorIs(t, <-done, elb.ErrBalancerClosed)
			})
		}
		serve(r.network.listen("192.0.2.1:8080"), r.lb.Serve)
		serve(r.network.listen("192.0.2.1:443"), r.lb.Serve)
		serve(r.network.listen("192.0.2.1:9999"), r.lb.Serve)
		serve(r.network.listen("192.0.2.1:7777"), func(l net.Listener) error { return r.lb.ServePort(l, 8080) })
		synctest.Wait()
		for address, want := range map[string]string{"192.0.2.1:80": "80", "192.0.2.1:8080": "8080", "192.0.2.1:9999": "80", "192.0.2.1:7777": "8080"} {
			r.address = address
			a, _ := r.speak(plainGet)
			require.Equal(t, want, a.body)
		}
		r.address, r.front = "192.0.2.1:443", overHTTPS1
		a, _ := r.speak(plainGet)
		require.Equal(t, "443", a.body)
		w := httptest.NewRecorder()
		r.lb.Handler(8080).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		require.Equal(t, "8080", w.Body.String())

		_, isConfig := errors.AsType[*elb.ConfigError](r.lb.ServePort(r.network.listen("192.0.2.1:1"), 1))
		require.True(t, isConfig)
	})
}

func TestHTTPSWithoutCertificates(t *testing.T) {
	lb, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{Listeners: []elb.Listener{{Protocol: elb.HTTPS, DefaultAction: new(fixedResponse(200, "", "fixed"))}}})
	require.NoError(t, err)
	var network webNetwork
	_, isConfig := errors.AsType[*elb.ConfigError](lb.Serve(network.listen("192.0.2.1:443")))
	require.True(t, isConfig)
	w := httptest.NewRecorder()
	lb.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, "fixed", w.Body.String())
}

// A certificate's configuration may be chosen by server name, but not the version of HTTP.
func TestServerNames(t *testing.T) {
	for _, disabled := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			certificate, pool := webCertificate()
			asked := ""
			r := newRig(t, rigConfig{front: overHTTPS2, back: inProcess, listener: elb.Listener{
				HTTP2Disabled: disabled,
				TLSConfig: &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
					asked = hello.ServerName
					return &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "x"}}, nil
				}},
			}}, func(w http.ResponseWriter, q *http.Request) { _, _ = io.WriteString(w, q.Proto) })
			conn, err := r.network.dial(t.Context(), "tcp", r.address)
			require.NoError(t, err)
			client := tls.Client(conn, &tls.Config{RootCAs: pool, ServerName: "www.example.com", NextProtos: []string{"h2", "http/1.1"}})
			require.NoError(t, client.Handshake())
			require.Equal(t, map[bool]string{false: "h2", true: "http/1.1"}[disabled], client.ConnectionState().NegotiatedProtocol)
			require.Equal(t, "www.example.com", asked)
			require.NoError(t, client.Close())
			if disabled {
				r.front = overHTTPS1
				a, _ := r.speak(plainGet)
				require.Equal(t, "HTTP/1.1", a.body)
			} else {
				require.Equal(t, "HTTP/2.0", r.get("/").body)
			}
		})
	}
}

// Without TLS HTTP/2 is understood unless it is disabled.
func TestHTTP2Disabled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{front: overHTTP2, listener: elb.Listener{HTTP2Disabled: true}}, says("x"))
		_, err := r.client.Get(r.url("/"))
		require.Error(t, err)
	})
}

// Zones, and clients behind a proxy that says who they are.
func TestZoneAndProxyProtocol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{
			balancer: elb.LoadBalancerConfig{Zone: "b"},
			group:    elb.GroupConfig{CrossZoneDisabled: true},
			targets:  []*elb.Target{{ID: "in a", Zone: "a", Handler: says("a")}, {ID: "in b", Zone: "b", Handler: shows("X-Forwarded-For")}},
		})
		l := &elb.ProxyListener{Listener: r.network.listen("192.0.2.1:81")}
		done := make(chan error, 1)
		go func() { done <- r.lb.Serve(l) }()
		synctest.Wait()
		r.address = "192.0.2.1:81"
		for range 4 {
			a, _ := r.speak("PROXY TCP4 198.51.100.1 192.0.2.1 1234 81\r\n" + plainGet)
			require.Equal(t, "X-Forwarded-For: 198.51.100.1\n", a.body)
		}
		require.NoError(t, r.lb.Close())
		require.ErrorIs(t, <-done, elb.ErrBalancerClosed)
	})
}
