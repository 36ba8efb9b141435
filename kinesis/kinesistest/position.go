package kinesistest

import (
	"encoding/json"
	"fmt"

	"github.com/leat-go/leat/kinesis"
)

var positionRules = []rule{{
	name: "positions/trim horizon",
	says: "TrimHorizon, like the zero Position, is the oldest record that is kept.",
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "1", "2", "3")
		for _, from := range []kinesis.Position{{}, {Type: kinesis.TrimHorizon}} {
			records, _ := c.take(s, shard, from, 3)
			c.equal([]string{"1", "2", "3"}, dataOf(records), "read")
		}
	},
}, {
	name: "positions/latest",
	says: "Latest is after the newest record, and what Next says of it leads to the records that are put later.",
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "1", "2")
		latest := kinesis.Position{Type: kinesis.Latest}
		next := c.takeNothing(s, shard, latest, "Latest is after it")
		c.putData(s, "3", "4")
		c.takeNothing(s, shard, latest, "Latest is after it by now")
		for range 2 { // a position may be used again
			records, _ := c.take(s, shard, next, 2)
			c.equal([]string{"3", "4"}, dataOf(records), "read from Next of Latest on")
		}
	},
}, {
	name: "positions/latest of an empty shard",
	says: "Next of Latest leads to later records also in a shard that had none.",
	verify: func(c *checker) {
		s, shard := c.single()
		next := c.takeNothing(s, shard, kinesis.Position{Type: kinesis.Latest}, "nothing was put")
		next = c.takeNothing(s, shard, next, "nothing was put")
		c.putData(s, "1")
		records, _ := c.take(s, shard, next, 1)
		c.equal([]string{"1"}, dataOf(records), "read")
	},
}, {
	name: "positions/at a sequence number",
	says: "A position at a sequence number begins with the record that has it, be it the first, the last or between.",
	verify: func(c *checker) {
		s, shard := c.single()
		data := []string{"1", "2", "3", "4"}
		for i, p := range c.putData(s, data...) {
			records, _ := c.take(s, shard, kinesis.At(p.SequenceNumber), len(data)-i)
			c.equal(data[i:], dataOf(records), fmt.Sprintf("read at record %d", i))
		}
	},
}, {
	name: "positions/after a sequence number",
	says: "A position after a sequence number begins with the record that follows, or with one that is yet to come.",
	verify: func(c *checker) {
		s, shard := c.single()
		data := []string{"1", "2", "3", "4"}
		put := c.putData(s, data...)
		for i, p := range put[:3] {
			records, _ := c.take(s, shard, kinesis.After(p.SequenceNumber), len(data)-i-1)
			c.equal(data[i+1:], dataOf(records), fmt.Sprintf("read after record %d", i))
		}
		last := kinesis.After(put[3].SequenceNumber)
		next := c.takeNothing(s, shard, last, "it comes before the position")
		c.putData(s, "5")
		for _, from := range []kinesis.Position{last, next} {
			records, _ := c.take(s, shard, from, 1)
			c.equal([]string{"5"}, dataOf(records), "read after the last record")
		}
	},
}, {
	name: "positions/the shard's start",
	says: "Positions at and after a shard's StartingSequenceNumber begin with its first record.",
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "1", "2")
		start := c.shard(s, shard).StartingSequenceNumber
		for _, from := range []kinesis.Position{kinesis.At(start), kinesis.After(start)} {
			records, _ := c.take(s, shard, from, 2)
			c.equal([]string{"1", "2"}, dataOf(records), fmt.Sprintf("read from %v on", from.Type))
		}
	},
}, {
	name: "positions/stored",
	says: "Positions are data: one that was written as JSON and read again leads on as it did.",
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "1", "2", "3")
		for _, from := range []kinesis.Position{{}, c.read(s, kinesis.ReadRequest{ShardID: shard, Limit: 2}).Next} {
			text, err := json.Marshal(from)
			if err != nil {
				c.Fatalf("json.Marshal of %+v: %v", from, err)
			}
			var again kinesis.Position
			if err := json.Unmarshal(text, &again); err != nil {
				c.Fatalf("json.Unmarshal of %s: %v", text, err)
			}
			want := dataOf(c.readFrom(s, shard, from).Records)
			c.equal(want, dataOf(c.readFrom(s, shard, again).Records), "read")
		}
	},
}, {
	name: "positions/bad ones",
	says: "A position of no known type, one without the sequence number that it needs, and one with another shard's, is refused.",
	verify: func(c *checker) {
		s := c.stream(2)
		shards := c.open(s)
		foreign := c.put(s, kinesis.Entry{PartitionKey: "k", ExplicitHashKey: shards[1].HashKeyRange.Start.String()})[0]
		c.put(s, kinesis.Entry{PartitionKey: "k", ExplicitHashKey: shards[0].HashKeyRange.Start.String()})
		for _, from := range []kinesis.Position{
			{Type: "EARLIEST"}, {Type: kinesis.AtSequenceNumber}, {Type: kinesis.AfterSequenceNumber},
			kinesis.At(foreign.SequenceNumber), kinesis.After(foreign.SequenceNumber),
		} {
			_, err := s.Read(c.Context(), kinesis.ReadRequest{ShardID: shards[0].ID, Position: from})
			c.FailedWith(err, fmt.Sprintf("the position %+v", from), malformed...)
		}
	},
}}
