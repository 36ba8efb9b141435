package kinesis

import (
	"context"
	"sync/atomic"
)

// Put adds records and waits until they are settled, as a Stream's Put does, so that a
// Producer can take the stream's place where records are put. Records of several calls
// share requests, for which each waits up to Linger. The failures of entries, also
// those that Add would refuse, come in a [*BatchError]. When ctx ends first Put returns
// its error; what it added by then is put nevertheless.
func (p *Producer) Put(ctx context.Context, batch ...Entry) ([]Put, error) {
	if len(batch) == 0 {
		return nil, ctx.Err()
	}
	puts, errs := make([]Put, len(batch)), make([]error, len(batch))
	settled := make(chan struct{})
	var left atomic.Int64
	left.Store(int64(len(batch)))
	for i := range batch {
		done := func(put Put, err error) {
			puts[i], errs[i] = put, err
			if left.Add(-1) == 0 {
				close(settled)
			}
		}
		if err := p.Add(ctx, batch[i], done); err != nil {
			if err == ctx.Err() {
				return nil, err
			}
			done(Put{}, located("Put", "", err))
		}
	}
	select {
	case <-settled:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var failed failures
	for i, err := range errs {
		if err != nil {
			failed.Add(i, err)
		}
	}
	return puts, batchError(failed)
}
