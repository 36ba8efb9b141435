package elb_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

func TestWeightedRoundRobinTurns(t *testing.T) {
	for _, c := range []struct {
		weights []int
		want    string
	}{
		{[]int{1}, "t0 t0"},
		{[]int{1, 1, 1}, "t0 t1 t2 t0 t1 t2"},
		{[]int{7, 7, 7}, "t0 t1 t2 t0 t1 t2"},
		{[]int{5, 1, 1}, "t0 t1 t0 t0 t2 t0 t0 t0 t1"},
		{[]int{1, 5, 1}, "t1 t0 t1 t1 t2 t1 t1"},
		{[]int{2, 1}, "t0 t1 t0 t0 t1 t0"},
		{[]int{200, 100}, "t0 t1 t0 t0 t1 t0"},
		{[]int{3, 2, 1}, "t0 t1 t0 t2 t0 t1"},
	} {
		var p elb.WeightedRoundRobin
		p.SetTargets(pickTargets(len(c.weights), c.weights...))
		require.Equal(t, c.want, strings.Join(names(t, &p, len(strings.Fields(c.want))), " "), "%v", c.weights)
	}
}

// Over a period each target has exactly its weight, wherever the period begins, and in
// every part of it nearly its share.
func TestWeightedRoundRobinIsExactAndSmooth(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		weights := make([]int, 1+r.IntN(30))
		period := 0
		for i := range weights {
			weights[i] = 1 + r.IntN(1+r.IntN(60))
			period += weights[i]
		}
		targets := pickTargets(len(weights), weights...)
		var p elb.WeightedRoundRobin
		p.SetTargets(targets)
		counts(t, &p, r.IntN(period))
		seen := make(map[*elb.Target]int)
		for k := range period {
			target, _ := pick(t, &p, elb.Request{})
			seen[target]++
			for i, target := range targets {
				require.InDelta(t, float64(weights[i])*float64(k+1)/float64(period), seen[target], 4.5, "%v: %s after %d of %d", weights, target.Name(), k+1, period)
			}
		}
		for i, target := range targets {
			require.Equal(t, weights[i], seen[target], "%v: %s", weights, target.Name())
		}
	}
}

func TestWeightedRoundRobinContinuesWhenTargetsChange(t *testing.T) {
	targets := pickTargets(3, 5, 3, 2)
	var p elb.WeightedRoundRobin
	seen := make(map[string]int)
	for range 1000 {
		p.SetTargets(targets)
		seen[names(t, &p, 1)[0]]++
	}
	require.Equal(t, map[string]int{"t0": 500, "t1": 300, "t2": 200}, seen)
	p.SetTargets(targets[1:])
	require.Subset(t, []string{"t1", "t2"}, names(t, &p, 50))
}

func TestWeightedRoundRobinAvoidsAHeavyTarget(t *testing.T) {
	targets := pickTargets(2, 65_535, 1)
	var p elb.WeightedRoundRobin
	p.SetTargets(targets)
	for range 100 {
		target, _ := pick(t, &p, elb.Request{Avoid: targets[:1]})
		require.Equal(t, "t1", target.Name())
	}
}
