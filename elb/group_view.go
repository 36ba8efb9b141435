package elb

import (
	"slices"
	"time"
)

// groupView is what picks look at: a group's targets as they are now. It never changes.
type groupView struct {
	version uint64 // of the group
	zones   map[string]*zoneView
	closed  bool
}

// zoneView is the targets that requests of a zone can go to.
type zoneView struct {
	picker   SetPicker
	targets  []*Target
	failOpen bool  // some are not healthy: too few are
	slow     bool  // some start slowly,
	slowFrom int64 // but only when one of them is through, by the group's clock; 0 if others do not
}

// everywhere is the zone that all targets are in where zones do not matter.
const everywhere = ""

// zone is the zone that the group takes a balancer or a target of a zone to be in.
func (g *TargetGroup) zone(name string) string {
	if g.config.CrossZoneDisabled {
		return name
	}
	return everywhere
}

// refresh has picks follow what the group knows of its targets. When it returns they do,
// whoever did the work: of several that wait the first does it for all. The caller holds
// no mutex.
func (g *TargetGroup) refresh() {
	g.setting.Lock()
	defer g.setting.Unlock()
	old := g.view.Load()
	view := g.look(old)
	if view == nil {
		return
	}
	for zone, z := range view.zones {
		z.picker = g.picker(zone)
	}
	// Until a picker knows its targets a pick may get one that is not used any more, which is
	// harmless, or one that has left, which is noticed.
	g.view.Store(view)
	for zone, z := range view.zones {
		if before := old.zones[zone]; before == nil || !slices.Equal(before.targets, z.targets) {
			z.picker.SetTargets(slices.Clone(z.targets))
		}
	}
}

// picker returns the picker of a zone. The caller holds setting.
func (g *TargetGroup) picker(zone string) SetPicker {
	p := g.pickers[zone]
	if p == nil {
		if p = g.config.NewPicker(); p == nil {
			p = new(RoundRobin) // it did not return nil the first time
		}
		g.pickers[zone] = p
	}
	return p
}

// look returns the view of what is there now, without pickers; nil if it is still the old
// one.
func (g *TargetGroup) look(old *groupView) *groupView {
	g.mu.Lock()
	defer g.mu.Unlock()
	if old.version == g.version {
		return nil
	}
	v := &groupView{version: g.version, zones: make(map[string]*zoneView, len(old.zones)), closed: g.closed}
	for zone := range old.zones { // those that are empty now keep their pickers
		v.zones[zone] = &zoneView{}
	}
	now := time.Now()
	for zone, members := range g.byZone() {
		v.zones[zone] = g.choose(members, now)
	}
	return v
}

// byZone returns the registered members. The caller holds mu.
func (g *TargetGroup) byZone() map[string][]*member {
	zones := make(map[string][]*member)
	var zone string
	some := make([]*member, 0, len(g.names)) // of one zone, one after another
	for _, m := range g.members {
		if m.shut {
			continue
		}
		if m.zone != zone {
			zones[zone] = some
			zone, some = m.zone, zones[m.zone]
		}
		some = append(some, m)
	}
	zones[zone] = some
	return zones
}

// choose says which of a zone's members are used. The caller holds mu.
func (g *TargetGroup) choose(members []*member, now time.Time) *zoneView {
	healthy, ejected := 0, 0
	for _, m := range members {
		if m.isHealthy() {
			healthy++
			if m.outlier.ejected {
				ejected++
			}
		}
	}
	percent := (len(members)*g.config.MinimumHealthyPercent + 99) / 100
	open := healthy < max(g.config.MinimumHealthy, percent)
	z := &zoneView{targets: make([]*Target, 0, len(members))}
	through := int64(0)
	for _, m := range members {
		used := m.isHealthy() && (!m.outlier.ejected || ejected == healthy)
		if open {
			used = !g.config.InitialDown || m.health.now.State != StateInitial
		}
		if m.used.Load() != used {
			m.used.Store(used)
		}
		if !used {
			continue
		}
		z.targets = append(z.targets, m.target)
		z.failOpen = z.failOpen || !m.isHealthy()
		end := int64(0)
		if m.share(now) < 1 {
			z.slow = true
			end = m.slow.Load() + int64(g.config.SlowStart)
		}
		if len(z.targets) == 1 || end < through {
			through = end
		}
	}
	z.slowFrom = through
	return z
}
