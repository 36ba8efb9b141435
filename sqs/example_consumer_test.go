package sqs_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leat-go/leat/sqs"
)

// A consumer calls a handler for each message, and again for those it failed for.
func ExampleConsumer() {
	ctx := context.Background()
	queue := must(sqs.New("jobs", sqs.Config{}))
	must(queue.Send(ctx, sqs.Entry{Body: "wash the car"}, sqs.Entry{Body: "walk the dog"}))

	done := make(chan struct{})
	consumer := must(sqs.NewConsumer(queue, sqs.Each(func(ctx context.Context, m sqs.Message) error {
		if m.Body == "walk the dog" && m.ReceiveCount == 1 {
			return errors.New("it rains")
		}
		fmt.Println(m.Body, "at attempt", m.ReceiveCount)
		if m.Body == "walk the dog" {
			close(done)
		}
		return nil
	}), sqs.ConsumerConfig{
		Concurrency: 1,
		Backoff:     func(sqs.Message) time.Duration { return 0 },
		OnError:     func(err error) { fmt.Println(errors.Unwrap(err)) },
	}))
	stopped := make(chan error)
	go func() { stopped <- consumer.Run(ctx) }()

	<-done
	fmt.Println(consumer.Shutdown(ctx), <-stopped)
	stats := consumer.Stats()
	fmt.Println(stats.Succeeded, "succeeded,", stats.Failed, "failed")
	// Output:
	// wash the car at attempt 1
	// it rains
	// walk the dog at attempt 2
	// <nil> <nil>
	// 2 succeeded, 1 failed
}

// A handler of batches says which messages failed; the others are deleted.
func ExampleHandler() {
	handler := func(ctx context.Context, batch []sqs.Message) error {
		var failed []sqs.EntryError
		for i, m := range batch {
			if m.Body == "" {
				failed = append(failed, sqs.EntryError{Index: i, Err: errors.New("nothing to do")})
			}
		}
		if failed != nil {
			return &sqs.BatchError{Failed: failed}
		}
		return nil
	}
	fmt.Println(handler(context.Background(), []sqs.Message{{Body: "wash"}, {}, {Body: "walk"}}))
	// Output: entry 1: nothing to do
}
