package kinesis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// ProducerStats is a snapshot of a producer's counters. But for Buffered and
// BufferedBytes they only grow. Added is always Accepted + Failed + Buffered.
type ProducerStats struct {
	Added         int64 // records that Add took
	Accepted      int64 // by the stream
	Failed        int64 // given up
	Buffered      int   // neither yet, and not those whose callback is running
	BufferedBytes int64 // of those, as MaxBufferedBytes counts

	Expired       int64 // given up because of their TTL; also in Failed
	Retried       int64 // how often a record was put again
	Misrouted     int64 // how often because of a reshard; also in Retried
	Aggregated    int64 // accepted in an aggregated record; also in Accepted
	StreamRecords int64 // the stream accepted, an aggregated one counting once
	Requests      int64 // answered, or failed as a whole
}

// Stats returns the counters as they are now. A record is counted before its callback
// is called.
func (p *Producer) Stats() ProducerStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

// ProducerError is what OnError is told.
type ProducerError struct {
	// Op says what failed.
	//
	//   - Put: with a PartitionKey, a record that was added without a callback; it is
	//     given up. Without one, a request as a whole; its records are put again, or
	//     given up one by one.
	//   - Shards: nothing is aggregated for a while.
	//   - Done: a callback of Add panicked; Err is a [*PanicError].
	Op string
	// PartitionKey is that of the record concerned, if it is one.
	PartitionKey string
	// Err is the reason.
	Err error
}

func (e *ProducerError) Error() string {
	if e.PartitionKey != "" {
		return fmt.Sprintf("kinesis: producer: %s record of %q: %v", e.Op, e.PartitionKey, e.Err)
	}
	return fmt.Sprintf("kinesis: producer: %s: %v", e.Op, e.Err)
}

// Unwrap returns Err.
func (e *ProducerError) Unwrap() error { return e.Err }

// report notes what is to be told with the shipment's fates, by tell.
func (s *shipment) report(op, key string, err error) {
	s.reports = append(s.reports, &ProducerError{Op: op, PartitionKey: key, Err: err})
}

// callBack tells what became of a record.
func (p *Producer) callBack(c *parcel, put Put) {
	err := p.verdict(c)
	if c.done == nil {
		if err != nil {
			p.report(&ProducerError{Op: "Put", PartitionKey: c.PartitionKey, Err: err})
		}
		return
	}
	if err := contain(func() error { c.done(put, err); return nil }); err != nil {
		p.report(&ProducerError{Op: "Done", PartitionKey: c.PartitionKey, Err: err})
	}
}

// verdict is why a record was given up, nil if it was not.
func (p *Producer) verdict(c *parcel) error {
	var reason error
	var message string
	switch c.fate {
	case accepted:
		return nil
	case expired:
		reason, message = ErrRecordExpired, fmt.Sprintf("The record was not accepted within %v, in %d attempts", p.cfg.TTL, c.attempts)
	case cancelled:
		reason, message = ErrClosed, fmt.Sprintf("The producer was closed before the record was accepted, in %d attempts", c.attempts)
	default:
		return c.err
	}
	if c.err == nil {
		return &Error{Op: "Put", Err: reason, Message: message + "."}
	}
	return &Error{Op: "Put", Err: fmt.Errorf("%w: %w", reason, c.err), Message: message + ": " + c.err.Error()}
}

// report is called without the lock.
func (p *Producer) report(e *ProducerError) {
	attrs := []slog.Attr{slog.String("op", e.Op), slog.Any("error", e.Err)}
	if e.PartitionKey != "" {
		attrs = append(attrs, slog.String("key", e.PartitionKey))
	}
	level := slog.LevelWarn
	if panicked, ok := errors.AsType[*PanicError](e.Err); ok {
		level = slog.LevelError
		attrs = append(attrs, slog.String("stack", string(panicked.Stack)))
	}
	ctx := context.WithoutCancel(p.requests)
	p.cfg.Logger.LogAttrs(ctx, level, "kinesis producer", attrs...)
	if p.cfg.OnError == nil {
		return
	}
	if err := contain(func() error { p.cfg.OnError(e); return nil }); err != nil {
		p.cfg.Logger.LogAttrs(ctx, slog.LevelError, "kinesis producer: OnError failed", slog.Any("error", err))
	}
}
