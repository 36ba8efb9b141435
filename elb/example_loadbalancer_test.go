package elb_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/leat-go/leat/elb"
)

// exampleGroup returns a group of one target in this process, which answers with the group's name and
// is not checked.
func exampleGroup(name string) *elb.TargetGroup {
	g, err := elb.NewTargetGroup(elb.GroupConfig{Name: name, HealthCheck: elb.HealthCheck{Disabled: true}})
	if err != nil {
		panic(err)
	}
	err = g.Register(&elb.Target{ID: name, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, name)
	})})
	if err != nil {
		panic(err)
	}
	return g
}

// ask prints what a handler answers.
func ask(h http.Handler, url string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", url, nil))
	fmt.Println(w.Code, w.Header().Get("Location"), w.Body)
}

// A balancer is an http.Handler: it needs neither ports nor connections.
func ExampleLoadBalancer() {
	web, orders := exampleGroup("web"), exampleGroup("orders")
	defer web.Close()
	defer orders.Close()
	lb, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Groups: []*elb.TargetGroup{web, orders},
		Listeners: []elb.Listener{{
			Rules: []elb.Rule{{
				Priority:   10,
				Conditions: []elb.Condition{{PathPattern: elb.Patterns{Values: []string{"/orders/*"}}}},
				Action:     elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "orders"}}}},
			}, {
				Priority:   20,
				Conditions: []elb.Condition{{SourceIP: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}},
				Action:     elb.Action{FixedResponse: &elb.FixedResponse{StatusCode: 403, Body: "not from there"}},
			}, {
				Priority:   30,
				Conditions: []elb.Condition{{HostHeader: elb.Patterns{Values: []string{"old.example.com"}}}},
				Action:     elb.Action{Redirect: &elb.Redirect{StatusCode: 301, Host: "www.example.com"}},
			}},
			DefaultAction: &elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "web"}}}},
		}},
	})
	if err != nil {
		panic(err)
	}
	defer lb.Close()

	ask(lb, "http://www.example.com/")
	ask(lb, "http://www.example.com/orders/17")
	w := httptest.NewRecorder()
	lb.ServeHTTP(w, httptest.NewRequest("GET", "http://old.example.com/a?b", nil))
	fmt.Println(w.Code, w.Header().Get("Location"))
	// Output:
	// 200  web
	// 200  orders
	// 301 http://www.example.com:80/a?b
}

// Serve has a server of its own, which ends when the last request does.
func ExampleLoadBalancer_Serve() {
	web := exampleGroup("web")
	defer web.Close()
	lb, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Groups:    []*elb.TargetGroup{web},
		Listeners: []elb.Listener{{DefaultAction: &elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "web"}}}}}},
	})
	if err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	served := make(chan error)
	go func() { served <- lb.Serve(l) }()

	response, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		panic(err)
	}
	body, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	fmt.Println(response.Status, string(body))

	fmt.Println(lb.Shutdown(context.Background()))
	fmt.Println(<-served)
	// Output:
	// 200 OK web
	// <nil>
	// elb: the balancer is closed
}

// Rules are replaced without a stop.
func ExampleLoadBalancer_SetListener() {
	web := exampleGroup("web")
	defer web.Close()
	forward := &elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "web"}}}}
	lb, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Groups:    []*elb.TargetGroup{web},
		Listeners: []elb.Listener{{Port: 80, DefaultAction: forward}},
	})
	if err != nil {
		panic(err)
	}
	defer lb.Close()

	ask(lb, "/")
	maintenance := &elb.Action{FixedResponse: &elb.FixedResponse{StatusCode: 503, Body: "back at six"}}
	fmt.Println(lb.SetListener(80, nil, maintenance))
	ask(lb, "/")
	fmt.Println(lb.SetListener(80, nil, &elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "shop"}}}}))
	ask(lb, "/")
	// Output:
	// 200  web
	// <nil>
	// 503  back at six
	// elb: Listener.Rules: there is no target group "shop"
	// 503  back at six
}

// A request that a target does not answer goes to another one, if it may.
func ExampleRetries() {
	group, err := elb.NewTargetGroup(elb.GroupConfig{Name: "web", HealthCheck: elb.HealthCheck{Disabled: true}})
	if err != nil {
		panic(err)
	}
	defer group.Close()
	err = group.Register(
		&elb.Target{ID: "busy", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "busy", http.StatusServiceUnavailable) })},
		&elb.Target{ID: "idle", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "idle") })},
	)
	if err != nil {
		panic(err)
	}
	lb, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Groups:    []*elb.TargetGroup{group},
		Listeners: []elb.Listener{{DefaultAction: &elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "web"}}}}}},
		Retries:   &elb.Retries{Statuses: []int{503}},
		AccessLog: func(r *elb.AccessRecord) {
			for _, a := range r.Attempts {
				fmt.Println(a.Target.Name(), a.Status)
			}
		},
	})
	if err != nil {
		panic(err)
	}
	defer lb.Close()
	ask(lb, "/")
	// Output:
	// busy 503
	// idle 200
	// 200  idle
}

// A client that balances by itself. Its targets could be addresses as well.
func ExampleTransport() {
	orders := exampleGroup("orders")
	defer orders.Close()
	client := &http.Client{Transport: &elb.Transport{Group: orders, Attempts: 2}}
	response, err := client.Get("http://orders.internal/list")
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	fmt.Println(response.Status, string(body))
	fmt.Println(orders.Targets()[0].Requests, "request,", orders.Targets()[0].Outstanding, "in use")
	// Output:
	// 200 OK orders
	// 1 request, 0 in use
}
