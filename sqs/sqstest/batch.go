package sqstest

import (
	"fmt"

	"github.com/leat-go/leat/sqs"
)

var batchRules = []rule{{
	name: "batch/results line up",
	says: "The result of Send has an element for each entry, in the order of the batch.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		bodies := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
		ids := make(map[string]string)
		for i, s := range c.sendBodies(q, bodies...) {
			ids[s.MessageID] = bodies[i]
		}
		if len(ids) != len(bodies) {
			c.Fatalf("%d messages have %d ids", len(bodies), len(ids))
		}
		for _, m := range c.take(q, len(bodies)) {
			if ids[m.ID] != m.Body {
				c.Fatalf("Send gave %q the id under which %q was received", ids[m.ID], m.Body)
			}
		}
	},
}, {
	name: "batch/some entries fail",
	says: "When entries of a Send fail, the others are sent; the error is a *BatchError that names the failed ones, whose results are zero.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		sent, err := q.Send(c.Context(), entries("a", "\x00", "b", "\x01", "c")...)
		c.refused(err, "a batch with two bad bodies", []int{1, 3}, sqs.ErrInvalidMessageContents)
		if len(sent) != 5 {
			c.Fatalf("%d results for 5 entries", len(sent))
		}
		for i, s := range sent {
			if failed := i == 1 || i == 3; failed != (s == sqs.Sent{}) {
				c.Fatalf("the result of entry %d is %+v", i, s)
			}
		}
		c.same([]string{"a", "b", "c"}, bodiesOf(c.take(q, 3)), "received")
		c.takeNothing(q, "the other entries failed")
	},
}, {
	name: "batch/one entry fails",
	says: "A batch of one fails with a *BatchError too, when it is the entry that is at fault.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		_, err := q.Send(c.Context(), entries("\x00")...)
		c.refused(err, "Send", []int{0}, sqs.ErrInvalidMessageContents)
		c.refused(q.Delete(c.Context(), "garbage"), "Delete", []int{0}, sqs.ErrReceiptHandleInvalid)
		c.refused(q.ChangeVisibility(c.Context(), 0, "garbage"), "ChangeVisibility", []int{0}, sqs.ErrReceiptHandleInvalid)
	},
}, {
	name: "batch/empty",
	says: "An empty batch succeeds and does nothing.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.send(q)
		c.delete(q)
		c.change(q, 0)
		c.takeNothing(q, "nothing was sent")
	},
}, {
	name:  "batch/more than ten",
	says:  "Batches have no limit of ten entries, handles or messages: that one belongs to the wire protocol.",
	needs: LargeBatches,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		bodies := make([]string, 57)
		for i := range bodies {
			bodies[i] = fmt.Sprint("body ", i)
		}
		c.sendBodies(q, bodies...)
		messages := c.receive(q, len(bodies))
		c.same(bodies, bodiesOf(messages), "received at once")
		c.change(q, 0, messages...)
		messages = c.receive(q, len(bodies)+10)
		c.same(bodies, bodiesOf(messages), "received at once")
		c.delete(q, messages...)
		c.refused(q.ChangeVisibility(c.Context(), 0, handlesOf(messages[:1])...), "ChangeVisibility after Delete", []int{0}, sqs.ErrInvalidParameterValue)
	},
}}
