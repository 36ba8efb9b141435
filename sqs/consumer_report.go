package sqs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
)

// ConsumerStats is a snapshot of a consumer's counters. But for Held they only
// grow. Received is always Succeeded + Failed + HandedBack + Held.
type ConsumerStats struct {
	Received   int64 // deliveries, so a message received twice counts twice
	Succeeded  int64 // handled with success
	Failed     int64 // handled without
	HandedBack int64 // not handled: skipped, interrupted by Close, or given back because of Shutdown or a failure in their FIFO group
	Held       int   // now waiting, with a handler, or being settled

	Extended       int64 // extensions of a message's visibility
	Lost           int64 // held until their visibility timeout ended, see ErrVisibilityLost; also counted above
	DeleteFailures int64 // succeeded, but not deleted: to be delivered again
}

// Stats returns the counters as they are now.
func (c *Consumer) Stats() ConsumerStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// ConsumerError is what OnError is told.
type ConsumerError struct {
	// Op says what failed.
	//
	//   - Receive: it will be repeated.
	//   - Handle: the handler; the messages return after their backoff.
	//   - Delete: the handler succeeded, but the messages return when their
	//     visibility timeout ends.
	//   - Extend: the visibility was not extended. With ErrVisibilityLost the
	//     messages return, else there is time to try again.
	//   - Return: messages were not given back, but return when their visibility
	//     timeout ends.
	//   - Backoff: ConsumerConfig.Backoff panicked; the default was taken.
	Op string
	// Messages are the ones concerned; none for Receive.
	Messages []Message
	// Err is a [*BatchError], with an entry for each of the Messages, if these are
	// several.
	Err error
}

func (e *ConsumerError) Error() string {
	if len(e.Messages) == 1 {
		return fmt.Sprintf("sqs: consumer: %s message %s: %v", e.Op, e.Messages[0].ID, e.Err)
	}
	return fmt.Sprintf("sqs: consumer: %s: %v", e.Op, e.Err)
}

// Unwrap returns Err.
func (e *ConsumerError) Unwrap() error { return e.Err }

// findings are messages with what is wrong with each.
type findings struct {
	held []*held
	errs []error
}

func (f *findings) add(h *held, err error) {
	f.held = append(f.held, h)
	f.errs = append(f.errs, err)
}

// wrap says that err happened to h, because of what is known of h already.
func (f *findings) wrap(h *held, err error) {
	if i := slices.Index(f.held, h); i >= 0 {
		f.errs[i] = fmt.Errorf("%w: %w", err, f.errs[i])
	} else {
		f.add(h, err)
	}
}

func (c *Consumer) reportAll(op string, f findings) {
	if len(f.held) == 0 {
		return
	}
	var messages []Message
	var entries failures
	for i, h := range f.held {
		messages = append(messages, h.Message)
		entries.Add(i, f.errs[i])
	}
	err := f.errs[0]
	if len(messages) > 1 {
		err = batchError(entries)
	}
	c.report(op, messages, err)
}

// report is called without any lock.
func (c *Consumer) report(op string, messages []Message, err error) {
	e := &ConsumerError{Op: op, Messages: messages, Err: err}
	attrs := []slog.Attr{slog.String("op", op), slog.Any("error", err)}
	if len(messages) > 0 {
		ids := make([]string, len(messages))
		for i, m := range messages {
			ids[i] = m.ID
		}
		attrs = append(attrs, slog.Any("messages", ids))
	}
	level := slog.LevelWarn
	if p, ok := errors.AsType[*PanicError](err); ok {
		level = slog.LevelError
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	c.cfg.Logger.LogAttrs(context.WithoutCancel(c.settling), level, "sqs consumer", attrs...)
	if c.cfg.OnError == nil {
		return
	}
	if err := contain(func() error { c.cfg.OnError(e); return nil }); err != nil {
		c.cfg.Logger.LogAttrs(context.WithoutCancel(c.settling), slog.LevelError, "sqs consumer: OnError failed", slog.Any("error", err))
	}
}
