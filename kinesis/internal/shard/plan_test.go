package shard_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// carryOut does what the steps say, as an engine would, and checks that each of them
// may be done. It returns the open ranges in order and the numbers of their shards, and
// how many shards there are then, open and closed.
func carryOut(t require.TestingT, open []shard.Range, steps []shard.Step) (after []shard.Range, numbers []int, total int) {
	all := slices.Clone(open)
	isOpen := map[int]bool{}
	for i := range all {
		isOpen[i] = true
	}
	for _, s := range steps {
		require.True(t, isOpen[s.Shard], "%+v", s)
		delete(isOpen, s.Shard)
		r := all[s.Shard]
		if s.IsMerge() {
			require.True(t, isOpen[s.With], "%+v", s)
			delete(isOpen, s.With)
			require.True(t, r.Adjacent(all[s.With]), "%+v", s)
			require.True(t, r.End.Less(all[s.With].Start), "the lower one comes first: %+v", s)
			isOpen[len(all)] = true
			all = append(all, r.Join(all[s.With]))
			continue
		}
		require.Equal(t, -1, s.With)
		require.True(t, r.CanSplit(s.Key), "%v at %v", r, s.Key)
		below, from := r.Split(s.Key)
		isOpen[len(all)], isOpen[len(all)+1] = true, true
		all = append(all, below, from)
	}
	for i := range all {
		if isOpen[i] {
			numbers = append(numbers, i)
		}
	}
	slices.SortFunc(numbers, func(a, b int) int { return all[a].Start.Compare(all[b].Start) })
	for _, i := range numbers {
		after = append(after, all[i])
	}
	return after, numbers, len(all)
}

// The totals that were checked against AWS, and what it was seen to make of 4 shards
// that were to be 3.
func TestPlanTotals(t *testing.T) {
	for _, c := range []struct {
		from, to, total int
		even            bool // the result is as of a new stream
	}{
		{2, 4, 6, true},
		{4, 5, 15, true},
		{10, 13, 37, false},
		{4, 2, 6, true},
		{5, 3, 7, false},
		{10, 3, 17, false},
		{4, 3, 11, true},
		{1, 2, 3, true},
		{2, 1, 3, true},
		{1, 1, 1, true},
		{7, 7, 7, true},
	} {
		name := fmt.Sprintf("%d to %d", c.from, c.to)
		steps, err := shard.Plan(shard.Even(c.from), c.to)
		require.NoError(t, err)
		after, _, total := carryOut(t, shard.Even(c.from), steps)
		require.Equal(t, c.total, total, name)
		require.Len(t, after, c.to)
		require.NoError(t, shard.Cover(after))
		if c.even {
			require.Equal(t, shard.Even(c.to), after, name)
		} else {
			require.NotEqual(t, shard.Even(c.to), after, name)
		}
	}
}

func TestPlanOrder(t *testing.T) {
	steps, err := shard.Plan(shard.Even(4), 3)
	require.NoError(t, err)
	even := shard.Even(3)
	require.Equal(t, []shard.Step{
		{Shard: 1, With: -1, Key: even[1].Start}, // makes 4 and 5
		{Shard: 0, With: 4},                      // makes 6
		{Shard: 2, With: -1, Key: even[2].Start}, // makes 7 and 8
		{Shard: 5, With: 7},                      // makes 9
		{Shard: 8, With: 3},                      // makes 10
	}, steps)
	_, numbers, _ := carryOut(t, shard.Even(4), steps)
	require.Equal(t, []int{6, 9, 10}, numbers)

	steps, err = shard.Plan(shard.Even(2), 4)
	require.NoError(t, err)
	_, numbers, _ = carryOut(t, shard.Even(2), steps)
	require.Equal(t, []int{2, 3, 4, 5}, numbers)
}

// Of 12 ends 10 are cut, and the two stay that are closest to where they should be: at
// 3/10 for 4/13 and at 7/10 for 9/13.
func TestPlanCutsTheFarthest(t *testing.T) {
	open, want := shard.Even(10), shard.Even(13)
	want[3].End, want[4].Start = open[2].End, open[3].Start
	want[8].End, want[9].Start = open[6].End, open[7].Start
	steps, err := shard.Plan(open, 13)
	require.NoError(t, err)
	after, _, _ := carryOut(t, open, steps)
	require.Equal(t, want, after)
}

// From even shards up to twice as many, all are split and merged until the target is
// left. Doubling and halving restores what there was.
func TestPlanFromEven(t *testing.T) {
	for n := 1; n <= 32; n++ {
		for target := n + 1; target <= 2*n; target++ {
			steps, err := shard.Plan(shard.Even(n), target)
			require.NoError(t, err)
			after, _, total := carryOut(t, shard.Even(n), steps)
			require.Equal(t, 5*n-target, total, "%d to %d", n, target)
			checkPlan(t, shard.Even(n), target)
			require.NoError(t, shard.Cover(after))
		}
		for target := (n + 1) / 2; target < n; target++ {
			checkPlan(t, shard.Even(n), target)
		}
		steps, err := shard.Plan(shard.Even(2*n), n)
		require.NoError(t, err)
		after, _, total := carryOut(t, shard.Even(2*n), steps)
		require.Equal(t, 3*n, total)
		require.Len(t, after, n)
	}
}

// checkPlan checks that the plan can be carried out, that the shards cover the keys, and
// that each ends within a half (going up) or a quarter (else) of an even shard from
// where an even one would. It returns how many ends are exactly there.
func checkPlan(t require.TestingT, open []shard.Range, target int) (exact int) {
	steps, err := shard.Plan(open, target)
	require.NoError(t, err)
	after, _, _ := carryOut(t, open, steps)
	require.Len(t, after, target)
	require.NoError(t, shard.Cover(after))
	tolerance := new(big.Int).Div(two128, big.NewInt(int64(target)))
	if target > len(open) {
		tolerance.Rsh(tolerance, 1)
	} else {
		tolerance.Rsh(tolerance, 2)
	}
	for i, e := range shard.Even(target) {
		off := new(big.Int).Sub(bigKey(e.End), bigKey(after[i].End))
		require.Negative(t, off.Abs(off).Cmp(tolerance), "shard %d of %d from %v", i, target, open)
		if off.Sign() == 0 {
			exact++
		}
	}
	// There is nothing to do to what is even already.
	if slices.Equal(after, shard.Even(target)) {
		again, err := shard.Plan(after, target)
		require.NoError(t, err)
		require.Empty(t, again)
	}
	return exact
}

func TestPlanFromUneven(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	exact, all := 0, 0
	for range 1500 {
		n := 1 + r.IntN(40)
		open := uneven(r, n)
		low, high := (n+1)/2, 2*n
		target := low + r.IntN(high-low+1)
		exact += checkPlan(t, open, target)
		all += target
	}
	t.Logf("%d of %d ends are exactly where an even shard has its", exact, all)
	require.Greater(t, exact, all/2)

	// A stream that is resharded over and over stays whole.
	open := shard.Even(10)
	for range 300 {
		low, high := (len(open)+1)/2, min(2*len(open), 200)
		target := low + r.IntN(high-low+1)
		steps, err := shard.Plan(open, target)
		require.NoError(t, err)
		checkPlan(t, open, target)
		open, _, _ = carryOut(t, open, steps)
	}
}

func TestPlanRefuses(t *testing.T) {
	for _, target := range []int{0, -1, shard.MaxShards + 1} {
		_, err := shard.Plan(shard.Even(2), target)
		require.ErrorIs(t, err, shard.ErrTarget)
	}
	_, err := shard.Plan(shard.Even(2)[:1], 2)
	require.ErrorIs(t, err, shard.ErrCover)
	_, err = shard.Plan(nil, 2)
	require.ErrorIs(t, err, shard.ErrCover)
}

func BenchmarkPlan(b *testing.B) {
	open := shard.Even(10_000)
	b.ReportAllocs()
	for b.Loop() {
		steps, err := shard.Plan(open, 7777)
		if err != nil || len(steps) == 0 {
			b.Fatal(err)
		}
	}
}
