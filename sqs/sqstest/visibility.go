package sqstest

import (
	"time"

	"github.com/leat-go/leat/sqs"
)

var visibilityRules = []rule{{
	name: "visibility/hidden",
	says: "Nobody else receives a message while it is in flight.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "a")
		c.take(q, 1)
		c.takeNothing(q, "the only message is in flight")
	},
}, {
	name:  "visibility/default",
	says:  "Without a VisibilityTimeout of its own, a queue hides what is received for 30 seconds.",
	waits: 32 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "a")
		start := time.Now()
		c.take(q, 1)
		c.JustBefore(start, 30*time.Second)
		c.takeNothing(q, "its visibility timeout is not over")
		c.After(start, 30*time.Second)
		c.take(q, 1)
	},
}, {
	name:  "visibility/back after the timeout",
	says:  "A message that is not deleted within its visibility timeout is received again: the same id, another handle, one more in ReceiveCount.",
	waits: 6 * time.Second,
	verify: func(c *checker) {
		q := c.queue(visibility(4 * time.Second))
		c.sendBodies(q, "a")
		start := time.Now()
		first := c.takeOne(q)
		c.JustBefore(start, 4*time.Second)
		c.takeNothing(q, "its visibility timeout is not over")
		c.After(start, 4*time.Second)
		second := c.takeOne(q)
		switch {
		case second.ID != first.ID:
			c.Fatalf("the message was %q and is %q", first.ID, second.ID)
		case second.ReceiptHandle == first.ReceiptHandle:
			c.Fatal("two receives gave the same handle")
		case first.ReceiveCount != 1 || second.ReceiveCount != 2:
			c.Fatalf("ReceiveCount was %d, then %d", first.ReceiveCount, second.ReceiveCount)
		}
	},
}, {
	name:  "visibility/of one receive",
	says:  "A receive's own VisibilityTimeout takes the place of the queue's, 0 included.",
	waits: 5 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "a")
		none := sqs.ReceiveRequest{VisibilityTimeout: new(time.Duration(0))}
		c.equal([]string{"a"}, bodiesOf(c.receiveWith(q, none)), "received")
		start := time.Now()
		three := sqs.ReceiveRequest{VisibilityTimeout: new(3 * time.Second)}
		c.equal([]string{"a"}, bodiesOf(c.receiveWith(q, three)), "received after a timeout of 0")
		c.JustBefore(start, 3*time.Second)
		c.takeNothing(q, "its visibility timeout is not over")
		c.After(start, 3*time.Second)
		c.take(q, 1)
	},
}, {
	name:  "visibility/changed",
	says:  "ChangeVisibility restarts the timeout from the call, be it longer or shorter.",
	waits: 11 * time.Second,
	verify: func(c *checker) {
		q := c.queue(visibility(4 * time.Second))
		c.sendBodies(q, "a")
		m := c.takeOne(q)
		time.Sleep(2 * time.Second)
		start := time.Now()
		c.change(q, 5*time.Second, m)
		c.JustBefore(start, 5*time.Second)
		c.takeNothing(q, "its visibility timeout was changed to 5 seconds")
		c.change(q, 2*time.Second, m)
		start = time.Now()
		c.After(start, 2*time.Second)
		c.take(q, 1)
	},
}, {
	name: "visibility/changed to 0",
	says: "ChangeVisibility to 0 makes a message visible at once.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "a", "b")
		c.change(q, 0, c.take(q, 2)...)
		c.same([]string{"a", "b"}, bodiesOf(c.take(q, 2)), "received")
	},
}, {
	name:  "visibility/changed for once",
	says:  "A changed timeout holds for that receive only: the next one has the queue's again.",
	waits: 5 * time.Second,
	verify: func(c *checker) {
		q := c.queue(visibility(3 * time.Second))
		c.sendBodies(q, "a")
		m := c.takeOne(q)
		c.change(q, time.Hour, m)
		c.change(q, 0, m)
		start := time.Now()
		c.take(q, 1)
		c.After(start, 3*time.Second)
		c.take(q, 1)
	},
}, {
	name: "visibility/limits",
	says: "A visibility timeout is 0 to 12 hours; another is ErrInvalidParameterValue and changes nothing.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "a", "b")
		m := c.takeOne(q)
		for _, timeout := range []time.Duration{-time.Second, 12*time.Hour + time.Second} {
			c.FailedWith(q.ChangeVisibility(c.Context(), timeout, m.ReceiptHandle), "ChangeVisibility to "+timeout.String(), sqs.ErrInvalidParameterValue)
			_, err := q.Receive(c.Context(), sqs.ReceiveRequest{VisibilityTimeout: &timeout})
			c.FailedWith(err, "Receive with a timeout of "+timeout.String(), sqs.ErrInvalidParameterValue)
		}
		c.take(q, 1)
		c.takeNothing(q, "both are in flight")
	},
}, {
	name:  "visibility/12 hours in all",
	says:  "No message stays in flight for more than 12 hours from its receive: ChangeVisibility beyond that is ErrInvalidParameterValue.",
	waits: 4 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "a")
		m := c.takeOne(q)
		time.Sleep(3 * time.Second)
		err := q.ChangeVisibility(c.Context(), 12*time.Hour, m.ReceiptHandle)
		c.refused(err, "ChangeVisibility to 12 hours after 3 seconds", []int{0}, sqs.ErrInvalidParameterValue)
		c.change(q, 12*time.Hour-5*time.Second, m)
	},
}, {
	name:  "visibility/fractions of a second",
	says:  "A visibility timeout may be shorter than a second.",
	needs: SubSecond,
	waits: 2 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "a")
		start := time.Now()
		c.receiveWith(q, sqs.ReceiveRequest{VisibilityTimeout: new(250 * time.Millisecond)})
		c.takeNothing(q, "the only message is in flight")
		time.Sleep(time.Until(start.Add(250*time.Millisecond + time.Microsecond)))
		c.take(q, 1)
	},
}}
