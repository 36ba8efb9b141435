package kinesis

import (
	"time"

	"github.com/leat-go/leat/internal/journal"
)

// What follows is for the logs of durable streams, whose records are on disk as well.

// reserve notes how long the newest record is on disk, where it has no place yet.
func (l *recordLog) reserve(size int) {
	b := &l.blocks[len(l.blocks)-1]
	b.places = append(b.places, journal.Place{Size: uint32(size)})
}

// undo removes the newest record, which has only been reserved.
func (l *recordLog) undo() {
	b := &l.blocks[len(l.blocks)-1]
	b.entries[len(b.entries)-1] = entry{}
	b.entries = b.entries[:len(b.entries)-1]
	b.places = b.places[:len(b.entries)]
	if l.count--; len(b.entries) == 0 || l.count == 0 {
		l.blocks = l.blocks[:len(l.blocks)-1]
	}
	if l.count == 0 {
		l.blocks, l.head = nil, 0
	}
}

// chill lets go of key and data of the oldest record that is not cold, and returns how
// many bytes they had.
func (l *recordLog) chill() (size int64) {
	e := l.at(l.cold)
	size = e.size()
	e.key, e.data = "", nil
	l.cold++
	if at := l.head + l.cold; at%blockRecords == 0 {
		b := &l.blocks[at/blockRecords-1]
		b.arrivals = make([]int64, blockRecords)
		for i := range b.entries {
			b.arrivals[i] = b.entries[i].arrived
		}
		b.entries = nil
	}
	return size
}

// restore appends a record that is on disk. All that were appended before are cold.
func (l *recordLog) restore(arrived int64, at journal.Place) {
	b := l.room()
	b.arrivals = append(b.arrivals, arrived)
	b.places = append(b.places, at)
	l.count++
	l.cold++
}

// isLost tells whether the record at a place is one that Salvage has lost, but whose
// place has to be kept because records before it were not.
func (l *recordLog) isLost(i int) bool { return i < l.cold && l.place(i).Segment == 0 }

// found returns the place of the first record from a place on that is not lost. The
// newest never is.
func (l *recordLog) found(i int) int {
	for i < l.cold && l.isLost(i) {
		i++
	}
	return i
}

// coldRecord is where to read a record that is only on disk, and what it has to be.
type coldRecord struct {
	index, arrived int64
	place          journal.Place
}

// coldRecords fills in what is known of the records from a place on that are cold.
func (sh *shardState) coldRecords(records []Record, place int) (cold []coldRecord) {
	n := min(sh.log.cold-place, len(records))
	if n <= 0 {
		return nil
	}
	cold = make([]coldRecord, n)
	for i := range cold {
		c := coldRecord{sh.oldest() + int64(place+i), sh.log.arrived(place + i), *sh.log.place(place + i)}
		cold[i] = c
		records[i].SequenceNumber = sh.number(c.index, c.arrived)
		records[i].ArrivalTime = time.UnixMilli(c.arrived)
	}
	return cold
}

// restored makes a log to which records were restored ready for others.
func (l *recordLog) restored() {
	if len(l.blocks) == 0 {
		return
	}
	b := &l.blocks[len(l.blocks)-1]
	if len(b.arrivals) == blockRecords {
		return
	}
	for _, arrived := range b.arrivals {
		b.entries = append(b.entries, entry{arrived: arrived})
	}
	b.arrivals = nil
}
