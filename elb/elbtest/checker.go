package elbtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/leat-go/leat/elb"
)

// checker is what a rule checks with. It fails the test at the first difference.
type checker struct {
	testing.TB
	cfg Config
}

func (c *checker) picker(targets []*elb.Target) elb.Picker {
	c.Helper()
	p := c.cfg.New(c.TB, targets)
	if p == nil {
		c.Fatal("Config.New returned no picker")
	}
	return p
}

// changing returns a picker the targets of which can be changed.
func (c *checker) changing(targets []*elb.Target) elb.SetPicker {
	c.Helper()
	return c.picker(targets).(elb.SetPicker)
}

// targetsOf returns as many targets as there are weights.
func targetsOf(weights ...int) []*elb.Target {
	targets := make([]*elb.Target, len(weights))
	for i, w := range weights {
		targets[i] = &elb.Target{ID: fmt.Sprint("target-", i), Weight: w}
	}
	return targets
}

func equalTargets(n int) []*elb.Target { return targetsOf(make([]int, n)...) }

// pick picks one of some targets.
func (c *checker) pick(p elb.Picker, req elb.Request, from []*elb.Target) (*elb.Target, func(elb.Outcome)) {
	c.Helper()
	t, done, err := p.Pick(req)
	if problem := problemOf(t, done, err, from); problem != "" {
		c.Fatalf("Pick %s", problem)
	}
	return t, done
}

// problemOf says what is wrong with a pick out of some targets, empty if nothing is.
func problemOf(t *elb.Target, done func(elb.Outcome), err error, from []*elb.Target) string {
	switch {
	case err != nil:
		return fmt.Sprintf("failed with %d targets: %v", len(from), err)
	case t == nil:
		return "returned no target and no error"
	case done == nil:
		return "returned no done and no error"
	case !slices.Contains(from, t):
		return fmt.Sprintf("chose %q, which is none of %v", t.Name(), namesOf(from))
	}
	return ""
}

// none checks that there is nothing to choose from.
func (c *checker) none(p elb.Picker, req elb.Request) {
	c.Helper()
	if t, done, err := p.Pick(req); !errors.Is(err, elb.ErrNoTargets) || t != nil || done != nil {
		c.Fatalf("Pick without targets returned (target: %t, done: %t, error: %v), expected only elb.ErrNoTargets", t != nil, done != nil, err)
	}
}

// count picks n times, each a flow of its own that is over at once, and counts.
func (c *checker) count(p elb.Picker, n int, from []*elb.Target) map[*elb.Target]int {
	c.Helper()
	seen := make(map[*elb.Target]int)
	flows := flows()
	for range n {
		t, done := c.pick(p, elb.Request{Flow: flows.Uint64()}, from)
		done(elb.Outcome{Status: 200})
		seen[t]++
	}
	return seen
}

// share checks that each target has been chosen as often as its weight says.
func (c *checker) share(seen map[*elb.Target]int, targets []*elb.Target, what string) {
	c.Helper()
	picks, weights := 0, 0
	for _, t := range targets {
		picks += seen[t]
		weights += max(t.Weight, 1)
	}
	for _, t := range targets {
		want := float64(picks) * float64(max(t.Weight, 1)) / float64(weights)
		if got := float64(seen[t]); got < 0.8*want || got > 1.2*want {
			c.Fatalf("%s: %d of %d picks chose %s, expected about %.0f", what, seen[t], picks, t.Name(), want)
		}
	}
}

// flows gives the same flows each time.
func flows() *rand.Rand { return rand.New(rand.NewPCG(6, 28)) }

func namesOf(targets []*elb.Target) []string {
	names := make([]string, len(targets))
	for i, t := range targets {
		if names[i] = "nil"; t != nil {
			names[i] = t.Name()
		}
	}
	return names
}

func without(targets []*elb.Target, some ...*elb.Target) []*elb.Target {
	return slices.DeleteFunc(slices.Clone(targets), func(t *elb.Target) bool { return slices.Contains(some, t) })
}
