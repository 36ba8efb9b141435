package kinesis

import (
	"context"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

const maxPartitionKey = 256 // characters

// Put implements [Stream]. An entry fails with ErrInvalidArgument or, where the limits
// are enforced, with ErrProvisionedThroughputExceeded. While the stream is being created
// it fails with ErrResourceNotFound. (PutRecord, PutRecords.)
func (s *LocalStream) Put(ctx context.Context, batch ...Entry) ([]Put, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cfg := s.config.Load()
	var failed failures
	keys := takeKeys(len(batch))
	defer keys.release()
	for i := range batch {
		var err error
		if keys.of[i], err = check(cfg, &batch[i]); err != nil {
			failed.Add(i, located("Put", s.name, err))
		}
	}
	data := s.arena.copyData(batch, failed)

	puts, refused, split, err := s.append(cfg, batch, keys.of, data, failed)
	if split > 0 {
		s.log().InfoContext(ctx, "kinesis: hot shards of an on-demand stream were split", "stream", s.name, "split", split, "open", s.shards.Load())
	}
	if err != nil {
		return nil, err
	}
	return puts, batchError(failed.Merge(refused))
}

// append puts the entries that have not failed, and tells how many shards were split
// because of it.
func (s *LocalStream) append(cfg *Config, batch []Entry, keys []shard.HashKey, data [][]byte, failed failures) (puts []Put, refused failures, split int, err error) {
	now, err := s.enter("Put")
	if err != nil {
		return nil, nil, 0, err
	}
	defer s.mu.Unlock()
	if s.state.at(now) == StatusCreating {
		return nil, nil, 0, s.err("Put", ErrResourceNotFound)
	}
	puts = make([]Put, len(batch))
	for i := range batch {
		if failed.Skip(i) {
			continue
		}
		sh, n := s.core.put(now, keys[i], batch[i].PartitionKey, data[i], cfg.EnforceLimits)
		if n.IsZero() {
			refused.Add(i, s.rateExceeded("Put", sh.id))
			s.metrics.WriteProvisionedThroughputExceeded++
			continue
		}
		puts[i] = Put{ShardID: sh.id, SequenceNumber: n}
		s.metrics.IncomingRecords++
		s.metrics.IncomingBytes += int64(len(data[i]) + len(batch[i].PartitionKey))
		if cfg.Mode == ModeOnDemand {
			s.core.warm(now, sh, len(data[i]))
		}
	}
	s.core.advance(now) // there may be more bytes now than may be kept
	if split = s.core.coolDown(now, maxShardCount); split > 0 {
		s.shards.Store(int64(len(s.core.open)))
	}
	return puts, refused, split, nil
}

// check finds what is wrong with an entry by itself, and its hash key.
func check(cfg *Config, e *Entry) (key shard.HashKey, err error) {
	if e.ExplicitHashKey != "" {
		if key, err = shard.ParseHashKey(e.ExplicitHashKey); err != nil {
			return key, badHashKey(e.ExplicitHashKey)
		}
	} else {
		key = shard.KeyOf(e.PartitionKey)
	}
	switch n := len(e.PartitionKey); {
	case n == 0:
		return key, invalid("The partition key is empty; it must have 1 to %d characters.", maxPartitionKey)
	case n > maxPartitionKey && utf8.RuneCountInString(e.PartitionKey) > maxPartitionKey:
		return key, invalid("The partition key has more than %d characters.", maxPartitionKey)
	case len(e.Data) > cfg.MaxRecordSize:
		return key, invalid("The record has %d bytes of data; the stream takes %d.", len(e.Data), cfg.MaxRecordSize)
	}
	return key, nil
}

func (s *LocalStream) rateExceeded(op, shardID string) *Error {
	e := s.err(op, ErrProvisionedThroughputExceeded)
	e.Message = fmt.Sprintf("Rate exceeded for shard %s in stream %s under account %s.", shardID, s.name, s.account)
	return e
}

// hashKeys is scratch for the keys of a batch.
type hashKeys struct{ of []shard.HashKey }

var scratchKeys = sync.Pool{New: func() any { return new(hashKeys) }}

func takeKeys(n int) *hashKeys {
	k := scratchKeys.Get().(*hashKeys)
	if cap(k.of) < n {
		k.of = make([]shard.HashKey, n)
	}
	k.of = k.of[:n]
	return k
}

func (k *hashKeys) release() { scratchKeys.Put(k) }
