package sns

import (
	"encoding/binary"

	"github.com/leat-go/leat/internal/journal"
	"github.com/leat-go/leat/internal/window"
)

// A log is cleaned when it is longer than spareFactor times what is needed of it and
// spareSegments segments, or when nothing is needed of its oldest segment.
const (
	spareFactor   = 2
	spareSegments = 4
)

// cleanChunk is how many messages are copied with the lock held, and cleanBytes how many
// bytes of them it is after that ends it.
const (
	cleanChunk = 64
	cleanBytes = 256 << 10
)

// tidy has a goroutine clean the log if that is called for. The caller holds mu.
func (l *ledger) tidy() {
	if l.cleaning || l.closed || l.journal.Stuck() {
		return
	}
	segments := l.journal.Segments()
	if before := l.firstNeeded(segments); before == segments[0].Number && !l.tooLong(segments) {
		return
	}
	l.cleaning = true
	l.cleaners.Go(l.clean)
}

// tooLong tells whether there are more segments than there should be.
func (l *ledger) tooLong(segments []journal.Segment) bool {
	if len(segments) < 2 {
		return false
	}
	size := int64(0)
	for _, s := range segments {
		size += s.Size
	}
	return size > spareFactor*l.live+spareSegments*l.segmentSize
}

// firstNeeded returns the number of the first segment that has a message that is
// needed, else that of the last one. The caller holds mu.
func (l *ledger) firstNeeded(segments []journal.Segment) uint64 {
	l.place()
	first := segments[len(segments)-1].Number
	for segment, s := range l.placed {
		if s.first == nil {
			delete(l.placed, segment)
		} else {
			first = min(first, segment)
		}
	}
	if k := l.unplaced.first; k != nil {
		first = min(first, k.earliest(first))
	}
	return first
}

// earliest returns a segment before which a message that is not placed yet can not be.
// What was not written when the segments were listed is in the last of them or behind.
func (k *saved) earliest(last uint64) uint64 {
	if done, err := k.ticket.Done(); done && err == nil {
		return k.ticket.Commit().Segment
	}
	return last
}

// placeChunk bounds how many messages are placed at a time.
const placeChunk = 1024

// place puts messages on the shelves of their segments, now that they are written, and
// tells whether there may be more. The order of the unplaced ones is that of the journal,
// so the first that is not written ends it. What could not be committed will be taken back.
func (l *ledger) place() (more bool) {
	for range placeChunk {
		k := l.unplaced.first
		if k == nil {
			return false
		}
		if done, err := k.ticket.Done(); !done || err != nil {
			return false
		}
		k.segment = k.ticket.Commit().Segment
		l.shelve(k)
	}
	return true
}

// shelve puts a message on the shelf of its segment.
func (l *ledger) shelve(k *saved) {
	k.take()
	s := l.placed[k.segment]
	if s == nil {
		s = &shelf{}
		l.placed[k.segment] = s
	}
	s.push(k)
}

// cleanAtOnce is how many segments are given up with one snapshot.
const cleanAtOnce = 8

// clean gives up the oldest segments: what is needed of them is added again. It ends
// when the log is short enough, when another round would not make it shorter, or at the
// first error, which others see too.
func (l *ledger) clean() {
	defer func() {
		l.mu.Lock()
		l.cleaning = false
		l.mu.Unlock()
	}()
	for size := l.journal.Size(); l.cleanUpTo(l.last()); {
		now := l.journal.Size()
		if now >= size {
			return
		}
		size = now
	}
}

// last returns the number of the last segment.
func (l *ledger) last() uint64 {
	segments := l.journal.Segments()
	return segments[len(segments)-1].Number
}

// cleanUpTo gives up segments before one, and tells whether it did.
func (l *ledger) cleanUpTo(end uint64) (some bool) {
	for {
		oldest := l.journal.Segments()[0].Number
		before, err := l.drain(end)
		if err != nil || before == oldest {
			return some && err == nil
		}
		if l.snapshot() != nil || l.journal.Sync() != nil || l.journal.Trim(before) != nil {
			return false
		}
		some = true
	}
}

// drain adds again what is needed of some of the oldest segments, none from end on, and
// returns the first that is needed then.
func (l *ledger) drain(end uint64) (before uint64, err error) {
	for n := 0; ; n++ {
		l.mu.Lock()
		segments := l.journal.Segments()
		before = l.firstNeeded(segments)
		for len(segments) > 1 && segments[0].Number < before {
			segments = segments[1:]
		}
		enough := n == cleanAtOnce || l.closed || before >= end || !l.tooLong(segments)
		l.mu.Unlock()
		if enough {
			return before, nil
		}
		if err := l.copyForward(before); err != nil {
			return 0, err
		}
	}
}

// copyForward adds everything that is needed of a segment again, as it is now.
func (l *ledger) copyForward(segment uint64) error {
	for {
		moved, ticket, err := l.copyChunk(segment)
		if err == nil && len(moved) > 0 {
			err = ticket.Wait()
		}
		if err != nil || len(moved) == 0 {
			return err
		}
		done, _ := ticket.Done() // under SyncNever it takes a while
		if !done {
			if err := l.journal.Sync(); err != nil {
				return err
			}
		}
		l.mu.Lock()
		for _, k := range moved {
			if k.shelf != nil {
				k.segment = ticket.Commit().Segment
				l.shelve(k)
			}
		}
		l.mu.Unlock()
	}
}

// copyChunk adds some of the messages of a segment again.
func (l *ledger) copyChunk(segment uint64) (moved []*saved, ticket journal.Ticket, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k := l.unplaced.first; k != nil && k.earliest(segment+1) <= segment; k = l.unplaced.first {
		l.place()
	}
	s := l.placed[segment]
	if s == nil {
		return nil, ticket, nil
	}
	old := l.now() - window.Length
	var records [][]byte
	size := 0
	for k, next := s.first, (*saved)(nil); k != nil && len(moved) < cleanChunk && size < cleanBytes; k = next {
		next = k.next
		if k.remembered && k.at <= old {
			if k.remembered = false; !k.needed() {
				l.release(k)
				continue
			}
		}
		record := k.append(nil)
		l.live += int64(len(record)) + batchOverhead - k.bytes
		k.bytes = int64(len(record)) + batchOverhead
		moved, records = append(moved, k), append(records, record)
		size += len(record)
	}
	if len(moved) > 0 {
		ticket, err = l.journal.Add(records...)
	}
	return moved, ticket, err
}

// snapshot stores the latest fact about everything else. What it has is in the journal
// before.
func (l *ledger) snapshot() error {
	l.mu.Lock()
	counters := &numbersFact{kind: factCounters, a: l.order.Load(), b: l.number, at: l.now()}
	facts := make([][]byte, 0, 1+len(l.sequences)+len(l.meta))
	facts = append(facts, counters.append(nil))
	for topic, seq := range l.sequences {
		facts = append(facts, (&numbersFact{kind: factSequence, a: topic, b: seq}).append(nil))
	}
	for _, record := range l.meta {
		facts = append(facts, record)
	}
	l.mu.Unlock()
	if err := l.journal.Barrier().Wait(); err != nil {
		return err
	}
	return l.journal.Snapshot(appendSnapshot(nil, facts))
}

// snapshotVersion is the first byte of a snapshot.
const snapshotVersion = 1

func appendSnapshot(b []byte, facts [][]byte) []byte {
	b = append(b, snapshotVersion)
	for _, f := range facts {
		b = append(binary.AppendUvarint(b, uint64(len(f))), f...)
	}
	return b
}
