package kinesis

import (
	"errors"
	"slices"
	"sync/atomic"

	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/journal"
)

// streamDisk is the journal of a durable stream. What happens to the stream is added to
// it under the stream's lock, and waited for without.
type streamDisk struct {
	number  int64
	fs      faultfs.FS
	journal *journal.Journal
	service *serviceDisk

	pending []pendingBatch        // what was added and is not done, oldest first; guarded by stream.mu
	spare   [][]uint32            // offsets to be used again; guarded by stream.mu
	cleaner cleaner               // guarded by stream.mu
	broken  atomic.Pointer[Error] // set when a change was made that could not be added, until the stream is gone
}

// pendingBatch is what readers may see when a batch is done.
type pendingBatch struct {
	ticket  journal.Ticket
	offsets []uint32      // of the records, in the order in which they were put
	opened  []*shardState // shards
	closed  []*shardState
}

// storable returns the error of an operation that has to be stored while nothing can be.
// If something waits for space it is tried again.
func (s *LocalStream) storable(op string) error {
	if s.disk == nil {
		return nil
	}
	if e := s.disk.broken.Load(); e != nil {
		return &Error{Op: op, Stream: s.name, Err: e.Err}
	}
	if !s.disk.journal.Stuck() {
		return nil
	}
	err := s.disk.journal.Retry()
	s.settle()
	return s.storageErr(op, err)
}

// write adds facts to the stream's journal, as one batch. The caller holds the lock that
// guards what they say, and has not changed that yet.
func (s *LocalStream) write(op string, facts ...[]byte) (journal.Ticket, error) {
	if s.disk == nil {
		return journal.Ticket{}, nil
	}
	t, err := s.disk.journal.Add(facts...)
	return t, s.storageErr(op, err)
}

// lose makes every later change fail, because one that was made could not be added.
func (s *LocalStream) lose(op string, err error) error {
	lost := stored(op, s.name, &journal.Error{Op: op, Err: journal.ErrFailed, Cause: err})
	if e, ok := lost.(*Error); ok {
		s.disk.broken.Store(e)
	}
	return lost
}

// writeSettings adds the settings as edit makes them, and other facts. The caller holds
// admin and mu.
func (s *LocalStream) writeSettings(op string, edit func(*settings), others ...[]byte) (journal.Ticket, error) {
	if s.disk == nil {
		return journal.Ticket{}, nil
	}
	set := s.settings()
	edit(set)
	t, err := s.write(op, append([][]byte{set.fact()}, others...)...)
	if err == nil { // nobody waits for it to see more, but cleaning has to know how far the log is
		s.disk.pending = append(s.disk.pending, pendingBatch{ticket: t})
	}
	return t, err
}

// writeShards adds what became of shards: those from an index on were opened, and those
// from a place in core.closed on were closed, or both. It makes readers see them when
// that is durable. The caller holds mu.
func (s *LocalStream) writeShards(op string, opened, closed int, others ...[]byte) (journal.Ticket, error) {
	if s.disk == nil {
		return journal.Ticket{}, nil
	}
	c := s.core
	p := pendingBatch{closed: slices.Clone(c.closed[closed:])}
	shards := slices.DeleteFunc(slices.Clone(p.closed), func(sh *shardState) bool { return sh.index >= opened })
	for _, sh := range c.shards[len(c.shards)-(c.next-opened):] {
		p.opened = append(p.opened, sh)
		shards = append(shards, sh)
	}
	t, err := s.disk.journal.Add(append([][]byte{shardsFact(factShards, c.next, shards)}, others...)...)
	if err != nil {
		return t, s.lose(op, err)
	}
	p.ticket = t
	s.disk.pending = append(s.disk.pending, p)
	return t, nil
}

// keep waits until what was added is durable. The caller holds no lock.
func (s *LocalStream) keep(op string, t journal.Ticket) error {
	if s.disk == nil {
		return nil
	}
	err := t.Wait()
	s.settle()
	return s.storageErr(op, err)
}

// storageErr returns the error of an operation whose storage said err. A journal is
// closed when the stream is gone.
func (s *LocalStream) storageErr(op string, err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-s.ended:
		return s.err(op, s.gone) // which does not change any more
	default:
		return stored(op, s.name, err)
	}
}

// settle shows readers what has become durable.
func (s *LocalStream) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone == nil {
		now := s.registry.now()
		s.settleAt(now)
		s.core.advance(now)
	}
}

// settleAt is settle for those who hold mu and let the core advance.
func (s *LocalStream) settleAt(now int64) {
	d := s.disk
	for len(d.pending) > 0 {
		p := &d.pending[0]
		if done, err := p.ticket.Done(); !done || err != nil {
			break
		}
		s.core.settle(p.ticket, p.offsets)
		for _, sh := range p.opened {
			sh.hidden = false
		}
		for _, sh := range p.closed {
			sh.sealed = true
			sh.wakeAll()
		}
		if p.offsets != nil && len(d.spare) < 16 {
			d.spare = append(d.spare, p.offsets[:0])
		}
		*p = pendingBatch{}
		if d.pending = d.pending[1:]; len(d.pending) == 0 {
			d.pending = nil
		}
	}
	s.core.chill(d.service.budget)
	s.clean(now)
}

// offsets returns the offsets of records in a batch.
func (d *streamDisk) offsets(records [][]byte) []uint32 {
	var into []uint32
	if last := len(d.spare) - 1; last >= 0 {
		into, d.spare = d.spare[last], d.spare[:last]
	}
	return journal.Offsets(into, records...)
}

// close ends the use of the directory.
func (d *streamDisk) close() error {
	d.cleaner.wg.Wait()
	return errors.Join(d.journal.Close(), d.fs.Close())
}
