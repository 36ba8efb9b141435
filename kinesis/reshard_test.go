package kinesis_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/internal/shard"
)

func openOf(t testing.TB, s *kinesis.LocalStream) []kinesis.Shard {
	t.Helper()
	page, err := s.ListShards(kinesis.ShardListRequest{Filter: kinesis.ShardFilter{Type: kinesis.FilterAtLatest}})
	require.NoError(t, err)
	return page.Shards
}

// UpdateShardCount makes as many shards on the way as AWS does.
func TestUpdateShardCount(t *testing.T) {
	for _, row := range []struct{ from, to, total int }{
		{2, 4, 6}, {4, 5, 15}, {10, 13, 37}, {4, 2, 6}, {5, 3, 7}, // checked against AWS
		{1, 2, 3}, {3, 6, 9}, {4, 4, 4}, {4, 3, 11}, {500, 1000, 1500}, {1000, 500, 1500},
	} {
		s := newStream(t, kinesis.Config{ShardCount: row.from})
		before, err := s.UpdateShardCount(row.to)
		require.NoError(t, err)
		require.Equal(t, row.from, before)
		all, open := shardsOf(t, s), openOf(t, s)
		require.Len(t, all, row.total, "from %d to %d", row.from, row.to)
		require.Len(t, open, row.to)
		require.Equal(t, row.to, s.Config().ShardCount)
		require.Equal(t, kinesis.Summary{OpenShards: row.to, Shards: row.total}, s.Summary())
		if row.to%row.from == 0 || row.from%row.to == 0 {
			slices.SortFunc(open, func(a, b kinesis.Shard) int { return a.HashKeyRange.Start.Compare(b.HashKeyRange.Start) })
			for i, keys := range shard.Even(row.to) { // but for a few keys, since sizes are rounded down
				got := plus(open[i].HashKeyRange.Start, uint64(row.to))
				require.Positive(t, got.Compare(kinesis.HashKey(keys.Start)), "shard %d of %d", i, row.to)
				require.Negative(t, open[i].HashKeyRange.Start.Compare(plus(kinesis.HashKey(keys.Start), uint64(row.to))), "shard %d of %d", i, row.to)
			}
		}
		mustPut(t, s, keyed("k", "d")...)
	}
}

func TestUpdateShardCountRefuses(t *testing.T) {
	s := newStream(t, kinesis.Config{ShardCount: 10})
	for _, row := range []struct {
		target int
		want   error
		says   string
	}{
		{0, kinesis.ErrInvalidArgument, "must be at least 1"},
		{-1, kinesis.ErrInvalidArgument, "must be at least 1"},
		{21, kinesis.ErrLimitExceeded, "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 10, Target shard count: 21"},
		{4, kinesis.ErrLimitExceeded, "UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: 10, Target shard count: 4"},
		{3, kinesis.ErrLimitExceeded, "below half"},
		{10_001, kinesis.ErrLimitExceeded, "cannot be greater than 10000"},
	} {
		_, err := s.UpdateShardCount(row.target)
		wantFault(t, err, row.want, row.says)
	}
	require.Len(t, shardsOf(t, s), 10, "nothing was done")
	many := newStream(t, kinesis.Config{ShardCount: 5001})
	_, err := many.UpdateShardCount(10_001)
	wantFault(t, err, kinesis.ErrLimitExceeded, "Current open shard count: 5001, Target shard count: 10001")
}

// The shard count may be updated ten times in any 24 hours.
func TestUpdateShardCountTenTimesADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, relaxed := newStream(t, kinesis.Config{}), newStream(t, kinesis.Config{Relaxed: true})
		update := func(s *kinesis.LocalStream, i int) error {
			_, err := s.UpdateShardCount(1 + (i+1)%2)
			return err
		}
		for i := range 10 {
			require.NoError(t, update(s, i))
			_, err := s.UpdateShardCount(1000)
			require.ErrorIs(t, err, kinesis.ErrLimitExceeded, "which does not count")
			time.Sleep(time.Hour)
		}
		wantFault(t, update(s, 10), kinesis.ErrLimitExceeded, "updated 10 times in the last 24 hours")
		time.Sleep(14*time.Hour - 1)
		wantFault(t, update(s, 10), kinesis.ErrLimitExceeded, "updated 10 times")
		time.Sleep(time.Nanosecond)
		require.NoError(t, update(s, 10))
		wantFault(t, update(s, 11), kinesis.ErrLimitExceeded, "updated 10 times")
		for i := range 30 {
			require.NoError(t, update(relaxed, i))
		}
	})
}

func TestSplitRefuses(t *testing.T) {
	s := newStream(t, kinesis.Config{ShardCount: 2})
	keys := shardsOf(t, s)[0].HashKeyRange
	require.NoError(t, s.SplitShard("shardId-000000000001", kinesis.HashKey{Hi: 3 << 62}))
	outside := "is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey 170141183460469231731687303715884105727."
	for _, row := range []struct {
		id   string
		key  kinesis.HashKey
		want error
		says string
	}{
		{firstShard, kinesis.HashKey{}, kinesis.ErrInvalidArgument, "NewStartingHashKey 0 used in SplitShard() on shard shardId-000000000000 in stream orders under account 000000000000 " + outside},
		{firstShard, kinesis.HashKey{Lo: 1}, kinesis.ErrInvalidArgument, outside},
		{firstShard, keys.End, kinesis.ErrInvalidArgument, outside},
		{firstShard, plus(keys.End, 1), kinesis.ErrInvalidArgument, outside},
		{firstShard, kinesis.MaxHashKey, kinesis.ErrInvalidArgument, outside},
		{"shardId-000000000001", kinesis.HashKey{Hi: 3 << 62}, kinesis.ErrResourceInUse, "Shard shardId-000000000001 in stream orders under account 000000000000 has already been merged or split"},
		{"shardId-000000000009", kinesis.HashKey{Lo: 9}, kinesis.ErrResourceNotFound, "Could not find shard shardId-000000000009 in stream orders under account 000000000000."},
		{"x", kinesis.HashKey{Lo: 9}, kinesis.ErrResourceNotFound, "Could not find shard x"},
	} {
		wantFault(t, s.SplitShard(row.id, row.key), row.want, row.says)
	}
	require.Len(t, shardsOf(t, s), 4)
	require.NoError(t, s.SplitShard(firstShard, kinesis.HashKey{Lo: 2}), "a shard of two keys")
	wantFault(t, s.SplitShard("shardId-000000000004", kinesis.HashKey{Lo: 1}), kinesis.ErrInvalidArgument, "StartingHashKey 0 and less than the shard's EndingHashKey 1.")
}

func TestMergeRefuses(t *testing.T) {
	s := newStream(t, kinesis.Config{ShardCount: 4})
	require.NoError(t, s.SplitShard("shardId-000000000003", kinesis.HashKey{Hi: 7 << 61})) // into 4 and 5
	for _, row := range []struct {
		id, adjacent int
		want         error
		says         string
	}{
		{0, 2, kinesis.ErrInvalidArgument, "Shards shardId-000000000000 and shardId-000000000002 in stream orders under account 000000000000 are not an adjacent pair of shards eligible for merging"},
		{1, 0, kinesis.ErrInvalidArgument, "not an adjacent pair"},
		{0, 0, kinesis.ErrInvalidArgument, "not an adjacent pair"},
		{5, 0, kinesis.ErrInvalidArgument, "not an adjacent pair"}, // the last key is followed by none
		{2, 3, kinesis.ErrResourceInUse, "has already been merged or split"},
		{3, 0, kinesis.ErrResourceInUse, "has already been merged or split"},
		{0, 9, kinesis.ErrResourceNotFound, "Could not find shard shardId-000000000009"},
		{9, 0, kinesis.ErrResourceNotFound, "Could not find shard shardId-000000000009"},
	} {
		wantFault(t, s.MergeShards(fmt.Sprintf("shardId-%012d", row.id), fmt.Sprintf("shardId-%012d", row.adjacent)), row.want, row.says)
	}
	require.Len(t, shardsOf(t, s), 6)
}

// While the stream is CREATING it takes no records, and no changes; while it is UPDATING
// it takes records.
func TestTransitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, s := streamIn(t, kinesis.Config{ShardCount: 2, TransitionTime: 10 * time.Second})
		busy := func(status kinesis.StreamStatus) {
			t.Helper()
			require.Equal(t, status, s.Status())
			says := "Stream orders under account 000000000000 not ACTIVE, instead in state " + string(status)
			wantFault(t, s.SplitShard(firstShard, kinesis.HashKey{Hi: 7}), kinesis.ErrResourceInUse, says)
			wantFault(t, s.MergeShards("shardId-000000000000", "shardId-000000000001"), kinesis.ErrResourceInUse, says)
			_, err := s.UpdateShardCount(3)
			wantFault(t, err, kinesis.ErrResourceInUse, says)
			wantFault(t, s.SetRetentionPeriod(48*time.Hour), kinesis.ErrResourceInUse, says)
			wantFault(t, s.SetMaxRecordSize(2<<20), kinesis.ErrResourceInUse, says)
			wantFault(t, s.SetMode(kinesis.ModeOnDemand, 0), kinesis.ErrResourceInUse, says)
			require.Equal(t, 24*time.Hour, s.Config().RetentionPeriod)
		}
		busy(kinesis.StatusCreating)
		require.Empty(t, shardsOf(t, s))
		_, err := s.Put(t.Context(), keyed("k", "early")...)
		wantFault(t, err, kinesis.ErrResourceNotFound, "Stream orders under account 000000000000 not found.")
		time.Sleep(10 * time.Second)
		require.Equal(t, kinesis.StatusActive, s.Status())

		require.NoError(t, s.SetMaxRecordSize(1<<20))
		mustPut(t, s, keyed("k", "meanwhile")...)
		require.Len(t, shardsOf(t, s), 2)
		busy(kinesis.StatusUpdating)
		time.Sleep(10*time.Second - 1)
		busy(kinesis.StatusUpdating)
		time.Sleep(time.Nanosecond)
		require.NoError(t, s.SplitShard(firstShard, kinesis.HashKey{Hi: 7}))
		busy(kinesis.StatusUpdating) // whether or not the shard was split just now

		require.NoError(t, all.DeleteStream("orders", false))
		require.Equal(t, kinesis.StatusDeleting, s.Status())
		_, err = all.CreateStream("orders", kinesis.Config{})
		wantFault(t, err, kinesis.ErrResourceInUse, "Stream orders under account 000000000000 already exists.")
		wantFault(t, all.DeleteStream("orders", false), kinesis.ErrResourceInUse, "not ACTIVE, instead in state DELETING")
		time.Sleep(10 * time.Second)
		_, err = all.Stream("orders")
		wantFault(t, err, kinesis.ErrResourceNotFound, "Stream orders under account 000000000000 not found.")
		_, err = all.CreateStream("orders", kinesis.Config{})
		require.NoError(t, err)
	})
}

// The open shards of all provisioned streams of an account in a region count against
// its limit.
func TestShardLimit(t *testing.T) {
	all, err := kinesis.NewService(kinesis.ServiceConfig{ShardLimit: 5, OnDemandStreamLimit: 1})
	require.NoError(t, err)
	defer all.Close()
	create := func(name string, cfg kinesis.Config) *kinesis.LocalStream {
		s, err := all.CreateStream(name, cfg)
		require.NoError(t, err)
		return s
	}
	a := create("a", kinesis.Config{ShardCount: 3})
	b := create("b", kinesis.Config{})
	_, err = all.CreateStream("c", kinesis.Config{ShardCount: 2})
	wantFault(t, err, kinesis.ErrLimitExceeded, "This request would exceed the shard limit for the account 000000000000 in us-east-1. Current shard count for the account: 4. Limit: 5. Number of additional shards that would have resulted from this request: 2.")
	_, err = a.UpdateShardCount(6)
	wantFault(t, err, kinesis.ErrLimitExceeded, "Target shard count or number of open shards cannot be greater than 5. Current open shard count: 3, Target shard count: 6")
	_, err = a.UpdateShardCount(5)
	wantFault(t, err, kinesis.ErrLimitExceeded, "Number of additional shards that would have resulted from this request: 2.")
	require.NoError(t, b.SplitShard(firstShard, kinesis.HashKey{Hi: 7}))
	wantFault(t, a.SplitShard(firstShard, kinesis.HashKey{Hi: 7}), kinesis.ErrLimitExceeded, "Current shard count for the account: 5. Limit: 5.")
	require.NoError(t, a.MergeShards("shardId-000000000000", "shardId-000000000001"), "there are fewer then")
	require.NoError(t, b.SplitShard("shardId-000000000002", kinesis.HashKey{Hi: 77}))
	require.Equal(t, kinesis.Limits{ShardLimit: 5, OpenShards: 5, OnDemandStreamLimit: 1}, all.Limits())
	create("d", kinesis.Config{Mode: kinesis.ModeOnDemand}) // has a limit of its own
	_, err = all.CreateStream("e", kinesis.Config{Mode: kinesis.ModeOnDemand})
	wantFault(t, err, kinesis.ErrLimitExceeded, "has 1 on-demand streams in us-east-1, which is the most")
	elsewhere, err := all.As("111111111111", "us-east-1")
	require.NoError(t, err)
	_, err = elsewhere.CreateStream("a", kinesis.Config{ShardCount: 5})
	require.NoError(t, err)
	require.NoError(t, b.Close())
	_, err = a.UpdateShardCount(4)
	require.NoError(t, err)
}
