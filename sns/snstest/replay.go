package snstest

import (
	"slices"
	"time"

	"github.com/leat-go/leat/sns"
)

const day = 24 * time.Hour

var replayRules = []rule{{
	name:   "replay/what was archived",
	says:   "A subscription with a ReplayPolicy gets what the topic has archived since then, in order, under the old ids and times and marked as replayed, and after it what is published anew; its filter policy holds for both.",
	needs:  FIFO | Archive | Filters,
	queues: true,
	waits:  10 * time.Second,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{FIFO: true, ArchivePolicy: &sns.ArchivePolicy{MessageRetentionPeriod: day}})
		hour := time.Second
		if c.cfg.VirtualTime {
			hour = time.Hour
		}
		tagged := func(entries []sns.Entry) []sns.Entry {
			for i := range entries {
				entries[i].Attributes = map[string]sns.Attribute{"keep": {DataType: "String", Value: map[bool]string{true: "yes", false: "no"}[entries[i].Message[0] != 'x']}}
			}
			return entries
		}
		c.publish(topic, tagged(inGroup("g", "early"))...)
		time.Sleep(hour)
		start := time.Now()
		old := c.publish(topic, tagged(inGroup("g", "1", "x2", "3"))...)
		time.Sleep(hour)
		in := c.queueInbox(topic, fifoQueue, sns.Subscription{FilterPolicy: `{"keep":["yes"]}`, ReplayPolicy: &sns.ReplayPolicy{StartingPoint: start.Add(-hour / 2)}})
		in.arrive(2)
		c.publish(topic, tagged(inGroup("g", "4", "x5", "6"))...)
		got := in.get(4)
		c.equal([]string{"1", "3", "4", "6"}, textsOf(got), "delivered")
		for i, n := range got {
			if n.Replayed != (i < 2) {
				c.Fatalf("%q is marked as replayed: %v", n.Message, n.Replayed)
			}
		}
		ids := []string{got[0].MessageID, got[1].MessageID}
		if !slices.Equal(ids, []string{old[0].MessageID, old[2].MessageID}) {
			c.Fatalf("published as %+v, replayed as %q", old, ids)
		}
		c.Took(got[0].Timestamp.Sub(start).Truncate(time.Second), 0, "the publication of a replayed message")
	},
}, {
	name:   "replay/needs an archive",
	says:   "A ReplayPolicy on a topic that archives nothing is ErrInvalidParameter.",
	needs:  FIFO | Archive,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{FIFO: true})
		_, sub := c.queue(topic, fifoQueue)
		sub.ReplayPolicy = &sns.ReplayPolicy{StartingPoint: time.Now().Add(-time.Hour)}
		_, err := topic.Subscribe(c.Context(), sub)
		c.FailedWith(err, "Subscribe", sns.ErrInvalidParameter)
	},
}}
