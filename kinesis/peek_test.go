package kinesis_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// A look at a shard takes nothing from its readers, and sees what they do.
func TestPeekAndBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const shard = "shardId-000000000000"
		s, err := kinesis.New("clicks", kinesis.Config{EnforceLimits: true})
		require.NoError(t, err)
		defer s.Close()
		none, err := s.Backlog(shard, kinesis.Position{})
		require.NoError(t, err)
		require.Zero(t, none)

		began := time.Now()
		for range 3 {
			_, err := s.Put(t.Context(), kinesis.Entry{PartitionKey: "k", Data: []byte("data")})
			require.NoError(t, err)
			time.Sleep(time.Second)
		}
		for range 50 {
			b, err := s.Peek(shard, kinesis.Position{}, 2)
			require.NoError(t, err)
			require.Len(t, b.Records, 2)
			after, err := s.Backlog(shard, b.Next)
			require.NoError(t, err)
			require.Equal(t, int64(1), after.Records)
			require.Equal(t, began.Add(2*time.Second).UnixMilli(), after.Oldest.UnixMilli())
		}
		m := s.Metrics()
		require.Equal(t, kinesis.Metrics{IncomingRecords: 3, IncomingBytes: 15}, m, "nothing is counted")
		for range 5 {
			_, err := s.Read(t.Context(), kinesis.ReadRequest{ShardID: shard})
			require.NoError(t, err, "what the readers may read is all there")
		}
		_, err = s.Read(t.Context(), kinesis.ReadRequest{ShardID: shard})
		require.ErrorIs(t, err, kinesis.ErrProvisionedThroughputExceeded, "the limit is enforced")

		for name, c := range map[string]struct {
			p    kinesis.Position
			want int64
		}{
			"the oldest":      {kinesis.Position{}, 3},
			"a time":          {kinesis.Since(began.Add(time.Second)), 2},
			"before the time": {kinesis.Since(began.Add(-time.Hour)), 3},
			"the latest":      {kinesis.Position{Type: kinesis.Latest}, 0},
		} {
			b, err := s.Backlog(shard, c.p)
			require.NoError(t, err, name)
			require.Equal(t, c.want, b.Records, name)
			require.Equal(t, c.want == 0, b.Oldest.IsZero(), name)
		}

		_, err = s.Backlog("shardId-000000000009", kinesis.Position{})
		require.ErrorIs(t, err, kinesis.ErrResourceNotFound)
		_, err = s.Peek("shardId-000000000009", kinesis.Position{}, 1)
		require.ErrorIs(t, err, kinesis.ErrResourceNotFound)
		_, err = s.Backlog(shard, kinesis.Since(time.Now().Add(time.Hour)))
		require.ErrorIs(t, err, kinesis.ErrInvalidArgument)
		_, err = s.Peek(shard, kinesis.Position{}, -1)
		require.ErrorIs(t, err, kinesis.ErrInvalidArgument)

		time.Sleep(25 * time.Hour)
		expired, err := s.Backlog(shard, kinesis.Position{})
		require.NoError(t, err)
		require.Zero(t, expired)
	})
}
