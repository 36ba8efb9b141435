package sqstest

import (
	"context"
	"time"

	"github.com/leat-go/leat/sqs"
)

var deliveryRules = []rule{{
	name: "delivery/send, receive, delete",
	says: "A message that was sent is received with its body and under the id that Send returned, and after Delete it is never received again.",
	verify: func(c *checker) {
		q := c.queue(visibility(0))
		sent := c.sendBodies(q, "hello")
		for range 2 {
			m := c.takeOne(q)
			if m.Body != "hello" || m.ID != sent[0].MessageID || m.ID == "" {
				c.Fatalf("sent %q as %q, received %q as %q", "hello", sent[0].MessageID, m.Body, m.ID)
			}
			if m.ReceiveCount == 2 {
				c.delete(q, m)
			}
		}
		c.takeNothing(q, "it was deleted")
	},
}, {
	name: "delivery/an empty queue",
	says: "A receive that does not wait and finds nothing returns no messages and no error, at once.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		start := time.Now()
		c.takeNothing(q, "nothing was sent")
		c.Took(time.Since(start), 0, "Receive")
	},
}, {
	name: "delivery/at most MaxMessages",
	says: "A receive returns at most MaxMessages, one if that is zero, and never the same message twice.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "1", "2", "3", "4", "5", "6")
		got := append(c.receive(q, 0), c.receive(q, 2)...)
		got = append(got, c.take(q, 6-len(got))...)
		c.same([]string{"1", "2", "3", "4", "5", "6"}, bodiesOf(got), "received")
		c.takeNothing(q, "all are in flight")
	},
}, {
	name: "delivery/facts",
	says: "A message says when it was sent and first received, by whom it was sent, and how often it was received; message ids and receipt handles are unique.",
	verify: func(c *checker) {
		q := c.queue(visibility(0))
		start := time.Now().Add(-time.Second) // SQS counts milliseconds
		sent := c.sendBodies(q, "a", "b")
		if sent[0].MessageID == sent[1].MessageID {
			c.Fatalf("two messages have the id %q", sent[0].MessageID)
		}
		var first time.Time
		handles := make(map[string]bool)
		for n := 1; n <= 3; n++ {
			m := c.takeOne(q)
			for tries := 0; m.Body != "a"; tries++ {
				if tries == 100 {
					c.Fatalf("received %q 100 times and the other message, as visible, never", m.Body)
				}
				m = c.takeOne(q)
			}
			switch end := time.Now().Add(time.Second); {
			case m.SentAt.Before(start) || m.SentAt.After(end):
				c.Fatalf("sent at %v, after %v and before %v", m.SentAt, start, end)
			case m.ReceiveCount != n:
				c.Fatalf("receive %d has ReceiveCount %d", n, m.ReceiveCount)
			case n > 1 && !m.FirstReceivedAt.Equal(first):
				c.Fatalf("first received at %v, and later said to be at %v", first, m.FirstReceivedAt)
			case m.FirstReceivedAt.Before(m.SentAt) || m.FirstReceivedAt.After(end):
				c.Fatalf("sent at %v, first received at %v", m.SentAt, m.FirstReceivedAt)
			case m.SenderID == "":
				c.Fatal("no SenderID")
			case handles[m.ReceiptHandle]:
				c.Fatalf("two receives gave the handle %q", m.ReceiptHandle)
			}
			first = m.FirstReceivedAt
			handles[m.ReceiptHandle] = true
		}
	},
}, {
	name: "delivery/queues are apart",
	says: "What is sent to one queue is not received from another.",
	verify: func(c *checker) {
		q, other := c.queue(sqs.Config{}), c.queue(sqs.Config{})
		c.sendBodies(q, "mine")
		c.takeNothing(other, "that was sent to another queue")
		c.equal([]string{"mine"}, bodiesOf(c.take(q, 1)), "received")
	},
}, {
	name: "delivery/a context that is over",
	says: "An operation whose context is over returns the context's error and does nothing.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "a")
		m := c.takeOne(q)
		ctx, cancel := context.WithCancel(c.Context())
		cancel()
		_, err := q.Send(ctx, entries("b")...)
		c.FailedWith(err, "Send", context.Canceled)
		_, err = q.Receive(ctx, sqs.ReceiveRequest{})
		c.FailedWith(err, "Receive", context.Canceled)
		c.FailedWith(q.Delete(ctx, m.ReceiptHandle), "Delete", context.Canceled)
		c.FailedWith(q.ChangeVisibility(ctx, 0, m.ReceiptHandle), "ChangeVisibility", context.Canceled)
		c.takeNothing(q, "the only message is in flight")
		c.change(q, 0, m)
		c.equal([]string{"a"}, bodiesOf(c.take(q, 1)), "received")
	},
}, {
	name:  "delivery/retention",
	says:  "A message that is older than the queue's MessageRetentionPeriod is gone, in flight or not, delayed or received before or not.",
	needs: Retention,
	waits: 77 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{MessageRetentionPeriod: time.Minute, VisibilityTimeout: new(40 * time.Second)})
		start := time.Now()
		c.sendBodies(q, "visible", "in flight")
		c.take(q, 1)
		c.JustBefore(start, 35*time.Second)
		held := c.takeOne(q) // until after its end
		c.JustBefore(start, time.Minute)
		m := c.takeOne(q)
		c.change(q, 0, m)
		c.After(start, time.Minute)
		c.takeNothing(q, "its retention period is over")
		c.After(start, 75*time.Second)
		c.takeNothing(q, "its retention period ended while it was in flight")
		c.delete(q, held)
	},
}, {
	name:  "delivery/default retention",
	says:  "Without a MessageRetentionPeriod of its own a queue keeps a message for four days.",
	needs: Retention,
	waits: 4*day + time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		start := time.Now()
		c.sendBodies(q, "kept")
		c.JustBefore(start, 4*day)
		m := c.takeOne(q)
		c.change(q, 0, m)
		c.After(start, 4*day)
		c.takeNothing(q, "four days have passed")
	},
}}
