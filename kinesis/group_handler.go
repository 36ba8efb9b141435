package kinesis

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// Handler does what the records of a shard ask for. Nil means that all of the batch is
// done. A [*BatchError] says that the records before the first that it names are done, and
// that one failed. Any other error fails all, a BatchError inside it or one that names an
// index outside of the batch included. What is not done comes again after a backoff,
// in the same order and with nothing left out; nothing of the shard that follows
// comes before it.
//
// A group calls its handler for several shards at once, and for each shard one call after
// the other. The context is cancelled by [Group.Close], and with ErrLeaseLost as
// its cause (context.Cause) when another member may soon read the shard. A handler that
// goes on then works beside that member.
//
// A panic counts as a failure and is reported as a [*PanicError].
type Handler func(ctx context.Context, b *ShardBatch) error

// ShardBatch is some records of a shard, in order.
type ShardBatch struct {
	// ShardID is the shard that they come from.
	ShardID string

	// Records must not be changed. There are none only with Last and ManualCheckpoint.
	Records []UserRecord

	// MillisBehindLatest is how far, in milliseconds, what was read last is behind the tip of
	// the shard; zero means that there was nothing more to read.
	MillisBehindLatest int64

	// Attempt counts how often this member has handed out the first of the records, from 1;
	// to DeadLetter, how often to that.
	Attempt int

	// Epoch is that of the lease, which grows with each member that gets the shard: a
	// fencing token for what the handler does elsewhere.
	Epoch int64

	// End tells that the shard is closed and these are its last records. By succeeding
	// a handler says that all of the shard is done.
	End bool

	// Last tells that the shard has ended, or the member is about to give it up. Only
	// with ManualCheckpoint is a handler called for this alone, without records: it can
	// finish what it holds back and set a last checkpoint.
	Last bool

	group   *Group
	reading *reading
}

// UserRecord is a record as whoever put it sees it: a record of the stream, or a
// part of an aggregated one, of which it then has the sequence number and arrival time.
type UserRecord struct {
	Record

	// SubSequenceNumber is the place of a part in its aggregated record, from 0.
	SubSequenceNumber int

	// ExplicitHashKey is that of a part of an aggregated record, if it has one.
	ExplicitHashKey string

	// Aggregated tells that this is a part of an aggregated record.
	Aggregated bool
}

// Checkpoint notes in the lease that the records of the shard up to r are done, be it
// in the midst of a batch or, with ManualCheckpoint, any time later: a member that takes
// the shard over goes on after it, and so does this one if the handler fails. Without
// ManualCheckpoint there is no need for it.
//
// It fails with ErrLeaseLost if the lease is lost or given up, and with
// ErrInvalidArgument if the checkpoint is behind r already or r was not handed out yet.
// Setting the same again is no error and does nothing. Any other error is the store's; it
// may be tried again.
//
// The batch may be one that no group has made, as in a test of a handler; then it does
// nothing.
func (b *ShardBatch) Checkpoint(ctx context.Context, r UserRecord) error {
	if b.group == nil {
		return nil
	}
	return b.group.checkpoint(ctx, b.reading, r)
}

// Each returns a handler that calls fn with each record of a batch, in order, up to the
// first for which it fails or panics, or to the end of ctx. Those before that are done.
func Each(fn func(ctx context.Context, r UserRecord) error) Handler {
	return func(ctx context.Context, b *ShardBatch) error {
		for i, r := range b.Records {
			err := ctx.Err()
			if err == nil {
				err = contain(func() error { return fn(ctx, r) })
			}
			if err != nil {
				return &BatchError{Failed: []EntryError{{Index: i, Err: err}}}
			}
		}
		return nil
	}
}

// PanicError is the failure of a function that panicked.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // as debug.Stack formats it
}

func (e *PanicError) Error() string { return fmt.Sprintf("kinesis: panic: %v", e.Value) }

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
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

func isPanic(err error) bool {
	_, ok := errors.AsType[*PanicError](err)
	return ok
}

var errGoexit = errors.New("kinesis: the handler ended its goroutine")

// verdict reads a handler's result: how many of the n records are done, and what failed
// then. A BatchError that makes no sense fails all, so that none is passed over by mistake.
func verdict(err error, n int) (done int, named bool, cause error) {
	batch, ok := err.(*BatchError)
	switch {
	case err == nil:
		return n, false, nil
	case !ok:
		return 0, false, err
	case batch == nil || len(batch.Failed) == 0:
		return 0, false, errors.New("kinesis: the handler returned a BatchError that names no entry")
	}
	first := batch.Failed[0]
	for _, f := range batch.Failed {
		if f.Index < 0 || f.Index >= n {
			return 0, false, fmt.Errorf("kinesis: the handler named entry %d of a batch of %d: %w", f.Index, n, batch)
		}
		if f.Err == nil {
			return 0, false, fmt.Errorf("kinesis: the handler named entry %d without an error", f.Index)
		}
		if f.Index < first.Index {
			first = f
		}
	}
	return first.Index, true, first.Err
}
