package elb

import (
	"errors"
	"slices"
	"time"
)

// Pick implements [Picker], for a client in no zone: where CrossZoneDisabled it is that of
// the targets without one. It fails with ErrNoTargets if the group has none that can be used,
// with ErrTargetsBusy, and with ErrGroupClosed. The group counts the outcome. A second call
// of done does nothing; it must not come at the same time as the first.
func (g *TargetGroup) Pick(req Request) (*Target, func(Outcome), error) {
	l := new(lease)
	if err := g.acquire(everywhere, req, nil, l); err != nil {
		return nil, nil, err
	}
	return l.target, l.release, nil
}

// mostPicks is how often the picker is asked for another target when one can not be had.
const mostPicks = 16

// acquire picks a target for what comes in at a zone. want, if it is not nil, is the
// target it gets if that is used, whatever the picker thinks. It fails with ErrNoTargets,
// ErrTargetsBusy and ErrGroupClosed, and with what a picker of one's own does.
func (g *TargetGroup) acquire(zone string, req Request, want *Target, l *lease) error {
	zone = g.zone(zone)
	if want != nil {
		if m := g.member(want); m != nil && m.zone == zone && m.used.Load() && m.hold(l, uncounted) == leaseHeld {
			g.routed(g.view.Load().zones[zone])
			return nil
		}
	}
	avoid := req.Avoid
	for range mostPicks {
		v := g.view.Load()
		z := v.zones[zone]
		if z == nil || len(z.targets) == 0 {
			return v.failure()
		}
		t, done, err := z.picker.Pick(req)
		if err != nil {
			if errors.Is(err, ErrNoTargets) {
				break // it has not heard of the targets yet
			}
			return err
		}
		m := g.member(t)
		if m != nil && (!z.slow || m.takes(z)) && m.hold(l, done) == leaseHeld {
			g.routed(z)
			return nil
		}
		done(Outcome{})
		if slices.Contains(req.Avoid, t) {
			break // there is no other
		}
		req.Avoid = append(slices.Clip(req.Avoid), t)
	}
	return g.acquireAny(zone, avoid, l)
}

// acquireAny acquires a target although the picker has offered none that can be had: it
// knows them not yet, or the first ones it offers are full or start slowly. Those that the
// request was at already come last, and before them those that start slowly.
func (g *TargetGroup) acquireAny(zone string, avoid []*Target, l *lease) error {
	v := g.view.Load()
	z := v.zones[zone]
	if z == nil || len(z.targets) == 0 {
		return v.failure()
	}
	failure := v.failure()
	start := g.turns.Add(1)
	for rank := range 3 {
		for i := range z.targets {
			t := z.targets[(start+uint64(i))%uint64(len(z.targets))]
			m := g.member(t)
			if m == nil || m.rank(avoid) != rank {
				continue
			}
			switch m.hold(l, uncounted) {
			case leaseHeld:
				g.routed(z)
				return nil
			case targetFull:
				failure = ErrTargetsBusy
			}
		}
	}
	return failure
}

// another tells whether a zone has a target in use that is not to be avoided.
func (g *TargetGroup) another(zone string, avoid []*Target) bool {
	z := g.view.Load().zones[g.zone(zone)]
	return z != nil && slices.ContainsFunc(z.targets, func(t *Target) bool { return !slices.Contains(avoid, t) })
}

// routed counts a request of a zone.
func (g *TargetGroup) routed(z *zoneView) {
	g.count.request()
	if z != nil && z.failOpen {
		g.count.failOpen()
	}
}

// rank is how late acquireAny comes to the member.
func (m *member) rank(avoid []*Target) int {
	switch {
	case slices.Contains(avoid, m.target):
		return 2
	case m.slow.Load() != 0:
		return 1
	default:
		return 0
	}
}

// failure is why there is no target.
func (v *groupView) failure() error {
	if v.closed {
		return ErrGroupClosed
	}
	return ErrNoTargets
}

// latencyWeight is which part of the latency a new one makes up.
const latencyWeight = 8

// release ends the use of a target, and says what became of it. A second call does
// nothing.
func (l *lease) release(o Outcome) {
	m := l.member
	if m == nil {
		return
	}
	idle := m.drop(l)
	l.done(o)
	if o.Status > 0 {
		m.group.count.response(o.Status, o.Duration)
	}
	if o.Duration > 0 {
		m.learn(o.Duration)
	}
	if o.failed() {
		m.errors.Add(1)
	}
	m.judge(o.failed())
	if idle {
		m.leave(nil, 0)
	}
}

// learn has the mean latency follow a new one.
func (m *member) learn(took time.Duration) {
	before := m.latency.Load()
	after := int64(took)
	if before != 0 {
		after = before + (after-before)/latencyWeight
	}
	m.latency.CompareAndSwap(before, after) // of two at the same time one is enough
}

// usable returns the target of a name, if it is used in a zone; else nil.
func (g *TargetGroup) usable(zone, name string) *Target {
	g.mu.Lock()
	defer g.mu.Unlock()
	if m := g.names[name]; m != nil && m.zone == g.zone(zone) && m.used.Load() {
		return m.target
	}
	return nil
}
