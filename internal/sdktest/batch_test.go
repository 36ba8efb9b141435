package sdktest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

func TestSendBatchFailsInPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEndpoint(t, sqs.ServiceConfig{}).client()
		url := createQueue(t, c, "orders", nil)
		out, err := c.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{
			QueueUrl: url,
			Entries: []types.SendMessageBatchRequestEntry{
				{Id: aws.String("good"), MessageBody: aws.String("one")},
				{Id: aws.String("slow"), MessageBody: aws.String("two"), DelaySeconds: 901},
				{Id: aws.String("bad"), MessageBody: aws.String("\x01")},
				{Id: aws.String("fine"), MessageBody: aws.String("three")},
			},
		})
		require.NoError(t, err)
		require.Equal(t, "good", *out.Successful[0].Id)
		require.Equal(t, "fine", *out.Successful[1].Id)
		require.Len(t, out.Successful, 2)
		require.Equal(t, map[string]string{"slow": "InvalidParameterValue", "bad": "InvalidMessageContents"}, failed(t, out.Failed))
		require.ElementsMatch(t, []string{"one", "three"}, bodies(t, c, url, 0))
	})
}

func TestDeleteAndChangeBatchesFailInPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEndpoint(t, sqs.ServiceConfig{}).client()
		url := createQueue(t, c, "orders", nil)
		send(t, c, url, "one")
		received, err := c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url})
		require.NoError(t, err)
		handle := received.Messages[0].ReceiptHandle

		changed, err := c.ChangeMessageVisibilityBatch(t.Context(), &awssqs.ChangeMessageVisibilityBatchInput{
			QueueUrl: url,
			Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
				{Id: aws.String("long"), ReceiptHandle: handle, VisibilityTimeout: 43201},
				{Id: aws.String("bad"), ReceiptHandle: aws.String("garbage"), VisibilityTimeout: 1},
				{Id: aws.String("good"), ReceiptHandle: handle, VisibilityTimeout: 0},
			},
		})
		require.NoError(t, err)
		require.Len(t, changed.Successful, 1)
		require.Equal(t, "good", *changed.Successful[0].Id)
		require.Equal(t, map[string]string{"long": "InvalidParameterValue", "bad": "ReceiptHandleIsInvalid"}, failed(t, changed.Failed))

		deleted, err := c.DeleteMessageBatch(t.Context(), &awssqs.DeleteMessageBatchInput{
			QueueUrl: url,
			Entries: []types.DeleteMessageBatchRequestEntry{
				{Id: aws.String("bad"), ReceiptHandle: aws.String("garbage")},
				{Id: aws.String("good"), ReceiptHandle: handle},
			},
		})
		require.NoError(t, err)
		require.Len(t, deleted.Successful, 1)
		require.Equal(t, map[string]string{"bad": "ReceiptHandleIsInvalid"}, failed(t, deleted.Failed))
		time.Sleep(time.Hour)
		require.Empty(t, bodies(t, c, url, 0))
	})
}

// failed maps the ids of failed entries to their codes.
func failed(t *testing.T, entries []types.BatchResultErrorEntry) map[string]string {
	t.Helper()
	codes := make(map[string]string)
	for _, e := range entries {
		require.True(t, e.SenderFault)
		require.NotEmpty(t, e.Message)
		codes[*e.Id] = *e.Code
	}
	return codes
}
