package elb

import (
	"slices"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// compare compares all that can be seen.
func (d *groupDrive) compare() {
	t := d.t
	statuses := d.group.Targets()
	require.Len(t, statuses, len(d.model.members))
	for _, s := range statuses {
		m := d.model.find(s.Target)
		require.NotNil(t, m, s.Target.ID)
		require.Equal(t, d.model.state(m), s.Health.State, s.Target.ID)
		require.Equal(t, len(m.leases), s.Outstanding, s.Target.ID)
		require.Equal(t, m.ejected(), s.Ejected, s.Target.ID)
		require.Equal(t, 1.0, s.Share)
	}
	for _, zone := range []string{"a", "b"} {
		used := d.model.used(zone)
		require.ElementsMatch(t, used, d.group.view.Load().zones[d.group.zone(zone)].targetsOrNone(), zone)
		for _, target := range d.targets {
			require.Equal(t, slices.Contains(used, target), d.group.usable(zone, target.ID) == target)
		}
	}
	metrics := d.group.Metrics()
	require.EqualValues(t, d.acquired, metrics.RequestCount)
	require.EqualValues(t, d.failOpen, metrics.UnhealthyRoutingRequestCount)
	d.compareAborts()
	d.compareChanges()
}

func (d *groupDrive) compareAborts() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.leases {
		require.Equal(d.t, l.cause, l.got)
		require.LessOrEqual(d.t, l.calls, 1)
	}
}

func (z *zoneView) targetsOrNone() []*Target {
	if z == nil {
		return nil
	}
	return z.targets
}

// compareChanges compares what a watcher saw of each target with the states that it was in
// by the model.
func (d *groupDrive) compareChanges() {
	want := make(map[*Target][]HealthState)
	for _, m := range d.seen {
		want[m.target] = append(want[m.target], m.states...)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for target, changes := range d.states {
		last := because(StateUnused, ReasonNotRegistered)
		var states []HealthState
		for _, c := range changes {
			require.Equal(d.t, last, c.From, "the change continues from the last one")
			require.Zero(d.t, c.Missed)
			if last = c.To; c.From.State != c.To.State {
				states = append(states, c.To.State)
			}
		}
		require.Equal(d.t, want[target], states, target.ID)
	}
}

// end closes the group and looks for what is left.
func (d *groupDrive) end() {
	require.NoError(d.t, d.group.Close())
	d.model.close()
	synctest.Wait()
	d.compareChanges()
	d.compareAborts()
	for _, l := range d.leases {
		require.Error(d.t, l.cause)
		if l.cause == ErrDrained {
			d.drained++
		} else {
			d.aborted++
		}
		l.lease.release(Outcome{})
	}
	require.Zero(d.t, d.picks.Load(), "picks that are not done")
	for _, m := range d.engine {
		require.Zero(d.t, m.outstanding())
		require.Equal(d.t, &m.leases, m.leases.next)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, changes := range d.states {
		for i, c := range changes {
			switch {
			case c.From.State != c.To.State:
				d.turned++
			case i > 0 && changes[i-1].Ejected && !c.Ejected && c.From == c.To:
				d.readmitted++
			}
		}
	}
}
