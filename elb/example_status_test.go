package elb_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/leat-go/leat/elb"
)

// statusGroup returns a group of two targets that are not checked, and that have had three
// requests, one of which failed.
func statusGroup() *elb.TargetGroup {
	group, err := elb.NewTargetGroup(elb.GroupConfig{Name: "web", HealthCheck: elb.HealthCheck{Disabled: true}})
	if err != nil {
		panic(err)
	}
	if err := group.Register(&elb.Target{Address: "10.0.0.1:80"}, &elb.Target{Address: "10.0.0.2:80"}); err != nil {
		panic(err)
	}
	for _, status := range []int{200, 200, 503} {
		_, done, err := group.Pick(elb.Request{})
		if err != nil {
			panic(err)
		}
		done(elb.Outcome{Status: status, Duration: 10 * time.Millisecond})
	}
	return group
}

// A page for people is a page for programs as well.
func ExampleStatusHandler() {
	group := statusGroup()
	defer group.Close()
	page := elb.StatusHandler(group)

	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/status", nil)
	r.Header.Set("Accept", "application/json")
	page.ServeHTTP(w, r)
	var status struct {
		Groups []struct {
			Name, Algorithm string
			Targets         []struct {
				ID, State, Reason string
				Requests, Errors  int64
			}
		}
	}
	if err := json.NewDecoder(w.Body).Decode(&status); err != nil {
		fmt.Println(err)
		return
	}
	for _, g := range status.Groups {
		fmt.Println(g.Name, g.Algorithm)
		var requests, errors int64
		for _, t := range g.Targets {
			fmt.Println(t.ID, t.State, t.Reason)
			requests, errors = requests+t.Requests, errors+t.Errors
		}
		fmt.Println(requests, "requests,", errors, "failed")
	}
	// Output:
	// web round_robin
	// 10.0.0.1:80 unavailable Target.HealthCheckDisabled
	// 10.0.0.2:80 unavailable Target.HealthCheckDisabled
	// 3 requests, 1 failed
}

// What a group counts has AWS's names.
func ExampleTargetGroup_Metrics() {
	group := statusGroup()
	defer group.Close()
	before := group.Metrics()
	_, done, err := group.Pick(elb.Request{})
	if err != nil {
		fmt.Println(err)
		return
	}
	done(elb.Outcome{Status: 200, Duration: time.Second})

	m := group.Metrics()
	fmt.Println(m.RequestCount, "requests,", m.RequestCountPerTarget(), "to each target")
	fmt.Println(m.HTTPCodeTarget2XXCount, "well,", m.HTTPCodeTarget5XXCount, "bad")
	fmt.Println("on average", m.TargetResponseTime.Average())
	fmt.Println("half of them within", m.TargetResponseTime.Percentile(50).Round(time.Millisecond))
	fmt.Println("the latest", m.TargetResponseTime.Since(before.TargetResponseTime).Average())
	// Output:
	// 4 requests, 2 to each target
	// 3 well, 1 bad
	// on average 257.5ms
	// half of them within 10ms
	// the latest 1s
}

// The status page beside what a balancer serves, at a port of its own in most programs.
func ExampleLoadBalancer_Status() {
	lb, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Listeners: []elb.Listener{{DefaultAction: &elb.Action{FixedResponse: &elb.FixedResponse{StatusCode: 404}}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/", lb)
	mux.Handle("/status", lb.Status())

	for range 3 {
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "http://example.com/", nil))
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/status?format=json", nil))
	var status struct {
		Name    string
		Metrics elb.Metrics
	}
	if err := json.NewDecoder(w.Body).Decode(&status); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(status.Name, status.Metrics.RequestCount, status.Metrics.HTTPFixedResponseCount)
	// Output:
	// leat 3 3
}
