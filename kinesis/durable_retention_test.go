package kinesis_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/kinesis"
)

// segmentsIn counts the segments in the directory of the first stream.
func segmentsIn(files *kinesis.MemFiles) (n int) {
	for _, name := range filesIn(files.Directory("stream-1")) {
		if strings.HasPrefix(name, "segment-") {
			n++
		}
	}
	return n
}

// Files go when all that is in them is too old, and their records stay gone.
func TestDurableRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := kinesis.NewMemFiles(1)
		options := durable.Options{SegmentSize: 10_000, MemoryBudget: 5000}
		s := mustOpen(t, files, options)
		stream, err := s.CreateStream("orders", kinesis.Config{ShardCount: 3, Relaxed: true})
		require.NoError(t, err)
		for i := range 240 {
			mustPut(t, stream, keyed(fmt.Sprint(i), strings.Repeat("x", 900))...)
			time.Sleep(time.Hour / 10)
		}
		full := segmentsIn(files)
		require.Greater(t, full, 20)
		time.Sleep(12 * time.Hour)
		content := contentOf(t, stream)
		synctest.Wait()
		half := segmentsIn(files)
		require.InDelta(t, full/2, half, 3, "the files of half of the records are gone")
		require.InDelta(t, 120, stream.Summary().Records, 1)

		files.Crash()
		_ = s.Close()
		s = mustOpen(t, files, options)
		stream = mustStream(t, s, "orders")
		require.Equal(t, content, contentOf(t, stream))

		// What a shorter period has let go of does not come back with a longer one.
		require.NoError(t, stream.SetRetentionPeriod(time.Hour*6))
		time.Sleep(time.Hour)
		kept := contentOf(t, stream)
		require.NoError(t, stream.SetRetentionPeriod(48*time.Hour))
		files.Crash()
		_ = s.Close()
		s = mustOpen(t, files, options)
		stream = mustStream(t, s, "orders")
		require.Equal(t, kept, contentOf(t, stream))

		next := mustPut(t, stream, keyed("a", "x")...)[0]
		time.Sleep(49 * time.Hour)
		require.Zero(t, stream.Summary().Records)
		synctest.Wait()
		require.LessOrEqual(t, segmentsIn(files), 2)
		files.Crash()
		_ = s.Close()
		s = mustOpen(t, files, options)
		last := mustPut(t, mustStream(t, s, "orders"), keyed("a", "y")...)[0]
		require.Equal(t, next.ShardID, last.ShardID)
		require.Positive(t, last.SequenceNumber.Compare(next.SequenceNumber), "numbers are not used again")
	})
}

// A shard that was closed expires with its records, and stays away.
func TestDurableShardsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := kinesis.NewMemFiles(1)
		s := mustOpen(t, files, durable.Options{SegmentSize: 2000})
		stream, err := s.CreateStream("orders", kinesis.Config{Relaxed: true})
		require.NoError(t, err)
		for i := range 10 {
			mustPut(t, stream, keyed("k", fmt.Sprint(i))...)
			shards := shardsOf(t, stream)
			open := shards[len(shards)-1]
			require.NoError(t, stream.SplitShard(open.ID, open.HashKeyRange.Middle()))
			time.Sleep(5 * time.Hour)
			require.NoError(t, stream.SetRetentionPeriod(time.Duration(24+i%2)*time.Hour))
		}
		for range 3 {
			shards := shardsOf(t, stream)
			files.Crash()
			_ = s.Close()
			s = mustOpen(t, files, durable.Options{SegmentSize: 2000})
			stream = mustStream(t, s, "orders")
			require.Equal(t, shards, shardsOf(t, stream))
			time.Sleep(8 * time.Hour)
		}
		time.Sleep(24 * time.Hour)
		require.Len(t, shardsOf(t, stream), 11)
	})
}

// What is only on the disk takes little memory: 20 bytes for a record, 4 for its place in
// the order, and what slices have to spare.
func TestDurableMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const records = 200_000
		files := kinesis.NewMemFiles(1)
		options := durable.Options{Sync: durable.SyncNever, MemoryBudget: -1}
		s := mustOpen(t, files, options)
		stream, err := s.CreateStream("orders", kinesis.Config{ShardCount: 4})
		require.NoError(t, err)
		batch := make([]kinesis.Entry, 500)
		for i := range batch {
			batch[i] = kinesis.Entry{PartitionKey: fmt.Sprint("key", i), Data: []byte("0123456789")}
		}
		for range records / len(batch) {
			mustPut(t, stream, batch...)
		}
		time.Sleep(time.Second) // until all is written
		for _, what := range []string{"put", "opened"} {
			require.EqualValues(t, records, stream.Summary().Records)
			full := heapNow()
			stream.Close()
			taken := float64(full-heapNow()) / records // the files, which are in memory here, stay
			t.Logf("%s: %.1f bytes of heap a record", what, taken)
			require.Greater(t, taken, 20.0)
			require.Less(t, taken, 32.0)
			require.NoError(t, s.Close())
			s = mustOpen(t, files, options)
			stream = mustStream(t, s, "orders")
		}
	})
}
