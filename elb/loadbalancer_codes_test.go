package elb_test

import (
	"bytes"
	"context"
	"encoding/json"
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

// fields are n bytes of header fields of at most 10,000 bytes each.
func longFields(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "X-%d: %s\r\n", i, strings.Repeat("x", min(10_000, n)))
	}
	return b.String()
}

// endless is a body that never comes to an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

const plainGet = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"

func dropped(net.Conn) {}

// speaking returns a raw target that reads a request and writes a text.
func speaking(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		_, _ = io.WriteString(c, text)
	}
}

// silent is a raw target that reads and says nothing.
func silent(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// hangs is a dialer that never connects.
func hangs(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func function(f func() (string, error)) *elb.Target {
	return &elb.Target{ID: "f", Function: func(context.Context, []byte) ([]byte, error) {
		response, err := f()
		return []byte(response), err
	}}
}

// Each status that the balancer itself answers with, in each way that leads to it.
func TestOwnCodes(t *testing.T) {
	web := []*elb.Target{{ID: "x", Address: "10.0.0.9:80"}}
	https := elb.GroupConfig{Protocol: elb.HTTPS}
	grpc := []string{"Content-Type", "application/grpc"}
	tests := map[string]struct {
		status  int
		config  rigConfig
		handler http.HandlerFunc             // of a target; nil for none
		raw     func(net.Conn)               // what is at 10.0.0.9:80
		before  func(*rig)                   // is called first
		text    string                       // is written,
		send    func(r *rig) answer          // or what is done instead; or a GET
		after   time.Duration                // how long it takes
		logged  elb.AccessRecord             // Status, TargetStatus and more that is compared if set
		group   func(elb.GroupMetrics) int64 // is 1 afterwards
	}{
		"400: a malformed request line": {status: 400, text: "GET\r\n\r\n"},
		"400: two framings": {status: 400, handler: says("x"),
			text:   "POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			logged: elb.AccessRecord{Method: "POST", Classification: "Severe"}},
		"400: CONNECT":                           {status: 400, text: "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"},
		"400: a fragment":                        {status: 400, handler: says("x"), text: "GET /a#b HTTP/1.1\r\nHost: a.test\r\n\r\n"},
		"400: HTTP/2 where it is not understood": {status: 400, config: rigConfig{listener: elb.Listener{HTTP2Disabled: true}}, handler: says("x"), text: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		"400: a malformed body": {status: 400, handler: func(w http.ResponseWriter, q *http.Request) { _, _ = io.Copy(io.Discard, q.Body) },
			text: "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
		"400: half a body": {status: 400, handler: func(w http.ResponseWriter, q *http.Request) { _, _ = io.Copy(io.Discard, q.Body) },
			send: func(r *rig) answer {
				conn := r.connect().(*webConn)
				_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nab")
				_ = conn.CloseWrite()
				return readRaw(conn)
			}},
		"400: a function with an upgrade": {status: 400, config: rigConfig{targets: []*elb.Target{function(nil)}},
			text: "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"},
		"405: TRACE":         {status: 405, handler: says("x"), text: "TRACE / HTTP/1.1\r\nHost: a.test\r\n\r\n"},
		"408: half a header": {status: 408, after: 60 * time.Second, text: "GET / HTTP/1.1\r\nHost:"},
		"408: half a body":   {status: 408, after: 60 * time.Second, handler: func(w http.ResponseWriter, q *http.Request) { _, _ = io.Copy(io.Discard, q.Body) }, text: "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nab"},
		"408: half a body for a target in process": {status: 408, after: 60 * time.Second, config: rigConfig{back: inProcess},
			handler: func(w http.ResponseWriter, q *http.Request) { _, _ = io.Copy(io.Discard, q.Body) },
			text:    "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nab"},
		"413: a large body": {status: 413, config: rigConfig{balancer: elb.LoadBalancerConfig{MaxBody: 5}}, handler: says("x"),
			send: func(r *rig) answer { return r.send("POST", "/", strings.NewReader("123456")) }},
		"413: a large body in chunks": {status: 413, config: rigConfig{balancer: elb.LoadBalancerConfig{MaxBody: 5}},
			handler: func(w http.ResponseWriter, q *http.Request) { _, _ = io.Copy(io.Discard, q.Body) },
			text:    "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n"},
		"413: a large body over HTTP/2": {status: 413, config: rigConfig{front: overHTTP2, back: overHTTP2, balancer: elb.LoadBalancerConfig{MaxBody: 5}},
			handler: func(w http.ResponseWriter, q *http.Request) { _, _ = io.Copy(io.Discard, q.Body) },
			send:    func(r *rig) answer { return r.send("POST", "/", io.MultiReader(strings.NewReader("123456"))) }},
		"413: a large body for a target in process": {status: 413, config: rigConfig{back: inProcess, balancer: elb.LoadBalancerConfig{MaxBody: 5}},
			handler: func(w http.ResponseWriter, q *http.Request) {
				if _, err := io.Copy(io.Discard, q.Body); err != nil {
					http.Error(w, "what?", 500)
				}
			},
			send: func(r *rig) answer { return r.send("POST", "/", io.MultiReader(strings.NewReader("123456"))) }},
		"413: a large body for a function": {status: 413, config: rigConfig{targets: []*elb.Target{function(nil)}},
			send:   func(r *rig) answer { return r.send("POST", "/", bytes.NewReader(make([]byte, 1<<20+1))) },
			logged: elb.AccessRecord{ErrorReason: "LambdaRequestTooLarge"},
			group:  func(m elb.GroupMetrics) int64 { return m.LambdaUserError }},
		"414: a long request line":      {status: 414, handler: says("x"), text: "GET /" + strings.Repeat("x", 16<<10) + " HTTP/1.1\r\nHost: a.test\r\n\r\n"},
		"414: a long path over HTTP/2":  {status: 414, config: rigConfig{front: overHTTP2}, handler: says("x"), send: func(r *rig) answer { return r.get("/" + strings.Repeat("x", 16<<10)) }},
		"431: a long field":             {status: 431, handler: says("x"), text: "GET / HTTP/1.1\r\nHost: a.test\r\nX: " + strings.Repeat("x", 16<<10) + "\r\n\r\n"},
		"431: a long field over HTTP/2": {status: 431, config: rigConfig{front: overHTTPS2}, handler: says("x"), send: func(r *rig) answer { return r.get("/", "X", strings.Repeat("x", 16<<10)) }},
		"431: a long header over HTTP/2": {status: 431, config: rigConfig{front: overHTTP2}, handler: says("x"), send: func(r *rig) answer {
			var fields []string
			for i := range 5 {
				fields = append(fields, fmt.Sprint("X-", i), strings.Repeat("x", 14<<10))
			}
			return r.get("/", fields...)
		}},
		"431: a long header":                   {status: 431, handler: says("x"), text: "GET / HTTP/1.1\r\nHost: a.test\r\n" + longFields(64<<10) + "\r\n"},
		"463: many forwarded":                  {status: 463, handler: says("x"), send: func(r *rig) answer { return r.get("/", "X-Forwarded-For", strings.Repeat("192.0.2.1,", 31)) }},
		"464: HTTP/1.1 to HTTP/2":              {status: 464, config: rigConfig{back: overHTTP2}, handler: says("x")},
		"464: HTTP/1.1 to gRPC":                {status: 464, config: rigConfig{back: overHTTP2, group: elb.GroupConfig{Version: elb.GRPC}}, handler: says("x")},
		"464: gRPC to HTTP/1.1":                {status: 464, config: rigConfig{front: overHTTP2}, handler: says("x"), send: func(r *rig) answer { return r.send("POST", "/", nil, grpc...) }},
		"464: another method to gRPC":          {status: 464, config: rigConfig{front: overHTTP2, back: overHTTP2, group: elb.GroupConfig{Version: elb.GRPC}}, handler: says("x")},
		"500: a rewrite to what is no path":    {status: 500, config: rigConfig{listener: elb.Listener{Rules: []elb.Rule{rewriting("^/(.*)$", "$1")}}}, handler: says("x"), send: func(r *rig) answer { return r.get("/x") }, logged: elb.AccessRecord{TransformStatus: "TransformInvalidPath"}},
		"501: an unknown transfer coding":      {status: 501, handler: says("x"), text: "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
		"502: nobody listens":                  {status: 502, config: rigConfig{targets: web}, group: func(m elb.GroupMetrics) int64 { return m.TargetConnectionErrorCount }},
		"502: nobody listens for HTTP/2":       {status: 502, config: rigConfig{front: overHTTP2, back: overHTTP2, targets: web}, group: func(m elb.GroupMetrics) int64 { return m.TargetConnectionErrorCount }},
		"502: the target closes":               {status: 502, config: rigConfig{targets: web}, raw: dropped},
		"502: the target resets":               {status: 502, config: rigConfig{targets: web}, raw: func(c net.Conn) { _, _ = c.Read(make([]byte, 1)); c.(*webConn).reset() }},
		"502: the answer is malformed":         {status: 502, config: rigConfig{targets: web}, raw: speaking("nonsense\r\n\r\n")},
		"502: the answer's header is too long": {status: 502, config: rigConfig{targets: web}, raw: speaking("HTTP/1.1 200 OK\r\n" + longFields(64<<10) + "\r\n")},
		"502: HTTP/1.1 in place of HTTP/2":     {status: 502, config: rigConfig{front: overHTTP2, back: overHTTP2, targets: web}, raw: speaking("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")},
		"502: no TLS at the target":            {status: 502, config: rigConfig{group: https, targets: web}, raw: speaking("HTTP/1.1 400 Bad Request\r\n\r\n"), group: func(m elb.GroupMetrics) int64 { return m.TargetTLSNegotiationErrorCount }},
		"502: the target panics":               {status: 502, config: rigConfig{back: inProcess}, handler: func(http.ResponseWriter, *http.Request) { panic(errTest) }},
		"502: the target panics quietly":       {status: 502, config: rigConfig{back: inProcess}, handler: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		"502: the target's status is none":     {status: 502, config: rigConfig{back: inProcess}, handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(99) }},
		"502: the function fails":              {status: 502, config: rigConfig{targets: []*elb.Target{function(func() (string, error) { return "", errTest })}}, logged: elb.AccessRecord{ErrorReason: "LambdaUnhandled"}, group: func(m elb.GroupMetrics) int64 { return m.LambdaUserError }},
		"502: the function panics":             {status: 502, config: rigConfig{targets: []*elb.Target{function(func() (string, error) { panic(errTest) })}}, logged: elb.AccessRecord{ErrorReason: "LambdaUnhandled"}},
		"502: the function returns nonsense":   {status: 502, config: rigConfig{targets: []*elb.Target{function(func() (string, error) { return "{}", nil })}}, logged: elb.AccessRecord{ErrorReason: "LambdaInvalidResponse"}},
		"502: the deregistration delay is over": {status: 502, after: 5 * time.Second, config: rigConfig{targets: web, group: elb.GroupConfig{DeregistrationDelay: new(5 * time.Second)}},
			raw: silent, before: func(r *rig) { r.deregisterSoon() }},
		"502: that of a target in process": {status: 502, after: 5 * time.Second, config: rigConfig{back: inProcess, group: elb.GroupConfig{DeregistrationDelay: new(5 * time.Second)}},
			handler: func(w http.ResponseWriter, q *http.Request) { <-q.Context().Done(); http.Error(w, "too late", 200) },
			before:  func(r *rig) { r.deregisterSoon() }},
		"502: that of a target of HTTP/2": {status: 502, after: 5 * time.Second, config: rigConfig{front: overHTTP2, back: overHTTP2, group: elb.GroupConfig{DeregistrationDelay: new(5 * time.Second)}},
			handler: func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }, before: func(r *rig) { r.deregisterSoon() }},
		"503: no targets":               {status: 503},
		"503: the group is closed":      {status: 503, handler: says("x"), before: func(r *rig) { _ = r.group.Close() }},
		"503: no weight":                {status: 503, handler: says("x"), config: rigConfig{listener: elb.Listener{DefaultAction: &elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "web", Weight: new(0)}}}}}}},
		"503: another zone":             {status: 503, config: rigConfig{balancer: elb.LoadBalancerConfig{Zone: "a"}, group: elb.GroupConfig{CrossZoneDisabled: true}, targets: []*elb.Target{{ID: "b", Zone: "b", Handler: says("x")}}}},
		"503: all are busy":             {status: 503, config: rigConfig{back: inProcess, group: elb.GroupConfig{MaxRequests: 1}}, handler: func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }, before: func(r *rig) { r.askSoon() }},
		"503: the picker fails":         {status: 503, handler: says("x"), config: rigConfig{group: elb.GroupConfig{NewPicker: func() elb.SetPicker { return brokenPicker{} }}}},
		"500: the picker panics":        {status: 500, handler: says("x"), config: rigConfig{group: elb.GroupConfig{NewPicker: func() elb.SetPicker { return panickingPicker{} }}}},
		"504: no connection":            {status: 504, after: 10 * time.Second, config: rigConfig{targets: web, group: elb.GroupConfig{DialContext: hangs}}},
		"504: no connection for HTTP/2": {status: 504, after: 10 * time.Second, config: rigConfig{front: overHTTP2, back: overHTTP2, targets: web, group: elb.GroupConfig{DialContext: hangs}}},
		"504: no TLS handshake":         {status: 504, after: 10 * time.Second, config: rigConfig{group: https, targets: web}, raw: silent, group: func(m elb.GroupMetrics) int64 { return m.TargetTLSNegotiationErrorCount }},
		"504: no answer":                {status: 504, after: 60 * time.Second, config: rigConfig{targets: web}, raw: silent},
		"504: no answer of HTTP/2":      {status: 504, after: 60 * time.Second, config: rigConfig{front: overHTTP2, back: overHTTP2}, handler: func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }},
		"504: no answer in process":     {status: 504, after: 60 * time.Second, config: rigConfig{back: inProcess}, handler: func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }},
		"504: no answer of a function":  {status: 504, after: 60 * time.Second, config: rigConfig{targets: []*elb.Target{{ID: "f", Function: func(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }}}}},
		"505: another version":          {status: 505, handler: says("x"), text: "GET / HTTP/3.0\r\nHost: a.test\r\n\r\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if test.config.back == "" {
					test.config.back = overHTTP1
				}
				if test.config.front == "" {
					test.config.front = overHTTP1
				}
				var handlers []http.HandlerFunc
				if test.handler != nil {
					handlers = append(handlers, test.handler)
				}
				r := newRig(t, test.config, handlers...)
				if test.raw != nil {
					r.raw("10.0.0.9:80", test.raw)
				}
				if test.before != nil {
					test.before(r)
				}
				began := time.Now()
				var a answer
				switch {
				case test.send != nil:
					a = test.send(r)
				case test.text != "":
					a, _ = r.speak(test.text)
				default:
					a = r.get("/")
				}
				require.NoError(t, a.err)
				require.Equal(t, test.status, a.status)
				require.Equal(t, test.after, time.Since(began))
				require.Equal(t, "awselb/2.0", a.header.Get("Server"))
				require.Equal(t, "text/html", a.header.Get("Content-Type"))
				require.Contains(t, a.body, strings.TrimSpace(fmt.Sprintf("<center><h1>%d %s", test.status, http.StatusText(test.status))))
				log := r.lastRecord()
				require.Equal(t, test.status, log.Status)
				require.Zero(t, log.TargetStatus)
				require.Equal(t, test.logged.ErrorReason, log.ErrorReason)
				require.Equal(t, test.logged.TransformStatus, log.TransformStatus)
				if test.logged.Classification != "" {
					require.Equal(t, test.logged.Classification, log.Classification)
					require.Equal(t, test.logged.Method, log.Method)
				}
				if test.group != nil {
					require.EqualValues(t, 1, test.group(r.group.Metrics()))
				}
				m := r.lb.Metrics()
				require.EqualValues(t, 1, m.HTTPCodeELB4XXCount+m.HTTPCodeELB5XXCount)
				require.EqualValues(t, test.status/100, 5-m.HTTPCodeELB4XXCount)
			})
		})
	}
}

type brokenPicker struct{}

func (brokenPicker) SetTargets([]*elb.Target) {}
func (brokenPicker) Pick(elb.Request) (*elb.Target, func(elb.Outcome), error) {
	return nil, nil, errTest
}

type panickingPicker struct{ brokenPicker }

func (panickingPicker) Pick(elb.Request) (*elb.Target, func(elb.Outcome), error) { panic(errTest) }

func rewriting(regex, replace string) elb.Rule {
	return elb.Rule{
		Priority: 1, Conditions: []elb.Condition{onPath("/*")}, Action: forwardTo("web"),
		Transforms: []elb.Transform{{URLRewrite: &elb.Rewrite{Regex: regex, Replace: replace}}},
	}
}

// deregisterSoon deregisters the first target when it has a request.
func (r *rig) deregisterSoon() {
	go func() {
		synctest.Wait()
		require.NoError(r.t, r.group.Deregister(r.targets[0]))
	}()
}

// askSoon sends a request whose answer nobody waits for; it is at a target when it returns.
func (r *rig) askSoon() {
	ctx, cancel := context.WithCancel(context.Background())
	r.t.Cleanup(cancel)
	q, err := http.NewRequestWithContext(ctx, "GET", r.url("/"), nil)
	require.NoError(r.t, err)
	go func() {
		if response, err := r.client.Do(q); err == nil {
			_ = response.Body.Close()
		}
	}()
	synctest.Wait()
}

// A function's answer, its event among it.
func TestFunctionTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{targets: []*elb.Target{{ID: "f", Function: func(_ context.Context, event []byte) ([]byte, error) {
			return json.Marshal(map[string]any{
				"statusCode": 201, "headers": map[string]string{"X-A": "b", "Content-Type": "application/json"}, "body": string(event),
			})
		}}}})
		a := r.send("POST", "/p%2Fq?k=v", strings.NewReader("text"), "Content-Type", "text/plain", "X-Forwarded-For", "192.0.2.9")
		require.Equal(t, 201, a.status)
		require.Equal(t, "b", a.header.Get("X-A"))
		var event struct {
			HTTPMethod, Path, Body string
			QueryStringParameters  map[string]string
			Headers                map[string]string
		}
		require.NoError(t, json.Unmarshal([]byte(a.body), &event))
		require.Equal(t, "POST /p%2Fq text", event.HTTPMethod+" "+event.Path+" "+event.Body)
		require.Equal(t, map[string]string{"k": "v"}, event.QueryStringParameters)
		require.Equal(t, "192.0.2.9, 203.0.113.7", event.Headers["x-forwarded-for"])
		require.Equal(t, "www.example.com", event.Headers["host"])
		log := r.lastRecord()
		require.Equal(t, []int{201, 201}, []int{log.Status, log.TargetStatus})
		require.Equal(t, []string{"forward"}, log.Actions)
	})
}
