package kinesis

import (
	"sort"

	"github.com/leat-go/leat/internal/journal"
)

// entry is a record in a log. Its sequence number follows from its place.
type entry struct {
	key     string
	data    []byte
	arrived int64 // milliseconds since 1970
}

func (e *entry) size() int64 { return int64(len(e.key) + len(e.data)) }

// recordLog is the records of a shard that are kept, in order. All blocks but the last
// are full, so a place is found by division; only the first block of a log grows by
// copying, so that a shard with few records is small.
type recordLog struct {
	blocks []block
	head   int // places at the front of the first block that are empty
	count  int
	cold   int // how many of the oldest records have their key and data only on disk
}

// block is a piece of a log.
type block struct {
	entries  []entry
	arrivals []int64         // in the place of entries in a full block whose records are all cold
	places   []journal.Place // of a durable stream: where the records are on disk, as far as that is known
}

const blockRecords = 64

func (l *recordLog) len() int { return l.count }

// at returns the record at a place, 0 for the oldest. It must not be a cold one.
func (l *recordLog) at(i int) *entry {
	i += l.head
	return &l.blocks[i/blockRecords].entries[i%blockRecords]
}

// arrived returns when the record at a place arrived, in milliseconds.
func (l *recordLog) arrived(i int) int64 {
	i += l.head
	b := &l.blocks[i/blockRecords]
	if b.arrivals != nil {
		return b.arrivals[i%blockRecords]
	}
	return b.entries[i%blockRecords].arrived
}

// size returns the bytes of key and data of the record at a place.
func (l *recordLog) size(i int) int64 {
	if i < l.cold {
		return sizeAt(*l.place(i))
	}
	return l.at(i).size()
}

// place returns where on disk the record at a place is.
func (l *recordLog) place(i int) *journal.Place {
	i += l.head
	return &l.blocks[i/blockRecords].places[i%blockRecords]
}

func (l *recordLog) append(e entry) {
	b := l.room()
	b.entries = append(b.entries, e)
	l.count++
}

// room returns the block that takes the next record.
func (l *recordLog) room() *block {
	last := len(l.blocks) - 1
	switch {
	case last < 0:
		l.blocks = append(l.blocks, block{})
		last++
	case len(l.blocks[last].entries) == blockRecords || len(l.blocks[last].arrivals) == blockRecords:
		fresh := block{}
		if l.blocks[last].entries != nil {
			fresh.entries = make([]entry, 0, blockRecords)
		}
		l.blocks = append(l.blocks, fresh)
		last++
	}
	return &l.blocks[last]
}

// drop removes the oldest record.
func (l *recordLog) drop() {
	if first := &l.blocks[0]; first.entries != nil {
		first.entries[l.head] = entry{}
	}
	l.count--
	l.cold = max(l.cold-1, 0)
	if l.head++; l.head == blockRecords {
		l.blocks[0] = block{}
		l.blocks, l.head = l.blocks[1:], 0
	}
	if l.count == 0 {
		l.blocks, l.head = nil, 0
	}
}

// since returns the place of the first record that arrived at a time, in milliseconds,
// or later; the length if there is none.
func (l *recordLog) since(ms int64) int {
	return sort.Search(l.count, func(i int) bool { return l.arrived(i) >= ms })
}
