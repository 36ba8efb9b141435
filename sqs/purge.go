package sqs

import "time"

// purgeInterval is the time that AWS wants between two purges of a queue, and
// between deleting a queue and creating another under its name.
const purgeInterval = 60 * time.Second

// Purge drops every message, those in flight and delayed too, and forgets the
// deduplication ids. It fails with ErrPurgeQueueInProgress less than 60 seconds
// after the last one, unless the queue is Relaxed. (PurgeQueue.)
func (q *LocalQueue) Purge() error {
	now, err := q.change("Purge")
	if err != nil {
		return err
	}
	at := time.Unix(0, now)
	if !q.purged.IsZero() && at.Sub(q.purged) < purgeInterval && !q.config.Load().Relaxed {
		q.leave(now)
		return &Error{Op: "Purge", Queue: q.name, Err: ErrPurgeQueueInProgress, Message: "Only one PurgeQueue operation on " + q.name + " is allowed every 60 seconds."}
	}
	q.purged = at
	q.core.clear()
	q.core.log.purged(now)
	return q.acknowledge("Purge", q.leave(now))
}
