package sqs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// Handler does the work that messages ask for. Nil means that all of the batch
// succeeded. A [*BatchError] says that the messages it names failed and the others
// succeeded. Any other error fails all, a BatchError inside it or one that names
// an index outside of the batch included. So a handler that returns the error of
// its own Send must wrap it: as it is it would speak of other indexes.
//
// The batch is the handler's to keep, but for the Attributes, which OnError sees
// too: they must not be changed. The context is cancelled by
// [Consumer.Close], and with [ErrVisibilityLost] as its cause when a message of
// the batch is, or soon will be, with somebody else.
//
// A panic counts as a failure and is reported as a [*PanicError].
type Handler func(ctx context.Context, batch []Message) error

var (
	// ErrSkipped is a handler's word, in a BatchError, for a message that it did
	// not get to. The message becomes visible at once, or after a failed one of its
	// FIFO group, and counts as handed back, not as failed.
	ErrSkipped = errors.New("sqs: message not handled")

	// ErrVisibilityLost is the cause (context.Cause) by which a handler's context
	// is cancelled when the visibility timeout could not be extended, or when the
	// message was held for 12 hours, more than which SQS does not allow. Unless the
	// queue says that it happened already, the handler is told a little before
	// others may receive the message: a tenth of VisibilityTimeout, at most 5
	// seconds. Should it succeed nevertheless, the consumer still tries to delete
	// the message.
	ErrVisibilityLost = errors.New("sqs: message visibility lost")

	errGoexit = errors.New("sqs: the handler ended its goroutine")
)

// PanicError is the failure of a handler that panicked.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // as debug.Stack formats it
}

func (e *PanicError) Error() string { return fmt.Sprintf("sqs: panic: %v", e.Value) }

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Each returns a handler that calls fn with each message of a batch, in order. A
// failure, a panic included, fails that message alone. It skips the later messages
// of a failed one's FIFO group, and once ctx has ended all that are left.
func Each(fn func(ctx context.Context, m Message) error) Handler {
	return func(ctx context.Context, batch []Message) error {
		var failed failures
		var blocked map[string]bool
		for i, m := range batch {
			if i > 0 && ctx.Err() != nil || m.SequenceNumber != "" && blocked[m.GroupID] {
				failed.Add(i, ErrSkipped)
				continue
			}
			if err := contain(func() error { return fn(ctx, m) }); err != nil {
				failed.Add(i, err)
				if blocked == nil {
					blocked = map[string]bool{}
				}
				blocked[m.GroupID] = true
			}
		}
		return batchError(failed)
	}
}

// contain returns a panic of fn as an error.
func contain(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return fn()
}

// verdicts spreads a handler's result over the n messages of its batch: nil for
// those that succeeded. A BatchError that makes no sense fails all, so that none
// is deleted by mistake.
func verdicts(err error, n int) []error {
	errs := make([]error, n)
	if batch, ok := err.(*BatchError); ok {
		if err = implausible(batch, n); err == nil {
			for _, f := range batch.Failed {
				errs[f.Index] = f.Err
			}
			return errs
		}
	}
	for i := range errs {
		errs[i] = err
	}
	return errs
}

func implausible(batch *BatchError, n int) error {
	if batch == nil || len(batch.Failed) == 0 {
		return errors.New("sqs: the handler returned a BatchError that names no entry")
	}
	for _, f := range batch.Failed {
		if f.Err == nil {
			return fmt.Errorf("sqs: the handler named entry %d without an error", f.Index)
		}
		if f.Index < 0 || f.Index >= n {
			return fmt.Errorf("sqs: the handler named entry %d of a batch of %d: %w", f.Index, n, batch)
		}
	}
	return nil
}

func isPanic(err error) bool {
	_, ok := errors.AsType[*PanicError](err)
	return ok
}
