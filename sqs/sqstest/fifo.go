package sqstest

import (
	"slices"
	"time"

	"github.com/leat-go/leat/sqs"
)

// inGroup returns entries of a group, with their bodies as deduplication ids.
func inGroup(group string, bodies ...string) []sqs.Entry {
	batch := entries(bodies...)
	for i := range batch {
		batch[i].GroupID, batch[i].DeduplicationID = group, bodies[i]
	}
	return batch
}

var fifoRules = []rule{{
	name:  "fifo/order",
	says:  "The messages of a group are received in the order in which they were sent, over any number of receives.",
	needs: FIFO,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true})
		want := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}
		c.send(q, inGroup("g", want[:5]...)...)
		for _, body := range want[5:] {
			c.send(q, inGroup("g", body)...)
		}
		c.equal(want, c.consume(q, len(want)), "received")
	},
}, {
	name:  "fifo/facts",
	says:  "A message of a FIFO queue has its group, its deduplication id, and a sequence number of 20 digits that Send returned and that grows.",
	needs: FIFO,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true})
		batch := append(inGroup("g", "1", "2"), inGroup("h", "3")...)
		sent := c.send(q, batch...)
		for i, s := range sent {
			if len(s.SequenceNumber) != 20 || i > 0 && s.SequenceNumber <= sent[i-1].SequenceNumber {
				c.Fatalf("the sequence numbers of a batch are not 20 digits that grow: %+v", sent)
			}
		}
		for range batch {
			m := c.takeOne(q)
			i := slices.IndexFunc(batch, func(e sqs.Entry) bool { return e.Body == m.Body })
			if i < 0 || m.GroupID != batch[i].GroupID || m.DeduplicationID != batch[i].DeduplicationID || m.SequenceNumber != sent[i].SequenceNumber {
				c.Fatalf("sent %+v as %+v, received %+v", batch, sent, m)
			}
			c.delete(q, m)
		}
	},
}, {
	name:  "fifo/a group is locked",
	says:  "While a message of a group is in flight no later one of that group is received, not even one that is sent meanwhile; other groups go on.",
	needs: FIFO,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true})
		c.send(q, inGroup("g", "g1", "g2")...)
		first := c.takeOne(q)
		c.takeNothing(q, "its group has a message in flight")
		c.send(q, inGroup("g", "g3")...)
		c.takeNothing(q, "its group has a message in flight")
		c.send(q, inGroup("h", "h1")...)
		c.equal([]string{"h1"}, c.consume(q, 1), "received")
		c.delete(q, first)
		c.equal([]string{"g2", "g3"}, c.consume(q, 2), "received after the delete")
	},
}, {
	name:  "fifo/several of a group",
	says:  "One receive may return several messages of a group, in order, and nothing of the group is received until all of those are deleted or visible again.",
	needs: FIFO,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true})
		c.send(q, inGroup("g", "1", "2", "3", "4")...)
		m := c.receive(q, 3)
		c.equal([]string{"1", "2", "3"}[:len(m)], bodiesOf(m), "received")
		for i := range m {
			c.takeNothing(q, "messages of its group are in flight")
			c.delete(q, m[i])
		}
		c.equal([]string{"1", "2", "3", "4"}[len(m):], c.consume(q, 4-len(m)), "received after the deletes")
	},
}, {
	name:  "fifo/back in order",
	says:  "A message whose visibility timeout is over is received again before the later ones of its group.",
	needs: FIFO,
	waits: 4 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true, VisibilityTimeout: new(2 * time.Second)})
		c.send(q, inGroup("g", "1", "2", "3")...)
		start := time.Now()
		c.take(q, 1)
		c.After(start, 2*time.Second)
		c.equal([]string{"1", "2", "3"}, c.consume(q, 3), "received")

		c.send(q, inGroup("g", "4", "5", "6")...)
		c.change(q, 0, c.takeOne(q))
		c.equal([]string{"4", "5", "6"}, c.consume(q, 3), "received")
	},
}, {
	name:  "fifo/one is held longer",
	says:  "When one of several messages of a group is kept in flight, those before it are received again and those after it are not.",
	needs: FIFO,
	waits: 4 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true, VisibilityTimeout: new(2 * time.Second)})
		c.send(q, inGroup("g", "1", "2", "3")...)
		start := time.Now()
		m := c.receive(q, 3)
		if len(m) < 3 {
			c.Skipf("the queue gave %d of 3 messages of a group, which is its right", len(m))
		}
		c.change(q, time.Minute, m[1])
		c.After(start, 2*time.Second)
		c.equal([]string{"1"}, c.consume(q, 1), "received")
		c.takeNothing(q, "a message before it in its group is in flight")
		c.delete(q, m[1])
		c.equal([]string{"3"}, c.consume(q, 1), "received after the delete")
	},
}, {
	name:  "fifo/expired handles",
	says:  "On a FIFO queue a receipt handle ends with its visibility timeout: then Delete and ChangeVisibility are ErrInvalidParameterValue.",
	needs: FIFO,
	waits: 4 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true, VisibilityTimeout: new(2 * time.Second)})
		c.send(q, inGroup("g", "1")...)
		start := time.Now()
		m := c.takeOne(q)
		c.After(start, 2*time.Second)
		c.refused(q.Delete(c.Context(), m.ReceiptHandle), "Delete", []int{0}, sqs.ErrInvalidParameterValue)
		c.refused(q.ChangeVisibility(c.Context(), 0, m.ReceiptHandle), "ChangeVisibility", []int{0}, sqs.ErrInvalidParameterValue)
		again := c.takeOne(q)
		c.refused(q.Delete(c.Context(), m.ReceiptHandle), "Delete after another receive", []int{0}, sqs.ErrInvalidParameterValue)
		c.delete(q, again)
		c.delete(q, again)
	},
}}
