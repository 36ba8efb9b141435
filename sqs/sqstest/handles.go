package sqstest

import (
	"time"

	"github.com/leat-go/leat/sqs"
)

var handleRules = []rule{{
	name: "handles/delete again",
	says: "Deleting a message that is deleted already succeeds.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "a")
		m := c.takeOne(q)
		c.delete(q, m)
		c.delete(q, m)
		c.delete(q, m, m)
	},
}, {
	name: "handles/change after delete",
	says: "ChangeVisibility of a message that is deleted is ErrInvalidParameterValue.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "a")
		m := c.takeOne(q)
		c.delete(q, m)
		c.refused(q.ChangeVisibility(c.Context(), 0, m.ReceiptHandle), "ChangeVisibility", []int{0}, sqs.ErrInvalidParameterValue)
		c.takeNothing(q, "it was deleted")
	},
}, {
	name: "handles/garbage",
	says: "What never was a receipt handle is ErrReceiptHandleInvalid; the other handles of the batch do their work.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "a", "b")
		m := c.take(q, 2)
		err := q.ChangeVisibility(c.Context(), 0, m[0].ReceiptHandle, "garbage", m[1].ReceiptHandle)
		c.refused(err, "ChangeVisibility", []int{1}, sqs.ErrReceiptHandleInvalid)
		m = c.take(q, 2)
		err = q.Delete(c.Context(), "garbage", m[0].ReceiptHandle, m[1].ReceiptHandle+"x", m[1].ReceiptHandle)
		c.refused(err, "Delete", []int{0, 2}, sqs.ErrReceiptHandleInvalid)
		c.FailedWith(q.ChangeVisibility(c.Context(), 0, m[0].ReceiptHandle), "ChangeVisibility after Delete", sqs.ErrInvalidParameterValue)
		c.takeNothing(q, "both were deleted")
	},
}, {
	name: "handles/of another queue",
	says: "Another queue's receipt handle is ErrReceiptHandleInvalid, and the message there stays as it is.",
	verify: func(c *checker) {
		q, other := c.queue(sqs.Config{}), c.queue(sqs.Config{})
		c.sendBodies(q, "a")
		c.sendBodies(other, "b")
		m := c.takeOne(q)
		c.refused(other.Delete(c.Context(), m.ReceiptHandle), "Delete", []int{0}, sqs.ErrReceiptHandleInvalid)
		c.refused(other.ChangeVisibility(c.Context(), 0, m.ReceiptHandle), "ChangeVisibility", []int{0}, sqs.ErrReceiptHandleInvalid)
		c.equal([]string{"b"}, bodiesOf(c.take(other, 1)), "received")
		c.change(q, 0, m)
		c.equal([]string{"a"}, bodiesOf(c.take(q, 1)), "received")
	},
}, {
	name: "handles/an old one",
	says: "On a standard queue Delete by the handle of an earlier receive succeeds, whether or not the message goes, and the latest handle works as before.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.sendBodies(q, "a")
		old := c.takeOne(q)
		c.change(q, 0, old)
		m := c.takeOne(q)
		c.delete(q, old)
		c.delete(q, m)
		c.takeNothing(q, "it was deleted")
	},
}, {
	name:  "handles/late",
	says:  "On a standard queue the handle of the latest receive works after the visibility timeout too: ChangeVisibility hides the message again, Delete removes it.",
	waits: 4 * time.Second,
	verify: func(c *checker) {
		q := c.queue(visibility(2 * time.Second))
		c.sendBodies(q, "a")
		start := time.Now()
		m := c.takeOne(q)
		c.After(start, 2*time.Second)
		c.change(q, time.Minute, m)
		c.takeNothing(q, "it was hidden again")
		c.change(q, 0, m)
		c.delete(q, m)
		c.takeNothing(q, "it was deleted")
	},
}}
