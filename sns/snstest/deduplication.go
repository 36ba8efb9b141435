package snstest

import (
	"time"

	"github.com/leat-go/leat/sns"
)

const deduplicationWindow = 5 * time.Minute

// duplicate checks that b is the answer to a duplicate of what a is the answer to.
func (c *checker) duplicate(a, b sns.Published) {
	c.Helper()
	if a != b {
		c.Fatalf("the original was published as %+v, its duplicate as %+v", a, b)
	}
}

var deduplicationRules = []rule{{
	name:   "deduplication/by id",
	says:   "A message with the deduplication id of an earlier one is accepted, returns what the earlier one returned, and is not delivered, whatever its text and group.",
	needs:  FIFO,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{FIFO: true})
		in := c.fifoInbox(topic)
		published := c.publish(topic, sns.Entry{Message: "a", GroupID: "g", DeduplicationID: "1"}, sns.Entry{Message: "b", GroupID: "g", DeduplicationID: "1"})
		c.duplicate(published[0], published[1])
		in.expect("a")
		c.duplicate(published[0], c.publish(topic, sns.Entry{Message: "c", GroupID: "h", DeduplicationID: "1"})[0])
		in.expect("a")
	},
}, {
	name:   "deduplication/for five minutes",
	says:   "A deduplication id is remembered for five minutes from the message that was accepted; duplicates do not prolong that.",
	needs:  FIFO,
	queues: true,
	waits:  deduplicationWindow + 5*time.Second,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{FIFO: true})
		in := c.queueInbox(topic, standardQueue, sns.Subscription{}) // which knows no duplicates of its own
		start := time.Now()
		first := c.publish(topic, inGroup("g", "1")...)[0]
		c.JustBefore(start, deduplicationWindow)
		c.duplicate(first, c.publish(topic, inGroup("g", "1")...)[0])
		in.expect("1")
		c.After(start, deduplicationWindow)
		if again := c.publish(topic, inGroup("g", "1")...)[0]; again.MessageID == first.MessageID || again.SequenceNumber <= first.SequenceNumber {
			c.Fatalf("after five minutes the answer is %+v, at first it was %+v", again, first)
		}
		in.expect("1", "1")
	},
}, {
	name:   "deduplication/by content",
	says:   "With ContentBasedDeduplication the text stands in for a missing deduplication id; an id that is given goes first, and subject and attributes do not count.",
	needs:  FIFO,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{FIFO: true, ContentBasedDeduplication: true})
		in := c.fifoInbox(topic)
		published := c.publish(topic,
			sns.Entry{Message: "a", GroupID: "g"},
			sns.Entry{Message: "a", GroupID: "h"},
			sns.Entry{Message: "a", GroupID: "g", DeduplicationID: "1"},
			sns.Entry{Message: "b", GroupID: "g"},
			sns.Entry{Message: "c", GroupID: "g", DeduplicationID: "1"},
			sns.Entry{Message: "a", GroupID: "g", Subject: "s", Attributes: map[string]sns.Attribute{"x": {DataType: "String", Value: "y"}}},
		)
		c.duplicate(published[0], published[1])
		c.duplicate(published[2], published[4])
		c.duplicate(published[0], published[5])
		in.expect("a", "a", "b")
	},
}, {
	name:   "deduplication/per group",
	says:   "With FIFOThroughputScopeMessageGroup a deduplication id is unique in its group only.",
	needs:  FIFO,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{FIFO: true, FIFOThroughputScope: sns.FIFOThroughputScopeMessageGroup})
		in := c.queueInbox(topic, standardQueue, sns.Subscription{}) // a FIFO queue would have to be told too
		published := c.publish(topic,
			sns.Entry{Message: "a", GroupID: "g", DeduplicationID: "1"},
			sns.Entry{Message: "b", GroupID: "h", DeduplicationID: "1"},
			sns.Entry{Message: "c", GroupID: "g", DeduplicationID: "1"},
		)
		c.duplicate(published[0], published[2])
		in.expect("a", "b")
	},
}, {
	name:   "deduplication/of what failed",
	says:   "A message that was refused leaves nothing behind that a later one could be a duplicate of.",
	needs:  FIFO,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{FIFO: true})
		in := c.fifoInbox(topic)
		c.refuse(topic, sns.Entry{GroupID: "g", DeduplicationID: "1"}, "no text")
		c.publish(topic, sns.Entry{Message: "a", GroupID: "g", DeduplicationID: "1"})
		in.expect("a")
	},
}}
