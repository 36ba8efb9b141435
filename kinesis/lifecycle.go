package kinesis

import (
	"fmt"
	"time"

	"github.com/leat-go/leat/internal/journal"
)

// lifecycle is what a stream is doing, as moments in nanoseconds since 1970. Nothing
// has to happen when one of them comes.
type lifecycle struct {
	created int64 // CREATING until then
	updated int64 // UPDATING until then
}

func (l *lifecycle) at(now int64) StreamStatus {
	switch {
	case now < l.created:
		return StatusCreating
	case now < l.updated:
		return StatusUpdating
	}
	return StatusActive
}

// Status returns what the stream is doing: StatusDeleting also when it is gone.
func (s *LocalStream) Status() StreamStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone != nil {
		return StatusDeleting
	}
	return s.state.at(s.registry.now())
}

// ready returns ErrResourceInUse, as the error of op, unless the stream is active, and
// what open does.
func (s *LocalStream) ready(op string) error {
	now, err := s.enter(op)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.active(op, now)
}

// active is ready for those who hold mu.
func (s *LocalStream) active(op string, now int64) error {
	if status := s.state.at(now); status != StatusActive {
		e := s.err(op, ErrResourceInUse)
		e.Message = fmt.Sprintf("Stream %s under account %s not ACTIVE, instead in state %s", s.name, s.account, status)
		return e
	}
	return nil
}

// touch makes the stream UPDATING for its TransitionTime. The caller holds mu.
func (s *LocalStream) touch(now int64) {
	s.state.updated = now + int64(s.config.Load().TransitionTime)
}

// change changes the configuration, if the stream is active; f makes the change in a
// copy, and may refuse. It takes admin.
func (s *LocalStream) change(op string, f func(c *Config) error) error {
	if err := s.storable(op); err != nil {
		return err
	}
	t, err := s.tryChange(op, f)
	if err != nil {
		return err
	}
	return s.keep(op, t)
}

// tryChange is change without waiting until that is durable.
func (s *LocalStream) tryChange(op string, f func(c *Config) error) (t journal.Ticket, err error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	now, err := s.enter(op)
	if err != nil {
		return t, err
	}
	defer s.mu.Unlock()
	cfg := s.Config()
	if err := f(&cfg); err != nil {
		return t, located(op, s.name, err)
	}
	if err := s.active(op, now); err != nil {
		return t, err
	}
	var shards [][]byte
	if s.disk != nil && cfg.RetentionPeriod != s.config.Load().RetentionPeriod {
		// What a shorter period has let go of must not come back with a longer one.
		shards = append(shards, shardsFact(factTable, s.core.next, s.core.shards))
	}
	t, err = s.writeSettings(op, func(set *settings) {
		set.config, set.state.updated = cfg, now+int64(cfg.TransitionTime)
	}, shards...)
	if err != nil {
		return t, err
	}
	s.config.Store(&cfg)
	s.core.configure(&cfg)
	s.core.advance(now)
	s.touch(now)
	return t, nil
}

// SetRetentionPeriod changes how long a record can be read, 24 to 8,760 hours. A shorter
// period lets go of older records at once. It fails with ErrInvalidArgument or
// ErrResourceInUse. (IncreaseStreamRetentionPeriod, DecreaseStreamRetentionPeriod.)
func (s *LocalStream) SetRetentionPeriod(d time.Duration) error {
	return s.change("SetRetentionPeriod", func(c *Config) error {
		c.RetentionPeriod = d
		return c.checkRetention(d)
	})
}

// SetMaxRecordSize changes how many bytes of data a record may have, 1 MiB to 10 MiB in
// whole KiB. Records that are there stay. It fails with ErrInvalidArgument or
// ErrResourceInUse. (UpdateMaxRecordSize.)
func (s *LocalStream) SetMaxRecordSize(bytes int) error {
	return s.change("SetMaxRecordSize", func(c *Config) error {
		c.MaxRecordSize = bytes
		return c.checkRecordSize(bytes)
	})
}

// SetMode makes the stream provisioned or on demand; the shards stay. A
// warmThroughputMiBps greater than 0 is as in SetWarmThroughput, and a provisioned stream
// has none. It fails with ErrInvalidArgument, ErrLimitExceeded, ErrResourceInUse or
// ErrValidation. (UpdateStreamMode.)
func (s *LocalStream) SetMode(mode StreamMode, warmThroughputMiBps int) error {
	return s.change("SetMode", func(c *Config) error {
		if warmThroughputMiBps != 0 {
			wanted := *c
			wanted.Mode, wanted.WarmThroughputMiBps = mode, warmThroughputMiBps
			if err := s.checkWarmThroughput(&wanted); err != nil {
				return err
			}
			c.WarmThroughputMiBps = warmThroughputMiBps
		}
		if mode != ModeProvisioned && mode != ModeOnDemand {
			return invalid("Mode is %q; it must be PROVISIONED or ON_DEMAND.", mode)
		}
		if mode != c.Mode {
			s.registry.mu.Lock()
			defer s.registry.mu.Unlock()
			if err := s.registry.admit(s, mode, len(s.core.open)); err != nil {
				return err
			}
		}
		c.Mode = mode
		c.ShardCount = len(s.core.open)
		if mode == ModeProvisioned {
			c.WarmThroughputMiBps = 0
		}
		return nil
	})
}
