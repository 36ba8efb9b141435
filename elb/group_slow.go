package elb

import "time"

// start decides whether a member whose state has changed starts slowly: if it is healthy now,
// and there is another in its zone that is and has its full share. Those that were
// registered together as the group's first ones do not the first time. The caller holds the
// group's mu.
func (m *member) start(now time.Time) {
	g := m.group
	founding := m.founding
	m.founding = false
	m.slow.Store(0)
	if g.config.SlowStart == 0 || founding || !m.isHealthy() {
		return
	}
	for _, other := range g.members {
		if other != m && other.zone == m.zone && other.isHealthy() && other.share(now) >= 1 {
			m.credit.Store(0)
			m.slow.Store(g.clock(now))
			return
		}
	}
}

// clock is a time as slow starts have it: in nanoseconds, and never 0.
func (g *TargetGroup) clock(now time.Time) int64 { return max(int64(now.Sub(g.born)), 1) }

// share is what part of its requests a member gets that may have started slowly.
func (m *member) share(now time.Time) float64 {
	began := m.slow.Load()
	if began == 0 {
		return 1
	}
	return min(float64(m.group.clock(now)-began)/float64(m.group.config.SlowStart), 1)
}

// takes tells whether a member that was picked takes the request: in slow start only its
// share of those that are offered to it.
func (m *member) takes(z *zoneView) bool {
	began := m.slow.Load()
	if began == 0 {
		return true
	}
	now := time.Now()
	share := m.share(now)
	if share >= 1 {
		m.slow.CompareAndSwap(began, 0) // another start may have come between
		return true
	}
	if m.group.clock(now) < z.slowFrom {
		return true
	}
	// Each offer brings its share of a request. Whoever makes it a whole one has it.
	part := uint32(share * (1 << 16))
	after := m.credit.Add(part)
	return after>>16 != (after-part)>>16
}
