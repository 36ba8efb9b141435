package firehose

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// core is the state of a delivery stream: which records are in which buffer, and what
// is to be done when. It has no lock, clock, goroutine or I/O. Times are nanoseconds
// since 1970.
type core struct {
	lanes map[laneKey]*lane
	used  [stages]*lane // the last one of each stage that lane returned, if it is still there
	made  uint64        // lanes, ever
	wakes wakes         // lanes with something to do at a moment
	ready []*lane       // lanes whose first batch waits for a goroutine
	hasty []*lane       // lanes whose open batch may have to be cut at the end of the command

	epoch   uint64         // how often everything was cut: of new records
	live    map[uint64]int // batches, by the epoch of their oldest record
	flushes []*flush

	sequence uint64 // of the next record that is accepted
	held     int64  // bytes in batches, overhead included
	records  int    // in batches, but for backups
	active   int    // lanes to Sink
	counters Metrics
}

func newCore() *core {
	return &core{lanes: map[laneKey]*lane{}, live: map[uint64]int{}}
}

// overhead is about what a record costs besides its data.
const overhead = 64

// stage is what is done with the records of a lane.
type stage uint8

const (
	transforming stage = iota
	delivering         // to Sink
	failing            // to the error output
	keeping            // to the backup
	stages
)

// laneKey names a lane: its stage, and the partition or the type of error.
type laneKey struct {
	stage stage
	id    string
}

// lane is the records of one partition at one stage, in order. It is forgotten when it
// is empty.
type lane struct {
	laneKey
	number  uint64   // in the order of creation
	open    *batch   // that is filled; nil if there is none
	queue   []*batch // that are full, or old enough; the first is worked on
	busy    bool     // the first batch is in ready, or with a goroutine
	retryAt int64    // when the first batch is tried again; zero if it does not wait for that
	wake    int64    // the lane's place in wakes
	index   int      // in wakes; -1 if it is not there
	hasty   bool     // is in core.hasty
	usual   int      // records of the last batch
}

// batch is records that are worked on together.
type batch struct {
	s       *settings
	records []Record
	bytes   int64
	oldest  time.Time // arrival
	origin
	due           int64             // when it is cut; zero if it waits for the batch before
	first         uint64            // transforming: the sequence number of the first record
	query, lambda map[string]string // delivering: partition keys

	// These belong to the goroutine that works on the batch.
	delivery *Delivery
	attempts int
	paused   time.Duration // before retries, in all
}

// origin is what is inherited from the oldest record, through all stages.
type origin struct {
	accepted int64
	epoch    uint64
}

// lane returns the lane of a key, which the caller fills if it is new.
func (c *core) lane(stage stage, id string) *lane {
	if l := c.used[stage]; l != nil && l.id == id {
		return l
	}
	key := laneKey{stage, id}
	l := c.lanes[key]
	if l == nil {
		c.made++
		l = &lane{laneKey: key, number: c.made, index: -1}
		c.lanes[key] = l
		if stage == delivering {
			c.active++
		}
	}
	c.used[stage] = l
	return l
}

// accept returns the origin of a record that is accepted now, and counts it.
func (c *core) accept(now int64, bytes int) origin {
	c.counters.IncomingRecords++
	c.counters.IncomingBytes += int64(bytes)
	return origin{accepted: now, epoch: c.epoch}
}

// fill adds a record to a lane and returns the batch that it is in. The caller ends
// its command with settle.
func (c *core) fill(now int64, l *lane, s *settings, r Record, o origin) *batch {
	rule := &s.rules[l.stage]
	size := int64(len(r.Data))
	if b := l.open; b != nil && (b.s != s || b.bytes+size > rule.size) {
		c.cut(l)
	}
	b := l.open
	if b == nil {
		b = &batch{s: s, records: make([]Record, 0, max(1, l.usual)), oldest: r.ArrivalTime, origin: o}
		if rule.interval > 0 {
			b.due = now + int64(rule.interval)
		}
		c.live[o.epoch]++
		l.open = b
		c.schedule(l)
	}
	b.records = append(b.records, r)
	b.bytes += size
	if r.ArrivalTime.Before(b.oldest) {
		b.oldest = r.ArrivalTime
	}
	b.accepted = min(b.accepted, o.accepted)
	if o.epoch < b.epoch {
		c.live[o.epoch]++
		c.release(b.epoch)
		b.epoch = o.epoch
	}
	c.held += size + overhead
	if l.stage != keeping {
		c.records++
	}
	switch {
	case b.bytes >= rule.size:
		c.cut(l)
	case (b.due == 0 || b.epoch < c.epoch) && !l.hasty:
		l.hasty = true
		c.hasty = append(c.hasty, l)
	}
	return b
}

// settle cuts what must not wait at the end of a command.
func (c *core) settle() {
	for _, l := range c.hasty {
		l.hasty = false
		if b := l.open; b != nil && (b.epoch < c.epoch || b.due == 0 && len(l.queue) == 0) {
			c.cut(l)
		}
	}
	clear(c.hasty)
	c.hasty = c.hasty[:0]
}

// cut ends the open batch of a lane.
func (c *core) cut(l *lane) {
	l.usual = len(l.open.records)
	l.queue = append(l.queue, l.open)
	l.open = nil
	if len(l.queue) == 1 {
		c.start(l)
	}
	c.schedule(l)
}

func (c *core) start(l *lane) {
	l.busy, l.retryAt = true, 0
	c.ready = append(c.ready, l)
}

// cutAll cuts every open batch, in the order in which the lanes were made.
func (c *core) cutAll() {
	for _, l := range c.ordered() {
		if l.open != nil {
			c.cut(l)
		}
	}
}

func (c *core) ordered() []*lane {
	return slices.SortedFunc(maps.Values(c.lanes), func(a, b *lane) int { return cmp.Compare(a.number, b.number) })
}

// advance does what is due by now.
func (c *core) advance(now int64) {
	for len(c.wakes) > 0 && c.wakes[0].wake <= now {
		l := c.wakes[0]
		if l.retryAt != 0 && l.retryAt <= now {
			c.start(l)
		}
		if b := l.open; b != nil && b.due != 0 && b.due <= now {
			c.cut(l)
		}
		c.schedule(l)
	}
}

// take returns a lane whose first batch is to be worked on; nil if there is none.
func (c *core) take() *lane {
	if len(c.ready) == 0 {
		return nil
	}
	l := c.ready[0]
	c.ready[0] = nil
	c.ready = c.ready[1:]
	return l
}

// remove takes records of a lane's first batch out of the books.
func (c *core) remove(l *lane, records int, bytes int64) {
	c.held -= bytes + int64(records)*overhead
	if l.stage != keeping {
		c.records -= records
	}
}

// retry lets the first batch of a lane wait, with the records that it still has.
func (c *core) retry(l *lane, at int64) {
	l.busy, l.retryAt = false, at
	c.schedule(l)
}

// pop forgets the first batch of a lane, which is done.
func (c *core) pop(l *lane) {
	b := l.queue[0]
	l.queue[0] = nil
	l.queue = l.queue[1:]
	l.busy = false
	if len(l.queue) == 0 && l.open != nil && l.open.due == 0 {
		c.cut(l)
	} else if len(l.queue) > 0 {
		c.start(l)
	}
	if len(l.queue) == 0 && l.open == nil {
		delete(c.lanes, l.laneKey)
		c.used[l.stage] = nil
		if l.stage == delivering {
			c.active--
		}
	}
	c.schedule(l)
	c.release(b.epoch)
}
