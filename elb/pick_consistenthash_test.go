package elb_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

// flowsOf returns where each of n flows goes.
func flowsOf(t *testing.T, targets []*elb.Target, n int) []*elb.Target {
	t.Helper()
	var p elb.ConsistentHash
	p.SetTargets(targets)
	homes := make([]*elb.Target, n)
	for i := range homes {
		homes[i], _, _ = p.Pick(elb.Request{Flow: uint64(i)})
	}
	return homes
}

func TestConsistentHashMovesOnlyWhatItMust(t *testing.T) {
	const flows = 100_000
	for _, n := range []int{2, 3, 10, 100, 1000} {
		targets := pickTargets(n + 1)
		before, after := flowsOf(t, targets[:n], flows), flowsOf(t, targets, flows)
		moved := 0
		for i := range before {
			if before[i] != after[i] {
				require.Same(t, targets[n], after[i], "a flow moved, but not to the target that came")
				moved++
			}
		}
		share := flows / float64(n+1)
		require.InDelta(t, share, moved, share*6*math.Sqrt(float64(n+1)/65_536)+6*math.Sqrt(share))
	}
}

func TestConsistentHashMovesOnlyFlowsOfTheTargetWhoseWeightChanges(t *testing.T) {
	targets := pickTargets(10, 3)
	before := flowsOf(t, targets, 50_000)
	targets[0].Weight = 2
	moved := 0
	for i, home := range flowsOf(t, targets, 50_000) {
		if home != before[i] {
			require.Same(t, targets[0], before[i])
			moved++
		}
	}
	require.InDelta(t, 50_000*(3/12.0-2/11.0), moved, 700)
}

func TestConsistentHashDependsOnNamesAlone(t *testing.T) {
	targets := pickTargets(20)
	mirrored := pickTargets(20)
	slices.Reverse(mirrored)
	want, got := flowsOf(t, targets, 5000), flowsOf(t, mirrored, 5000)
	for i := range want {
		require.Equal(t, want[i].Name(), got[i].Name())
	}
}

func TestConsistentHashTellsTargetsWithoutNamesApart(t *testing.T) {
	targets := make([]*elb.Target, 4)
	for i := range targets {
		targets[i] = &elb.Target{Handler: http.NotFoundHandler()}
	}
	var p elb.ConsistentHash
	p.SetTargets(targets)
	requireShares(t, counts(t, &p, 20_000), targets, 1, 1, 1, 1)
}

// The shares are those of a draw of 65,536 lots: the sum of the squares of the
// deviations is about as many times the expected number as there are targets.
func TestConsistentHashBalance(t *testing.T) {
	for _, n := range []int{10, 100, 1000} {
		for _, prefix := range []string{"t", "10.0.0.1:", "us-east-1a/i-0"} {
			targets := pickTargets(n)
			for i, target := range targets {
				target.ID = fmt.Sprint(prefix, i)
			}
			seen := make(map[*elb.Target]int)
			const flows = 1 << 18
			for _, home := range flowsOf(t, targets, flows) {
				seen[home]++
			}
			mean, variance := flows/float64(n), 0.0
			for _, target := range targets {
				variance += math.Pow(float64(seen[target])/mean-1, 2) / float64(n)
			}
			want := math.Sqrt(float64(n) * (1.0/65_536 + 1.0/flows))
			t.Logf("%d targets: standard deviation of the share %.1f %%, of a draw %.1f %%", n, 100*math.Sqrt(variance), 100*want)
			require.Less(t, math.Sqrt(variance), want*(1+4/math.Sqrt(float64(2*n))))
		}
	}
}

func TestConsistentHashSecondChoice(t *testing.T) {
	targets := pickTargets(5)
	var p elb.ConsistentHash
	p.SetTargets(targets)
	second := make(map[*elb.Target]int)
	for flow := range uint64(5000) {
		avoid := targets[:1]
		target, _ := pick(t, &p, elb.Request{Flow: flow, Avoid: avoid})
		again, _ := pick(t, &p, elb.Request{Flow: flow, Avoid: avoid})
		require.Same(t, target, again)
		if home, _ := pick(t, &p, elb.Request{Flow: flow}); home == targets[0] {
			second[target]++
		} else {
			require.Same(t, home, target)
		}
	}
	require.Len(t, second, 4, "the flows of one target are spread over all others")
}

func TestConsistentHashOfExtremeWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	targets := pickTargets(100)
	for _, target := range targets {
		target.Weight = 1 << r.IntN(17)
	}
	var p elb.ConsistentHash
	p.SetTargets(targets)
	for range 1000 {
		target, _ := pick(t, &p, elb.Request{Flow: r.Uint64()})
		require.Contains(t, targets, target)
	}
}
