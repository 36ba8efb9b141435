package kinesistest

import (
	"time"

	"github.com/leat-go/leat/kinesis"
)

const day = 24 * time.Hour

var retentionRules = []rule{{
	name:  "retention/a day",
	says:  "Without a RetentionPeriod of its own a stream keeps a record for 24 hours, and then no position leads to it.",
	needs: Retention,
	waits: day + 2*time.Second,
	verify: func(c *checker) {
		s, shard := c.single()
		c.expires(s, shard, day)
	},
}, {
	name:  "retention/as the stream says",
	says:  "A stream keeps a record for its RetentionPeriod, and then no position leads to it.",
	needs: Retention,
	waits: 36*time.Hour + 2*time.Second,
	verify: func(c *checker) {
		s := c.streamWith(kinesis.Config{ShardCount: 1, RetentionPeriod: 36 * time.Hour})
		c.expires(s, c.shards(s)[0].ID, 36*time.Hour)
	},
}, {
	name:  "retention/a reader who is late",
	says:  "Who reads on from a record that is gone by now gets the oldest that is kept, without an error.",
	needs: Retention,
	waits: day + 2*time.Second,
	verify: func(c *checker) {
		s, shard := c.single()
		start := time.Now()
		put := c.putData(s, "1", "2", "3")
		next := c.read(s, kinesis.ReadRequest{ShardID: shard, Limit: 1}).Next
		c.After(start, time.Hour)
		c.putData(s, "4")
		c.After(start, day)
		for _, from := range []kinesis.Position{{}, next, kinesis.At(put[0].SequenceNumber), kinesis.After(put[1].SequenceNumber), kinesis.After(put[2].SequenceNumber)} {
			records, _ := c.take(s, shard, from, 1)
			c.equal([]string{"4"}, dataOf(records), "read")
		}
	},
}, {
	name:     "retention/closed shards",
	says:     "A closed shard is listed, and can be read, until its last record is gone; then it is ErrResourceNotFound, and its children still name it.",
	needs:    Retention,
	reshards: true,
	waits:    day + 2*time.Second,
	verify: func(c *checker) {
		s, parent := c.single()
		c.putData(s, "1")
		c.split(s, parent)
		closed := time.Now()
		c.JustBefore(closed, day-time.Minute)
		c.take(s, parent, kinesis.Position{}, 1)
		c.After(closed, day)
		for _, sh := range c.shards(s) {
			if sh.ID == parent || sh.ParentID != parent {
				c.Fatalf("a day after the split of %s Shards lists %+v", parent, sh)
			}
		}
		_, err := s.Read(c.Context(), kinesis.ReadRequest{ShardID: parent})
		c.FailedWith(err, "Read of a shard that has expired", kinesis.ErrResourceNotFound)
	},
}}

// expires checks that a record is kept for so long, and no longer.
func (c *checker) expires(s kinesis.Stream, shard string, retention time.Duration) {
	c.Helper()
	start := time.Now()
	p := c.putData(s, "1")[0]
	c.JustBefore(start, retention-time.Second) // arrival times are cut to milliseconds
	c.take(s, shard, kinesis.Position{}, 1)
	c.take(s, shard, kinesis.At(p.SequenceNumber), 1)
	c.After(start, retention)
	for _, from := range []kinesis.Position{{}, kinesis.At(p.SequenceNumber), kinesis.Since(start.Add(-time.Second))} {
		c.takeNothing(s, shard, from, "its retention period is over")
	}
	c.putData(s, "2")
	records, _ := c.take(s, shard, kinesis.Position{}, 1)
	c.equal([]string{"2"}, dataOf(records), "read")
}
