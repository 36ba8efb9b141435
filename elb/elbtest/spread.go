package elbtest

import "github.com/leat-go/leat/elb"

var spreadRules = []rule{{
	name:  "spread/even",
	says:  "Targets of the same weight are chosen equally often.",
	needs: Even,
	verify: func(c *checker) {
		for _, n := range []int{2, 3, 7, 16} {
			targets := equalTargets(n)
			c.share(c.count(c.picker(targets), 3000*n, targets), targets, "equal targets")
		}
	},
}, {
	name:  "spread/repeated targets",
	says:  "A target that is given twice counts once.",
	needs: Even,
	verify: func(c *checker) {
		targets := equalTargets(3)
		p := c.picker([]*elb.Target{targets[0], targets[0], targets[1], targets[2], targets[0]})
		c.share(c.count(p, 9000, targets), targets, "with one target given three times")
	},
}, {
	name:  "spread/weights",
	says:  "Targets are chosen in proportion to their weights.",
	needs: Weighted,
	verify: func(c *checker) {
		for _, weights := range [][]int{{1, 2}, {5, 1, 1}, {4, 3, 2, 1}, {300, 100, 200, 100}} {
			targets := targetsOf(weights...)
			c.share(c.count(c.picker(targets), 30_000, targets), targets, "weights in proportion")
		}
	},
}, {
	name:  "spread/no weight",
	says:  "A weight of zero is one of 1.",
	needs: Weighted,
	verify: func(c *checker) {
		targets := targetsOf(0, 1, 2)
		c.share(c.count(c.picker(targets), 12_000, targets), targets, "weights 0, 1 and 2")
	},
}}
