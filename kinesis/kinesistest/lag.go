package kinesistest

import (
	"time"

	"github.com/leat-go/leat/kinesis"
)

var lagRules = []rule{{
	name:  "lag/of one who has read all",
	says:  "MillisBehindLatest is zero for those who have read all, however long ago that was put.",
	needs: Lag,
	waits: 3 * time.Second,
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "1", "2")
		time.Sleep(2 * time.Second)
		_, last := c.take(s, shard, kinesis.Position{}, 2)
		for _, from := range []kinesis.Position{last.Next, {Type: kinesis.Latest}} {
			if lag := c.readFrom(s, shard, from).MillisBehindLatest; lag != 0 {
				c.Fatalf("MillisBehindLatest is %d at the tip of the shard", lag)
			}
		}
		if last.MillisBehindLatest != 0 {
			c.Fatalf("MillisBehindLatest is %d after the last record", last.MillisBehindLatest)
		}
	},
}, {
	name:  "lag/of one who has not",
	says:  "MillisBehindLatest is how long ago, about, the newest records that were read arrived, when there are more, and falls as one reads on.",
	needs: Lag,
	waits: 11 * time.Second,
	verify: func(c *checker) {
		s, shard := c.single()
		for _, data := range []string{"1", "2", "3"} {
			c.putData(s, data)
			time.Sleep(3 * time.Second)
		}
		from := kinesis.Position{}
		for i, want := range []struct{ least, most time.Duration }{{3 * time.Second, 9 * time.Second}, {0, 6 * time.Second}, {0, 0}} {
			batch := c.read(s, kinesis.ReadRequest{ShardID: shard, Position: from, Limit: 1})
			lag := time.Duration(batch.MillisBehindLatest) * time.Millisecond
			skew := time.Duration(0)
			if !c.cfg.VirtualTime && i < 2 {
				skew = time.Second
			}
			if lag < want.least-skew || lag > want.most+skew || i < 2 && lag == 0 {
				c.Fatalf("MillisBehindLatest after record %d of 3 is %v, expected %v to %v", i+1, lag, want.least, want.most)
			}
			from = batch.Next
		}
	},
}}
