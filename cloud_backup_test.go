package leat_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// TestBackupMissesNothingThatMoves: a message that moves on while a Cloud is copied, from a
// topic to a queue or from a queue to a stream, is in the copy where it was, or where it has
// gone, or both, whenever it moves: it leaves where it was only when it is where it goes, and
// what it leaves is copied before. Here one of each moves between any two of the copies, so
// that no other order of the three would do.
func TestBackupMissesNothingThatMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		c := newCloud(t, leat.Config{Dir: t.TempDir()})
		delivered, err := c.SQS().CreateQueue("delivered", sqs.Config{})
		require.NoError(t, err)
		work, err := c.SQS().CreateQueue("work", sqs.Config{})
		require.NoError(t, err)
		_, err = work.Send(ctx, sqs.Entry{Body: "work 1"}, sqs.Entry{Body: "work 2"})
		require.NoError(t, err)
		done, err := c.Kinesis().CreateStream("done", kinesis.Config{})
		require.NoError(t, err)
		gates := map[string]chan struct{}{"news 1": make(chan struct{}), "news 2": make(chan struct{})}
		deliver := deliverer(t, c, delivered, func(news string) { <-gates[news] })
		topic, err := c.SNS().CreateTopic("news", sns.Config{})
		require.NoError(t, err)
		_, err = topic.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolLambda, Address: deliver.ARN()})
		require.NoError(t, err)
		_, err = topic.Publish(ctx, sns.Entry{Message: "news 1"}, sns.Entry{Message: "news 2"})
		require.NoError(t, err)

		copied, moves := t.TempDir(), []string{"1", "2"}
		require.NoError(t, leat.BackupWith(c, ctx, copied, func(string) {
			if len(moves) == 0 {
				return // all are copied
			}
			synctest.Wait()
			before := len(delivered.Peek(10))
			close(gates["news "+moves[0]])
			synctest.Wait()
			require.Len(t, delivered.Peek(10), before+1)
			messages, err := work.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 1})
			require.NoError(t, err)
			require.Len(t, messages, 1)
			_, err = done.Put(ctx, kinesis.Entry{PartitionKey: "work", Data: []byte(messages[0].Body)})
			require.NoError(t, err)
			require.NoError(t, work.Delete(ctx, messages[0].ReceiptHandle))
			moves = moves[1:]
		}))
		require.Empty(t, moves)

		c = newCloud(t, leat.Config{Dir: copied})
		delivered, err = c.SQS().Queue("delivered")
		require.NoError(t, err)
		deliverer(t, c, delivered, func(string) {})
		require.NoError(t, c.SNS().Flush(ctx))
		require.Subset(t, texts(delivered), []string{"news 1", "news 2"}, "they are in the topic or in the queue")
		work, err = c.SQS().Queue("work")
		require.NoError(t, err)
		done, err = c.Kinesis().Stream("done")
		require.NoError(t, err)
		found := texts(work)
		shards, err := done.Shards(ctx)
		require.NoError(t, err)
		batch, err := done.Read(ctx, kinesis.ReadRequest{ShardID: shards[0].ID})
		require.NoError(t, err)
		for _, r := range batch.Records {
			found = append(found, string(r.Data))
		}
		require.Subset(t, found, []string{"work 1", "work 2"}, "they are in the queue or on the stream")
	})
}

// deliverer registers a function that sends what a topic tells it to a queue, after wait.
func deliverer(t *testing.T, c *leat.Cloud, to *sqs.LocalQueue, wait func(news string)) *lambda.LocalFunction {
	t.Helper()
	f, err := c.Functions().Register("deliver", func(ctx context.Context, payload []byte) ([]byte, error) {
		var event lambda.SNSEvent
		if err := json.Unmarshal(payload, &event); err != nil {
			return nil, err
		}
		news := event.Records[0].SNS.Message
		wait(news)
		_, err := to.Send(ctx, sqs.Entry{Body: news})
		return nil, err
	}, lambda.FunctionConfig{})
	require.NoError(t, err)
	return f
}

func texts(q *sqs.LocalQueue) (all []string) {
	for _, m := range q.Peek(10) {
		all = append(all, m.Body)
	}
	return all
}
