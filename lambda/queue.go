package lambda

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/leat-go/leat/sqs"
)

// QueueConfig says how a queue's messages come to a function. Its zero value is AWS's
// default. ("Lambda parameters for Amazon SQS event source mappings".)
type QueueConfig struct {
	// BatchSize is the most messages of one invocation: 1 to 10,000, or to 10 if there is
	// no MaximumBatchingWindow or the queue is a FIFO queue. Zero means 10.
	BatchSize int

	// MaximumBatchingWindow is how long to gather messages, from the first one on, until
	// there are BatchSize or 6 MB of them: 0 to 300 seconds, and not on a FIFO queue. Above
	// 10 messages it must be at least a second. Zero means not to wait for more.
	MaximumBatchingWindow time.Duration

	// MaximumConcurrency is how many invocations may run at once, 1 to 1,000; AWS takes 2
	// at least. Zero means 1,000. A function's ReservedConcurrency below that makes
	// messages fail that are not at fault.
	MaximumConcurrency int

	// VisibilityTimeout hides the messages while they are handled, as
	// sqs.ConsumerConfig.VisibilityTimeout does: it is extended, so it need not cover the
	// function's time. Together with the window it may be 12 hours. Zero means the queue's
	// own, if that is an [*sqs.LocalQueue] with a second at least, else 30 seconds.
	VisibilityTimeout time.Duration

	// Backoff is how long a message stays away after the function failed for it, as in
	// sqs.ConsumerConfig. Nil means VisibilityTimeout: on AWS messages return when that is
	// over.
	Backoff func(m sqs.Message) time.Duration

	// ReportBatchItemFailures makes MapQueue heed a [BatchResponse]: only the messages in
	// it come again. Otherwise an answer does not matter. A handler in Go needs no leave
	// to return an [*sqs.BatchError].
	ReportBatchItemFailures bool

	// SourceARN names the queue in events. Empty means the queue's own, if it has one.
	SourceARN string

	// Logger and OnError are those of sqs.ConsumerConfig.
	Logger  *slog.Logger
	OnError func(err error)
}

const (
	maxBatch       = 10_000
	maxConcurrency = 1000
	maxVisibility  = 12 * time.Hour
)

// FromQueue returns an event source that calls h with messages of q, and deletes those
// that it succeeded for. What h returns is what an [sqs.Handler] does: a *sqs.BatchError
// says that only some failed. It fails with an [*Error] with ErrInvalidParameterValue for
// each fault of its arguments, joined.
//
// It is an [sqs.Consumer], whose promises hold: each message is handled at least once, those
// of a group of a FIFO queue in order. What fails again and again is the business of the
// queue's RedrivePolicy. On AWS the messages of a batch may be of several groups, as here.
func FromQueue(q sqs.Queue, h func(ctx context.Context, messages []sqs.Message) error, cfg QueueConfig) (*EventSource, error) {
	return newQueueSource("FromQueue", q, h, cfg)
}

// MapQueue returns an event source that calls fn with an [SQSEvent] of messages of q, and
// deletes those that it succeeded for. For the rest it is as FromQueue. (An event source
// mapping.)
func MapQueue(q sqs.Queue, fn Invoker, cfg QueueConfig) (*EventSource, error) {
	if fn == nil {
		return newQueueSource("MapQueue", q, nil, cfg)
	}
	if cfg.SourceARN == "" {
		cfg.SourceARN = arnOf(q)
	}
	return newQueueSource("MapQueue", q, queueFunction(fn, cfg.SourceARN, cfg.ReportBatchItemFailures), cfg)
}

func newQueueSource(op string, q sqs.Queue, h sqs.Handler, cfg QueueConfig) (*EventSource, error) {
	if err := cfg.validate(op, q, h); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults(q)
	c := &counts{}
	gathered := &gatheringQueue{Queue: q, window: cfg.MaximumBatchingWindow, counts: c}
	received := cfg.BatchSize
	if cfg.MaximumBatchingWindow == 0 && cfg.BatchSize < 10 {
		received = 10 / cfg.BatchSize * cfg.BatchSize
	}
	consumer, err := sqs.NewConsumer(gathered, countMessages(c, h), sqs.ConsumerConfig{
		Concurrency: cfg.MaximumConcurrency, BatchSize: cfg.BatchSize, MaxMessages: received,
		VisibilityTimeout: cfg.VisibilityTimeout, Backoff: cfg.Backoff, Logger: cfg.Logger, OnError: cfg.OnError,
	})
	if err != nil {
		return nil, err
	}
	return &EventSource{runner: consumer, counts: c, deleted: func() int64 {
		s := consumer.Stats()
		return s.Succeeded - s.DeleteFailures
	}}, nil
}

func (c QueueConfig) withDefaults(q sqs.Queue) QueueConfig {
	if c.BatchSize == 0 {
		c.BatchSize = 10
	}
	if c.MaximumConcurrency == 0 {
		c.MaximumConcurrency = maxConcurrency
	}
	if c.VisibilityTimeout == 0 {
		c.VisibilityTimeout = 30 * time.Second
		if local, ok := q.(*sqs.LocalQueue); ok {
			if own := *local.Config().VisibilityTimeout; own >= time.Second {
				c.VisibilityTimeout = min(own, maxVisibility-c.MaximumBatchingWindow)
			}
		}
	}
	if c.Backoff == nil {
		timeout := c.VisibilityTimeout
		c.Backoff = func(sqs.Message) time.Duration { return timeout }
	}
	return c
}

// validate returns every fault of a configuration as it was given, joined.
func (c *QueueConfig) validate(op string, q sqs.Queue, h sqs.Handler) error {
	f := faults{op: op}
	f.require(q != nil, "The queue is nil.")
	f.require(h != nil, "The function is nil.")
	f.require(0 <= c.BatchSize && c.BatchSize <= maxBatch, "BatchSize is %d; it must be 1 to %d.", c.BatchSize, maxBatch)
	window := c.MaximumBatchingWindow
	f.require(0 <= window && window <= 300*time.Second, "MaximumBatchingWindow is %v; it must be 0 to 300 seconds.", window)
	f.require(c.BatchSize <= 10 || window >= time.Second, "BatchSize is %d; above 10 the MaximumBatchingWindow must be at least a second.", c.BatchSize)
	f.require(0 <= c.MaximumConcurrency && c.MaximumConcurrency <= maxConcurrency,
		"MaximumConcurrency is %d; it must be 1 to %d.", c.MaximumConcurrency, maxConcurrency)
	f.require(c.VisibilityTimeout == 0 || c.VisibilityTimeout >= time.Second && c.VisibilityTimeout+window <= maxVisibility,
		"VisibilityTimeout is %v; it must be 1 second to 12 hours, the window included.", c.VisibilityTimeout)
	if local, ok := q.(*sqs.LocalQueue); ok && local != nil && local.Config().FIFO {
		f.require(c.BatchSize <= 10 && window == 0, "The queue is a FIFO queue: its BatchSize is 10 at most, and it has no MaximumBatchingWindow.")
	}
	return f.err()
}

// countMessages counts what a handler is called for.
func countMessages(c *counts, h sqs.Handler) sqs.Handler {
	return func(ctx context.Context, batch []sqs.Message) error {
		n := int64(len(batch))
		c.invoked.Add(n)
		failed := n // unless h returns
		defer func() { c.failed.Add(failed) }()
		err := h(ctx, batch)
		failed = 0
		if entries, ok := err.(*sqs.BatchError); ok && entries != nil {
			for _, f := range entries.Failed {
				skipped := errors.Is(f.Err, sqs.ErrSkipped)
				if skipped || isRefused(f.Err) {
					c.invoked.Add(-1)
				}
				if !skipped {
					failed++
				}
			}
		} else if err != nil {
			failed = n
		}
		return err
	}
}
