package kinesis

import (
	"context"
	"fmt"
	"time"
)

// Flush sends what was added before it without lingering, and waits until all of it is
// settled: accepted, or given up, and the callbacks have returned. What became of a
// record its callback is told, not Flush, whose only error is ctx's if that ends first;
// delivery goes on then. Records that failed still wait for their backoff.
func (p *Producer) Flush(ctx context.Context) error {
	p.mu.Lock()
	last := p.backlog.seal()
	p.schedule(time.Since(p.start))
	p.mu.Unlock()
	if last == nil {
		return nil
	}
	return waitFor(ctx, last.done)
}

// Shutdown ends a producer gracefully: it takes no more records, sends what it has
// without lingering, puts again what fails, and waits until all is settled and the
// callbacks have returned. If ctx ends first, Shutdown returns its error, and delivery
// goes on; Close then cancels it at once. Shutdown may be called again, together with
// Close, and first of all, but not by a callback, which would wait for itself.
func (p *Producer) Shutdown(ctx context.Context) error {
	p.mu.Lock()
	p.stop()
	p.mu.Unlock()
	err := waitFor(ctx, p.ended)
	if err != nil {
		p.mu.Lock()
		p.impatient = true
		p.mu.Unlock()
	}
	return err
}

// Close ends a producer within bounds: it flushes as Shutdown does, but for
// CloseTimeout at the longest, or not at all once a Shutdown's ctx has ended. Then it
// cancels the requests under way, gives up what is left with ErrClosed, and waits for
// the callbacks and for the stream to return. So a program that only defers Close loses
// nothing while its stream works, and does not hang when it does not.
//
// Close returns nil if nothing had to be given up because of it, else an [*Error] with
// ErrClosed that says how much. It may be called again, which returns the same, and
// first of all. A callback must not call it.
func (p *Producer) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if patience := *p.cfg.CloseTimeout; patience > 0 && !p.impatient {
		p.stop()
		p.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		_ = waitFor(ctx, p.ended) // it is the time that matters
		cancel()
		p.mu.Lock()
	}
	p.backlog.aborted = true
	p.abort()
	p.stop()
	p.mu.Unlock()
	<-p.ended
	p.mu.Lock()
	if p.abandoned > 0 {
		return &Error{Op: "Close", Err: ErrClosed, Message: fmt.Sprintf("Records given up: %d.", p.abandoned)}
	}
	return nil
}

// stop takes no more records, and lets those that there are go at once. The caller holds
// mu.
func (p *Producer) stop() {
	p.closed = true
	p.shut()
	p.backlog.seal()
	p.schedule(time.Since(p.start))
}

// end is called when a closed producer has nothing left. The caller holds mu.
func (p *Producer) end() {
	select {
	case <-p.ended:
		return
	default:
	}
	if p.timer != nil {
		p.timer.Stop()
	}
	p.abort()
	close(p.ended)
}

// waitFor returns nil if done is closed, even if ctx ended as well.
func waitFor(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-done:
		return nil
	default:
		return ctx.Err()
	}
}
