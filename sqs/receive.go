package sqs

import (
	"container/list"
	"context"
	"math"
	"time"

	"github.com/leat-go/leat/internal/syntax"
)

// waiter is a Receive that found nothing and waits.
type waiter struct {
	cmd      receiveCommand
	finished bool // the next three are set; guarded by the queue's mu
	messages []Message
	texts    []missingText
	err      error
	served   chan struct{} // closed when all that went with that is done
	next     *waiter       // of those whose channel is to be closed
}

// Receive implements [Queue]. A waiting Receive gets a message the moment there
// is one; those who wait longer come first. On a FIFO queue the messages of a
// group come in order, several of one group at once if they are there, and while
// any of them is in flight the group gives no more. It fails with
// ErrInvalidParameterValue, with ErrOverLimit on a standard queue that has
// MaxInFlight messages in flight, and with ErrClosed or ErrQueueDoesNotExist
// when that happens to the queue, be it while waiting. (ReceiveMessage.)
func (q *LocalQueue) Receive(ctx context.Context, req ReceiveRequest) ([]Message, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cmd, wait, fault := q.interpret(req)
	if fault != nil {
		return nil, located("Receive", q.name, fault)
	}
	now, err := q.change("Receive")
	if err != nil {
		return nil, err
	}
	q.serve(now) // what has become visible by now is for those who wait
	overLimit, more := q.receive(now, cmd)
	for more && len(q.core.picked) == 0 {
		q.leave(now) // which buries the dead, a round at a time
		if now, err = q.enter("Receive"); err != nil {
			return nil, err
		}
		overLimit, more = q.receive(now, cmd)
	}
	switch {
	case len(q.core.picked) > 0:
		messages, texts := q.messages()
		q.leave(now)
		return q.complete("Receive", messages, texts)
	case overLimit && !q.core.settings.fifo:
		q.leave(now)
		return nil, q.err("Receive", ErrOverLimit)
	case wait == 0:
		q.core.counters.emptyReceives++
		q.leave(now)
		return nil, nil
	}
	w := &waiter{cmd: cmd, served: make(chan struct{})}
	place := q.waiters.PushBack(w)
	q.leave(now)
	return q.wait(ctx, w, place, wait)
}

func (q *LocalQueue) wait(ctx context.Context, w *waiter, place *list.Element, wait time.Duration) ([]Message, error) {
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	select {
	case <-w.served:
	case <-ctx.Done():
		if q.giveUp(w, place) {
			return nil, ctx.Err()
		}
	case <-timeout.C:
		if q.giveUp(w, place) {
			return nil, nil
		}
	}
	<-w.served // just in time; what was handed over is not to be lost
	if w.err != nil {
		return nil, w.err
	}
	return q.complete("Receive", w.messages, w.texts)
}

// giveUp ends a wait for which there is nothing. It reports false if there is.
func (q *LocalQueue) giveUp(w *waiter, place *list.Element) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.finished {
		return false
	}
	q.waiters.Remove(place)
	if q.waiters.Len() == 0 && q.timer != nil {
		q.timer.Stop()
	}
	q.core.counters.emptyReceives++
	return true
}

// interpret fills in what the request leaves to the queue.
func (q *LocalQueue) interpret(req ReceiveRequest) (cmd receiveCommand, wait time.Duration, err *Error) {
	cfg := q.config.Load()
	visibility := *cfg.VisibilityTimeout
	if req.VisibilityTimeout != nil {
		visibility = *req.VisibilityTimeout
	}
	wait = cfg.ReceiveMessageWaitTime
	if req.Wait != nil {
		wait = *req.Wait
	}
	cmd = receiveCommand{max: max(req.MaxMessages, 1), visibility: int64(visibility)}
	if cfg.FIFO {
		cmd.attempt = req.AttemptID
	}
	switch {
	case req.MaxMessages < 0:
		err = invalid("Value %d for parameter MaxNumberOfMessages is invalid. Reason: Must not be negative.", req.MaxMessages)
	case wait < 0:
		err = invalid("Value %s for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.", seconds(wait))
	case visibility < 0 || visibility > maxVisibility:
		err = invalid("Value %s for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.", seconds(visibility))
	case req.AttemptID != "" && !syntax.IsFIFOID(req.AttemptID):
		err = badFIFOID("ReceiveRequestAttemptId", req.AttemptID)
	}
	return cmd, wait, err
}

// receive picks messages for cmd. more reports that it stopped because it found so
// many dead letters, and should be repeated. The caller holds mu.
func (q *LocalQueue) receive(now int64, cmd receiveCommand) (overLimit, more bool) {
	_, cmd.maxReceives = q.deadLetterQueue()
	overLimit = q.core.receive(now, cmd)
	more = len(q.core.exhausted) >= exhaustedAtOnce
	q.collect()
	return overLimit, more
}

// serve hands messages to those who wait, in turn, while there are any. The
// caller holds mu.
func (q *LocalQueue) serve(now int64) {
	q.unserved = false
	for place := q.waiters.Front(); place != nil && q.core.visible > 0; place = q.waiters.Front() {
		_, more := q.receive(now, place.Value.(*waiter).cmd)
		if len(q.core.picked) == 0 {
			q.unserved = more
			return
		}
		messages, texts := q.messages()
		q.finish(place, messages, texts, nil)
	}
}

// finish ends a wait. The waiter goes on when the dead letters are buried that were
// found together with its messages: wake. The caller holds mu.
func (q *LocalQueue) finish(place *list.Element, messages []Message, texts []missingText, err error) {
	w := q.waiters.Remove(place).(*waiter)
	w.finished, w.messages, w.texts, w.err = true, messages, texts, err
	w.next, q.finished = q.finished, w
}

// takeFinished returns those whose waits have ended, for the caller to wake. It holds mu.
func (q *LocalQueue) takeFinished() (w *waiter) {
	w, q.finished = q.finished, nil
	return w
}

// unlock unlocks mu, and wakes those whose waits have ended.
func (q *LocalQueue) unlock() {
	w := q.takeFinished()
	q.mu.Unlock()
	w.wake()
}

// wake lets a waiter go on, and those behind it.
func (w *waiter) wake() {
	for w != nil {
		next := w.next // w may be gone when its channel is closed
		close(w.served)
		w = next
	}
}

// arm sets the timer for the next moment at which a message may become visible
// by itself, as long as somebody waits. The caller holds mu.
func (q *LocalQueue) arm(now int64) {
	at, _ := q.core.nextEvent()
	if q.unserved {
		at = now
	}
	switch {
	case q.waiters.Len() == 0 || at == math.MaxInt64:
		if q.timer != nil {
			q.timer.Stop()
		}
	case q.timer == nil:
		q.timer = time.AfterFunc(time.Duration(at-now), q.tick)
	default:
		q.timer.Reset(time.Duration(at - now))
	}
}

func (q *LocalQueue) tick() {
	if now, err := q.enter("Receive"); err == nil {
		q.leave(now)
	}
}
