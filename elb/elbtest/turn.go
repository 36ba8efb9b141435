package elbtest

import (
	"slices"
	"sync"

	"github.com/leat-go/leat/elb"
)

var turnRules = []rule{{
	name:  "turns/in order",
	says:  "Targets are chosen in the order in which they are set, and then from the first again.",
	needs: InTurn,
	verify: func(c *checker) {
		targets := equalTargets(4)
		p := c.picker(targets)
		for i := range 20 {
			if t, _ := c.pick(p, elb.Request{}, targets); t != targets[i%4] {
				c.Fatalf("pick %d is %s, expected %s", i+1, t.Name(), targets[i%4].Name())
			}
		}
	},
}, {
	name:  "turns/exact when concurrent",
	says:  "Whoever picks, targets get exactly as many turns as each other.",
	needs: InTurn,
	verify: func(c *checker) {
		targets := equalTargets(4)
		p := c.picker(targets)
		var mu sync.Mutex
		seen := make(map[*elb.Target]int)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 1000 {
					t, _, _ := p.Pick(elb.Request{})
					mu.Lock()
					seen[t]++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for _, t := range targets {
			if seen[t] != 1000 {
				c.Fatalf("%s had %d of 4000 turns, expected 1000", t.Name(), seen[t])
			}
		}
	},
}, {
	name:    "turns/survive changes",
	says:    "A change of the targets does not begin anew with the first: when there is one before each pick, all targets are still chosen.",
	needs:   InTurn,
	changes: true,
	verify: func(c *checker) {
		targets := equalTargets(4)
		p := c.changing(targets)
		seen := make(map[*elb.Target]int)
		for range 400 {
			p.SetTargets(slices.Clone(targets))
			t, _ := c.pick(p, elb.Request{}, targets)
			seen[t]++
		}
		c.share(seen, targets, "with SetTargets before each pick")
	},
}}
