package kinesistest

import (
	"fmt"
	"strings"

	"github.com/leat-go/leat/kinesis"
)

var putRules = []rule{{
	name: "put/read back",
	says: "A record that was put is read with its partition key and data, from the shard and under the sequence number that Put returned.",
	verify: func(c *checker) {
		s := c.stream(3)
		for _, key := range []string{"a", "b", "c", "d", "e"} {
			p := c.put(s, entries(key, "data of "+key)...)[0]
			records, _ := c.take(s, p.ShardID, kinesis.At(p.SequenceNumber), 1)
			if r := records[0]; r.PartitionKey != key || string(r.Data) != "data of "+key || r.SequenceNumber != p.SequenceNumber {
				c.Fatalf("put %q as %v, read %q of %q as %v", "data of "+key, p.SequenceNumber, r.Data, r.PartitionKey, r.SequenceNumber)
			}
		}
	},
}, {
	name: "put/results line up",
	says: "The result of Put has an element for each entry, in the order of the batch.",
	verify: func(c *checker) {
		s := c.stream(4)
		var batch []kinesis.Entry
		for _, data := range numbered(40) {
			batch = append(batch, entries("key "+data, data)...)
		}
		for i, p := range c.put(s, batch...) {
			r := c.read(s, kinesis.ReadRequest{ShardID: p.ShardID, Position: kinesis.At(p.SequenceNumber), Limit: 1}).Records
			if len(r) != 1 || string(r[0].Data) != string(batch[i].Data) {
				c.Fatalf("Put gave %q the place at which %q is read", batch[i].Data, dataOf(r))
			}
		}
	},
}, {
	name: "put/order",
	says: "The records of a shard are read in the order in which they were put, within a batch and from one batch to the next.",
	verify: func(c *checker) {
		s, shard := c.single()
		var want []string
		for round := range 10 {
			var batch []kinesis.Entry
			for i := range 7 {
				data := fmt.Sprintf("%d.%d", round, i)
				want = append(want, data)
				batch = append(batch, entries(fmt.Sprint("key ", i%3), data)...)
			}
			c.put(s, batch...)
		}
		records, _ := c.take(s, shard, kinesis.Position{}, len(want))
		c.equal(want, dataOf(records), "read")
	},
}, {
	name: "put/some entries fail",
	says: "When entries of a Put fail, the others are put; the error is a *BatchError that names the failed ones, whose results are zero.",
	verify: func(c *checker) {
		s, shard := c.single()
		batch := entries("k", "a", "b", "c", "d", "e")
		batch[1].PartitionKey = ""
		batch[3].ExplicitHashKey = "no number"
		put, err := s.Put(c.Context(), batch...)
		c.refused(err, "a batch with two bad entries", 1, 3)
		if len(put) != 5 {
			c.Fatalf("%d results for 5 entries", len(put))
		}
		for i, p := range put {
			if failed := i == 1 || i == 3; failed != (p == kinesis.Put{}) {
				c.Fatalf("the result of entry %d is %+v", i, p)
			}
		}
		records, _ := c.take(s, shard, kinesis.Position{}, 3)
		c.equal([]string{"a", "c", "e"}, dataOf(records), "read")
	},
}, {
	name: "put/one entry fails",
	says: "A batch of one fails with a *BatchError too, when it is the entry that is at fault.",
	verify: func(c *checker) {
		s, shard := c.single()
		put, err := s.Put(c.Context(), entries("", "a")...)
		c.refused(err, "Put without a partition key", 0)
		if len(put) != 1 || put[0] != (kinesis.Put{}) {
			c.Fatalf("the result of an entry that failed is %+v", put)
		}
		c.takeNothing(s, shard, kinesis.Position{}, "the only entry failed")
	},
}, {
	name: "put/empty batch",
	says: "An empty batch succeeds and does nothing.",
	verify: func(c *checker) {
		s, shard := c.single()
		c.put(s)
		c.takeNothing(s, shard, kinesis.Position{}, "nothing was put")
	},
}, {
	name: "put/data is copied",
	says: "What becomes of an entry's Data, and of the batch, after Put has returned does not matter.",
	verify: func(c *checker) {
		s, shard := c.single()
		batch := entries("k", "first", "second")
		c.put(s, batch...)
		copy(batch[0].Data, "XXXXX")
		batch[1] = kinesis.Entry{PartitionKey: "other", Data: []byte("other")}
		c.put(s, entries("k", "third")...)
		records, _ := c.take(s, shard, kinesis.Position{}, 3)
		c.equal([]string{"first", "second", "third"}, dataOf(records), "read")
	},
}, {
	name: "put/any data",
	says: "Data may be empty and have any bytes, and comes back byte for byte.",
	verify: func(c *checker) {
		s, shard := c.single()
		var every strings.Builder
		for b := range 256 {
			every.WriteByte(byte(b))
		}
		want := []string{"", every.String(), "\xff\xfe", "line\r\nline\n", "\x00", strings.Repeat("long ", 20_000), ""}
		c.putData(s, want...)
		records, _ := c.take(s, shard, kinesis.Position{}, len(want))
		c.equal(want, dataOf(records), "read")
	},
}, {
	name: "put/streams are apart",
	says: "What is put to one stream is not read from another.",
	verify: func(c *checker) {
		s, shard := c.single()
		other, otherShard := c.single()
		c.putData(s, "mine")
		c.takeNothing(other, otherShard, kinesis.Position{}, "that was put to another stream")
		records, _ := c.take(s, shard, kinesis.Position{}, 1)
		c.equal([]string{"mine"}, dataOf(records), "read")
	},
}, {
	name:  "put/more than 500",
	says:  "Batches have no limit of 500 entries: that one belongs to the wire protocol.",
	needs: LargeBatches,
	verify: func(c *checker) {
		s, shard := c.single()
		want := numbered(1234)
		c.putData(s, want...)
		records, _ := c.take(s, shard, kinesis.Position{}, len(want))
		c.equal(want, dataOf(records), "read")
	},
}}
