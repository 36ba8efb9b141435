package kinesis_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// A handler that sets the checkpoints itself can set them late, and is called once more
// before the lease is given up.
func TestGroupManualCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		n := newNotes()
		var kept []kinesis.UserRecord
		var older *kinesis.ShardBatch
		result, err := stream.Put(t.Context(), kinesis.Entry{PartitionKey: "a", Data: []byte("a1")},
			kinesis.Entry{PartitionKey: "a", Data: []byte("a2")}, kinesis.Entry{PartitionKey: "a", Data: []byte("a3")})
		require.NoError(t, err)
		m := join(t, stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
			n.add("%s last %t end %t", textsOf(b.Records), b.Last, b.End)
			kept = append(kept, b.Records...)
			if older == nil {
				older = b
				early := kinesis.UserRecord{Record: kinesis.Record{SequenceNumber: result[2].SequenceNumber}}
				wantFault(t, b.Checkpoint(ctx, early), kinesis.ErrInvalidArgument, "was not handed out yet")
			}
			if b.Last && !b.End {
				return b.Checkpoint(ctx, kept[len(kept)-1])
			}
			return nil
		}, kinesis.GroupConfig{Leases: store, ManualCheckpoint: true, MaxRecords: 2})
		time.Sleep(time.Minute)
		require.Equal(t, []string{"0s a1 a2 last false end false", "0s a3 last false end false"}, n.read())
		require.Equal(t, kinesis.TrimHorizon, leasesOf(t, store)[0].Checkpoint.Type)

		at := func() kinesis.SequenceNumber { return leasesOf(t, store)[0].Checkpoint.SequenceNumber }
		require.NoError(t, older.Checkpoint(t.Context(), kept[1]))
		require.Equal(t, kept[1].SequenceNumber, at())
		require.NoError(t, older.Checkpoint(t.Context(), kept[1]), "the same again")
		wantFault(t, older.Checkpoint(t.Context(), kept[0]), kinesis.ErrInvalidArgument, "is behind")
		require.Equal(t, kept[1].SequenceNumber, at())

		put(t, stream, "a4")
		synctest.Wait()
		require.Equal(t, []string{"1m0s a4 last false end false"}, n.read())

		m.shutdown()
		require.Equal(t, []string{"1m0s  last true end false"}, n.read())
		require.Equal(t, kept[3].SequenceNumber, at())
		wantFault(t, older.Checkpoint(t.Context(), kept[3]), kinesis.ErrLeaseLost, "another worker")
		require.EqualValues(t, 4, m.Stats().Records)
		require.EqualValues(t, 2, m.Stats().Checkpoints)
	})
}

// What was not checkpointed comes again, also what another handled.
func TestGroupManualCheckpointFailsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		n := newNotes()
		mine := faulty(store)
		a := join(t, stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
			if string(b.Records[0].Data) == "a2" {
				return b.Checkpoint(ctx, b.Records[0])
			}
			return nil
		}, kinesis.GroupConfig{Leases: mine, ManualCheckpoint: true, MaxRecords: 1})
		put(t, stream, "a1", "a2", "a3", "a4")
		time.Sleep(time.Second)
		mine.breakDown()
		a.close()
		b := join(t, stream, telling(n, "b"), kinesis.GroupConfig{Leases: store})
		time.Sleep(time.Minute)
		require.Equal(t, []string{"11s b: a3 a4"}, n.read())
		b.close()
	})
}

// A handler without automatic checkpoints is told of a shard's end, and by taking that says
// that all of the shard is done.
func TestGroupManualCheckpointAtShardEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		n := newNotes()
		tries := 0
		m := join(t, stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
			n.add("%s: %s last %t end %t", shardOf(b.ShardID), textsOf(b.Records), b.Last, b.End)
			if tries++; b.End && tries < 4 {
				return errBoom
			}
			return nil
		}, kinesis.GroupConfig{Leases: store, ManualCheckpoint: true})
		put(t, stream, "a1")
		time.Sleep(time.Second)
		require.NoError(t, stream.SplitShard("shardId-000000000000", kinesis.HashKey{Hi: 1 << 63}))
		put(t, stream, "a2")
		time.Sleep(time.Minute)
		child := shardOf(shardFor(t, stream, "a"))
		require.Equal(t, []string{
			"0s 0: a1 last false end false", "1s 0:  last true end true", "2s 0:  last true end true", "4s 0:  last true end true",
			"4s " + child + ": a2 last false end false",
		}, n.read())
		m.close()
	})
}

// shardFor is the open shard of a partition key.
func shardFor(t *testing.T, s kinesis.Stream, key string) string {
	t.Helper()
	shards, err := s.Shards(t.Context())
	require.NoError(t, err)
	for _, sh := range shards {
		if sh.IsOpen() && sh.HashKeyRange.Contains(kinesis.HashKeyOf(key)) {
			return sh.ID
		}
	}
	return ""
}

func TestGroupInitialPosition(t *testing.T) {
	for _, c := range []struct {
		name string
		at   func() kinesis.Position
		want []string
	}{
		{"zero", func() kinesis.Position { return kinesis.Position{} }, []string{"3s m: a1", "3s m: a2", "3s m: a3", "3s m: a4"}},
		{"oldest", func() kinesis.Position { return kinesis.Position{Type: kinesis.TrimHorizon} }, []string{"3s m: a1", "3s m: a2", "3s m: a3", "3s m: a4"}},
		{"latest", func() kinesis.Position { return kinesis.Position{Type: kinesis.Latest} }, []string{"3s m: a4"}},
		{"since, in the parent", func() kinesis.Position { return kinesis.Since(time.Now().Add(-2 * time.Second)) }, []string{"3s m: a2", "3s m: a3", "3s m: a4"}},
		{"since, in the child", func() kinesis.Position { return kinesis.Since(time.Now().Add(-time.Second / 2)) }, []string{"3s m: a4"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			stream := groupStream(t, 1)
			n := newNotes()
			put(t, stream, "a1")
			time.Sleep(time.Second)
			put(t, stream, "a2")
			time.Sleep(time.Second)
			require.NoError(t, stream.SplitShard("shardId-000000000000", kinesis.HashKey{Hi: 1 << 63}))
			put(t, stream, "a3")
			time.Sleep(time.Second)
			m := join(t, stream, telling(n, "m"), kinesis.GroupConfig{InitialPosition: c.at(), MaxRecords: 1})
			synctest.Wait()
			put(t, stream, "a4")
			synctest.Wait()
			require.Equal(t, c.want, n.read(), c.name)
			require.Empty(t, m.reported(), c.name)
			m.close()
		})
	}
}

// Where the latest record was is known even if the member that found it dies before there
// is another.
func TestGroupLatestFailsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		n := newNotes()
		put(t, stream, "a1")
		for _, manual := range []bool{true, false} {
			mine := faulty(store)
			a := join(t, stream, telling(n, "a"), kinesis.GroupConfig{
				Leases: mine, InitialPosition: kinesis.Position{Type: kinesis.Latest}, ManualCheckpoint: manual,
			})
			time.Sleep(20 * time.Second)
			mine.breakDown()
			a.close()
		}
		put(t, stream, "a2")
		b := join(t, stream, telling(n, "b"), kinesis.GroupConfig{Leases: store, InitialPosition: kinesis.Position{Type: kinesis.Latest}})
		time.Sleep(time.Minute)
		require.Equal(t, []string{"50s b: a2"}, n.read())
		b.close()
	})
}
