package sqs

import (
	"context"
	"runtime/debug"
	"time"
)

// held is a message from its receive until it is deleted or given back.
type held struct {
	Message
	lane  *lane
	lease *lease

	// Guarded by Consumer.mu.
	job      *job      // nil while the message waits for its turn
	deadline time.Time // when it is given up as lost
	leased   bool      // the lease still extends it
	lost     bool      // the deadline passed, or the queue refused to extend it
}

// job is a call of the handler.
type job struct {
	messages []*held
	ctx      context.Context
	cancel   context.CancelCauseFunc
}

// admit takes over what a receive brought and starts as many handlers as there are
// slots for it. It gives the other slots back.
func (c *Consumer) admit(messages []Message, slots int) {
	jobs := make([]*job, 0, slots)
	if len(messages) > 0 {
		c.mu.Lock()
		c.stats.Received += int64(len(messages))
		c.stats.Held += len(messages)
		for _, h := range c.newLease(messages) {
			c.lanes.add(h)
		}
		for len(jobs) < slots {
			j := c.nextJob()
			if j == nil {
				break
			}
			jobs = append(jobs, j)
		}
		c.mu.Unlock()
	}
	c.slots.Release(int64(slots - len(jobs)))
	for _, j := range jobs {
		c.start(j)
	}
}

// nextJob returns nil when nothing may start. The caller holds mu.
func (c *Consumer) nextJob() *job {
	if c.receiving.Err() != nil {
		return nil // what waits is to be handed back
	}
	taken := c.lanes.take(c.cfg.BatchSize)
	if len(taken) == 0 {
		return nil
	}
	j := &job{messages: taken}
	j.ctx, j.cancel = context.WithCancelCause(c.handling)
	for _, h := range taken {
		h.job = j
	}
	return j
}

// start runs a job in the slot that the caller has for it.
func (c *Consumer) start(j *job) {
	c.workers.Go(func() {
		err := errGoexit
		// Deferred because a handler may end its goroutine, as a test's FailNow
		// does, and even then its messages are to be settled.
		defer func() {
			if v := recover(); v != nil {
				err = &PanicError{Value: v, Stack: debug.Stack()}
			}
			c.settle(j, err)
			c.finish(j)
		}()
		batch := make([]Message, len(j.messages))
		for i, h := range j.messages {
			batch[i] = h.Message
		}
		err = c.handler(j.ctx, batch)
	})
}

// finish hands a job's slot on to whatever may run now.
func (c *Consumer) finish(j *job) {
	j.cancel(nil)
	c.mu.Lock()
	c.lanes.done(j.messages)
	next := c.nextJob()
	c.mu.Unlock()
	if next != nil {
		c.start(next)
	} else {
		c.slots.Release(1)
	}
}
