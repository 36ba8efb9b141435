package console

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// However shards were split and merged, the open ones fill the drawing, and in no lane do
// two closed ones cover each other.
func TestDrawShards(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	s, err := kinesis.New("s", kinesis.Config{ShardCount: 4})
	require.NoError(t, err)
	defer s.Close()
	for range 40 {
		shards, err := s.Shards(t.Context())
		require.NoError(t, err)
		m := drawShards(shards, func(string) float64 { return float64(random.IntN(3)) })
		open, width, drawn := 0, 0.0, map[int][]shardRect{}
		for _, r := range m.Rects {
			require.True(t, r.X >= 0 && r.W > 0 && r.X+r.W <= mapWidth+1e-6)
			require.True(t, r.Y >= 0 && r.Y+r.H <= m.Height)
			require.True(t, r.Heat >= 0 && r.Heat <= 4)
			require.Equal(t, r.PerSec > 0, r.Heat > 0)
			require.Equal(t, r.Open, r.Y == 0)
			for _, other := range drawn[r.Y] {
				require.True(t, r.X+r.W <= other.X+1e-6 || other.X+other.W <= r.X+1e-6, "%v and %v", r, other)
			}
			drawn[r.Y] = append(drawn[r.Y], r)
			if r.Open {
				open++
				width += r.W
			}
		}
		require.InDelta(t, mapWidth, width, 1e-6)
		require.Equal(t, s.Summary().OpenShards, open)
		require.Equal(t, len(shards), len(m.Rects)+m.Left)
		require.LessOrEqual(t, len(drawn), 1+mapLanes)

		shard := shards[random.IntN(len(shards))]
		if !shard.IsOpen() {
			continue
		}
		if random.IntN(2) == 0 {
			require.NoError(t, s.SplitShard(shard.ID, shard.HashKeyRange.Middle()))
			continue
		}
		for _, other := range shards {
			if other.IsOpen() && other.HashKeyRange.Start.Compare(shard.HashKeyRange.End) > 0 && !shard.HashKeyRange.Contains(other.HashKeyRange.Start) {
				if err := s.MergeShards(shard.ID, other.ID); err == nil {
					break
				}
			}
		}
	}
}
