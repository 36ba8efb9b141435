package http1_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sort"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/leat-go/leat/elb/internal/http1"
	"github.com/stretchr/testify/require"
)

// sorted brings the fields of a head into order, as those of a map have none.
func sorted(head string) string {
	lines := strings.SplitAfter(head, "\r\n")
	sort.Strings(lines[1:])
	return strings.Join(lines, "")
}

func TestRequestHead(t *testing.T) {
	body := func() io.Reader { return strings.NewReader("abc") }
	for _, c := range []struct {
		name string
		req  http1.Request
		want string // without Host
	}{
		{"plain", http1.Request{Method: "GET", Target: "/a?b=%20"}, "GET /a?b=%20 HTTP/1.1\r\n"},
		{"asterisk", http1.Request{Method: "OPTIONS", Target: "*"}, "OPTIONS * HTTP/1.1\r\n"},
		{"fields", http1.Request{Method: "GET", Target: "/", Header: http.Header{"A": {"1", "2"}, "B-C": {""}, "d-e": {"caf\xe9\tx"}}},
			"GET / HTTP/1.1\r\nA: 1\r\nA: 2\r\nB-C: \r\nD-E: caf\xe9\tx\r\n"},
		{"hop-by-hop", http1.Request{Method: "GET", Target: "/", Header: http.Header{"Connection": {"close, x-a", "Upgrade,,X-B"}, "X-A": {"1"}, "X-B": {"2"}, "X-C": {"3"},
			"Keep-Alive": {"x"}, "Proxy-Connection": {"x"}, "Proxy-Authorization": {"x"}, "Proxy-Authenticate": {"x"}, "Upgrade": {"h2c"}, "Te": {"gzip"}, "Trailer": {"x"},
			"Transfer-Encoding": {"chunked"}, "transfer-encoding": {"chunked"}, "Content-Length": {"5"}, "Host": {"x"}, "Expect": {"100-continue"}}}, "GET / HTTP/1.1\r\nX-C: 3\r\n"},
		{"nominated and set", http1.Request{Method: "GET", Target: "/", Header: http.Header{"Connection": {"X-Forwarded-For"}, "X-Forwarded-For": {"forged"}},
			Set: []http1.Field{{Name: "X-Forwarded-For", Value: "::1"}}}, "GET / HTTP/1.1\r\nX-Forwarded-For: ::1\r\n"},
		{"set", http1.Request{Method: "GET", Target: "/", Header: http.Header{"A": {"1", "2"}, "B": {"3"}, "C": {"4"}}, Set: []http1.Field{{"A", "5"}, {"B", ""}, {"D", "6"}}},
			"GET / HTTP/1.1\r\nA: 5\r\nC: 4\r\nD: 6\r\n"},
		{"skip", http1.Request{Method: "GET", Target: "/", Header: http.Header{"A": {"1"}, "x-b": {"2"}}, Skip: func(name string) bool { return name == "X-B" }}, "GET / HTTP/1.1\r\nA: 1\r\n"},
		{"trailers wanted", http1.Request{Method: "GET", Target: "/", Header: http.Header{"Te": {"gzip, Trailers"}, "Connection": {"TE"}}}, "GET / HTTP/1.1\r\nConnection: Te\r\nTe: trailers\r\n"},
		{"upgrade", http1.Request{Method: "GET", Target: "/", Upgrade: "websocket", Header: http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Key": {"x"}}},
			"GET / HTTP/1.1\r\nConnection: Upgrade\r\nSec-Websocket-Key: x\r\nUpgrade: websocket\r\n"},
		{"upgrade and trailers", http1.Request{Method: "GET", Target: "/", Upgrade: "x", Header: http.Header{"Te": {"trailers"}}}, "GET / HTTP/1.1\r\nConnection: Upgrade, Te\r\nTe: trailers\r\nUpgrade: x\r\n"},
		{"POST of nothing", http1.Request{Method: "POST", Target: "/"}, "POST / HTTP/1.1\r\nContent-Length: 0\r\n"},
		{"PUT of no body", http1.Request{Method: "PUT", Target: "/", Body: http.NoBody, ContentLength: -1}, "PUT / HTTP/1.1\r\nContent-Length: 0\r\n"},
		{"PATCH of length 0", http1.Request{Method: "PATCH", Target: "/", Body: body()}, "PATCH / HTTP/1.1\r\nContent-Length: 0\r\n"},
		{"DELETE", http1.Request{Method: "DELETE", Target: "/"}, "DELETE / HTTP/1.1\r\n"},
		{"nothing to expect", http1.Request{Method: "POST", Target: "/", Expect: true}, "POST / HTTP/1.1\r\nContent-Length: 0\r\n"},
		{"a body", http1.Request{Method: "GET", Target: "/", Body: body(), ContentLength: 3}, "GET / HTTP/1.1\r\nContent-Length: 3\r\n"},
		{"chunks", http1.Request{Method: "POST", Target: "/", Body: body(), ContentLength: -1}, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"},
		{"a trailer", http1.Request{Method: "POST", Target: "/", Body: body(), ContentLength: -1, Trailer: http.Header{"x-b": nil, "X-A": nil, "Content-Length": {"1"}}},
			"POST / HTTP/1.1\r\nTrailer: X-A, X-B\r\nTransfer-Encoding: chunked\r\n"},
		{"a trailer's names set and skipped", http1.Request{Method: "POST", Target: "/", Body: body(), ContentLength: -1, Set: []http1.Field{{"X-Forwarded-For", "::1"}},
			Skip: func(name string) bool { return name == "X_a" }, Trailer: http.Header{"X-Forwarded-For": nil, "x_a": nil, "X-B": nil}},
			"POST / HTTP/1.1\r\nTrailer: X-B\r\nTransfer-Encoding: chunked\r\nX-Forwarded-For: ::1\r\n"},
		{"expects", http1.Request{Method: "POST", Target: "/", Body: body(), ContentLength: 3, Expect: true}, "POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				before := c.req.Header.Clone()
				heads := make(chan string, 1)
				target := script(func(p *peer) {
					heads <- p.head()
					p.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
					p.sink()
				})
				pool := target.pool()
				defer pool.Close()
				c.req.Host = "example.com:8080"
				_, _, err := fetch(t, pool, &c.req)
				require.NoError(t, err)
				line, rest, _ := strings.Cut(c.want, "\r\n")
				require.Equal(t, sorted(line+"\r\nHost: example.com:8080\r\n"+rest+"\r\n"), sorted(<-heads))
				require.Equal(t, before, c.req.Header)
			})
		})
	}
}

func TestRequestRefused(t *testing.T) {
	dial := errors.New("dialled")
	for name, req := range map[string]http1.Request{
		"no method":           {Target: "/"},
		"method of two":       {Method: "GET /x HTTP/1.1\r\nA:", Target: "/"},
		"CONNECT":             {Method: "CONNECT", Target: "a:1"},
		"no target":           {Method: "GET"},
		"target with a space": {Method: "GET", Target: "/ HTTP/1.1"},
		"target with an end":  {Method: "GET", Target: "/\r\nA: b"},
		"host with a space":   {Method: "GET", Target: "/", Host: "a b"},
		"host with an end":    {Method: "GET", Target: "/", Host: "a\nb"},
		"name with a space":   {Method: "GET", Target: "/", Header: http.Header{"A B": {"c"}}},
		"no name":             {Method: "GET", Target: "/", Header: http.Header{"": {"c"}}},
		"value with an end":   {Method: "GET", Target: "/", Header: http.Header{"A": {"b\r\nC: d"}}},
		"value with a NUL":    {Method: "GET", Target: "/", Header: http.Header{"A": {"b\x00"}}},
		"set value":           {Method: "GET", Target: "/", Set: []http1.Field{{"A", "b\nc"}}},
		"set name":            {Method: "GET", Target: "/", Set: []http1.Field{{"A:", "b"}}},
		"set in lower case":   {Method: "GET", Target: "/", Set: []http1.Field{{"content-length", "5"}}},
		"set framing":         {Method: "GET", Target: "/", Set: []http1.Field{{"Transfer-Encoding", "chunked"}}},
		"upgrade":             {Method: "GET", Target: "/", Upgrade: "a\r\nb"},
		"length of nothing":   {Method: "POST", Target: "/", ContentLength: 5},
	} {
		t.Run(name, func(t *testing.T) {
			pool := http1.NewPool(http1.Config{Dial: func(context.Context) (conn netConn, err error) { return nil, dial }})
			var x http1.Exchange
			e := failure(t, pool.RoundTrip(t.Context(), &req, &x))
			require.ErrorIs(t, e, http1.ErrRequest)
			require.True(t, e.Untouched)
			x.Close()
			x.Reset()
			require.ErrorIs(t, pool.RoundTrip(t.Context(), get(), &x), dial)
			require.ErrorIs(t, pool.RoundTrip(t.Context(), get(), &x), http1.ErrUsed)
			x.Close()
		})
	}
}
