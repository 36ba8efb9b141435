package lambda

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// advance handles the parts of a lane until one has to wait, and returns why.
func (s *streamSource) advance(ctx context.Context, shardID string, l *lane) error {
	for len(l.parts) > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s.expire(l)
		p := l.parts[0]
		if p.condition != "" {
			if err := s.discard(ctx, shardID, p); err != nil {
				return err
			}
			l.parts = l.parts[1:]
			continue
		}
		err := s.invoke(ctx, shardID, p)
		if err == nil {
			l.parts = l.parts[1:]
			continue
		}
		if ctx.Err() != nil || isRefused(err) {
			return err
		}
		if err := s.judge(shardID, l, p, err); err != nil {
			return err
		}
	}
	return nil
}

// expire puts the records that are too old into a part of their own.
func (s *streamSource) expire(l *lane) {
	p := l.parts[0]
	if s.cfg.MaximumRecordAge == 0 || p.condition != "" {
		return
	}
	oldest := time.Now().Add(-s.cfg.MaximumRecordAge)
	n := 0
	for n < len(p.records) && p.records[n].ArrivalTime.Before(oldest) {
		n++
	}
	if n == 0 {
		return
	}
	expired := &part{records: p.records[:n:n], invoked: p.invoked, cause: p.cause, condition: recordAgeExceeded}
	l.parts[0] = expired
	if n < len(p.records) {
		l.insert(1, &part{records: p.records[n:], attempts: p.attempts, invoked: p.invoked, cause: p.cause})
	}
}

// invoke hands a part to the function.
func (s *streamSource) invoke(ctx context.Context, shardID string, p *part) error {
	n := int64(len(p.records))
	e := StreamEvent{StreamARN: s.cfg.SourceARN, ShardID: shardID, Attempt: p.invoked + 1, Records: make([]kinesis.UserRecord, n)}
	for i := range p.records {
		e.Records[i] = p.records[i].UserRecord
	}
	err := contained(func() error { return s.handler(ctx, e) })
	if isRefused(err) {
		s.counts.failed.Add(n)
		return err
	}
	p.invoked++
	s.counts.invoked.Add(n)
	s.counts.age.Store(int64(time.Since(p.records[n-1].ArrivalTime)))
	return err
}

// judge decides what becomes of a part that the function failed for: the records that are
// done leave it, and it is split, or given up, or tried again, then after a pause and with
// the error that is to be reported.
func (s *streamSource) judge(shardID string, l *lane, p *part, err error) error {
	done, cause := verdict(err, len(p.records))
	p.records, p.cause = p.records[done:], cause
	n := len(p.records)
	s.counts.failed.Add(int64(n))
	switch {
	case s.cfg.BisectBatchOnFunctionError && done > 0:
		s.reportSplit(shardID, p)
		return nil
	case s.cfg.BisectBatchOnFunctionError && n > 1:
		s.reportSplit(shardID, p)
		rest := &part{records: p.records[n/2:], invoked: p.invoked, cause: cause}
		p.records = p.records[: n/2 : n/2]
		l.insert(1, rest)
		return nil
	case done > 0:
		p.attempts = 0
	}
	p.attempts++
	if most := *s.cfg.MaximumRetryAttempts; most >= 0 && p.attempts > most {
		p.condition = retryAttemptsExhausted
		return nil
	}
	return cause
}

// reportSplit tells of a failure that no pause follows, so that the group does not.
func (s *streamSource) reportSplit(shardID string, p *part) {
	e := &kinesis.GroupError{Op: "Handle", ShardID: shardID, Err: p.cause}
	for i := range p.records {
		e.Records = append(e.Records, p.records[i].UserRecord)
	}
	s.reporter.report(e)
}

func (l *lane) insert(i int, p *part) {
	parts := append([]*part{}, l.parts[:i]...)
	l.parts = append(append(parts, p), l.parts[i:]...)
}

// verdict reads a handler's result, as a group does: how many of the n records are done,
// and why the next is not. A BatchError that makes no sense fails all.
func verdict(err error, n int) (done int, cause error) {
	batch, ok := err.(*kinesis.BatchError)
	if !ok {
		return 0, err
	}
	if batch == nil || len(batch.Failed) == 0 {
		return 0, errors.New("lambda: the handler returned a BatchError that names no entry")
	}
	first := batch.Failed[0]
	for _, f := range batch.Failed {
		if f.Index < 0 || f.Index >= n || f.Err == nil {
			return 0, fmt.Errorf("lambda: the handler named entry %d of a batch of %d with the error %v", f.Index, n, f.Err)
		}
		if f.Index < first.Index {
			first = f
		}
	}
	return first.Index, first.Err
}
