package kinesis

import (
	"slices"
	"time"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// split closes a shard and opens two in its place. The key is one that its range can be
// split at. The caller routes anew.
func (c *core) split(now int64, sh *shardState, key shard.HashKey) {
	below, from := sh.keys.Split(key)
	second := c.birth(now, sh)
	lower, upper := c.add(now, below, second), c.add(now, from, second)
	lower.parent, upper.parent = sh.id, sh.id
	place := slices.Index(c.open, sh)
	c.open = slices.Replace(c.open, place, place+1, lower, upper)
	c.close(now, sh, lower, upper)
}

// merge closes two shards whose ranges are adjacent and opens one in their place. The
// first is the one that is named first. The caller routes anew.
func (c *core) merge(now int64, sh, adjacent *shardState) {
	child := c.add(now, sh.keys.Join(adjacent.keys), c.birth(now, sh, adjacent))
	child.parent, child.adjacent = sh.id, adjacent.id
	place := min(slices.Index(c.open, sh), slices.Index(c.open, adjacent))
	c.open = slices.Replace(c.open, place, place+2, child)
	c.close(now, sh, child)
	c.close(now, adjacent, child)
}

// birth is the second in which the children of shards are created: a later one than
// theirs, so that the children's sequence numbers are greater.
func (c *core) birth(now int64, parents ...*shardState) int64 {
	second := now / int64(time.Second)
	for _, p := range parents {
		second = max(second, p.created+1)
	}
	return second
}

func (c *core) close(now int64, sh *shardState, children ...*shardState) {
	sh.closedAt = now
	sh.ending = shard.Last(sh.created, sh.index, now/int64(time.Second))
	sh.children = children
	c.closed = append(c.closed, sh)
	if !c.waits() {
		sh.sealed = true
		sh.wakeAll()
	}
}

// rescale splits and merges until there are target open shards.
func (c *core) rescale(now int64, target int) error {
	ranges := make([]shard.Range, len(c.open))
	for i, sh := range c.open {
		ranges[i] = sh.keys
	}
	steps, err := shard.Plan(ranges, target)
	if err != nil {
		return err
	}
	numbered := slices.Clone(c.open) // by the numbers that steps have for shards
	for _, step := range steps {
		made := c.next
		if step.IsMerge() {
			c.merge(now, numbered[step.Shard], numbered[step.With])
		} else {
			c.split(now, numbered[step.Shard], step.Key)
		}
		for ; made < c.next; made++ {
			numbered = append(numbered, c.byIndex[made])
		}
	}
	c.route()
	return nil
}
