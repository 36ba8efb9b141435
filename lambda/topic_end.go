package lambda

import (
	"context"
	"time"
)

// unsubscribeTimeout bounds what the end of an event source waits for its topic.
const unsubscribeTimeout = 10 * time.Second

// Shutdown implements runner. An event source that does not run forgets its events, as
// nobody would handle them.
func (s *topicSource) Shutdown(ctx context.Context) error {
	s.unsubscribe()
	s.mu.Lock()
	running := s.running
	s.mu.Unlock()
	if !running {
		return s.Close()
	}
	select {
	case <-s.drained:
		return s.consumer.Shutdown(ctx)
	case <-ctx.Done():
		_ = s.consumer.Shutdown(ctx) // which may have time yet, but events are left
		return ctx.Err()
	}
}

// Close implements runner.
func (s *topicSource) Close() error {
	s.unsubscribe()
	err := s.consumer.Close()
	s.abandon()
	return err
}

// unsubscribe ends the subscription, once; later calls wait for the first.
func (s *topicSource) unsubscribe() {
	s.mu.Lock()
	first := !s.ending
	s.ending = true
	s.checkDrained()
	s.mu.Unlock()
	if !first {
		<-s.left
		return
	}
	defer close(s.left)
	ctx, cancel := context.WithTimeout(context.Background(), unsubscribeTimeout)
	defer cancel()
	if err := s.topic.Unsubscribe(ctx, s.id); err != nil {
		s.reporter.report(err)
	}
}

// abandon gives up the events that are left when the consumer has ended.
func (s *topicSource) abandon() {
	s.mu.Lock()
	left := len(s.events)
	clear(s.events)
	s.checkDrained()
	s.mu.Unlock()
	_ = s.queue.Close() // which always succeeds
	if left > 0 {
		s.counts.dropped.Add(int64(left))
		s.reporter.report(&EventSourceError{Condition: "Closed", Events: left})
	}
}

// checkDrained tells Shutdown when no event is left. The caller holds mu.
func (s *topicSource) checkDrained() {
	if !s.ending || len(s.events) > 0 {
		return
	}
	select {
	case <-s.drained:
	default:
		close(s.drained)
	}
}
