package sdktest

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// These are chapters of TestEveryActionOfKinesis.

func changeSettings(t *testing.T, c *awskinesis.Client) {
	name, arn := aws.String("clicks"), aws.String(clicksARN)
	describe := func() *types.StreamDescriptionSummary {
		t.Helper()
		awaitStream(t, c, "clicks")
		return call(t, c.DescribeStreamSummary, &awskinesis.DescribeStreamSummaryInput{StreamName: name}).StreamDescriptionSummary
	}
	call(t, c.IncreaseStreamRetentionPeriod, &awskinesis.IncreaseStreamRetentionPeriodInput{StreamName: name, RetentionPeriodHours: aws.Int32(48)})
	require.EqualValues(t, 48, *describe().RetentionPeriodHours)
	call(t, c.DecreaseStreamRetentionPeriod, &awskinesis.DecreaseStreamRetentionPeriodInput{StreamName: name, RetentionPeriodHours: aws.Int32(36)})
	require.EqualValues(t, 36, *describe().RetentionPeriodHours)

	call(t, c.UpdateMaxRecordSize, &awskinesis.UpdateMaxRecordSizeInput{StreamARN: arn, MaxRecordSizeInKiB: aws.Int32(2048)})
	require.EqualValues(t, 2048, *describe().MaxRecordSizeInKiB)
	call(t, c.PutRecord, &awskinesis.PutRecordInput{StreamName: name, PartitionKey: aws.String("large"), Data: make([]byte, 2<<20)})

	all := []types.MetricsName{types.MetricsNameAll}
	watched := call(t, c.EnableEnhancedMonitoring, &awskinesis.EnableEnhancedMonitoringInput{StreamName: name, ShardLevelMetrics: all})
	require.Empty(t, watched.CurrentShardLevelMetrics)
	require.Len(t, watched.DesiredShardLevelMetrics, 7)
	require.Len(t, describe().EnhancedMonitoring[0].ShardLevelMetrics, 7)
	ignored := call(t, c.DisableEnhancedMonitoring, &awskinesis.DisableEnhancedMonitoringInput{
		StreamName: name, ShardLevelMetrics: []types.MetricsName{types.MetricsNameIncomingBytes},
	})
	require.Len(t, ignored.CurrentShardLevelMetrics, 7)
	require.Len(t, ignored.DesiredShardLevelMetrics, 6)

	awaitStream(t, c, "clicks")
	key := aws.String("alias/aws/kinesis")
	call(t, c.StartStreamEncryption, &awskinesis.StartStreamEncryptionInput{StreamName: name, EncryptionType: types.EncryptionTypeKms, KeyId: key})
	require.Equal(t, types.EncryptionTypeKms, describe().EncryptionType)
	sealed := call(t, c.PutRecord, &awskinesis.PutRecordInput{StreamName: name, PartitionKey: aws.String("k"), Data: []byte("sealed")})
	require.Equal(t, types.EncryptionTypeKms, sealed.EncryptionType)
	call(t, c.StopStreamEncryption, &awskinesis.StopStreamEncryptionInput{StreamName: name, EncryptionType: types.EncryptionTypeKms, KeyId: key})
	require.Equal(t, types.EncryptionTypeNone, describe().EncryptionType)
}

func labelStream(t *testing.T, c *awskinesis.Client) {
	name, arn := aws.String("clicks"), aws.String(clicksARN)
	call(t, c.AddTagsToStream, &awskinesis.AddTagsToStreamInput{StreamName: name, Tags: map[string]string{"stage": "test", "note": "a + b"}})
	page := call(t, c.ListTagsForStream, &awskinesis.ListTagsForStreamInput{StreamName: name, Limit: aws.Int32(2)})
	require.Equal(t, []types.Tag{{Key: aws.String("note"), Value: aws.String("a + b")}, {Key: aws.String("stage"), Value: aws.String("test")}}, page.Tags)
	require.True(t, *page.HasMoreTags)
	page = call(t, c.ListTagsForStream, &awskinesis.ListTagsForStreamInput{StreamName: name, ExclusiveStartTagKey: aws.String("stage")})
	require.Equal(t, []types.Tag{{Key: aws.String("team"), Value: aws.String("shop")}}, page.Tags)
	call(t, c.RemoveTagsFromStream, &awskinesis.RemoveTagsFromStreamInput{StreamName: name, TagKeys: []string{"note", "stage"}})

	call(t, c.TagResource, &awskinesis.TagResourceInput{ResourceARN: arn, Tags: map[string]string{"x": "y"}})
	require.Len(t, call(t, c.ListTagsForResource, &awskinesis.ListTagsForResourceInput{ResourceARN: arn}).Tags, 2)
	call(t, c.UntagResource, &awskinesis.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"x"}})
	require.Len(t, call(t, c.ListTagsForStream, &awskinesis.ListTagsForStreamInput{StreamARN: arn}).Tags, 1)

	const policy = `{"Version":"2012-10-17","Statement":[]}`
	call(t, c.PutResourcePolicy, &awskinesis.PutResourcePolicyInput{ResourceARN: arn, Policy: aws.String(policy)})
	require.Equal(t, policy, *call(t, c.GetResourcePolicy, &awskinesis.GetResourcePolicyInput{ResourceARN: arn}).Policy)
	call(t, c.DeleteResourcePolicy, &awskinesis.DeleteResourcePolicyInput{ResourceARN: arn})
}

func consume(t *testing.T, c *awskinesis.Client) {
	arn := aws.String(clicksARN)
	for i := range 3 {
		made := call(t, c.RegisterStreamConsumer, &awskinesis.RegisterStreamConsumerInput{
			StreamARN: arn, ConsumerName: aws.String(fmt.Sprint("reader-", i)), Tags: map[string]string{"n": fmt.Sprint(i)},
		}).Consumer
		require.Equal(t, types.ConsumerStatusCreating, made.ConsumerStatus)
		require.Equal(t, fmt.Sprintf("%s/consumer/reader-%d:%d", clicksARN, i, made.ConsumerCreationTimestamp.Unix()), *made.ConsumerARN)
		require.Len(t, call(t, c.ListTagsForResource, &awskinesis.ListTagsForResourceInput{ResourceARN: made.ConsumerARN}).Tags, 1)
	}
	pages := awskinesis.NewListStreamConsumersPaginator(c, &awskinesis.ListStreamConsumersInput{StreamARN: arn, MaxResults: aws.Int32(2)})
	var names []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, consumer := range page.Consumers {
			names = append(names, *consumer.ConsumerName)
		}
	}
	require.Equal(t, []string{"reader-0", "reader-1", "reader-2"}, names)
	time.Sleep(3 * time.Second)
	reader := call(t, c.DescribeStreamConsumer, &awskinesis.DescribeStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("reader-1")}).ConsumerDescription
	require.Equal(t, types.ConsumerStatusActive, reader.ConsumerStatus)
	require.Equal(t, clicksARN, *reader.StreamARN)

	events := subscribeToShard(t, c, reader.ConsumerARN, firstShard, types.ShardIteratorTypeTrimHorizon)
	event := nextEvent(t, events)
	require.Equal(t, []string{"\x00one\xff", "two", ""}, dataOf(event.Records))
	require.Nil(t, event.ContinuationSequenceNumber, "the shard was split")
	require.Len(t, event.ChildShards, 2)
	requireEnd(t, events)

	call(t, c.DeregisterStreamConsumer, &awskinesis.DeregisterStreamConsumerInput{ConsumerARN: reader.ConsumerARN})
	call(t, c.DeregisterStreamConsumer, &awskinesis.DeregisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("reader-2")})
}

func changeMode(t *testing.T, c *awskinesis.Client) {
	arn := aws.String(clicksARN)
	on := &awskinesis.UpdateAccountSettingsInput{MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{
		Status: types.MinimumThroughputBillingCommitmentInputStatusEnabled,
	}}
	settings := call(t, c.UpdateAccountSettings, on).MinimumThroughputBillingCommitment
	require.Equal(t, types.MinimumThroughputBillingCommitmentOutputStatusEnabled, settings.Status)
	require.Equal(t, 24*time.Hour, settings.EarliestAllowedEndAt.Sub(*settings.StartedAt))
	require.Equal(t, settings, call(t, c.DescribeAccountSettings, &awskinesis.DescribeAccountSettingsInput{}).MinimumThroughputBillingCommitment)

	call(t, c.UpdateStreamMode, &awskinesis.UpdateStreamModeInput{
		StreamARN: arn, StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand}, WarmThroughputMiBps: aws.Int32(3),
	})
	awaitStream(t, c, "clicks")
	warm := call(t, c.UpdateStreamWarmThroughput, &awskinesis.UpdateStreamWarmThroughputInput{StreamARN: arn, WarmThroughputMiBps: aws.Int32(5)})
	require.EqualValues(t, 5, *warm.WarmThroughput.TargetMiBps)
	awaitStream(t, c, "clicks")
	call(t, c.UpdateStreamRecordDistributionStrategy, &awskinesis.UpdateStreamRecordDistributionStrategyInput{
		StreamARN: arn, RecordDistributionStrategy: types.RecordDistributionStrategyUserPartitionKey,
	})
	limits := call(t, c.DescribeLimits, &awskinesis.DescribeLimitsInput{})
	require.EqualValues(t, 1, *limits.OnDemandStreamCount)
	require.EqualValues(t, 50, *limits.OnDemandStreamCountLimit)
	require.EqualValues(t, 0, *limits.OpenShardCount, "only provisioned shards count")
}
