package sns

import (
	"slices"
	"time"

	"github.com/leat-go/leat/internal/window"
)

// fifo is what a FIFO topic knows besides its subscriptions: a state machine
// without a clock or a lock.
type fifo struct {
	byGroup  bool          // deduplication ids are unique in their group only
	keep     time.Duration // how long the archive keeps a message; 0 for not at all
	sequence uint64
	recent   window.Window[uint64] // sequence number by deduplication id
	archived []content             // in order
	since    int64                 // when the archive began
	ledger   *ledger               // nil in memory
}

// accept gives a message its sequence number; that of the original if it is a
// duplicate.
func (f *fifo) accept(now int64, m *message) (seq uint64, duplicate bool) {
	key := f.key(m)
	if original, ok := f.recent.Get(now, key); ok && original != takenBack {
		return original, true
	}
	f.sequence++
	f.recent.Put(now, key, f.sequence)
	return f.sequence, false
}

// key is what a message and its duplicates have in common.
func (f *fifo) key(m *message) string {
	if f.byGroup {
		return m.groupID + " " + m.dedupID // neither has a space
	}
	return m.dedupID
}

// takenBack stands in place of a sequence number for a message that could not be stored.
const takenBack = 0

// takeBack forgets a message that could not be stored. Nobody has seen it.
func (f *fifo) takeBack(k *saved) {
	if k.key != "" {
		f.recent.Put(k.at, k.key, takenBack)
	}
	f.archived = slices.DeleteFunc(f.archived, func(c content) bool { return c.saved == k })
}

// archive keeps a message, if the topic has an archive.
func (f *fifo) archive(now int64, m *message) {
	if f.keep == 0 {
		return
	}
	f.trim(now)
	f.archived = append(f.archived, m.content)
	if m.saved != nil {
		m.saved.archived = true
	}
}

// setArchive begins, changes or, for 0, ends the archive.
func (f *fifo) setArchive(now int64, keep time.Duration) {
	switch {
	case keep == 0:
		for i := range f.archived {
			f.dropped(&f.archived[i])
		}
		f.archived, f.since = nil, 0
	case f.keep == 0:
		f.since = now
	}
	f.keep = keep
	f.trim(now)
}

// trim forgets what is too old.
func (f *fifo) trim(now int64) {
	for len(f.archived) > 0 && now-f.archived[0].at >= int64(f.keep) {
		f.dropped(&f.archived[0])
		f.archived[0] = content{}
		f.archived = f.archived[1:]
	}
}

// dropped tells the ledger that a message is not archived any more.
func (f *fifo) dropped(c *content) {
	if c.saved != nil {
		f.ledger.forget(c.saved, true, false)
	}
}

// between visits the archived messages of a time window, bounds included.
func (f *fifo) between(now, from, to int64, visit func(*content)) {
	f.trim(now)
	for i := range f.archived {
		if c := &f.archived[i]; from <= c.at && c.at <= to {
			visit(c)
		}
	}
}
