package kinesis_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesistest"
)

// The engine owes its users every rule of the suite, and lacks nothing.
func TestConformance(t *testing.T) {
	kinesistest.Run(t, kinesistest.Config{
		VirtualTime: true,
		New: func(t testing.TB, cfg kinesis.Config) kinesis.Stream {
			s, err := kinesis.New("stream", cfg)
			require.NoError(t, err)
			t.Cleanup(func() { s.Close() })
			return s
		},
		Split: func(_ context.Context, s kinesis.Stream, shardID string, at kinesis.HashKey) error {
			return s.(*kinesis.LocalStream).SplitShard(shardID, at)
		},
		Merge: func(_ context.Context, s kinesis.Stream, shardID, adjacentShardID string) error {
			return s.(*kinesis.LocalStream).MergeShards(shardID, adjacentShardID)
		},
	})
}
