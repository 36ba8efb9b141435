package sqs

import "log/slog"

// deadLetterQueue returns where messages go that were received maxReceives
// times; nil and 0 if nowhere, or if the queue named is gone.
func (q *LocalQueue) deadLetterQueue() (dead *LocalQueue, maxReceives uint32) {
	policy := q.config.Load().RedrivePolicy
	if policy == nil {
		return nil, 0
	}
	dead = q.registry.find(policy.DeadLetterTargetARN)
	if dead == nil {
		return nil, 0
	}
	return dead, uint32(policy.MaxReceiveCount)
}

// collect moves what the core has given up to the outbox. The caller holds mu.
func (q *LocalQueue) collect() {
	if len(q.core.exhausted) > 0 {
		q.outbox = append(q.outbox, q.core.exhausted...)
		q.core.exhausted = nil
	}
}

// bury delivers the outbox to the dead-letter queue, in order: one caller at a
// time, and without holding two queues' locks, since queues may be each other's
// dead-letter queues. The caller holds mu; bury releases it.
func (q *LocalQueue) bury() {
	q.burying = true
	stranded := 0
	for len(q.outbox) > 0 {
		letters, served := q.outbox, q.takeFinished()
		q.outbox = nil
		q.mu.Unlock()
		dead, _ := q.deadLetterQueue()
		buried := dead != nil && q.readLetters(letters) == nil && dead.acceptDead(q, letters)
		q.mu.Lock()
		switch {
		case buried:
			q.core.letGo(letters)
		case q.gone == nil:
			q.restore(letters)
			stranded += len(letters)
		}
		served.wake()
	}
	q.burying = false
	q.unlock()
	if stranded > 0 {
		q.log().Warn("no dead-letter queue to move messages to; they stay", slog.String("queue", q.name), slog.Int("messages", stranded))
	}
}

// restore puts messages back that could not be buried. The dead-letter queue is
// gone, so they are received as usual. The caller holds mu.
func (q *LocalQueue) restore(letters []transfer) {
	now := q.registry.now()
	q.core.advance(now)
	q.core.comeBack(letters)
	q.serve(now)
	q.arm(now)
	q.collect()
	q.core.log.flush()
}

// acceptDead takes dead letters over. On a standard queue they go on aging from
// when they were sent; on a FIFO queue they start anew, under a deduplication id
// that no other message can have. (SQS Developer Guide, "Using dead-letter
// queues".) It reports false if the queue is gone.
func (q *LocalQueue) acceptDead(source *LocalQueue, letters []transfer) bool {
	now, err := q.enter("Send")
	if err != nil {
		return false
	}
	for _, t := range letters {
		t.seq, t.arrived = 0, t.receives
		t.extra.deadLetterSource = source.ARN()
		if t.extra.senderID == "" && source.account != q.account {
			t.extra.senderID = source.account
		}
		if q.core.settings.fifo {
			t.sentAt = now
			t.dedupID = t.id.String()
		}
		q.core.accept(t)
	}
	q.core.advance(now) // a letter may be older than this queue keeps messages
	q.leave(now)
	return true
}
