package elb_test

import (
	"fmt"

	"github.com/leat-go/leat/elb"
)

func ExampleRoundRobin() {
	var p elb.RoundRobin
	p.SetTargets([]*elb.Target{{Address: "10.0.0.1:80"}, {Address: "10.0.0.2:80"}})
	for range 3 {
		target, done, err := p.Pick(elb.Request{})
		if err != nil {
			fmt.Println(err) // elb.ErrNoTargets
			return
		}
		fmt.Println(target.Address)
		done(elb.Outcome{Status: 200})
	}
	// Output:
	// 10.0.0.1:80
	// 10.0.0.2:80
	// 10.0.0.1:80
}

// The turns of a heavy target are spread over the rotation.
func ExampleWeightedRoundRobin() {
	var p elb.WeightedRoundRobin
	p.SetTargets([]*elb.Target{{ID: "a", Weight: 5}, {ID: "b"}, {ID: "c"}})
	for range 14 {
		target, done, _ := p.Pick(elb.Request{})
		fmt.Print(target.ID, " ")
		done(elb.Outcome{})
	}
	// Output: a b a a c a a a b a a c a a
}

// A request that is not done counts against its target.
func ExampleLeastOutstanding() {
	var p elb.LeastOutstanding
	p.SetTargets([]*elb.Target{{ID: "a"}, {ID: "b"}})
	slow, slowDone, _ := p.Pick(elb.Request{})
	fmt.Println("a slow one goes to", slow.ID)
	for range 2 {
		target, done, _ := p.Pick(elb.Request{})
		fmt.Println("a fast one goes to", target.ID)
		done(elb.Outcome{})
	}
	slowDone(elb.Outcome{})
	// Output:
	// a slow one goes to a
	// a fast one goes to b
	// a fast one goes to b
}

// A request that failed is tried again, elsewhere.
func ExampleRequest_avoid() {
	var p elb.RoundRobin
	p.SetTargets([]*elb.Target{{ID: "a"}, {ID: "b"}, {ID: "c"}})
	var req elb.Request
	for range 3 {
		target, done, _ := p.Pick(req)
		fmt.Println("try", target.ID)
		done(elb.Outcome{Status: 503})
		req.Avoid = append(req.Avoid, target)
	}
	// Output:
	// try a
	// try b
	// try c
}
