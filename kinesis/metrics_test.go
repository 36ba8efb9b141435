package kinesis_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{})
		put := func(key, data string) {
			_, err := stream.Put(t.Context(), kinesis.Entry{PartitionKey: key, Data: []byte(data)}, kinesis.Entry{PartitionKey: ""})
			require.Error(t, err, "the second entry is bad, and not counted")
		}
		require.Zero(t, stream.Metrics())
		put("a", "123")
		time.Sleep(time.Second)
		put("bc", "12")
		time.Sleep(time.Second)
		want := kinesis.Metrics{IncomingRecords: 2, IncomingBytes: 8}
		require.Equal(t, want, stream.Metrics(), "nobody reads, so nobody is late")

		b, err := stream.Read(t.Context(), kinesis.ReadRequest{ShardID: firstShard, Limit: 1})
		require.NoError(t, err)
		want.GetRecordsSuccess, want.GetRecordsRecords, want.GetRecordsBytes = 1, 1, 4
		want.GetRecordsIteratorAge = time.Second
		require.Equal(t, want, stream.Metrics())
		time.Sleep(time.Minute)
		want.GetRecordsIteratorAge += time.Minute
		require.Equal(t, want, stream.Metrics(), "it grows when nobody reads any more")

		b, err = stream.Read(t.Context(), kinesis.ReadRequest{ShardID: firstShard, Position: b.Next})
		require.NoError(t, err)
		want.GetRecordsSuccess, want.GetRecordsRecords, want.GetRecordsBytes = 2, 2, 8
		want.GetRecordsIteratorAge = 0
		require.Equal(t, want, stream.Metrics())

		for batch, err := range subscribe(t, register(t, stream, "c"), kinesis.Position{}) {
			require.NoError(t, err)
			require.Len(t, batch.Records, 2)
			break
		}
		want.SubscribeToShardEventRecords, want.SubscribeToShardEventBytes = 2, 8
		require.Equal(t, want, stream.Metrics(), "what consumers get is not the readers'")

		// A waiting read looks twice.
		done := make(chan struct{})
		go func() {
			defer close(done)
			stream.Read(t.Context(), kinesis.ReadRequest{ShardID: firstShard, Position: b.Next, Wait: time.Hour})
		}()
		synctest.Wait()
		put("d", "1")
		<-done
		want.IncomingRecords, want.IncomingBytes = 3, 10
		want.GetRecordsSuccess, want.GetRecordsRecords, want.GetRecordsBytes = 4, 3, 10
		require.Equal(t, want, stream.Metrics())

		put("e", "1")
		want.IncomingRecords, want.IncomingBytes = 4, 12
		time.Sleep(24*time.Hour - time.Millisecond)
		want.GetRecordsIteratorAge = 24*time.Hour - time.Millisecond
		require.Equal(t, want, stream.Metrics())
		time.Sleep(time.Millisecond)
		want.GetRecordsIteratorAge = 0
		require.Equal(t, want, stream.Metrics(), "the record has expired")

		require.NoError(t, stream.Close())
		require.Equal(t, want, stream.Metrics(), "of a closed stream")
	})
}

// The age is that of the shard that is read least.
func TestMetricsOfSeveralShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{ShardCount: 3})
		for i, key := range []string{"0", "170141183460469231731687303715884105727", "340282366920938463463374607431768211455"} {
			_, err := stream.Put(t.Context(), kinesis.Entry{PartitionKey: "k", ExplicitHashKey: key})
			require.NoError(t, err, i)
			time.Sleep(time.Second)
		}
		shards, err := stream.Shards(t.Context())
		require.NoError(t, err)
		for _, shard := range shards[1:] { // the first is never read
			_, err := stream.Read(t.Context(), kinesis.ReadRequest{ShardID: shard.ID, MaxBytes: 1})
			require.NoError(t, err)
		}
		require.Zero(t, stream.Metrics().GetRecordsIteratorAge)
		for _, key := range []string{"170141183460469231731687303715884105727", "340282366920938463463374607431768211455"} {
			_, err := stream.Put(t.Context(), kinesis.Entry{PartitionKey: "k", ExplicitHashKey: key})
			require.NoError(t, err)
			time.Sleep(time.Second)
		}
		require.Equal(t, 2*time.Second, stream.Metrics().GetRecordsIteratorAge)
		require.Equal(t, int64(2), stream.Metrics().GetRecordsRecords)
	})
}

func TestMetricsOfLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{EnforceLimits: true})
		batch := make([]kinesis.Entry, 1010)
		for i := range batch {
			batch[i].PartitionKey = "k"
		}
		_, err := stream.Put(t.Context(), batch...)
		require.ErrorIs(t, err, kinesis.ErrProvisionedThroughputExceeded)
		for range 8 {
			stream.Read(t.Context(), kinesis.ReadRequest{ShardID: firstShard, Limit: 1})
		}
		m := stream.Metrics()
		require.Equal(t, int64(1000), m.IncomingRecords)
		require.Equal(t, int64(10), m.WriteProvisionedThroughputExceeded)
		require.Equal(t, int64(5), m.GetRecordsSuccess)
		require.Equal(t, int64(3), m.ReadProvisionedThroughputExceeded)
	})
}
