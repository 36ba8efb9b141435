package elb_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

// Of two targets both are drawn, so the choice is exact.
func TestPowerOfTwoChoosesTheLessBusy(t *testing.T) {
	targets := pickTargets(2, 3, 1)
	p := &elb.PowerOfTwo{Rand: new(fixedRand).next}
	p.SetTargets(targets)
	seen := make(map[*elb.Target]int)
	for range 400 { // which all stay outstanding
		target, _ := pick(t, p, elb.Request{})
		seen[target]++
	}
	require.InDelta(t, 300, seen[targets[0]], 1)
}

// With requests that pile up, two choices keep the longest backlog within a few of the
// mean, where one choice has it off by some dozens.
func TestPowerOfTwoLevels(t *testing.T) {
	targets := pickTargets(100)
	most := func(p elb.SetPicker) (most int) {
		p.SetTargets(targets)
		seen := make(map[*elb.Target]int)
		for range 20_000 {
			target, _ := pick(t, p, elb.Request{})
			seen[target]++
			most = max(most, seen[target])
		}
		return most
	}
	require.LessOrEqual(t, most(&elb.PowerOfTwo{Rand: new(fixedRand).next}), 204)
	require.GreaterOrEqual(t, most(&elb.WeightedRandom{Rand: new(fixedRand).next}), 225)
}

func TestPowerOfTwoRemembersTargetsThatLeave(t *testing.T) {
	targets := pickTargets(2)
	p := new(elb.PowerOfTwo)
	p.SetTargets(targets[:1])
	_, first := pick(t, p, elb.Request{})
	_, second := pick(t, p, elb.Request{})
	p.SetTargets(targets[1:])
	first(elb.Outcome{}) // after it left
	p.SetTargets(targets)
	target, _ := pick(t, p, elb.Request{})
	require.Equal(t, "t1", target.Name())
	second(elb.Outcome{})
	target, _ = pick(t, p, elb.Request{})
	require.Equal(t, "t0", target.Name())
}
