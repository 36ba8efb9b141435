package sqs

import (
	"github.com/leat-go/leat/internal/deadline"
	"github.com/leat-go/leat/internal/journal"
	"github.com/leat-go/leat/internal/slab"
	"github.com/leat-go/leat/internal/uid"
	"github.com/leat-go/leat/internal/window"
)

// core is the state of a queue and the rules by which it changes. It is a state
// machine: each command is a method that gets the time as an argument, and the
// same seeds and commands always give the same state. It takes no lock, reads no
// clock, does no I/O and starts nothing; LocalQueue does that around it. Times are
// nanoseconds since 1970, never less than in the command before; a command other
// than advance expects advance to that time first.
type core struct {
	settings settings
	seeds    seeds

	records slab.Slab[record]
	seq     uint64 // of the newest message
	line    line
	groups  map[string]*group
	plain   *group // of the messages that name no group

	mostGroups int // that groups has held at a time

	hidden deadline.Heap // by record.due: messages in flight, and delayed ones on a standard queue
	fresh  deadline.Heap // by record.sentAt: delayed messages on a FIFO queue, whose delay may still change
	aging  deadline.Heap // by record.sentAt: all messages

	visible, inflight, delayed int
	busyGroups                 int // groups with a message in flight

	recent   window.Window[uint64]      // sequence number by deduplication id
	attempts window.Window[[]attempted] // by receive attempt id

	picked    []uint32   // by the last receive; scratch
	exhausted []transfer // received too often, and no longer here

	counters counters
	epoch    uint32 // how often the queue was cleared

	departing int // messages that were taken, and are neither elsewhere nor back yet
	returned  int // messages that came back
	withdrawn int // messages that could not be stored

	log *feed // of a queue on disk, else nil
}

// settings are the attributes that the rules depend on.
type settings struct {
	fifo        bool
	byGroup     bool  // deduplication ids are unique within a group only
	delay       int64 // FIFO; standard messages bring theirs
	retention   int64
	maxInFlight int
}

type counters struct {
	sent, deduplicated, received, deleted, emptyReceives, bytes int64
}

// state is where a message stands. Zero is a record that is free.
type state uint8

const (
	ready      state = iota + 1 // visible; on a FIFO queue perhaps behind its group
	inFlight                    // hidden by a receive
	delayed                     // hidden since it was sent
	committing                  // sent, and not durable yet; due is when its delay ends
)

// record is a message at rest. There may be millions: the slab keeps them
// without an allocation each, and they link to each other by number.
type record struct {
	body    string
	attrs   map[string]Attribute
	dedupID string // FIFO only
	extra   *extra // nil for most
	group   *group

	id      uid.ID
	seq     uint64
	sentAt  int64
	firstAt int64  // first receive; 0 before
	lastAt  int64  // this receive
	due     int64  // when it leaves the hidden heap; 0 when not in there
	turn    uint64 // standard only: place among the ready

	next, prev uint32 // in the group's list
	receives   uint32
	arrived    uint32 // receives it had when it came from another queue; they do not count towards another dead-lettering
	state      state
	home       journal.Place // where it is in the journal; zero for nowhere
}

// extra is what few messages have.
type extra struct {
	senderID, traceHeader, deadLetterSource string
}

// group is a message group: the unit of order on a FIFO queue, a tenant on a
// standard one.
type group struct {
	id         string
	head, tail uint32 // FIFO: all its messages by sequence; standard: the ready ones by turn
	members    int    // messages here that name it
	inflight   int
	lastSent   int64

	queued     bool   // FIFO: stands among the receivable groups
	next, prev *group // FIFO: its neighbours there
	index      int    // standard: place in the heap of quiet tenants, -1 if not there
	turn       uint64 // standard: of its first message, when in there
	drained    uint64 // standard: fairLine.drained at its latest receive
}

// line knows which message is received next; fifoLine and fairLine are the two
// disciplines.
type line interface {
	// enter and leave link a message that joins or leaves the queue.
	enter(c *core, ref uint32, r *record)
	leave(c *core, ref uint32, r *record)
	// changed follows every change of a message's state, joining and leaving
	// included.
	changed(c *core, ref uint32, r *record, was state)
	// begin starts a receive; next returns its next message, 0 for none. The
	// message must then be taken: set in flight, or removed.
	begin()
	next(c *core, now int64) uint32
	// noisy counts the noisy tenants.
	noisy(c *core, now int64) int
}

func newCore(s settings, random seeds) *core {
	c := &core{settings: s, seeds: random}
	c.clear()
	return c
}

// clear empties the queue. What was sent before is forgotten for deduplication
// too, and its handles are those of deleted messages.
func (c *core) clear() {
	c.epoch++
	if c.log != nil {
		for _, r := range c.records.All() {
			c.log.release(r)
		}
	}
	if c.settings.fifo {
		c.line = &fifoLine{}
	} else {
		c.line = &fairLine{heavy: map[*group]struct{}{}}
	}
	c.records = slab.Slab[record]{}
	c.groups, c.plain = map[string]*group{}, &group{index: -1}
	c.hidden, c.fresh, c.aging = deadline.Heap{}, deadline.Heap{}, deadline.Heap{}
	c.visible, c.inflight, c.delayed, c.busyGroups = 0, 0, 0, 0
	c.recent, c.attempts = window.Window[uint64]{}, window.Window[[]attempted]{}
	c.picked = nil
}

// insert adds a message, in no state yet. It gets the next sequence number, unless
// it has one.
func (c *core) insert(groupID string, sentAt int64, seq uint64) (uint32, *record) {
	if seq == 0 {
		c.seq++
		seq = c.seq
	}
	ref, r := c.records.New()
	c.join(ref, r, groupID, sentAt, seq)
	return ref, r
}

// join adds a message under its reference, in no state yet.
func (c *core) join(ref uint32, r *record, groupID string, sentAt int64, seq uint64) {
	r.seq, r.sentAt = seq, sentAt
	r.group = c.plain
	if groupID != "" {
		g := c.groups[groupID]
		if g == nil {
			g = &group{id: groupID, index: -1}
			c.groups[groupID] = g
			c.mostGroups = max(c.mostGroups, len(c.groups))
		}
		r.group = g
	}
	r.group.members++
	c.aging.Push(deadline.Entry{At: sentAt, Order: uint32(r.seq), Ref: ref})
	c.line.enter(c, ref, r)
}

// remove takes a message out of the queue for good.
func (c *core) remove(ref uint32, r *record) {
	c.log.gone(ref, r)
	c.detach(ref, r)
	c.records.Free(ref)
}

// detach takes a message out of the queue, but keeps its place in the slab, which is
// zero then, from being used again. The journal is told nothing.
func (c *core) detach(ref uint32, r *record) {
	c.log.release(r)
	c.unschedule(r)
	c.setState(ref, r, 0)
	c.line.leave(c, ref, r)
	g := r.group
	if g.members--; g.members == 0 && g != c.plain {
		delete(c.groups, g.id)
		if len(c.groups) == 0 && c.mostGroups > 1024 { // a map never shrinks by itself
			c.groups, c.mostGroups = map[string]*group{}, 0
		}
	}
	*r = record{}
	if c.aging.Forget() {
		c.aging.Sweep(c.isAging)
	}
}

// link puts a message into its group's list before another; 0 means at the end.
func (c *core) link(ref uint32, r *record, next uint32) {
	g := r.group
	r.next, r.prev = next, g.tail
	if next == 0 {
		g.tail = ref
	} else {
		r.prev = c.records.At(next).prev
		c.records.At(next).prev = ref
	}
	if r.prev == 0 {
		g.head = ref
	} else {
		c.records.At(r.prev).next = ref
	}
}

// unlink takes a message out of its group's list.
func (c *core) unlink(r *record) {
	g := r.group
	if r.prev == 0 {
		g.head = r.next
	} else {
		c.records.At(r.prev).next = r.next
	}
	if r.next == 0 {
		g.tail = r.prev
	} else {
		c.records.At(r.next).prev = r.prev
	}
	r.prev, r.next = 0, 0
}

func (c *core) setState(ref uint32, r *record, to state) {
	was := r.state
	c.count(r.group, was, -1)
	c.count(r.group, to, +1)
	r.state = to
	c.line.changed(c, ref, r, was)
}

func (c *core) count(g *group, s state, by int) {
	switch s {
	case ready:
		c.visible += by
	case delayed:
		c.delayed += by
	case inFlight:
		if g.inflight == 0 {
			c.busyGroups++
		}
		c.inflight += by
		g.inflight += by
		if g.inflight == 0 {
			c.busyGroups--
		}
	}
}

// hide sets a message in flight or under its own delay until due.
func (c *core) hide(ref uint32, r *record, to state, due int64) {
	c.unschedule(r)
	r.due = due
	c.hidden.Push(deadline.Entry{At: due, Order: uint32(r.seq), Ref: ref})
	if r.state != to {
		c.setState(ref, r, to)
	}
}

// show makes a message ready.
func (c *core) show(ref uint32, r *record) {
	c.unschedule(r)
	c.setState(ref, r, ready)
}

// unschedule calls off the end of a message's visibility timeout or delay.
func (c *core) unschedule(r *record) {
	switch {
	case r.state == committing:
		r.due = 0
	case r.due != 0:
		r.due = 0
		if c.hidden.Forget() {
			c.hidden.Sweep(c.isHidden)
		}
	case r.state == delayed:
		if c.fresh.Forget() {
			c.fresh.Sweep(c.isFresh)
		}
	}
}

func (c *core) isHidden(e deadline.Entry) bool {
	r := c.records.At(e.Ref)
	return r != nil && r.due == e.At && uint32(r.seq) == e.Order
}

func (c *core) isFresh(e deadline.Entry) bool {
	r := c.records.At(e.Ref)
	return r != nil && r.state == delayed && uint32(r.seq) == e.Order
}

func (c *core) isAging(e deadline.Entry) bool {
	r := c.records.At(e.Ref)
	return r != nil && r.state != 0 && r.sentAt == e.At && uint32(r.seq) == e.Order
}
