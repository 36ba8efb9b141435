package elbtest

import "github.com/leat-go/leat/elb"

var changeRules = []rule{{
	name:    "changes/at once",
	says:    "After SetTargets the targets are those that it was given, and no others.",
	changes: true,
	verify: func(c *checker) {
		targets := targetsOf(3, 1, 2, 1, 1)
		p := c.changing(targets)
		for _, now := range [][]*elb.Target{targets[:1], targets[1:3], targets, targets[4:], targets[:3]} {
			p.SetTargets(now)
			seen := c.count(p, 500, now)
			for _, t := range now {
				if seen[t] == 0 {
					c.Fatalf("%s is not chosen for any of 500 requests after SetTargets", t.Name())
				}
			}
		}
	},
}, {
	name:    "changes/to none and back",
	says:    "SetTargets of none leaves nothing to choose, and later ones have targets again.",
	changes: true,
	verify: func(c *checker) {
		targets := equalTargets(3)
		p := c.changing(targets)
		c.count(p, 10, targets)
		p.SetTargets(nil)
		c.none(p, elb.Request{})
		p.SetTargets(targets[:2])
		c.count(p, 10, targets[:2])
		p.SetTargets([]*elb.Target{nil})
		c.none(p, elb.Request{})
	},
}, {
	name:    "changes/done after it left",
	says:    "A done may be called after its target has left, and after it is back; the target is then like others.",
	changes: true,
	verify: func(c *checker) {
		targets := equalTargets(3)
		p := c.changing(targets)
		var dones []func(elb.Outcome)
		for flow := range uint64(300) {
			_, done := c.pick(p, elb.Request{Flow: flow}, targets)
			dones = append(dones, done)
		}
		p.SetTargets(targets[2:])
		for _, done := range dones[:150] {
			done(elb.Outcome{Status: 200})
		}
		p.SetTargets(targets)
		for _, done := range dones[150:] {
			done(elb.Outcome{Status: 200})
		}
		seen := c.count(p, 2000, targets)
		for _, t := range targets {
			if seen[t] == 0 {
				c.Fatalf("%s is not chosen for any of 2000 requests after all earlier ones are done", t.Name())
			}
		}
	},
}}
