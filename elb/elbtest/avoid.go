package elbtest

import "github.com/leat-go/leat/elb"

var avoidRules = []rule{{
	name: "avoid/another target",
	says: "A request does not go to a target in Request.Avoid while there is another, be it only one and light.",
	verify: func(c *checker) {
		targets := targetsOf(1000, 1, 1, 1)
		p := c.picker(targets)
		for flow := range uint64(500) {
			for n := 1; n < len(targets); n++ {
				_, done := c.pick(p, elb.Request{Flow: flow, Avoid: targets[:n]}, targets[n:])
				done(elb.Outcome{})
			}
		}
	},
}, {
	name: "avoid/all targets",
	says: "A request that avoids all targets goes to one of them.",
	verify: func(c *checker) {
		targets := equalTargets(3)
		p := c.picker(targets)
		for flow := range uint64(100) {
			c.pick(p, elb.Request{Flow: flow, Avoid: targets}, targets)
		}
	},
}, {
	name: "avoid/strangers",
	says: "Targets in Request.Avoid that are not in the set, and nils, mean nothing.",
	verify: func(c *checker) {
		targets := equalTargets(3)
		p := c.picker(targets)
		for flow := range uint64(100) {
			c.pick(p, elb.Request{Flow: flow, Avoid: append(equalTargets(3), nil)}, targets)
		}
	},
}}
