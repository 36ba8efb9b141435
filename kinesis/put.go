package kinesis

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

const maxPartitionKey = 256 // characters

// Put implements [Stream]. An entry fails with ErrInvalidArgument or, where the limits
// are enforced, with ErrProvisionedThroughputExceeded. While the stream is being created
// it fails with ErrResourceNotFound. (PutRecord, PutRecords.)
//
// In a durable stream nobody reads a record before it is durable. If storage fails, with
// an error that wraps durable.ErrNoSpace or durable.ErrFailed, it is not known what became
// of the batch: after ErrNoSpace its records are in the stream, and can be read, once there
// is space, if the process lives to see that; after ErrFailed they may be there when the
// service is opened again.
func (s *LocalStream) Put(ctx context.Context, batch ...Entry) ([]Put, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := newPutting(s.config.Load(), batch)
	defer p.release()
	for i := range batch {
		if err := check(p.cfg, &batch[i], &p.keys[i]); err != nil {
			p.failed.Add(i, located("Put", s.name, err))
		}
	}
	if err := s.storable("Put"); err != nil {
		return nil, err
	}
	p.copy(&s.arena, s.disk)
	err := s.append(p)
	if p.split > 0 {
		s.log().InfoContext(ctx, "kinesis: hot shards of an on-demand stream were split", "stream", s.name, "split", p.split, "open", s.shards.Load())
	}
	if err == nil {
		err = s.keep("Put", p.ticket)
	}
	if err != nil {
		return nil, err
	}
	return p.puts, batchError(p.failed.Merge(p.refused))
}

// append puts the entries that have not failed.
func (s *LocalStream) append(p *putting) error {
	now, err := s.enter("Put")
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	if s.state.at(now) == StatusCreating {
		return s.err("Put", ErrResourceNotFound)
	}
	before := s.metrics
	failed := p.failed
	p.puts = make([]Put, len(p.batch))
	for i := range p.batch {
		if failed.Skip(i) {
			continue
		}
		size := len(p.data[i])
		sh, n := s.core.put(now, p.keys[i], p.batch[i].PartitionKey, p.data[i], p.cfg.EnforceLimits)
		if n.IsZero() {
			p.refused.Add(i, s.rateExceeded("Put", sh.id))
			s.metrics.WriteProvisionedThroughputExceeded++
			continue
		}
		p.puts[i] = Put{ShardID: sh.id, SequenceNumber: n}
		s.metrics.IncomingRecords++
		s.metrics.IncomingBytes += int64(size + len(p.batch[i].PartitionKey))
		if p.cfg.Mode == ModeOnDemand {
			s.core.warm(now, sh, size)
		}
	}
	if s.disk != nil {
		if err := s.writeRecords(now, p); err != nil {
			s.metrics = before
			return err
		}
	}
	s.core.advance(now) // there may be more bytes now than may be kept
	opened, closed := s.core.next, len(s.core.closed)
	if p.split = s.core.coolDown(now, maxShardCount); p.split > 0 {
		s.shards.Store(int64(len(s.core.open)))
		if s.disk != nil {
			p.ticket, err = s.writeShards("Put", opened, closed)
		}
	}
	return err
}

// check finds what is wrong with an entry by itself, and its hash key if that is explicit.
func check(cfg *Config, e *Entry, key *shard.HashKey) (err error) {
	if e.ExplicitHashKey != "" {
		if *key, err = shard.ParseHashKey(e.ExplicitHashKey); err != nil {
			return badHashKey(e.ExplicitHashKey)
		}
	}
	switch n := len(e.PartitionKey); {
	case n == 0:
		return invalid("The partition key is empty; it must have 1 to %d characters.", maxPartitionKey)
	case n > maxPartitionKey && utf8.RuneCountInString(e.PartitionKey) > maxPartitionKey:
		return invalid("The partition key has more than %d characters.", maxPartitionKey)
	case len(e.Data) > cfg.MaxRecordSize:
		return invalid("The record has %d bytes of data; the stream takes %d.", len(e.Data), cfg.MaxRecordSize)
	}
	return nil
}

func (s *LocalStream) rateExceeded(op, shardID string) *Error {
	e := s.err(op, ErrProvisionedThroughputExceeded)
	e.Message = fmt.Sprintf("Rate exceeded for shard %s in stream %s under account %s.", shardID, s.name, s.account)
	return e
}
