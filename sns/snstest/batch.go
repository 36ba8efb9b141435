package snstest

import (
	"fmt"

	"github.com/leat-go/leat/sns"
)

var batchRules = []rule{{
	name: "batch/results line up",
	says: "The results of a batch are in the order of its entries: each subscriber sees the id of entry i on the message of entry i.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		inboxes := []*inbox{c.inbox(topic, sns.Subscription{}), c.inbox(topic, sns.Subscription{})}
		texts := []string{"a", "b", "c", "d", "e"}
		published := c.publishTexts(topic, texts...)
		ids := make(map[string]string)
		for i, p := range published {
			ids[texts[i]] = p.MessageID
		}
		for _, in := range inboxes {
			for _, n := range in.get(len(texts)) {
				if ids[n.Message] != n.MessageID {
					c.Fatalf("%q was published as %q and delivered as %q", n.Message, ids[n.Message], n.MessageID)
				}
			}
		}
	},
}, {
	name: "batch/some entries fail",
	says: "When some entries of a batch are bad the others are published, and a *BatchError names the failed ones, whose results are zero.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		batch := entries("a", "", "b", "bad", "c")
		batch[3].Subject = "two\nlines"
		published, err := topic.Publish(c.Context(), batch...)
		c.refused(err, "a batch with two bad entries", []int{1, 3}, sns.ErrInvalidParameter)
		if len(published) != len(batch) {
			c.Fatalf("%d results for %d entries", len(published), len(batch))
		}
		for i, p := range published {
			if failed := i == 1 || i == 3; failed != (p == sns.Published{}) {
				c.Fatalf("the result of entry %d is %+v", i, p)
			}
		}
		in.expect("a", "b", "c")
	},
}, {
	name: "batch/empty",
	says: "An empty batch succeeds and publishes nothing.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		c.publish(topic)
		in.expect()
	},
}, {
	name:  "batch/more than ten",
	says:  "Batches have no limit of ten entries, nor of 262,144 bytes in all: those belong to the wire protocol.",
	needs: LargeBatches,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		texts := make([]string, 57)
		for i := range texts {
			texts[i] = fmt.Sprintf("%02d %8000d", i, i)
		}
		c.publishTexts(topic, texts...)
		in.expect(texts...)
	},
}}
