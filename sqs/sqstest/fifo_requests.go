package sqstest

import (
	"strings"
	"time"

	"github.com/leat-go/leat/sqs"
)

const attemptWindow = 5 * time.Minute

// attempt receives under an attempt id.
func (c *checker) attempt(q sqs.Queue, id string) []sqs.Message {
	c.Helper()
	return c.receiveWith(q, sqs.ReceiveRequest{MaxMessages: 10, Wait: new(time.Duration(0)), AttemptID: id})
}

var fifoRequestRules = []rule{{
	name:  "fifo/what an entry needs",
	says:  "A FIFO queue wants a group (else ErrMissingParameter or ErrInvalidParameterValue) and, without ContentBasedDeduplication, a deduplication id (else ErrInvalidParameterValue), both of 1 to 128 letters, digits and punctuation characters.",
	needs: FIFO,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true})
		_, err := q.Send(c.Context(), sqs.Entry{Body: "a", DeduplicationID: "1"})
		c.refused(err, "no group", []int{0}, sqs.ErrMissingParameter, sqs.ErrInvalidParameterValue)
		_, err = q.Send(c.Context(), sqs.Entry{Body: "a", GroupID: "g"})
		c.refused(err, "no deduplication id", []int{0}, sqs.ErrInvalidParameterValue)
		for _, id := range []string{"with space", "with\nline end", "é", strings.Repeat("x", 129)} {
			_, err = q.Send(c.Context(), sqs.Entry{Body: "a", GroupID: id, DeduplicationID: "1"})
			c.refused(err, "the group "+id, []int{0}, sqs.ErrInvalidParameterValue)
			_, err = q.Send(c.Context(), sqs.Entry{Body: "a", GroupID: "g", DeduplicationID: id})
			c.refused(err, "the deduplication id "+id, []int{0}, sqs.ErrInvalidParameterValue)
		}
		c.takeNothing(q, "Send failed")
		id := strings.Repeat("!~aZ09/@", 16)
		c.send(q, sqs.Entry{Body: "a", GroupID: id, DeduplicationID: id})
		c.equal([]string{"a"}, c.consume(q, 1), "received")
	},
}, {
	name:  "fifo/an attempt again",
	says:  "A receive with the AttemptID of an earlier one returns the same messages with the same handles, hidden anew; other receives do not.",
	needs: FIFO | AttemptIDs,
	waits: 6 * time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true, VisibilityTimeout: new(4 * time.Second)})
		c.send(q, inGroup("g", "1", "2")...)
		first := c.attempt(q, "x")
		if len(first) == 0 {
			c.Fatal("received nothing")
		}
		time.Sleep(2 * time.Second)
		start := time.Now()
		again := c.attempt(q, "x")
		c.equal(bodiesOf(first), bodiesOf(again), "received by the second attempt")
		c.equal(handlesOf(first), handlesOf(again), "handles of the second attempt")
		if len(c.attempt(q, "y")) > 0 {
			c.Fatal("another attempt id received messages that are in flight")
		}
		c.JustBefore(start, 4*time.Second)
		c.takeNothing(q, "the second attempt hid it anew")
		c.delete(q, again...)
	},
}, {
	name:  "fifo/an attempt's end",
	says:  "An AttemptID stands for its messages until one of them is deleted or has its visibility changed.",
	needs: FIFO | AttemptIDs,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true})
		c.send(q, inGroup("g", "1", "2")...)
		m := c.attempt(q, "x")
		c.change(q, 0, m...)
		again := c.attempt(q, "x")
		if len(again) == 0 || again[0].Body != "1" || again[0].ReceiptHandle == m[0].ReceiptHandle || again[0].ReceiveCount != 2 {
			c.Fatalf("after a visibility change the attempt returned %+v, before %+v", again, m)
		}
		c.delete(q, again...)
		if m := c.attempt(q, "x"); len(again) == 2 && len(m) > 0 {
			c.Fatalf("after the delete the attempt returned %+v", m)
		}
	},
}, {
	name:  "fifo/an attempt for five minutes",
	says:  "An AttemptID stands for its messages for five minutes at most.",
	needs: FIFO | AttemptIDs,
	waits: attemptWindow + 2*time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true, VisibilityTimeout: new(time.Hour)})
		c.send(q, inGroup("g", "1")...)
		start := time.Now()
		first := c.attempt(q, "x")
		c.JustBefore(start, attemptWindow)
		c.equal(handlesOf(first), handlesOf(c.attempt(q, "x")), "handles of the second attempt")
		c.After(start, attemptWindow)
		if m := c.attempt(q, "x"); len(m) > 0 {
			c.Fatalf("after five minutes the attempt returned %q, which is in flight", bodiesOf(m))
		}
	},
}, {
	name:  "fifo/a bad attempt id",
	says:  "An AttemptID is 1 to 128 letters, digits and punctuation characters, else ErrInvalidParameterValue.",
	needs: FIFO | AttemptIDs,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true})
		for _, id := range []string{"with space", strings.Repeat("x", 129)} {
			_, err := q.Receive(c.Context(), sqs.ReceiveRequest{AttemptID: id})
			c.FailedWith(err, "the attempt id "+id, sqs.ErrInvalidParameterValue)
		}
	},
}}
