package sqstest

import (
	"context"
	"time"

	"github.com/leat-go/leat/sqs"
)

// later is what a Receive in the background came to.
type later struct {
	messages []sqs.Message
	err      error
}

func (c *checker) receiveLater(ctx context.Context, q sqs.Queue, wait time.Duration) <-chan later {
	done := make(chan later, 1)
	go func() {
		messages, err := q.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 10, Wait: &wait})
		done <- later{messages, err}
	}()
	return done
}

func (c *checker) await(done <-chan later) []string {
	c.Helper()
	r := <-done
	if r.err != nil {
		c.Fatalf("Receive: %v", r.err)
	}
	return bodiesOf(r.messages)
}

var waitingRules = []rule{{
	name:  "waiting/in vain",
	says:  "A receive that finds nothing waits as long as Wait says, and then returns no messages and no error.",
	needs: LongPolling,
	waits: 3 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		start := time.Now()
		if messages := c.receiveWith(q, sqs.ReceiveRequest{Wait: new(2 * time.Second)}); len(messages) > 0 {
			c.Fatalf("received %q from an empty queue", bodiesOf(messages))
		}
		c.Took(time.Since(start), 2*time.Second, "Receive")
	},
}, {
	name:  "waiting/not if there is a message",
	says:  "A receive returns as soon as it has one message, and does not wait for MaxMessages.",
	needs: LongPolling,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "a")
		start := time.Now()
		c.equal([]string{"a"}, bodiesOf(c.receiveWith(q, sqs.ReceiveRequest{MaxMessages: 10, Wait: new(20 * time.Second)})), "received")
		c.Took(time.Since(start), 0, "Receive")
	},
}, {
	name:  "waiting/for a send",
	says:  "A waiting receive gets a message the moment it is sent.",
	needs: LongPolling,
	waits: 4 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		start := time.Now()
		done := c.receiveLater(c.Context(), q, 20*time.Second)
		time.Sleep(2 * time.Second)
		c.sendBodies(q, "a")
		c.equal([]string{"a"}, c.await(done), "received")
		c.Took(time.Since(start), 2*time.Second, "Receive")
	},
}, {
	name:  "waiting/for a visibility timeout",
	says:  "A waiting receive gets a message the moment its visibility timeout is over.",
	needs: LongPolling,
	waits: 5 * time.Second,
	verify: func(c *checker) {
		q := c.queue(visibility(3 * time.Second))
		c.sendBodies(q, "a")
		start := time.Now()
		c.take(q, 1)
		c.equal([]string{"a"}, bodiesOf(c.receiveWith(q, sqs.ReceiveRequest{Wait: new(20 * time.Second)})), "received")
		c.Took(time.Since(start), 3*time.Second, "Receive")
	},
}, {
	name:  "waiting/for a delay",
	says:  "A waiting receive gets a message the moment its delay is over.",
	needs: LongPolling | Delays,
	waits: 5 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		start := time.Now()
		c.send(q, sqs.Entry{Body: "a", Delay: new(3 * time.Second)})
		c.equal([]string{"a"}, bodiesOf(c.receiveWith(q, sqs.ReceiveRequest{Wait: new(20 * time.Second)})), "received")
		c.Took(time.Since(start), 3*time.Second, "Receive")
	},
}, {
	name:  "waiting/for a FIFO group",
	says:  "A waiting receive gets the next message of a FIFO group the moment the one before it is deleted.",
	needs: LongPolling | FIFO,
	waits: 3 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true})
		c.send(q, inGroup("g", "1", "2")...)
		m := c.takeOne(q)
		start := time.Now()
		done := c.receiveLater(c.Context(), q, 20*time.Second)
		time.Sleep(2 * time.Second)
		c.delete(q, m)
		c.equal([]string{"2"}, c.await(done), "received")
		c.Took(time.Since(start), 2*time.Second, "Receive")
	},
}, {
	name:  "waiting/as the queue says",
	says:  "A receive that says nothing about waiting waits as long as the queue's ReceiveMessageWaitTime; one that says 0 does not.",
	needs: LongPolling,
	waits: 3 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{ReceiveMessageWaitTime: 2 * time.Second})
		start := time.Now()
		c.takeNothing(q, "nothing was sent")
		c.Took(time.Since(start), 0, "Receive with a Wait of 0")
		c.receiveWith(q, sqs.ReceiveRequest{})
		c.Took(time.Since(start), 2*time.Second, "Receive with no Wait")
	},
}, {
	name:  "waiting/until the context ends",
	says:  "A waiting receive returns its context's error when that ends; what is sent later is for others.",
	needs: LongPolling,
	waits: 4 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		ctx, cancel := context.WithTimeout(c.Context(), 2*time.Second)
		defer cancel()
		start := time.Now()
		_, err := q.Receive(ctx, sqs.ReceiveRequest{Wait: new(20 * time.Second)})
		c.FailedWith(err, "Receive", context.DeadlineExceeded)
		c.Took(time.Since(start), 2*time.Second, "Receive")

		ctx, cancel = context.WithCancel(c.Context())
		done := c.receiveLater(ctx, q, 20*time.Second)
		time.Sleep(time.Second)
		cancel()
		c.FailedWith((<-done).err, "Receive", context.Canceled)
		time.Sleep(time.Second) // for the news to reach a queue far away
		c.sendBodies(q, "a")
		c.equal([]string{"a"}, bodiesOf(c.take(q, 1)), "received")
	},
}, {
	name:  "waiting/several",
	says:  "Of several that wait for the same messages no two get the same one.",
	needs: LongPolling,
	waits: 6 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		var waiting []<-chan later
		for range 3 {
			waiting = append(waiting, c.receiveLater(c.Context(), q, 5*time.Second))
		}
		time.Sleep(time.Second)
		c.sendBodies(q, "1", "2", "3")
		var got []string
		for _, done := range waiting {
			got = append(got, c.await(done)...)
		}
		c.same([]string{"1", "2", "3"}, got, "received by all of them together")
	},
}, {
	name: "waiting/limits",
	says: "A negative MaxMessages or Wait is ErrInvalidParameterValue.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		_, err := q.Receive(c.Context(), sqs.ReceiveRequest{MaxMessages: -1})
		c.FailedWith(err, "MaxMessages of -1", sqs.ErrInvalidParameterValue)
		_, err = q.Receive(c.Context(), sqs.ReceiveRequest{Wait: new(-time.Second)})
		c.FailedWith(err, "a Wait of -1s", sqs.ErrInvalidParameterValue)
	},
}}
