package kinesis_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/kinesis"
)

// mustOpen opens a durable service.
func mustOpen(t testing.TB, files *kinesis.MemFiles, options durable.Options) *kinesis.Service {
	t.Helper()
	s, err := kinesis.OpenIn(files, kinesis.ServiceConfig{Durable: options})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func mustStream(t testing.TB, s *kinesis.Service, name string) *kinesis.LocalStream {
	t.Helper()
	stream, err := s.Stream(name)
	require.NoError(t, err)
	return stream
}

// Everything that was acknowledged is there when a service is opened again.
func TestDurableReopen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := kinesis.NewMemFiles(1)
		s := mustOpen(t, files, durable.Options{})
		stream, err := s.CreateStream("orders", kinesis.Config{ShardCount: 2, Relaxed: true, Tags: map[string]string{"a": "1"}})
		require.NoError(t, err)
		created := stream.CreatedAt()
		var puts []kinesis.Put
		for i := range 10 {
			puts = append(puts, mustPut(t, stream, keyed(fmt.Sprint("key", i), "one", "two")...)...)
		}
		time.Sleep(time.Hour)
		require.NoError(t, stream.SplitShard("shardId-000000000000", kinesis.HashKey{Hi: 1 << 60}))
		puts = append(puts, mustPut(t, stream, keyed("later", "x")...)...)
		require.NoError(t, stream.Tag(map[string]string{"b": "2"}))
		require.NoError(t, stream.PutPolicy(`{}`))
		require.NoError(t, stream.SetMaxRecordSize(2<<20))
		c, err := stream.RegisterConsumer("fan", map[string]string{"c": "3"})
		require.NoError(t, err)
		require.NoError(t, c.PutPolicy(`{"x":1}`))
		gone, err := stream.RegisterConsumer("gone", nil)
		require.NoError(t, err)
		require.NoError(t, stream.DeregisterConsumer(gone.Name()))
		require.NoError(t, s.UpdateAccountSettings(kinesis.AccountSettings{CommitmentStatus: kinesis.CommitmentEnabled}))
		_, err = s.CreateStream("deleted", kinesis.Config{})
		require.NoError(t, err)
		require.NoError(t, s.DeleteStream("deleted", false))
		shards := shardsOf(t, stream)
		summary, settings := stream.Summary(), s.AccountSettings()
		content := contentOf(t, stream)
		cfg := stream.Config()

		for range 2 {
			require.NoError(t, s.Close())
			s = mustOpen(t, files, durable.Options{})
			require.Zero(t, s.Recovery())
			_, err = s.Stream("deleted")
			require.ErrorIs(t, err, kinesis.ErrResourceNotFound)
			stream = mustStream(t, s, "orders")
			require.Equal(t, shards, shardsOf(t, stream))
			require.Equal(t, content, contentOf(t, stream))
			require.Equal(t, summary, stream.Summary())
			require.Equal(t, map[string]string{"a": "1", "b": "2"}, stream.Tags())
			require.Equal(t, cfg, stream.Config())
			require.True(t, created.Equal(stream.CreatedAt()))
			require.Equal(t, kinesis.StatusActive, stream.Status())
			again, err := stream.Consumer("fan")
			require.NoError(t, err)
			require.Equal(t, c.ARN(), again.ARN())
			require.Equal(t, map[string]string{"c": "3"}, again.Tags())
			policy, err := again.Policy()
			require.NoError(t, err)
			require.Equal(t, `{"x":1}`, policy)
			_, err = stream.Consumer("gone")
			require.ErrorIs(t, err, kinesis.ErrResourceNotFound)
			require.Equal(t, settings.CommitmentStatus, s.AccountSettings().CommitmentStatus)
			require.True(t, settings.StartedAt.Equal(s.AccountSettings().StartedAt))
			for _, p := range puts {
				require.Len(t, mustRead(t, stream, p.ShardID, kinesis.At(p.SequenceNumber)).Records[:1], 1)
			}
		}
		more := mustPut(t, stream, keyed("later", "y")...)
		last := puts[len(puts)-1]
		require.Equal(t, last.ShardID, more[0].ShardID)
		require.Positive(t, more[0].SequenceNumber.Compare(last.SequenceNumber))
		require.Equal(t, []string{"y"}, readData(t, stream, last.ShardID, kinesis.After(last.SequenceNumber)))
	})
}

// contentOf returns what there is to read in the shards of a stream.
func contentOf(t testing.TB, s *kinesis.LocalStream) map[string][]string {
	content := map[string][]string{}
	for _, sh := range shardsOf(t, s) {
		b := mustRead(t, s, sh.ID, kinesis.Position{})
		for _, r := range b.Records {
			content[sh.ID] = append(content[sh.ID], fmt.Sprintf("%v %s %s %d", r.SequenceNumber, r.PartitionKey, r.Data, r.ArrivalTime.UnixMilli()))
		}
		require.Equal(t, !sh.IsOpen(), b.End)
	}
	return content
}

// filesIn returns the names of the files in a directory.
func filesIn(dir *faultfs.Mem) []string {
	names, err := dir.ReadDir()
	if err != nil {
		panic(err)
	}
	return names
}

// A stream that is deleted stays so, whatever becomes of the process next, and one that is
// closed is there again.
func TestDurableDelete(t *testing.T) {
	for _, policy := range []durable.Policy{durable.SyncEach, durable.SyncInterval, durable.SyncNever} {
		for seed := range uint64(20) {
			synctest.Test(t, func(t *testing.T) {
				files := kinesis.NewMemFiles(seed)
				options := durable.Options{Sync: policy}
				s := mustOpen(t, files, options)
				for _, name := range []string{"closed", "deleted", "going"} {
					stream, err := s.CreateStream(name, kinesis.Config{TransitionTime: time.Second})
					require.NoError(t, err)
					time.Sleep(time.Second)
					mustPut(t, stream, keyed("k", "x")...)
				}
				closed := mustStream(t, s, "closed")
				require.NoError(t, closed.Close())
				_, err := closed.Put(t.Context(), keyed("k", "x")...)
				require.ErrorIs(t, err, kinesis.ErrClosed)
				require.ErrorIs(t, s.DeleteStream("closed", false), kinesis.ErrClosed)
				_, err = s.CreateStream("closed", kinesis.Config{})
				require.ErrorIs(t, err, kinesis.ErrResourceInUse, "the name is taken")
				require.NoError(t, s.DeleteStream("deleted", false))
				time.Sleep(time.Second)
				require.NoError(t, s.DeleteStream("going", false))
				require.Equal(t, kinesis.StatusDeleting, mustStream(t, s, "going").Status())
				if seed%2 == 0 {
					files.Kill()
				} else {
					files.Crash()
				}
				_ = s.Close()
				s = mustOpen(t, files, options)
				page, err := s.ListStreams(kinesis.ListRequest{})
				require.NoError(t, err)
				require.Len(t, page.Streams, 1)
				require.Equal(t, "closed", page.Streams[0].Name())
				require.Equal(t, []string{"stream-1"}, files.Directories())
			})
		}
	}
}

// An on-demand stream that has split its shards has them when it is opened again.
func TestDurableOnDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := kinesis.NewMemFiles(1)
		s := mustOpen(t, files, durable.Options{MemoryBudget: -1})
		stream, err := s.CreateStream("busy", kinesis.Config{Mode: kinesis.ModeOnDemand})
		require.NoError(t, err)
		batch := make([]kinesis.Entry, 500)
		for i := range batch {
			batch[i] = kinesis.Entry{PartitionKey: fmt.Sprint("key", i%7), Data: []byte("x")}
		}
		for range 400 {
			mustPut(t, stream, batch...)
		}
		shards := shardsOf(t, stream)
		require.Greater(t, len(shards), 4)
		summary := stream.Summary()
		files.Crash()
		_ = s.Close()
		stream = mustStream(t, mustOpen(t, files, durable.Options{}), "busy")
		require.Equal(t, shards, shardsOf(t, stream))
		require.Equal(t, summary, stream.Summary())
		mustPut(t, stream, batch...)
	})
}

// Time goes on from the newest time that was stored, if the wall clock stands before it.
func TestDurableClock(t *testing.T) {
	files := kinesis.NewMemFiles(1)
	var arrived time.Time
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, files, durable.Options{})
		stream, err := s.CreateStream("orders", kinesis.Config{RetentionPeriod: 48 * time.Hour})
		require.NoError(t, err)
		time.Sleep(30 * time.Hour)
		mustPut(t, stream, keyed("k", "x")...)
		arrived = mustRead(t, stream, "shardId-000000000000", kinesis.Position{}).Records[0].ArrivalTime
		require.NoError(t, s.Close())
	})
	synctest.Test(t, func(t *testing.T) { // whose clock begins where the other one's began
		require.True(t, time.Now().Before(arrived))
		stream := mustStream(t, mustOpen(t, files, durable.Options{}), "orders")
		mustPut(t, stream, keyed("k", "y")...)
		records := mustRead(t, stream, "shardId-000000000000", kinesis.Position{}).Records
		require.Equal(t, []string{"x", "y"}, dataIn(kinesis.Batch{Records: records}))
		require.False(t, records[1].ArrivalTime.Before(arrived))
		require.Positive(t, records[1].SequenceNumber.Compare(records[0].SequenceNumber))
	})
}
