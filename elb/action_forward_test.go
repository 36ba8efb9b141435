package elb_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

func TestChoose(t *testing.T) {
	f := elb.Forward{Groups: []elb.WeightedGroup{{Group: "none", Weight: new(0)}, {Group: "one"}, {Group: "three", Weight: new(3)}, {Group: "never", Weight: new(0)}}}
	for random, want := range map[uint64]string{0: "one", 1<<62 - 1: "one", 1 << 62: "three", math.MaxUint64: "three"} {
		got, ok := f.Choose(random)
		require.True(t, ok)
		require.Equal(t, want, got, "%x", random)
	}
	_, ok := (&elb.Forward{Groups: f.Groups[:1]}).Choose(rand.Uint64())
	require.False(t, ok, "no group has a weight")
	_, ok = (&elb.Forward{}).Choose(0)
	require.False(t, ok)
}

func TestChooseKeepsToTheWeights(t *testing.T) {
	f := elb.Forward{Groups: []elb.WeightedGroup{{Group: "a", Weight: new(999)}, {Group: "b", Weight: new(1)}, {Group: "c", Weight: new(500)}}}
	r := rand.New(rand.NewPCG(1, 2))
	got := map[string]float64{}
	const n = 300_000
	for range n {
		group, _ := f.Choose(r.Uint64())
		got[group]++
	}
	t.Log(got)
	for _, g := range f.Groups {
		p := float64(*g.Weight) / 1500
		require.InDelta(t, n*p, got[g.Group], 5*math.Sqrt(n*p*(1-p)), g.Group) // five standard deviations
	}
}
