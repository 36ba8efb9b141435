package console

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/leat-go/leat/elb"
)

// balancerReport is a load balancer's page at layer 7.
type balancerReport struct {
	Key       string         `json:"key"`
	Name      string         `json:"name"`
	Zone      string         `json:"zone,omitzero"`
	Listeners []listenerView `json:"listeners"`
	Metrics   elb.Metrics    `json:"metrics"`
	Groups    []groupReport  `json:"groups"`
}

type listenerView struct {
	Port     int          `json:"port"`
	Protocol elb.Protocol `json:"protocol"`
	Rules    int          `json:"rules"`
}

// proxyReport is a load balancer's page at layer 4.
type proxyReport struct {
	Key     string           `json:"key"`
	Name    string           `json:"name"`
	Metrics elb.ProxyMetrics `json:"metrics"`
}

// groupReport is what elb's status page says of a target group, as far as it is shown; see
// [elb.StatusHandler].
type groupReport struct {
	Key       string `json:"key"`
	Name      string `json:"name"`
	ARN       string `json:"arn"`
	Protocol  string `json:"protocol"`
	Version   string `json:"version,omitzero"`
	Algorithm string `json:"algorithm,omitzero"`

	Stickiness            string  `json:"stickiness,omitzero"`
	CrossZone             bool    `json:"crossZone"`
	MinimumHealthy        int     `json:"minimumHealthy"`
	MinimumHealthyPercent int     `json:"minimumHealthyPercent,omitzero"`
	SlowStart             seconds `json:"slowStartSeconds"`
	DeregistrationDelay   seconds `json:"deregistrationDelaySeconds"`
	MaxRequests           int     `json:"maxRequests,omitzero"`

	HealthCheck struct {
		Disabled           bool    `json:"disabled"`
		Protocol           string  `json:"protocol"`
		Path               string  `json:"path,omitzero"`
		Matcher            string  `json:"matcher,omitzero"`
		Interval           seconds `json:"intervalSeconds"`
		Timeout            seconds `json:"timeoutSeconds"`
		HealthyThreshold   int     `json:"healthyThreshold"`
		UnhealthyThreshold int     `json:"unhealthyThreshold"`
	} `json:"healthCheck"`
	FailOpen bool             `json:"failOpen"`
	Metrics  elb.GroupMetrics `json:"metrics"`
	Targets  []targetView     `json:"targets"`
	Next     string           `json:"next,omitzero"` // the parameter after for the targets that follow
	All      int              `json:"targetCount"`
}

type targetView struct {
	ID           string    `json:"id"`
	Kind         string    `json:"kind"`
	Address      string    `json:"address,omitzero"`
	Zone         string    `json:"zone,omitzero"`
	Weight       int       `json:"weight"`
	State        string    `json:"state"`
	Reason       string    `json:"reason,omitzero"`
	Description  string    `json:"description,omitzero"`
	Since        time.Time `json:"since"`
	Ejected      bool      `json:"ejected"`
	Share        float64   `json:"share"`
	Outstanding  int       `json:"outstanding"`
	Requests     int64     `json:"requests"`
	Errors       int64     `json:"errors"`
	ErrorPercent float64   `json:"errorPercent"`
	Latency      seconds   `json:"latencySeconds"`
}

func showBalancer(c *call) (any, error) {
	for _, lb := range keys(c.sources.Balancers, (*elb.LoadBalancer).Name) {
		if lb.key != c.name {
			continue
		}
		cfg := lb.of.Config()
		report := &balancerReport{Key: lb.key, Name: lb.of.Name(), Zone: cfg.Zone, Metrics: lb.of.Metrics(), Listeners: []listenerView{}, Groups: []groupReport{}}
		for _, l := range cfg.Listeners {
			report.Listeners = append(report.Listeners, listenerView{l.Port, l.Protocol, len(l.Rules)})
		}
		for _, g := range c.targetGroups() {
			if !slices.Contains(lb.of.Groups(), g.of) {
				continue
			}
			group, err := c.targetGroup(g, 0)
			if err != nil {
				return nil, err
			}
			report.Groups = append(report.Groups, group)
		}
		return report, nil
	}
	return nil, errNotThere
}

func showProxy(c *call) (any, error) {
	for _, p := range keys(c.sources.Proxies, (*elb.Proxy).Name) {
		if p.key == c.name {
			return &proxyReport{p.key, p.of.Name(), p.of.Metrics()}, nil
		}
	}
	return nil, errNotThere
}

func showTargetGroup(c *call) (any, error) {
	for _, g := range c.targetGroups() {
		if g.key != c.name {
			continue
		}
		first, err := offset(c.after())
		if err != nil {
			return nil, err
		}
		report, err := c.targetGroup(g, first)
		return &report, err
	}
	return nil, errNotThere
}

// targetGroup asks elb's status page for a group, and shows a page of its targets.
func (c *call) targetGroup(g keyed[*elb.TargetGroup], first int) (groupReport, error) {
	var status struct {
		Groups []struct {
			groupReport
			Metrics struct{} `json:"metrics"` // the group has them as they are
		} `json:"groups"`
	}
	request, err := http.NewRequestWithContext(context.WithoutCancel(c.r.Context()), http.MethodGet, "/?format=json", nil)
	if err != nil {
		return groupReport{}, err
	}
	answer := recorder{header: http.Header{}}
	elb.StatusHandler(g.of).ServeHTTP(&answer, request)
	if err := json.Unmarshal(answer.body.Bytes(), &status); err != nil {
		return groupReport{}, err
	}
	report := status.Groups[0].groupReport
	report.Key, report.All, report.Metrics = g.key, len(report.Targets), g.of.Metrics()
	report.Targets = report.Targets[min(first, report.All):]
	if len(report.Targets) > pageSize {
		report.Targets = report.Targets[:pageSize]
		report.Next = strconv.Itoa(first + pageSize)
	}
	return report, nil
}

// recorder keeps the body of an answer.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(int)             {}
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
