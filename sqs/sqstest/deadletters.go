package sqstest

import (
	"time"

	"github.com/leat-go/leat/sqs"
)

// reject receives a message and makes it visible again, as one who fails does.
func (c *checker) reject(q sqs.Queue) sqs.Message {
	c.Helper()
	m := c.takeOne(q)
	c.change(q, 0, m)
	return m
}

var deadLetterRules = []rule{{
	name: "dead letters/after maxReceiveCount",
	says: "A message that was received maxReceiveCount times moves to the dead-letter queue when it would be received once more: with its id and attributes, its receive count going on, and the queue it came from.",
	dead: true,
	verify: func(c *checker) {
		q, dead := c.cfg.NewWithDeadLetters(c.TB, sqs.Config{}, 2)
		e := sqs.Entry{Body: "poison"}
		if c.cfg.Lacks&Attributes == 0 {
			e.Attributes = map[string]sqs.Attribute{"a": sqs.StringAttribute("b")}
		}
		sent := c.send(q, e)[0]
		if first := c.reject(q); first.DeadLetterSource != "" {
			c.Fatalf("at its source queue the message has the dead-letter source %q", first.DeadLetterSource)
		}
		c.reject(q)
		c.takeNothing(dead, "it was received only twice")
		c.takeNothing(q, "it was received twice already")
		switch m := c.takeOne(dead); {
		case m.ID != sent.MessageID || m.Body != "poison" || m.Attributes["a"] != e.Attributes["a"]:
			c.Fatalf("sent %+v as %q, dead-lettered %+v", e, sent.MessageID, m)
		case m.ReceiveCount != 3:
			c.Fatalf("after two receives its first one from the dead-letter queue counts %d", m.ReceiveCount)
		case m.DeadLetterSource == "":
			c.Fatal("a dead letter does not say where it came from")
		}
	},
}, {
	name:  "dead letters/after a timeout",
	says:  "A receive whose visibility timeout runs out counts like any other.",
	dead:  true,
	waits: 4 * time.Second,
	verify: func(c *checker) {
		q, dead := c.cfg.NewWithDeadLetters(c.TB, visibility(2*time.Second), 1)
		c.sendBodies(q, "a")
		start := time.Now()
		c.take(q, 1)
		c.takeNothing(q, "it is in flight")
		c.takeNothing(dead, "it is in flight")
		c.After(start, 2*time.Second)
		c.takeNothing(q, "it was received once already")
		c.equal([]string{"a"}, c.consume(dead, 1), "received from the dead-letter queue")
	},
}, {
	name: "dead letters/not the others",
	says: "A receive that moves messages to the dead-letter queue returns those that were received less often.",
	dead: true,
	verify: func(c *checker) {
		q, dead := c.cfg.NewWithDeadLetters(c.TB, sqs.Config{}, 1)
		c.sendBodies(q, "old")
		c.reject(q)
		c.sendBodies(q, "new")
		c.equal([]string{"new"}, c.consume(q, 1), "received")
		c.takeNothing(q, "it was received once already")
		c.equal([]string{"old"}, c.consume(dead, 1), "received from the dead-letter queue")
	},
}, {
	name: "dead letters/handles end",
	says: "When a message has moved, its handles are those of a deleted message at the source queue, and none of the dead-letter queue's.",
	dead: true,
	verify: func(c *checker) {
		q, dead := c.cfg.NewWithDeadLetters(c.TB, sqs.Config{}, 1)
		c.sendBodies(q, "a")
		m := c.reject(q)
		c.takeNothing(q, "it was received once already")
		c.delete(q, m)
		c.refused(q.ChangeVisibility(c.Context(), 0, m.ReceiptHandle), "ChangeVisibility", []int{0}, sqs.ErrInvalidParameterValue)
		c.refused(dead.Delete(c.Context(), m.ReceiptHandle), "Delete", []int{0}, sqs.ErrReceiptHandleInvalid)
		c.equal([]string{"a"}, c.consume(dead, 1), "received from the dead-letter queue")
	},
}, {
	name:  "dead letters/of a FIFO queue",
	says:  "A dead letter of a FIFO queue no longer blocks its group, and keeps its group's order in the dead-letter queue.",
	dead:  true,
	needs: FIFO,
	verify: func(c *checker) {
		q, dead := c.cfg.NewWithDeadLetters(c.TB, sqs.Config{FIFO: true}, 1)
		c.send(q, inGroup("g", "1", "2", "3")...)
		for _, body := range []string{"1", "2"} {
			if m := c.reject(q); m.Body != body {
				c.Fatalf("received %q, expected %q", m.Body, body)
			}
		}
		c.equal([]string{"3"}, c.consume(q, 1), "received")
		c.takeNothing(q, "the others were received once already")
		c.equal([]string{"1", "2"}, c.consume(dead, 2), "received from the dead-letter queue")
	},
}}
