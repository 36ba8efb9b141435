package firehose

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/leat-go/leat/internal/uid"
)

// Put is what a delivery stream says of a record that it accepted.
type Put struct {
	// RecordID is unique to the record: a UUID.
	RecordID string
}

// smallBatch is up to how many bytes batches share chunks of chunkSize for their data.
const (
	smallBatch = 8 << 10
	chunkSize  = 64 << 10
)

// Put buffers records. Their data, at most 1,024,000 bytes each, is copied. The result
// has one element per record, zero where it failed. When some records fail the others
// still happen, and the error is a [*BatchError] that names each failed index: with
// ErrValidation if it is too long, and with ErrServiceUnavailable if there is no room, as
// well as all that come after it. It fails as a whole with ErrInvalidArgument if the delivery
// stream has a Source, and with ErrResourceNotFound unless its status is ACTIVE.
// (PutRecord, PutRecordBatch.)
//
// The records of one Put, and of one that begins when it has returned, keep their order
// within their partition.
func (s *DeliveryStream) Put(ctx context.Context, batch ...[]byte) ([]Put, error) {
	const op = "Put"
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.feed != nil {
		e := s.err(op, ErrInvalidArgument)
		e.Message = "This operation is not permitted on KinesisStreamAsSource delivery stream type."
		return nil, e
	}
	var failed failures
	for i, data := range batch {
		if len(data) > maxRecord {
			e := s.err(op, ErrValidation)
			e.Message = "Value at 'record.data' failed to satisfy constraint: Member must have length less than or equal to 1024000"
			failed.Add(i, e)
		}
	}
	st := s.settings.Load()
	var copied arrivals
	for {
		copied = st.arrivals(batch, failed)
		s.mu.Lock()
		if st == s.settings.Load() {
			break
		}
		s.mu.Unlock()
		st = s.settings.Load()
	}
	if err := s.open(op); err != nil {
		s.mu.Unlock()
		return nil, err
	}
	now := s.registry.now()
	s.core.advance(now)
	first := s.core.sequence
	failed = s.admit(now, st, batch, copied, failed)
	s.leave(now)
	s.mu.Unlock()
	return s.named(first, len(batch), failed), batchError(failed)
}

// open returns why the delivery stream takes no records. The caller holds mu.
func (s *DeliveryStream) open(op string) error {
	switch {
	case s.draining && !s.deleted:
		return s.err(op, ErrClosed)
	case s.status(s.registry.now()) != StatusActive:
		return s.err(op, ErrResourceNotFound)
	}
	return nil
}

// arrivals is what is better done with a batch before locking.
type arrivals struct {
	block  []byte      // the data, if the batch is large, each record with its delimiter if there is one
	places []placement // if they are partitioned at once
}

func (s *settings) arrivals(batch [][]byte, failed failures) (a arrivals) {
	if s.cfg.Partitioning != nil && s.cfg.Transform == nil {
		a.places = make([]placement, len(batch))
		bad := failed
		for i, data := range batch {
			if !bad.Skip(i) {
				a.places[i] = s.place(data, nil)
			}
		}
	}
	total := 0
	for _, data := range batch {
		total += len(data)
	}
	if total <= smallBatch {
		return a
	}
	good := make([][]byte, 0, len(batch)+1)
	for i, data := range batch {
		if !failed.Skip(i) {
			good = append(good, data)
		}
	}
	a.block = bytes.Join(append(good, nil), s.delimiter()) // which does not fill with zeros first
	return a
}

var newline = []byte{'\n'}

// delimiter is what comes behind each record that is put.
func (s *settings) delimiter() []byte {
	if s.cfg.AppendDelimiter && s.cfg.Transform == nil {
		return newline
	}
	return nil
}

// admit takes the records in for which there is room, and returns the failures. The
// caller holds mu.
func (s *DeliveryStream) admit(now int64, st *settings, batch [][]byte, a arrivals, failed failures) failures {
	arrival := time.Unix(0, now)
	delimiter := st.delimiter()
	bad := failed
	for i, data := range batch {
		if bad.Skip(i) {
			continue
		}
		if !st.room(s.core.held, len(data)) {
			s.core.cutAll() // there is no sense in waiting for more
			return s.throttle(i, len(batch), failed)
		}
		n, whole := len(data), len(data)+len(delimiter)
		var block []byte
		if a.block != nil {
			block, a.block = a.block[:whole:whole], a.block[whole:]
		} else {
			block = append(append(s.chunk(whole), data...), delimiter...)
		}
		var place *placement
		if a.places != nil {
			place = &a.places[i]
		}
		s.take(now, st, Record{block[:n:n], arrival}, Record{block, arrival}, place)
	}
	return failed
}

// chunk returns room for n bytes in a chunk.
func (s *DeliveryStream) chunk(n int) []byte {
	if len(s.arena) < n {
		s.arena = make([]byte, chunkSize)
	}
	room := s.arena[:0:n]
	s.arena = s.arena[n:]
	return room
}

// take accepts a record: raw as it came, r as it is to be delivered if there is no
// transformation. The caller holds mu.
func (s *DeliveryStream) take(now int64, st *settings, raw, r Record, place *placement) {
	c := s.core
	o := c.accept(now, len(raw.Data))
	if st.cfg.Backup != nil {
		c.fill(now, c.lane(keeping, ""), st, raw, o)
	}
	if st.cfg.Transform != nil {
		b := c.fill(now, c.lane(transforming, ""), st, raw, o)
		if len(b.records) == 1 {
			b.first = c.sequence
		}
	} else {
		c.route(now, st, raw, r, place, o)
	}
	c.sequence++
}

// throttle adds to the failures of a batch of n that its entries from i on find no room.
func (s *DeliveryStream) throttle(i, n int, failed failures) failures {
	full := s.err("Put", ErrServiceUnavailable)
	var all failures
	for index := range n {
		if len(failed) > 0 && failed[0].Index == index {
			all, failed = append(all, failed[0]), failed[1:]
		} else if index >= i {
			all.Add(index, full)
			s.core.counters.ThrottledRecords++
		}
	}
	return all
}

// named returns the ids of n records that were accepted, but for the failed ones, from
// a sequence number on.
func (s *DeliveryStream) named(sequence uint64, n int, failed failures) []Put {
	var text strings.Builder
	text.Grow((n - len(failed)) * uid.Chars)
	for range n - len(failed) {
		var id [uid.Chars]byte
		text.Write(s.seeds.ID(sequence).Append(id[:0]))
		sequence++
	}
	ids := text.String()
	puts := make([]Put, n)
	for i := range puts {
		if !failed.Skip(i) {
			puts[i].RecordID, ids = ids[:uid.Chars], ids[uid.Chars:]
		}
	}
	return puts
}
