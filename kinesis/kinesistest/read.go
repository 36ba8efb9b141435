package kinesistest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leat-go/leat/kinesis"
)

var readRules = []rule{{
	name: "read/an empty shard",
	says: "A read that does not wait and finds nothing returns no records and no error, at once; an open shard has no End.",
	verify: func(c *checker) {
		s, shard := c.single()
		start := time.Now()
		batch := c.readFrom(s, shard, kinesis.Position{})
		c.Took(time.Since(start), 0, "Read")
		if len(batch.Records) > 0 || batch.End || len(batch.ChildShards) > 0 || batch.MillisBehindLatest != 0 {
			c.Fatalf("a read of an empty shard returned %+v", batch)
		}
	},
}, {
	name: "read/at most Limit",
	says: "A read returns at most Limit records, and going on from Next reads every record once.",
	verify: func(c *checker) {
		s, shard := c.single()
		want := numbered(23)
		c.putData(s, want...)
		for _, limit := range []int{1, 2, 5, 22, 23, 24, 10_000} {
			var got []string
			for from := (kinesis.Position{}); ; {
				batch := c.read(s, kinesis.ReadRequest{ShardID: shard, Position: from, Limit: limit})
				if len(batch.Records) == 0 {
					break
				}
				if got = append(got, dataOf(batch.Records)...); len(got) > len(want) {
					break
				}
				from = batch.Next
			}
			c.equal(want, got, fmt.Sprintf("read %d at a time", limit))
		}
	},
}, {
	name: "read/while records come",
	says: "Going on from Next reads every record once and in order also when records come meanwhile.",
	verify: func(c *checker) {
		s, shard := c.single()
		want := numbered(60)
		var got []string
		from := kinesis.Position{}
		for chunk := range slices.Chunk(want, 3) {
			c.putData(s, chunk...)
			batch := c.read(s, kinesis.ReadRequest{ShardID: shard, Position: from, Limit: 1 + len(got)%5})
			got = append(got, dataOf(batch.Records)...)
			from = batch.Next
		}
		rest, last := c.take(s, shard, from, len(want)-len(got))
		c.equal(want, append(got, dataOf(rest)...), "read")
		c.takeNothing(s, shard, last.Next, "all were read")
	},
}, {
	name: "read/removes nothing",
	says: "Reading removes nothing: every reader gets every record, and the same ones again from the same position.",
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "1", "2", "3")
		for range 3 {
			records, _ := c.take(s, shard, kinesis.Position{}, 3)
			c.equal([]string{"1", "2", "3"}, dataOf(records), "read")
			clear(c.readFrom(s, shard, kinesis.Position{}).Records) // the slice is the caller's
		}
	},
}, {
	name: "read/one shard only",
	says: "A read returns only the records of its shard.",
	verify: func(c *checker) {
		s := c.stream(3)
		want := make(map[string][]string)
		for _, key := range numbered(30) {
			p := c.put(s, entries(key, key)...)[0]
			want[p.ShardID] = append(want[p.ShardID], key)
		}
		for _, sh := range c.shards(s) {
			records, last := c.take(s, sh.ID, kinesis.Position{}, len(want[sh.ID]))
			c.equal(want[sh.ID], dataOf(records), "read from "+sh.ID)
			c.takeNothing(s, sh.ID, last.Next, "all were read")
		}
	},
}, {
	name:  "read/10,000 records",
	says:  "Without a Limit a read returns at most 10,000 records; a larger Limit is obeyed.",
	needs: LargeReads,
	verify: func(c *checker) {
		s, shard := c.single()
		for range 21 {
			c.put(s, slices.Repeat(entries("k", ""), 500)...)
		}
		if n := len(c.readFrom(s, shard, kinesis.Position{}).Records); n > 10_000 || c.cfg.VirtualTime && n < 10_000 {
			c.Fatalf("a read without a Limit returned %d records", n)
		}
		if n := len(c.read(s, kinesis.ReadRequest{ShardID: shard, Limit: 10_400}).Records); n != 10_400 {
			c.Fatalf("a read of 10,400 records of 10,500 returned %d", n)
		}
	},
}, {
	name:  "read/at most MaxBytes",
	says:  "A read returns at most MaxBytes, data and partition keys together, but always one record if there is one.",
	needs: ByteLimits,
	verify: func(c *checker) {
		s, shard := c.single()
		hundred := strings.Repeat("x", 99)
		c.putData(s, hundred, hundred, hundred, strings.Repeat("y", 999), hundred)
		for most, want := range map[int]int{1: 1, 99: 1, 100: 1, 199: 1, 200: 2, 299: 2, 300: 3, 1299: 3, 1300: 4, 1399: 4, 1400: 5} {
			batch := c.read(s, kinesis.ReadRequest{ShardID: shard, MaxBytes: most})
			if len(batch.Records) != want {
				c.Fatalf("a read of at most %d bytes returned %d records, expected %d", most, len(batch.Records), want)
			}
			if left := 5 - want; left > 0 {
				c.take(s, shard, batch.Next, left)
			}
		}
		first := c.read(s, kinesis.ReadRequest{ShardID: shard, Limit: 3})
		if n := len(c.read(s, kinesis.ReadRequest{ShardID: shard, Position: first.Next, MaxBytes: 10}).Records); n != 1 {
			c.Fatalf("a read of at most 10 bytes returned %d records of which the first has 1,000, expected 1", n)
		}
	},
}, {
	name:  "read/10 MiB",
	says:  "Without MaxBytes a read returns at most 10 MiB, data and partition keys together.",
	needs: RecordSizes,
	verify: func(c *checker) {
		s, shard := c.single()
		data := []byte(strings.Repeat("x", mebibyte-1))
		for range 11 {
			c.put(s, kinesis.Entry{PartitionKey: "k", Data: data})
		}
		batch := c.readFrom(s, shard, kinesis.Position{})
		if n := len(batch.Records); n > 10 || c.cfg.VirtualTime && n < 10 {
			c.Fatalf("a read returned %d records of 1 MiB", n)
		}
		c.take(s, shard, batch.Next, 11-len(batch.Records))
	},
}, {
	name: "read/no such shard",
	says: "A read of a shard that the stream does not have is ErrResourceNotFound.",
	verify: func(c *checker) {
		s := c.stream(2)
		for _, id := range []string{"shardId-000000000002", "shardId-000000000100"} {
			_, err := s.Read(c.Context(), kinesis.ReadRequest{ShardID: id})
			c.FailedWith(err, fmt.Sprintf("Read of %q", id), kinesis.ErrResourceNotFound)
		}
	},
}, {
	name: "read/bad requests",
	says: "A negative Limit, MaxBytes or Wait, or a text that is no shard id, is refused.",
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "1")
		for _, req := range []kinesis.ReadRequest{{ShardID: shard, Limit: -1}, {ShardID: shard, MaxBytes: -1}, {ShardID: shard, Wait: -1}, {}, {ShardID: "no shard!"}} {
			_, err := s.Read(c.Context(), req)
			c.FailedWith(err, fmt.Sprintf("Read of %+v", req), append(malformed, kinesis.ErrResourceNotFound)...)
		}
	},
}}
