package kinesis

import (
	"slices"
	"time"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// core is what a stream is made of: its shards and their records. It is a state
// machine without lock, clock or randomness: the same calls, with the same times,
// leave it in the same state. Times are nanoseconds since 1970 and never decrease.
type core struct {
	shards  []*shardState       // that can be read, in the order of their indexes
	byIndex map[int]*shardState // the same
	open    []*shardState       // in the order of their hash keys
	router  *shard.Router       // over open
	next    int                 // the index of the next shard
	began   int64               // when the stream was created, in milliseconds
	closed  []*shardState       // in the order in which they were closed

	slots          []*shardState // the same as shards, in places that do not change; nil where free
	free           []uint32      // the free slots
	order          arrivals      // of the records that are kept
	retention      int64         // in milliseconds
	retentionBytes int64         // 0 for no bound
	records, bytes int64         // that are kept
	disk           *coreDisk     // nil in memory

	hot []*shardState // of an on-demand stream, to be split; empty between calls
}

// shardState is a shard and its records.
type shardState struct {
	index            int
	slot             uint32
	id               string
	parent, adjacent string
	keys             shard.Range
	created          int64 // the second
	ending           shard.SequenceNumber
	openedAt         int64 // in milliseconds
	closedAt         int64 // in nanoseconds; 0 while open
	children         []*shardState
	hidden           bool // readers may not see yet that it was opened
	sealed           bool // it is closed, and readers may see that

	next     int64 // index of the next record; the first is 1
	tip      int64 // index of the first record that readers may not see yet, or next
	floor    int64 // while a journal is read: index of the first record that can still be kept
	log      recordLog
	unplaced int   // how many of the newest records have no place on disk yet
	gone     int64 // when the newest record arrived that is not kept any more, in milliseconds
	unread   int64 // index of the record that the latest Read stopped before; 0 if there was none

	wake chan struct{} // closed when a record comes or the shard closes; made by the first who waits

	in   writeLimit
	out  readLimit
	heat heat
}

// newCore returns a core with n even shards.
func newCore(n int, now int64, cfg *Config) *core {
	c := &core{byIndex: map[int]*shardState{}, began: now / int64(time.Millisecond)}
	c.configure(cfg)
	for _, keys := range shard.Even(n) {
		c.open = append(c.open, c.add(now, keys, now/int64(time.Second)))
	}
	c.route()
	return c
}

// configure takes over what the core has to know of the configuration.
func (c *core) configure(cfg *Config) {
	c.retention = cfg.RetentionPeriod.Milliseconds()
	c.retentionBytes = cfg.RetentionBytes
}

// add makes a shard whose numbers say that it was created in a second.
func (c *core) add(now int64, keys shard.Range, second int64) *shardState {
	sh := &shardState{index: c.next, slot: c.takeSlot(), id: shard.ID(c.next), keys: keys, created: second, openedAt: now / int64(time.Millisecond), next: 1, tip: 1, hidden: c.waits()}
	c.next++
	c.shards = append(c.shards, sh)
	c.byIndex[sh.index] = sh
	c.slots[sh.slot] = sh
	return sh
}

// takeSlot returns a free slot.
func (c *core) takeSlot() (slot uint32) {
	if last := len(c.free) - 1; last >= 0 {
		slot, c.free = c.free[last], c.free[:last]
		return slot
	}
	c.slots = append(c.slots, nil)
	return uint32(len(c.slots) - 1)
}

// route makes the router anew after open has changed.
func (c *core) route() {
	ranges := make([]shard.Range, len(c.open))
	for i, sh := range c.open {
		ranges[i] = sh.keys
	}
	router, err := shard.NewRouter(ranges)
	if err != nil {
		panic("kinesis: " + err.Error()) // splits and merges keep the ranges whole
	}
	c.router = router
}

// find returns the shard with an id, nil if there is none that can be read.
func (c *core) find(id string) *shardState {
	index, ok := indexOf(id)
	if !ok {
		return nil
	}
	return c.byIndex[index]
}

// indexOf returns the index in the id of a shard, as liberally as AWS reads it.
func indexOf(id string) (index int, ok bool) {
	index, err := shard.ParseID(id)
	return index, err == nil
}

// advance forgets what is older than the retention period, and the oldest of what is
// more than the stream may keep.
func (c *core) advance(now int64) {
	horizon := now/int64(time.Millisecond) - c.retention
	for {
		slot, ok := c.order.first()
		if !ok {
			break
		}
		sh := c.slots[slot]
		arrived := sh.log.arrived(0)
		if arrived > horizon && (c.retentionBytes == 0 || c.settledBytes() <= c.retentionBytes) {
			break
		}
		if c.disk != nil && !c.disk.dropping(c.records, &sh.log) {
			break
		}
		c.drop(sh)
	}
	c.expire(horizon)
}

// drop forgets the oldest record, which is one of the shard's.
func (c *core) drop(sh *shardState) {
	sh.gone = sh.log.arrived(0)
	c.records--
	c.bytes -= sh.log.size(0)
	sh.log.drop()
	c.order.pop()
}

// expire forgets the shards that were closed before the horizon, in milliseconds, of
// which no record can be left.
func (c *core) expire(horizon int64) {
	n := 0
	for n < len(c.closed) && c.closed[n].sealed && c.closed[n].closedAt/int64(time.Millisecond) <= horizon {
		sh := c.closed[n]
		delete(c.byIndex, sh.index)
		c.slots[sh.slot], c.free = nil, append(c.free, sh.slot)
		sh.wakeAll()
		c.closed[n] = nil
		n++
	}
	if n == 0 {
		return
	}
	c.closed = c.closed[n:]
	c.shards = slices.DeleteFunc(c.shards, func(sh *shardState) bool { return c.byIndex[sh.index] != sh })
}

// waitChan returns the channel that is closed when there is something new in the
// shard.
func (sh *shardState) waitChan() <-chan struct{} {
	if sh.wake == nil {
		sh.wake = make(chan struct{})
	}
	return sh.wake
}

func (sh *shardState) wakeAll() {
	if sh.wake != nil {
		close(sh.wake)
		sh.wake = nil
	}
}

// number returns the sequence number of the record with an index.
func (sh *shardState) number(index, arrived int64) SequenceNumber {
	return SequenceNumber{shard.MakeSequenceNumber(sh.created, sh.index, index, arrived/1000)}
}

// first returns the number that the shard starts with.
func (sh *shardState) first() shard.SequenceNumber { return shard.First(sh.created, sh.index) }

// isOpen tells whether the shard takes records. Whether readers may see that is another
// question, see sealed.
func (sh *shardState) isOpen() bool { return sh.closedAt == 0 }

// view returns the shard as users see it.
func (sh *shardState) view() Shard {
	v := Shard{
		ID: sh.id, ParentID: sh.parent, AdjacentParentID: sh.adjacent, HashKeyRange: outer(sh.keys),
		StartingSequenceNumber: SequenceNumber{sh.first()},
	}
	if sh.sealed {
		v.EndingSequenceNumber = SequenceNumber{sh.ending}
	}
	return v
}
