package shard_test

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

func key(t require.TestingT, decimal string) shard.HashKey {
	k, err := shard.ParseHashKey(decimal)
	require.NoError(t, err)
	return k
}

// The starts of streams that were published: of 3 shards in the reference of AWS's
// command line, of 5 in the guide of API Gateway, of 2 and 6 in the tests of a client.
func TestEvenAsPublished(t *testing.T) {
	for n, starts := range map[int][]string{
		1: {"0"},
		2: {"0", "170141183460469231731687303715884105728"},
		3: {"0", "113427455640312821154458202477256070485", "226854911280625642308916404954512140970"},
		5: {"0", "68056473384187692692674921486353642291", "136112946768375385385349842972707284582",
			"204169420152563078078024764459060926873", "272225893536750770770699685945414569164"},
		6: {"0", "56713727820156410577229101238628035242", "113427455640312821154458202477256070484",
			"170141183460469231731687303715884105726", "226854911280625642308916404954512140968", "283568639100782052886145506193140176210"},
	} {
		ranges := shard.Even(n)
		require.NoError(t, shard.Cover(ranges))
		var got []string
		for _, r := range ranges {
			got = append(got, r.Start.String())
		}
		require.Equal(t, starts, got)
	}
}

func TestEvenCovers(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 7, 10, 13, 64, 999, 1000, 10_000, 65_537} {
		ranges := shard.Even(n)
		require.Len(t, ranges, n)
		require.NoError(t, shard.Cover(ranges))
		width := new(big.Int).Div(two128, big.NewInt(int64(n)))
		for i, r := range ranges {
			require.Equal(t, keyOf(new(big.Int).Mul(width, big.NewInt(int64(i)))), r.Start)
		}
	}
	require.Nil(t, shard.Even(0))
	require.Nil(t, shard.Even(-1))
	require.Nil(t, shard.Even(shard.MaxShards+1))
}

func TestCoverRefuses(t *testing.T) {
	two := shard.Even(2)
	low, high := two[0], two[1]
	k := func(n uint64) shard.HashKey { return shard.HashKey{Lo: n} }
	for name, ranges := range map[string][]shard.Range{
		"none":              nil,
		"the first missing": {high},
		"the last missing":  {low},
		"out of order":      {high, low},
		"a gap":             {low, {Start: high.Start.Add(k(1)), End: high.End}},
		"an overlap":        {low, {Start: low.End, End: high.End}},
		"one twice":         {low, low, high},
		"upside down":       {{End: k(9)}, {Start: k(10), End: k(5)}, {Start: k(6), End: shard.MaxHashKey}},
		"beyond the end":    {{End: shard.MaxHashKey}, {Start: k(0), End: shard.MaxHashKey}},
	} {
		require.ErrorIs(t, shard.Cover(ranges), shard.ErrCover, name)
	}
	require.NoError(t, shard.Cover(two))
}

func TestRange(t *testing.T) {
	k := func(n uint64) shard.HashKey { return shard.HashKey{Lo: n} }
	r := shard.Range{Start: k(10), End: k(20)}
	for n, want := range map[uint64]bool{9: false, 10: true, 15: true, 20: true, 21: false} {
		require.Equal(t, want, r.Contains(k(n)), n)
	}
	for n, want := range map[uint64]bool{0: false, 10: false, 11: false, 12: true, 19: true, 20: false, 21: false} {
		require.Equal(t, want, r.CanSplit(k(n)), n)
	}
	require.False(t, shard.Range{Start: shard.MaxHashKey, End: shard.MaxHashKey}.CanSplit(k(0)))
	below, from := r.Split(k(12))
	require.Equal(t, shard.Range{Start: k(10), End: k(11)}, below)
	require.Equal(t, shard.Range{Start: k(12), End: k(20)}, from)
	require.True(t, below.Adjacent(from))
	require.True(t, from.Adjacent(below))
	require.False(t, below.Adjacent(below))
	require.False(t, r.Adjacent(shard.Range{Start: k(22), End: k(30)}))
	require.False(t, r.Adjacent(shard.Range{Start: k(20), End: k(30)}))
	require.False(t, shard.Range{End: k(3)}.Adjacent(shard.Range{Start: k(9), End: shard.MaxHashKey}), "the keys are no ring")
	require.Equal(t, r, below.Join(from))
	require.Equal(t, r, from.Join(below))
	require.Equal(t, "[10, 20]", r.String())
	require.Equal(t, k(15), r.Middle())
	require.Equal(t, key(t, "85070591730234615865843651857942052863"), shard.Even(2)[0].Middle(), "as published")
}

// uneven returns n ranges as splits by hand leave them: anywhere, many of them tiny.
func uneven(r *rand.Rand, n int) []shard.Range {
	ranges := shard.Even(1)
	for len(ranges) < n {
		i := r.IntN(len(ranges))
		var at shard.HashKey
		switch r.IntN(4) {
		case 0:
			at = ranges[i].Start.Add(shard.HashKey{Lo: 2})
		case 1:
			at = ranges[i].End.Sub(shard.HashKey{Lo: 1})
		case 2:
			at = ranges[i].Middle()
		default:
			at = shard.HashKey{Hi: r.Uint64(), Lo: r.Uint64()}
			for j, o := range ranges {
				if o.Contains(at) {
					i = j
				}
			}
		}
		if !ranges[i].CanSplit(at) {
			continue
		}
		below, from := ranges[i].Split(at)
		ranges = append(ranges[:i:i], append([]shard.Range{below, from}, ranges[i+1:]...)...)
	}
	return ranges
}
