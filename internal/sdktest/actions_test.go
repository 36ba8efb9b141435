package sdktest

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

// actionsOf lists the actions that a client of the SDK knows, so that a new one is
// noticed: its methods that take a *…Input.
func actionsOf[Client any]() (names []string) {
	client := reflect.TypeFor[Client]()
	for method := range client.Methods() {
		if method.Type.NumIn() > 2 && strings.HasSuffix(method.Type.In(2).String(), "."+method.Name+"Input") {
			names = append(names, method.Name)
		}
	}
	return names
}

// TestEveryAction tells one story in which each action of SQS has a part.
func TestEveryAction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, sqs.ServiceConfig{})
		c := e.client()
		dead := createQueue(t, c, "orders-dead", nil)
		deadARN := arnOf(t, c, dead)
		orders := createAndDescribe(t, c, deadARN)
		label(t, c, orders)
		deliver(t, c, orders)
		redrive(t, c, orders, dead, deadARN)
		removeAll(t, c, orders, dead)

		actions := actionsOf[*awssqs.Client]()
		require.Len(t, actions, 23)
		require.Equal(t, actions, e.called())
	})
}

func createAndDescribe(t *testing.T, c *awssqs.Client, deadARN string) (orders *string) {
	ctx := t.Context()
	created, err := c.CreateQueue(ctx, &awssqs.CreateQueueInput{
		QueueName: aws.String("orders"),
		Attributes: map[string]string{
			"VisibilityTimeout": "60",
			"RedrivePolicy":     `{"deadLetterTargetArn":"` + deadARN + `","maxReceiveCount":"1"}`,
		},
		Tags: map[string]string{"team": "shop"},
	})
	require.NoError(t, err)
	require.Equal(t, "http://sqs.memory.test/000000000000/orders", *created.QueueUrl)

	found, err := c.GetQueueUrl(ctx, &awssqs.GetQueueUrlInput{QueueName: aws.String("orders")})
	require.NoError(t, err)
	require.Equal(t, created.QueueUrl, found.QueueUrl)

	listed, err := c.ListQueues(ctx, &awssqs.ListQueuesInput{QueueNamePrefix: aws.String("ord"), MaxResults: aws.Int32(1)})
	require.NoError(t, err)
	require.Equal(t, []string{*created.QueueUrl}, listed.QueueUrls)
	listed, err = c.ListQueues(ctx, &awssqs.ListQueuesInput{QueueNamePrefix: aws.String("ord"), MaxResults: aws.Int32(1), NextToken: listed.NextToken})
	require.NoError(t, err)
	require.Equal(t, []string{*created.QueueUrl + "-dead"}, listed.QueueUrls)
	require.Nil(t, listed.NextToken)

	_, err = c.SetQueueAttributes(ctx, &awssqs.SetQueueAttributesInput{
		QueueUrl: created.QueueUrl, Attributes: map[string]string{"DelaySeconds": "5", "VisibilityTimeout": "40"},
	})
	require.NoError(t, err)
	got, err := c.GetQueueAttributes(ctx, &awssqs.GetQueueAttributesInput{
		QueueUrl: created.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	require.NoError(t, err)
	now := time.Now().Unix()
	require.Equal(t, int64(946684800), now, "the story begins when a bubble's clock does and has taken no time")
	for name, want := range map[string]string{
		"DelaySeconds":                          "5",
		"VisibilityTimeout":                     "40",
		"MessageRetentionPeriod":                "345600",
		"MaximumMessageSize":                    "1048576",
		"ReceiveMessageWaitTimeSeconds":         "0",
		"ApproximateNumberOfMessages":           "0",
		"ApproximateNumberOfMessagesDelayed":    "0",
		"ApproximateNumberOfMessagesNotVisible": "0",
		"CreatedTimestamp":                      "946684800",
		"LastModifiedTimestamp":                 "946684800",
		"QueueArn":                              "arn:aws:sqs:us-east-1:000000000000:orders",
		"SqsManagedSseEnabled":                  "true",
	} {
		require.Equal(t, want, got.Attributes[name], name)
	}
	require.JSONEq(t, `{"deadLetterTargetArn":"`+deadARN+`","maxReceiveCount":1}`, got.Attributes["RedrivePolicy"])
	return created.QueueUrl
}

func label(t *testing.T, c *awssqs.Client, orders *string) {
	ctx := t.Context()
	_, err := c.TagQueue(ctx, &awssqs.TagQueueInput{QueueUrl: orders, Tags: map[string]string{"stage": "test", "cost": "0"}})
	require.NoError(t, err)
	_, err = c.UntagQueue(ctx, &awssqs.UntagQueueInput{QueueUrl: orders, TagKeys: []string{"cost", "unknown"}})
	require.NoError(t, err)
	tags, err := c.ListQueueTags(ctx, &awssqs.ListQueueTagsInput{QueueUrl: orders})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"team": "shop", "stage": "test"}, tags.Tags)

	_, err = c.AddPermission(ctx, &awssqs.AddPermissionInput{
		QueueUrl: orders, Label: aws.String("partner"), AWSAccountIds: []string{"123456789012"}, Actions: []string{"SendMessage"},
	})
	require.NoError(t, err)
	require.Contains(t, attribute(t, c, orders, types.QueueAttributeNamePolicy), "partner")
	_, err = c.RemovePermission(ctx, &awssqs.RemovePermissionInput{QueueUrl: orders, Label: aws.String("partner")})
	require.NoError(t, err)
	require.NotContains(t, attribute(t, c, orders, types.QueueAttributeNamePolicy), "partner")
}

func deliver(t *testing.T, c *awssqs.Client, orders *string) {
	ctx := t.Context()
	sent, err := c.SendMessage(ctx, &awssqs.SendMessageInput{
		QueueUrl: orders, MessageBody: aws.String("first"), DelaySeconds: 1,
		MessageAttributes: map[string]types.MessageAttributeValue{
			"kind":   {DataType: aws.String("String"), StringValue: aws.String("retail")},
			"amount": {DataType: aws.String("Number.eur"), StringValue: aws.String("12.50")},
			"seal":   {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 255}},
		},
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1-5759e988-bd862e3fe1be46a994272793")},
		},
	})
	require.NoError(t, err)
	require.NotNil(t, sent.MD5OfMessageSystemAttributes)
	batch, err := c.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{
		QueueUrl: orders,
		Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("a"), MessageBody: aws.String("second"), DelaySeconds: 2},
			{Id: aws.String("b"), MessageBody: aws.String("third"), DelaySeconds: 3},
		},
	})
	require.NoError(t, err)
	require.Len(t, batch.Successful, 2)

	time.Sleep(10 * time.Second)
	received, err := c.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{
		QueueUrl: orders, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	require.NoError(t, err)
	require.Len(t, received.Messages, 3)
	slices.SortFunc(received.Messages, func(a, b types.Message) int { return strings.Compare(*a.Body, *b.Body) })
	first := received.Messages[0]
	require.Equal(t, "first", *first.Body)
	require.Equal(t, *sent.MessageId, *first.MessageId)
	require.Equal(t, map[string]string{
		"SenderId":                         first.Attributes["SenderId"],
		"SentTimestamp":                    "946684800000",
		"ApproximateReceiveCount":          "1",
		"ApproximateFirstReceiveTimestamp": "946684810000",
		"AWSTraceHeader":                   "Root=1-5759e988-bd862e3fe1be46a994272793",
	}, first.Attributes)
	require.NotEmpty(t, first.Attributes["SenderId"])
	require.Equal(t, "12.50", *first.MessageAttributes["amount"].StringValue)
	require.Equal(t, "Number.eur", *first.MessageAttributes["amount"].DataType)
	require.Equal(t, []byte{0, 1, 255}, first.MessageAttributes["seal"].BinaryValue)
	require.Equal(t, *sent.MD5OfMessageAttributes, *first.MD5OfMessageAttributes)

	_, err = c.ChangeMessageVisibility(ctx, &awssqs.ChangeMessageVisibilityInput{
		QueueUrl: orders, ReceiptHandle: first.ReceiptHandle, VisibilityTimeout: 3600,
	})
	require.NoError(t, err)
	changed, err := c.ChangeMessageVisibilityBatch(ctx, &awssqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: orders,
		Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
			{Id: aws.String("a"), ReceiptHandle: received.Messages[1].ReceiptHandle, VisibilityTimeout: 3600},
			{Id: aws.String("b"), ReceiptHandle: received.Messages[2].ReceiptHandle, VisibilityTimeout: 0},
		},
	})
	require.NoError(t, err)
	require.Len(t, changed.Successful, 2)

	_, err = c.DeleteMessage(ctx, &awssqs.DeleteMessageInput{QueueUrl: orders, ReceiptHandle: first.ReceiptHandle})
	require.NoError(t, err)
	deleted, err := c.DeleteMessageBatch(ctx, &awssqs.DeleteMessageBatchInput{
		QueueUrl: orders,
		Entries:  []types.DeleteMessageBatchRequestEntry{{Id: aws.String("a"), ReceiptHandle: received.Messages[1].ReceiptHandle}},
	})
	require.NoError(t, err)
	require.Len(t, deleted.Successful, 1)
}

// redrive finds the third message, which was received once and not deleted, moved to
// the dead-letter queue by the next receive, and moves it and another one back.
func redrive(t *testing.T, c *awssqs.Client, orders, dead *string, deadARN string) {
	ctx := t.Context()
	sources, err := c.ListDeadLetterSourceQueues(ctx, &awssqs.ListDeadLetterSourceQueuesInput{QueueUrl: dead})
	require.NoError(t, err)
	require.Equal(t, []string{*orders}, sources.QueueUrls)

	empty, err := c.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: orders})
	require.NoError(t, err)
	require.Empty(t, empty.Messages)
	require.Equal(t, "1", attribute(t, c, dead, types.QueueAttributeNameApproximateNumberOfMessages))

	send(t, c, dead, "fourth")
	send(t, c, dead, "fifth")
	started, err := c.StartMessageMoveTask(ctx, &awssqs.StartMessageMoveTaskInput{
		SourceArn: &deadARN, DestinationArn: aws.String(arnOf(t, c, orders)), MaxNumberOfMessagesPerSecond: aws.Int32(1),
	})
	require.NoError(t, err)
	time.Sleep(1500 * time.Millisecond)
	tasks, err := c.ListMessageMoveTasks(ctx, &awssqs.ListMessageMoveTasksInput{SourceArn: &deadARN})
	require.NoError(t, err)
	require.Equal(t, []types.ListMessageMoveTasksResultEntry{{
		Status: aws.String("RUNNING"), TaskHandle: started.TaskHandle, StartedTimestamp: time.Now().Add(-1500 * time.Millisecond).UnixMilli(),
		SourceArn: &deadARN, DestinationArn: aws.String(arnOf(t, c, orders)), MaxNumberOfMessagesPerSecond: aws.Int32(1),
		ApproximateNumberOfMessagesMoved: 2, ApproximateNumberOfMessagesToMove: aws.Int64(3),
	}}, tasks.Results)
	cancelled, err := c.CancelMessageMoveTask(ctx, &awssqs.CancelMessageMoveTaskInput{TaskHandle: started.TaskHandle})
	require.NoError(t, err)
	require.EqualValues(t, 2, cancelled.ApproximateNumberOfMessagesMoved)
	require.Equal(t, "1", attribute(t, c, dead, types.QueueAttributeNameApproximateNumberOfMessages))
}

func removeAll(t *testing.T, c *awssqs.Client, queues ...*string) {
	for _, url := range queues {
		_, err := c.PurgeQueue(t.Context(), &awssqs.PurgeQueueInput{QueueUrl: url})
		require.NoError(t, err)
		_, err = c.DeleteQueue(t.Context(), &awssqs.DeleteQueueInput{QueueUrl: url})
		require.NoError(t, err)
	}
	left, err := c.ListQueues(t.Context(), &awssqs.ListQueuesInput{})
	require.NoError(t, err)
	require.Empty(t, left.QueueUrls)
}

func attribute(t testing.TB, c *awssqs.Client, url *string, name types.QueueAttributeName) string {
	t.Helper()
	out, err := c.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []types.QueueAttributeName{name},
	})
	require.NoError(t, err)
	return out.Attributes[string(name)]
}

func arnOf(t testing.TB, c *awssqs.Client, url *string) string {
	t.Helper()
	return attribute(t, c, url, types.QueueAttributeNameQueueArn)
}
