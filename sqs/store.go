package sqs

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/journal"
)

// store is the journal of a service on disk, and what its queues share around it.
type store struct {
	journal *journal.Journal
	files   faultfs.FS // to be closed after it, or nil
	waits   bool       // an acknowledgement waits for the journal; false under SyncNever
	budget  int64      // bytes of messages that stay in memory
	slack   int64      // how much the journal may be longer than twice what is live in it

	resident atomic.Int64          // bytes of messages in memory
	live     atomic.Int64          // bytes of the journal that messages are in
	numbers  atomic.Uint32         // the last number that a queue got
	failed   atomic.Pointer[error] // what the journal said before it was of no use any more
	moved    atomic.Bool           // something was added that the journal had elsewhere, and was not synced since

	mu       sync.Mutex
	cleaning bool           // guarded by mu
	closed   bool           // guarded by mu
	running  sync.WaitGroup // whatever cleans; added to under mu while not closed
}

// ready returns why nothing can be done now that the journal must be told of. If it was
// out of space it tries again, so that it is known before anything changes.
func (s *store) ready() error {
	if s == nil {
		return nil
	}
	if failed := s.failed.Load(); failed != nil {
		return *failed
	}
	if !s.journal.Stuck() {
		return nil
	}
	return s.fail(s.journal.Retry())
}

// wait waits for a ticket.
func (s *store) wait(t journal.Ticket) error { return s.fail(t.Wait()) }

// fail notes an error of the journal, which is the last if it is not for want of space and
// the journal was not just closed.
func (s *store) fail(err error) error {
	if err == nil || errors.Is(err, durable.ErrNoSpace) || errors.Is(err, journal.ErrClosed) {
		return err
	}
	first := err // so that only here err is on the heap
	s.failed.CompareAndSwap(nil, &first)
	return *s.failed.Load()
}

// add adds a single fact that is not about the messages of a queue.
func (s *store) add(record []byte) receipt {
	ticket, err := s.journal.Add(record)
	return receipt{store: s, ticket: ticket, added: err == nil, err: s.fail(err)}
}

// close ends the store. A nil store has nothing to end.
func (s *store) close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	was := s.closed
	s.closed = true
	s.mu.Unlock()
	s.running.Wait()
	if was {
		return nil
	}
	err := s.journal.Close()
	if s.files != nil {
		err = errors.Join(err, s.files.Close())
	}
	return stored("Close", "", err)
}

// adopt counts what a message takes of the memory.
func (f *feed) adopt(r *record) { f.store.resident.Add(r.weight()) }

// release counts a message out that leaves the queue.
func (f *feed) release(r *record) {
	if f == nil || r.state == 0 {
		return
	}
	if !r.isEvicted() {
		f.store.resident.Add(-r.weight())
	}
	f.store.live.Add(-int64(r.home.Size))
	r.home = journal.Place{}
}

// weight is about how many bytes of memory the texts of a message take.
func (r *record) weight() int64 {
	n := len(r.body) + len(r.dedupID)
	for name, a := range r.attrs {
		n += len(name) + len(a.DataType) + len(a.Value) + 64
	}
	return int64(n)
}

// place notes the place of a message in the journal.
func (s *store) place(r *record, place journal.Place) {
	s.live.Add(int64(place.Size) - int64(r.home.Size))
	r.home = place
}

// home notes the place of a message in the journal, and lets its texts go from memory if
// there is no room for them.
func (s *store) home(r *record, place journal.Place) {
	s.place(r, place)
	if s.resident.Load() > s.budget && !r.isEvicted() {
		s.resident.Add(-r.weight())
		r.body, r.attrs, r.dedupID = "", nil, ""
	}
}
