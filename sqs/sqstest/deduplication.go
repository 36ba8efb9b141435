package sqstest

import (
	"time"

	"github.com/leat-go/leat/sqs"
)

const deduplicationWindow = 5 * time.Minute

// duplicate checks that b is the answer to a duplicate of what a is the answer to.
func (c *checker) duplicate(a, b sqs.Sent) {
	c.Helper()
	if a != b {
		c.Fatalf("the original was sent as %+v, its duplicate as %+v", a, b)
	}
}

var deduplicationRules = []rule{{
	name:  "deduplication/by id",
	says:  "A message with the deduplication id of an earlier one is accepted, returns what the earlier one returned, and is not delivered: whatever its body, and even if the earlier one is deleted by then.",
	needs: FIFO,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true})
		sent := c.send(q, sqs.Entry{Body: "a", GroupID: "g", DeduplicationID: "1"}, sqs.Entry{Body: "b", GroupID: "g", DeduplicationID: "1"})
		c.duplicate(sent[0], sent[1])
		c.duplicate(sent[0], c.send(q, sqs.Entry{Body: "c", GroupID: "h", DeduplicationID: "1"})[0])
		c.equal([]string{"a"}, c.consume(q, 1), "received")
		c.duplicate(sent[0], c.send(q, sqs.Entry{Body: "a", GroupID: "g", DeduplicationID: "1"})[0])
		c.takeNothing(q, "it is a duplicate")
	},
}, {
	name:  "deduplication/for five minutes",
	says:  "A deduplication id is remembered for five minutes from the message that was accepted; duplicates do not prolong that.",
	needs: FIFO,
	waits: deduplicationWindow + 2*time.Second,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true})
		start := time.Now()
		first := c.send(q, inGroup("g", "1")...)[0]
		c.equal([]string{"1"}, c.consume(q, 1), "received")
		c.JustBefore(start, deduplicationWindow)
		c.duplicate(first, c.send(q, inGroup("g", "1")...)[0])
		c.After(start, deduplicationWindow)
		if again := c.send(q, inGroup("g", "1")...)[0]; again.MessageID == first.MessageID || again.SequenceNumber <= first.SequenceNumber {
			c.Fatalf("after five minutes the answer is %+v, at first it was %+v", again, first)
		}
		c.equal([]string{"1"}, c.consume(q, 1), "received")
	},
}, {
	name:  "deduplication/by content",
	says:  "With ContentBasedDeduplication the body stands in for a missing deduplication id; an id that is given goes first, and attributes do not count.",
	needs: FIFO,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true, ContentBasedDeduplication: true})
		sent := c.send(q,
			sqs.Entry{Body: "a", GroupID: "g"},
			sqs.Entry{Body: "a", GroupID: "h"},
			sqs.Entry{Body: "a", GroupID: "g", DeduplicationID: "1"},
			sqs.Entry{Body: "b", GroupID: "g"},
			sqs.Entry{Body: "c", GroupID: "g", DeduplicationID: "1"},
		)
		c.duplicate(sent[0], sent[1])
		c.duplicate(sent[2], sent[4])
		c.equal([]string{"a", "a", "b"}, c.consume(q, 3), "received")
		if c.cfg.Lacks&Attributes == 0 {
			e := sqs.Entry{Body: "a", GroupID: "g", Attributes: map[string]sqs.Attribute{"x": sqs.StringAttribute("y")}}
			c.duplicate(sent[0], c.send(q, e)[0])
		}
		c.takeNothing(q, "the others are duplicates")
	},
}, {
	name:  "deduplication/per group",
	says:  "With DeduplicationScopeMessageGroup a deduplication id is unique in its group only.",
	needs: FIFO,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true, DeduplicationScope: sqs.DeduplicationScopeMessageGroup})
		sent := c.send(q,
			sqs.Entry{Body: "a", GroupID: "g", DeduplicationID: "1"},
			sqs.Entry{Body: "b", GroupID: "h", DeduplicationID: "1"},
			sqs.Entry{Body: "c", GroupID: "g", DeduplicationID: "1"},
		)
		c.duplicate(sent[0], sent[2])
		c.same([]string{"a", "b"}, c.consume(q, 2), "received")
		c.takeNothing(q, "it is a duplicate")
	},
}, {
	name:  "deduplication/of what failed",
	says:  "A message that was refused leaves nothing behind that a later one could be a duplicate of.",
	needs: FIFO,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{FIFO: true})
		_, err := q.Send(c.Context(), sqs.Entry{Body: "\x00", GroupID: "g", DeduplicationID: "1"})
		c.refused(err, "a bad body", []int{0}, sqs.ErrInvalidMessageContents)
		c.send(q, sqs.Entry{Body: "a", GroupID: "g", DeduplicationID: "1"})
		c.equal([]string{"a"}, c.consume(q, 1), "received")
	},
}}
