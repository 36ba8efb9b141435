package kinesis

import (
	"context"
	"time"

	"github.com/leat-go/leat/internal/journal"
	"github.com/leat-go/leat/kinesis/internal/shard"
)

const (
	defaultReadRecords = 10_000
	defaultReadBytes   = 10 << 20
)

// Read implements [Stream]. It fails with ErrResourceNotFound if the shard is none, or
// one that expired since; with ErrInvalidArgument if the position is not one in the
// shard or a number in req is negative; and with ErrProvisionedThroughputExceeded where
// the limits are enforced, of which a waiting Read uses one read each time it looks:
// at once, and when it is woken. In a durable stream it fails with ErrInternalFailure if
// the data of older records can not be read back from the disk. (GetShardIterator,
// GetRecords.)
func (s *LocalStream) Read(ctx context.Context, req ReadRequest) (Batch, error) {
	return s.read(ctx, "Read", req, s.config.Load().EnforceLimits)
}

// read is Read, with the limits that the readers of a shard share or without.
func (s *LocalStream) read(ctx context.Context, op string, req ReadRequest, limited bool) (Batch, error) {
	if err := ctx.Err(); err != nil {
		return Batch{}, err
	}
	if req.Limit < 0 || req.MaxBytes < 0 || req.Wait < 0 {
		return Batch{}, located(op, s.name, invalid("Limit, MaxBytes and Wait must not be negative."))
	}
	orElse(&req.Limit, defaultReadRecords)
	orElse(&req.MaxBytes, defaultReadBytes)
	now, err := s.enter(op)
	if err != nil {
		return Batch{}, err
	}
	sh, index, err := s.locate(op, now, req.ShardID, req.Position)
	if err != nil {
		s.mu.Unlock()
		return Batch{}, err
	}
	var timeout <-chan time.Time // made when there is something to wait for
	for {
		if limited && !sh.out.take(now) {
			s.metrics.ReadProvisionedThroughputExceeded++
			s.mu.Unlock()
			return Batch{}, s.rateExceeded(op, sh.id)
		}
		b, next, size, cold := sh.read(now, index, req.Limit, req.MaxBytes)
		if limited {
			sh.out.charge(now, size)
		}
		s.countRead(op, sh, next, len(b.Records), size)
		if len(b.Records) > 0 || b.End || req.Wait == 0 {
			s.mu.Unlock()
			if cold == nil {
				return b, nil
			}
			oldest := cold[0].index
			if gone, err := s.readBack(op, b.Records, cold); !gone || err != nil {
				return whole(b, err)
			}
			if now, err = s.enterShard(op, sh); err != nil {
				return Batch{}, err
			}
			if sh.oldest() <= oldest {
				s.mu.Unlock()
				return Batch{}, s.storageErr(op, &journal.Error{Op: "Read", Err: journal.ErrCorrupt, Detail: "a segment of the stream is missing"})
			}
			continue
		}
		index = next
		wake := sh.waitChan()
		s.mu.Unlock()
		if timeout == nil {
			timer := time.NewTimer(req.Wait)
			defer timer.Stop()
			timeout = timer.C
		}
		select {
		case <-wake:
		case <-s.ended:
		case <-ctx.Done():
			return Batch{}, ctx.Err()
		case <-timeout:
			return b, nil
		}
		if now, err = s.enterShard(op, sh); err != nil {
			return Batch{}, err
		}
	}
}

// enterShard is enter, for those who have a shard that may have expired since.
func (s *LocalStream) enterShard(op string, sh *shardState) (now int64, err error) {
	if now, err = s.enter(op); err != nil {
		return 0, err
	}
	if s.core.byIndex[sh.index] != sh {
		s.mu.Unlock()
		return 0, s.noShard(op, sh.id)
	}
	return now, nil
}

// whole returns a batch that was read, or nothing of it and the error.
func whole(b Batch, err error) (Batch, error) {
	if err != nil {
		return Batch{}, err
	}
	return b, nil
}

// locate finds a shard and the index of the first record to read there. The caller
// holds mu.
func (s *LocalStream) locate(op string, now int64, shardID string, p Position) (*shardState, int64, error) {
	if s.state.at(now) == StatusCreating {
		return nil, 0, s.err(op, ErrResourceNotFound)
	}
	sh := s.core.find(shardID)
	if sh == nil || sh.hidden {
		return nil, 0, s.noShard(op, shardID)
	}
	index, err := sh.resolve(now, p)
	if err == errForeign {
		err = invalid("StartingSequenceNumber %s used in GetShardIterator on shard %s in stream %s under account %s is invalid because it did not come from this stream.",
			p.SequenceNumber, sh.id, s.name, s.account)
	}
	return sh, index, located(op, s.name, err)
}

// ResolvePosition tells where in a shard a position is, without reading: it returns the
// one that Read would give in Batch.Next before the first record. Its errors are those
// of Read. (GetShardIterator.)
func (s *LocalStream) ResolvePosition(shardID string, p Position) (Position, error) {
	now, err := s.enter("ResolvePosition")
	if err != nil {
		return Position{}, err
	}
	defer s.mu.Unlock()
	sh, index, err := s.locate("ResolvePosition", now, shardID, p)
	if err != nil {
		return Position{}, err
	}
	return sh.after(max(index, sh.oldest())), nil
}

func (s *LocalStream) noShard(op, shardID string) *Error {
	if index, ok := indexOf(shardID); ok {
		shardID = shard.ID(index) // as AWS writes it, whatever was said
	}
	e := s.err(op, ErrResourceNotFound)
	e.Message = "Could not find shard " + shardID + " in stream " + s.name + " under account " + s.account + "."
	return e
}
