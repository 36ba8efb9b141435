package sqs

import (
	"errors"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/fields"
	"github.com/leat-go/leat/internal/journal"
)

// feed collects the facts about a queue while its lock is held. A queue in memory has
// none: the methods of a nil feed do nothing.
type feed struct {
	store *store
	queue uint32 // the queue's number

	buf    []byte
	ends   []int    // of the facts in buf
	placed []placed // those that are messages
	moves  bool     // some are about what the journal has elsewhere
	homes  []homing // messages whose place in the journal is not known yet, in the order of the journal
	seen   int      // of homes, at the front, that are done with
	recent recentLog

	records [][]byte // scratch
	offsets []uint32 // scratch
}

// placed is a fact in a feed that is a message.
type placed struct {
	fact   int
	ref    uint32
	seq    uint64
	recent bool
}

// homing is a message on its way to its place in the journal.
type homing struct {
	ticket       journal.Ticket
	offset, size uint32
	ref          uint32
	seq          uint64
	recent       bool // the next of the feed's recentLog is its deduplication id
}

func newFeed(s *store, queue uint32) *feed {
	return &feed{store: s, queue: queue, recent: recentLog{live: &s.live}}
}

func (f *feed) end() { f.ends = append(f.ends, len(f.buf)) }

// message tells of a message as it is: of a new one, or of one that was elsewhere in the
// journal until now.
func (f *feed) message(c *core, ref uint32, r *record, t *transfer, new bool) {
	if f == nil {
		return
	}
	m := fact{
		queue: f.queue, ref: ref, seq: r.seq, state: r.state, sentAt: r.sentAt, firstAt: r.firstAt, lastAt: r.lastAt,
		due: r.due, receives: r.receives, arrived: r.arrived, id: r.id,
	}
	if r.id != c.seeds.id.ID(r.seq) {
		m.flags |= flagID
	}
	recent := new && c.settings.fifo // its deduplication id counts
	if recent {
		m.flags |= flagRecent
		if c.settings.byGroup {
			m.flags |= flagByGroup
		}
	}
	f.moves = f.moves || !new
	if t.from != nil {
		m.flags |= flagMoved
		m.fromQueue, m.fromRef, m.fromSeq = t.from.log.queue, t.ref, t.fromSeq
	}
	f.placed = append(f.placed, placed{len(f.ends), ref, r.seq, recent})
	f.buf = appendMessage(f.buf, &m, t)
	f.end()
}

func (f *feed) changed(ref uint32, r *record) {
	if f == nil {
		return
	}
	f.buf = appendChanged(f.buf, f.queue, ref, r)
	f.end()
}

func (f *feed) gone(ref uint32, r *record) {
	if f == nil {
		return
	}
	f.buf = fields.AppendUints(append(f.buf, factGone), uint64(f.queue), uint64(ref), r.seq)
	f.end()
}

// purged tells that the queue was cleared, and forgets its deduplication ids.
func (f *feed) purged(now int64) {
	if f != nil {
		f.recent.clear()
		f.at(factPurged, now)
	}
}

func (f *feed) at(kind byte, now int64) {
	if f == nil {
		return
	}
	f.buf = fields.AppendUints(append(f.buf, kind), uint64(f.queue), uint64(now))
	f.end()
}

func (f *feed) remembered(e *recentID) {
	f.moves = true
	f.buf = fields.AppendUints(append(f.buf, factRecent), uint64(f.queue), e.seq, uint64(e.at))
	f.buf = append(f.buf, e.key...)
	f.end()
}

func (f *feed) data(kind byte, json []byte) {
	f.buf = append(append(f.buf, kind), json...)
	f.end()
}

// maxAdd is how many bytes of facts make one batch of the journal, but for a single
// fact that is longer.
const maxAdd = 16 << 20

// flush adds the facts to the journal. It does no I/O, and nothing is durable before
// the caller has waited for what it returns, without the lock.
func (f *feed) flush() receipt {
	if f == nil || len(f.ends) == 0 {
		return receipt{}
	}
	var last receipt
	start, next := 0, 0
	for first := 0; first < len(f.ends); {
		f.records = f.records[:0]
		begin, end := start, first
		for ; end < len(f.ends) && (end == first || f.ends[end]-begin <= maxAdd); end++ {
			f.records = append(f.records, f.buf[start:f.ends[end]])
			start = f.ends[end]
		}
		ticket, err := f.store.journal.Add(f.records...)
		if err != nil {
			last = receipt{store: f.store, err: f.store.fail(err)}
			if errors.Is(err, durable.ErrNoSpace) {
				f.keep(first, next)
				return last
			}
			break
		}
		last = receipt{store: f.store, ticket: ticket, added: true}
		if f.moves {
			f.store.moved.Store(true)
		}
		if next < len(f.placed) && f.placed[next].fact < end {
			f.offsets = journal.Offsets(f.offsets[:0], f.records...)
			for ; next < len(f.placed) && f.placed[next].fact < end; next++ {
				p := f.placed[next]
				i := p.fact - first
				f.homes = append(f.homes, homing{ticket, f.offsets[i], uint32(len(f.records[i])), p.ref, p.seq, p.recent})
			}
		}
		first = end
	}
	clear(f.records)
	f.ends, f.placed, f.moves = f.ends[:0], f.placed[:0], false
	if f.buf = f.buf[:0]; cap(f.buf) > 64*maxScratch {
		f.buf = nil
	}
	return last
}

// keep keeps the facts from one on for the next flush, and what is placed of them: they are
// true, and the journal must have them before anything later.
func (f *feed) keep(fact, next int) {
	begin := 0
	if fact > 0 {
		begin = f.ends[fact-1]
	}
	f.buf = append(f.buf[:0], f.buf[begin:]...)
	f.ends = append(f.ends[:0], f.ends[fact:]...)
	for i := range f.ends {
		f.ends[i] -= begin
	}
	f.placed = append(f.placed[:0], f.placed[next:]...)
	for i := range f.placed {
		f.placed[i].fact -= fact
	}
	clear(f.records)
}

// receipt is what an operation waits for before it says that something is done.
type receipt struct {
	store  *store // nil in memory
	ticket journal.Ticket
	added  bool
	err    error
}

// wait returns when everything is durable that was added up to the receipt.
func (r receipt) wait() error {
	if r.store == nil || r.err != nil {
		return r.err
	}
	return r.store.wait(r.ticket)
}

// isWritten tells whether what was added is in the journal by now.
func (r receipt) isWritten() bool {
	if !r.added || r.err != nil {
		return false
	}
	done, err := r.ticket.Done()
	return done && err == nil
}

// settled is wait, until it is known where everything is.
func (r receipt) settled() error {
	if !r.added {
		return r.err
	}
	if err := r.wait(); err != nil {
		return err
	}
	if done, _ := r.ticket.Done(); done {
		return nil
	}
	return r.store.fail(r.store.journal.Sync())
}

// settle notes where messages are in the journal, as far as that is known by now, and
// lets go of bodies for which there is no room in memory.
func (c *core) settle() {
	f := c.log
	if f == nil || f.seen == len(f.homes) {
		return
	}
	for ; f.seen < len(f.homes); f.seen++ {
		h := &f.homes[f.seen]
		if done, err := h.ticket.Done(); !done || err != nil {
			break
		}
		place := h.ticket.Place(h.offset, int(h.size))
		if h.recent {
			f.recent.placed(place.Segment)
		}
		if r := c.records.At(h.ref); r != nil && r.state != 0 && r.seq == h.seq {
			f.store.home(r, place)
		}
	}
	switch {
	case f.seen == len(f.homes):
		f.homes, f.seen = f.homes[:0], 0
		if cap(f.homes) > 4096 {
			f.homes = nil
		}
	case f.seen > 1024 && f.seen > len(f.homes)/2:
		f.homes = append(f.homes[:0:0], f.homes[f.seen:]...)
		f.seen = 0
	}
}

// isEvicted tells whether the message's text is in the journal only. A message at rest
// has a body, so an empty one is none.
func (r *record) isEvicted() bool { return r.body == "" && r.state != 0 }
