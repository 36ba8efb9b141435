package elb

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Status returns a page that shows the balancer's metrics and its target groups; see
// [StatusHandler].
func (lb *LoadBalancer) Status() http.Handler {
	return &statusPage{lb.Name(), func() *Metrics { return new(lb.Metrics()) }, lb.Groups}
}

// StatusHandler returns a page that shows target groups: each with its rules, its metrics,
// and its targets, their state and the reason for it, requests, errors and latency. It
// shows addresses and names to whoever may see it, and changes nothing.
//
// A browser gets HTML, which needs nothing else, and loads itself anew every 5 s; the
// parameter refresh is another number of seconds, 0 for not at all. A program gets JSON if
// its Accept header prefers application/json. The parameter format, "html" or "json",
// decides whatever the header says. Methods other than GET and HEAD are answered with 405,
// other formats with 400, an Accept header that allows neither with 406. Nothing is to be
// cached.
//
// The JSON is an object. Fields may be added to it. A name that ends in Seconds is of a
// number of seconds with decimals; times are of RFC 3339. It has:
//
//   - name: the balancer's; not for groups alone
//   - time: of this snapshot
//   - metrics: the balancer's [Metrics] under AWS's names; not for groups alone
//   - groups: an array of objects
//
// A group has:
//
//   - name, arn, protocol, and version of HTTP (not at layer 4)
//   - algorithm: round_robin, least_outstanding_requests, weighted_random (AWS's names),
//     weighted_round_robin, power_of_two, consistent_hash, or a Go type; none until the
//     group has a target
//   - stickiness: the type; none if there is none
//   - crossZone: whether requests go to targets in all zones
//   - minimumHealthy, minimumHealthyPercent, slowStartSeconds, deregistrationDelaySeconds,
//     maxRequests: as in the [GroupConfig]
//   - healthCheck: disabled, protocol, path, matcher, intervalSeconds, timeoutSeconds,
//     healthyThreshold, unhealthyThreshold
//   - failOpen: whether, in some zone, too few targets are healthy, so that all are used
//   - metrics: [GroupMetrics] under AWS's names
//   - targets: an array of objects
//
// A target has:
//
//   - id: its name
//   - kind: address, handler or function; and address, if it has one
//   - zone, weight
//   - state, reason, description: AWS's TargetHealth; a healthy target has the state alone
//   - since: when the state began
//   - ejected: whether it is out for its answers
//   - share: what part of a full target's requests it gets; less than 1 in its slow start
//   - outstanding, requests, errors, errorPercent, latencySeconds
func StatusHandler(groups ...*TargetGroup) http.Handler {
	groups = slices.DeleteFunc(slices.Clone(groups), func(g *TargetGroup) bool { return g == nil })
	return &statusPage{groups: func() []*TargetGroup { return groups }}
}

// statusPage shows target groups, and metrics if there are any.
type statusPage struct {
	name    string
	metrics func() *Metrics // nil for groups alone
	groups  func() []*TargetGroup
}

func (p *statusPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are allowed", http.StatusMethodNotAllowed)
		return
	}
	query := r.URL.Query()
	format := query.Get("format")
	if format == "" {
		if format = preferredFormat(r.Header.Values("Accept")); format == "" {
			http.Error(w, "there is text/html and application/json", http.StatusNotAcceptable)
			return
		}
	}
	var body bytes.Buffer
	var err error
	switch format {
	case formatHTML:
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		err = statusTemplate().Execute(&body, statusView{p.report(), refreshSeconds(query)})
	case formatJSON:
		h.Set("Content-Type", "application/json")
		encoder := json.NewEncoder(&body)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(p.report())
	default:
		http.Error(w, "format is html or json", http.StatusBadRequest)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	if r.Method == http.MethodGet {
		w.Write(body.Bytes())
	}
}

func (p *statusPage) report() statusReport {
	report := statusReport{Name: p.name, Time: time.Now(), Groups: []groupReport{}}
	if p.metrics != nil {
		report.Metrics = p.metrics()
	}
	for _, g := range p.groups() {
		report.Groups = append(report.Groups, g.report())
	}
	return report
}

const defaultRefresh = 5

// refreshSeconds returns after how many seconds a page is to be loaded anew; 0 means never.
func refreshSeconds(query url.Values) int {
	n, err := strconv.ParseUint(query.Get("refresh"), 10, 31)
	if err != nil {
		return defaultRefresh
	}
	return int(n)
}
