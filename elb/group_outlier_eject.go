package elb

import "time"

// outlierRecord is what is known of a member's ejections. It is guarded by the group's mu.
type outlierRecord struct {
	ejected bool
	until   time.Time
	times   int // ejected, less the intervals that it was in
}

// judge takes note of an answer, and has the member ejected for too many bad ones in a
// row.
func (m *member) judge(bad bool) {
	o := m.group.config.Outliers
	switch {
	case o == nil:
	case bad:
		if m.bad.Add(1) >= int32(o.Consecutive) {
			m.bad.Store(0)
			m.eject()
		}
	case m.bad.Load() != 0:
		m.bad.Store(0)
	}
}

// eject takes the member out for some time, if it is not one too many.
func (m *member) eject() {
	g, r := m.group, &m.outlier
	o := g.config.Outliers
	g.mu.Lock()
	if m.shut || r.ejected || g.ejected >= max(len(g.names)*o.MaxPercent/100, 1) {
		g.mu.Unlock()
		return
	}
	now := time.Now()
	if o.BaseEjection*time.Duration(r.times) < o.MaxEjection { // no longer than that, so no more intervals to forget it
		r.times++
	}
	r.until = now.Add(min(o.BaseEjection*time.Duration(r.times), o.MaxEjection))
	r.ejected = true
	g.ejected++
	g.version++
	g.changes.add(StateChange{Time: now, Target: m.target, From: m.current(), To: m.current(), Ejected: true})
	if g.sweep == nil {
		g.sweep = time.AfterFunc(o.Interval, g.sweepOutliers)
	}
	g.mu.Unlock()
	g.refresh()
}

// readmit ends an ejection. What was counted before is forgotten, answers to requests
// included that ended meanwhile. The caller holds the group's mu.
func (m *member) readmit() {
	m.bad.Store(0)
	if m.outlier.ejected {
		m.outlier.ejected = false
		m.group.ejected--
		m.group.version++
	}
}

// sweepOutliers takes back those whose time is over. It goes on until nothing is left to
// forget.
func (g *TargetGroup) sweepOutliers() {
	g.mu.Lock()
	now := time.Now()
	left := false
	for _, m := range g.members {
		r := &m.outlier
		switch {
		case r.ejected && !now.Before(r.until):
			m.readmit()
			g.changes.add(StateChange{Time: now, Target: m.target, From: m.current(), To: m.current()})
		case !r.ejected && r.times > 0:
			r.times--
		}
		left = left || r.ejected || r.times > 0
	}
	if left && !g.closed {
		g.sweep.Reset(g.config.Outliers.Interval)
	} else {
		g.sweep = nil
	}
	g.mu.Unlock()
	g.refresh()
}
