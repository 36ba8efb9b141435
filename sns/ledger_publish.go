package sns

import (
	"cmp"
	"slices"
	"sync"

	"github.com/leat-go/leat/internal/window"
)

// maxBatch bounds what one batch of the journal has, in bytes; a message alone has at
// most a good MiB.
const maxBatch = 16 << 20

// publication is the messages of one Publish that are to be stored. Nil is that of a
// service in memory.
type publication struct {
	ledger    *ledger
	commit    *commit
	messages  []*saved
	originals []*commit // of what was published already
}

// publication begins one. It must be stored.
func (t *LocalTopic) publication(n int) *publication {
	l := t.ledger
	if l == nil {
		return nil
	}
	p := &publication{ledger: l, commit: &commit{}, messages: make([]*saved, 0, n)}
	p.commit.mu.Lock()
	return p
}

// keep makes a message one that is kept, before it is routed. A FIFO topic needs it for
// its key even if nobody gets it.
func (p *publication) keep(t *LocalTopic, m *message, seq uint64) {
	if p == nil {
		return
	}
	k := &saved{ref: p.ledger.order.Add(1), topic: t.number, seq: seq, at: m.at, content: &m.content, commit: p.commit}
	if m.sequence != "" {
		k.key, k.remembered = t.fifo.key(m), true
		t.remember(k)
	}
	m.saved = k
	p.messages = append(p.messages, k)
}

// again notes that a message was published already: the original has to be stored.
func (p *publication) again(t *LocalTopic, seq uint64) {
	if p == nil {
		return
	}
	var original *commit // nil for one that was there when the service was opened
	if i, ok := slices.BinarySearchFunc(t.recents, seq, func(k *saved, seq uint64) int { return cmp.Compare(k.seq, seq) }); ok {
		original = t.recents[i].commit
	}
	p.originals = append(p.originals, original)
}

// awaitOriginals waits until what was published before is stored. One that was taken back
// has no duplicates.
func (p *publication) awaitOriginals() error {
	for _, c := range p.originals {
		if err := c.wait(); err != nil {
			return err
		}
	}
	return nil
}

// await waits until the messages of a publication are stored. If they can not be, it takes
// them back, and what comes with the same deduplication ids again is no duplicate.
func (t *LocalTopic) await(p *publication) error {
	switch {
	case p == nil:
		return nil
	case len(p.messages) == 0 && len(p.originals) == 0:
		return nil // nobody gets them
	}
	err := p.awaitOriginals()
	switch {
	case len(p.messages) == 0 && err == nil:
		return p.ledger.barrier("Publish", t.name)
	case len(p.messages) == 0:
		return stored("Publish", t.name, err)
	case err == nil:
		err = p.commit.wait()
	case !p.commit.refuse(err):
		return stored("Publish", t.name, err) // although the others are published
	}
	if err == nil {
		return nil
	}
	t.order.Lock()
	for _, k := range p.messages {
		t.fifo.takeBack(k)
	}
	t.order.Unlock()
	p.ledger.retract(p.messages)
	t.sweep()
	return stored("Publish", t.name, err)
}

// sweep takes messages that could not be stored out of the lanes.
func (t *LocalTopic) sweep() {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for s := range t.everySubscription {
		s.out.mu.Lock()
		s.out.lane.sweep()
		s.out.mu.Unlock()
	}
}

// remember has the topic forget a message when its deduplication id is too old, and
// others before. The caller holds order.
func (t *LocalTopic) remember(k *saved) {
	for len(t.recents) > 0 && k.at-t.recents[0].at >= window.Length {
		t.ledger.forget(t.recents[0], false, true)
		t.recents[0] = nil
		t.recents = t.recents[1:]
	}
	t.recents = append(t.recents, k)
}

// overflow notes that a subscription had no room for a message: it will become a dead
// letter, or be dropped.
func (k *saved) overflow(place int32) {
	if k != nil {
		k.holders[place].stage = burying
	}
}

// records is scratch memory of those who store messages.
type records struct {
	b    []byte
	ends []int
	list [][]byte
}

var recordPool = sync.Pool{New: func() any { return &records{} }}

// store adds the messages to the journal. The caller holds the locks under which they
// were routed.
func (p *publication) store() {
	if p == nil {
		return
	}
	defer p.commit.mu.Unlock()
	needed := p.messages[:0]
	for _, k := range p.messages {
		if k.needed() {
			needed = append(needed, k)
		}
	}
	if p.messages = needed; len(needed) == 0 {
		return
	}
	r := recordPool.Get().(*records)
	defer r.release()
	for len(needed) > 0 {
		r.b, r.ends, r.list = r.b[:0], r.ends[:0], r.list[:0]
		for _, k := range needed {
			if r.b = k.append(r.b); len(r.b) > maxBatch && len(r.ends) > 0 {
				break
			}
			r.ends = append(r.ends, len(r.b))
		}
		begin := 0
		for _, end := range r.ends {
			r.list = append(r.list, r.b[begin:end])
			begin = end
		}
		p.ledger.publish(p.commit, needed[:len(r.list)], r.list)
		needed = needed[len(r.list):]
	}
}

func (r *records) release() {
	if cap(r.b) <= 1<<20 && cap(r.list) <= keepRouter {
		clear(r.list)
		recordPool.Put(r)
	}
}

// publish adds messages to the journal. After an error it adds no more.
func (l *ledger) publish(c *commit, messages []*saved, records [][]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.err == nil {
		c.ticket, c.err = l.add(records...)
	}
	for i, k := range messages {
		l.list(k, c, len(records[i]))
		l.sequences[k.topic] = max(l.sequences[k.topic], k.seq)
	}
}
