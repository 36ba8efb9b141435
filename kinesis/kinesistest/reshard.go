package kinesistest

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/leat-go/leat/kinesis"
)

// split splits a shard in halves and returns the children, the lower one first.
func (c *checker) split(s kinesis.Stream, shardID string) []kinesis.Shard {
	c.Helper()
	at := c.shard(s, shardID).HashKeyRange.Middle()
	if err := c.cfg.Split(c.Context(), s, shardID, at); err != nil {
		c.Fatalf("Split of %s at %v: %v", shardID, at, err)
	}
	return c.childrenOf(s, shardID, 2)
}

// merge merges two shards and returns the child.
func (c *checker) merge(s kinesis.Stream, shardID, adjacentShardID string) kinesis.Shard {
	c.Helper()
	if err := c.cfg.Merge(c.Context(), s, shardID, adjacentShardID); err != nil {
		c.Fatalf("Merge of %s and %s: %v", shardID, adjacentShardID, err)
	}
	return c.childrenOf(s, shardID, 1)[0]
}

func (c *checker) childrenOf(s kinesis.Stream, shardID string, n int) []kinesis.Shard {
	c.Helper()
	children := slices.DeleteFunc(c.shards(s), func(sh kinesis.Shard) bool {
		return sh.ParentID != shardID && sh.AdjacentParentID != shardID
	})
	if len(children) != n {
		c.Fatalf("%s has the children %q, expected %d", shardID, idsOf(children), n)
	}
	return children
}

// closed checks that a shard is closed as it should be.
func (c *checker) closed(s kinesis.Stream, was kinesis.Shard) {
	c.Helper()
	now := c.shard(s, was.ID)
	if now.IsOpen() || now.EndingSequenceNumber.Compare(now.StartingSequenceNumber) <= 0 {
		c.Fatalf("a shard that was split or merged is %+v", now)
	}
	if now.EndingSequenceNumber = was.EndingSequenceNumber; now != was {
		c.Fatalf("a shard that was split or merged is %+v, before it was %+v", now, was)
	}
}

var splitRules = []rule{{
	name:     "split/children",
	says:     "A split closes the shard and opens two, which name it as their only parent and own its hash keys below the given one, and from it on.",
	reshards: true,
	verify: func(c *checker) {
		s := c.stream(3)
		parent := c.shards(s)[1]
		at := plusOne(plusOne(plusOne(parent.HashKeyRange.Start)))
		if err := c.cfg.Split(c.Context(), s, parent.ID, at); err != nil {
			c.Fatalf("Split of %s at %v: %v", parent.ID, at, err)
		}
		c.closed(s, parent)
		children := c.childrenOf(s, parent.ID, 2)
		want := []kinesis.HashKeyRange{{Start: parent.HashKeyRange.Start, End: minus(at, kinesis.HashKey{Lo: 1})}, {Start: at, End: parent.HashKeyRange.End}}
		for i, child := range children {
			if child.ParentID != parent.ID || child.AdjacentParentID != "" || !child.IsOpen() || child.HashKeyRange != want[i] {
				c.Fatalf("child %d of a split of %+v at %v is %+v", i, parent, at, child)
			}
		}
		c.cover(c.open(s))
	},
}, {
	name:     "split/records go to the children",
	says:     "After a split no record is refused: each goes to the child that owns its hash key, and none to the parent.",
	reshards: true,
	verify: func(c *checker) {
		s, parent := c.single()
		c.putData(s, "before")
		children := c.split(s, parent)
		for _, key := range numbered(20) {
			if p := c.put(s, entries(key, "after")...)[0]; p.ShardID != owner(children, kinesis.HashKeyOf(key)) {
				c.Fatalf("the record with the key %q went to %s, whose parent or sibling owns it", key, p.ShardID)
			}
		}
		records, last := c.take(s, parent, kinesis.Position{}, 1)
		c.equal([]string{"before"}, dataOf(records), "read from the parent")
		c.takeNothing(s, parent, last.Next, "that was put after the split")
	},
}, {
	name:     "split/bad requests",
	says:     "A split at a key that is not strictly inside the shard's range is refused, as is one of a closed shard or of none; and nothing changes.",
	reshards: true,
	verify: func(c *checker) {
		s := c.stream(2)
		first := c.shards(s)[0]
		c.split(s, c.shards(s)[1].ID)
		before := c.shards(s)
		for _, at := range []kinesis.HashKey{first.HashKeyRange.Start, plusOne(first.HashKeyRange.End), kinesis.MaxHashKey} {
			c.FailedWith(c.cfg.Split(c.Context(), s, first.ID, at), fmt.Sprintf("Split of %v at %v", first.HashKeyRange, at), malformed...)
		}
		gone := c.cfg.Split(c.Context(), s, before[1].ID, before[1].HashKeyRange.Middle())
		c.FailedWith(gone, "Split of a closed shard", append(malformed, kinesis.ErrResourceInUse)...)
		none := c.cfg.Split(c.Context(), s, "shardId-000000000099", first.HashKeyRange.Middle())
		c.FailedWith(none, "Split of a shard that is not there", kinesis.ErrResourceNotFound)
		if after := c.shards(s); !reflect.DeepEqual(before, after) {
			c.Fatalf("after bad requests the shards are %+v, before they were %+v", after, before)
		}
	},
}}

var mergeRules = []rule{{
	name:     "merge/child",
	says:     "A merge closes two shards and opens one that names both as its parents and owns the hash keys of both.",
	reshards: true,
	verify: func(c *checker) {
		s := c.stream(4)
		parents := c.shards(s)[1:3]
		for range 2 { // then with the child itself
			a, b := parents[0], parents[1]
			child := c.merge(s, a.ID, b.ID)
			c.closed(s, a)
			c.closed(s, b)
			if both := []string{child.ParentID, child.AdjacentParentID}; !slices.Contains(both, a.ID) || !slices.Contains(both, b.ID) || !child.IsOpen() {
				c.Fatalf("the child of a merge of %s and %s is %+v", a.ID, b.ID, child)
			}
			want := kinesis.HashKeyRange{Start: parents[0].HashKeyRange.Start, End: parents[1].HashKeyRange.End}
			if child.HashKeyRange != want {
				c.Fatalf("the child of a merge has the hash keys %v, expected %v", child.HashKeyRange, want)
			}
			open := c.open(s)
			c.cover(open)
			parents = open[:2]
		}
	},
}, {
	name:     "merge/records go to the child",
	says:     "After a merge no record is refused: those of both shards' hash keys go to the child, and none to a parent.",
	reshards: true,
	verify: func(c *checker) {
		s := c.stream(2)
		parents := c.shards(s)
		child := c.merge(s, parents[0].ID, parents[1].ID)
		for _, key := range numbered(20) {
			if p := c.put(s, entries(key, "after")...)[0]; p.ShardID != child.ID {
				c.Fatalf("the record with the key %q went to %s, expected %s", key, p.ShardID, child.ID)
			}
		}
		for _, parent := range parents {
			c.takeNothing(s, parent.ID, kinesis.Position{}, "that was put after the merge")
		}
	},
}, {
	name:     "merge/bad requests",
	says:     "A merge of shards that are not adjacent is refused, as is one of a shard with itself, of a closed shard or of none; and nothing changes.",
	reshards: true,
	verify: func(c *checker) {
		s := c.stream(4)
		c.split(s, c.shards(s)[3].ID)
		before := c.shards(s)
		for _, pair := range [][2]int{{0, 2}, {2, 0}, {0, 0}} {
			err := c.cfg.Merge(c.Context(), s, before[pair[0]].ID, before[pair[1]].ID)
			c.FailedWith(err, fmt.Sprintf("Merge of shards %d and %d of 4", pair[0], pair[1]), malformed...)
		}
		for _, pair := range [][2]int{{2, 3}, {3, 2}} {
			err := c.cfg.Merge(c.Context(), s, before[pair[0]].ID, before[pair[1]].ID)
			c.FailedWith(err, "Merge with a closed shard", append(malformed, kinesis.ErrResourceInUse)...)
		}
		err := c.cfg.Merge(c.Context(), s, before[0].ID, "shardId-000000000099")
		c.FailedWith(err, "Merge with a shard that is not there", kinesis.ErrResourceNotFound)
		if after := c.shards(s); !reflect.DeepEqual(before, after) {
			c.Fatalf("after bad requests the shards are %+v, before they were %+v", after, before)
		}
	},
}}

var reshardingRules = []rule{{
	name:     "resharding/shards",
	says:     "However a stream is resharded, its open shards own every hash key once, no id is used twice, and Shards lists parents before their children.",
	reshards: true,
	verify: func(c *checker) {
		s := c.stream(2)
		for round := range 6 {
			open := c.open(s)
			if round%3 == 2 {
				c.merge(s, open[1].ID, open[2].ID)
			} else {
				c.split(s, open[round%len(open)].ID)
			}
			c.cover(c.open(s))
			seen := make(map[string]bool)
			for _, sh := range c.shards(s) {
				if seen[sh.ID] {
					c.Fatalf("Shards lists %s twice", sh.ID)
				}
				if sh.ParentID != "" && !seen[sh.ParentID] || sh.AdjacentParentID != "" && !seen[sh.AdjacentParentID] {
					c.Fatalf("Shards lists %s before a parent of its", sh.ID)
				}
				seen[sh.ID] = true
			}
		}
	},
}, {
	name:     "resharding/sequence numbers",
	says:     "Those of a child are greater than its parents', so that the numbers of a key grow whatever becomes of its shard.",
	reshards: true,
	verify: func(c *checker) {
		s := c.stream(2)
		var numbers []kinesis.SequenceNumber
		put := func() {
			for _, p := range c.putData(s, "1", "2") {
				numbers = append(numbers, p.SequenceNumber)
			}
		}
		for range 6 { // by then there are more than 16 shards, and AWS's numbers have only the last digit of 16 before the rest
			put()
			c.split(s, owner(c.open(s), kinesis.HashKeyOf("k")))
			put()
			open := c.open(s)
			at := max(1, slices.IndexFunc(open, func(sh kinesis.Shard) bool { return sh.HashKeyRange.Contains(kinesis.HashKeyOf("k")) }))
			c.merge(s, open[at-1].ID, open[at].ID)
		}
		put()
		c.inSequence(numbers, "puts with one key")
		for _, sh := range c.shards(s) {
			if sh.ParentID == "" {
				continue
			}
			if parent := c.shard(s, sh.ParentID); sh.StartingSequenceNumber.Compare(parent.StartingSequenceNumber) <= 0 {
				c.Fatalf("%s starts with %v, its parent with %v", sh.ID, sh.StartingSequenceNumber, parent.StartingSequenceNumber)
			}
		}
	},
}, {
	name:     "resharding/ending sequence numbers",
	says:     "The sequence numbers of all records of a closed shard lie between the one it starts with and the one it ends with.",
	reshards: true,
	verify: func(c *checker) {
		s, parent := c.single()
		put := c.putData(s, numbered(20)...)
		c.split(s, parent)
		sh := c.shard(s, parent)
		c.inSequence([]kinesis.SequenceNumber{sh.StartingSequenceNumber, put[0].SequenceNumber, put[19].SequenceNumber, sh.EndingSequenceNumber}, "start, first record, last record, end")
	},
}}
