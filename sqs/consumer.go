package sqs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Consumer runs a handler over the messages of a queue, so that a program only
// writes the handler. Create one with [NewConsumer], run it with [Consumer.Run],
// end it with [Consumer.Shutdown].
//
// A message whose handler succeeds is deleted. One whose handler fails becomes
// visible again after a backoff, and is delivered once more, here or elsewhere,
// until the queue dead-letters it. In between the consumer extends the visibility
// timeout, halfway through it each time, so that a long job stays its own. A
// message is delivered at least once: a handler must bear seeing one again.
//
// The consumer asks the queue for no more messages than it can start at once, so
// what it can not handle yet stays available to others. The exception are messages
// of one group of a FIFO queue, several of which may come in one receive.
//
// Messages of a FIFO queue, known by their SequenceNumber, are handled one after
// the other within their group, while groups run in parallel. What was not deleted
// is not overtaken: when a message fails, the later ones of its group that the
// consumer holds go back to the queue, unprocessed, and become visible a second
// after it. Their deliveries count all the same, so a message that fails until it
// is dead-lettered uses up about half of the MaxReceiveCount of those behind it. A
// FIFO queue should therefore have that at 5 or more, or its consumer MaxMessages
// at 1. On a standard queue a group is a tenant and nothing waits for it.
//
// Every message that was received is in the end deleted, or given back by a change
// of its visibility, or, if the queue refuses both, left to its timeout; it is
// never forgotten. A consumer without messages has one goroutine, which waits in
// Receive; one with messages has another for each call of the handler.
type Consumer struct {
	queue   Queue
	handler Handler
	cfg     ConsumerConfig      // with defaults
	slots   *semaphore.Weighted // one for each call of the handler; Receive waits for a free one
	silent  chan struct{}       // closed when no receive is under way any more
	ended   chan struct{}       // closed when Run has done everything
	workers sync.WaitGroup      // calls of the handler, settlement included
	beats   sync.WaitGroup      // extensions under way

	// Set by Run and not changed after.
	receiving context.Context // until Shutdown or Close
	handling  context.Context // until Close; parent of the handlers' contexts
	settling  context.Context // until everything is done
	stop      context.CancelFunc
	abort     context.CancelCauseFunc
	settled   context.CancelFunc

	mu      sync.Mutex
	started bool          // Run was called; guarded by mu
	closed  bool          // Shutdown or Close was called; guarded by mu
	lanes   lanes         // what waits for its turn; guarded by mu
	stats   ConsumerStats // guarded by mu
}

// ConsumerConfig configures a Consumer. Its zero value is ready for use.
type ConsumerConfig struct {
	// Concurrency bounds the calls of the handler that run at once, 1 to 65,536.
	// Zero means 10.
	Concurrency int

	// BatchSize is the most messages of one call of the handler. Zero means 1. A
	// batch holds what one receive brought: the consumer does not wait for it to
	// fill up. A message of a FIFO queue shares its batch with later ones of its
	// group, in order, and with other groups.
	BatchSize int

	// MaxMessages is the most messages of one receive, at least BatchSize and at
	// most 65,536. Zero means 10, which is also AWS's limit.
	MaxMessages int

	// Wait is how long a receive waits for a message. Zero means 20 seconds,
	// which is also AWS's limit.
	Wait time.Duration

	// VisibilityTimeout hides a message from other receivers, 1 second to 12
	// hours; zero means 30 seconds. It is given with each receive, so the queue's
	// own does not matter. As long as the consumer holds a message it extends
	// this, so it need not cover the handler's time, only how long the messages
	// of a process that died stay away. It is extended until the handler returns:
	// what is left then, at least 40 percent, is the time for the delete, and a
	// delete that fails for longer means that the message comes again.
	VisibilityTimeout time.Duration

	// Backoff is how long a message stays invisible after its handler failed; its
	// ReceiveCount tells how often it was tried. The result is brought between
	// zero and what is left of the 12 hours that a receive may last. Backoff may
	// be called concurrently. Nil means ExponentialBackoff(time.Second,
	// 5*time.Minute).
	Backoff func(m Message) time.Duration

	// Logger is told of every error that OnError is. Nil means silence.
	Logger *slog.Logger

	// OnError is called with every error that no caller would see otherwise, as a
	// [*ConsumerError]: a failed handler, receive, delete or extension. It may be
	// called concurrently, holds up its part of the consumer as long as it takes,
	// and must not call Shutdown or Close, which would wait for it.
	OnError func(err error)
}

const maxConcurrency = 1 << 16

// NewConsumer returns a consumer that will run h over q. It returns an [*Error]
// with ErrInvalidParameterValue for each fault of its arguments, joined.
func NewConsumer(q Queue, h Handler, cfg ConsumerConfig) (*Consumer, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(q, h); err != nil {
		return nil, err
	}
	return &Consumer{
		queue:   q,
		handler: h,
		cfg:     cfg,
		slots:   semaphore.NewWeighted(int64(cfg.Concurrency)),
		silent:  make(chan struct{}),
		ended:   make(chan struct{}),
	}, nil
}

func (c ConsumerConfig) withDefaults() ConsumerConfig {
	orElse(&c.Concurrency, 10)
	orElse(&c.BatchSize, 1)
	orElse(&c.MaxMessages, 10)
	orElse(&c.Wait, 20*time.Second)
	orElse(&c.VisibilityTimeout, 30*time.Second)
	if c.Backoff == nil {
		c.Backoff = defaultBackoff
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func orElse[T int | time.Duration](v *T, otherwise T) {
	if *v == 0 {
		*v = otherwise
	}
}

// validate returns every fault of a configuration that has its defaults, joined.
func (c *ConsumerConfig) validate(q Queue, h Handler) error {
	var faults []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, &Error{Op: "NewConsumer", Err: ErrInvalidParameterValue, Message: fmt.Sprintf(format, args...)})
		}
	}
	require(q != nil, "The queue is nil.")
	require(h != nil, "The handler is nil.")
	require(0 < c.Concurrency && c.Concurrency <= maxConcurrency, "Concurrency is %d; it must be 1 to %d.", c.Concurrency, maxConcurrency)
	require(c.BatchSize > 0, "BatchSize is %d; it must not be negative.", c.BatchSize)
	require(0 < c.MaxMessages && c.MaxMessages <= maxConcurrency, "MaxMessages is %d; it must be 1 to %d.", c.MaxMessages, maxConcurrency)
	require(c.BatchSize <= c.MaxMessages, "BatchSize is %d; a batch is filled from one receive, so it must not exceed MaxMessages, %d.", c.BatchSize, c.MaxMessages)
	require(c.Wait > 0, "Wait is %v; it must not be negative.", c.Wait)
	require(c.VisibilityTimeout >= time.Second && c.VisibilityTimeout <= maxVisibility,
		"VisibilityTimeout is %v; it must be 1 second to 12 hours.", c.VisibilityTimeout)
	return errors.Join(faults...)
}
