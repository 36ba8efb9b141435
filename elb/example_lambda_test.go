package elb_test

import (
	"context"
	"encoding/json"

	"github.com/leat-go/leat/elb"
)

// A function of AWS Lambda's kind answers requests.
func ExampleFunction() {
	greet := func(_ context.Context, event []byte) ([]byte, error) {
		var request struct {
			Path  string            `json:"path"`
			Query map[string]string `json:"queryStringParameters"`
		}
		if err := json.Unmarshal(event, &request); err != nil {
			return nil, err
		}
		return json.Marshal(map[string]any{
			"statusCode": 200,
			"headers":    map[string]string{"Content-Type": "text/plain"},
			"body":       request.Path + " greets " + request.Query["name"],
		})
	}
	group, err := elb.NewTargetGroup(elb.GroupConfig{Name: "greeters", HealthCheck: elb.HealthCheck{Disabled: true}})
	if err != nil {
		panic(err)
	}
	defer group.Close()
	if err := group.Register(&elb.Target{ID: "greet", Function: greet}); err != nil {
		panic(err)
	}
	lb, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Groups:    []*elb.TargetGroup{group},
		Listeners: []elb.Listener{{DefaultAction: &elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "greeters"}}}}}},
	})
	if err != nil {
		panic(err)
	}
	defer lb.Close()
	ask(lb, "http://www.example.com/hello?name=world")
	// Output:
	// 200  /hello greets world
}
