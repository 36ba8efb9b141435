package kinesis_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// accepted puts n records of so many bytes, with their keys, and counts those that a
// stream took.
func accepted(t testing.TB, s kinesis.Stream, shard string, n, size int) int {
	t.Helper()
	batch := make([]kinesis.Entry, n)
	for i := range batch {
		batch[i] = kinesis.Entry{PartitionKey: "k", ExplicitHashKey: shard, Data: make([]byte, size-1)}
	}
	_, err := s.Put(t.Context(), batch...)
	failed, ok := errors.AsType[*kinesis.BatchError](err)
	if !ok {
		require.NoError(t, err)
		return n
	}
	for _, f := range failed.Failed {
		require.ErrorIs(t, f.Err, kinesis.ErrProvisionedThroughputExceeded)
	}
	return n - len(failed.Failed)
}

const lower, upper = "0", "340282366920938463463374607431768211455" // of two shards

// A shard takes a thousand records and a MiB in a second; a second's worth may come at
// once, and what was used comes back by and by.
func TestWriteLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{ShardCount: 2, EnforceLimits: true})
		require.Equal(t, 1000, accepted(t, s, lower, 1500, 1))
		require.Equal(t, 0, accepted(t, s, lower, 10, 1))
		require.Equal(t, 1000, accepted(t, s, upper, 1001, 1), "each shard has its own")
		time.Sleep(time.Millisecond)
		require.Equal(t, 1, accepted(t, s, lower, 10, 1))
		time.Sleep(100*time.Millisecond - time.Nanosecond)
		require.Equal(t, 99, accepted(t, s, lower, 200, 1))
		time.Sleep(time.Nanosecond)
		require.Equal(t, 1, accepted(t, s, lower, 200, 1))
		time.Sleep(time.Hour)
		require.Equal(t, 1000, accepted(t, s, lower, 1500, 1), "no more than a second's worth is saved up")

		time.Sleep(time.Second)
		require.Equal(t, 16, accepted(t, s, lower, 20, 1<<16))
		require.Equal(t, 0, accepted(t, s, lower, 1, 1))
		time.Sleep(250 * time.Millisecond)
		require.Equal(t, 1, accepted(t, s, lower, 3, 3<<16), "a quarter is four records; there is no room for two of three")
		require.Equal(t, 1, accepted(t, s, lower, 3, 1<<16), "a smaller one fits")
	})
}

// A record larger than a second's worth is taken when nothing was used, and paid off.
func TestWriteLimitsOfLargeRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{EnforceLimits: true, MaxRecordSize: 10 << 20})
		require.Equal(t, 1, accepted(t, s, lower, 1, 1))
		require.Equal(t, 0, accepted(t, s, lower, 1, 5<<20))
		time.Sleep(time.Millisecond)
		require.Equal(t, 1, accepted(t, s, lower, 1, 5<<20))
		time.Sleep(4 * time.Second)
		require.Equal(t, 0, accepted(t, s, lower, 1, 1))
		time.Sleep(time.Second)
		require.Equal(t, 1, accepted(t, s, lower, 1, 1<<20))
	})
}

// What is refused uses nothing up.
func TestRefusedRecordsAreFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{EnforceLimits: true})
		require.Equal(t, 1, accepted(t, s, lower, 1, 1<<19))
		for range 100 {
			require.Equal(t, 0, accepted(t, s, lower, 1, 1<<20))
		}
		require.Equal(t, 1, accepted(t, s, lower, 1, 1<<19))
	})
}

func readsAllowed(t testing.TB, s kinesis.Stream, req kinesis.ReadRequest, tries int) (n int) {
	t.Helper()
	for range tries {
		switch _, err := s.Read(t.Context(), req); {
		case err == nil:
			n++
		default:
			wantFault(t, err, kinesis.ErrProvisionedThroughputExceeded, "Rate exceeded for shard shardId-000000000000 in stream orders under account 000000000000.")
		}
	}
	return n
}

// A shard is read five times and by 2 MiB in a second.
func TestReadLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{ShardCount: 2, EnforceLimits: true})
		req := kinesis.ReadRequest{ShardID: firstShard}
		require.Equal(t, 5, readsAllowed(t, s, req, 10))
		time.Sleep(200 * time.Millisecond)
		require.Equal(t, 1, readsAllowed(t, s, req, 10))
		time.Sleep(time.Hour)
		require.Equal(t, 5, readsAllowed(t, s, req, 10))
		_, err := s.Read(t.Context(), kinesis.ReadRequest{ShardID: shardsOf(t, s)[1].ID})
		require.NoError(t, err, "each shard has its own")

		for range 12 {
			time.Sleep(time.Second)
			require.Equal(t, 4, accepted(t, s, lower, 4, 1<<18))
		}
		time.Sleep(time.Second)
		batch := mustRead(t, s, firstShard, kinesis.Position{})
		require.Len(t, batch.Records, 40, "10 MiB")
		next := kinesis.ReadRequest{ShardID: firstShard, Position: batch.Next, Limit: 1}
		time.Sleep(5 * time.Second)
		require.Zero(t, readsAllowed(t, s, next, 3), "10 MiB keep the others off for five seconds")
		time.Sleep(time.Nanosecond)
		require.Equal(t, 1, readsAllowed(t, s, next, 1))
	})
}

// A read of more than a second's worth keeps the others off until it is paid for; smaller
// ones share a second.
func TestReadLimitsOfBytes(t *testing.T) {
	for _, row := range []struct {
		size int
		off  time.Duration
	}{{1 << 20, 0}, {2 << 20, time.Second}, {3 << 20, 1500 * time.Millisecond}, {4 << 20, 2 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			s := newStream(t, kinesis.Config{EnforceLimits: true, MaxRecordSize: 4 << 20})
			require.Equal(t, 1, accepted(t, s, lower, 1, row.size))
			req := kinesis.ReadRequest{ShardID: firstShard}
			require.Equal(t, 1, readsAllowed(t, s, req, 1))
			if row.off == 0 {
				require.Equal(t, 1, readsAllowed(t, s, req, 10), "then two MiB are used")
				return
			}
			time.Sleep(row.off)
			require.Zero(t, readsAllowed(t, s, req, 1), "%d bytes", row.size)
			time.Sleep(time.Nanosecond)
			require.Equal(t, 1, readsAllowed(t, s, req, 2), "%d bytes", row.size)
		})
	}
}

// A Read that waits uses a read when it begins and one when there is something.
func TestReadLimitsWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{EnforceLimits: true})
		done := begin(t, s, firstShard, kinesis.Position{})
		time.Sleep(time.Minute)
		require.Equal(t, 4, readsAllowed(t, s, kinesis.ReadRequest{ShardID: firstShard}, 4))
		mustPut(t, s, keyed("k", "1")...)
		got := <-done
		require.NoError(t, got.err)
		require.Zero(t, readsAllowed(t, s, kinesis.ReadRequest{ShardID: firstShard}, 1), "five in all")

		time.Sleep(time.Second)
		done = begin(t, s, firstShard, got.batch.Next)
		synctest.Wait()
		require.Equal(t, 4, readsAllowed(t, s, kinesis.ReadRequest{ShardID: firstShard}, 10))
		mustPut(t, s, keyed("k", "2")...)
		require.ErrorIs(t, (<-done).err, kinesis.ErrProvisionedThroughputExceeded)
	})
}

// Without EnforceLimits there are none, and a service can ask for them for all.
func TestLimitsAreOptional(t *testing.T) {
	s := newStream(t, kinesis.Config{})
	require.Equal(t, 5000, accepted(t, s, lower, 5000, 1024))
	require.Equal(t, 50, readsAllowed(t, s, kinesis.ReadRequest{ShardID: firstShard}, 50))
	all, err := kinesis.NewService(kinesis.ServiceConfig{EnforceLimits: true})
	require.NoError(t, err)
	defer all.Close()
	limited, err := all.CreateStream("limited", kinesis.Config{})
	require.NoError(t, err)
	require.True(t, limited.Config().EnforceLimits)
	require.Less(t, accepted(t, limited, lower, 5000, 100), 5000)
}

// The children of a split have limits of their own, unused.
func TestLimitsOfChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{EnforceLimits: true})
		require.Equal(t, 1000, accepted(t, s, lower, 2000, 1))
		require.NoError(t, s.SplitShard(firstShard, kinesis.HashKey{Hi: 1 << 63}))
		require.Equal(t, 1000, accepted(t, s, lower, 2000, 1))
		require.Equal(t, 1000, accepted(t, s, upper, 2000, 1))
	})
}
