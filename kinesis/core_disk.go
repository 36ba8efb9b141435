package kinesis

import (
	"sync/atomic"

	"github.com/leat-go/leat/internal/journal"
)

// coreDisk is what the core of a durable stream knows besides: which of its records are
// where. In the order of arrival, the oldest are cold, which is to say only on disk; then come
// those that are in memory too; the newest have no place on disk yet.
type coreDisk struct {
	delayed   bool   // readers see what was put only once it has a place
	cold      int64  // records
	unplaced  int64  // records
	unsettled int64  // bytes of the records that have no place
	newest    uint32 // the segment of the last batch that has a place

	bytes int64         // of the records that are not cold
	told  int64         // what of bytes is in total
	total *atomic.Int64 // bytes, of all streams of the service
}

// waits tells whether readers see what happens only later, by settle.
func (c *core) waits() bool { return c.disk != nil && c.disk.delayed }

// reserve counts a record that was put to a shard.
func (d *coreDisk) reserve(sh *shardState, e *entry) {
	sh.log.reserve(sizeOnDisk(len(e.key), len(e.data)))
	sh.unplaced++
	d.unplaced++
	d.unsettled += e.size()
	d.bytes += e.size()
}

// unput takes the newest record back, which was put to a shard since the stream was locked.
func (c *core) unput(sh *shardState) {
	size := sh.log.size(sh.log.len() - 1)
	sh.log.undo()
	sh.unplaced--
	sh.next--
	sh.tip = min(sh.tip, sh.next)
	c.order.undo()
	c.records--
	c.bytes -= size
	c.disk.unplaced--
	c.disk.unsettled -= size
	c.disk.bytes -= size
}

// settle notes where the records of a batch, the oldest that have no place, are on disk.
func (c *core) settle(t journal.Ticket, offsets []uint32) {
	d := c.disk
	batch := t.Place(0, 0)
	d.newest = max(d.newest, batch.Segment)
	for _, offset := range offsets {
		sh := c.slots[c.order.at(c.records-d.unplaced)]
		place := sh.log.place(sh.log.len() - sh.unplaced)
		place.Segment, place.Offset = batch.Segment, batch.Offset+offset
		sh.unplaced--
		d.unplaced--
		d.unsettled -= sizeAt(*place)
		if d.delayed {
			sh.tip++
			sh.wakeAll()
		}
	}
}

// chill lets go of the data of the oldest records, until the service's streams have no
// more than budget bytes in memory, or this one nothing that is on disk too.
func (c *core) chill(budget int64) {
	d := c.disk
	total := d.tell()
	for total > budget && d.cold < c.records-d.unplaced {
		size := c.slots[c.order.at(d.cold)].log.chill()
		d.cold++
		d.bytes -= size
		total -= size
	}
	d.tell()
}

// tell brings the service's total up to date, and returns it.
func (d *coreDisk) tell() int64 {
	change := d.bytes - d.told
	d.told = d.bytes
	if change == 0 {
		return d.total.Load()
	}
	return d.total.Add(change)
}

// settledBytes returns the bytes of the records that count for Config.RetentionBytes: what
// is not durable yet must not drive out what is.
func (c *core) settledBytes() int64 {
	if c.disk == nil {
		return c.bytes
	}
	return c.bytes - c.disk.unsettled
}

// dropping counts a record that is dropped, the oldest of all and of a log, or tells that
// it must not be: it has no place yet.
func (d *coreDisk) dropping(records int64, l *recordLog) bool {
	switch {
	case records <= d.unplaced:
		return false
	case d.cold > 0:
		d.cold--
	default:
		d.bytes -= l.at(0).size()
	}
	return true
}

// seen returns how many records readers may see, and their bytes.
func (c *core) seen() (records, bytes int64) {
	records, bytes = c.records, c.bytes
	if !c.waits() {
		return records, bytes
	}
	return records - c.disk.unplaced, bytes - c.disk.unsettled
}

// seenShards returns how many shards readers may see, and how many of them they see open.
func (c *core) seenShards() (open, all int) {
	for _, sh := range c.shards {
		if sh.hidden {
			continue
		}
		all++
		if !sh.sealed {
			open++
		}
	}
	return open, all
}

// needed returns the first segment of which something is needed.
func (c *core) needed() uint32 {
	if c.records > c.disk.unplaced {
		slot, _ := c.order.first()
		return c.slots[slot].log.place(0).Segment // 0 if Salvage has lost the record
	}
	return c.disk.newest
}
