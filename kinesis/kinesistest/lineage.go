package kinesistest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"github.com/leat-go/leat/kinesis"
)

var lineageRules = []rule{{
	name:     "lineage/end of a split shard",
	says:     "A read that returns the last records of a closed shard says End and names the children; one before that does not.",
	reshards: true,
	verify: func(c *checker) {
		s, parent := c.single()
		put := c.putData(s, "1", "2", "3")
		if batch := c.readFrom(s, parent, kinesis.Position{}); batch.End || len(batch.ChildShards) > 0 {
			c.Fatalf("a read of an open shard returned End %v and children %+v", batch.End, batch.ChildShards)
		}
		var want []kinesis.ChildShard
		for _, child := range c.split(s, parent) {
			want = append(want, kinesis.ChildShard{ShardID: child.ID, ParentShards: []string{parent}, HashKeyRange: child.HashKeyRange})
		}
		if batch := c.read(s, kinesis.ReadRequest{ShardID: parent, Limit: 2}); batch.End || len(batch.ChildShards) > 0 {
			c.Fatalf("a read of 2 records of 3 returned End %v and children %+v", batch.End, batch.ChildShards)
		}
		_, last := c.take(s, parent, kinesis.Position{}, 3)
		c.ended(s, parent, last, want)
		for _, from := range []kinesis.Position{kinesis.At(put[2].SequenceNumber), kinesis.After(put[2].SequenceNumber), {Type: kinesis.Latest}} {
			c.ended(s, parent, c.readFrom(s, parent, from), want)
		}
	},
}, {
	name:     "lineage/end of merged shards",
	says:     "The reads that return the last records of merged shards name the same child, and it both of them; an empty one has its End, too.",
	reshards: true,
	verify: func(c *checker) {
		s := c.stream(2)
		parents := c.shards(s)
		c.put(s, kinesis.Entry{PartitionKey: "k", ExplicitHashKey: "0", Data: []byte("1")})
		child := c.merge(s, parents[0].ID, parents[1].ID)
		want := []kinesis.ChildShard{{ShardID: child.ID, ParentShards: []string{child.ParentID, child.AdjacentParentID}, HashKeyRange: child.HashKeyRange}}
		for i, parent := range parents {
			_, last := c.take(s, parent.ID, kinesis.Position{}, 1-i)
			c.ended(s, parent.ID, last, want)
		}
	},
}, {
	name:     "lineage/end while waiting",
	says:     "A read that waits at the end of a shard returns End the moment the shard is closed.",
	needs:    Waiting,
	reshards: true,
	waits:    4 * time.Second,
	verify: func(c *checker) {
		s := c.stream(3)
		shards := c.shards(s)
		start := time.Now()
		var waiting []<-chan later
		for _, sh := range shards {
			waiting = append(waiting, c.readLater(c.Context(), s, sh.ID, kinesis.Position{}, 20*time.Second))
		}
		time.Sleep(time.Second)
		c.split(s, shards[0].ID)
		if batch := c.await(waiting[0]); !batch.End || len(batch.ChildShards) != 2 || len(batch.Records) > 0 {
			c.Fatalf("the shard was split, and a read that waited returned %+v", batch)
		}
		c.Took(time.Since(start), time.Second, "Read")
		time.Sleep(time.Second)
		c.merge(s, shards[1].ID, shards[2].ID)
		for _, done := range waiting[1:] {
			if batch := c.await(done); !batch.End || len(batch.ChildShards) != 1 || len(batch.Records) > 0 {
				c.Fatalf("the shard was merged, and a read that waited returned %+v", batch)
			}
		}
		c.Took(time.Since(start), 2*time.Second, "Read")
	},
}, {
	name:     "lineage/the children's positions",
	says:     "A child begins empty: its TrimHorizon is the first record after the change.",
	reshards: true,
	verify: func(c *checker) {
		s, parent := c.single()
		c.putData(s, "1", "2")
		children := c.split(s, parent)
		for _, child := range children {
			c.takeNothing(s, child.ID, kinesis.Position{}, "that was put before the split")
		}
		p := c.putData(s, "3")[0]
		records, _ := c.take(s, p.ShardID, kinesis.Position{}, 1)
		c.equal([]string{"3"}, dataOf(records), "read")
	},
}, {
	name:     "lineage/every record once",
	says:     "Who reads every shard to its end, and children only after their parents, gets every record once, and those of a key in order.",
	reshards: true,
	verify: func(c *checker) {
		s := c.stream(2)
		want := make(map[string][]string) // by key
		rng := rand.New(rand.NewPCG(1, 2))
		for round := range 12 {
			var batch []kinesis.Entry
			for i := range 20 {
				key, data := fmt.Sprint("key ", rng.IntN(8)), fmt.Sprintf("%d.%d", round, i)
				want[key] = append(want[key], data)
				batch = append(batch, entries(key, data)...)
			}
			c.put(s, batch...)
			open := c.open(s)
			if at := rng.IntN(len(open)); at > 0 && rng.IntN(2) == 0 {
				c.merge(s, open[at-1].ID, open[at].ID)
			} else {
				c.split(s, open[at].ID)
			}
		}
		got := c.followAll(s, 12*20)
		for key := range want {
			c.equal(want[key], got[key], "read of "+key)
		}
	},
}}

// ended checks what was read at the end of a closed shard.
func (c *checker) ended(s kinesis.Stream, shardID string, batch kinesis.Batch, want []kinesis.ChildShard) {
	c.Helper()
	if !batch.End && len(batch.Records) > 0 && !c.cfg.VirtualTime { // a stream far away may say it with the next read
		batch = c.readFrom(s, shardID, batch.Next)
	}
	if !batch.End {
		c.Fatalf("a read of the last records of %s, which is closed, says no End", shardID)
	}
	got := slices.Clone(batch.ChildShards)
	for i := range got {
		got[i].ParentShards = slices.Sorted(slices.Values(got[i].ParentShards))
	}
	for i := range want {
		want[i].ParentShards = slices.Sorted(slices.Values(want[i].ParentShards))
	}
	if !reflect.DeepEqual(got, want) {
		c.Fatalf("at the end of %s the children are %+v, expected %+v", shardID, got, want)
	}
	if batch.MillisBehindLatest != 0 {
		c.Fatalf("at the end of a closed shard MillisBehindLatest is %d", batch.MillisBehindLatest)
	}
}

// followAll reads all shards, each after its parents, guided by what reads say of
// children, and returns the data by partition key. There are so many records in all.
func (c *checker) followAll(s kinesis.Stream, records int) map[string][]string {
	c.Helper()
	got := make(map[string][]string)
	done := make(map[string]bool)
	var next []string
	for _, sh := range c.shards(s) {
		if sh.ParentID == "" {
			next = append(next, sh.ID)
		}
	}
	for len(next) > 0 {
		shardID := next[0]
		next = next[1:]
		if done[shardID] {
			c.Fatalf("the lineage leads to %s twice", shardID)
		}
		done[shardID] = true
		for from := (kinesis.Position{}); ; {
			batch := c.read(s, kinesis.ReadRequest{ShardID: shardID, Position: from, Limit: 7})
			for _, r := range batch.Records {
				got[r.PartitionKey] = append(got[r.PartitionKey], string(r.Data))
			}
			if records -= len(batch.Records); records < 0 {
				c.Fatal("read more records than were put")
			}
			if batch.End {
				for _, child := range batch.ChildShards {
					if !slices.ContainsFunc(child.ParentShards, func(id string) bool { return !done[id] }) {
						next = append(next, child.ShardID)
					}
				}
				break
			}
			if len(batch.Records) == 0 {
				break
			}
			from = batch.Next
		}
	}
	for _, sh := range c.shards(s) {
		if !done[sh.ID] {
			c.Fatalf("the lineage does not lead to %s", sh.ID)
		}
	}
	return got
}
