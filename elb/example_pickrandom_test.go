package elb_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/leat-go/leat/elb"
)

// What is outstanding at each target is in proportion to its weight. (Of two targets both
// are drawn, so that chance decides only which is first.)
func ExamplePowerOfTwo() {
	p := elb.PowerOfTwo{Rand: rand.New(rand.NewPCG(1, 2)).Uint64} // one goroutine only
	p.SetTargets([]*elb.Target{{ID: "large", Weight: 3}, {ID: "small", Weight: 1}})
	outstanding := make(map[string]int)
	for range 40 { // of which none is done
		target, _, _ := p.Pick(elb.Request{})
		outstanding[target.ID]++
	}
	fmt.Println(outstanding)
	// Output: map[large:30 small:10]
}

// Three targets that are drawn by weight. Share says what a target has left of its
// weight, after an anomaly.
func ExampleWeightedRandom() {
	p := elb.WeightedRandom{Rand: rand.New(rand.NewPCG(1, 2)).Uint64} // one goroutine only
	large := &elb.Target{ID: "large", Weight: 8}
	p.SetTargets([]*elb.Target{large, {ID: "small"}, {ID: "smaller"}})
	served := 0
	for range 1000 {
		target, done, _ := p.Pick(elb.Request{})
		done(elb.Outcome{Status: 200})
		if target == large {
			served++
		}
	}
	fmt.Println(served > 700, served < 900, p.Share(large))
	// Output: true true 1
}
