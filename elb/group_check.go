package elb

import (
	"context"
	"time"
)

// checkSeries is a member's checks from its registration to its deregistration.
type checkSeries struct {
	member *member
	ctx    context.Context // ends with the series
	cancel context.CancelFunc

	// Guarded by the group's mu.
	timer   *time.Timer
	next    time.Time // when the next check starts
	running bool      // a check is under way
	due     bool      // another should have started meanwhile
	over    bool
}

// schedule has a new member checked: soon, and from then on once in each interval that is
// counted from the group's creation, which spreads all members over it. The second check
// comes half an interval after the first at least, lest a target that takes a moment to
// begin be unhealthy at once. The caller holds the group's mu.
func (m *member) schedule(now time.Time) {
	g := m.group
	interval := g.config.HealthCheck.Interval
	first := g.firstCheck(now)
	s := &checkSeries{member: m, next: g.born.Add(checkPhase(g.joined, interval))}
	s.advance(now.Add(first+interval/2), interval)
	s.ctx, s.cancel = context.WithCancel(g.checks)
	s.timer = time.AfterFunc(first, s.tick)
	m.series = s
}

// firstCheck returns how long a member's first check waits for those of members that came
// with it, or a moment before. The caller holds mu.
func (g *TargetGroup) firstCheck(now time.Time) time.Duration {
	if now.Sub(g.burst) >= time.Duration(g.waiting)*firstCheckStep {
		g.burst, g.waiting = now, 0
	}
	delay := firstCheckDelay(g.waiting, g.config.HealthCheck.Interval)
	g.waiting++
	return max(g.burst.Add(delay).Sub(now), 0)
}

// advance has the next check come later than some time.
func (s *checkSeries) advance(than time.Time, interval time.Duration) {
	if late := than.Sub(s.next); late >= 0 {
		s.next = s.next.Add((late/interval + 1) * interval)
	}
}

// unschedule ends the checks. The caller holds the group's mu.
func (m *member) unschedule() {
	if s := m.series; s != nil {
		s.over = true
		s.timer.Stop()
		s.cancel()
		m.series = nil
	}
}

// tick runs at the time of a check. The one before may still be under way, if only for
// another moment of its timeout; then this one follows it.
func (s *checkSeries) tick() {
	g := s.member.group
	g.mu.Lock()
	if s.over {
		g.mu.Unlock()
		return
	}
	now := time.Now()
	s.advance(now, g.config.HealthCheck.Interval)
	s.timer.Reset(s.next.Sub(now))
	s.due = s.running
	if s.running {
		g.mu.Unlock()
		return
	}
	s.running = true
	g.running.Add(1)
	g.mu.Unlock()
	defer g.running.Done()
	for s.check() {
	}
}

// check checks the member once. It tells whether the next check is due already.
func (s *checkSeries) check() (again bool) {
	m := s.member
	g := m.group
	g.mu.Lock()
	if s.over {
		g.mu.Unlock()
		return false
	}
	if change, ok := m.health.begin(time.Now()); ok {
		g.note(m, change)
	}
	g.mu.Unlock()

	result := g.prober.Check(s.ctx, m.probed)

	g.mu.Lock()
	if s.over {
		g.mu.Unlock()
		return false
	}
	again = s.due
	s.due, s.running = false, again
	now := time.Now()
	change, changed := m.health.observe(result, now)
	turned := changed && change.from.State != change.to.State
	if changed {
		g.note(m, change)
	}
	if turned {
		g.version++
		m.start(now)
	}
	g.mu.Unlock()
	if !turned {
		return again
	}
	g.refresh()
	if change.to.State == StateUnhealthy && !g.config.KeepUnhealthyConns {
		m.abort(ErrUnhealthy, true)
	}
	return again
}

func (g *TargetGroup) note(m *member, c healthChange) {
	g.changes.add(StateChange{Time: c.at, Target: m.target, From: c.from, To: c.to, Ejected: m.outlier.ejected})
}
