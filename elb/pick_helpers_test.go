package elb_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/leat-go/leat/elb"
)

// pickers makes one of each, their chances fixed.
var pickers = map[string]func() elb.SetPicker{
	"RoundRobin":         func() elb.SetPicker { return new(elb.RoundRobin) },
	"WeightedRoundRobin": func() elb.SetPicker { return new(elb.WeightedRoundRobin) },
	"LeastOutstanding":   func() elb.SetPicker { return new(elb.LeastOutstanding) },
	"WeightedRandom":     func() elb.SetPicker { return &elb.WeightedRandom{Rand: new(fixedRand).next} },
	"PowerOfTwo":         func() elb.SetPicker { return &elb.PowerOfTwo{Rand: new(fixedRand).next} },
	"ConsistentHash":     func() elb.SetPicker { return new(elb.ConsistentHash) },
}

// pickTargets returns n targets, t0, t1 and so on, with weights if some are given.
func pickTargets(n int, weights ...int) []*elb.Target {
	targets := make([]*elb.Target, n)
	for i := range targets {
		targets[i] = &elb.Target{ID: fmt.Sprint("t", i)}
		if i < len(weights) {
			targets[i].Weight = weights[i]
		}
	}
	return targets
}

// pick picks once.
func pick(t testing.TB, p elb.Picker, req elb.Request) (*elb.Target, func(elb.Outcome)) {
	t.Helper()
	target, done, err := p.Pick(req)
	if err != nil || target == nil || done == nil { // faster than require's
		t.Fatalf("Pick returned %v, done: %t, %v", target, done != nil, err)
	}
	return target, done
}

// names picks n times, one request after another, and returns the names.
func names(t testing.TB, p elb.Picker, n int) []string {
	t.Helper()
	var all []string
	for range n {
		target, done := pick(t, p, elb.Request{})
		done(elb.Outcome{})
		all = append(all, target.Name())
	}
	return all
}

// counts picks n times, each a flow of its own, and counts.
func counts(t testing.TB, p elb.Picker, n int) map[*elb.Target]int {
	t.Helper()
	seen := make(map[*elb.Target]int)
	r := rand.New(rand.NewPCG(3, 4))
	for range n {
		target, done := pick(t, p, elb.Request{Flow: r.Uint64()})
		done(elb.Outcome{Status: 200})
		seen[target]++
	}
	return seen
}

func addrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// be.
type fixedRand struct{ state atomic.Uint64 }

func (f *fixedRand) next() uint64 {
	x := f.state.Add(0x9e3779b97f4a7c15)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
