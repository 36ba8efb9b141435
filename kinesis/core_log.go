package kinesis

import "sort"

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
	blocks [][]entry
	head   int // places at the front of the first block that are empty
	count  int
}

const blockRecords = 64

func (l *recordLog) len() int { return l.count }

// at returns the record at a place, 0 for the oldest.
func (l *recordLog) at(i int) *entry {
	i += l.head
	return &l.blocks[i/blockRecords][i%blockRecords]
}

func (l *recordLog) append(e entry) {
	last := len(l.blocks) - 1
	switch {
	case last < 0:
		l.blocks = append(l.blocks, nil)
		last++
	case len(l.blocks[last]) == blockRecords:
		l.blocks = append(l.blocks, make([]entry, 0, blockRecords))
		last++
	}
	l.blocks[last] = append(l.blocks[last], e)
	l.count++
}

// drop removes the oldest record.
func (l *recordLog) drop() {
	l.blocks[0][l.head] = entry{}
	l.count--
	if l.head++; l.head == blockRecords {
		l.blocks[0] = nil
		l.blocks, l.head = l.blocks[1:], 0
	}
	if l.count == 0 {
		l.blocks, l.head = nil, 0
	}
}

// since returns the place of the first record that arrived at a time, in milliseconds,
// or later; the length if there is none.
func (l *recordLog) since(ms int64) int {
	return sort.Search(l.count, func(i int) bool { return l.at(i).arrived >= ms })
}
