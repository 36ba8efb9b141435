package lambda

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"
)

// EventSource hands what a queue, a stream or a topic has to a function. It is made by
// [FromQueue], [FromStream] and [FromTopic], for a handler in Go, and by [MapQueue],
// [MapStream] and [MapTopic], for a function that takes AWS's JSON. Run it with Run, end it
// with Shutdown. All methods may be called concurrently.
type EventSource struct {
	runner  runner
	counts  *counts
	deleted func() int64 // nil unless messages are deleted
}

// runner is what an event source is written on: a Consumer or a Group.
type runner interface {
	Run(ctx context.Context) error
	Shutdown(ctx context.Context) error
	Close() error
}

// Run invokes the function until Shutdown or Close, then returns nil; at once if they came
// first. It returns only when every invocation has. An event source runs once. When ctx
// ends, Run does as Close does, and returns ctx's error. When the source is closed or
// deleted, Run does as Shutdown does, and returns the source's error; any other error is
// reported, and what failed is repeated. It is that of [sqs.Consumer] or [kinesis.Group].
func (s *EventSource) Run(ctx context.Context) error { return s.runner.Run(ctx) }

// Shutdown ends an event source gracefully: it takes nothing more from the source, and
// waits for the invocations that run. What was not handled stays in the queue or stream. A
// topic's notifications would be lost, so of these it waits for all that were accepted, their
// retries included. If ctx ends first, Shutdown returns its error, and the invocations run
// on; Close would cancel them. Shutdown may be called again, together with Close, and
// before Run, but not by a handler, which would wait for itself.
func (s *EventSource) Shutdown(ctx context.Context) error { return s.runner.Shutdown(ctx) }

// Close ends an event source soon: it does as Shutdown, but cancels the contexts of
// invocations and waits for these only. What they fail for then counts as interrupted, and is not
// reported. Close returns nil and may be called again, and before Run. A handler must not
// call it.
func (s *EventSource) Close() error { return s.runner.Close() }

// Metrics returns the counters as they are now.
func (s *EventSource) Metrics() EventSourceMetrics {
	c := s.counts
	m := EventSourceMetrics{
		PolledEventCount:                        c.polled.Load(),
		InvokedEventCount:                       c.invoked.Load(),
		FailedInvokeEventCount:                  c.failed.Load(),
		DroppedEventCount:                       c.dropped.Load(),
		OnFailureDestinationDeliveredEventCount: c.delivered.Load(),
		IteratorAge:                             time.Duration(c.age.Load()),
	}
	if s.deleted != nil {
		m.DeletedEventCount = s.deleted()
	}
	return m
}

// EventSourceMetrics is a snapshot of an event source's counters under the names that AWS
// gives them in CloudWatch. Events are messages, records or notifications. But for
// IteratorAge they only grow. ("Viewing event source mapping metrics".)
type EventSourceMetrics struct {
	PolledEventCount       int64 // taken from the source
	InvokedEventCount      int64 // handed to the function, each time
	FailedInvokeEventCount int64 // that it failed for, reported as failed, or was not called for, each time
	DeletedEventCount      int64 // deleted from the queue after success
	DroppedEventCount      int64 // given up: too many attempts, or too old

	OnFailureDestinationDeliveredEventCount int64 // given up, and told to OnFailure

	// IteratorAge is the age of the last record of the batch of a stream that was handled
	// last.
	IteratorAge time.Duration
}

type counts struct {
	polled, invoked, failed, dropped, delivered atomic.Int64
	age                                         atomic.Int64 // nanoseconds
}

// EventSourceError is what OnError is told of what was given up. Whatever else it is told
// comes from the [sqs.Consumer] or [kinesis.Group] below, as a [*sqs.ConsumerError] or
// [*kinesis.GroupError].
type EventSourceError struct {
	Condition string // AWS's word for the reason: "RetryAttemptsExhausted"
	Events    int    // how many records or notifications it concerns
	Err       error  // the last failure of the function; nil if it was never called
}

func (e *EventSourceError) Error() string {
	text := "lambda: event source: " + e.Condition
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *EventSourceError) Unwrap() error { return e.Err }

// reporter tells of what no caller sees.
type reporter struct {
	logger  *slog.Logger
	onError func(error)
}

// report is called without any lock.
func (r reporter) report(err error) {
	logger := r.logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	attrs := []slog.Attr{slog.Any("error", err)}
	level := slog.LevelWarn
	if p, ok := errors.AsType[*PanicError](err); ok {
		level = slog.LevelError
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	logger.LogAttrs(context.Background(), level, "lambda event source", attrs...)
	if r.onError == nil {
		return
	}
	if err := contained(func() error { r.onError(err); return nil }); err != nil {
		logger.LogAttrs(context.Background(), slog.LevelError, "lambda event source: OnError failed", slog.Any("error", err))
	}
}

// rest waits, and returns false when ctx ended first.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
