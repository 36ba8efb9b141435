package sqs

import "time"

// Metrics is a snapshot of a queue's counters and gauges under the names that
// AWS gives them in CloudWatch. Counters only grow, from the queue's creation.
type Metrics struct {
	NumberOfMessagesSent             int64 // accepted, duplicates included
	NumberOfDeduplicatedSentMessages int64
	NumberOfMessagesReceived         int64 // deliveries, so a message received twice counts twice
	NumberOfMessagesDeleted          int64
	NumberOfEmptyReceives            int64
	SentMessageSize                  int64 // bytes of all messages sent, bodies and attributes

	ApproximateNumberOfMessagesVisible            int
	ApproximateNumberOfMessagesNotVisible         int // in flight
	ApproximateNumberOfMessagesDelayed            int
	ApproximateAgeOfOldestMessage                 time.Duration // since it was sent, also for a dead letter, whose age AWS counts from its move; zero when the queue is empty
	ApproximateNumberOfGroupsWithInflightMessages int           // FIFO only
	ApproximateNumberOfNoisyGroups                int           // standard only
}

// Metrics returns the queue's metrics as of now; of a closed queue the counters.
func (q *LocalQueue) Metrics() Metrics {
	now, err := q.enter("Metrics")
	if err != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		return q.core.metrics(q.registry.now())
	}
	defer q.leave(now)
	return q.core.metrics(now)
}

func (c *core) metrics(now int64) Metrics {
	m := Metrics{
		NumberOfMessagesSent:                  c.counters.sent,
		NumberOfDeduplicatedSentMessages:      c.counters.deduplicated,
		NumberOfMessagesReceived:              c.counters.received,
		NumberOfMessagesDeleted:               c.counters.deleted,
		NumberOfEmptyReceives:                 c.counters.emptyReceives,
		SentMessageSize:                       c.counters.bytes,
		ApproximateNumberOfMessagesVisible:    c.visible,
		ApproximateNumberOfMessagesNotVisible: c.inflight,
		ApproximateNumberOfMessagesDelayed:    c.delayed,
		ApproximateNumberOfNoisyGroups:        c.line.noisy(c, now),
	}
	if c.settings.fifo {
		m.ApproximateNumberOfGroupsWithInflightMessages = c.busyGroups
	}
	for {
		e, ok := c.aging.Min()
		if !ok {
			return m
		}
		if c.isAging(e) {
			m.ApproximateAgeOfOldestMessage = time.Duration(now - e.At)
			return m
		}
		c.aging.Pop()
	}
}
