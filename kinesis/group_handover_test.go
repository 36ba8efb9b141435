package kinesis_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// A member that is asked for a lease finishes its batch first: nothing comes twice.
func TestGroupHandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 2), kinesis.NewMemoryLeases()
		n := newNotes()
		slow := func(who string) kinesis.Handler {
			return func(ctx context.Context, b *kinesis.ShardBatch) error {
				n.add("%s begins with %s of %s", who, textsOf(b.Records), shardOf(b.ShardID))
				time.Sleep(5 * time.Second)
				return ctx.Err()
			}
		}
		a := join(t, stream, slow("a"), kinesis.GroupConfig{WorkerID: "a", Leases: store, MaxRecords: 1})
		time.Sleep(time.Second)
		b := join(t, stream, slow("b"), kinesis.GroupConfig{WorkerID: "b", Leases: store, MaxRecords: 1})
		time.Sleep(time.Second)
		for _, explicit := range []string{"0", kinesis.MaxHashKey.String()} {
			for _, data := range []string{"1", "2"} {
				_, err := stream.Put(t.Context(), kinesis.Entry{PartitionKey: "k", ExplicitHashKey: explicit, Data: []byte(data)})
				require.NoError(t, err)
			}
		}
		time.Sleep(time.Minute)
		require.Len(t, a.Owned(), 1)
		require.Len(t, b.Owned(), 1)
		kept, given := shardOf(a.Owned()[0]), shardOf(b.Owned()[0])
		require.ElementsMatch(t, []string{
			"2s a begins with 1 of " + kept, "2s a begins with 1 of " + given,
			"7s a begins with 2 of " + kept,
			"11s b begins with 2 of " + given, // where it looks every 5 seconds
		}, n.read())
		require.Empty(t, a.reported())
		require.Empty(t, b.reported())
		sa, sb := a.close(), b.close()
		require.EqualValues(t, 1, sa.HandedOver)
		require.Zero(t, sa.Lost)
		require.EqualValues(t, 1, sb.Asked)
		require.EqualValues(t, 1, sb.Taken)
	})
}

// A member that is asked and does not come to an end is stopped, and the lease taken.
func TestGroupHandOverHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 2), kinesis.NewMemoryLeases()
		n := newNotes()
		a := join(t, stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
			n.add("a begins")
			<-ctx.Done()
			n.add("a is stopped: %v", context.Cause(ctx) == kinesis.ErrLeaseLost)
			return ctx.Err()
		}, kinesis.GroupConfig{WorkerID: "a", Leases: store})
		synctest.Wait()
		for _, explicit := range []string{"0", kinesis.MaxHashKey.String()} {
			_, err := stream.Put(t.Context(), kinesis.Entry{PartitionKey: "k", ExplicitHashKey: explicit, Data: []byte("1")})
			require.NoError(t, err)
		}
		time.Sleep(21 * time.Second)
		b := join(t, stream, telling(n, "b"), kinesis.GroupConfig{WorkerID: "b", Leases: store})
		time.Sleep(time.Minute)
		require.Equal(t, []string{
			"0s a begins", "0s a begins",
			"29s a is stopped: true", // last renewed at 20 s
			"31s b: 1",               // where it looks every 5 seconds
		}, n.read())
		require.Len(t, a.Owned(), 1)
		require.Len(t, b.Owned(), 1)
		require.ErrorIs(t, a.errorOf("Lease"), kinesis.ErrLeaseLost)
		require.Len(t, a.reported(), 1)
		a.close()
		b.close()
	})
}

// While a batch fails over and over, a lease that is asked for is given up as it is.
func TestGroupHandsOverWhatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 2), kinesis.NewMemoryLeases()
		n := newNotes()
		a := join(t, stream, kinesis.Each(func(_ context.Context, r kinesis.UserRecord) error {
			if string(r.Data) == "1" {
				return nil
			}
			return errBoom
		}),
			kinesis.GroupConfig{WorkerID: "a", Leases: store, Backoff: func(int) time.Duration { return time.Hour }})
		for _, explicit := range []string{"0", kinesis.MaxHashKey.String()} {
			_, err := stream.Put(t.Context(), kinesis.Entry{PartitionKey: "k", ExplicitHashKey: explicit, Data: []byte("1")},
				kinesis.Entry{PartitionKey: "k", ExplicitHashKey: explicit, Data: []byte("2")})
			require.NoError(t, err)
		}
		time.Sleep(time.Second)
		b := join(t, stream, telling(n, "b"), kinesis.GroupConfig{WorkerID: "b", Leases: store})
		time.Sleep(time.Minute)
		require.Equal(t, []string{"6s b: 2"}, n.read(), "asked at 1 s, handed over at 3 s")
		require.EqualValues(t, 1, a.close().HandedOver)
		b.close()
	})
}

// Checkpoints do not win time for a member that is asked.
func TestGroupHandOverIsNotPutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 2), kinesis.NewMemoryLeases()
		n := newNotes()
		a := join(t, stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
			for i, r := range b.Records {
				select {
				case <-time.After(700 * time.Millisecond):
				case <-ctx.Done():
					n.add("a is stopped after %d: %v", i, context.Cause(ctx) == kinesis.ErrLeaseLost)
					return ctx.Err()
				}
				require.NoError(t, b.Checkpoint(ctx, r))
			}
			return nil
		}, kinesis.GroupConfig{WorkerID: "a", Leases: store})
		time.Sleep(500 * time.Millisecond)
		for _, explicit := range []string{"0", kinesis.MaxHashKey.String()} {
			var entries []kinesis.Entry
			for range 100 {
				entries = append(entries, kinesis.Entry{PartitionKey: "k", ExplicitHashKey: explicit})
			}
			_, err := stream.Put(t.Context(), entries...)
			require.NoError(t, err)
		}
		time.Sleep(20 * time.Second)
		b := join(t, stream, func(_ context.Context, b *kinesis.ShardBatch) error {
			n.add("b gets %d", len(b.Records))
			return nil
		}, kinesis.GroupConfig{WorkerID: "b", Leases: store})
		time.Sleep(30 * time.Second)
		require.Equal(t, []string{"29s a is stopped after 40: true", "31s b gets 60"}, n.read(), "a set its last checkpoint before b came at 20.1 s")
		a.close()
		b.close()
	})
}

// A member that leaves takes back what it has asked for, or gives up what it got.
func TestGroupWithdraws(t *testing.T) {
	for name, wait := range map[string]time.Duration{"before the owner knows": time.Second, "when the owner has handed over": 4 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			stream, store := groupStream(t, 2), kinesis.NewMemoryLeases()
			a := join(t, stream, succeed, kinesis.GroupConfig{WorkerID: "a", Leases: store})
			time.Sleep(time.Second)
			b := join(t, stream, succeed, kinesis.GroupConfig{WorkerID: "b", Leases: store})
			time.Sleep(wait)
			require.EqualValues(t, 1, b.Stats().Asked, name)
			require.Zero(t, b.Stats().Taken, name)
			b.shutdown()
			for _, l := range leasesOf(t, store) {
				require.NotEqual(t, "b", l.Owner, name)
				require.Empty(t, l.RequestedBy, name)
			}
			time.Sleep(6 * time.Second)
			require.Len(t, a.Owned(), 2, name)
			require.Zero(t, a.close().Lost, name)
		})
	}
}

// Five members that begin at the same time, and one that comes later, share alike.
func TestGroupBalances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 20), kinesis.NewMemoryLeases()
		var members []*member
		for range 5 {
			members = append(members, join(t, stream, succeed, kinesis.GroupConfig{Leases: store}))
		}
		require.Equal(t, []int{4, 4, 4, 4, 4}, loads(members, 2*time.Minute))
		members = append(members, join(t, stream, succeed, kinesis.GroupConfig{Leases: store}))
		require.Subset(t, []int{3, 4}, loads(members, 2*time.Minute))
		members[0].shutdown()
		members[1].shutdown()
		require.Equal(t, []int{5, 5, 5, 5}, loads(members[2:], 6*time.Second), "what is given up needs no failover time")
		for _, m := range members[2:] {
			require.Zero(t, m.close().Lost)
			require.Empty(t, m.reported())
		}
	})
}

// loads returns how many leases each has after a while, and that they keep them.
func loads(members []*member, after time.Duration) (loads []int) {
	time.Sleep(after)
	for _, m := range members {
		loads = append(loads, len(m.Owned()))
	}
	return loads
}
