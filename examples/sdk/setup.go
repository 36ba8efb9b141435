package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// setup creates what the service needs, where it is not there already: the queue "orders",
// which puts aside in "orders-dead" what failed three times, the topic "order-events" with
// the queue "billing", and the stream "audit".
func setup(ctx context.Context, cfg aws.Config) (Config, error) {
	queues, topics, streams := sqs.NewFromConfig(cfg), sns.NewFromConfig(cfg), kinesis.NewFromConfig(cfg)
	_, dead, err := createQueue(ctx, queues, "orders-dead", nil)
	if err != nil {
		return Config{}, err
	}
	orders, _, err := createQueue(ctx, queues, "orders", map[string]string{
		"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":3}`, dead),
	})
	if err != nil {
		return Config{}, err
	}
	billingURL, billing, err := createQueue(ctx, queues, "billing", nil)
	if err != nil {
		return Config{}, err
	}
	topic, err := topics.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("order-events")})
	if err != nil {
		return Config{}, err
	}
	if _, err = queues.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: &billingURL, Attributes: map[string]string{
		"Policy": fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},`+
			`"Action":"sqs:SendMessage","Resource":%q,"Condition":{"ArnEquals":{"aws:SourceArn":%q}}}]}`, billing, *topic.TopicArn),
	}}); err != nil {
		return Config{}, err
	}
	if _, err = topics.Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: &billing,
		Attributes: map[string]string{"RawMessageDelivery": "true"},
	}); err != nil {
		return Config{}, err
	}
	const audit = "audit"
	_, err = streams.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String(audit), ShardCount: aws.Int32(1)})
	if inUse := (*kinesistypes.ResourceInUseException)(nil); err != nil && !errors.As(err, &inUse) {
		return Config{}, err
	}
	err = kinesis.NewStreamExistsWaiter(streams).Wait(ctx, &kinesis.DescribeStreamInput{StreamName: aws.String(audit)}, time.Minute)
	if err != nil {
		return Config{}, err
	}
	return Config{QueueURL: orders, TopicARN: *topic.TopicArn, Stream: audit}, nil
}

// createQueue returns the URL and the ARN of a queue.
func createQueue(ctx context.Context, c *sqs.Client, name string, attributes map[string]string) (url, arn string, err error) {
	created, err := c.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		return "", "", err
	}
	asked, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: created.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return "", "", err
	}
	return *created.QueueUrl, asked.Attributes[string(types.QueueAttributeNameQueueArn)], nil
}
