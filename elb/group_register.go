package elb

import (
	"errors"
	"time"
)

// Register adds targets, which are new until they pass their first health check. One that
// is registered already stays as it is; one that drains begins anew. It fails with a
// [*TargetError] of ErrInvalidTarget or ErrTargetInUse for each fault, joined, and then
// registers none; and with ErrGroupClosed.
//
// It takes time in proportion to all of the group's targets, and so does Deregister: many
// are best registered at once.
func (g *TargetGroup) Register(targets ...*Target) error {
	if err := g.register(targets); err != nil {
		return err
	}
	g.refresh()
	return nil
}

func (g *TargetGroup) register(targets []*Target) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return ErrGroupClosed
	}
	var faults []error
	names := make(map[string]*Target, len(targets))
	for _, t := range targets {
		if wrong := t.validate(g.config.Name); wrong != nil {
			faults = append(faults, wrong...)
			continue
		}
		name := t.Name()
		m, other := g.names[name], names[name]
		if m != nil && m.target != t || other != nil && other != t {
			faults = append(faults, &TargetError{Group: g.config.Name, Target: name, Err: ErrTargetInUse})
		}
		names[name] = t
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	now, founding := time.Now(), len(g.names) == 0
	for _, t := range targets {
		g.join(t, now, founding)
	}
	return nil
}

// join adds a target, unless it is registered. founding tells that it is among the first.
// The caller holds mu.
func (g *TargetGroup) join(t *Target, now time.Time, founding bool) {
	m, from := g.member(t), because(StateUnused, ReasonNotRegistered)
	switch {
	case m == nil:
		m = newMember(g, t)
		g.members = append(g.members, m)
		g.index.Store(t, m)
	case m.shut:
		from = m.current()
		m.stay()
	default:
		return
	}
	g.names[t.Name()] = m
	g.version++
	m.founding = founding
	m.health = newHealth(&g.config.HealthCheck, now)
	g.changes.add(StateChange{Time: now, Target: t, From: from, To: m.health.now})
	if g.config.HealthCheck.Disabled {
		m.start(now)
	} else {
		m.schedule(now)
	}
	g.joined++
}

// Deregister takes targets out: they get no more requests, and have until the
// deregistration delay is over to finish those they have. It does not wait for that. One
// that has none is out at once. (AWS's goes on to call it draining until the delay is over.)
// It fails with a [*TargetError] of ErrTargetNotFound for each that is not registered,
// joined, but takes out the others; and with ErrGroupClosed.
//
// Once it has returned no request gets one of the targets, be it one that was under way.
func (g *TargetGroup) Deregister(targets ...*Target) error {
	idle, err := g.deregister(targets)
	g.refresh()
	for _, m := range idle {
		m.dismiss(nil)
	}
	return err
}

// deregister returns the members that are out already.
func (g *TargetGroup) deregister(targets []*Target) (idle []*member, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, ErrGroupClosed
	}
	var faults []error
	now := time.Now()
	for _, t := range targets {
		m := g.member(t)
		if m == nil || m.shut {
			faults = append(faults, &TargetError{Group: g.config.Name, Target: t.name(), Err: ErrTargetNotFound})
			continue
		}
		if m.drain(now) == 0 {
			m.depart(now)
			idle = append(idle, m)
		}
	}
	return idle, errors.Join(faults...)
}

// member returns a target's member; nil if it is none.
func (g *TargetGroup) member(t *Target) *member {
	if m, ok := g.index.Load(t); ok {
		return m.(*member)
	}
	return nil
}
