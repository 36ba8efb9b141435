package sns_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// benchDurable returns a durable topic with one subscriber, a function that does nothing.
func benchDurable(b *testing.B, options durable.Options) *sns.LocalTopic {
	b.Helper()
	nothing := sns.EndpointFunc(func(context.Context, sns.Notification) error { return nil })
	s, err := sns.Open(b.TempDir(), sns.ServiceConfig{
		Durable:   options,
		Functions: func(string) (sns.Endpoint, error) { return nothing, nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	topic := createTopic(b, s, "bench", sns.Config{})
	subscribe(b, topic, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "f", Endpoint: nothing})
	return topic
}

// benchParallel calls f n times from some goroutines.
func benchParallel(b *testing.B, n, callers int, f func() error) {
	var left atomic.Int64
	left.Store(int64(n))
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for left.Add(-1) >= 0 {
				if err := f(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	group.Wait()
}

// BenchmarkDurablePublish publishes messages of 1 KiB in turns to a durable topic and
// appends them to a file, with an fdatasync for each ("each") or one for all that wait at
// the same time ("shared", which is the most that can be had). It says how much of
// the speed of either the topic has.
func BenchmarkDurablePublish(b *testing.B) {
	for _, publishers := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("publishers=%d", publishers), func(b *testing.B) {
			topic := benchDurable(b, durable.Options{})
			each, shared := benchFile(b), benchFile(b)
			var end atomic.Int64
			all, sharedEnd := make([]byte, len(body)*publishers), int64(0)
			var times [3]time.Duration
			turn := 50 * publishers
			b.ResetTimer()
			for left := b.N; left > 0; left -= turn {
				n := min(left, turn)
				began := time.Now()
				benchParallel(b, n, publishers, func() error {
					_, err := topic.Publish(context.Background(), sns.Entry{Message: body})
					return err
				})
				published := time.Now()
				benchParallel(b, n, publishers, func() error {
					if _, err := each.WriteAt(all[:len(body)], end.Add(int64(len(body)))); err != nil {
						return err
					}
					return each.Sync()
				})
				apart := time.Now()
				for i := 0; i < n; i += publishers {
					size := len(body) * min(publishers, n-i)
					if _, err := shared.WriteAt(all[:size], sharedEnd); err != nil {
						b.Fatal(err)
					}
					if err := shared.Sync(); err != nil {
						b.Fatal(err)
					}
					sharedEnd += int64(size)
				}
				times[0] += published.Sub(began)
				times[1] += apart.Sub(published)
				times[2] += time.Since(apart)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(times[0])/float64(b.N), "ns/publish")
			b.ReportMetric(float64(times[1])/float64(times[0]), "of-each")
			b.ReportMetric(float64(times[2])/float64(times[0]), "of-shared")
		})
	}
}

func benchFile(b *testing.B) *os.File {
	f, err := os.Create(filepath.Join(b.TempDir(), "baseline"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return f
}

// BenchmarkDurablePublishNever is without syncs, BenchmarkPublishToFunction the same in memory.
func BenchmarkDurablePublishNever(b *testing.B) {
	publishing(b, benchDurable(b, durable.Options{Sync: durable.SyncNever}), 1, sns.Entry{Message: body})
}

func BenchmarkPublishToFunction(b *testing.B) {
	nothing := sns.EndpointFunc(func(context.Context, sns.Notification) error { return nil })
	publishing(b, benchTopic(b, sns.Config{}, sns.Subscription{Endpoint: nothing}), 1, sns.Entry{Message: body})
}

// BenchmarkDurableFanOut publishes to a durable topic with durable queues: each waits for a
// sync of its own, and they share it.
func BenchmarkDurableFanOut(b *testing.B) {
	for _, n := range []int{1, 16} {
		b.Run(fmt.Sprintf("queues=%d", n), func(b *testing.B) {
			queues, err := sqs.Open(b.TempDir(), sqs.ServiceConfig{Relaxed: true})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { queues.Close() })
			s, err := sns.Open(b.TempDir(), sns.ServiceConfig{Queues: queues})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { s.Close() })
			topic := createTopic(b, s, "bench", sns.Config{})
			for i := range n {
				q := createQueue(b, queues, fmt.Sprint("q", i))
				subscribe(b, topic, sns.Subscription{Endpoint: sns.QueueEndpoint(q)})
			}
			const publishers = 16
			b.ResetTimer()
			for left := b.N; left > 0; left -= 64 {
				benchParallel(b, min(left, 64), publishers, func() error {
					_, err := topic.Publish(context.Background(), sns.Entry{Message: body})
					return err
				})
				if err := s.Flush(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/delivery")
		})
	}
}
