package kinesis

import (
	"fmt"

	"github.com/leat-go/leat/internal/journal"
	"github.com/leat-go/leat/kinesis/internal/shard"
)

// SplitShard closes an open shard and opens two in its place: one for the hash keys
// below newStartingHashKey, one for the others. Records that are put from now on go
// there; those of the closed shard can be read until they expire. The key must be
// greater by two or more than the shard's first and less than its last. It fails with
// ErrResourceNotFound, ErrInvalidArgument, ErrResourceInUse, ErrLimitExceeded, or
// ErrValidation on an on-demand stream. (SplitShard.)
func (s *LocalStream) SplitShard(shardID string, newStartingHashKey HashKey) error {
	const op = "SplitShard"
	return s.reshard(op, func(now int64) (int, func() error, error) {
		sh, err := s.openShard(op, now, shardID)
		if err != nil {
			return 0, nil, err
		}
		key := shard.HashKey(newStartingHashKey)
		if !sh.keys.CanSplit(key) {
			return 0, nil, invalid("NewStartingHashKey %s used in SplitShard() on shard %s in stream %s under account %s is not both greater than one plus the shard's StartingHashKey %s and less than the shard's EndingHashKey %s.",
				key, sh.id, s.name, s.account, sh.keys.Start, sh.keys.End)
		}
		if len(s.core.open) >= maxShardCount {
			return 0, nil, &Error{Err: ErrLimitExceeded, Message: "The number of open shards cannot be greater than 10000."}
		}
		return 1, func() error {
			s.core.split(now, sh, key)
			s.core.route()
			return nil
		}, nil
	})
}

// MergeShards closes two open shards and opens one for the hash keys of both. The
// adjacent shard's keys are those that follow the shard's. It fails with
// ErrResourceNotFound, ErrInvalidArgument, ErrResourceInUse, or ErrValidation on an
// on-demand stream. (MergeShards.)
func (s *LocalStream) MergeShards(shardID, adjacentShardID string) error {
	const op = "MergeShards"
	return s.reshard(op, func(now int64) (int, func() error, error) {
		sh, err := s.openShard(op, now, shardID)
		if err != nil {
			return 0, nil, err
		}
		adjacent, err := s.openShard(op, now, adjacentShardID)
		if err != nil {
			return 0, nil, err
		}
		if !sh.keys.Adjacent(adjacent.keys) || adjacent.keys.Start.Less(sh.keys.Start) {
			return 0, nil, invalid("Shards %s and %s in stream %s under account %s are not an adjacent pair of shards eligible for merging",
				sh.id, adjacent.id, s.name, s.account)
		}
		return 0, func() error {
			s.core.merge(now, sh, adjacent)
			s.core.route()
			return nil
		}, nil
	})
}

// reshard does what plan returns, which makes so many more open shards, after all that is to be checked first: the plan's own
// rules, that the stream is active, that the account may have more shards.
func (s *LocalStream) reshard(op string, plan func(now int64) (more int, do func() error, err error)) error {
	if err := s.storable(op); err != nil {
		return err
	}
	t, err := s.tryReshard(op, plan)
	if err != nil {
		return err
	}
	return s.keep(op, t)
}

// tryReshard is reshard without waiting until that is durable.
func (s *LocalStream) tryReshard(op string, plan func(now int64) (more int, do func() error, err error)) (t journal.Ticket, err error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	now, err := s.enter(op)
	if err != nil {
		return t, err
	}
	defer s.mu.Unlock()
	if s.config.Load().Mode == ModeOnDemand {
		return t, located(op, s.name, malformed("Request is invalid. Stream %s under account %s is in On-Demand mode.", s.name, s.account))
	}
	more, do, err := plan(now)
	if err != nil {
		return t, located(op, s.name, err)
	}
	if err := s.active(op, now); err != nil {
		return t, err
	}
	release, err := s.registry.reserve(s, more)
	if err != nil {
		return t, located(op, s.name, err)
	}
	defer release()
	opened, closed := s.core.next, len(s.core.closed)
	if err := do(); err != nil {
		return t, located(op, s.name, err)
	}
	s.touch(now)
	if s.disk != nil {
		t, err = s.writeShards(op, opened, closed, s.settings().fact())
	}
	return t, err
}

// openShard returns the open shard with an id. The caller holds mu.
func (s *LocalStream) openShard(op string, now int64, id string) (*shardState, error) {
	sh := s.core.find(id)
	if sh == nil {
		return nil, s.noShard(op, id)
	}
	if !sh.isOpen() {
		// On AWS a shard is open until the stream is ACTIVE again.
		if err := s.active(op, now); err != nil {
			return nil, err
		}
		e := invalid("Shard %s in stream %s under account %s has already been merged or split, and thus is not eligible for merging or splitting.", sh.id, s.name, s.account)
		e.Err = ErrResourceInUse
		return nil, e
	}
	return sh, nil
}

const (
	maxCountChanges  = 10
	countChangesTime = 24 * 60 * 60 * 1_000_000_000
)

// UpdateShardCount splits and merges shards until target, even ones, are open, and
// returns how many were before. That is at most double and at least half of them, at
// most 10,000 or what the account may have, and at most ten times in 24 hours unless the
// stream is Relaxed. It fails
// with ErrInvalidArgument, ErrLimitExceeded, ErrResourceInUse, or ErrValidation on an
// on-demand stream. (UpdateShardCount, UNIFORM_SCALING.)
func (s *LocalStream) UpdateShardCount(target int) (current int, err error) {
	const op = "UpdateShardCount"
	err = s.reshard(op, func(now int64) (int, func() error, error) {
		current = len(s.core.open)
		counts := fmt.Sprintf("Current open shard count: %d, Target shard count: %d", current, target)
		relaxed := s.config.Load().Relaxed
		for len(s.changes) > 0 && now-s.changes[0] >= countChangesTime {
			s.changes = s.changes[1:]
		}
		exceeded := func(text string) error {
			return &Error{Err: ErrLimitExceeded, Message: text + counts}
		}
		most := min(maxShardCount, s.registry.config.ShardLimit)
		switch {
		case target < 1:
			return 0, nil, invalid("The target shard count is %d; it must be at least 1.", target)
		case target > most:
			return 0, nil, exceeded(fmt.Sprintf("Target shard count or number of open shards cannot be greater than %d. ", most))
		case target > 2*current:
			return 0, nil, exceeded("UpdateShardCount cannot scale up over double your current open shard count. ")
		case 2*target < current:
			return 0, nil, exceeded("UpdateShardCount cannot scale down below half your current open shard count. ")
		case len(s.changes) >= maxCountChanges && !relaxed:
			return 0, nil, exceeded("The shard count was updated 10 times in the last 24 hours, which is the most. ")
		}
		return max(target-current, 0), func() error {
			if err := s.core.rescale(now, target); err != nil {
				return &Error{Err: ErrInternalFailure, Message: err.Error()}
			}
			cfg := s.Config()
			cfg.ShardCount = target
			s.config.Store(&cfg)
			if !relaxed {
				s.changes = append(s.changes, now)
			}
			return nil
		}, nil
	})
	return current, err
}
