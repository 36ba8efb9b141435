package sqs

import "github.com/leat-go/leat/internal/window"

// recentLog knows, for the deduplication ids that a FIFO queue on disk remembers, in
// which segment of the journal each is. Cleaning copies those out of the segments that
// go. Queues in memory have none.
type recentLog struct {
	ids   []recentID // in the order in which they were sent
	homed int        // of them, at the front, that are in the journal
}

type recentID struct {
	key     string
	seq     uint64
	at      int64
	segment uint32
}

func (l *recentLog) add(now int64, key string, seq uint64) {
	l.ids = append(l.ids, recentID{key: key, seq: seq, at: now})
	if len(l.ids) == cap(l.ids) { // before it grows, and so rarely
		l.forget(now)
	}
}

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
	l.ids = append(l.ids[:0:0], l.ids[n:]...)
	l.homed -= n
}

// placed says where the first is that was not in the journal.
func (l *recentLog) placed(segment uint32) {
	if l.homed < len(l.ids) {
		l.ids[l.homed].segment = segment
		l.homed++
	}
}

// clear forgets all, but for what is on its way to the journal.
func (l *recentLog) clear() {
	for i := range l.ids {
		l.ids[i].key = "" // is remembered no more
	}
	l.drop(l.homed)
}
