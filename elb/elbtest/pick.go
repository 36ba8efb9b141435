package elbtest

import (
	"errors"
	"slices"
	"time"

	"github.com/leat-go/leat/elb"
)

var pickRules = []rule{{
	name: "pick/no targets",
	says: "Without targets Pick fails with elb.ErrNoTargets, and returns neither a target nor a done.",
	verify: func(c *checker) {
		c.none(c.picker(nil), elb.Request{})
		c.none(c.picker([]*elb.Target{}), elb.Request{Flow: 1, Avoid: equalTargets(1)})
	},
}, {
	name: "pick/one of the targets",
	says: "Pick returns one of the targets, and a done that may be called.",
	verify: func(c *checker) {
		for _, n := range []int{1, 2, 3, 10} {
			targets := equalTargets(n)
			c.count(c.picker(targets), 100*n, targets)
		}
	},
}, {
	name: "pick/every target",
	says: "Every target is chosen for some requests.",
	verify: func(c *checker) {
		targets := targetsOf(1, 1, 2, 3)
		seen := c.count(c.picker(targets), 2000, targets)
		for _, t := range targets {
			if seen[t] == 0 {
				c.Fatalf("%s is not chosen for any of 2000 requests", t.Name())
			}
		}
	},
}, {
	name: "pick/however many are outstanding",
	says: "Pick neither fails nor waits for requests that are not done.",
	verify: func(c *checker) {
		targets := equalTargets(3)
		p := c.picker(targets)
		returned := make(chan string, 1)
		go func() {
			flows := flows()
			for range 20_000 {
				t, done, err := p.Pick(elb.Request{Flow: flows.Uint64()})
				if problem := problemOf(t, done, err, targets); problem != "" {
					returned <- problem
					return
				}
			}
			returned <- ""
		}()
		select {
		case problem := <-returned:
			if problem != "" {
				c.Fatalf("with requests outstanding Pick %s", problem)
			}
		case <-time.After(10 * time.Second):
			c.Fatal("Pick waits, with at most 20,000 requests outstanding")
		}
	},
}, {
	name: "pick/whatever became of requests",
	says: "Outcomes do not take targets away: when all fail, Pick goes on.",
	verify: func(c *checker) {
		targets := equalTargets(3)
		p := c.picker(targets)
		flows := flows()
		for i := range 1000 {
			_, done := c.pick(p, elb.Request{Flow: flows.Uint64()}, targets)
			done([]elb.Outcome{{}, {Err: errors.New("connection refused")}, {Status: 503, Duration: time.Hour}, {Status: -1, Duration: -1}}[i%4])
		}
	},
}, {
	name: "pick/nil and repeated targets",
	says: "A nil among the targets is never chosen, and the set is not empty because of it.",
	verify: func(c *checker) {
		targets := equalTargets(2)
		given := []*elb.Target{nil, targets[0], targets[1], targets[0], nil}
		c.count(c.picker(given), 300, targets)
		c.none(c.picker([]*elb.Target{nil, nil}), elb.Request{})
	},
}, {
	name: "pick/the caller's slices",
	says: "A picker does not write to the slices that it is given.",
	verify: func(c *checker) {
		targets := targetsOf(1, 3, 2)
		given := []*elb.Target{targets[2], nil, targets[0], targets[1], targets[0]}
		avoid := []*elb.Target{targets[1], targets[0]}
		givenBefore, avoidBefore := slices.Clone(given), slices.Clone(avoid)
		p := c.picker(given)
		for flow := range uint64(100) {
			_, done := c.pick(p, elb.Request{Flow: flow, Avoid: avoid}, targets)
			done(elb.Outcome{})
		}
		if !slices.Equal(given, givenBefore) || !slices.Equal(avoid, avoidBefore) {
			c.Fatalf("targets %v became %v, Avoid %v became %v", namesOf(givenBefore), namesOf(given), namesOf(avoidBefore), namesOf(avoid))
		}
	},
}}
