package sns_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// The benchmarks compare a topic, in the same run, with a loop that calls as many
// functions with the same message, or sends to the same queue. BENCHMARKS.md holds
// the ratios to reach.

// ballast makes the heap that of a small program. In a heap of next to nothing the
// collector runs some hundred times a second, and the benchmarks would measure it.
var ballast = make([]byte, 64<<20)

var body = strings.Repeat("x", 1024)

func benchTopic(b *testing.B, cfg sns.Config, subs ...sns.Subscription) *sns.LocalTopic {
	b.Helper()
	b.Cleanup(func() { runtime.KeepAlive(ballast) })
	topic, err := sns.New("bench", cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { topic.Close() })
	for _, sub := range subs {
		if _, err := topic.Subscribe(b.Context(), sub); err != nil {
			b.Fatal(err)
		}
	}
	return topic
}

// publishing publishes b.N times, and waits until all is delivered.
func publishing(b *testing.B, topic *sns.LocalTopic, deliveries int, entry sns.Entry) {
	b.Helper()
	ctx := context.Background()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := topic.Publish(ctx, entry); err != nil {
			b.Fatal(err)
		}
		if i%256 == 255 {
			if err := topic.Flush(ctx); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := topic.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(deliveries), "ns/delivery")
}

func BenchmarkFunctionCalls(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			var count atomic.Int64
			functions := make([]sns.EndpointFunc, n)
			for i := range functions {
				functions[i] = func(context.Context, sns.Notification) error { count.Add(1); return nil }
			}
			ctx, message := context.Background(), sns.Notification{Message: body}
			b.ReportAllocs()
			for b.Loop() {
				for _, f := range functions {
					_ = f(ctx, message)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/delivery")
		})
	}
}

func BenchmarkPublishToFunctions(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			var count atomic.Int64
			subs := make([]sns.Subscription, n)
			for i := range subs {
				subs[i].Endpoint = sns.EndpointFunc(func(context.Context, sns.Notification) error { count.Add(1); return nil })
			}
			publishing(b, benchTopic(b, sns.Config{}, subs...), n, sns.Entry{Message: body})
			if got := count.Load(); got != int64(b.N*n) {
				b.Fatalf("%d delivered, not %d", got, b.N*n)
			}
		})
	}
}

// benchQueues returns queues that drop what they get every so often, so that memory
// stays what it is.
func benchQueues(b *testing.B, n int) (queues []*sqs.LocalQueue, drain func(i int)) {
	for i := range n {
		q, err := sqs.New(fmt.Sprintf("q%d", i), sqs.Config{Relaxed: true})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { q.Close() })
		queues = append(queues, q)
	}
	return queues, func(i int) {
		if i%512 == 511 {
			b.StopTimer()
			for _, q := range queues {
				if err := q.Purge(); err != nil {
					b.Fatal(err)
				}
			}
			b.StartTimer()
		}
	}
}

// BenchmarkSendToQueues sends one text to all queues, or to each an envelope of its
// own, which differs in the subscription it names.
func BenchmarkSendToQueues(b *testing.B) {
	n := sns.Notification{MessageID: strings.Repeat("0", 36), TopicARN: "arn:aws:sns:us-east-1:000000000000:bench", Message: body}
	envelope, err := n.Envelope()
	if err != nil {
		b.Fatal(err)
	}
	end := strings.LastIndexByte(envelope, '"')
	arn := n.TopicARN + ":" + n.MessageID
	for _, raw := range []bool{true, false} {
		for _, n := range []int{10, 100} {
			b.Run(fmt.Sprintf("raw=%t/n=%d", raw, n), func(b *testing.B) {
				queues, drain := benchQueues(b, n)
				ctx, entry := context.Background(), sqs.Entry{Body: body}
				b.ReportAllocs()
				for i := range b.N {
					for _, q := range queues {
						if !raw {
							entry.Body = envelope[:end] + arn + envelope[end:]
						}
						if _, err := q.Send(ctx, entry); err != nil {
							b.Fatal(err)
						}
					}
					drain(i)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/delivery")
			})
		}
	}
}

func BenchmarkPublishToQueues(b *testing.B) {
	for _, raw := range []bool{true, false} {
		for _, n := range []int{10, 100} {
			b.Run(fmt.Sprintf("raw=%t/n=%d", raw, n), func(b *testing.B) {
				queues, drain := benchQueues(b, n)
				subs := make([]sns.Subscription, n)
				for i, q := range queues {
					subs[i] = sns.Subscription{Endpoint: sns.QueueEndpoint(q), RawMessageDelivery: raw}
				}
				topic := benchTopic(b, sns.Config{}, subs...)
				ctx, entry := context.Background(), sns.Entry{Message: body}
				b.ReportAllocs()
				b.ResetTimer()
				for i := range b.N {
					if _, err := topic.Publish(ctx, entry); err != nil {
						b.Fatal(err)
					}
					drain(i)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/delivery")
				if m := topic.Metrics(); m.NumberOfNotificationsDelivered != int64(b.N*n) {
					b.Fatalf("%d delivered, not %d", m.NumberOfNotificationsDelivered, b.N*n)
				}
			})
		}
	}
}

// filtered returns subscriptions of which one matches {"event": "order", "store": "s1"}.
func filtered(n int, scope sns.FilterPolicyScope, count *atomic.Int64) []sns.Subscription {
	subs := make([]sns.Subscription, n)
	for i := range subs {
		subs[i] = sns.Subscription{
			Endpoint:          sns.EndpointFunc(func(context.Context, sns.Notification) error { count.Add(1); return nil }),
			FilterPolicy:      fmt.Sprintf(`{"event":["order","cancel"],"store":["s%d"]}`, i),
			FilterPolicyScope: scope,
		}
	}
	return subs
}

func BenchmarkFilterAttributes(b *testing.B) {
	entry := sns.Entry{Message: body, Attributes: map[string]sns.Attribute{
		"event": sqs.StringAttribute("order"), "store": sqs.StringAttribute("s1"),
	}}
	for _, n := range []int{200, 10_000} {
		b.Run(fmt.Sprintf("policies=%d", n), func(b *testing.B) {
			var count atomic.Int64
			topic := benchTopic(b, sns.Config{MaxFilterPolicies: n}, filtered(n, "", &count)...)
			b.ResetTimer()
			publishing(b, topic, 1, entry)
			if got := count.Load(); got != int64(b.N) {
				b.Fatalf("%d delivered, not %d", got, b.N)
			}
		})
	}
}

var jsonBody = fmt.Sprintf(`{"event":"order","store":"s1","items":[{"sku":"a-1","count":2,"price":19.99},{"sku":"b-2","count":1,"price":5}],"customer":{"name":"Jane Doe","address":{"city":"Leat","zip":"12345"}},"note":%q}`, strings.Repeat("n", 820))

func BenchmarkFilterBody(b *testing.B) {
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var v any
			if err := json.Unmarshal([]byte(jsonBody), &v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("policies=200", func(b *testing.B) {
		var count atomic.Int64
		topic := benchTopic(b, sns.Config{}, filtered(200, sns.FilterPolicyScopeMessageBody, &count)...)
		b.ResetTimer()
		publishing(b, topic, 1, sns.Entry{Message: jsonBody})
		if got := count.Load(); got != int64(b.N) {
			b.Fatalf("%d delivered, not %d", got, b.N)
		}
	})
}
