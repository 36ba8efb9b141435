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

func TestRedrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEndpoint(t, sqs.ServiceConfig{}).client()
		dead := createQueue(t, c, "orders-dead", nil)
		deadARN := arnOf(t, c, dead)
		orders := createQueue(t, c, "orders", map[string]string{
			"RedrivePolicy": `{"deadLetterTargetArn":"` + deadARN + `","maxReceiveCount":"2"}`,
		})
		sent := send(t, c, orders, "broken")
		for range 2 {
			require.Equal(t, []string{"broken"}, bodies(t, c, orders, 0))
			time.Sleep(30 * time.Second)
		}
		require.Empty(t, bodies(t, c, orders, 0), "a third receive moves it away")

		received, err := c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{
			QueueUrl: dead, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"ApproximateReceiveCount", "DeadLetterQueueSourceArn", "SentTimestamp"},
		})
		require.NoError(t, err)
		require.Len(t, received.Messages, 1)
		require.Equal(t, *sent.MessageId, *received.Messages[0].MessageId)
		require.Equal(t, map[string]string{
			"ApproximateReceiveCount":  "3",
			"DeadLetterQueueSourceArn": arnOf(t, c, orders),
			"SentTimestamp":            "946684800000",
		}, received.Messages[0].Attributes)

		time.Sleep(30 * time.Second)
		_, err = c.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{SourceArn: &deadARN})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []string{"broken"}, bodies(t, c, orders, 20))
		tasks, err := c.ListMessageMoveTasks(t.Context(), &awssqs.ListMessageMoveTasksInput{SourceArn: &deadARN, MaxResults: aws.Int32(10)})
		require.NoError(t, err)
		require.Len(t, tasks.Results, 1)
		require.Equal(t, "COMPLETED", *tasks.Results[0].Status)
		require.Nil(t, tasks.Results[0].TaskHandle)
		require.EqualValues(t, 1, tasks.Results[0].ApproximateNumberOfMessagesMoved)
	})
}
