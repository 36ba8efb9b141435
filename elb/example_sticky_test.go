package elb_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/leat-go/leat/elb"
)

// A client that sends back the balancer's cookie stays with the target of its first request.
func ExampleStickiness() {
	group, err := elb.NewTargetGroup(elb.GroupConfig{
		Name:        "shop",
		HealthCheck: elb.HealthCheck{Disabled: true},
		Stickiness:  elb.Stickiness{Type: elb.StickyBalancer},
	})
	if err != nil {
		panic(err)
	}
	defer group.Close()
	for _, name := range []string{"one", "two"} {
		server := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, name) })
		if err := group.Register(&elb.Target{ID: name, Handler: server}); err != nil {
			panic(err)
		}
	}
	lb, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Groups:    []*elb.TargetGroup{group},
		Listeners: []elb.Listener{{DefaultAction: &elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "shop"}}}}}},
	})
	if err != nil {
		panic(err)
	}
	defer lb.Close()

	var cookies []*http.Cookie
	for range 3 {
		r := httptest.NewRequest("GET", "http://www.example.com/", nil)
		for _, cookie := range cookies {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		lb.ServeHTTP(w, r)
		cookies = w.Result().Cookies()
		fmt.Println(w.Body, cookies[0].Name, cookies[1].Name)
	}
	// Output:
	// one AWSALB AWSALBCORS
	// one AWSALB AWSALBCORS
	// one AWSALB AWSALBCORS
}
