package kinesistest

import (
	"fmt"
	"slices"

	"github.com/leat-go/leat/kinesis"
)

var routingRules = []rule{{
	name: "routing/even shards",
	says: "A new stream has as many open shards as it was asked for, without parents, which share the hash keys evenly and in order, each key once.",
	verify: func(c *checker) {
		for _, n := range []int{1, 2, 3, 7} {
			shards := c.shards(c.stream(n))
			c.cover(shards)
			var first kinesis.HashKey // keys of a shard, but one
			for i, sh := range shards {
				if !sh.IsOpen() || sh.ParentID != "" || sh.AdjacentParentID != "" {
					c.Fatalf("a shard of a new stream is %+v", sh)
				}
				if want := fmt.Sprintf("shardId-%012d", i); sh.ID != want {
					c.Fatalf("shard %d of a new stream is called %s, expected %s", i, sh.ID, want)
				}
				width := minus(sh.HashKeyRange.End, sh.HashKeyRange.Start)
				if i == 0 {
					first = width
				} else if off := apart(width, first); off.Compare(kinesis.HashKey{Lo: uint64(n)}) > 0 {
					c.Fatalf("shard %d of %d has the hash keys %v, the first one %v", i, n, sh.HashKeyRange, shards[0].HashKeyRange)
				}
			}
		}
	},
}, {
	name: "routing/by MD5",
	says: "A record goes to the shard that owns the MD5 of its partition key, so that those of one key are in one shard.",
	verify: func(c *checker) {
		s := c.stream(5)
		owners := c.open(s)
		used := make(map[string]bool)
		for i := range 100 {
			key := fmt.Sprint("key ", i)
			for _, p := range c.put(s, entries(key, "a", "b")...) {
				if want := owner(owners, kinesis.HashKeyOf(key)); p.ShardID != want {
					c.Fatalf("the record with the key %q went to %s, expected %s", key, p.ShardID, want)
				}
				used[p.ShardID] = true
			}
		}
		if len(used) != len(owners) {
			c.Fatalf("100 keys use only %d shards of %d", len(used), len(owners))
		}
	},
}, {
	name: "routing/explicit hash keys",
	says: "An ExplicitHashKey, from 0 to 2^128-1, takes the place of the MD5, and the partition key stays what it is.",
	verify: func(c *checker) {
		s := c.stream(4)
		for _, sh := range c.open(s) {
			for _, key := range []kinesis.HashKey{sh.HashKeyRange.Start, sh.HashKeyRange.Middle(), sh.HashKeyRange.End} {
				p := c.put(s, kinesis.Entry{PartitionKey: "k", ExplicitHashKey: key.String(), Data: []byte("d")})[0]
				if p.ShardID != sh.ID {
					c.Fatalf("the record with the hash key %v went to %s, expected %s with %v", key, p.ShardID, sh.ID, sh.HashKeyRange)
				}
			}
			records, _ := c.take(s, sh.ID, kinesis.Position{}, 3)
			if records[2].PartitionKey != "k" {
				c.Fatalf("put a record with the partition key %q, read %q", "k", records[2].PartitionKey)
			}
		}
	},
}, {
	name: "routing/bad explicit hash keys",
	says: "An ExplicitHashKey that is no number below 2^128, in decimal and without leading zeros, is refused.",
	verify: func(c *checker) {
		s, shard := c.single()
		for _, key := range []string{"-1", "+1", "01", "00", "1.0", "0x1", " 1", "1 ", "x", "340282366920938463463374607431768211456", "999999999999999999999999999999999999999", "1000000000000000000000000000000000000000"} {
			_, err := s.Put(c.Context(), kinesis.Entry{PartitionKey: "k", ExplicitHashKey: key})
			c.refused(err, fmt.Sprintf("the explicit hash key %q", key), 0)
		}
		c.takeNothing(s, shard, kinesis.Position{}, "all entries failed")
	},
}}

// cover checks that shards own every hash key once, in their order.
func (c *checker) cover(shards []kinesis.Shard) {
	c.Helper()
	var next kinesis.HashKey
	for _, sh := range shards {
		if sh.HashKeyRange.Start != next || sh.HashKeyRange.End.Compare(next) < 0 {
			c.Fatalf("%s has the hash keys %v, expected to begin at %v", sh.ID, sh.HashKeyRange, next)
		}
		next = plusOne(sh.HashKeyRange.End)
	}
	if next != (kinesis.HashKey{}) {
		c.Fatalf("no shard has the hash keys from %v on", next)
	}
}

// owner returns the shard that owns a hash key, or "none".
func owner(open []kinesis.Shard, key kinesis.HashKey) string {
	if i := slices.IndexFunc(open, func(sh kinesis.Shard) bool { return sh.HashKeyRange.Contains(key) }); i >= 0 {
		return open[i].ID
	}
	return "none"
}

// minus returns a - b modulo 2^128.
func minus(a, b kinesis.HashKey) kinesis.HashKey {
	d := kinesis.HashKey{Hi: a.Hi - b.Hi, Lo: a.Lo - b.Lo}
	if a.Lo < b.Lo {
		d.Hi--
	}
	return d
}

// apart is how far two keys are from each other.
func apart(a, b kinesis.HashKey) kinesis.HashKey {
	if a.Compare(b) < 0 {
		return minus(b, a)
	}
	return minus(a, b)
}

func plusOne(k kinesis.HashKey) kinesis.HashKey {
	if k.Lo++; k.Lo == 0 {
		k.Hi++
	}
	return k
}
