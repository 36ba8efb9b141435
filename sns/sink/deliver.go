package sink

import (
	"context"
	"fmt"

	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sqs"
)

// maxBatch is how many messages AWS takes at once.
const maxBatch = 10

// messenger is a sink that sends messages to one place.
type messenger struct {
	config Config
	bytes  int // of the messages of a batch
	// send sends a batch. It tells which of the messages failed, or by err that none was
	// taken, and then nothing about the messages is known to be wrong.
	send    func(ctx context.Context, batch []message) (failed []failure, err error)
	lasting func(err error) bool // whether a retry is no use
}

// failure is that of one message of a batch.
type failure struct {
	index int
	err   error
}

// Deliver implements [firehose.Sink].
func (s *messenger) Deliver(ctx context.Context, d *firehose.Delivery) error {
	var attributes map[string]sqs.Attribute
	if d.ErrorType != "" {
		attributes = map[string]sqs.Attribute{"ErrorType": sqs.StringAttribute(d.ErrorType)}
	}
	var all outcome
	var batch []message
	size := 0
	for i := range d.Records {
		m := s.config.message(d, i, attributes)
		if len(batch) == maxBatch || len(batch) > 0 && size+m.size() > s.bytes {
			if !s.flush(ctx, &all, i-len(batch), batch) {
				return s.result(&all, d, i)
			}
			batch, size = batch[:0], 0
		}
		batch, size = append(batch, m), size+m.size()
	}
	if len(batch) > 0 {
		s.flush(ctx, &all, len(d.Records)-len(batch), batch)
	}
	return s.result(&all, d, len(d.Records))
}

// outcome is what became of the records of a delivery.
type outcome struct {
	failed    []int
	temporary error // the first error that a retry may mend
	lasting   error // the first one of the others
}

func (o *outcome) add(index int, err error, lasting bool) {
	o.failed = append(o.failed, index)
	switch {
	case lasting && o.lasting == nil:
		o.lasting = err
	case !lasting && o.temporary == nil:
		o.temporary = err
	}
}

// flush sends the messages of the records from first on. It returns false if what comes
// after them is not to be sent now.
func (s *messenger) flush(ctx context.Context, all *outcome, first int, batch []message) bool {
	failed, err := s.send(ctx, batch)
	if err != nil {
		lasting := s.lasting(err)
		for i := range batch {
			all.add(first+i, err, lasting)
		}
		return false
	}
	for _, f := range failed {
		all.add(first+f.index, f.err, s.lasting(f.err))
	}
	return !s.config.FIFO || all.temporary == nil
}

// result is the error of a delivery of which the records from sent on were not tried.
func (s *messenger) result(all *outcome, d *firehose.Delivery, sent int) error {
	for i := sent; i < len(d.Records); i++ {
		all.failed = append(all.failed, i)
	}
	if len(all.failed) == 0 {
		return nil
	}
	cause := all.temporary
	if cause == nil {
		cause = all.lasting
	}
	err := fmt.Errorf("sink: %d of %d records were not taken: %w", len(all.failed), len(d.Records), cause)
	if all.temporary == nil {
		err = firehose.Permanent(err)
	}
	if len(all.failed) == len(d.Records) || s.config.FIFO && all.temporary != nil {
		return err // all of it comes again with the same id, and so the same deduplication ids
	}
	return &firehose.PartialError{Failed: all.failed, Err: err}
}
