package kinesis

import (
	"time"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// put appends a record, whose data is the core's own, to the shard that owns its hash
// key. It returns nil, and has done nothing, if the shard's limits, when they are
// enforced, do not let it.
func (c *core) put(now int64, key shard.HashKey, partitionKey string, data []byte, limited bool) (*shardState, SequenceNumber) {
	sh := c.open[c.router.Find(key)]
	if limited && !sh.in.take(now, len(data)+len(partitionKey)) {
		return sh, SequenceNumber{}
	}
	e := entry{key: partitionKey, data: data, arrived: now / int64(time.Millisecond)}
	sh.log.append(e)
	c.order.push(sh.slot)
	n := sh.number(sh.next, e.arrived)
	sh.next++
	c.records++
	c.bytes += e.size()
	if c.disk != nil {
		c.disk.reserve(sh, &e)
	}
	if !c.waits() {
		sh.tip = sh.next
		sh.wakeAll()
	}
	return sh, n
}

// warm counts a record of an on-demand stream, and notes its shard if that is hot.
func (c *core) warm(now int64, sh *shardState, size int) {
	if sh.heat.add(now, size) {
		c.hot = append(c.hot, sh)
	}
}

// heat counts what goes into a shard of an on-demand stream.
type heat struct {
	since, records, bytes int64
}

// A shard is hot when within a minute it takes what is half of its limits on average.
// AWS says only that on-demand streams adapt to the load, by splitting.
const (
	heatWindow  = int64(time.Minute)
	heatRecords = 60 * shardWriteRecords / 2
	heatBytes   = 60 * shardWriteBytes / 2
)

// add counts a record and tells whether it makes the shard hot.
func (h *heat) add(now int64, size int) bool {
	if now-h.since >= heatWindow {
		*h = heat{since: now}
	}
	wasHot := h.isHot()
	h.records++
	h.bytes += int64(size)
	return h.isHot() && !wasHot
}

func (h *heat) isHot() bool { return h.records >= heatRecords || h.bytes >= heatBytes }

// coolDown splits the shards that have become hot in the middle, as far as the number
// of shards may grow, and tells how many it split.
func (c *core) coolDown(now int64, most int) (split int) {
	for i, sh := range c.hot {
		c.hot[i] = nil
		if key := sh.keys.Middle(); len(c.open) < most && sh.keys.CanSplit(key) {
			c.split(now, sh, key)
			split++
		}
	}
	c.hot = c.hot[:0]
	if split > 0 {
		c.route()
	}
	return split
}
