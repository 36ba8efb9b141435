package elb_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
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

// hostile is a name that would be more than text if a page did not escape it.
const hostile = `<script>alert("1")</script>' onload='&amp;`

// shown asks a status page for what a client accepts.
func shown(h http.Handler, method, url string, accept ...string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, url, nil)
	r.Header["Accept"] = accept
	h.ServeHTTP(w, r)
	return w
}

// inGroup runs a test in a bubble with a group whose targets are: one that is well and has
// had requests, one that is not and is called hostile, and one that drains.
func inGroup(t *testing.T, test func(t *testing.T, g *elb.TargetGroup)) {
	synctest.Test(t, func(t *testing.T) {
		g, err := elb.NewTargetGroup(elb.GroupConfig{
			Name:      "web",
			NewPicker: func() elb.SetPicker { return new(elb.LeastOutstanding) },
			HealthCheck: elb.HealthCheck{Interval: time.Second, UnhealthyThreshold: 1, Func: func(_ context.Context, t *elb.Target) error {
				if t.ID == hostile {
					return errors.New("no " + hostile)
				}
				return nil
			}},
			DeregistrationDelay: new(time.Hour),
		})
		require.NoError(t, err)
		defer g.Close()
		well := &elb.Target{ID: "well", Address: "10.0.0.1:80", Zone: "a"}
		leaving := &elb.Target{ID: "leaving", Address: "10.0.0.2:80", Weight: 3}
		require.NoError(t, g.Register(well, &elb.Target{ID: hostile, Handler: http.NotFoundHandler(), Zone: hostile}, leaving))
		time.Sleep(10 * time.Second)
		var done []func(elb.Outcome)
		for range 8 {
			_, d, err := g.Pick(elb.Request{Avoid: []*elb.Target{leaving}})
			require.NoError(t, err)
			done = append(done, d)
		}
		for i, d := range done[:4] {
			d(elb.Outcome{Status: 200 + 300*(i%4/3), Duration: 20 * time.Millisecond})
		}
		_, d, err := g.Pick(elb.Request{Avoid: []*elb.Target{well}})
		require.NoError(t, err)
		require.NoError(t, g.Deregister(leaving))
		time.Sleep(90 * time.Second)
		test(t, g)
		for _, d := range append(done[4:], d) {
			d(elb.Outcome{Status: 200})
		}
	})
}

func TestStatusHTML(t *testing.T) {
	inGroup(t, func(t *testing.T, g *elb.TargetGroup) {
		w := shown(elb.StatusHandler(g), "GET", "/status", "text/html")
		require.Equal(t, 200, w.Code)
		require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		page := w.Body.String()
		requireWellFormed(t, page)
		for _, piece := range []string{
			`<meta http-equiv="refresh" content="5"/>`,
			`<title>target groups</title>`,
			`<h2>web</h2>`,
			"HTTP HTTP1, least_outstanding_requests, deregistration delay 1h0m0s.\n",
			`Health check: FUNC every 1s,` + "\n" + `timeout 1s, healthy after 5, unhealthy after 1.`,
			`<p>1 healthy, 1 unhealthy;`,
			`<tr><td>well</td><td>10.0.0.1:80</td><td>a</td>` + "\n" + `<td><span class="state healthy">healthy</span></td>` + "\n" + `<td></td>`,
			`<td class="n">1</td><td class="n">100 %</td><td class="n">4</td>` + "\n" +
				`<td class="n">8</td><td class="n">1</td><td class="n">12.5 %</td><td class="n">20ms</td></tr>`,
			`<tr><td>&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;&#39; onload=&#39;&amp;amp;</td><td><span class="dim">handler</span></td>`,
			`<span class="state unhealthy">unhealthy</span></td>` + "\n" + `<td>Target.FailedHealthChecks<br/><span class="dim">no &lt;script&gt;`,
			`<span class="state draining">draining</span></td>` + "\n" + `<td>Target.DeregistrationInProgress<br/><span class="dim">Target deregistration is in progress</span></td>` + "\n" +
				`<td><time datetime="2000-01-01T00:00:10Z" title="2000-01-01T00:00:10Z">1m30s ago</time></td>` + "\n" + `<td class="n">3</td>`,
			`<td class="n">0</td><td class="n">0</td><td class="n">–</td><td class="n">–</td></tr>`,
		} {
			require.Contains(t, page, piece)
		}
		require.NotContains(t, page, "<script")
		require.NotContains(t, page, "Fail open")
	})
}

func TestStatusJSON(t *testing.T) {
	inGroup(t, func(t *testing.T, g *elb.TargetGroup) {
		w := shown(elb.StatusHandler(g), "GET", "/status", "application/json")
		require.Equal(t, 200, w.Code)
		require.Equal(t, "application/json", w.Header().Get("Content-Type"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		var got map[string]any
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		require.Equal(t, "2000-01-01T00:01:40Z", got["time"])
		group := got["groups"].([]any)[0].(map[string]any)
		targets := group["targets"].([]any)
		metrics := group["metrics"].(map[string]any)
		require.Equal(t, 1., metrics["HealthyHostCount"])
		require.Equal(t, 1., metrics["UnHealthyHostCount"])
		delete(group, "targets")
		delete(group, "metrics")
		require.Equal(t, map[string]any{
			"name": "web", "arn": g.Config().ARN, "protocol": "HTTP", "version": "HTTP1", "algorithm": "least_outstanding_requests",
			"crossZone": true, "minimumHealthy": 1., "slowStartSeconds": 0., "deregistrationDelaySeconds": 3600., "failOpen": false,
			"healthCheck": map[string]any{"disabled": false, "protocol": "FUNC", "intervalSeconds": 1., "timeoutSeconds": 1., "healthyThreshold": 5., "unhealthyThreshold": 1.},
		}, group)
		since := make([]any, len(targets))
		for i, target := range targets {
			since[i] = target.(map[string]any)["since"]
			delete(target.(map[string]any), "since")
		}
		require.Equal(t, "2000-01-01T00:00:10Z", since[2])
		require.Equal(t, []any{
			map[string]any{
				"id": "well", "kind": "address", "address": "10.0.0.1:80", "zone": "a", "weight": 1., "state": "healthy", "ejected": false, "share": 1.,
				"outstanding": 4., "requests": 8., "errors": 1., "errorPercent": 12.5, "latencySeconds": 0.02,
			},
			map[string]any{
				"id": hostile, "kind": "handler", "zone": hostile, "weight": 1., "state": "unhealthy", "reason": "Target.FailedHealthChecks", "description": "no " + hostile,
				"ejected": false, "share": 1., "outstanding": 0., "requests": 0., "errors": 0., "errorPercent": 0., "latencySeconds": 0.,
			},
			map[string]any{
				"id": "leaving", "kind": "address", "address": "10.0.0.2:80", "weight": 3., "state": "draining", "reason": "Target.DeregistrationInProgress",
				"description": "Target deregistration is in progress",
				"ejected":     false, "share": 1., "outstanding": 1., "requests": 1., "errors": 0., "errorPercent": 0., "latencySeconds": 0.,
			},
		}, targets)
	})
}

// Targets that are all used as none is healthy, and pages of nothing.
func TestStatusFailOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, err := elb.NewTargetGroup(elb.GroupConfig{
			Name: "down", Protocol: elb.TCP, MinimumHealthyPercent: 50,
			HealthCheck: elb.HealthCheck{UnhealthyThreshold: 1, Func: func(context.Context, *elb.Target) error { return errors.New("no") }},
		})
		require.NoError(t, err)
		defer g.Close()
		h := elb.StatusHandler(g, nil)
		require.Contains(t, shown(h, "GET", "/").Body.String(), "No targets.")
		require.Contains(t, shown(elb.StatusHandler(), "GET", "/").Body.String(), "No target groups.")
		require.NoError(t, g.Register(&elb.Target{ID: "a", Handler: http.NotFoundHandler()}))
		time.Sleep(time.Minute)
		page := shown(h, "GET", "/").Body.String()
		requireWellFormed(t, page)
		require.Contains(t, page, "Fail open: fewer than 1 or 50 % of the targets are healthy, so that all are used.")
		require.Contains(t, page, "TCP, round_robin")
		var report struct {
			Groups []struct {
				Version  *string
				FailOpen bool
			}
		}
		require.NoError(t, json.Unmarshal(shown(h, "GET", "/?format=json").Body.Bytes(), &report))
		require.Len(t, report.Groups, 1)
		require.True(t, report.Groups[0].FailOpen)
		require.Nil(t, report.Groups[0].Version)
	})
}

func TestStatusNegotiation(t *testing.T) {
	h := elb.StatusHandler()
	const html, data = "text/html; charset=utf-8", "application/json"
	for _, c := range []struct {
		url    string
		accept []string
		want   string // the type; none with 406
	}{
		{"/", nil, html},
		{"/", []string{"*/*"}, html},
		{"/", []string{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}, html}, // browsers
		{"/", []string{"application/json, text/plain, */*"}, data},                                          // scripts in browsers
		{"/", []string{"application/json"}, data},
		{"/", []string{"APPLICATION/JSON"}, data},
		{"/", []string{"application/*"}, data},
		{"/", []string{"text/*;q=0.5, application/*;q=0.6"}, data},
		{"/", []string{"text/html;q=0.5", "application/json;q=0.4"}, html},
		{"/", []string{"text/html;q=0.5", "application/json"}, data},
		{"/", []string{"text/html;q=0, */*"}, data},
		{"/", []string{"application/json;q=0, */*;q=0.1"}, html},
		{"/", []string{"text/html, application/json"}, html},
		{"/", []string{"text/html;level=1, application/json;q=0.1"}, data}, // a range with a parameter is of another type
		{"/", []string{"text/html;charset=utf-8;q=0.9, application/json;q=0.1"}, html},
		{"/", []string{"text/html;q=nonsense, application/json;q=0.1"}, data},
		{"/", []string{"text/html;q=2, application/json;q=0.1"}, data},
		{"/", []string{";;, ,application/json"}, data},
		{"/", []string{"image/png"}, ""},
		{"/", []string{"*/*;q=0"}, ""},
		{"/", []string{"text/html;q=0, application/json;q=0.000"}, ""},
		{"/?format=json", []string{"text/html"}, data},
		{"/?format=html", []string{"application/json"}, html},
		{"/?format=html", []string{"image/png"}, html},
	} {
		w := shown(h, "GET", c.url, c.accept...)
		if c.want == "" {
			require.Equal(t, 406, w.Code, "%v", c)
		} else {
			require.Equal(t, 200, w.Code, "%v", c)
			require.Equal(t, c.want, w.Header().Get("Content-Type"), "%v", c)
		}
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	}
	w := shown(h, "GET", "/?format=xml")
	require.Equal(t, 400, w.Code)
}

func TestStatusMethods(t *testing.T) {
	h := elb.StatusHandler()
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "NONE"} {
		w := shown(h, method, "/")
		require.Equal(t, 405, w.Code)
		require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	}
	for _, url := range []string{"/?format=html", "/?format=json"} {
		synctest.Test(t, func(t *testing.T) { // where both are of the same time
			get, head := shown(h, "GET", url), shown(h, "HEAD", url)
			require.Equal(t, 200, head.Code)
			require.Empty(t, head.Body.String())
			require.Equal(t, get.Header(), head.Header())
		})
	}
}

func TestStatusRefresh(t *testing.T) {
	h := elb.StatusHandler()
	for query, want := range map[string]string{"": "5", "?refresh=30": "30", "?refresh=-1": "5", "?refresh=soon": "5", "?refresh=": "5", "?refresh=99999999999": "5"} {
		page := shown(h, "GET", "/"+query).Body.String()
		require.Contains(t, page, `<meta http-equiv="refresh" content="`+want+`"/>`, "%s", query)
		require.Contains(t, page, `<a href="?refresh=0">stop</a>`)
	}
	page := shown(h, "GET", "/?refresh=0").Body.String()
	require.NotContains(t, page, "http-equiv")
	require.Contains(t, page, `<a href="?">`)
}

// The page of a load balancer has its name and its metrics.
func TestLoadBalancerStatus(t *testing.T) {
	g, err := elb.NewTargetGroup(elb.GroupConfig{Name: "web", HealthCheck: elb.HealthCheck{Disabled: true}})
	require.NoError(t, err)
	defer g.Close()
	lb, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Name:      "edge",
		Groups:    []*elb.TargetGroup{g},
		Listeners: []elb.Listener{{DefaultAction: &elb.Action{FixedResponse: &elb.FixedResponse{StatusCode: 404}}}},
	})
	require.NoError(t, err)
	lb.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	var report struct {
		Name    string
		Metrics elb.Metrics
		Groups  []struct{ Name string }
	}
	require.NoError(t, json.Unmarshal(shown(lb.Status(), "GET", "/?format=json").Body.Bytes(), &report))
	require.Equal(t, "edge", report.Name)
	require.EqualValues(t, 1, report.Metrics.RequestCount)
	require.EqualValues(t, 1, report.Metrics.HTTPFixedResponseCount)
	require.Equal(t, report.Metrics, lb.Metrics())
	require.Equal(t, "web", report.Groups[0].Name)
	page := shown(lb.Status(), "GET", "/").Body.String()
	requireWellFormed(t, page)
	require.Contains(t, page, "<title>edge: target groups</title>")
	require.Contains(t, page, "<p>1 requests;")
	require.Contains(t, page, "No health checks.")
}

// requireWellFormed reads a page as XML, which HTML is a little less strict than.
func requireWellFormed(t *testing.T, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	elements := 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		if _, ok := token.(xml.StartElement); ok {
			elements++
		}
	}
	require.Greater(t, elements, 10)
}
