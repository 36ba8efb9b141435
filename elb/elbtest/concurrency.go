package elbtest

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/elb"
)

var concurrencyRules = []rule{{
	name: "concurrency/picks",
	says: "Pick and done may be called concurrently. (The race detector sees more of this rule.)",
	verify: func(c *checker) {
		targets := equalTargets(5)
		p := c.picker(targets)
		c.together(p, targets, func() {})
	},
}, {
	name:    "concurrency/changes",
	says:    "While SetTargets runs, Pick chooses from the targets of before or of after; once it has returned, from those of after.",
	changes: true,
	verify: func(c *checker) {
		targets := equalTargets(6)
		p := c.changing(targets)
		c.together(p, targets, func() {
			for i := range 20 {
				now := slices.Clone(targets[i%4 : i%4+2])
				p.SetTargets(now)
				for flow := range uint64(20) {
					_, done := c.pick(p, elb.Request{Flow: flow}, now)
					done(elb.Outcome{})
				}
			}
		})
	},
}}

// together picks in two goroutines until meanwhile has returned, a thousand times at
// least.
func (c *checker) together(p elb.Picker, from []*elb.Target, meanwhile func()) {
	c.Helper()
	var over atomic.Bool
	var problem atomic.Pointer[string]
	var wg sync.WaitGroup
	for g := range uint64(2) {
		wg.Go(func() {
			var last func(elb.Outcome) // is called by the next pick, or at the end
			for n := uint64(0); n < 1000 || !over.Load(); n++ {
				t, done, err := p.Pick(elb.Request{Flow: n*2 + g, Avoid: from[:n%2]})
				if s := problemOf(t, done, err, from); s != "" {
					problem.Store(&s)
					return
				}
				if last != nil {
					last(elb.Outcome{Status: 200})
				}
				last = done
			}
			last(elb.Outcome{})
		})
	}
	func() {
		defer over.Store(true) // a failure in it ends its goroutine
		meanwhile()
	}()
	wg.Wait()
	if s := problem.Load(); s != nil {
		c.Fatalf("concurrently, Pick %s", *s)
	}
}
