package kinesis

import "sync"

// arena gives out the memory for the data of records. Records that are put at about
// the same time share a chunk, which is let go when none of them is kept any more.
type arena struct {
	mu    sync.Mutex
	chunk []byte // what is left of it; guarded by mu
	size  int    // of the last chunk; guarded by mu
}

const (
	smallestChunk = 4 << 10
	largestChunk  = 256 << 10
	ownChunk      = largestChunk / 4 // a record of that size gets memory of its own
)

// take sets into to memory of some sizes in bytes, but for the entries that have failed.
func (a *arena) take(into [][]byte, sizes []int, failed failures) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, n := range sizes {
		if into[i] = nil; !failed.Skip(i) {
			into[i] = a.piece(n)
		}
	}
}

// piece returns n bytes. The caller holds mu.
func (a *arena) piece(n int) []byte {
	if n >= ownChunk {
		return make([]byte, n)
	}
	if n > len(a.chunk) {
		a.size = min(max(2*a.size, smallestChunk), largestChunk)
		for a.size < n {
			a.size *= 2
		}
		a.chunk = make([]byte, a.size)
	}
	data := a.chunk[:n:n]
	a.chunk = a.chunk[n:]
	return data
}
