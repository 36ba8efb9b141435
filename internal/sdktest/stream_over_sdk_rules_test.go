package sdktest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

// inStream tells a story about a stream over the SDK in a bubble.
func inStream(t *testing.T, cfg kinesis.ServiceConfig, shards int32, story func(t *testing.T, b *basin, s *streamOverSDK)) {
	inClicks(t, cfg, shards, func(t *testing.T, b *basin, c *awskinesis.Client, clicks *string) {
		story(t, b, &streamOverSDK{client: c, name: *clicks})
	})
}

func recordsToPut(n, size int) []kinesis.Entry {
	batch := make([]kinesis.Entry, n)
	for i := range batch {
		batch[i] = kinesis.Entry{PartitionKey: fmt.Sprintf("%04d", i), Data: make([]byte, size)}
	}
	return batch
}

// TestPutsOfAnyLength: what the wire takes 500 of, or 10 MiB, the adapter takes any
// amount of, and an entry that AWS refuses a whole request for costs the others nothing.
func TestPutsOfAnyLength(t *testing.T) {
	inStream(t, kinesis.ServiceConfig{}, 4, func(t *testing.T, b *basin, s *streamOverSDK) {
		batch := recordsToPut(1200, 10)
		batch[601].PartitionKey = ""
		batch[999].ExplicitHashKey = "ten"
		put, err := s.Put(t.Context(), batch...)
		var failed *kinesis.BatchError
		require.ErrorAs(t, err, &failed)
		require.Len(t, failed.Failed, 2)
		require.Equal(t, 601, failed.Failed[0].Index)
		require.Equal(t, 999, failed.Failed[1].Index)
		require.ErrorIs(t, err, kinesis.ErrValidation)
		require.Zero(t, put[601])
		require.NotZero(t, put[602])
		require.Equal(t, 1+1+500+1, b.calls("PutRecords"), "three requests, and one for each entry of that with the bad ones")
		read := 0
		for _, sh := range shardsOf(t, s) {
			batch, err := s.Read(t.Context(), kinesis.ReadRequest{ShardID: sh.ID})
			require.NoError(t, err)
			require.True(t, slices.IsSortedFunc(batch.Records, func(a, b kinesis.Record) int { return a.SequenceNumber.Compare(b.SequenceNumber) }))
			read += len(batch.Records)
		}
		require.Equal(t, 1198, read)

		before := b.calls("PutRecords")
		_, err = s.Put(t.Context(), recordsToPut(25, 1<<20-4)...)
		require.NoError(t, err)
		require.Equal(t, 3, b.calls("PutRecords")-before, "ten of a MiB fit into a request")
	})
}

// TestAPutThatBreaksOff names the entries that were not put, for the others were.
func TestAPutThatBreaksOff(t *testing.T) {
	inStream(t, kinesis.ServiceConfig{}, 1, func(t *testing.T, b *basin, s *streamOverSDK) {
		_, err := b.handler.Faults().Add(kinesishttp.Fault{Op: "PutRecords", Code: "ResourceNotFoundException", Share: 0.5})
		require.NoError(t, err)
		put, err := s.Put(t.Context(), recordsToPut(1100, 10)...)
		var failed *kinesis.BatchError
		require.ErrorAs(t, err, &failed)
		require.ErrorIs(t, err, kinesis.ErrResourceNotFound)
		require.Len(t, failed.Failed, 600)
		require.Equal(t, 500, failed.Failed[0].Index)
		require.NotZero(t, put[499])
		require.Zero(t, put[500])
	})
}

// TestAPutOverTheLimits: a shard's limit rejects entries, not the batch.
func TestAPutOverTheLimits(t *testing.T) {
	inStream(t, kinesis.ServiceConfig{EnforceLimits: true}, 1, func(t *testing.T, _ *basin, s *streamOverSDK) {
		_, err := s.Put(t.Context(), recordsToPut(1100, 10)...)
		var failed *kinesis.BatchError
		require.ErrorAs(t, err, &failed)
		require.Len(t, failed.Failed, 100)
		require.Equal(t, 1000, failed.Failed[0].Index)
		require.ErrorIs(t, err, kinesis.ErrProvisionedThroughputExceeded)
		require.EqualError(t, failed.Failed[0].Err, "kinesis: Put: Rate exceeded for shard "+firstShard+" in stream clicks under account 000000000000.")
	})
}

func TestReadsThatWait(t *testing.T) {
	inStream(t, kinesis.ServiceConfig{}, 1, func(t *testing.T, b *basin, s *streamOverSDK) {
		start := time.Now()
		latest := kinesis.ReadRequest{ShardID: firstShard, Position: kinesis.Position{Type: kinesis.Latest}, Wait: 10 * time.Minute}
		batch, err := s.Read(t.Context(), latest)
		require.NoError(t, err)
		require.Empty(t, batch.Records)
		require.Equal(t, 10*time.Minute, time.Since(start))
		require.Equal(t, 5*600+1+1, b.calls("GetRecords"), "five a second; and one to find the tip")

		start = time.Now()
		time.AfterFunc(time.Second+time.Millisecond, func() {
			if _, err := s.Put(context.Background(), recordsToPut(1, 1)...); err != nil {
				t.Error(err)
			}
		})
		batch, err = s.Read(t.Context(), kinesis.ReadRequest{ShardID: firstShard, Position: batch.Next, Wait: time.Hour})
		require.NoError(t, err)
		require.Len(t, batch.Records, 1)
		require.Equal(t, 1200*time.Millisecond, time.Since(start))

		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		_, err = s.Read(ctx, kinesis.ReadRequest{ShardID: firstShard, Position: batch.Next, Wait: time.Hour})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// TestManyShards come in pages of a thousand.
func TestManyShards(t *testing.T) {
	inStream(t, kinesis.ServiceConfig{}, 2500, func(t *testing.T, b *basin, s *streamOverSDK) {
		all := shardsOf(t, s)
		require.Len(t, all, 2500)
		require.Equal(t, kinesis.MaxHashKey, all[2499].HashKeyRange.End)
		require.Equal(t, 3, b.calls("ListShards"))
	})
}

func shardsOf(t *testing.T, s kinesis.Stream) []kinesis.Shard {
	t.Helper()
	all, err := s.Shards(t.Context())
	require.NoError(t, err)
	return all
}
