package elb_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/leat-go/leat/elb"
)

// A client picks one of a group's targets for each of its requests, and tells what became of
// it. Targets are checked by whatever the program knows of them.
func ExampleTargetGroup() {
	group, err := elb.NewTargetGroup(elb.GroupConfig{
		Name: "replicas",
		HealthCheck: elb.HealthCheck{
			UnhealthyThreshold: 1,
			Func: func(_ context.Context, t *elb.Target) error {
				if t.ID == "three" {
					return errors.New("replication is behind")
				}
				return nil
			},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer group.Close()
	changes := group.Watch(context.Background())
	err = group.Register(
		&elb.Target{ID: "one", Address: "10.0.0.1:5432"},
		&elb.Target{ID: "two", Address: "10.0.0.2:5432"},
		&elb.Target{ID: "three", Address: "10.0.0.3:5432"},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	unknown := 3
	for change := range changes {
		if change.To.State != elb.StateInitial {
			unknown--
		}
		if unknown == 0 {
			break
		}
	}
	for range 4 {
		target, done, err := group.Pick(elb.Request{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("a query to", target.Address)
		done(elb.Outcome{Duration: time.Millisecond})
	}
	for _, t := range group.Targets() {
		fmt.Printf("%s %s %q\n", t.Target.Name(), t.Health.State, t.Health.Description)
	}
	// Output:
	// a query to 10.0.0.1:5432
	// a query to 10.0.0.2:5432
	// a query to 10.0.0.1:5432
	// a query to 10.0.0.2:5432
	// one healthy ""
	// two healthy ""
	// three unhealthy "replication is behind"
}

// A target that is deregistered gets no more requests. It drains until it has answered those
// it has, or the deregistration delay is over.
func ExampleTargetGroup_Deregister() {
	group, err := elb.NewTargetGroup(elb.GroupConfig{
		Name:                "web",
		DeregistrationDelay: new(time.Minute),
		HealthCheck:         elb.HealthCheck{Disabled: true},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer group.Close()
	old := &elb.Target{ID: "old", Handler: http.NotFoundHandler()}
	if err := group.Register(old); err != nil {
		fmt.Println(err)
		return
	}
	_, done, _ := group.Pick(elb.Request{})

	if err := errors.Join(group.Register(&elb.Target{ID: "new", Handler: http.NotFoundHandler()}), group.Deregister(old)); err != nil {
		fmt.Println(err)
	}
	for _, t := range group.Targets() {
		fmt.Println(t.Target.Name(), t.Health.State, t.Outstanding)
	}
	target, doneToo, _ := group.Pick(elb.Request{})
	fmt.Println("the next request goes to", target.Name())
	doneToo(elb.Outcome{})
	done(elb.Outcome{})
	fmt.Println(len(group.Targets()), "target is left")
	// Output:
	// old draining 1
	// new unavailable 0
	// the next request goes to new
	// 1 target is left
}

// All faults of a configuration are found at once.
func ExampleConfigError() {
	_, err := elb.NewTargetGroup(elb.GroupConfig{Name: "no spaces", MinimumHealthyPercent: 101})
	fmt.Println(err)
	// Output:
	// elb: GroupConfig.Name: "no spaces" is not 1 to 32 letters, digits and hyphens, with no hyphen at either end
	// elb: GroupConfig.MinimumHealthyPercent: 101 is not between 0 and 100
}

// Targets whose answers are bad are taken out for a while, whatever their health checks say.
func ExampleOutlierEjection() {
	group, err := elb.NewTargetGroup(elb.GroupConfig{
		Name:        "api",
		HealthCheck: elb.HealthCheck{Disabled: true},
		Outliers:    &elb.OutlierEjection{Consecutive: 3},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer group.Close()
	good, bad := &elb.Target{Address: "10.0.0.1:80"}, &elb.Target{Address: "10.0.0.2:80"}
	if err := group.Register(good, bad); err != nil {
		fmt.Println(err)
		return
	}
	for range 10 {
		target, done, err := group.Pick(elb.Request{})
		if err != nil {
			fmt.Println(err)
			return
		}
		status := http.StatusOK
		if target == bad {
			status = http.StatusInternalServerError
		}
		done(elb.Outcome{Status: status})
	}
	for _, t := range group.Targets() {
		fmt.Println(t.Target.Name(), t.Requests, t.Errors, t.Ejected)
	}
	// Output:
	// 10.0.0.1:80 7 0 false
	// 10.0.0.2:80 3 3 true
}
