package kinesis

// arrivals remembers for every record that is kept, in the order of arrival, the slot of
// its shard. That is the order in which records leave.
type arrivals struct {
	blocks [][]uint32 // all but the last are full
	head   int        // places at the front of the first block that are empty
}

const blockArrivals = 1024

func (a *arrivals) push(slot uint32) {
	last := len(a.blocks) - 1
	if last < 0 || len(a.blocks[last]) == blockArrivals {
		a.blocks = append(a.blocks, make([]uint32, 0, blockArrivals))
		last++
	}
	a.blocks[last] = append(a.blocks[last], slot)
}

// first returns the slot of the oldest record, if there is one.
func (a *arrivals) first() (slot uint32, ok bool) {
	if len(a.blocks) == 0 || a.head == len(a.blocks[0]) {
		return 0, false
	}
	return a.blocks[0][a.head], true
}

// at returns the slot of the record with so many older ones.
func (a *arrivals) at(i int64) (slot uint32) {
	i += int64(a.head)
	return a.blocks[i/blockArrivals][i%blockArrivals]
}

// undo forgets the newest record.
func (a *arrivals) undo() {
	last := len(a.blocks) - 1
	if a.blocks[last] = a.blocks[last][:len(a.blocks[last])-1]; len(a.blocks[last]) == 0 {
		a.blocks = a.blocks[:last]
		if last == 0 {
			a.blocks, a.head = nil, 0
		}
	}
}

// pop forgets the oldest record.
func (a *arrivals) pop() {
	a.head++
	switch {
	case a.head == blockArrivals:
		a.blocks[0] = nil
		a.blocks, a.head = a.blocks[1:], 0
	case len(a.blocks) == 1 && a.head == len(a.blocks[0]):
		a.blocks[0], a.head = a.blocks[0][:0], 0
	}
}
