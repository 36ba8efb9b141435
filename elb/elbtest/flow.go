package elbtest

import (
	"slices"

	"github.com/leat-go/leat/elb"
)

var flowRules = []rule{{
	name:  "flows/stay",
	says:  "Requests with the same Flow go to the same target, whatever else is outstanding and became of them.",
	needs: Sticky,
	verify: func(c *checker) {
		targets := equalTargets(7)
		p := c.picker(targets)
		homes := c.homes(p, 2000, targets)
		for flow, again := range c.homes(p, 2000, targets) {
			if again != homes[flow] {
				c.Fatalf("flow %d went to %s, then to %s", flow, homes[flow].Name(), again.Name())
			}
		}
	},
}, {
	name:  "flows/agree",
	says:  "Two pickers with the same targets, in whatever order, choose the same target for a flow.",
	needs: Sticky,
	verify: func(c *checker) {
		targets, mirrored := equalTargets(7), equalTargets(7)
		slices.Reverse(mirrored)
		other := c.homes(c.picker(mirrored), 2000, mirrored)
		for flow, home := range c.homes(c.picker(targets), 2000, targets) {
			if home.Name() != other[flow].Name() {
				c.Fatalf("flow %d goes to %s, with another picker to %s", flow, home.Name(), other[flow].Name())
			}
		}
	},
}, {
	name:  "flows/agree to avoid",
	says:  "A flow that avoids its target goes to the same other one each time.",
	needs: Sticky,
	verify: func(c *checker) {
		targets := equalTargets(5)
		p := c.picker(targets)
		for flow := range uint64(500) {
			req := elb.Request{Flow: flow, Avoid: targets[:2]}
			first, _ := c.pick(p, req, targets[2:])
			if second, _ := c.pick(p, req, targets[2:]); first != second {
				c.Fatalf("flow %d goes to %s, then to %s", flow, first.Name(), second.Name())
			}
		}
	},
}, {
	name:    "flows/few move",
	says:    "When a target comes or leaves, few flows move besides those that go to it or were there.",
	needs:   Sticky,
	changes: true,
	verify: func(c *checker) {
		targets := equalTargets(10)
		p := c.changing(targets)
		homes := c.homes(p, 5000, targets)
		for _, t := range targets[:3] {
			rest := without(targets, t)
			p.SetTargets(rest)
			moved := 0
			for flow, home := range c.homes(p, 5000, rest) {
				if homes[flow] != t && home != homes[flow] {
					moved++
				}
			}
			if moved > 250 { // 5 %, which a permutation of Maglev's stays below
				c.Fatalf("%d of 5000 flows moved that were not at %s, which left", moved, t.Name())
			}
			p.SetTargets(targets)
			moved = 0
			for flow, home := range c.homes(p, 5000, targets) {
				if home != homes[flow] {
					moved++
				}
			}
			if moved > 250 {
				c.Fatalf("%d of 5000 flows are not back after %s is", moved, t.Name())
			}
		}
	},
}}

// homes returns where each of n flows goes.
func (c *checker) homes(p elb.Picker, n int, from []*elb.Target) []*elb.Target {
	c.Helper()
	homes := make([]*elb.Target, n)
	for flow := range homes {
		t, done := c.pick(p, elb.Request{Flow: uint64(flow)}, from)
		homes[flow] = t
		if flow%3 > 0 { // the others stay outstanding
			done(elb.Outcome{Status: 200 + flow%2*300})
		}
	}
	return homes
}
