package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

func newTopic(t *testing.T) *sns.LocalTopic {
	t.Helper()
	topic, err := sns.New("news", sns.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { topic.Close() })
	return topic
}

func publish(t *testing.T, topic sns.Publisher, words ...string) []sns.Published {
	t.Helper()
	var entries []sns.Entry
	for _, word := range words {
		entries = append(entries, sns.Entry{Message: word})
	}
	published, err := topic.Publish(t.Context(), entries...)
	require.NoError(t, err)
	return published
}

// failing is a handler of topics that fails for some words, and notes what it sees.
func failing(j *journal, words string) func(context.Context, sns.Notification) error {
	return func(_ context.Context, n sns.Notification) error {
		j.note("%s", n.Message)
		if strings.Contains(words, n.Message) {
			return errBoom
		}
		return nil
	}
}

func TestTopicRetries(t *testing.T) {
	for name, c := range map[string]struct {
		cfg     lambda.TopicConfig
		want    []string
		dropped int64
	}{
		"AWS's":  {lambda.TopicConfig{}, []string{"0s X", "0s b", "1m0s X", "3m0s X"}, 1},
		"none":   {lambda.TopicConfig{MaximumRetryAttempts: new(0)}, []string{"0s X", "0s b"}, 1},
		"one":    {lambda.TopicConfig{MaximumRetryAttempts: new(1)}, []string{"0s X", "0s b", "1m0s X"}, 1},
		"faster": {lambda.TopicConfig{Backoff: func(n int) time.Duration { return time.Duration(n) * time.Second }}, []string{"0s X", "0s b", "1s X", "3s X"}, 1},
		"too old": {lambda.TopicConfig{MaximumEventAge: 170 * time.Second},
			[]string{"0s X", "0s b", "1m0s X"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				topic := newTopic(t)
				j := newJournal()
				c.cfg.MaximumConcurrency = 1
				source, err := lambda.FromTopic(t.Context(), topic, failing(j, "X"), c.cfg)
				publish(t, topic, "X", "b") // before Run
				r := start(t, source, err)
				time.Sleep(time.Hour)
				m := r.close()
				require.Equal(t, c.want, j.all())
				require.Equal(t, c.dropped, m.DroppedEventCount)
				require.EqualValues(t, 2, m.PolledEventCount)
				require.EqualValues(t, len(c.want), m.InvokedEventCount)
				require.EqualValues(t, len(c.want)-1, m.FailedInvokeEventCount)
				require.Empty(t, topic.Subscriptions())
			})
		})
	}
}

// The documents are AWS's: the event, and what the destination is told.
func TestTopicDocuments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		functions := newFunctions(t)
		var got []byte
		f, err := functions.Register("news", func(_ context.Context, payload []byte) ([]byte, error) {
			got = payload
			return nil, errBoom
		}, lambda.FunctionConfig{})
		require.NoError(t, err)
		topic := newTopic(t)
		q := newQueue(t, "lost", sqs.Config{})
		j := newJournal()
		source, err := lambda.MapTopic(t.Context(), topic, f, lambda.TopicConfig{OnFailure: lambda.QueueDestination(q), OnError: j.errors})
		r := start(t, source, err)
		sub := topic.Subscriptions()[0]
		require.Equal(t, f.ARN(), sub.Config().Address)
		time.Sleep(456 * time.Millisecond)
		published, err := topic.Publish(t.Context(), sns.Entry{
			Message: "Hello from SNS!", Subject: "TestInvoke",
			Attributes: map[string]sns.Attribute{"Test": sqs.StringAttribute("TestString"), "TestBinary": sqs.BinaryAttribute([]byte("bytes"))},
		})
		require.NoError(t, err)
		time.Sleep(time.Hour)
		m := r.close()
		require.EqualValues(t, 1, m.OnFailureDestinationDeliveredEventCount)
		require.Contains(t, j.all()[2], "3m0.456s error: lambda: event source: RetriesExhausted: lambda: "+f.ARN()+": boom")

		var event struct {
			Records []struct{ Sns map[string]any }
		}
		require.NoError(t, json.Unmarshal(got, &event))
		body := event.Records[0].Sns
		require.Contains(t, body["SigningCertUrl"], "https://sns.us-east-1.amazonaws.com/SimpleNotificationService.pem")
		require.Contains(t, body["UnsubscribeUrl"], "Action=Unsubscribe&SubscriptionArn="+string(sub.ID()))
		cert, _ := json.Marshal(body["SigningCertUrl"])
		unsubscribe, _ := json.Marshal(body["UnsubscribeUrl"])
		require.JSONEq(t, `{"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "`+string(sub.ID())+`", "Sns": {
			"Type": "Notification", "MessageId": "`+published[0].MessageID+`", "TopicArn": "`+topic.ARN()+`", "Subject": "TestInvoke",
			"Message": "Hello from SNS!", "Timestamp": "2000-01-01T00:00:00.456Z", "SignatureVersion": "1", "Signature": "",
			"SigningCertUrl": `+string(cert)+`, "UnsubscribeUrl": `+string(unsubscribe)+`,
			"MessageAttributes": {"Test": {"Type": "String", "Value": "TestString"}, "TestBinary": {"Type": "Binary", "Value": "Ynl0ZXM="}}}}]}`, string(got))

		lost := q.Peek(9)
		require.Len(t, lost, 1)
		var record struct{ RequestContext struct{ RequestID string } }
		require.NoError(t, json.Unmarshal([]byte(lost[0].Body), &record))
		require.Equal(t, `{"version":"1.0","timestamp":"2000-01-01T00:03:00.456Z","requestContext":{"requestId":"`+record.RequestContext.RequestID+`",`+
			`"functionArn":"`+f.ARN()+`","condition":"RetriesExhausted","approximateInvokeCount":3},"requestPayload":`+string(got)+`,`+
			`"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},`+
			`"responsePayload":{"errorMessage":"boom","errorType":"errorString"}}`, lost[0].Body)
	})
}

// A subject and attributes that are not there are null and empty.
func TestTopicEventOfAPlainMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := newTopic(t)
		var got []byte
		source, err := lambda.MapTopic(t.Context(), topic, lambda.Function(func(_ context.Context, payload []byte) ([]byte, error) {
			got = payload
			return nil, nil
		}), lambda.TopicConfig{})
		r := start(t, source, err)
		publish(t, topic, "a")
		synctest.Wait()
		r.close()
		require.Contains(t, string(got), `"Subject":null`)
		require.Contains(t, string(got), `"MessageAttributes":{}`)
	})
}

// What was throttled, or not taken by the destination, is tried again for as long as it
// takes.
func TestTopicWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := newTopic(t)
		j := newJournal()
		began := time.Now()
		fn := invoker(func() error {
			if time.Since(began) < 10*time.Second {
				return &lambda.Error{Op: "Invoke", Err: lambda.ErrTooManyRequests}
			}
			j.note("called")
			return errBoom
		})
		source, err := lambda.MapTopic(t.Context(), topic, fn, lambda.TopicConfig{
			MaximumRetryAttempts: new(1), OnFailure: lambda.DestinationFunc(func(_ context.Context, record []byte) error {
				if time.Since(began) < 10*time.Minute {
					return errBoom
				}
				j.note("told %t", strings.Contains(string(record), `"approximateInvokeCount":2`))
				return nil
			}),
		})
		r := start(t, source, err)
		publish(t, topic, "a")
		time.Sleep(time.Hour)
		m := r.close()
		require.Equal(t, []string{"15s called", "1m15s called", "14m46s told true"}, j.all()[:3])
		require.EqualValues(t, 2, m.InvokedEventCount)
		require.EqualValues(t, 6, m.FailedInvokeEventCount)
	})
}

// invoker is a function that a test makes up the failures of.
type invoker func() error

func (f invoker) Invoke(context.Context, []byte) ([]byte, error) { return nil, f() }

func TestTopicConcurrencyAndBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := newTopic(t)
		var mu sync.Mutex
		running, most, handled := 0, 0, 0
		source, err := lambda.FromTopic(t.Context(), topic, func(context.Context, sns.Notification) error {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			running--
			handled++
			return nil
		}, lambda.TopicConfig{MaximumConcurrency: 3, MaxBacklog: 20})
		for i := range 50 {
			publish(t, topic, fmt.Sprint(i))
		}
		require.NoError(t, err)
		synctest.Wait()
		require.EqualValues(t, 20, source.Metrics().PolledEventCount, "the topic keeps the others")
		r := start(t, source, nil)
		time.Sleep(10 * time.Minute)
		r.close()
		require.Equal(t, 50, handled)
		require.Equal(t, 3, most)
	})
}

// Shutdown waits for what was accepted, retries included.
func TestTopicShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := newTopic(t)
		j := newJournal()
		source, err := lambda.FromTopic(t.Context(), topic, failing(j, "X"), lambda.TopicConfig{})
		r := start(t, source, err)
		publish(t, topic, "X")
		synctest.Wait()
		require.NoError(t, r.Shutdown(t.Context()))
		require.NoError(t, <-r.result)
		require.Equal(t, []string{"0s X", "1m0s X", "3m0s X"}, j.all())
		require.Empty(t, topic.Subscriptions())
		require.NoError(t, r.Shutdown(t.Context()), "again")
		require.NoError(t, r.Close())
	})
}

// A Shutdown that has no time for it, and Close, give up what was accepted.
func TestTopicShutdownInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := newTopic(t)
		j := newJournal()
		source, err := lambda.FromTopic(t.Context(), topic, failing(j, "X"), lambda.TopicConfig{OnError: j.errors})
		r := start(t, source, err)
		publish(t, topic, "X")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		require.ErrorIs(t, r.Shutdown(ctx), context.DeadlineExceeded)
		require.NoError(t, <-r.result)
		require.NoError(t, r.Close())
		lines := j.all()
		require.Equal(t, "1m30s error: lambda: event source: Closed", lines[len(lines)-1])
		require.EqualValues(t, 1, r.Metrics().DroppedEventCount)
	})
}

func TestTopicThatNeverRan(t *testing.T) {
	for _, shutdown := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			topic := newTopic(t)
			source, err := lambda.FromTopic(t.Context(), topic, failing(newJournal(), ""), lambda.TopicConfig{})
			require.NoError(t, err)
			publish(t, topic, "a")
			synctest.Wait()
			if shutdown {
				require.NoError(t, source.Shutdown(t.Context()))
			} else {
				require.NoError(t, source.Close())
			}
			require.NoError(t, source.Run(t.Context()))
			require.Empty(t, topic.Subscriptions())
			require.EqualValues(t, 1, source.Metrics().DroppedEventCount)
		})
	}
}

// The end of Run's context closes, and interrupts a handler.
func TestTopicEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := newTopic(t)
		source, err := lambda.FromTopic(t.Context(), topic, func(ctx context.Context, _ sns.Notification) error {
			<-ctx.Done()
			return ctx.Err()
		}, lambda.TopicConfig{MaximumRetryAttempts: new(0)})
		require.NoError(t, err)
		publish(t, topic, "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, source.Run(ctx), context.DeadlineExceeded)
		require.Empty(t, topic.Subscriptions())
		require.EqualValues(t, 1, source.Metrics().DroppedEventCount)
		require.NoError(t, source.Shutdown(t.Context()))
	})
}

func TestTopicFilter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := newTopic(t)
		j := newJournal()
		source, err := lambda.FromTopic(t.Context(), topic, failing(j, ""), lambda.TopicConfig{
			Subscription: sns.Subscription{FilterPolicy: `{"store": ["eu"]}`},
		})
		r := start(t, source, err)
		_, err = topic.Publish(t.Context(), sns.Entry{Message: "a"}, sns.Entry{Message: "b", Attributes: map[string]sns.Attribute{"store": sqs.StringAttribute("eu")}})
		require.NoError(t, err)
		synctest.Wait()
		r.close()
		require.Equal(t, []string{"0s b"}, j.all())
	})
}

func TestTopicConfigIsChecked(t *testing.T) {
	topic := newTopic(t)
	h := func(context.Context, sns.Notification) error { return nil }
	for _, c := range []struct {
		topic sns.Topic
		h     func(context.Context, sns.Notification) error
		cfg   lambda.TopicConfig
		want  []string
	}{
		{nil, nil, lambda.TopicConfig{}, []string{"The topic is nil.", "The function is nil."}},
		{topic, h, lambda.TopicConfig{MaximumRetryAttempts: new(-1), MaximumEventAge: -1, MaximumConcurrency: -1, MaxBacklog: -1},
			[]string{"MaximumRetryAttempts is -1", "MaximumEventAge is -1ns", "MaximumConcurrency is -1", "MaxBacklog is -1"}},
		{topic, h, lambda.TopicConfig{MaximumRetryAttempts: new(3), MaximumEventAge: 6*time.Hour + 1, MaximumConcurrency: 1001, MaxBacklog: 100_001},
			[]string{"MaximumRetryAttempts is 3", "MaximumEventAge is", "MaximumConcurrency is 1001", "MaxBacklog is 100001"}},
		{topic, h, lambda.TopicConfig{Subscription: sns.Subscription{Endpoint: sns.QueueEndpoint(newQueue(t, "q", sqs.Config{})), RawMessageDelivery: true}},
			[]string{"Subscription.Endpoint", "Subscription.RawMessageDelivery"}},
	} {
		_, err := lambda.FromTopic(t.Context(), c.topic, c.h, c.cfg)
		require.ErrorIs(t, err, lambda.ErrInvalidParameterValue)
		require.Equal(t, len(c.want), strings.Count(err.Error(), "\n")+1, err)
		for _, want := range c.want {
			require.ErrorContains(t, err, want)
		}
	}
	_, err := lambda.MapTopic(t.Context(), topic, nil, lambda.TopicConfig{})
	require.EqualError(t, err, "lambda: MapTopic: The function is nil.")
	_, err = lambda.FromTopic(t.Context(), topic, h, lambda.TopicConfig{Subscription: sns.Subscription{FilterPolicy: "{"}})
	require.ErrorIs(t, err, sns.ErrInvalidParameter)

	// A function can be subscribed once.
	f := register(t, echo, lambda.FunctionConfig{})
	first, err := lambda.MapTopic(t.Context(), topic, f, lambda.TopicConfig{})
	require.NoError(t, err)
	_, err = lambda.MapTopic(t.Context(), topic, f, lambda.TopicConfig{})
	require.ErrorIs(t, err, sns.ErrInvalidParameter)
	require.Len(t, topic.Subscriptions(), 1)
	require.NoError(t, first.Close())
}

// captive is a topic that hands out its subscriber, and does not let it go.
type captive struct{ endpoint sns.Endpoint }

func (c *captive) Publish(context.Context, ...sns.Entry) ([]sns.Published, error) {
	return nil, errBoom
}

func (c *captive) Subscribe(_ context.Context, sub sns.Subscription) (sns.SubscriptionID, error) {
	c.endpoint = sub.Endpoint
	return "id", nil
}

func (c *captive) Unsubscribe(context.Context, sns.SubscriptionID) error { return errBoom }

// What a topic delivers after the end is refused, and that it did not unsubscribe is told.
func TestTopicThatGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := &captive{}
		j := newJournal()
		var logged bytes.Buffer
		source, err := lambda.FromTopic(t.Context(), topic, func(context.Context, sns.Notification) error { panic("no") }, lambda.TopicConfig{
			MaximumRetryAttempts: new(0), Logger: slog.New(slog.NewTextHandler(&logged, nil)),
			OnError: func(err error) {
				j.errors(err)
				panic("OnError too")
			},
		})
		r := start(t, source, err)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, topic.endpoint.Deliver(ended, sns.Notification{Message: "lost"}), context.Canceled)
		require.NoError(t, topic.endpoint.Deliver(t.Context(), sns.Notification{Message: "a"}))
		synctest.Wait()
		r.close()
		require.Equal(t, []string{
			"0s error: lambda: event source: RetriesExhausted: lambda: panic: no",
			"0s error: boom",
		}, j.all())
		require.Contains(t, logged.String(), "level=ERROR msg=\"lambda event source\"")
		require.Contains(t, logged.String(), "stack=")
		require.Contains(t, logged.String(), "OnError failed")
		require.ErrorIs(t, topic.endpoint.Deliver(t.Context(), sns.Notification{Message: "b"}), lambda.ErrClosed)
		require.EqualValues(t, 1, r.Metrics().PolledEventCount)
	})
}

// However it ends, each notification that was accepted is handled or given up.
func TestTopicEndsAnyhow(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 3))
			topic := newTopic(t)
			var handled atomic.Int64
			source, err := lambda.FromTopic(t.Context(), topic, func(ctx context.Context, n sns.Notification) error {
				if strings.HasSuffix(n.Message, "3") {
					select {
					case <-time.After(time.Second):
					case <-ctx.Done():
						return ctx.Err()
					}
				}
				if strings.HasSuffix(n.Message, "7") {
					return errBoom
				}
				handled.Add(1)
				return nil
			}, lambda.TopicConfig{MaxBacklog: 1 + rng.IntN(100), MaximumConcurrency: 1 + rng.IntN(4)})
			var work sync.WaitGroup
			work.Go(func() {
				for i := range 100 {
					_, _ = topic.Publish(t.Context(), sns.Entry{Message: fmt.Sprint(i)})
					if i%10 == 9 {
						time.Sleep(time.Second)
					}
				}
			})
			r := start(t, source, err)
			time.Sleep(time.Duration(rng.IntN(12)) * time.Second)
			for range 1 + rng.IntN(3) {
				graceful := rng.IntN(2) == 0
				work.Go(func() {
					if !graceful {
						_ = r.Close()
						return
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					_ = r.Shutdown(ctx)
				})
			}
			work.Wait()
			require.NoError(t, <-r.result)
			m := r.Metrics()
			require.Equal(t, m.PolledEventCount, handled.Load()+m.DroppedEventCount, "seed %d", seed)
			require.Empty(t, topic.Subscriptions())
		})
	}
}
