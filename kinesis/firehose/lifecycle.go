package firehose

import (
	"context"
	"fmt"
	"time"
)

// Status tells what the delivery stream is doing: StatusDeleting also when it is gone.
func (s *DeliveryStream) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status(s.registry.now())
}

// status is Status for those who hold mu.
func (s *DeliveryStream) status(now int64) Status {
	switch {
	case s.draining:
		return StatusDeleting
	case now < s.createdAt.UnixNano()+int64(s.settings.Load().cfg.TransitionTime):
		return StatusCreating
	}
	return StatusActive
}

// active returns an error of op unless the delivery stream can be changed. The caller
// holds mu.
func (s *DeliveryStream) active(op string) error {
	status := s.status(s.registry.now())
	switch {
	case s.draining && !s.deleted:
		return s.err(op, ErrClosed)
	case status != StatusActive:
		e := s.err(op, ErrResourceInUse)
		e.Message = fmt.Sprintf("Firehose %s under account %s is not ACTIVE but %s.", s.name, s.account, status)
		return e
	}
	return nil
}

// leave does what has become possible, at the end of everything that changes the core.
// The caller holds mu, before and after.
func (s *DeliveryStream) leave(now int64) {
	if s.gone {
		return // a goroutine that comes late
	}
	s.core.settle()
	if s.closing {
		if s.calls == 0 && s.feeding == 0 && !s.silent {
			s.silent = true
			close(s.stopped)
		}
		return
	}
	st := s.settings.Load()
	for n := len(s.core.ready); n > 0 && s.calls < st.cfg.Concurrency; n-- {
		s.calls++
		go s.work()
	}
	if s.roomy != nil && s.core.held < st.cfg.MaxBuffered {
		close(s.roomy)
		s.roomy = nil
	}
	if s.draining && s.feeding == 0 && len(s.core.live) == 0 && now >= s.goneAt {
		s.end()
		return
	}
	s.arm(now)
}

// arm sets the timer to the next moment at which there is something to do. It leaves it
// where it is if that is sooner, as it mostly has been for long.
func (s *DeliveryStream) arm(now int64) {
	at, ok := s.core.nextWake()
	if s.goneAt > now && (!ok || s.goneAt < at) {
		at, ok = s.goneAt, true
	}
	if !ok || s.timed != 0 && s.timed <= at {
		return
	}
	s.timed = at
	wait := time.Duration(at - now)
	if s.timer == nil {
		s.timer = time.AfterFunc(wait, s.tick)
	} else {
		s.timer.Reset(wait)
	}
}

func (s *DeliveryStream) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timed = 0
	if s.gone || s.closing {
		return
	}
	now := s.registry.now()
	s.core.advance(now)
	s.leave(now)
}

// end is the end of the delivery stream. The caller holds mu.
func (s *DeliveryStream) end() {
	s.gone = true
	if s.timer != nil {
		s.timer.Stop()
	}
	s.cancel()
	s.registry.forget(s)
	close(s.ended)
}

// Flush delivers what is buffered at once, and waits until everything accepted before
// is delivered or given up, with the retries as ever. When ctx ends first it returns
// ctx's error. It fails with ErrClosed if the delivery stream has ended, or Close ends it.
func (s *DeliveryStream) Flush(ctx context.Context) error {
	s.mu.Lock()
	if s.gone || s.closing {
		s.mu.Unlock()
		return s.err("Flush", ErrClosed)
	}
	done := s.core.flush()
	s.leave(s.registry.now())
	s.mu.Unlock()
	select {
	case <-done:
		return nil
	case <-s.ended:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-done: // as well
		return nil
	default:
		s.core.forget(done)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.err("Flush", ErrClosed)
}

// Shutdown ends the delivery stream gracefully: it takes no records any more, reads no
// Source, and waits as Flush does. If ctx ends first, Shutdown returns its error, and the
// deliveries go on; Close would cancel them. It may be called again. What is given up on
// the way is no error of Shutdown: OnDrop is told. It returns Close's error if that
// comes in between.
func (s *DeliveryStream) Shutdown(ctx context.Context) error {
	s.drain(false)
	select {
	case <-s.ended:
		return s.closeErr
	case <-ctx.Done():
	}
	select {
	case <-s.ended: // as well
		return s.closeErr
	default:
		return ctx.Err()
	}
}

// drain makes the delivery stream take no records any more, and deliver at once those
// that it has. It reports false if it did so already.
func (s *DeliveryStream) drain(deleted bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	now := s.registry.now()
	s.draining, s.deleted = true, deleted
	if deleted {
		s.goneAt = now + int64(s.settings.Load().cfg.TransitionTime)
	}
	if s.feed != nil {
		s.feed.cancel()
	}
	s.core.renew()
	s.leave(now)
	return true
}

// Close ends the delivery stream at once: it takes no records any more, cancels the
// contexts of the sinks and of the function, and waits for their calls. If any records
// are left that are not delivered then, OnDrop is told of each, and the error is
// ErrUndelivered and says how many. Close may be called again, and returns the same; after
// a Shutdown it returns nil. Neither a sink nor OnDrop must call it.
func (s *DeliveryStream) Close() error {
	s.mu.Lock()
	if s.gone {
		s.mu.Unlock()
		return s.closeErr
	}
	first := !s.closing
	s.closing, s.draining = true, true
	s.cancel()
	if s.feed != nil {
		s.feed.cancel()
	}
	s.leave(s.registry.now())
	s.mu.Unlock()
	if !first {
		<-s.ended
		return s.closeErr
	}
	<-s.stopped
	s.closeErr = s.abandon()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	return s.closeErr
}

// abandon gives everything up that is left when nobody works on it any more.
func (s *DeliveryStream) abandon() error {
	s.mu.Lock()
	lanes := s.core.ordered()
	s.core.lanes = map[laneKey]*lane{}
	records, backups := 0, 0
	for _, l := range lanes {
		if l.open != nil {
			l.queue = append(l.queue, l.open)
		}
		for _, b := range l.queue {
			s.core.lose(l, len(b.records), b.bytes)
			if l.stage == keeping {
				backups += len(b.records)
			} else {
				records += len(b.records)
			}
		}
	}
	s.mu.Unlock()
	if records+backups == 0 {
		return nil
	}
	e := s.err("Close", ErrUndelivered)
	e.Message = fmt.Sprintf("%d records were not delivered.", records)
	if backups > 0 {
		e.Message = fmt.Sprintf("%d records were not delivered, %d not backed up.", records, backups)
	}
	for _, l := range lanes {
		for _, b := range l.queue {
			s.drop(l.laneKey, b, e)
		}
	}
	return e
}
