package kinesis_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

var middle = kinesis.HashKey{Hi: 1 << 63}

// tableOf is the shards of a group's leases, with their owners.
func tableOf(t *testing.T, store kinesis.LeaseStore) (table []string) {
	t.Helper()
	for _, l := range leasesOf(t, store) {
		line := shardOf(l.ShardID) + " " + l.Owner
		if l.Checkpoint.IsShardEnd() {
			line += "END"
		}
		table = append(table, line)
	}
	return table
}

// The shards that follow one are read when its last record is handled, not earlier, and
// then its lease goes.
func TestGroupReadsParentsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		n := newNotes()
		m := join(t, stream, func(_ context.Context, b *kinesis.ShardBatch) error {
			n.add("%s: %s", shardOf(b.ShardID), textsOf(b.Records))
			time.Sleep(10 * time.Second)
			return nil
		}, kinesis.GroupConfig{WorkerID: "m", Leases: store, MaxRecords: 1})
		put(t, stream, "a1", "a2")
		synctest.Wait()
		require.NoError(t, stream.SplitShard("shardId-000000000000", middle))
		put(t, stream, "a3")
		require.NoError(t, stream.MergeShards("shardId-000000000001", "shardId-000000000002"))
		put(t, stream, "a4")
		time.Sleep(19 * time.Second)
		require.Equal(t, []string{"0 m"}, tableOf(t, store))
		time.Sleep(2 * time.Second)
		half := shardOf("shardId-000000000001")
		if kinesis.HashKeyOf("a").Compare(middle) >= 0 {
			half = shardOf("shardId-000000000002")
		}
		other := map[string]string{"1": "2", "2": "1"}[half]
		require.ElementsMatch(t, []string{"0 END", half + " m", other + " END", "3 "}, tableOf(t, store), "one of the two parents is read")
		time.Sleep(10 * time.Second)
		require.Equal(t, []string{"0s 0: a1", "10s 0: a2", "20s " + half + ": a3", "30s 3: a4"}, n.read())
		time.Sleep(15 * time.Second)
		require.Equal(t, []string{"3 m"}, tableOf(t, store))
		require.Empty(t, m.reported())
		m.close()
	})
}

// New shards are found even if the end of the one before is long in coming, by whoever looks.
func TestGroupFindsShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 2), kinesis.NewMemoryLeases()
		m := join(t, stream, func(context.Context, *kinesis.ShardBatch) error {
			time.Sleep(time.Hour)
			return nil
		}, kinesis.GroupConfig{WorkerID: "m", Leases: store, ShardSyncInterval: 30 * time.Second})
		put(t, stream, "a1", "b1", "c1", "d1")
		synctest.Wait()
		require.NoError(t, stream.SplitShard("shardId-000000000000", kinesis.HashKey{Hi: 1 << 62}))
		time.Sleep(29 * time.Second)
		require.Equal(t, []string{"0 m", "1 m"}, tableOf(t, store))
		time.Sleep(2 * time.Second)
		require.Equal(t, []string{"0 m", "1 m", "2 ", "3 "}, tableOf(t, store))
		time.Sleep(90 * time.Minute)
		require.Equal(t, []string{"1 m", "2 m", "3 m"}, tableOf(t, store))
		m.close()
	})
}

// A shard that expires before it is read counts as read: what follows it goes on.
func TestGroupShardExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		n := newNotes()
		put(t, stream, "a1")
		stuck := true
		m := join(t, stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
			n.add("%s: %s", shardOf(b.ShardID), textsOf(b.Records))
			if stuck {
				return errBoom
			}
			return nil
		}, kinesis.GroupConfig{WorkerID: "m", Leases: store, MaxRecords: 1, Backoff: func(int) time.Duration { return 23 * time.Hour }})
		synctest.Wait()
		put(t, stream, "a2")
		require.NoError(t, stream.SplitShard("shardId-000000000000", middle))
		time.Sleep(22 * time.Hour)
		put(t, stream, "a3")
		stuck = false
		require.Equal(t, []string{"0s 0: a1"}, n.read())
		require.Equal(t, []string{"Handle 0"}, m.reported())
		time.Sleep(90 * time.Minute)
		require.Equal(t, []string{"23h0m0s 0: a1", "23h0m0s 0: a2", fmt.Sprintf("23h0m0s %s: a3", shardOf(shardFor(t, stream, "a")))}, n.read())
		m.close()

		// And now the same, but nobody is there in time.
		other := kinesis.NewMemoryLeases()
		late := faulty(other)
		m = join(t, stream, func(context.Context, *kinesis.ShardBatch) error { return errBoom }, kinesis.GroupConfig{Leases: late})
		time.Sleep(time.Second)
		late.breakDown()
		m.close()
		require.Len(t, leasesOf(t, other), 3)
		time.Sleep(23 * time.Hour)
		put(t, stream, "a4")
		m = join(t, stream, telling(n, "m"), kinesis.GroupConfig{WorkerID: "m", Leases: other})
		time.Sleep(time.Minute)
		require.Equal(t, []string{"46h30m11s m: a4"}, n.read())
		require.Equal(t, []string{"Read 0"}, m.reported())
		require.Equal(t, []string{"1 m", "2 m"}, tableOf(t, other))
		m.close()
	})
}

// Every member sees an end soon, and takes its part of what follows.
func TestGroupSharesNewShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 2), kinesis.NewMemoryLeases()
		a := join(t, stream, succeed, kinesis.GroupConfig{WorkerID: "a", Leases: store})
		b := join(t, stream, succeed, kinesis.GroupConfig{WorkerID: "b", Leases: store})
		time.Sleep(30 * time.Second)
		_, err := stream.UpdateShardCount(4)
		require.NoError(t, err)
		_, err = stream.UpdateShardCount(8)
		require.NoError(t, err)
		time.Sleep(6 * time.Second)
		require.Len(t, append(a.Owned(), b.Owned()...), 8)
		require.Equal(t, []int{4, 4}, loads([]*member{a, b}, 30*time.Second))
		require.Len(t, leasesOf(t, store), 8)
		require.Empty(t, a.reported())
		require.Empty(t, b.reported())
		a.close()
		b.close()
	})
}

// When many shards end together one look for new ones does.
func TestGroupManyShardsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := groupStream(t, 100)
		counted := &streamFaults{Stream: stream}
		m := join(t, counted, succeed, kinesis.GroupConfig{})
		time.Sleep(time.Second)
		require.Len(t, m.Owned(), 100)
		before := counted.lists.Load()
		_, err := stream.UpdateShardCount(200)
		require.NoError(t, err)
		time.Sleep(time.Second)
		require.Len(t, m.Owned(), 200)
		require.LessOrEqual(t, counted.lists.Load()-before, int64(2))
		require.Empty(t, m.reported())
		m.close()
	})
}

// A lease at its end goes at the latest when the stream no longer has its shard.
func TestGroupDeletesLeasesOfExpiredShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		require.NoError(t, store.Create(t.Context(), "readers", kinesis.Lease{ShardID: "shardId-000000000099", Checkpoint: kinesis.Checkpoint{Type: kinesis.ShardEnd}}))
		m := join(t, stream, succeed, kinesis.GroupConfig{WorkerID: "m", Leases: store})
		time.Sleep(59 * time.Second)
		require.Len(t, tableOf(t, store), 2)
		time.Sleep(2 * time.Second)
		require.Equal(t, []string{"0 m"}, tableOf(t, store), "found when the shards were looked for again")
		m.close()
	})
}

// A stream may be slow to list the shards that follow one. Until it does the end is not
// noted.
func TestGroupWaitsForTheListOfShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		slow := &forgetful{Stream: stream, until: time.Now().Add(20 * time.Second)}
		m := join(t, slow, succeed, kinesis.GroupConfig{WorkerID: "m", Leases: store, ShardSyncInterval: time.Second})
		synctest.Wait()
		require.NoError(t, stream.SplitShard("shardId-000000000000", middle))
		time.Sleep(19 * time.Second)
		require.Equal(t, []string{"0 m"}, tableOf(t, store))
		time.Sleep(time.Minute)
		require.Equal(t, []string{"1 m", "2 m"}, tableOf(t, store))
		require.Equal(t, []string{"Sync 0"}, m.reported())
		m.close()
	})
}

// forgetful lists only the first shard, up to a moment.
type forgetful struct {
	kinesis.Stream
	until time.Time
}

func (f *forgetful) Shards(ctx context.Context) ([]kinesis.Shard, error) {
	shards, err := f.Stream.Shards(ctx)
	if time.Now().Before(f.until) && len(shards) > 1 {
		shards = shards[:1]
	}
	return shards, err
}
