package snstest

import (
	"fmt"
	"strings"
	"time"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

var standardQueue, fifoQueue = sqs.Config{}, sqs.Config{FIFO: true}

// inGroup returns entries of a group, with their texts as deduplication ids.
func inGroup(group string, texts ...string) []sns.Entry {
	batch := entries(texts...)
	for i := range batch {
		batch[i].GroupID, batch[i].DeduplicationID = group, texts[i]
	}
	return batch
}

// fifoInbox is a FIFO queue as a subscriber.
func (c *checker) fifoInbox(topic sns.Topic) *inbox {
	c.Helper()
	return c.queueInbox(topic, fifoQueue, sns.Subscription{})
}

// groups returns the texts that a subscriber got, by group.
func (in *inbox) groups(n int) map[string][]string {
	in.c.Helper()
	groups := make(map[string][]string)
	for _, m := range in.get(n) {
		groups[m.GroupID] = append(groups[m.GroupID], m.Message)
	}
	return groups
}

var fifoRules = []rule{{
	name:   "fifo/order",
	says:   "A FIFO queue gets the messages of a group in the order in which they were published.",
	needs:  FIFO,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{FIFO: true})
		in := c.fifoInbox(topic)
		want := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}
		c.publish(topic, inGroup("g", want[:5]...)...)
		for _, text := range want[5:] {
			c.publish(topic, inGroup("g", text)...)
		}
		in.expectInOrder(want...)
	},
}, {
	name:   "fifo/the same order everywhere",
	says:   "With many publishers at once, the order of a group is the same in every FIFO queue, and is that of the sequence numbers.",
	needs:  FIFO,
	queues: true,
	waits:  10 * time.Second,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{FIFO: true})
		inboxes := []*inbox{c.fifoInbox(topic), c.fifoInbox(topic), c.fifoInbox(topic)}
		const publishers, each = 4, 30
		c.together(publishers, func(p int) error {
			for i := range each {
				if _, err := topic.Publish(c.Context(), inGroup(fmt.Sprint("g", i%2), fmt.Sprintf("%d-%02d", p, i))...); err != nil {
					return err
				}
			}
			return nil
		})
		first := inboxes[0].groups(publishers * each)
		for _, in := range inboxes[1:] {
			groups := in.groups(publishers * each)
			for group, texts := range first {
				c.equal(texts, groups[group], "the order of group "+group+" in another queue")
			}
		}
		latest := make(map[string]string) // sequence number by group
		for _, n := range inboxes[0].notifications() {
			if n.SequenceNumber <= latest[n.GroupID] {
				c.Fatalf("in group %s %q comes after %q", n.GroupID, n.SequenceNumber, latest[n.GroupID])
			}
			latest[n.GroupID] = n.SequenceNumber
		}
	},
}, {
	name:   "fifo/facts",
	says:   "A message of a FIFO topic has its group, its deduplication id, and a sequence number of 20 digits that Publish returned and that grows.",
	needs:  FIFO,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{FIFO: true})
		in := c.fifoInbox(topic)
		batch := append(inGroup("g", "1", "2"), inGroup("h", "3")...)
		published := c.publish(topic, batch...)
		for i, p := range published {
			if len(p.SequenceNumber) != 20 || i > 0 && p.SequenceNumber <= published[i-1].SequenceNumber {
				c.Fatalf("the sequence numbers of a batch are not 20 digits that grow: %+v", published)
			}
		}
		for _, n := range in.get(3) {
			i := strings.Index("123", n.Message)
			if i < 0 || n.MessageID != published[i].MessageID || n.GroupID != batch[i].GroupID || n.DeduplicationID != batch[i].DeduplicationID || n.SequenceNumber != published[i].SequenceNumber {
				c.Fatalf("published %+v as %+v, delivered %+v", batch, published, n)
			}
		}
	},
}, {
	name:   "fifo/a standard queue",
	says:   "A standard queue can subscribe to a FIFO topic.",
	needs:  FIFO,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{FIFO: true})
		in := c.queueInbox(topic, standardQueue, sns.Subscription{})
		c.publish(topic, inGroup("g", "1", "2")...)
		in.expect("1", "2")
	},
}, {
	name:   "fifo/raw",
	says:   "With RawMessageDelivery a FIFO queue gets the text alone, in its group and in order.",
	needs:  FIFO,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{FIFO: true})
		q, sub := c.queue(topic, fifoQueue)
		sub.RawMessageDelivery = true
		c.subscribe(topic, sub)
		c.publish(topic, inGroup("g", "1", "2", "3")...)
		var texts []string
		for _, m := range c.take(topic, q, 3) {
			texts = append(texts, m.GroupID+m.Body)
		}
		c.equal([]string{"g1", "g2", "g3"}, texts, "received")
	},
}, {
	name:   "fifo/what an entry needs",
	says:   "A FIFO topic wants a group and, without ContentBasedDeduplication, a deduplication id, both of 1 to 128 letters, digits and punctuation characters; else it is ErrInvalidParameter.",
	needs:  FIFO,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{FIFO: true})
		in := c.fifoInbox(topic)
		c.refuse(topic, sns.Entry{Message: "a", DeduplicationID: "1"}, "no group")
		c.refuse(topic, sns.Entry{Message: "a", GroupID: "g"}, "no deduplication id")
		for _, id := range []string{"with space", "with\nline end", "é", strings.Repeat("x", 129)} {
			c.refuse(topic, sns.Entry{Message: "a", GroupID: id, DeduplicationID: "1"}, "the group "+id)
			c.refuse(topic, sns.Entry{Message: "a", GroupID: "g", DeduplicationID: id}, "the deduplication id "+id)
		}
		id := strings.Repeat("!~aZ09/@", 16)
		c.publish(topic, sns.Entry{Message: "b", GroupID: id, DeduplicationID: id})
		in.expect("b")
	},
}, {
	name: "fifo/only on FIFO topics",
	says: "A deduplication id on a standard topic is ErrInvalidParameter.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		c.refuse(topic, sns.Entry{Message: "a", DeduplicationID: "1"}, "a deduplication id")
		in.expect()
	},
}}
