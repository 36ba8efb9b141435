package shard_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

func checkRouter(t *testing.T, r *rand.Rand, ranges []shard.Range) {
	router, err := shard.NewRouter(ranges)
	require.NoError(t, err)
	for i, o := range ranges {
		require.Equal(t, i, router.Find(o.Start))
		require.Equal(t, i, router.Find(o.End))
		require.Equal(t, i, router.Find(o.Middle()))
	}
	for range 100 {
		k := shard.HashKey{Hi: r.Uint64(), Lo: r.Uint64()}
		require.True(t, ranges[router.Find(k)].Contains(k))
	}
}

func TestRouter(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for n := range 70 {
		checkRouter(t, r, shard.Even(n+1))
		checkRouter(t, r, uneven(r, n+1))
	}
	checkRouter(t, r, shard.Even(10_000))
	checkRouter(t, r, uneven(r, 1000))

	_, err := shard.NewRouter(shard.Even(3)[1:])
	require.ErrorIs(t, err, shard.ErrCover)
	router, err := shard.NewRouter(shard.Even(100))
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() { router.Find(shard.KeyOf("a key")) }))
}

// BenchmarkRoute is what routing adds to the hash of the key, which alone is the
// baseline.
func BenchmarkRoute(b *testing.B) {
	keys := make([]string, 1<<12)
	for i := range keys {
		keys[i] = fmt.Sprintf("visitor-%d", i*7919)
	}
	b.Run("hash", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			sink = shard.KeyOf(keys[i%len(keys)])
		}
	})
	r := rand.New(rand.NewPCG(5, 5))
	for name, ranges := range map[string][]shard.Range{
		"even=1": shard.Even(1), "even=10000": shard.Even(10_000), "uneven=1000": uneven(r, 1000),
	} {
		router, err := shard.NewRouter(ranges)
		require.NoError(b, err)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			total := 0
			for i := 0; b.Loop(); i++ {
				total += router.Find(shard.KeyOf(keys[i%len(keys)]))
			}
			sink.Lo = uint64(total)
		})
	}
}
