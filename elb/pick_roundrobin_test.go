package elb_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

func TestRoundRobinTakesTurns(t *testing.T) {
	targets := pickTargets(3, 5)
	var p elb.RoundRobin
	p.SetTargets(targets)
	require.Equal(t, []string{"t0", "t1", "t2", "t0", "t1", "t2", "t0"}, names(t, &p, 7))
}

func TestRoundRobinKeepsItsTurnWhenTargetsChange(t *testing.T) {
	all := pickTargets(5)
	set := func(indexes ...int) (targets []*elb.Target) {
		for _, i := range indexes {
			targets = append(targets, all[i])
		}
		return targets
	}
	for _, c := range []struct {
		picks int // from all, before the change
		then  []*elb.Target
		want  string
	}{
		{0, set(1, 2), "t1"},
		{2, set(0, 1, 2, 3, 4), "t2"},
		{2, set(0, 1, 3, 4), "t3"},
		{4, set(0, 1, 2), "t0"},
		{3, set(4, 3, 2), "t3"},
		{5, set(0, 1, 2, 3, 4), "t0"},
		{3, pickTargets(2), "t0"},
	} {
		var p elb.RoundRobin
		p.SetTargets(all)
		names(t, &p, c.picks)
		p.SetTargets(c.then)
		require.Equal(t, []string{c.want}, names(t, &p, 1), "after %d picks", c.picks)
	}
}

// Changes between any two picks do not favour the first target.
func TestRoundRobinIsFairWhileTargetsChange(t *testing.T) {
	targets := pickTargets(5)
	var p elb.RoundRobin
	seen := make(map[*elb.Target]int)
	for range 500 {
		p.SetTargets(targets)
		target, _ := pick(t, &p, elb.Request{})
		seen[target]++
	}
	for _, target := range targets {
		require.Equal(t, 100, seen[target])
	}
}

func TestRoundRobinGivesTheTurnOfAnAvoidedTargetToTheNext(t *testing.T) {
	targets := pickTargets(3)
	var p elb.RoundRobin
	p.SetTargets(targets)
	target, _ := pick(t, &p, elb.Request{Avoid: targets[:1]})
	require.Equal(t, "t1", target.Name())
	require.Equal(t, []string{"t2", "t0"}, names(t, &p, 2))
	target, _ = pick(t, &p, elb.Request{Avoid: targets})
	require.Equal(t, "t1", target.Name(), "all are to be avoided, so it is whose turn it is")
}

// Whoever picks, all together give each target the same number of turns, exactly.
func TestTurnsAreExactForConcurrentPicks(t *testing.T) {
	for _, p := range []elb.SetPicker{new(elb.RoundRobin), new(elb.WeightedRoundRobin)} {
		targets := pickTargets(7)
		p.SetTargets(targets)
		var mu sync.Mutex
		seen := make(map[*elb.Target]int)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				own := counts(t, p, 700)
				mu.Lock()
				defer mu.Unlock()
				for target, n := range own {
					seen[target] += n
				}
			})
		}
		wg.Wait()
		for _, target := range targets {
			require.Equal(t, 400, seen[target], fmt.Sprintf("%T", p))
		}
	}
}
