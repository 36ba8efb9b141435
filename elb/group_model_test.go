package elb

import (
	"slices"
	"time"
)

// groupModel is a target group by a naive reading of the rules: nothing is kept that can be
// computed from what happened.
type groupModel struct {
	config  GroupConfig // with its defaults
	members []*modelMember
	sweep   time.Time // the next look at ejected targets; zero if there is none
}

// modelMember is a target from its registration until it is out.
type modelMember struct {
	target  *Target
	results []bool // of checks since it was registered
	drains  time.Time
	leases  []*modelLease
	states  []HealthState // that it was in

	bad, times int
	until      time.Time // of its ejection; zero if it is not ejected
}

// modelLease is a use of a target that was not released yet.
type modelLease struct {
	lease *lease
	of    *modelMember
	cause error // why it was to be aborted; nil if it was not
	got   error // what its abort was called with
	calls int
}

func (m *modelMember) draining() bool { return !m.drains.IsZero() }
func (m *modelMember) ejected() bool  { return !m.until.IsZero() }

func (g *groupModel) find(t *Target) *modelMember {
	for _, m := range g.members {
		if m.target == t {
			return m
		}
	}
	return nil
}

func (g *groupModel) registered() (some []*modelMember) {
	for _, m := range g.members {
		if !m.draining() {
			some = append(some, m)
		}
	}
	return some
}

func (g *groupModel) register(t *Target) {
	m := g.find(t)
	if m == nil {
		m = &modelMember{target: t}
		g.members = append(g.members, m)
	} else if !m.draining() {
		return
	}
	m.drains, m.results = time.Time{}, nil
	g.enters(m)
}

// deregister tells whether the target was registered.
func (g *groupModel) deregister(t *Target, now time.Time) bool {
	m := g.find(t)
	if m == nil || m.draining() {
		return false
	}
	m.drains, m.bad, m.times, m.until = now, 0, 0, time.Time{}
	g.enters(m)
	g.drop(m)
	return true
}

// drop takes a draining member out that has nothing left to do.
func (g *groupModel) drop(m *modelMember) {
	if m.draining() && len(m.leases) == 0 {
		g.remove(m)
	}
}

func (g *groupModel) remove(m *modelMember) {
	if i := slices.Index(g.members, m); i >= 0 {
		g.members = slices.Delete(g.members, i, i+1)
		m.states = append(m.states, StateUnused)
	}
}

// enters notes the state that a member is in now, if it is another one.
func (g *groupModel) enters(m *modelMember) {
	if s := g.state(m); len(m.states) == 0 || m.states[len(m.states)-1] != s {
		m.states = append(m.states, s)
	}
}

func (g *groupModel) state(m *modelMember) HealthState {
	check := g.config.HealthCheck
	if m.draining() {
		return StateDraining
	}
	if check.Disabled {
		return StateUnavailable
	}
	state, row := StateInitial, 0 // how many results in a row are like the last one
	for i, ok := range m.results {
		if i == 0 || ok != m.results[i-1] {
			row = 0
		}
		row++
		switch {
		case ok && (state == StateInitial || row >= check.HealthyThreshold):
			state = StateHealthy
		case !ok && row >= check.UnhealthyThreshold:
			state = StateUnhealthy
		}
	}
	return state
}

// observe takes a check's result.
func (g *groupModel) observe(t *Target, ok bool) {
	m := g.find(t)
	before := g.state(m)
	m.results = append(m.results, ok)
	g.enters(m)
	if after := g.state(m); after != before && after == StateUnhealthy && !g.config.KeepUnhealthyConns {
		for _, l := range m.leases {
			if l.lease.connection && l.cause == nil {
				l.cause = ErrUnhealthy
			}
		}
	}
}

// used returns the targets that requests of a zone can go to.
func (g *groupModel) used(zone string) (targets []*Target) {
	var all, well, in []*modelMember
	for _, m := range g.registered() {
		if g.config.CrossZoneDisabled && m.target.Zone != zone {
			continue
		}
		all = append(all, m)
		if s := g.state(m); s == StateHealthy || s == StateUnavailable {
			well = append(well, m)
			if !m.ejected() {
				in = append(in, m)
			}
		}
	}
	switch {
	case len(well) < g.config.MinimumHealthy || 100*len(well) < g.config.MinimumHealthyPercent*len(all):
		in = slices.DeleteFunc(all, func(m *modelMember) bool {
			return g.config.InitialDown && g.state(m) == StateInitial
		})
	case len(in) == 0:
		in = well
	}
	for _, m := range in {
		targets = append(targets, m.target)
	}
	return targets
}

// open returns those of targets that are not full.
func (g *groupModel) open(targets []*Target) (open []*Target) {
	for _, t := range targets {
		if most := g.config.MaxRequests; most == 0 || len(g.find(t).leases) < most {
			open = append(open, t)
		}
	}
	return open
}

func (g *groupModel) release(l *modelLease, o Outcome, now time.Time) {
	m := l.of
	m.leases = slices.DeleteFunc(m.leases, func(other *modelLease) bool { return other == l })
	if out := g.config.Outliers; out != nil && g.find(m.target) == m {
		m.bad++
		if !o.failed() {
			m.bad = 0
		}
		if m.bad == out.Consecutive {
			m.bad = 0
			g.eject(m, now)
		}
	}
	g.drop(m)
}

func (g *groupModel) eject(m *modelMember, now time.Time) {
	out, already := g.config.Outliers, 0
	for _, other := range g.registered() {
		if other.ejected() {
			already++
		}
	}
	if m.draining() || m.ejected() || already > 0 && (already+1)*100 > len(g.registered())*out.MaxPercent {
		return
	}
	if time.Duration(m.times)*out.BaseEjection < out.MaxEjection {
		m.times++
	}
	m.until = now.Add(min(time.Duration(m.times)*out.BaseEjection, out.MaxEjection))
	if g.sweep.IsZero() {
		g.sweep = now.Add(out.Interval)
	}
}

// tick has what happens that is due, but for checks.
func (g *groupModel) tick(now time.Time) {
	for _, m := range slices.Clone(g.members) {
		if m.draining() && now.Sub(m.drains) >= *g.config.DeregistrationDelay {
			for _, l := range m.leases {
				if l.cause == nil {
					l.cause = ErrDrained
				}
			}
			g.remove(m)
		}
	}
	if g.sweep.IsZero() || now.Before(g.sweep) {
		return
	}
	left := false
	for _, m := range g.members {
		switch {
		case m.ejected() && !now.Before(m.until):
			m.until, m.bad = time.Time{}, 0
		case !m.ejected() && m.times > 0:
			m.times--
		}
		left = left || m.times > 0
	}
	g.sweep = now.Add(g.config.Outliers.Interval)
	if !left {
		g.sweep = time.Time{}
	}
}

func (g *groupModel) close() {
	for _, m := range slices.Clone(g.members) {
		for _, l := range m.leases {
			if l.cause == nil {
				l.cause = ErrGroupClosed
			}
		}
		g.remove(m)
	}
}
