package sdktest

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsfirehose "github.com/aws/aws-sdk-go-v2/service/firehose"
	firehosetypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat"
)

// TestWholeCloudInABubble: clients of all four services share one transport and one
// account's configuration. What takes minutes on AWS takes no time, and nothing is left
// running.
func TestWholeCloudInABubble(t *testing.T) {
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		cloud, err := leat.New(leat.Config{TransitionTime: 30 * time.Second})
		require.NoError(t, err)
		account := aws.Config{
			Region:     "eu-west-1",
			HTTPClient: cloud.HTTPClient(),
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "111122223333", SecretAccessKey: "secret"}, nil
			}),
		}
		queues, topics := awssqs.NewFromConfig(account), awssns.NewFromConfig(account)
		streams, deliveries := awskinesis.NewFromConfig(account), awsfirehose.NewFromConfig(account)

		queue, err := queues.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("jobs")})
		require.NoError(t, err)
		topic, err := topics.CreateTopic(ctx, &awssns.CreateTopicInput{Name: aws.String("chores")})
		require.NoError(t, err)
		require.Equal(t, "arn:aws:sns:eu-west-1:111122223333:chores", *topic.TopicArn)
		_, err = topics.Subscribe(ctx, &awssns.SubscribeInput{
			TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:eu-west-1:111122223333:jobs"),
			Attributes: map[string]string{"RawMessageDelivery": "true"},
		})
		require.NoError(t, err)

		created := time.Now()
		_, err = streams.CreateStream(ctx, &awskinesis.CreateStreamInput{StreamName: aws.String("clicks"), ShardCount: aws.Int32(1)})
		require.NoError(t, err)
		require.NoError(t, awskinesis.NewStreamExistsWaiter(streams).Wait(ctx, &awskinesis.DescribeStreamInput{StreamName: aws.String("clicks")}, time.Hour))
		require.GreaterOrEqual(t, time.Since(created), 30*time.Second)
		stream, err := streams.DescribeStreamSummary(ctx, &awskinesis.DescribeStreamSummaryInput{StreamName: aws.String("clicks")})
		require.NoError(t, err)
		require.Equal(t, kinesistypes.StreamStatusActive, stream.StreamDescriptionSummary.StreamStatus)
		_, err = deliveries.CreateDeliveryStream(ctx, &awsfirehose.CreateDeliveryStreamInput{
			DeliveryStreamName: aws.String("archive"), DeliveryStreamType: firehosetypes.DeliveryStreamTypeKinesisStreamAsSource,
			KinesisStreamSourceConfiguration: &firehosetypes.KinesisStreamSourceConfiguration{
				KinesisStreamARN: stream.StreamDescriptionSummary.StreamARN, RoleARN: aws.String("arn:aws:iam::111122223333:role/archive"),
			},
			ExtendedS3DestinationConfiguration: &firehosetypes.ExtendedS3DestinationConfiguration{
				RoleARN: aws.String("arn:aws:iam::111122223333:role/archive"), BucketARN: aws.String("arn:aws:s3:::archive"),
			},
		})
		require.NoError(t, err)
		time.Sleep(time.Minute)

		var polls sync.WaitGroup
		polls.Go(func() {
			asked := time.Now()
			got, err := queues.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, WaitTimeSeconds: 20})
			if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != "wash the car" || time.Since(asked) != 7*time.Second {
				t.Errorf("%+v %v after %v", got, err, time.Since(asked))
			}
		})
		time.Sleep(7 * time.Second)
		_, err = topics.Publish(ctx, &awssns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String("wash the car")})
		require.NoError(t, err)
		polls.Wait()

		_, err = streams.PutRecord(ctx, &awskinesis.PutRecordInput{StreamName: aws.String("clicks"), PartitionKey: aws.String("ann"), Data: []byte("a click\n")})
		require.NoError(t, err)
		time.Sleep(6 * time.Minute) // the stream is buffered for five
		synctest.Wait()
		objects := cloud.Handlers().Firehose.Objects()
		keys := objects.List("archive", "")
		require.Len(t, keys, 1)
		require.NoError(t, cloud.Close())
	})
	require.Less(t, time.Since(began), time.Minute)
}
