package kinesis_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// A shard that limits its readers is asked less often, and nothing is lost.
func TestGroupBearsThrottling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, err := kinesis.New("clicks", kinesis.Config{EnforceLimits: true})
		require.NoError(t, err)
		var entries []kinesis.Entry
		for range 100 {
			entries = append(entries, kinesis.Entry{PartitionKey: "a", Data: []byte("a")})
		}
		_, err = stream.Put(t.Context(), entries...)
		require.NoError(t, err)
		counted := &streamFaults{Stream: stream}
		m := join(t, counted, succeed, kinesis.GroupConfig{MaxRecords: 1})
		time.Sleep(40 * time.Second)
		require.EqualValues(t, 100, m.Stats().Records)
		require.Less(t, counted.reads.Load(), int64(250))
		require.ErrorIs(t, m.errorOf("Read"), kinesis.ErrProvisionedThroughputExceeded)
		m.close()
	})
}

// Reads that fail are repeated after longer and longer pauses.
func TestGroupReadFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := &streamFaults{Stream: groupStream(t, 1)}
		n := newNotes()
		stream.fault = func(kinesis.ReadRequest) error {
			if time.Since(n.began) < time.Minute {
				return errBoom
			}
			return nil
		}
		put(t, stream, "a1")
		m := join(t, stream, telling(n, "m"), kinesis.GroupConfig{})
		time.Sleep(59 * time.Second)
		require.EqualValues(t, 8, stream.reads.Load(), "at 0, 0.25, 0.75, 1.75, 3.75, 7.75, 15.75, 31.75 s")
		time.Sleep(10 * time.Second)
		require.Equal(t, []string{"1m2s m: a1"}, n.read())
		require.ErrorIs(t, m.errorOf("Read"), errBoom)
		m.close()
	})
}

// hasty is a stream that does not wait.
type hasty struct{ kinesis.Stream }

func (h hasty) Read(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
	req.Wait = 0
	return h.Stream.Read(ctx, req)
}

func TestGroupStreamThatDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := &streamFaults{Stream: hasty{groupStream(t, 1)}}
		n := newNotes()
		m := join(t, stream, telling(n, "m"), kinesis.GroupConfig{})
		time.Sleep(99500 * time.Millisecond)
		put(t, stream, "a1")
		time.Sleep(time.Second)
		require.Equal(t, []string{"1m40s m: a1"}, n.read())
		require.InDelta(t, 100, stream.reads.Load(), 2)
		m.close()
	})
}

// Batches say how far behind they are, and no batch has more than MaxRecords.
func TestGroupBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := groupStream(t, 1)
		put(t, stream, "a1", "a2")
		time.Sleep(time.Second)
		put(t, stream, "a3")
		time.Sleep(time.Second)
		var got []kinesis.ShardBatch
		m := join(t, stream, func(_ context.Context, b *kinesis.ShardBatch) error {
			got = append(got, *b)
			return nil
		}, kinesis.GroupConfig{MaxRecords: 2})
		synctest.Wait()
		require.Len(t, got, 2)
		require.Equal(t, "a1 a2", textsOf(got[0].Records))
		require.EqualValues(t, 2000, got[0].MillisBehindLatest)
		require.EqualValues(t, 1, got[0].Epoch)
		require.Equal(t, "shardId-000000000000", got[0].ShardID)
		require.Equal(t, "a3", textsOf(got[1].Records))
		require.Zero(t, got[1].MillisBehindLatest)
		m.close()
	})
}
