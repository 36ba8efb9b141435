package sdktest

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// TestEveryActionOfKinesis tells a stream's life, in which each action of Kinesis has a
// part. What changes a stream takes three seconds, as on AWS, where programs wait.
func TestEveryActionOfKinesis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBasin(t, kinesis.ServiceConfig{TransitionTime: 3 * time.Second})
		c := b.client()
		createAndDescribeStream(t, c)
		putAndGet(t, c)
		reshard(t, c)
		changeSettings(t, c)
		labelStream(t, c)
		consume(t, c)
		changeMode(t, c)

		require.Equal(t, []string{"clicks"}, call(t, c.ListStreams, &awskinesis.ListStreamsInput{}).StreamNames)
		call(t, c.DeleteStream, &awskinesis.DeleteStreamInput{StreamName: aws.String("clicks"), EnforceConsumerDeletion: aws.Bool(true)})
		gone := awskinesis.NewStreamNotExistsWaiter(c)
		require.NoError(t, gone.Wait(t.Context(), &awskinesis.DescribeStreamInput{StreamName: aws.String("clicks")}, time.Minute))
		require.Empty(t, call(t, c.ListStreams, &awskinesis.ListStreamsInput{}).StreamNames)

		requireEveryAction(t, b, c)
	})
}

// requireEveryAction checks that nothing which the SDK can ask for was left out, but for
// channels: they copy an on-demand stream to tables in S3, which leat does not have. (A
// delivery stream of package firehose does that to files.)
func requireEveryAction(t *testing.T, b *basin, c *awskinesis.Client) {
	t.Helper()
	var known, lacking []string
	for _, action := range actionsOf[*awskinesis.Client]() {
		if strings.HasSuffix(action, "Channel") || action == "ListChannels" {
			lacking = append(lacking, action)
		} else {
			known = append(known, action)
		}
	}
	require.Equal(t, []string{"CreateChannel", "DeleteChannel", "DescribeChannel", "ListChannels", "UpdateChannel"}, lacking)
	require.Len(t, known, 40)
	require.Equal(t, known, b.askedFor())

	_, err := c.ListChannels(t.Context(), &awskinesis.ListChannelsInput{})
	var unknown smithy.APIError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, "UnknownOperationException", unknown.ErrorCode())
}

func createAndDescribeStream(t *testing.T, c *awskinesis.Client) {
	began := time.Now()
	call(t, c.CreateStream, &awskinesis.CreateStreamInput{StreamName: aws.String("clicks"), ShardCount: aws.Int32(3), Tags: map[string]string{"team": "shop"}})
	summary := func() *types.StreamDescriptionSummary {
		return call(t, c.DescribeStreamSummary, &awskinesis.DescribeStreamSummaryInput{StreamARN: aws.String(clicksARN)}).StreamDescriptionSummary
	}
	require.Equal(t, types.StreamStatusCreating, summary().StreamStatus)
	awaitStream(t, c, "clicks")
	d := call(t, c.DescribeStream, &awskinesis.DescribeStreamInput{StreamName: aws.String("clicks"), Limit: aws.Int32(2)}).StreamDescription
	require.Equal(t, clicksARN, *d.StreamARN)
	require.Equal(t, "clicks", *d.StreamName)
	require.Equal(t, types.StreamStatusActive, d.StreamStatus)
	require.Len(t, d.Shards, 2)
	require.True(t, *d.HasMoreShards)
	require.Equal(t, "113427455640312821154458202477256070484", *d.Shards[0].HashKeyRange.EndingHashKey)
	require.Equal(t, began.Unix(), d.StreamCreationTimestamp.Unix())
	require.EqualValues(t, 24, *d.RetentionPeriodHours)
	require.Equal(t, types.EncryptionTypeNone, d.EncryptionType)
	require.Equal(t, []types.EnhancedMetrics{{ShardLevelMetrics: []types.MetricsName{}}}, d.EnhancedMonitoring)

	pages := awskinesis.NewDescribeStreamPaginator(c, &awskinesis.DescribeStreamInput{StreamName: aws.String("clicks"), Limit: aws.Int32(1)})
	shards := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		shards += len(page.StreamDescription.Shards)
	}
	require.Equal(t, 3, shards)
	s := summary()
	require.EqualValues(t, 3, *s.OpenShardCount)
	require.EqualValues(t, 0, *s.ConsumerCount)
	require.EqualValues(t, 1024, *s.MaxRecordSizeInKiB)
	require.Equal(t, types.StreamModeProvisioned, s.StreamModeDetails.StreamMode)
}

func putAndGet(t *testing.T, c *awskinesis.Client) {
	name := aws.String("clicks")
	put := time.Now()
	one := call(t, c.PutRecord, &awskinesis.PutRecordInput{
		StreamName: name, PartitionKey: aws.String("k"), ExplicitHashKey: aws.String("0"), Data: []byte("\x00one\xff"),
	})
	require.Equal(t, firstShard, *one.ShardId)
	require.Empty(t, one.EncryptionType, "AWS says nothing of a stream that is not encrypted")
	many := call(t, c.PutRecords, &awskinesis.PutRecordsInput{StreamARN: aws.String(clicksARN), Records: []types.PutRecordsRequestEntry{
		{PartitionKey: aws.String("k"), ExplicitHashKey: aws.String("1"), Data: []byte("two")},
		{PartitionKey: aws.String("ключ"), ExplicitHashKey: aws.String("2"), Data: []byte{}},
	}})
	require.EqualValues(t, 0, *many.FailedRecordCount)
	require.Nil(t, many.Records[0].ErrorCode)
	require.Equal(t, firstShard, *many.Records[1].ShardId)

	got := call(t, c.GetRecords, &awskinesis.GetRecordsInput{ShardIterator: iteratorOf(t, c, name, firstShard), Limit: aws.Int32(2)})
	require.Equal(t, []string{"\x00one\xff", "two"}, dataOf(got.Records))
	require.Equal(t, one.SequenceNumber, got.Records[0].SequenceNumber)
	require.Empty(t, got.Records[0].EncryptionType)
	require.Equal(t, put.UnixMilli(), got.Records[0].ApproximateArrivalTimestamp.UnixMilli())
	got = call(t, c.GetRecords, &awskinesis.GetRecordsInput{ShardIterator: got.NextShardIterator, StreamARN: aws.String(clicksARN)})
	require.Equal(t, []string{""}, dataOf(got.Records))
	require.NotNil(t, got.Records[0].Data)
	require.Equal(t, "ключ", *got.Records[0].PartitionKey)
	require.EqualValues(t, 0, *got.MillisBehindLatest)

	for shardIteratorType, want := range map[types.ShardIteratorType][]string{
		types.ShardIteratorTypeAtSequenceNumber:    {"two", ""},
		types.ShardIteratorTypeAfterSequenceNumber: {""},
		types.ShardIteratorTypeAtTimestamp:         {"\x00one\xff", "two", ""},
		types.ShardIteratorTypeLatest:              nil,
	} {
		in := &awskinesis.GetShardIteratorInput{StreamARN: aws.String(clicksARN), ShardId: aws.String(firstShard), ShardIteratorType: shardIteratorType}
		switch shardIteratorType {
		case types.ShardIteratorTypeAtTimestamp:
			in.Timestamp = &put
		case types.ShardIteratorTypeLatest:
		default:
			in.StartingSequenceNumber = many.Records[0].SequenceNumber
		}
		got := call(t, c.GetRecords, &awskinesis.GetRecordsInput{ShardIterator: call(t, c.GetShardIterator, in).ShardIterator})
		require.Equal(t, want, dataOf(got.Records), shardIteratorType)
	}
}

func reshard(t *testing.T, c *awskinesis.Client) {
	name := aws.String("clicks")
	call(t, c.SplitShard, &awskinesis.SplitShardInput{StreamName: name, ShardToSplit: aws.String(firstShard), NewStartingHashKey: aws.String("10")})
	awaitStream(t, c, "clicks")
	call(t, c.MergeShards, &awskinesis.MergeShardsInput{
		StreamName: name, ShardToMerge: aws.String("shardId-000000000003"), AdjacentShardToMerge: aws.String("shardId-000000000004"),
	})
	awaitStream(t, c, "clicks")

	// The end of a shard says what comes after it.
	got := call(t, c.GetRecords, &awskinesis.GetRecordsInput{ShardIterator: iteratorOf(t, c, name, firstShard)})
	require.Len(t, got.Records, 3)
	require.Nil(t, got.NextShardIterator)
	require.Len(t, got.ChildShards, 2)
	require.Equal(t, []string{firstShard}, got.ChildShards[0].ParentShards)
	require.Equal(t, "9", *got.ChildShards[0].HashKeyRange.EndingHashKey)

	in := &awskinesis.ListShardsInput{StreamName: name, MaxResults: aws.Int32(4)}
	var shards []types.Shard
	for in != nil {
		page := call(t, c.ListShards, in)
		shards = append(shards, page.Shards...)
		in = nil
		if page.NextToken != nil {
			in = &awskinesis.ListShardsInput{NextToken: page.NextToken}
		}
	}
	require.Len(t, shards, 6)
	child := shards[5]
	require.Equal(t, []string{"shardId-000000000003", "shardId-000000000004"}, []string{*child.ParentShardId, *child.AdjacentParentShardId})
	require.Nil(t, child.SequenceNumberRange.EndingSequenceNumber)
	require.NotNil(t, shards[0].SequenceNumberRange.EndingSequenceNumber)
	open := call(t, c.ListShards, &awskinesis.ListShardsInput{StreamName: name, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}}).Shards
	require.Len(t, open, 3)

	updated := call(t, c.UpdateShardCount, &awskinesis.UpdateShardCountInput{StreamName: name, TargetShardCount: aws.Int32(2), ScalingType: types.ScalingTypeUniformScaling})
	require.EqualValues(t, 3, *updated.CurrentShardCount)
	require.EqualValues(t, 2, *updated.TargetShardCount)
	awaitStream(t, c, "clicks")
	limits := call(t, c.DescribeLimits, &awskinesis.DescribeLimitsInput{})
	require.EqualValues(t, 2, *limits.OpenShardCount)
	require.EqualValues(t, 20_000, *limits.ShardLimit)
}
