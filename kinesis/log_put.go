package kinesis

import (
	"time"

	"github.com/leat-go/leat/internal/journal"
	"github.com/leat-go/leat/kinesis/internal/shard"
)

// writeMost is how many bytes of records go into one batch of the journal, unless it
// is a single one.
const writeMost = 16 << 20

// writeRecords adds the records of a Put, which the core has, to the journal. If that
// fails the core does not have those any more that could not be added. The caller holds
// mu.
func (s *LocalStream) writeRecords(now int64, p *putting) error {
	arrived := now / int64(time.Millisecond)
	records := p.records[:0] // never ahead of what is read of it
	from, size := 0, 0       // of what comes next: the first entry, the bytes
	for i, record := range p.records {
		if p.puts[i].SequenceNumber.IsZero() {
			continue
		}
		if size > 0 && size+len(record) > writeMost { // so there is no frame
			if err := s.addRecords(p, records, from); err != nil {
				return err
			}
			records, from, size = records[:0], i, 0
		}
		n := p.puts[i].SequenceNumber.n
		stampRecord(record, n.Shard(), n.Index(), arrived)
		records = append(records, record)
		size += len(record)
	}
	if len(records) == 0 {
		return nil
	}
	return s.addRecords(p, records, from)
}

// addRecords adds a batch of records to the journal, the first of which is that of the
// entry from, or takes that and all that follow out of the core.
func (s *LocalStream) addRecords(p *putting, records [][]byte, from int) error {
	var t journal.Ticket
	var err error
	if p.frame != nil && len(records) == len(p.records) {
		t, err = s.disk.journal.AddFrame(p.frame)
	} else {
		t, err = s.disk.journal.Add(records...)
	}
	if err != nil {
		for i := len(p.puts) - 1; i >= from; i-- {
			if n := p.puts[i].SequenceNumber.n; n != (shard.SequenceNumber{}) {
				s.core.unput(s.core.byIndex[n.Shard()])
			}
		}
		return s.storageErr("Put", err)
	}
	p.ticket = t
	s.disk.pending = append(s.disk.pending, pendingBatch{ticket: t, offsets: s.disk.offsets(records)})
	return nil
}
