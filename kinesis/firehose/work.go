package firehose

import (
	"log/slog"
	"runtime/debug"
)

// work delivers and transforms batches as long as there are any that wait. It runs in a
// goroutine of its own, which s.calls counts.
func (s *DeliveryStream) work() {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.core.take()
	for l != nil && !s.closing {
		b := l.queue[0]
		s.mu.Unlock()
		settle := s.perform(l.laneKey, b)
		s.mu.Lock()
		now := s.registry.now()
		settle(now, l)
		s.core.settle()
		if l = s.core.take(); l != nil {
			s.leave(now) // others do the rest
		}
	}
	s.calls--
	s.leave(s.registry.now())
}

// perform does what is to be done with a batch, and returns what is to be noted of it
// under the lock.
func (s *DeliveryStream) perform(key laneKey, b *batch) (settle func(now int64, l *lane)) {
	if key.stage == transforming {
		return s.transform(b)
	}
	return s.deliver(key, b)
}

// drop tells of records that nobody will deliver any more.
func (s *DeliveryStream) drop(key laneKey, b *batch, err error) {
	d := s.delivery(key, b)
	d.Records = b.records
	s.log().Error("records are given up", slog.String("key", d.Key), slog.Int("records", len(b.records)), slog.Any("error", err))
	if f := b.s.cfg.OnDrop; f != nil {
		if err := contain(func() error { f(d, err); return nil }); err != nil {
			s.log().Error("OnDrop failed", slog.Any("error", err))
		}
	}
}

// contain returns a panic of fn as an error.
func contain(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return fn()
}
