package sdktest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

func overSDK(t testing.TB, e *endpoint, name string, attributes map[string]string) *queueOverSDK {
	t.Helper()
	c := e.client()
	return &queueOverSDK{client: c, url: *createQueue(t, c, name, attributes)}
}

// TestBatchesOfAnyLength: what the wire takes ten of, the adapter takes any number
// of, and an entry that AWS refuses a whole request for costs the others nothing.
func TestBatchesOfAnyLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, sqs.ServiceConfig{})
		q := overSDK(t, e, "orders.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
		batch := make([]sqs.Entry, 25)
		for i := range batch {
			batch[i] = sqs.Entry{Body: fmt.Sprintf("%02d", i), GroupID: fmt.Sprintf("group-%d", i)}
		}
		batch[3].GroupID = ""
		batch[17].Body = ""
		sent, err := q.Send(t.Context(), batch...)
		var failed *sqs.BatchError
		require.ErrorAs(t, err, &failed)
		require.Len(t, failed.Failed, 2)
		require.Equal(t, 3, failed.Failed[0].Index)
		require.Equal(t, 17, failed.Failed[1].Index)
		require.ErrorIs(t, failed.Failed[0].Err, sqs.ErrInvalidParameterValue, "what SQS makes of a missing group in a batch")

		messages, err := q.Receive(t.Context(), sqs.ReceiveRequest{MaxMessages: 25})
		require.NoError(t, err)
		require.Len(t, messages, 23)
		handles := make([]string, len(messages))
		for i, m := range messages {
			index, err := strconv.Atoi(m.Body)
			require.NoError(t, err)
			require.Equal(t, sent[index].MessageID, m.ID)
			handles[i] = m.ReceiptHandle
		}
		require.NoError(t, q.ChangeVisibility(t.Context(), time.Minute, handles...))
		handles[20] += "!"
		require.ErrorAs(t, q.Delete(t.Context(), handles...), &failed)
		require.Len(t, failed.Failed, 1)
		require.Equal(t, 20, failed.Failed[0].Index)
		require.ErrorIs(t, failed, sqs.ErrReceiptHandleInvalid)
	})
}

func TestBatchesOfAnySize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, sqs.ServiceConfig{})
		q := overSDK(t, e, "orders", nil)
		body := strings.Repeat("x", 400_000)
		_, err := q.Send(t.Context(), sqs.Entry{Body: body}, sqs.Entry{Body: body}, sqs.Entry{Body: body})
		require.NoError(t, err)
		require.Equal(t, []string{"CreateQueue", "SendMessageBatch", "SendMessageBatch"}, e.actions)
	})
}

func TestWaitsOfAnyLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, sqs.ServiceConfig{})
		q := overSDK(t, e, "orders", nil)
		start := time.Now()
		messages, err := q.Receive(t.Context(), sqs.ReceiveRequest{Wait: new(45 * time.Second)})
		require.NoError(t, err)
		require.Empty(t, messages)
		require.Equal(t, 45*time.Second, time.Since(start))
		require.Equal(t, []string{"CreateQueue", "ReceiveMessage", "ReceiveMessage", "ReceiveMessage"}, e.actions)

		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		_, err = q.Receive(ctx, sqs.ReceiveRequest{Wait: new(time.Hour)})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// TestZeroIsNotTheQueuesOwn: 0 said aloud overrides the queue, though the SDK would
// leave it out.
func TestZeroIsNotTheQueuesOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, sqs.ServiceConfig{})
		q := overSDK(t, e, "orders", map[string]string{"DelaySeconds": "60", "ReceiveMessageWaitTimeSeconds": "10"})
		_, err := q.Send(t.Context(), sqs.Entry{Body: "at once", Delay: new(0 * time.Second)}, sqs.Entry{Body: "later"})
		require.NoError(t, err)

		start := time.Now()
		for range 2 {
			messages, err := q.Receive(t.Context(), sqs.ReceiveRequest{Wait: new(0 * time.Second), VisibilityTimeout: new(0 * time.Second)})
			require.NoError(t, err)
			require.Len(t, messages, 1, "a visibility timeout of 0 leaves it to the next")
			require.Equal(t, "at once", messages[0].Body)
		}
		messages, err := q.Receive(t.Context(), sqs.ReceiveRequest{MaxMessages: 2})
		require.NoError(t, err)
		require.Len(t, messages, 1)
		require.Zero(t, time.Since(start), "the first message is enough to return with")

		messages, err = q.Receive(t.Context(), sqs.ReceiveRequest{Wait: new(0 * time.Second)})
		require.NoError(t, err)
		require.Empty(t, messages)
		require.Zero(t, time.Since(start))
		messages, err = q.Receive(t.Context(), sqs.ReceiveRequest{})
		require.NoError(t, err)
		require.Empty(t, messages)
		require.Equal(t, 10*time.Second, time.Since(start))
	})
}
