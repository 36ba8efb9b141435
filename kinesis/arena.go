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

// copyData copies the data of the entries that have not failed.
func (a *arena) copyData(batch []Entry, failed failures) [][]byte {
	copies := make([][]byte, len(batch))
	a.mu.Lock()
	for i := range batch {
		if !failed.Skip(i) {
			copies[i] = a.take(len(batch[i].Data))
		}
	}
	a.mu.Unlock()
	for i, data := range copies {
		copy(data, batch[i].Data)
	}
	return copies
}

// encode copies the entries that have not failed, as they are in a journal but for their
// stamps. The data that it returns is in the records.
func (a *arena) encode(batch []Entry, failed failures) (records, data [][]byte) {
	records = make([][]byte, len(batch))
	a.mu.Lock()
	for i := range batch {
		if !failed.Skip(i) {
			records[i] = a.take(sizeOnDisk(len(batch[i].PartitionKey), len(batch[i].Data)))
		}
	}
	a.mu.Unlock()
	data = make([][]byte, len(batch))
	for i, b := range records {
		if b != nil {
			data[i] = encodeRecord(b, batch[i].PartitionKey, batch[i].Data)
		}
	}
	return records, data
}

// take returns n bytes. The caller holds mu.
func (a *arena) take(n int) []byte {
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
