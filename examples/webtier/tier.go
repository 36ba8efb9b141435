package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/leat-go/leat/elb"
)

// tier is the balancer and its target groups: what would be nginx and its configuration.
// Everything in this file is what a program of your own would have, too.
type tier struct {
	api, web *elb.TargetGroup
	balancer *elb.LoadBalancer

	address string       // of the balancer
	serving chan error   // has what Serve returned
	status  *http.Server // of the status page
	page    string       // its URL
}

// healthCheck asks each server ten times a second whether it is well. One that fails three
// times in a row gets no more requests until it has passed twice. AWS would not ask more often
// than every 5 s, but within a machine a check costs next to nothing.
var healthCheck = elb.HealthCheck{
	Path:               "/health",
	Interval:           100 * time.Millisecond,
	HealthyThreshold:   2,
	UnhealthyThreshold: 3,
}

// newGroups makes the target groups, which nginx calls upstreams. A group checks its targets
// from their registration on, whether a balancer uses it or not.
func (t *tier) newGroups() (err error) {
	t.api, err = elb.NewTargetGroup(elb.GroupConfig{
		Name:        "api",
		HealthCheck: healthCheck,
		// A request goes to the server that has the fewest: a slow one has its own for longer,
		// and so gets fewer new ones. The default is that servers take turns.
		NewPicker: func() elb.SetPicker { return new(elb.LeastOutstanding) },
		// How long a server that is taken out has for the requests it still has.
		DeregistrationDelay: new(10 * time.Second),
	})
	if err != nil {
		return err
	}
	t.web, err = elb.NewTargetGroup(elb.GroupConfig{
		Name:        "web",
		HealthCheck: healthCheck,
		// A visitor stays with one web server, which has his shopping basket in memory, by
		// a cookie that the balancer sets; until the server is gone, that is.
		Stickiness: elb.Stickiness{Type: elb.StickyBalancer, Duration: time.Hour},
	})
	return err
}

// rules say what becomes of a request: nginx's server and location blocks. The one with the
// lowest priority that matches is it. What none matches goes to the web group.
func rules() (rules []elb.Rule, otherwise *elb.Action) {
	toAPI := elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "api"}}}}
	toWeb := elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "web"}}}}
	return []elb.Rule{
		{
			Priority:   10,
			Conditions: []elb.Condition{{HostHeader: elb.Patterns{Values: []string{"api.*"}}}},
			Action:     toAPI,
		},
		{
			Priority:   20,
			Conditions: []elb.Condition{{PathPattern: elb.Patterns{Values: []string{"/api/*"}}}},
			Action:     toAPI,
		},
		{
			Priority:   30, // where the shop was in earlier times
			Conditions: []elb.Condition{{PathPattern: elb.Patterns{Values: []string{"/cgi-bin/*"}}}},
			Action:     elb.Action{Redirect: &elb.Redirect{StatusCode: http.StatusMovedPermanently, Path: "/", Query: new("")}},
		},
		{
			Priority:   40, // no server needs to be bothered with that
			Conditions: []elb.Condition{{PathPattern: elb.Patterns{Values: []string{"/robots.txt"}}}},
			Action:     elb.Action{FixedResponse: &elb.FixedResponse{StatusCode: http.StatusOK, Body: robots}},
		},
	}, &toWeb
}

const robots = "User-agent: *\nDisallow: /api/\n"

// newTier makes the groups and the balancer, and has it serve at a port of its own.
func newTier() (*tier, error) {
	t := &tier{serving: make(chan error, 1)}
	if err := t.newGroups(); err != nil {
		return t, err
	}
	rules, otherwise := rules()
	var err error
	t.balancer, err = elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Name:      "webtier",
		Groups:    []*elb.TargetGroup{t.api, t.web},
		Listeners: []elb.Listener{{Rules: rules, DefaultAction: otherwise}},
		// A request that a server has not answered is sent to another one: any that the server
		// can not have seen, and otherwise those that may be sent twice, as a GET may. While
		// a server is down that no check has noticed yet, that is one in three; the default
		// budget, a fifth of all requests, would be too small for that.
		Retries: &elb.Retries{Budget: 100},
	})
	if err != nil {
		return t, err
	}
	front, err := listen("")
	if err != nil {
		return t, err
	}
	t.address = front.Addr().String()
	go func() { t.serving <- t.balancer.Serve(front) }()
	return t, t.serveStatus()
}

// serveStatus serves the status page: by another listener than the site, as it is not for
// everybody.
func (t *tier) serveStatus() error {
	l, err := listen("")
	if err != nil {
		return err
	}
	t.page = "http://" + l.Addr().String() + "/"
	t.status = &http.Server{Handler: t.balancer.Status()}
	go func() { _ = t.status.Serve(l) }() // until it is closed
	return nil
}

// close ends it all from the front to the back: requests that are under way get their answers.
func (t *tier) close() (err error) {
	if t.address != "" {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		err = t.balancer.Shutdown(ctx)
		if end := <-t.serving; !errors.Is(end, elb.ErrBalancerClosed) {
			err = errors.Join(err, end)
		}
	}
	if t.status != nil {
		err = errors.Join(err, t.status.Close())
	}
	for _, group := range []*elb.TargetGroup{t.api, t.web} {
		if group != nil {
			err = errors.Join(err, group.Close())
		}
	}
	return err
}

// listen listens at an address of this machine; where that is empty, at a port that is free.
func listen(address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	return net.Listen("tcp", address)
}
