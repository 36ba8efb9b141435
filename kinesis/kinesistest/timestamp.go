package kinesistest

import (
	"fmt"
	"time"

	"github.com/leat-go/leat/kinesis"
)

var timestampRules = []rule{{
	name:  "timestamps/since",
	says:  "A position since a time begins with the first record that arrived then or later.",
	needs: Timestamps,
	waits: 6 * time.Second,
	verify: func(c *checker) {
		s, shard := c.single()
		data := []string{"1", "2", "3"}
		for _, d := range data {
			c.putData(s, d)
			time.Sleep(1500 * time.Millisecond)
		}
		records, _ := c.take(s, shard, kinesis.Position{}, 3)
		for i, r := range records {
			got, _ := c.take(s, shard, kinesis.Since(r.ArrivalTime), 3-i)
			c.equal(data[i:], dataOf(got), fmt.Sprintf("read since the arrival of record %d", i))
			got, _ = c.take(s, shard, kinesis.Since(r.ArrivalTime.Add(-700*time.Millisecond)), 3-i)
			c.equal(data[i:], dataOf(got), fmt.Sprintf("read since a moment before record %d", i))
		}
		got, _ := c.take(s, shard, kinesis.Since(records[0].ArrivalTime.Add(-24*365*time.Hour)), 3)
		c.equal(data, dataOf(got), "read since a year before")
	},
}, {
	name:  "timestamps/within a millisecond",
	says:  "A position since a moment does not miss what was put right after it, although arrivals are cut to milliseconds.",
	needs: Timestamps,
	waits: 2 * time.Second,
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "1", "2")
		time.Sleep(time.Second)
		records, _ := c.take(s, shard, kinesis.Position{}, 2)
		for _, off := range []time.Duration{-time.Millisecond / 2, time.Millisecond - 1} {
			got, _ := c.take(s, shard, kinesis.Since(records[0].ArrivalTime.Add(off)), 2)
			c.equal([]string{"1", "2"}, dataOf(got), fmt.Sprintf("read since %v after the arrival", off))
		}
	},
}, {
	name:  "timestamps/after the newest",
	says:  "A position since a time after the newest record's arrival has nothing to read, and Next leads to later records.",
	needs: Timestamps,
	waits: 5 * time.Second,
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "1")
		time.Sleep(3 * time.Second)
		next := c.takeNothing(s, shard, kinesis.Since(time.Now().Add(-time.Second)), "it arrived before")
		c.putData(s, "2")
		records, _ := c.take(s, shard, next, 1)
		c.equal([]string{"2"}, dataOf(records), "read")
	},
}, {
	name:  "timestamps/the future",
	says:  "A position since a time in the future is refused.",
	needs: Timestamps,
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "1")
		_, err := s.Read(c.Context(), kinesis.ReadRequest{ShardID: shard, Position: kinesis.Since(time.Now().Add(time.Hour))})
		c.FailedWith(err, "a position since in an hour", malformed...)
	},
}}
