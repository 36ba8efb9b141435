package sqs

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/leat-go/leat/internal/awserr"
)

// A Delete, and a ChangeVisibility that gives messages back, is tried
// settleAttempts times within settleTimeout, after settlePause first, then after
// twice that.
const (
	settleAttempts = 3
	settlePause    = 250 * time.Millisecond
	settleTimeout  = 10 * time.Second
)

// followerPause keeps the later messages of a FIFO group away a little longer than
// the failed one, which is then received alone. If they came together each time,
// all would reach the queue's MaxReceiveCount at once, and be dead-lettered for
// the fault of one. AWS knows no less than a second.
const followerPause = time.Second

// settle deletes a job's messages or gives them back, as its handler's result
// says. When any of a lane is not deleted, what waits behind it goes back too, and
// not before it: nothing of a group overtakes.
func (c *Consumer) settle(j *job, result error) {
	c.mu.Lock()
	for _, h := range j.messages {
		h.release() // from now on h.lost does not change
	}
	c.mu.Unlock()

	var succeeded, unfinished []*held
	var failed findings
	closing := c.handling.Err() != nil
	for i, err := range verdicts(result, len(j.messages)) {
		switch h := j.messages[i]; {
		case err == nil:
			succeeded = append(succeeded, h)
		case errors.Is(err, ErrSkipped) || closing && !isPanic(err):
			unfinished = append(unfinished, h)
		default:
			failed.add(h, err)
		}
	}
	undeleted := c.attempt("Delete", succeeded, c.queue.Delete)

	pauses := map[*lane]time.Duration{} // of the lanes that go back
	extra := map[*lane]time.Duration{}  // for what follows the first that goes back
	for _, h := range slices.Concat(undeleted, unfinished) {
		if !h.lost {
			pauses[h.lane] = 0
		}
	}
	for _, h := range failed.held {
		if !h.lost {
			pauses[h.lane] = max(pauses[h.lane], c.backoff(h))
			extra[h.lane] = followerPause
		}
	}
	back := map[time.Duration][]*held{}
	for _, h := range j.messages {
		if pause, ok := pauses[h.lane]; ok && !h.lost && !slices.Contains(succeeded, h) {
			back[pause] = append(back[pause], h)
			pauses[h.lane] += extra[h.lane]
			extra[h.lane] = 0
		}
	}
	c.mu.Lock()
	for _, h := range j.messages {
		if pause, ok := pauses[h.lane]; ok {
			back[pause] = append(back[pause], c.withdraw(c.lanes.cut(h))...)
		}
	}
	c.mu.Unlock()
	for pause, messages := range back {
		c.giveBack(pause, messages)
	}

	c.mu.Lock()
	c.stats.Succeeded += int64(len(succeeded))
	c.stats.Failed += int64(len(failed.held))
	c.stats.HandedBack += int64(len(unfinished))
	c.stats.DeleteFailures += int64(len(undeleted))
	c.stats.Held -= len(j.messages)
	c.mu.Unlock()
	c.reportAll("Handle", failed) // last, since it may take its time
}

// withdraw ends the consumer's part in messages that no handler will see, and
// returns those that are to be given back: all but the lost ones. The caller holds
// mu.
func (c *Consumer) withdraw(messages []*held) []*held {
	for _, h := range messages {
		h.release()
	}
	c.stats.HandedBack += int64(len(messages))
	c.stats.Held -= len(messages)
	return slices.DeleteFunc(messages, func(h *held) bool { return h.lost })
}

// giveBack makes messages visible after the timeout. If the queue refuses, they
// become so when their present timeouts end.
func (c *Consumer) giveBack(timeout time.Duration, messages []*held) {
	if len(messages) == 0 {
		return
	}
	if c.receiving.Err() != nil {
		<-c.silent // a receive that is about to end would get them once more
	}
	// An extension under way could arrive last and hide them again.
	var beats []chan struct{}
	c.mu.Lock()
	for _, h := range messages {
		if b := h.lease.beat; b != nil && !slices.Contains(beats, b) {
			beats = append(beats, b)
		}
	}
	c.mu.Unlock()
	for _, b := range beats {
		<-b
	}
	c.attempt("Return", messages, func(ctx context.Context, handles ...string) error {
		return c.queue.ChangeVisibility(ctx, timeout, handles...)
	})
}

// attempt does an operation on messages, again on those for which it may have
// failed by chance, and reports and returns the ones it failed for in the end.
func (c *Consumer) attempt(op string, messages []*held, do func(ctx context.Context, handles ...string) error) []*held {
	if len(messages) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.settling, settleTimeout)
	defer cancel()
	var failed findings
	for n, pause := 1, settlePause; ; n, pause = n+1, 2*pause {
		var again findings
		for i, err := range entryErrors(do(ctx, handlesOf(messages)...), len(messages)) {
			switch {
			case err == nil:
			case permanent(err) || n == settleAttempts:
				failed.add(messages[i], err)
			default:
				again.add(messages[i], err)
			}
		}
		if len(again.held) == 0 {
			break
		}
		if !sleep(ctx, pause) {
			failed.held = append(failed.held, again.held...)
			failed.errs = append(failed.errs, again.errs...)
			break
		}
		messages = again.held
	}
	c.reportAll(op, failed)
	return failed.held
}

// permanent tells the errors that trying again does not mend.
func permanent(err error) bool {
	for _, sentinel := range []error{
		ErrReceiptHandleInvalid, ErrMessageNotInflight, ErrInvalidParameterValue,
		ErrMissingParameter, ErrUnsupportedOperation, ErrQueueDoesNotExist, ErrClosed,
	} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
}

// entryErrors spreads a queue's error over the n entries of the batch: nil for
// those that succeeded.
func entryErrors(err error, n int) []error {
	if batch, ok := errors.AsType[*BatchError](err); ok {
		return awserr.Spread(batch.Failed, n)
	}
	return slices.Repeat([]error{err}, n)
}

func handlesOf(messages []*held) []string {
	handles := make([]string, len(messages))
	for i, h := range messages {
		handles[i] = h.ReceiptHandle
	}
	return handles
}
