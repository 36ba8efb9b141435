package elb_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

func TestPickersWithoutTargets(t *testing.T) {
	for name, newPicker := range pickers {
		p := newPicker()
		empty := func() {
			t.Helper()
			target, done, err := p.Pick(elb.Request{Avoid: pickTargets(1)})
			require.ErrorIs(t, err, elb.ErrNoTargets, name)
			require.Nil(t, target, name)
			require.Nil(t, done, name)
		}
		empty()
		p.SetTargets(nil)
		empty()
		p.SetTargets([]*elb.Target{nil, nil})
		empty()
		p.SetTargets(pickTargets(2))
		_, done := pick(t, p, elb.Request{})
		p.SetTargets(nil)
		empty()
		done(elb.Outcome{})
		empty()
	}
}

func TestPickersIgnoreNilAndRepeatedTargets(t *testing.T) {
	targets := pickTargets(3)
	a, b, c := targets[0], targets[1], targets[2]
	for name, newPicker := range pickers {
		p := newPicker()
		p.SetTargets([]*elb.Target{nil, a, a, b, a, nil, c, a})
		requireShares(t, counts(t, p, 30_000), []*elb.Target{a, b, c}, 1, 1, 1)
		given := []*elb.Target{a, nil, b}
		p.SetTargets(given)
		require.Equal(t, []*elb.Target{a, nil, b}, given, "%s changed the caller's slice", name)
	}
}

func TestPickersSpread(t *testing.T) {
	for name, newPicker := range pickers {
		for _, n := range []int{1, 2, 3, 10, 33} {
			targets := pickTargets(n)
			p := newPicker()
			p.SetTargets(targets)
			t.Log(name, n)
			requireShares(t, counts(t, p, 3000*n), targets, slices.Repeat([]int{1}, n)...)
		}
	}
}

func TestPickersObserveWeights(t *testing.T) {
	for _, name := range []string{"WeightedRoundRobin", "WeightedRandom", "PowerOfTwo", "ConsistentHash"} {
		for _, c := range []struct{ given, shares []int }{
			{[]int{1, 2}, []int{1, 2}},
			{[]int{5, 1, 1}, []int{5, 1, 1}},
			{[]int{0, -3, 2}, []int{1, 1, 2}},
			{[]int{10, 20, 30, 40, 50, 60, 70, 80}, []int{1, 2, 3, 4, 5, 6, 7, 8}},
			{[]int{65_535, 65_535, 1 << 30}, []int{1, 1, 1}},
		} {
			targets := pickTargets(len(c.given), c.given...)
			p := pickers[name]()
			p.SetTargets(targets)
			t.Log(name, c.given)
			requireShares(t, counts(t, p, 50_000), targets, c.shares...)
		}
	}
}

// requireShares checks that counts are in proportion to shares: each within six standard
// deviations of a draw, and six of the draw of 65,536 lots that a hash may add.
func requireShares(t *testing.T, counts map[*elb.Target]int, targets []*elb.Target, shares ...int) {
	t.Helper()
	all, sum := 0, 0
	for _, n := range counts {
		all += n
	}
	for _, s := range shares {
		sum += s
	}
	for i, target := range targets {
		share := float64(shares[i]) / float64(sum)
		want := share * float64(all)
		tolerance := 6*math.Sqrt(want*(1-share)) + want*6*math.Sqrt((1-share)/share/65_536)
		require.InDelta(t, want, counts[target], tolerance, "%s, of %d", target.Name(), all)
		delete(counts, target)
	}
	require.Empty(t, counts, "picks of targets that are not in the set")
}

func TestPickersAvoid(t *testing.T) {
	for name, newPicker := range pickers {
		targets := pickTargets(40, 60_000)
		p := newPicker()
		p.SetTargets(targets)
		r := rand.New(rand.NewPCG(1, 2))
		for range 2000 {
			avoid := slices.Clone(targets)
			r.Shuffle(len(avoid), func(i, j int) { avoid[i], avoid[j] = avoid[j], avoid[i] })
			avoid = avoid[:1+r.IntN(len(avoid))]
			target, done := pick(t, p, elb.Request{Flow: r.Uint64(), Avoid: avoid})
			require.Contains(t, targets, target, name)
			if len(avoid) < len(targets) {
				require.NotContains(t, avoid, target, name)
			}
			if r.IntN(2) == 0 {
				done(elb.Outcome{})
			}
		}
		stranger := &elb.Target{ID: "gone"}
		target, _ := pick(t, p, elb.Request{Avoid: []*elb.Target{stranger, nil}})
		require.Contains(t, targets, target, name)
	}
}

// While one goroutine replaces targets, others never see an empty set nor, once
// SetTargets has returned, a target that left.
func TestPickersWhileTargetsChange(t *testing.T) {
	for name, newPicker := range pickers {
		targets := pickTargets(8)
		p := newPicker()
		p.SetTargets(targets)
		stop := make(chan struct{})
		var pickers sync.WaitGroup
		for g := range 2 {
			pickers.Go(func() {
				r := rand.New(rand.NewPCG(uint64(g), 5))
				for {
					select {
					case <-stop:
						return
					default:
					}
					target, done, err := p.Pick(elb.Request{Flow: r.Uint64(), Avoid: targets[:r.IntN(3)]})
					if err != nil || target == nil {
						t.Errorf("%s: %v, %v", name, target, err)
						return
					}
					done(elb.Outcome{Status: 200 + 300*r.IntN(2)})
				}
			})
		}
		for i := range 20 {
			now := targets[i%7 : i%7+1+i%2]
			p.SetTargets(now)
			for f := range uint64(50) {
				target, done := pick(t, p, elb.Request{Flow: f})
				require.Contains(t, now, target, name)
				done(elb.Outcome{})
			}
		}
		close(stop)
		pickers.Wait()
	}
}

func TestPickAllocatesNothing(t *testing.T) {
	for name, newPicker := range pickers {
		targets := pickTargets(100)
		p := newPicker()
		p.SetTargets(targets)
		avoid := targets[:3]
		require.Zero(t, testing.AllocsPerRun(1000, func() {
			_, done, _ := p.Pick(elb.Request{Flow: 7, Avoid: avoid})
			done(elb.Outcome{Status: 200})
		}), name)
	}
}
