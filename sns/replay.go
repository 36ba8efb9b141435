package sns

import (
	"math"
	"time"
)

// startReplay begins the replay that the subscription's policy asks for, in place of
// an earlier one. The caller holds the topic's order and mu, and then lets the
// subscription proceed.
func (s *LocalSubscription) startReplay() {
	policy := s.config.Load().ReplayPolicy
	if policy == nil && s.replay.Load() == 0 {
		return
	}
	t := s.topic
	epoch := s.replay.Add(1)
	s.replayFailed.Store(false)
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.out.lane.beginReplay(epoch)
	if policy == nil {
		return
	}
	now := t.service.registry.now()
	to := now
	if !policy.EndingPoint.IsZero() {
		to = nanoseconds(policy.EndingPoint)
	}
	r := takeRouter()
	defer r.release()
	var again []replayed
	t.fifo.between(now, nanoseconds(policy.StartingPoint), to, func(c *content) {
		if s.policy != nil {
			r.view.Reset(c.text, c.attributes)
			if !s.policy.Match(&r.view) {
				return
			}
		}
		again = append(again, replayed{&message{content: *c}, c.saved})
	})
	for i, place := range t.ledger.replay(s, epoch, again) {
		s.out.lane.push(item{m: again[i].m, replayed: true, epoch: epoch, holder: place})
	}
}

// nanoseconds returns a time in nanoseconds since 1970, or the nearest that there is.
func nanoseconds(t time.Time) int64 {
	switch {
	case t.Year() < 1900:
		return math.MinInt64
	case t.Year() > 2200:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// replaysOnly tells whether the subscription gets nothing but the archive's messages.
// (ReplayStatus in the API reference of GetSubscriptionAttributes.)
func (s *LocalSubscription) replaysOnly() bool {
	policy := s.config.Load().ReplayPolicy
	return policy != nil && !policy.EndingPoint.IsZero()
}

// ReplayStatus returns how the replay of the subscription is doing, in AWS's words:
// "Pending" before the subscription is confirmed, "In progress", "Completed", or
// "Failed" if something of it was given up. It is empty if there is none.
func (s *LocalSubscription) ReplayStatus() string {
	if s.config.Load().ReplayPolicy == nil {
		return ""
	}
	if s.Pending() {
		return "Pending"
	}
	s.out.mu.Lock()
	left := s.out.lane.replays
	s.out.mu.Unlock()
	switch {
	case left > 0:
		return "In progress"
	case s.replayFailed.Load():
		return "Failed"
	default:
		return "Completed"
	}
}

// BeginningArchiveTime returns from when on the topic keeps messages for replay: when
// its archive began, or as far back as its retention period reaches. It is zero
// without an archive.
func (t *LocalTopic) BeginningArchiveTime() time.Time {
	t.order.Lock()
	defer t.order.Unlock()
	if t.fifo.keep == 0 {
		return time.Time{}
	}
	oldest := t.service.registry.now() - int64(t.fifo.keep)
	return time.Unix(0, max(t.fifo.since, oldest))
}
