package kinesis

import (
	"runtime"
	"slices"
	"sync"

	"github.com/leat-go/leat/internal/journal"
	"github.com/leat-go/leat/kinesis/internal/shard"
)

// putting is a Put that goes on.
type putting struct {
	cfg    *Config
	batch  []Entry
	keys   []shard.HashKey
	data   [][]byte // the stream's own copies
	failed failures // entries that are not put

	puts    []Put
	refused failures
	split   int // how many shards were split because of it

	// Of a durable stream:
	records [][]byte       // the entries as they are in the journal
	sizes   []int          // of records, in bytes
	frame   *journal.Frame // what they are in, if they are large together
	ticket  journal.Ticket // of the last that was added
}

// ownFrame is how many bytes of records have a frame of the journal to themselves, so
// that they are not copied into one.
const ownFrame = 64 << 10

// yieldEvery is how many records a Put copies before others may go on: the disk has nothing
// to do while somebody whose sync is over waits for a processor.
const yieldEvery = 64

// sparePuttings has those whose slices are used again.
var sparePuttings = sync.Pool{New: func() any { return new(putting) }}

func newPutting(cfg *Config, batch []Entry) *putting {
	p, n := sparePuttings.Get().(*putting), len(batch)
	*p = putting{
		cfg: cfg, batch: batch,
		keys: sized(p.keys, n), data: sized(p.data, n), records: p.records[:0], sizes: sized(p.sizes, n),
	}
	return p
}

func sized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// release ends the use of p.
func (p *putting) release() {
	clear(p.data)
	clear(p.records)
	*p = putting{keys: p.keys, data: p.data, records: p.records, sizes: p.sizes}
	sparePuttings.Put(p)
}

// copy copies the entries that have not failed, for a durable stream as they are in a
// journal but for their stamps, and finds out the hash keys that are not explicit.
func (p *putting) copy(a *arena, disk *streamDisk) {
	bytes := 0
	for i := range p.batch {
		p.sizes[i] = len(p.batch[i].Data)
		if disk != nil {
			p.sizes[i] = sizeOnDisk(len(p.batch[i].PartitionKey), p.sizes[i])
		}
		bytes += p.sizes[i]
	}
	switch {
	case disk == nil:
		a.take(p.data, p.sizes, p.failed)
	case bytes >= disk.service.frames && bytes <= writeMost && len(p.failed) == 0:
		p.frame, p.records = journal.NewFrame(p.records, p.sizes...)
	default:
		p.records = sized(p.records, len(p.batch))
		a.take(p.records, p.sizes, p.failed)
	}
	for i := range p.batch {
		if disk != nil && i%yieldEvery == yieldEvery-1 {
			runtime.Gosched()
		}
		e := &p.batch[i]
		if e.ExplicitHashKey == "" {
			p.keys[i] = shard.KeyOf(e.PartitionKey)
		}
		switch {
		case disk == nil:
			copy(p.data[i], e.Data)
		case p.records[i] != nil:
			p.data[i] = encodeRecord(p.records[i], e.PartitionKey, e.Data)
		}
	}
}
