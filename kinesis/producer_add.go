package kinesis

import (
	"bytes"
	"context"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// The reasons for which a Producer refuses a record, or gives it up. They are leat's own.
var (
	// ErrBufferFull is returned by TryAdd when there is no room for the record.
	ErrBufferFull error = &condition{"BufferFull", "The producer holds as many records as it may."}

	// ErrRecordExpired is the end of a record that the stream did not accept in its time.
	// The last failure, if any, is wrapped beside it.
	ErrRecordExpired error = &condition{"RecordExpired", "The record was not accepted within its time to live."}
)

// Add takes a record over, whose data is copied. It waits for room, if there is none,
// until ctx ends; once it has returned, ctx no longer matters. It fails with ctx's
// error, with ErrClosed after Shutdown or Close, and with ErrInvalidArgument if the
// entry is malformed, larger than any stream takes, or larger than MaxBufferedBytes.
//
// If, and only if, Add returns nil, done will be called once with what became of the
// record: where it is, or why it was given up, as the stream's error, ErrRecordExpired or
// ErrClosed. The records in an aggregated one share its sequence number. A nil done
// leaves failures to OnError. The producer calls done from goroutines of its own, for
// the records of one key in their order if Ordered is set. It holds up its request, and
// the later records of its key, until it returns, so it should be quick; it must not
// call a method of the producer that waits, which TryAdd does not.
//
// That it is a callback, not a value to wait on, makes a record cost one allocation,
// its data. [Producer.Put] waits.
func (p *Producer) Add(ctx context.Context, e Entry, done func(Put, error)) error {
	return p.add("Add", e, done, func(weight int64) error { return p.acquire(ctx, weight) })
}

// TryAdd is Add that does not wait: without room it fails with ErrBufferFull.
func (p *Producer) TryAdd(e Entry, done func(Put, error)) error {
	return p.add("TryAdd", e, done, func(weight int64) error {
		if !p.room.TryAcquire(weight) {
			return &Error{Err: ErrBufferFull}
		}
		return nil
	})
}

func (p *Producer) add(op string, e Entry, done func(Put, error), acquire func(weight int64) error) error {
	key, err := p.check(&e)
	if err != nil {
		return located(op, "", err)
	}
	weight := weightOf(&e)
	if err := acquire(weight); err != nil {
		return located(op, "", err)
	}
	c := spareParcels.Get().(*parcel)
	*c = parcel{Entry: e, done: done, hash: key, size: len(e.PartitionKey) + len(e.Data)}
	c.Data = bytes.Clone(e.Data)

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		p.room.Release(weight)
		return located(op, "", errProducerClosed())
	}
	c.added = time.Since(p.start)
	p.stats.Added++
	p.stats.Buffered++
	p.stats.BufferedBytes += weight
	p.backlog.add(c)
	p.schedule(c.added)
	return nil
}

var spareParcels = sync.Pool{New: func() any { return new(parcel) }}

// parcelOverhead is what a record costs beside its data and keys, at most: the parcel,
// and with Ordered its lane.
const parcelOverhead = 256

func weightOf(e *Entry) int64 {
	return int64(len(e.PartitionKey) + len(e.ExplicitHashKey) + len(e.Data) + parcelOverhead)
}

// check finds what is wrong with a record whatever the stream, so that it cannot fail a
// request in which there are others, and its hash key if that is needed.
func (p *Producer) check(e *Entry) (key shard.HashKey, err error) {
	size := len(e.PartitionKey) + len(e.Data)
	switch {
	case e.PartitionKey == "" || len(e.PartitionKey) > maxPartitionKey && utf8.RuneCountInString(e.PartitionKey) > maxPartitionKey:
		return key, invalid("The partition key must have 1 to %d characters.", maxPartitionKey)
	case size > maxRecordSize:
		return key, invalid("The record has %d bytes; no stream takes more than %d.", size, maxRecordSize)
	case weightOf(e) > int64(p.cfg.MaxBufferedBytes):
		return key, invalid("The record has %d bytes; there will never be room for it, as MaxBufferedBytes is %d.", size, p.cfg.MaxBufferedBytes)
	case e.ExplicitHashKey != "":
		if key, err = shard.ParseHashKey(e.ExplicitHashKey); err != nil {
			return key, badHashKey(e.ExplicitHashKey)
		}
	case p.cfg.Aggregate:
		key = shard.KeyOf(e.PartitionKey)
	}
	return key, nil
}

// acquire waits for room. What is buffered goes out meanwhile without lingering.
func (p *Producer) acquire(ctx context.Context, weight int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.room.TryAcquire(weight) {
		return nil
	}
	p.hurry(1)
	defer p.hurry(-1)
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(p.open, stop)()
	switch err := p.room.Acquire(waiting, weight); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		return errProducerClosed()
	}
}

func (p *Producer) hurry(change int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocked += change
	p.backlog.hurried = p.blocked > 0
	p.schedule(time.Since(p.start))
}

func errProducerClosed() *Error {
	return &Error{Err: ErrClosed, Message: "The producer is closed."}
}
