package sqs

import (
	"errors"
	"time"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/uid"
)

// step moves some messages and sets the timer for the next step, or ends the
// task.
func (t *moveTask) step() {
	batch, pause := moveBatch, time.Duration(0)
	if rate := t.request.MaxNumberOfMessagesPerSecond; rate > 0 {
		batch, pause = 1, time.Second/time.Duration(rate)
	}
	if t.isHeld() {
		return
	}
	defer t.tell()
	for range batch {
		if !t.moveOne() {
			return
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.paused:
	case t.status == MoveRunning:
		t.timer.Reset(pause)
	default:
		t.status = MoveCancelled
	}
}

// spacePause is how long a task waits when there is no space on the disk.
const spacePause = time.Second

// isHeld tells whether the journal can not be told of a move, and has the task try again
// when there may be space.
func (t *moveTask) isHeld() bool {
	err := t.source.registry.store.ready()
	if err == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.status == MoveCancelling {
		t.status = MoveCancelled
	}
	if !t.paused && t.status == MoveRunning && errors.Is(err, durable.ErrNoSpace) {
		t.timer.Reset(spacePause)
	}
	return true
}

// moveOne moves a message. It reports whether the task goes on.
func (t *moveTask) moveOne() bool {
	t.mu.Lock()
	status, moved := t.status, t.moved
	t.mu.Unlock()
	switch {
	case status != MoveRunning:
		return t.end(MoveCancelled, "")
	case moved >= t.toMove:
		return t.end(MoveCompleted, "")
	}
	letter, destination, reason := t.source.takeFor(t)
	switch {
	case reason != "":
		return t.end(MoveFailed, reason)
	case destination == nil:
		return t.end(MoveCompleted, "")
	case !t.source.give(destination, letter):
		return t.end(MoveFailed, missingQueueCode)
	}
	t.mu.Lock()
	t.moved++
	t.mu.Unlock()
	return true
}

// missingQueueCode is the failure reason that AWS gives when a queue is deleted
// under a task.
const missingQueueCode = "AWS.SimpleQueueService.NonExistentQueue"

func (t *moveTask) end(status MoveTaskStatus, reason string) (goesOn bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.paused { // else it may be the end of the service that it met
		t.status, t.reason = status, reason
	}
	return false
}

// stop ends a task with its service. On disk it is still running.
func (t *moveTask) stop() {
	if t.source.registry.store == nil {
		t.cancel()
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.paused = true
	if t.timer != nil {
		t.timer.Stop()
	}
}

// cancel stops a task; a step under way is its last. It reports false if the
// task had ended.
func (t *moveTask) cancel() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.status != MoveRunning {
		return false
	}
	t.status = MoveCancelling
	if t.timer.Stop() {
		t.status = MoveCancelled
	}
	return true
}

func (t *moveTask) running() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status == MoveRunning || t.status == MoveCancelling
}

func (t *moveTask) describe() MoveTask {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := MoveTask{
		Status: t.status, SourceARN: t.request.SourceARN, DestinationARN: t.request.DestinationARN,
		MaxNumberOfMessagesPerSecond:     t.request.MaxNumberOfMessagesPerSecond,
		ApproximateNumberOfMessagesMoved: t.moved, ApproximateNumberOfMessagesToMove: t.toMove,
		FailureReason: t.reason, StartedAt: t.started,
	}
	if t.status == MoveRunning {
		d.TaskHandle = t.handle
	}
	return d
}

// takeFor takes the next message out of the queue if a task has somewhere to put
// it. The destination is nil if there is no message; a reason says why it can not
// be moved.
func (q *LocalQueue) takeFor(t *moveTask) (letter transfer, destination *LocalQueue, reason string) {
	now, err := q.enter("StartMessageMoveTask")
	if err != nil {
		return transfer{}, nil, missingQueueCode
	}
	defer q.leave(now)
	c := q.core
	c.line.begin()
	ref := c.line.next(c, now)
	if ref == 0 {
		return transfer{}, nil, ""
	}
	r := c.records.At(ref)
	name := t.request.DestinationARN
	if name == "" && r.extra != nil {
		name = r.extra.deadLetterSource
	}
	if name == "" {
		return transfer{}, nil, "CouldNotDetermineMessageSource"
	}
	if destination = q.registry.find(name); destination == nil {
		return transfer{}, nil, missingQueueCode
	}
	return c.take(ref, r), destination, ""
}

// give gives a message that takeFor took to another queue, or puts it back to where it
// was, and reports false then.
func (q *LocalQueue) give(destination *LocalQueue, letter transfer) bool {
	letters := []transfer{letter}
	given := q.readLetters(letters) == nil && destination.acceptMoved(letters[0])
	now, err := q.enter("StartMessageMoveTask")
	if err != nil {
		return given
	}
	if given {
		q.core.letGo(letters)
	} else {
		q.core.comeBack(letters)
	}
	q.leave(now)
	return given
}

// acceptMoved takes a message over from a move task, as a new one. It reports
// false if the queue is gone.
func (q *LocalQueue) acceptMoved(t transfer) bool {
	now, err := q.enter("StartMessageMoveTask")
	if err != nil {
		return false
	}
	t.id, t.seq = uid.ID{}, 0
	t.sentAt, t.firstAt, t.receives, t.arrived = now, 0, 0, 0
	t.extra.deadLetterSource = ""
	q.core.accept(t)
	q.leave(now)
	return true
}
