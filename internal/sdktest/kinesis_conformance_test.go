package sdktest

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
	"github.com/leat-go/leat/kinesis/kinesistest"
)

// TestStreamConformance runs the suite for any stream through the SDK and the handler, so
// that what the engine owes its users gets through to them.
func TestStreamConformance(t *testing.T) {
	kinesistest.Run(t, kinesistest.Config{
		VirtualTime: true,
		New: func(t testing.TB, cfg kinesis.Config) kinesis.Stream {
			return streamOf(t, newBasin(t, kinesis.ServiceConfig{}).client(), cfg)
		},
		Split: splitOverSDK,
		Merge: mergeOverSDK,
		Lacks: kinesistest.Waiting, // who asks every 200 ms is not told the moment there is a record
	})
}

// TestStreamConformanceOverASocket does so in real time, where a wait may be a little
// inexact, over a connection. Rules that need more than a few seconds are skipped.
func TestStreamConformanceOverASocket(t *testing.T) {
	if testing.Short() {
		t.Skip("real waits are not for -short")
	}
	kinesistest.Run(t, kinesistest.Config{
		Patience: 10 * time.Second,
		New: func(t testing.TB, cfg kinesis.Config) kinesis.Stream {
			server := httptest.NewServer(kinesishttp.NewHandler(newBasin(t, kinesis.ServiceConfig{}).service, kinesishttp.Config{}))
			t.Cleanup(server.Close)
			return streamOf(t, streamClient(server.URL, server.Client()), cfg)
		},
		Split: splitOverSDK,
		Merge: mergeOverSDK,
	})
}

// streamOf makes a stream with what the suite sets of a configuration.
func streamOf(t testing.TB, c *awskinesis.Client, cfg kinesis.Config) *streamOverSDK {
	t.Helper()
	in := &awskinesis.CreateStreamInput{StreamName: aws.String("clicks"), ShardCount: aws.Int32(int32(max(cfg.ShardCount, 1)))}
	if cfg.MaxRecordSize > 0 {
		in.MaxRecordSizeInKiB = aws.Int32(int32(cfg.MaxRecordSize >> 10))
	}
	call(t, c.CreateStream, in)
	if cfg.RetentionPeriod > 0 {
		require.Zero(t, cfg.RetentionPeriod%time.Hour, "the wire counts hours")
		call(t, c.IncreaseStreamRetentionPeriod, &awskinesis.IncreaseStreamRetentionPeriodInput{
			StreamName: in.StreamName, RetentionPeriodHours: aws.Int32(int32(cfg.RetentionPeriod / time.Hour)),
		})
	}
	return &streamOverSDK{client: c, name: *in.StreamName}
}

func splitOverSDK(ctx context.Context, s kinesis.Stream, shardID string, at kinesis.HashKey) error {
	over := s.(*streamOverSDK)
	_, err := over.client.SplitShard(ctx, &awskinesis.SplitShardInput{StreamName: &over.name, ShardToSplit: &shardID, NewStartingHashKey: aws.String(at.String())})
	if err != nil {
		return streamErrorOf("Split", err)
	}
	return nil
}

func mergeOverSDK(ctx context.Context, s kinesis.Stream, shardID, adjacentShardID string) error {
	over := s.(*streamOverSDK)
	_, err := over.client.MergeShards(ctx, &awskinesis.MergeShardsInput{StreamName: &over.name, ShardToMerge: &shardID, AdjacentShardToMerge: &adjacentShardID})
	if err != nil {
		return streamErrorOf("Merge", err)
	}
	return nil
}
