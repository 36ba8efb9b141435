package sqs

import (
	"context"
	"errors"
	"time"
)

// Run receives and handles messages until Shutdown or Close, then returns nil; at
// once if they came first, so that a program may be told to end while it starts.
// Run returns only when every handler has returned and no message is held. A
// consumer runs once: Run fails with ErrUnsupportedOperation when called again.
//
// When ctx ends, Run does as Close does, and returns ctx's error. When the queue
// fails with ErrClosed, Run does as Shutdown does, and returns the queue's error.
// Any other error of a receive is reported, and the receive repeated after 250
// milliseconds, doubled each time up to 30 seconds.
//
// The handlers' contexts have the values of ctx.
func (c *Consumer) Run(ctx context.Context) error {
	if begun, err := c.begin(ctx); !begun {
		return err
	}
	defer close(c.ended)
	defer c.abort(nil)

	err := c.receive()
	c.stop()
	close(c.silent)
	c.mu.Lock()
	waiting := c.withdraw(c.lanes.drain())
	c.mu.Unlock()
	c.giveBack(0, waiting)
	c.workers.Wait()
	c.settled() // an extension that hangs holds up nobody now
	c.beats.Wait()
	return err
}

func (c *Consumer) begin(ctx context.Context) (begun bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.started:
		return false, &Error{Op: "Run", Err: ErrUnsupportedOperation, Message: "A consumer runs once."}
	case c.closed:
		return false, nil
	}
	c.started = true
	c.receiving, c.stop = context.WithCancel(ctx)
	c.handling, c.abort = context.WithCancelCause(ctx)
	c.settling, c.settled = context.WithCancel(context.WithoutCancel(ctx))
	return true, nil
}

// Shutdown ends a consumer gracefully: it stops receiving, gives back what no
// handler has begun with, at once visible to others, and waits for the running
// handlers and the settlement of their messages. If ctx ends first, Shutdown
// returns its error, and the handlers run on; Close would cancel them. Shutdown may
// be called again, together with Close, and before Run, but not by a handler, which
// would wait for itself.
//
// It cancels the receive that is waiting. A queue behind a network may have handed
// out messages that nobody hears of then; they return after VisibilityTimeout.
func (c *Consumer) Shutdown(ctx context.Context) error {
	if !c.end() {
		return nil
	}
	select {
	case <-c.ended:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-c.ended: // both happened
		return nil
	default:
		return ctx.Err()
	}
}

// Close ends a consumer soon: it does as Shutdown, cancels the handlers' contexts
// too, and waits for them. A message whose handler fails then was interrupted; it
// becomes visible at once, without backoff, and the failure is not reported. One
// whose handler succeeds is deleted as ever. Close always returns nil and may be
// called again, and before Run. A handler must not call it.
func (c *Consumer) Close() error {
	if c.end() {
		c.abort(&Error{Op: "Run", Err: ErrClosed, Message: "The consumer is closed."})
		<-c.ended
	}
	return nil
}

// end stops receiving and reports whether there is anything to wait for.
func (c *Consumer) end() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.started {
		c.stop()
	}
	return c.started
}

// receive is the loop at the heart of Run: it waits for a free slot, receives what
// fits, and starts the handlers. Between receives nothing is kept back, so a slot
// that becomes free meanwhile counts for the next one.
func (c *Consumer) receive() error {
	var pause retry
	for {
		slots, err := c.freeSlots()
		if err != nil {
			return c.stopped()
		}
		began := time.Now()
		messages, err := c.queue.Receive(c.receiving, ReceiveRequest{
			MaxMessages:       min(c.cfg.MaxMessages, slots*c.cfg.BatchSize),
			Wait:              new(c.cfg.Wait),
			VisibilityTimeout: new(c.cfg.VisibilityTimeout),
		})
		c.admit(messages, slots)
		switch {
		case c.receiving.Err() != nil:
			return c.stopped()
		case errors.Is(err, ErrClosed):
			return err
		case err != nil:
			c.report("Receive", nil, err)
		case len(messages) > 0 || time.Since(began) >= c.cfg.Wait/2:
			pause = retry{}
			continue
		}
		// Also for a queue that says at once, without an error, that it has
		// nothing: it would be asked in a busy loop.
		pause.wait(c.receiving)
	}
}

// stopped is Run's result when nobody wants to receive any more.
func (c *Consumer) stopped() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	return c.receiving.Err()
}

// freeSlots takes as many slots as one receive can fill, at least one, for which
// it waits.
func (c *Consumer) freeSlots() (int, error) {
	if err := c.slots.Acquire(c.receiving, 1); err != nil {
		return 0, err
	}
	n := 1
	for n*c.cfg.BatchSize < c.cfg.MaxMessages && c.slots.TryAcquire(1) {
		n++
	}
	return n, nil
}

// retry is the pause between attempts of a receive.
type retry struct{ next time.Duration }

func (r *retry) wait(ctx context.Context) {
	r.next = min(max(2*r.next, 250*time.Millisecond), 30*time.Second)
	sleep(ctx, r.next)
}

// sleep returns false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
