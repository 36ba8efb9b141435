package main

import (
	"context"
	"fmt"
	"time"
)

// patience is the time without any progress after which orders are given up.
const patience = 10 * time.Second

// settled tells whether every order is shipped or a dead letter.
func (s *story) settled() bool {
	return s.shop.count().total()+s.letters() == s.service.accepted
}

// finished tells whether every department is done with all that it gets.
func (s *story) finished() bool {
	return s.shop.count().total() == s.service.accepted &&
		s.analyst.count() == s.service.accepted &&
		s.detective.total() == s.fraud.received()
}

// letters counts the dead letters.
func (s *story) letters() int { return s.dead.Metrics().ApproximateNumberOfMessagesVisible }

// wait returns when done does, or ctx ends, or nothing changes any more. Meanwhile, and
// once more after that, it lets the alarm look.
func (s *story) wait(ctx context.Context, done func() bool) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	before, changed := -1, time.Now()
	for {
		over := done()
		if err := s.alarm.check(ctx); err != nil || over {
			return err
		}
		shipped, letters := s.shop.count().total(), s.letters()
		s.show.progress(shipped, s.service.accepted, letters)
		switch now := shipped + letters + s.analyst.count() + s.detective.total(); {
		case now != before:
			before, changed = now, time.Now()
		case time.Since(changed) > patience:
			return fmt.Errorf("nothing happened for %v", patience)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
