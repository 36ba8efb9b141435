package sdktest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

// bodies receives what there is, waiting at most wait seconds.
func bodies(t *testing.T, c *awssqs.Client, url *string, wait int32) (found []string) {
	t.Helper()
	out, err := c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: wait})
	require.NoError(t, err)
	for _, m := range out.Messages {
		found = append(found, *m.Body)
	}
	return found
}

func TestLongPollOfAnEmptyQueue(t *testing.T) {
	real := time.Now()
	synctest.Test(t, func(t *testing.T) {
		c := newEndpoint(t, sqs.ServiceConfig{}).client()
		url := createQueue(t, c, "orders", nil)
		start := time.Now()
		require.Empty(t, bodies(t, c, url, 20))
		require.Equal(t, 20*time.Second, time.Since(start))
	})
	require.Less(t, time.Since(real), 10*time.Second, "20 seconds in the bubble take none outside")
}

func TestLongPollIsAnsweredByASend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEndpoint(t, sqs.ServiceConfig{}).client()
		url := createQueue(t, c, "orders", nil)
		start := time.Now()
		time.AfterFunc(7*time.Second, func() { send(t, c, url, "at last") })
		require.Equal(t, []string{"at last"}, bodies(t, c, url, 20))
		require.Equal(t, 7*time.Second, time.Since(start))
		synctest.Wait() // for the send to have its answer, too
	})
}

func TestLongPollByTheQueuesOwnSetting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEndpoint(t, sqs.ServiceConfig{}).client()
		url := createQueue(t, c, "orders", map[string]string{"ReceiveMessageWaitTimeSeconds": "5"})
		start := time.Now()
		require.Empty(t, bodies(t, c, url, 0))
		require.Equal(t, 5*time.Second, time.Since(start))
	})
}

func TestLongPollEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEndpoint(t, sqs.ServiceConfig{}).client()
		url := createQueue(t, c, "orders", nil)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 3*time.Second, time.Since(start))

		synctest.Wait()
		send(t, c, url, "not for those who left")
		require.Equal(t, []string{"not for those who left"}, bodies(t, c, url, 0))
	})
}

func TestVisibilityTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEndpoint(t, sqs.ServiceConfig{}).client()
		url := createQueue(t, c, "orders", nil)
		send(t, c, url, "again")
		require.Equal(t, []string{"again"}, bodies(t, c, url, 0))
		time.Sleep(25 * time.Second)
		start := time.Now()
		require.Equal(t, []string{"again"}, bodies(t, c, url, 20), "30 seconds by default")
		require.Equal(t, 5*time.Second, time.Since(start))
	})
}

func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEndpoint(t, sqs.ServiceConfig{}).client()
		url := createQueue(t, c, "orders", nil)
		send(t, c, url, "kept for four days")
		time.Sleep(4*24*time.Hour - time.Second)
		require.Equal(t, "1", attribute(t, c, url, types.QueueAttributeNameApproximateNumberOfMessages))
		time.Sleep(time.Second)
		require.Empty(t, bodies(t, c, url, 0))
		require.Equal(t, "0", attribute(t, c, url, types.QueueAttributeNameApproximateNumberOfMessages))
	})
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEndpoint(t, sqs.ServiceConfig{}).client()
		url := createQueue(t, c, "orders", nil)
		_, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("later"), DelaySeconds: 900})
		require.NoError(t, err)
		require.Equal(t, "1", attribute(t, c, url, types.QueueAttributeNameApproximateNumberOfMessagesDelayed))
		time.Sleep(890 * time.Second)
		start := time.Now()
		require.Equal(t, []string{"later"}, bodies(t, c, url, 20))
		require.Equal(t, 10*time.Second, time.Since(start))
	})
}

func TestDeduplicationWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEndpoint(t, sqs.ServiceConfig{}).client()
		url := createQueue(t, c, "orders.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
		send := func() *awssqs.SendMessageOutput {
			out, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("once"), MessageGroupId: aws.String("g")})
			require.NoError(t, err)
			return out
		}
		first := send()
		time.Sleep(5*time.Minute - time.Second)
		again := send()
		require.Equal(t, first.MessageId, again.MessageId)
		require.Equal(t, first.SequenceNumber, again.SequenceNumber)
		require.Equal(t, []string{"once"}, bodies(t, c, url, 0))

		time.Sleep(time.Second)
		other := send()
		require.NotEqual(t, first.MessageId, other.MessageId)
		require.Greater(t, *other.SequenceNumber, *first.SequenceNumber)
	})
}

func TestPurgeAndNameAreHeldForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEndpoint(t, sqs.ServiceConfig{}).client()
		url := createQueue(t, c, "orders", nil)
		send(t, c, url, "gone")
		purge := func() error {
			_, err := c.PurgeQueue(t.Context(), &awssqs.PurgeQueueInput{QueueUrl: url})
			return err
		}
		create := func() error {
			_, err := c.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("orders")})
			return err
		}
		require.NoError(t, purge())
		require.Empty(t, bodies(t, c, url, 0))
		var inProgress *types.PurgeQueueInProgress
		require.ErrorAs(t, purge(), &inProgress)
		time.Sleep(time.Minute)
		require.NoError(t, purge())

		_, err := c.DeleteQueue(t.Context(), &awssqs.DeleteQueueInput{QueueUrl: url})
		require.NoError(t, err)
		var recently *types.QueueDeletedRecently
		require.ErrorAs(t, create(), &recently)
		time.Sleep(time.Minute)
		require.NoError(t, create())
	})
}
