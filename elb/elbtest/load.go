package elbtest

import (
	"math/rand/v2"
	"slices"

	"github.com/leat-go/leat/elb"
)

// flight is a request that is outstanding.
type flight struct {
	target *elb.Target
	done   func(elb.Outcome)
}

var loadRules = []rule{{
	name:  "load/fewest outstanding",
	says:  "No target has fewer requests outstanding than the one that is chosen, but those that are to be avoided.",
	needs: Fewest,
	verify: func(c *checker) {
		targets := equalTargets(6)
		p := c.picker(targets)
		r := flows()
		outstanding := make(map[*elb.Target]int)
		var flights []flight
		for i := range 5000 {
			if len(flights) > 0 && r.IntN(100) < 48 {
				flights = land(flights, outstanding, r)
				continue
			}
			avoid := targets[:r.IntN(2)*(i%3)]
			t, done := c.pick(p, elb.Request{Avoid: avoid}, without(targets, avoid...))
			c.fewest(t, without(targets, avoid...), outstanding)
			outstanding[t]++
			flights = append(flights, flight{t, done})
		}
	},
}, {
	name:  "load/idle targets take turns",
	says:  "Of targets with equally many requests outstanding not always the same is chosen.",
	needs: Fewest | Even,
	verify: func(c *checker) {
		targets := equalTargets(5)
		c.share(c.count(c.picker(targets), 5000, targets), targets, "idle targets")
	},
}, {
	name:    "load/survives changes",
	says:    "What is outstanding at a target is still counted after a change of the targets that it stays through.",
	needs:   Fewest,
	changes: true,
	verify: func(c *checker) {
		targets := equalTargets(6)
		current := targets
		p := c.changing(current)
		r := flows()
		outstanding := make(map[*elb.Target]int)
		var flights []flight
		for i := range 3000 {
			if i%50 == 0 { // all are there, or one is not that has nothing outstanding
				current = targets
				if idle := slices.IndexFunc(targets, func(t *elb.Target) bool { return outstanding[t] == 0 }); idle >= 0 && i%100 == 0 {
					current = without(targets, targets[idle])
				}
				p.SetTargets(slices.Clone(current))
			}
			if len(flights) > 12 || len(flights) > 0 && r.IntN(100) < 48 {
				flights = land(flights, outstanding, r)
				continue
			}
			t, done := c.pick(p, elb.Request{}, current)
			c.fewest(t, current, outstanding)
			outstanding[t]++
			flights = append(flights, flight{t, done})
		}
	},
}}

// land ends one of the flights.
func land(flights []flight, outstanding map[*elb.Target]int, r *rand.Rand) []flight {
	i := r.IntN(len(flights))
	f := flights[i]
	f.done(elb.Outcome{Status: 200})
	outstanding[f.target]--
	return slices.Delete(flights, i, i+1)
}

func (c *checker) fewest(t *elb.Target, from []*elb.Target, outstanding map[*elb.Target]int) {
	c.Helper()
	for _, other := range from {
		if outstanding[other] < outstanding[t] {
			c.Fatalf("Pick chose %s with %d requests outstanding, %s has %d", t.Name(), outstanding[t], other.Name(), outstanding[other])
		}
	}
}
