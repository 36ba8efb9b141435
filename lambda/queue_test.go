package lambda_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sqs"
)

// What a function answers decides which messages come again. ("Implementing partial batch
// responses", conditions of success and failure.)
func TestQueueHeedsTheAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		answer string // %s is the id of the second message
		fail   bool   // the function fails in place of answering
		report bool
		again  string
	}{
		"no matter what":              {`{"batchItemFailures":[{"itemIdentifier":"%s"}]}`, false, false, ""},
		"function failed":             {"", true, false, "a b c"},
		"function failed, reporting":  {"", true, true, "a b c"},
		"one":                         {`{"batchItemFailures":[{"itemIdentifier":"%s"}]}`, false, true, "b"},
		"one, twice":                  {`{"batchItemFailures":[{"itemIdentifier":"%[1]s"},{"itemIdentifier":"%[1]s"}]}`, false, true, "b"},
		"other keys beside":           {`{"x":1,"batchItemFailures":[{"y":2,"itemIdentifier":"%s"}]}`, false, true, "b"},
		"empty list":                  {`{"batchItemFailures":[]}`, false, true, ""},
		"null list":                   {`{"batchItemFailures":null}`, false, true, ""},
		"empty answer":                {`{}`, false, true, ""},
		"null answer":                 {`null`, false, true, ""},
		"no answer":                   {``, false, true, ""},
		"another key":                 {`{"BatchItemFailures":[{"itemIdentifier":"%s"}]}`, false, true, ""},
		"not JSON":                    {`{"batchItemFailures":`, false, true, "a b c"},
		"not an object":               {`"done"`, false, true, "a b c"},
		"not a list":                  {`{"batchItemFailures":{}}`, false, true, "a b c"},
		"empty identifier":            {`{"batchItemFailures":[{"itemIdentifier":""}]}`, false, true, "a b c"},
		"null identifier":             {`{"batchItemFailures":[{"itemIdentifier":null}]}`, false, true, "a b c"},
		"an identifier that is none":  {`{"batchItemFailures":[{"itemIdentifier":7}]}`, false, true, "a b c"},
		"bad key":                     {`{"batchItemFailures":[{"ItemIdentifier":"%s"}]}`, false, true, "a b c"},
		"a message that is not there": {`{"batchItemFailures":[{"itemIdentifier":"%s"},{"itemIdentifier":"x"}]}`, false, true, "a b c"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueue(t, "jobs", sqs.Config{})
				sent := send(t, q, "a", "b", "c")
				answer := c.answer
				if strings.Contains(answer, "%") {
					answer = fmt.Sprintf(answer, sent[1].MessageID)
				}
				var again []string
				early := false // whether any came within the visibility timeout
				began := time.Now()
				fn := lambda.Function(func(_ context.Context, payload []byte) ([]byte, error) {
					var event lambda.SQSEvent
					if err := json.Unmarshal(payload, &event); err != nil {
						return nil, err
					}
					if event.Records[0].Attributes["ApproximateReceiveCount"] == "1" {
						if c.fail {
							return nil, errBoom
						}
						return []byte(answer), nil
					}
					early = early || time.Since(began) < 30*time.Second
					for _, r := range event.Records {
						again = append(again, r.Body)
					}
					return nil, nil
				})
				source, err := lambda.MapQueue(q, fn, lambda.QueueConfig{MaximumConcurrency: 1, ReportBatchItemFailures: c.report})
				r := start(t, source, err)
				time.Sleep(31 * time.Second)
				m := r.close()
				require.False(t, early, "not before the visibility timeout is over")
				require.Equal(t, c.again, strings.Join(again, " "))
				require.Zero(t, waiting(q))
				failed := int64(len(again))
				require.Equal(t, lambda.EventSourceMetrics{
					PolledEventCount: 3 + failed, InvokedEventCount: 3 + failed, FailedInvokeEventCount: failed, DeletedEventCount: 3,
				}, m)
			})
		})
	}
}

func TestQueueEventIsAWSs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, err := sqs.NewService(sqs.ServiceConfig{Account: "123456789012", Region: "us-east-2"})
		require.NoError(t, err)
		defer service.Close()
		q, err := service.CreateQueue("jobs.fifo", sqs.Config{FIFO: true})
		require.NoError(t, err)
		sent, err := q.Send(t.Context(), sqs.Entry{
			Body: "Test message.", GroupID: "g", DeduplicationID: "d", TraceHeader: "Root=1", SenderID: "AIDA",
			Attributes: map[string]sqs.Attribute{"s": sqs.StringAttribute("v"), "n": sqs.NumberAttribute("1"), "b": sqs.BinaryAttribute([]byte{1, 2})},
		})
		require.NoError(t, err)
		var got map[string]any
		source, err := lambda.MapQueue(q, lambda.Function(func(_ context.Context, payload []byte) ([]byte, error) {
			return nil, json.Unmarshal(payload, &got)
		}), lambda.QueueConfig{})
		r := start(t, source, err)
		synctest.Wait()
		r.close()
		record := got["Records"].([]any)[0].(map[string]any)
		require.NotEmpty(t, record["receiptHandle"])
		delete(record, "receiptHandle")
		data, err := json.Marshal(record)
		require.NoError(t, err)
		now := fmt.Sprint(time.Now().UnixMilli())
		require.JSONEq(t, `{
			"messageId": "`+sent[0].MessageID+`", "body": "Test message.",
			"attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "`+now+`", "SenderId": "AIDA",
				"ApproximateFirstReceiveTimestamp": "`+now+`", "MessageGroupId": "g", "MessageDeduplicationId": "d",
				"SequenceNumber": "`+sent[0].SequenceNumber+`", "AWSTraceHeader": "Root=1"},
			"messageAttributes": {
				"s": {"stringValue": "v", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
				"n": {"stringValue": "1", "stringListValues": [], "binaryListValues": [], "dataType": "Number"},
				"b": {"binaryValue": "AQI=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"}},
			"md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3", "eventSource": "aws:sqs",
			"eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:jobs.fifo", "awsRegion": "us-east-2"}`, string(data))
	})
}

// A window begins with the first message, and ends when the batch is full.
func TestQueueWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, "jobs", sqs.Config{VisibilityTimeout: new(2 * time.Second)})
		j := newJournal()
		source, err := lambda.FromQueue(q, func(_ context.Context, batch []sqs.Message) error {
			j.note("%s", bodiesOf(batch))
			return nil
		}, lambda.QueueConfig{BatchSize: 50, MaximumBatchingWindow: time.Minute})
		r := start(t, source, err)
		time.Sleep(100 * time.Second)
		send(t, q, "a")
		time.Sleep(59 * time.Second)
		send(t, q, "b")
		time.Sleep(41 * time.Second)
		send(t, q, slices.Repeat([]string{"c"}, 30)...)
		time.Sleep(10 * time.Second)
		send(t, q, slices.Repeat([]string{"d"}, 30)...)
		time.Sleep(90 * time.Second)
		send(t, q, "e")
		time.Sleep(10 * time.Second)
		m := r.close()
		require.Equal(t, []string{
			"2m40s a b",
			"3m30s " + strings.TrimSpace(strings.Repeat("c ", 30)+strings.Repeat("d ", 20)),
			"4m30s " + strings.TrimSpace(strings.Repeat("d ", 10)),
		}, j.all())
		require.EqualValues(t, 62, m.DeletedEventCount)
		peeked := q.Peek(9)
		require.Len(t, peeked, 1, "what was gathered goes back")
		require.Equal(t, sqs.StateVisible, peeked[0].State)
	})
}

// The messages of a batch that was gathered for long are still hidden while it is handled.
func TestQueueWindowKeepsMessagesHidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, "jobs", sqs.Config{})
		var batches []string
		source, err := lambda.FromQueue(q, func(_ context.Context, batch []sqs.Message) error {
			batches = append(batches, bodiesOf(batch))
			time.Sleep(time.Hour)
			return nil
		}, lambda.QueueConfig{BatchSize: 100, MaximumBatchingWindow: 300 * time.Second, VisibilityTimeout: time.Second})
		r := start(t, source, err)
		for i := range 100 {
			send(t, q, fmt.Sprint(i))
			time.Sleep(2 * time.Second)
		}
		time.Sleep(2 * time.Hour)
		m := r.close()
		require.Len(t, batches, 1)
		require.EqualValues(t, 100, m.PolledEventCount)
		require.EqualValues(t, 100, m.DeletedEventCount)
	})
}

// hasty is a queue that does not wait, and fails when told to.
type hasty struct {
	*sqs.LocalQueue
	mu       sync.Mutex
	receives int
	fail     bool
}

func (h *hasty) Receive(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
	h.mu.Lock()
	h.receives++
	fail := h.fail && h.receives > 1
	h.mu.Unlock()
	if fail {
		return nil, errBoom
	}
	req.Wait = new(time.Duration(0))
	return h.LocalQueue.Receive(ctx, req)
}

func TestQueueWindowOfAQueueThatDoesNotWait(t *testing.T) {
	for _, fail := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			q := &hasty{LocalQueue: newQueue(t, "jobs", sqs.Config{}), fail: fail}
			j := newJournal()
			send(t, q, "a")
			source, err := lambda.FromQueue(q, func(_ context.Context, batch []sqs.Message) error {
				j.note("%s", bodiesOf(batch))
				return nil
			}, lambda.QueueConfig{MaximumBatchingWindow: 10 * time.Second})
			r := start(t, source, err)
			time.Sleep(5100 * time.Millisecond)
			send(t, q, "b")
			time.Sleep(6 * time.Second)
			r.close()
			if fail {
				require.Equal(t, []string{"0s a"}, j.all(), "what was received is handled")
				return
			}
			require.Equal(t, []string{"10s a b"}, j.all())
			require.Less(t, q.receives, 60)
		})
	}
}

func TestQueueConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, "jobs", sqs.Config{})
		send(t, q, slices.Repeat([]string{"a"}, 35)...)
		j := newJournal()
		source, err := lambda.FromQueue(q, func(_ context.Context, batch []sqs.Message) error {
			j.note("%d", len(batch))
			time.Sleep(time.Second)
			return nil
		}, lambda.QueueConfig{BatchSize: 5, MaximumConcurrency: 3})
		r := start(t, source, err)
		time.Sleep(time.Minute)
		r.close()
		require.Equal(t, []string{"0s 5", "0s 5", "0s 5", "1s 5", "1s 5", "1s 5", "2s 5"}, j.all())
	})
}

// An event of more than 6 MB becomes several.
func TestQueueSplitsLargeEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, "jobs", sqs.Config{MaximumMessageSize: 1 << 20})
		for i := range 10 {
			send(t, q, fmt.Sprint(i)+strings.Repeat("x", 1<<20-1))
		}
		var batches []string
		fn := lambda.Function(func(_ context.Context, payload []byte) ([]byte, error) {
			var event lambda.SQSEvent
			if err := json.Unmarshal(payload, &event); err != nil || len(payload) > 6<<20 {
				return nil, fmt.Errorf("%d bytes: %w", len(payload), err)
			}
			names := ""
			for _, r := range event.Records {
				names += r.Body[:1]
			}
			batches = append(batches, names)
			if len(batches) == 1 {
				return nil, errBoom
			}
			return nil, nil
		})
		source, err := lambda.MapQueue(q, fn, lambda.QueueConfig{MaximumConcurrency: 1, BatchSize: 10})
		r := start(t, source, err)
		time.Sleep(time.Minute)
		m := r.close()
		require.Equal(t, []string{"01234", "56789", "01234"}, batches, "after a failure the rest is skipped, and comes first")
		require.EqualValues(t, 10, m.DeletedEventCount)
		require.EqualValues(t, 15, m.InvokedEventCount)
		require.EqualValues(t, 5, m.FailedInvokeEventCount)
	})
}

// A FIFO queue's groups keep their order over failures.
func TestQueueKeepsGroupsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, "jobs.fifo", sqs.Config{FIFO: true, ContentBasedDeduplication: true})
		for i := range 30 {
			_, err := q.Send(t.Context(), sqs.Entry{Body: fmt.Sprint(i), GroupID: fmt.Sprint(i % 3)})
			require.NoError(t, err)
		}
		var mu sync.Mutex
		handled := map[string][]string{}
		source, err := lambda.FromQueue(q, sqs.Each(func(_ context.Context, m sqs.Message) error {
			if m.ReceiveCount == 1 && strings.HasSuffix(m.Body, "5") {
				return errBoom
			}
			mu.Lock()
			defer mu.Unlock()
			handled[m.GroupID] = append(handled[m.GroupID], m.Body)
			return nil
		}), lambda.QueueConfig{})
		r := start(t, source, err)
		time.Sleep(10 * time.Minute)
		r.close()
		require.Len(t, handled, 3)
		for group, bodies := range handled {
			var want []string
			for i := range 10 {
				want = append(want, fmt.Sprint(3*i+int(group[0]-'0')))
			}
			require.Equal(t, want, bodies)
		}
	})
}

func TestQueueThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, "jobs", sqs.Config{VisibilityTimeout: new(5 * time.Second)})
		send(t, q, "a")
		f := register(t, echo, lambda.FunctionConfig{ReservedConcurrency: new(0)})
		j := newJournal()
		source, err := lambda.MapQueue(q, f, lambda.QueueConfig{OnError: j.errors})
		r := start(t, source, err)
		time.Sleep(6 * time.Second)
		require.Equal(t, lambda.EventSourceMetrics{PolledEventCount: 2, FailedInvokeEventCount: 2}, r.close())
		require.Len(t, j.all(), 2)
		require.Contains(t, j.all()[1], "5s error: sqs: consumer: Handle message")
		require.Contains(t, j.all()[1], "Rate Exceeded.")
		require.EqualValues(t, 2, f.Metrics().Throttles)
	})
}

func TestQueueConfigIsChecked(t *testing.T) {
	q := newQueue(t, "jobs", sqs.Config{})
	fifo := newQueue(t, "jobs.fifo", sqs.Config{FIFO: true})
	h := func(context.Context, []sqs.Message) error { return nil }
	for _, c := range []struct {
		q    sqs.Queue
		h    func(context.Context, []sqs.Message) error
		cfg  lambda.QueueConfig
		want []string
	}{
		{q, h, lambda.QueueConfig{}, nil},
		{q, h, lambda.QueueConfig{BatchSize: 10_000, MaximumBatchingWindow: 300 * time.Second, MaximumConcurrency: 1000, VisibilityTimeout: 11 * time.Hour}, nil},
		{q, h, lambda.QueueConfig{BatchSize: 11, MaximumBatchingWindow: time.Second}, nil},
		{fifo, h, lambda.QueueConfig{BatchSize: 10, MaximumConcurrency: 1}, nil},
		{nil, nil, lambda.QueueConfig{}, []string{"The queue is nil.", "The function is nil."}},
		{q, h, lambda.QueueConfig{BatchSize: 11}, []string{"at least a second"}},
		{q, h, lambda.QueueConfig{BatchSize: -1, MaximumBatchingWindow: -1, MaximumConcurrency: -1, VisibilityTimeout: -1},
			[]string{"BatchSize is -1", "MaximumBatchingWindow is -1ns", "MaximumConcurrency is -1", "VisibilityTimeout is -1ns"}},
		{q, h, lambda.QueueConfig{BatchSize: 10_001, MaximumBatchingWindow: 301 * time.Second, MaximumConcurrency: 1001, VisibilityTimeout: 12 * time.Hour},
			[]string{"BatchSize is 10001", "MaximumBatchingWindow is 5m1s", "MaximumConcurrency is 1001", "VisibilityTimeout is 12h0m0s"}},
		{fifo, h, lambda.QueueConfig{MaximumBatchingWindow: time.Second}, []string{"FIFO"}},
		{fifo, h, lambda.QueueConfig{BatchSize: 11, MaximumBatchingWindow: time.Second}, []string{"FIFO"}},
	} {
		source, err := lambda.FromQueue(c.q, c.h, c.cfg)
		if c.want == nil {
			require.NoError(t, err)
			require.NoError(t, source.Close(), "it may come first")
			require.NoError(t, source.Run(t.Context()))
			continue
		}
		require.ErrorIs(t, err, lambda.ErrInvalidParameterValue)
		require.Equal(t, len(c.want), strings.Count(err.Error(), "\n")+1, err)
		for _, want := range c.want {
			require.ErrorContains(t, err, want)
		}
	}
	_, err := lambda.MapQueue(q, nil, lambda.QueueConfig{})
	require.EqualError(t, err, "lambda: MapQueue: The function is nil.")
}
