package kinesis

import (
	"errors"
	"math/rand/v2"
	"time"
)

// judge says what becomes of each parcel of a shipment after the stream's answer.
func (p *Producer) judge(s *shipment, puts []Put, err error) {
	batch, _ := errors.AsType[*BatchError](err)
	whole := err != nil && (batch == nil || len(batch.Failed) == 0)
	for i := range s.crates {
		if whole {
			s.crates[i].err = err
		} else if i < len(puts) {
			s.crates[i].put = puts[i]
		}
	}
	if batch != nil {
		for _, f := range batch.Failed {
			if 0 <= f.Index && f.Index < len(s.crates) {
				s.crates[f.Index].err = f.Err
			}
		}
	}
	if whole && p.requests.Err() == nil {
		s.report("Put", "", err)
	}

	// A service may refuse a request because of one of its records.
	isolate := whole && len(s.crates) > 1 && (errors.Is(err, ErrInvalidArgument) || errors.Is(err, ErrValidation))
	for i := range s.crates {
		c := &s.crates[i]
		switch {
		case c.err == nil:
			c.decide(accepted, nil)
		case isolate:
			c.decide(suspected, c.err)
		case retryable(c.err):
			c.decide(toBeRetried, c.err)
		default:
			c.decide(failed, c.err)
		}
	}
	if s.routes != nil {
		p.reroute(s)
	}
}

func (c *crate) decide(f fate, err error) {
	for part := c.parcels.first; part != nil; part = part.next {
		part.fate, part.err = f, err
		part.alone = part.alone || f == suspected
	}
}

// retryable tells whether putting again may help: not where this package knows a
// condition that is for good.
func retryable(err error) bool {
	if errors.Is(err, ErrProvisionedThroughputExceeded) || errors.Is(err, ErrInternalFailure) {
		return true
	}
	_, known := errors.AsType[*condition](err)
	return !known
}

// jittered is the wait before a record that failed is put again, of which half is random.
func jittered(cfg *ProducerConfig, attempts int) time.Duration {
	d := cfg.Backoff
	for range attempts - 1 {
		if d >= cfg.MaxBackoff-d {
			d = cfg.MaxBackoff
			break
		}
		d *= 2
	}
	return d - rand.N(d/2+1)
}
