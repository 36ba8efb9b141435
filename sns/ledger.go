package sns

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/internal/journal"
)

// ledger is what a durable service writes to its journal, and what it knows of that: the
// latest fact about everything that snapshots keep, and the messages that are needed.
// Facts are added while the locks are held that guard what they are about, so that the
// order in the journal is that of the changes. A service in memory has none: nil.
type ledger struct {
	journal     *journal.Journal
	now         func() int64
	segmentSize int64
	order       atomic.Uint64 // of messages and of what is put into a lane later, the latest
	cleaners    sync.WaitGroup

	mu        sync.Mutex // taken last; guards the next fields
	number    uint64     // of topics and subscriptions, the latest
	meta      map[metaKey][]byte
	sequences map[uint64]uint64 // by topic, the sequence number of its latest message
	unplaced  shelf             // messages of which it is not known what segment has them
	placed    map[uint64]*shelf // the others by their segments
	live      int64             // bytes of the records of all messages
	unsaid    map[*saved]bool   // those about whom the latest facts could not be added
	scratch   []byte
	added     int64 // bytes
	looked    int64 // of added, when it was last looked whether to clean
	cleaning  bool
	closed    bool
}

// commit stands for facts that were added together. Nobody sees what they are about
// before it is done. Nil stands for nothing to wait for.
type commit struct {
	asked []*saved // messages that were added besides what the operation is about; not changed

	mu      sync.Mutex // held by who makes it until the ticket is set; guards the next fields
	ticket  journal.Ticket
	err     error
	decided bool // whether it was stored, which err says; a later attempt does not count

	good atomic.Bool // decided, without an error
	bad  atomic.Bool // decided, with one
}

// wait waits until it is durable. The first result counts for all: what was refused for
// want of space is taken back, and must not be seen although it is written later.
func (c *commit) wait() error {
	if c == nil || c.good.Load() {
		return nil
	}
	c.mu.Lock()
	ticket, decided := c.ticket, c.decided || c.err != nil
	c.mu.Unlock()
	var err error
	if !decided {
		err = ticket.Wait()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.decide(err)
}

// decide makes an error, or its absence, the result, unless there is one. The caller holds
// mu.
func (c *commit) decide(err error) error {
	if !c.decided && c.err == nil {
		c.err = err
	}
	c.decided = true
	c.good.Store(c.err == nil)
	c.bad.Store(c.err != nil)
	return c.err
}

// refuse makes an error the result, unless there is one. It reports false if that is that
// it was stored.
func (c *commit) refuse(err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.decide(err) != nil
}

// stored tells whether it is known to be durable.
func (c *commit) stored() bool {
	if c == nil || c.good.Load() {
		return true
	}
	if !c.mu.TryLock() {
		return false
	}
	defer c.mu.Unlock()
	if !c.decided && c.err == nil {
		if acked, err := c.ticket.Acked(); acked {
			c.decide(err)
		}
	}
	return c.good.Load()
}

// ready returns why an operation that has to be acknowledged can not be begun: the
// service is closed, or the journal has failed, or it waits for space on the disk and
// still finds none.
func (l *ledger) ready(op, resource string) error {
	if l == nil {
		return nil
	}
	err := l.journal.Retry()
	if err != nil && l.isClosed() { // whatever its journal has died of
		err = journal.ErrClosed
	}
	return stored(op, resource, err)
}

func (l *ledger) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// ready is that of the ledger. Of a topic that is gone it is that.
func (t *LocalTopic) ready(op, resource string) error {
	err := t.ledger.ready(op, resource)
	if err != nil {
		if gone := t.open(op); gone != nil {
			return gone
		}
	}
	return err
}

// barrier waits for what was added before, for an operation that found its work done.
func (l *ledger) barrier(op, resource string) error {
	if l == nil {
		return nil
	}
	return stored(op, resource, l.journal.Barrier().Wait())
}

// await waits for what an operation has changed. If it could not be stored, the messages
// that were to say so to an endpoint are taken back.
func (l *ledger) await(op, resource string, c *commit) error {
	if c == nil {
		return nil
	}
	err := c.wait()
	if err != nil {
		l.retract(c.asked)
	}
	return stored(op, resource, err)
}

// nextNumber returns a number for a topic or a subscription that no other ever had.
func (l *ledger) nextNumber() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.number++
	return l.number
}

// add adds records as one batch. The caller holds mu, as in all functions below.
func (l *ledger) add(records ...[]byte) (journal.Ticket, error) {
	if len(l.unsaid) > 0 && !l.journal.Stuck() {
		l.repeat()
	}
	ticket, err := l.journal.Add(records...)
	for _, r := range records {
		l.added += int64(len(r)) + 2
	}
	l.added += batchOverhead
	if l.added-l.looked > l.segmentSize/4 {
		l.looked = l.added
		l.tidy()
	}
	return ticket, err
}

// batchOverhead is about what a batch takes besides its records.
const batchOverhead = 32

// ride adds a fact that nobody waits for.
func (l *ledger) ride(k *saved, fact interface{ append([]byte) []byte }) {
	l.scratch = fact.append(l.scratch[:0])
	if _, err := l.add(l.scratch); errors.Is(err, journal.ErrNoSpace) {
		if l.unsaid == nil {
			l.unsaid = map[*saved]bool{}
		}
		l.unsaid[k] = true
	}
}

// repeat adds what riders could not, when too much waited for space.
func (l *ledger) repeat() {
	unsaid := l.unsaid
	l.unsaid = nil
	for k := range unsaid {
		var record []byte
		if k.needed() {
			record = k.append(nil)
		} else {
			record = (&numbersFact{kind: factMessageGone, a: k.ref}).append(nil)
		}
		if _, err := l.journal.Add(record); err != nil {
			l.unsaid = unsaid // some of it twice, which does no harm
			return
		}
	}
}

// change is a fact that snapshots keep. Without a record its subject is gone.
type change struct {
	key    metaKey
	record []byte
}

// put adds changes, other records behind them, and messages that the changes have sent.
func (l *ledger) put(c *commit, changes []change, others ...[]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	records := make([][]byte, 0, len(changes)+len(others)+len(c.asked))
	for _, ch := range changes {
		if ch.record == nil {
			delete(l.meta, ch.key)
			records = append(records, ch.key.gone())
		} else {
			l.meta[ch.key] = ch.record
			records = append(records, ch.record)
		}
	}
	records = append(records, others...)
	behind := len(records)
	for _, k := range c.asked {
		records = append(records, k.append(nil))
	}
	c.ticket, c.err = l.add(records...)
	for i, k := range c.asked {
		l.list(k, c, len(records[behind+i]))
	}
}

// list enters a message that was added with a commit, with so many bytes.
func (l *ledger) list(k *saved, c *commit, bytes int) {
	if c.err != nil {
		return
	}
	k.ticket = c.ticket
	k.bytes = int64(bytes) + batchOverhead
	l.live += k.bytes
	l.unplaced.push(k)
}

// release lets a message go if nobody needs it any more.
func (l *ledger) release(k *saved) {
	if k.live == 0 {
		k.strip()
	}
	if !k.needed() && k.shelf != nil {
		k.take()
		l.live -= k.bytes
	}
}
