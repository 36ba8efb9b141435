package sqs

import "time"

var defaultBackoff = ExponentialBackoff(time.Second, 5*time.Minute)

// ExponentialBackoff returns a backoff for [ConsumerConfig]: first after the first
// delivery of a message, and twice the last one after each further delivery, but
// never more than limit. There is no randomness in it, and AWS rounds to whole
// seconds.
func ExponentialBackoff(first, limit time.Duration) func(Message) time.Duration {
	return func(m Message) time.Duration {
		d := first
		for range m.ReceiveCount - 1 {
			if d >= limit-d {
				return limit
			}
			d *= 2
		}
		return min(d, limit)
	}
}

// backoff returns how long a failed message stays away.
func (c *Consumer) backoff(h *held) (d time.Duration) {
	err := contain(func() error {
		d = c.cfg.Backoff(h.Message)
		return nil
	})
	if err != nil {
		c.report("Backoff", []Message{h.Message}, err)
		d = defaultBackoff(h.Message)
	}
	return max(0, min(d, time.Until(h.lease.limit)))
}
