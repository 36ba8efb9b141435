package kinesis_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/kinesis"
)

// A full disk refuses, and what a failed Put has left behind is there when there is space,
// before what comes later.
func TestDurableNoSpace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := kinesis.NewMemFiles(1)
		s := mustOpen(t, files, durable.Options{})
		stream, err := s.CreateStream("orders", kinesis.Config{})
		require.NoError(t, err)
		const shard = "shardId-000000000000"
		mustPut(t, stream, keyed("k", "before")...)
		latest, err := stream.ResolvePosition(shard, kinesis.Position{Type: kinesis.Latest})
		require.NoError(t, err)
		waiting := begin(t, stream, shard, latest)
		synctest.Wait()

		files.SetSpace(0)
		put, err := stream.Put(t.Context(), keyed("k", "stuck")...)
		require.ErrorIs(t, err, durable.ErrNoSpace)
		require.ErrorIs(t, err, kinesis.ErrInternalFailure)
		require.Equal(t, "ServiceUnavailable", err.(*kinesis.Error).ErrorCode())
		require.Nil(t, put)
		for range 3 {
			_, err = stream.Put(t.Context(), keyed("k", "refused")...)
			require.ErrorIs(t, err, durable.ErrNoSpace)
			require.ErrorIs(t, stream.Tag(map[string]string{"a": "b"}), durable.ErrNoSpace)
			require.ErrorIs(t, stream.SplitShard(shard, kinesis.HashKey{Hi: 1}), durable.ErrNoSpace)
			require.ErrorIs(t, stream.SetRetentionPeriod(48*time.Hour), durable.ErrNoSpace)
			require.ErrorIs(t, stream.PutPolicy("{}"), durable.ErrNoSpace)
			_, err = stream.RegisterConsumer("c", nil)
			require.ErrorIs(t, err, durable.ErrNoSpace)
		}
		// Readers go on, and see nothing of it.
		require.Equal(t, []string{"before"}, readData(t, stream, shard, kinesis.Position{}))
		require.Equal(t, kinesis.Summary{OpenShards: 1, Shards: 1, Records: 1, Bytes: 7}, stream.Summary())
		again, err := stream.ResolvePosition(shard, kinesis.Position{Type: kinesis.Latest})
		require.NoError(t, err)
		require.Equal(t, latest, again)
		backlog, err := stream.Backlog(shard, kinesis.Position{})
		require.NoError(t, err)
		require.EqualValues(t, 1, backlog.Records)
		require.Empty(t, stream.Tags())
		require.Len(t, shardsOf(t, stream), 1)
		select {
		case <-waiting:
			require.Fail(t, "a reader was woken")
		default:
		}

		files.SetSpace(-1)
		mustPut(t, stream, keyed("k", "after")...)
		require.Equal(t, []string{"stuck"}, dataIn((<-waiting).batch)[:1])
		require.Equal(t, []string{"before", "stuck", "after"}, readData(t, stream, shard, kinesis.Position{}))
		files.Crash()
		_ = s.Close()
		stream = mustStream(t, mustOpen(t, files, durable.Options{}), "orders")
		require.Equal(t, []string{"before", "stuck", "after"}, readData(t, stream, shard, kinesis.Position{}))
	})
}

// The service's own journal refuses as well, and creates and deletes nothing by halves.
func TestDurableNoSpaceForStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := kinesis.NewMemFiles(1)
		s := mustOpen(t, files, durable.Options{})
		_, err := s.CreateStream("a", kinesis.Config{})
		require.NoError(t, err)
		files.SetSpace(0)
		for range 3 {
			_, err = s.CreateStream("b", kinesis.Config{})
			require.ErrorIs(t, err, durable.ErrNoSpace)
			_, err = s.Stream("b")
			require.ErrorIs(t, err, kinesis.ErrResourceNotFound)
			require.ErrorIs(t, s.Leases().Create(t.Context(), "g", kinesis.Lease{ShardID: "s"}), durable.ErrNoSpace)
			require.ErrorIs(t, s.UpdateAccountSettings(kinesis.AccountSettings{CommitmentStatus: kinesis.CommitmentEnabled}), durable.ErrNoSpace)
		}
		require.ErrorIs(t, s.DeleteStream("a", false), durable.ErrNoSpace)
		mustStream(t, s, "a")
		files.SetSpace(-1)
		stream, err := s.CreateStream("b", kinesis.Config{})
		require.NoError(t, err)
		mustPut(t, stream, keyed("k", "x")...)
		require.NoError(t, s.DeleteStream("a", false))
		require.Equal(t, 1, s.Limits().OpenShards)
		require.NoError(t, s.Close())
		s = mustOpen(t, files, durable.Options{})
		page, err := s.ListStreams(kinesis.ListRequest{})
		require.NoError(t, err)
		require.Len(t, page.Streams, 1)
		require.Len(t, files.Directories(), 1)
		require.Equal(t, []string{"x"}, readData(t, mustStream(t, s, "b"), "shardId-000000000000", kinesis.Position{}))
	})
}

// A batch that the stream can not take at once is divided, and is there as it was put.
func TestDurableLargeBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := kinesis.NewMemFiles(1)
		s := mustOpen(t, files, durable.Options{MemoryBudget: 1 << 20})
		stream, err := s.CreateStream("large", kinesis.Config{ShardCount: 2, MaxRecordSize: 10 << 20})
		require.NoError(t, err)
		batch := make([]kinesis.Entry, 12)
		for i := range batch {
			batch[i] = kinesis.Entry{PartitionKey: string(rune('a' + i)), Data: make([]byte, 9<<20+i)}
			batch[i].Data[9<<20-1] = byte(i)
		}
		puts := mustPut(t, stream, batch...)
		for i, p := range puts {
			got := mustRead(t, stream, p.ShardID, kinesis.At(p.SequenceNumber)).Records[0]
			require.Equal(t, batch[i].PartitionKey, got.PartitionKey)
			require.True(t, string(batch[i].Data) == string(got.Data), "record %d", i)
		}
	})
}
