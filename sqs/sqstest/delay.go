package sqstest

import (
	"time"

	"github.com/leat-go/leat/sqs"
)

var delayRules = []rule{{
	name:  "delay/of a message",
	says:  "A message is hidden for as long as its Delay says, and then received like any other.",
	needs: Delays,
	waits: 5 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		start := time.Now()
		c.send(q, sqs.Entry{Body: "later", Delay: new(3 * time.Second)}, sqs.Entry{Body: "now"})
		c.equal([]string{"now"}, bodiesOf(c.take(q, 1)), "received")
		c.JustBefore(start, 3*time.Second)
		c.takeNothing(q, "its delay is not over")
		c.After(start, 3*time.Second)
		if m := c.takeOne(q); m.Body != "later" || m.ReceiveCount != 1 {
			c.Fatalf("received %q for time %d, expected %q for the first", m.Body, m.ReceiveCount, "later")
		}
	},
}, {
	name:  "delay/of the queue",
	says:  "A message that says nothing about a delay has the queue's.",
	needs: Delays,
	waits: 5 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{Delay: 3 * time.Second})
		start := time.Now()
		c.sendBodies(q, "later")
		c.JustBefore(start, 3*time.Second)
		c.takeNothing(q, "the queue's delay is not over")
		c.After(start, 3*time.Second)
		c.take(q, 1)
	},
}, {
	name:  "delay/a message's 0",
	says:  "A message's own Delay takes the place of the queue's, 0 included.",
	needs: Delays,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{Delay: 15 * time.Minute})
		c.send(q, sqs.Entry{Body: "now", Delay: new(time.Duration(0))}, sqs.Entry{Body: "later"})
		c.equal([]string{"now"}, bodiesOf(c.take(q, 1)), "received")
		c.takeNothing(q, "the queue's delay is not over")
	},
}, {
	name:  "delay/limits",
	says:  "A delay is 0 to 15 minutes; another makes the entry fail with ErrInvalidParameterValue.",
	needs: Delays,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		for _, delay := range []time.Duration{-time.Second, 15*time.Minute + time.Second} {
			_, err := q.Send(c.Context(), sqs.Entry{Body: "a", Delay: &delay})
			c.refused(err, "a delay of "+delay.String(), []int{0}, sqs.ErrInvalidParameterValue)
		}
		c.takeNothing(q, "Send failed")
		c.send(q, sqs.Entry{Body: "a", Delay: new(15 * time.Minute)})
	},
}, {
	name:  "delay/of a FIFO queue",
	says:  "A FIFO queue's delay applies to every message; a message's own may only be 0, and means the queue's.",
	needs: Delays | FIFO,
	waits: 5 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true, Delay: 3 * time.Second})
		batch := inGroup("g", "1", "2", "3")
		batch[1].Delay = new(time.Duration(0))
		batch[2].Delay = new(time.Second)
		start := time.Now()
		_, err := q.Send(c.Context(), batch...)
		c.refused(err, "a delay of 1s on a FIFO queue", []int{2}, sqs.ErrInvalidParameterValue)
		c.JustBefore(start, 3*time.Second)
		c.takeNothing(q, "the queue's delay is not over")
		c.After(start, 3*time.Second)
		c.equal([]string{"1", "2"}, c.consume(q, 2), "received")
	},
}}
