package sqs

import (
	"sync/atomic"

	"github.com/leat-go/leat/internal/window"
)

// recentLog knows, for the deduplication ids that a FIFO queue on disk remembers, in
// which segment of the journal each is. Cleaning copies those out of the segments that
// go. Queues in memory have none.
type recentLog struct {
	live  *atomic.Int64 // bytes of the journal that are needed
	ids   []recentID    // in the order in which they were sent
	homed int           // of them, at the front, that are in the journal
	past  int           // how many there were before them
}

type recentID struct {
	key     string
	seq     uint64
	at      int64
	segment uint32
}

func (l *recentLog) add(now int64, key string, seq uint64) {
	l.ids = append(l.ids, recentID{key: key, seq: seq, at: now})
	l.count(&l.ids[len(l.ids)-1], +1)
	if len(l.ids) == cap(l.ids) { // before it grows, and so rarely
		l.forget(now)
	}
}

// count counts what an id takes of the journal, so that cleaning does not try to be rid of
// what it has to keep. Without a key it is not kept.
func (l *recentLog) count(e *recentID, times int64) {
	if e.key != "" {
		l.live.Add(times * int64(len(e.key)+recentOverhead))
	}
}

// recentOverhead is about how many bytes an id takes besides its key.
const recentOverhead = 24

// forget drops what is too old, if that is much.
func (l *recentLog) forget(now int64) {
	old := 0
	for old < l.homed && now-l.ids[old].at >= window.Length {
		old++
	}
	if old > len(l.ids)/4 {
		l.drop(old)
	}
}

// drop forgets the first n, which are in the journal.
func (l *recentLog) drop(n int) {
	for i := range l.ids[:n] {
		l.count(&l.ids[i], -1)
	}
	l.ids = append(l.ids[:0:0], l.ids[n:]...)
	l.homed -= n
	l.past += n
}

// placed says where the first is that was not in the journal.
func (l *recentLog) placed(segment uint32) {
	if l.homed < len(l.ids) {
		l.ids[l.homed].segment = segment
		l.homed++
	}
}

// takeBack forgets the deduplication id of a message that was not sent after all, and
// returns it.
func (l *recentLog) takeBack(seq uint64) (e recentID, ok bool) {
	for i := len(l.ids) - 1; i >= 0; i-- {
		if e = l.ids[i]; e.seq == seq && e.key != "" {
			l.count(&l.ids[i], -1)
			l.ids[i].key = ""
			return e, true
		}
	}
	return recentID{}, false
}

// takeBackUntil forgets a deduplication id that was sent at a time, or before.
func (l *recentLog) takeBackUntil(at int64, key string) {
	for i := range l.ids {
		if e := &l.ids[i]; e.key == key && e.at <= at {
			l.count(e, -1)
			e.key = ""
		}
	}
}

// clear forgets all, but for what is on its way to the journal.
func (l *recentLog) clear() {
	for i := range l.ids {
		l.count(&l.ids[i], -1)
		l.ids[i].key = "" // is remembered no more
	}
	l.drop(l.homed)
}
