package kinesis

import (
	"sync"

	"github.com/leat-go/leat/durable"
)

// cleaner is what gives up what a journal does not need any more. It runs when there is
// something to give up, one at a time.
type cleaner struct {
	wg      sync.WaitGroup
	running bool
	first   uint64 // the oldest segment that may be there
	after   int64  // after an error, when to try again
}

// cleanAgain is how long a cleaner leaves it after an error, in nanoseconds.
const cleanAgain = int64(1e9)

// clean begins to give up segments, if there are such. The caller holds mu.
func (s *LocalStream) clean(now int64) {
	c := &s.disk.cleaner
	if c.running || now < c.after || uint64(s.core.needed()) <= c.first {
		return
	}
	c.running = true
	c.wg.Go(s.trim)
}

// trim gives up the segments of which nothing is needed any more. What they say of
// settings, shards and consumers goes into a snapshot first.
func (s *LocalStream) trim() {
	s.admin.Lock()
	s.mu.Lock()
	if s.gone != nil {
		s.mu.Unlock()
		s.admin.Unlock()
		return
	}
	first := uint64(s.core.needed())
	snapshot := s.snapshot()
	s.mu.Unlock()
	s.admin.Unlock()

	j := s.disk.journal
	var err error
	if s.disk.service.options.Sync != durable.SyncEach {
		// The snapshot must not be ahead of what it takes for granted.
		err = j.Sync()
	}
	if err == nil {
		err = j.Snapshot(snapshot)
	}
	if err == nil {
		err = j.Trim(first)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.disk.cleaner
	c.running = false
	if err != nil {
		c.after = s.registry.now() + cleanAgain
		return
	}
	c.first = first
}

// snapshot returns all of the stream but its records. The caller holds admin and mu.
func (s *LocalStream) snapshot() []byte {
	b := appendToSnapshot(nil, s.settings().fact())
	b = appendToSnapshot(b, shardsFact(factTable, s.core.next, s.core.shards))
	for _, c := range s.consumers {
		row := c.row()
		b = appendToSnapshot(b, row.fact())
	}
	return b
}

// settings returns what the journal has to know. The caller holds admin and mu.
func (s *LocalStream) settings() *settings {
	return &settings{arn{s.region, s.account, s.name}, s.createdAt.UnixNano(), s.state, s.changes, s.Config(), s.tags}
}
