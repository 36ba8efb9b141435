package kinesistest

import (
	"time"

	"github.com/leat-go/leat/kinesis"
)

var sequenceRules = []rule{{
	name:  "sequence numbers/grow",
	says:  "Sequence numbers grow within a shard, whatever the keys, the batches and the time between, and are greater than the one that the shard starts with.",
	waits: 3 * time.Second,
	verify: func(c *checker) {
		s, shard := c.single()
		numbers := []kinesis.SequenceNumber{c.shard(s, shard).StartingSequenceNumber}
		for i := range 20 {
			for _, p := range c.put(s, append(entries("a", "1", "2"), entries("b", "3")...)...) {
				numbers = append(numbers, p.SequenceNumber)
			}
			if i%10 == 9 {
				time.Sleep(1100 * time.Millisecond)
			}
		}
		c.inSequence(numbers, "puts")
		records, _ := c.take(s, shard, kinesis.Position{}, 60)
		read := numbers[:1]
		for _, r := range records {
			read = append(read, r.SequenceNumber)
		}
		c.inSequence(read, "records")
	},
}, {
	name: "sequence numbers/unique",
	says: "No two records of a stream have the same sequence number.",
	verify: func(c *checker) {
		s := c.stream(4)
		seen := make(map[kinesis.SequenceNumber]string)
		for _, key := range numbered(50) {
			for _, p := range c.put(s, entries(key, "a", "b")...) {
				if other, twice := seen[p.SequenceNumber]; twice {
					c.Fatalf("records in %s and %s have the sequence number %v", other, p.ShardID, p.SequenceNumber)
				}
				seen[p.SequenceNumber] = p.ShardID
			}
		}
	},
}, {
	name: "sequence numbers/text",
	says: "Sequence numbers, those of shards too, can be written down in decimal and read again, and then mean the same.",
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "a")
		p := c.putData(s, "b")[0]
		for _, n := range []kinesis.SequenceNumber{p.SequenceNumber, c.shard(s, shard).StartingSequenceNumber} {
			again, err := kinesis.ParseSequenceNumber(n.String())
			if err != nil || again != n {
				c.Fatalf("the sequence number %v is read as %v, error %v", n, again, err)
			}
			records, _ := c.take(s, shard, kinesis.At(again), 1+boolToInt(n != p.SequenceNumber))
			if got := records[len(records)-1]; string(got.Data) != "b" {
				c.Fatalf("read %q at %v, expected %q", got.Data, again, "b")
			}
		}
	},
}, {
	name:  "sequence numbers/arrival",
	says:  "A record's ArrivalTime is when it was put, to the millisecond, and does not run backwards within a shard.",
	waits: 4 * time.Second,
	verify: func(c *checker) {
		s, shard := c.single()
		var before, after []time.Time
		for _, data := range numbered(5) {
			before = append(before, time.Now())
			c.putData(s, data)
			after = append(after, time.Now())
			time.Sleep(700*time.Millisecond + 400*time.Microsecond)
		}
		records, _ := c.take(s, shard, kinesis.Position{}, 5)
		skew := time.Millisecond
		if !c.cfg.VirtualTime {
			skew = 2 * time.Second
		}
		for i, r := range records {
			at := r.ArrivalTime
			if at.Before(before[i].Add(-skew)) || at.After(after[i].Add(skew)) {
				c.Fatalf("record %d arrived at %v, put between %v and %v", i, at, before[i], after[i])
			}
			if at.Nanosecond()%int(time.Millisecond) != 0 {
				c.Fatalf("record %d arrived at %v, which is no whole millisecond", i, at)
			}
			if i > 0 && at.Before(records[i-1].ArrivalTime) {
				c.Fatalf("record %d arrived at %v, the one before it at %v", i, at, records[i-1].ArrivalTime)
			}
		}
	},
}}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
