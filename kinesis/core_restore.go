package kinesis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/leat-go/leat/internal/journal"
	"github.com/leat-go/leat/kinesis/internal/shard"
)

// What follows makes a core of what is in a journal: restoreShards and restoreRecord in
// the order of the journal, then restored. Facts may come again, and older ones after the
// snapshot, for those that follow them come again as well.
//
// Until restored, a shard's next is what the facts about it say, and its tip the index after
// its last record, 0 if none came.

// emptyCore returns a core without shards, to be restored.
func emptyCore(disk *coreDisk) *core { return &core{byIndex: map[int]*shardState{}, disk: disk} }

// restoreShards takes over what a fact says of shards. One that has all of them says so:
// the others have expired, but for those that were made later.
func (c *core) restoreShards(next int, rows []shardRow, all bool) {
	c.next = max(c.next, next)
	for _, row := range rows {
		sh := c.byIndex[row.index]
		if sh == nil {
			sh = &shardState{
				index: row.index, slot: c.takeSlot(), id: shard.ID(row.index), keys: row.keys, created: row.created, openedAt: row.openedAt,
				parent: idOf(row.parent), adjacent: idOf(row.adjacent),
			}
			c.byIndex[sh.index] = sh
			c.slots[sh.slot] = sh
		}
		if sh.closedAt == 0 { // what is closed stays so
			sh.closedAt = row.closedAt
		}
		sh.next, sh.floor, sh.gone = max(sh.next, row.next), max(sh.floor, row.oldest), max(sh.gone, row.gone)
	}
	expired := map[*shardState]bool{}
	if all {
		maps.Copy(expired, c.except(next, rows))
	}
	for {
		slot, ok := c.order.first()
		if !ok || !expired[c.slots[slot]] && c.slots[slot].tip-int64(c.slots[slot].log.len()) >= c.slots[slot].floor {
			break
		}
		c.disk.dropping(c.records, &c.slots[slot].log)
		c.drop(c.slots[slot])
	}
	for sh := range expired {
		if sh.log.len() == 0 {
			delete(c.byIndex, sh.index)
			c.slots[sh.slot], c.free = nil, append(c.free, sh.slot)
		}
	}
}

// except returns the shards below an index that are not among rows.
func (c *core) except(next int, rows []shardRow) map[*shardState]bool {
	others := map[*shardState]bool{}
	for index, sh := range c.byIndex {
		if index < next {
			others[sh] = true
		}
	}
	for _, row := range rows {
		delete(others, c.byIndex[row.index])
	}
	return others
}

// idOf returns the id of the shard with an index, nothing if that is negative.
func idOf(index int) string {
	if index < 0 {
		return ""
	}
	return shard.ID(index)
}

// mostLost bounds the gap that Salvage may leave between the records of a shard.
const mostLost = 1 << 24

// restoreRecord takes over that a record is at a place. It fails if some are missing
// before it, unless that may be.
func (c *core) restoreRecord(s recordStampOf, at journal.Place, salvage bool) error {
	sh := c.byIndex[s.shard]
	if sh == nil || s.index < sh.floor || sh.tip != 0 && s.index < sh.tip {
		return nil
	}
	if sh.tip == 0 {
		sh.tip = s.index
	}
	if missing := s.index - sh.tip; missing > 0 && (!salvage || missing > mostLost) {
		return fmt.Errorf("of shard %s the records %d to %d are missing", sh.id, sh.tip, s.index-1)
	}
	for ; sh.tip < s.index; sh.tip++ {
		c.restore(sh, s.arrived, journal.Place{})
	}
	sh.tip++
	c.restore(sh, s.arrived, at)
	return nil
}

// restore appends a record to a shard.
func (c *core) restore(sh *shardState, arrived int64, at journal.Place) {
	sh.log.restore(arrived, at)
	c.order.push(sh.slot)
	c.records++
	c.bytes += sizeAt(at)
	c.disk.cold++
}

// restored completes the core. It fails if the open shards do not own every hash key once;
// with salvage it then closes and opens shards so that they do, and tells that it has.
func (c *core) restored(now int64, salvage bool) (healed bool, err error) {
	c.shards = slices.SortedFunc(maps.Values(c.byIndex), func(a, b *shardState) int { return cmp.Compare(a.index, b.index) })
	for _, sh := range c.shards {
		if sh.log.len() == 0 {
			sh.tip = max(sh.tip, sh.next, sh.floor, 1)
		}
		sh.next, sh.floor = sh.tip, 0
		sh.log.restored()
		c.next = max(c.next, sh.index+1)
		for _, id := range []string{sh.parent, sh.adjacent} {
			if parent := c.find(id); parent != nil {
				parent.children = append(parent.children, sh)
			}
		}
		if sh.isOpen() {
			c.open = append(c.open, sh)
			continue
		}
		sh.sealed = true
		sh.ending = shard.Last(sh.created, sh.index, sh.closedAt/int64(time.Second))
		c.closed = append(c.closed, sh)
	}
	sortByKeys(c.open)
	slices.SortStableFunc(c.closed, func(a, b *shardState) int { return cmp.Compare(a.closedAt, b.closedAt) })
	if err = shard.Cover(rangesOf(c.open)); err != nil && salvage {
		c.heal(now)
		healed, err = true, nil
	}
	if err == nil {
		c.route()
	}
	return healed, err
}

func sortByKeys(open []*shardState) {
	slices.SortFunc(open, func(a, b *shardState) int { return a.keys.Start.Compare(b.keys.Start) })
}

func rangesOf(shards []*shardState) []shard.Range {
	ranges := make([]shard.Range, len(shards))
	for i, sh := range shards {
		ranges[i] = sh.keys
	}
	return ranges
}

// heal makes the open shards own every hash key once, after some of what was known of
// them was lost: of those that overlap the older ones are closed, and where there is none
// one is opened.
func (c *core) heal(now int64) {
	var kept []*shardState
	open := slices.SortedFunc(slices.Values(c.open), func(a, b *shardState) int { return cmp.Compare(b.index, a.index) })
	for _, sh := range open {
		if slices.ContainsFunc(kept, func(k *shardState) bool { return !k.keys.End.Less(sh.keys.Start) && !sh.keys.End.Less(k.keys.Start) }) {
			c.close(now, sh)
			sh.sealed = true
			continue
		}
		kept = append(kept, sh)
	}
	sortByKeys(kept)
	one := shard.HashKey{Lo: 1}
	var from shard.HashKey
	c.open = nil
	for _, sh := range kept {
		if from.Less(sh.keys.Start) {
			c.open = append(c.open, c.add(now, shard.Range{Start: from, End: sh.keys.Start.Sub(one)}, now/int64(time.Second)))
		}
		c.open = append(c.open, sh)
		from = sh.keys.End.Add(one)
	}
	if len(kept) == 0 || from != (shard.HashKey{}) {
		c.open = append(c.open, c.add(now, shard.Range{Start: from, End: shard.MaxHashKey}, now/int64(time.Second)))
	}
	for _, sh := range c.open {
		sh.hidden = false
	}
}
