package kinesis_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// pour puts n records with a hash key, of so many bytes, a thousand at a time.
func pour(t testing.TB, s kinesis.Stream, hashKey string, n, size int) {
	t.Helper()
	batch := slices.Repeat([]kinesis.Entry{{PartitionKey: "k", ExplicitHashKey: hashKey, Data: make([]byte, size)}}, 1000)
	for ; n > 0; n -= len(batch) {
		mustPut(t, s, batch[:min(n, len(batch))]...)
	}
}

// An on-demand stream begins with 4 shards and splits, in the middle, the one that takes
// half of its limits over a minute.
func TestOnDemandSplitsHotShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{Mode: kinesis.ModeOnDemand})
		require.Equal(t, 4, s.Config().ShardCount)
		require.Len(t, shardsOf(t, s), 4)
		time.Sleep(time.Second)
		pour(t, s, lower, 29_999, 1)
		require.Len(t, shardsOf(t, s), 4)
		time.Sleep(time.Minute)
		pour(t, s, lower, 29_999, 1) // in another minute
		require.Len(t, shardsOf(t, s), 4)
		pour(t, s, lower, 1, 1)
		shards := shardsOf(t, s)
		require.Len(t, shards, 6)
		require.False(t, shards[0].IsOpen())
		require.Equal(t, shards[0].HashKeyRange.Middle(), shards[5].HashKeyRange.Start)
		require.Equal(t, [2]string{firstShard, firstShard}, [2]string{shards[4].ParentID, shards[5].ParentID})

		p := mustPut(t, s, kinesis.Entry{PartitionKey: "k", ExplicitHashKey: lower})[0]
		require.Equal(t, shards[4].ID, p.ShardID)
		require.Equal(t, 59_999, countTo(t, s, firstShard), "nothing is lost by it")
		pour(t, s, lower, 30_000, 1)
		require.Len(t, openOf(t, s), 6, "a child can get hot, too")
	})
}

// It is the same with bytes.
func TestOnDemandSplitsByBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{Mode: kinesis.ModeOnDemand, RetentionBytes: 1 << 20})
		for range 29 {
			pour(t, s, upper, 1, 1<<20)
		}
		pour(t, s, upper, 1, 1<<20-30)
		require.Len(t, openOf(t, s), 4)
		pour(t, s, upper, 1, 1<<10)
		require.Len(t, openOf(t, s), 5)
	})
}

func countTo(t testing.TB, s kinesis.Stream, shardID string) (n int) {
	t.Helper()
	var from kinesis.Position
	for {
		batch := mustRead(t, s, shardID, from)
		if n += len(batch.Records); batch.End {
			return n
		}
		from = batch.Next
	}
}

// An on-demand stream is not resharded by hand.
func TestOnDemandRefuses(t *testing.T) {
	s := newStream(t, kinesis.Config{Mode: kinesis.ModeOnDemand})
	wantFault(t, s.SplitShard(firstShard, kinesis.HashKey{Hi: 7}), kinesis.ErrValidation, "is in On-Demand mode.")
	wantFault(t, s.MergeShards(firstShard, "shardId-000000000001"), kinesis.ErrValidation, "is in On-Demand mode.")
	_, err := s.UpdateShardCount(8)
	wantFault(t, err, kinesis.ErrValidation, "is in On-Demand mode.")
	require.Len(t, shardsOf(t, s), 4)
}

// The mode changes on the fly, with the shards there are.
func TestSetMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{ShardCount: 2})
		pour(t, s, lower, 60_000, 1)
		require.Len(t, shardsOf(t, s), 2, "a provisioned stream splits nothing by itself")
		require.NoError(t, s.SetMode(kinesis.ModeOnDemand, 0))
		require.Equal(t, kinesis.ModeOnDemand, s.Config().Mode)
		require.Len(t, shardsOf(t, s), 2)
		pour(t, s, lower, 30_000, 1)
		require.Len(t, openOf(t, s), 3)
		require.NoError(t, s.SetMode(kinesis.ModeProvisioned, 0))
		require.Equal(t, 3, s.Config().ShardCount)
		pour(t, s, lower, 60_000, 1)
		require.Len(t, openOf(t, s), 3)
		require.NoError(t, s.SplitShard(openOf(t, s)[0].ID, openOf(t, s)[0].HashKeyRange.Middle()))
	})
}

// Puts at the limit keep it from being exceeded for long: the children of a hot shard
// take twice as much.
func TestOnDemandKeepsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{Mode: kinesis.ModeOnDemand, EnforceLimits: true, RetentionBytes: 1 << 20})
		refused := 0
		for second := range 180 {
			batch := make([]kinesis.Entry, 6000) // 4 shards take 4,000
			for i := range batch {
				batch[i] = kinesis.Entry{PartitionKey: "k", ExplicitHashKey: kinesis.HashKey{Hi: uint64(i) * (1<<63/3000 - 1)}.String()}
			}
			put, _ := s.Put(t.Context(), batch...)
			for _, p := range put {
				if p == (kinesis.Put{}) {
					refused++
				}
			}
			if second == 120 {
				refused = 0
			}
			time.Sleep(time.Second)
		}
		require.Zero(t, refused, "in the third minute, with %d shards", len(openOf(t, s)))
	})
}
