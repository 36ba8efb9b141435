package kinesis

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// look lists the leases and does what the plan says about them. It reports whether others
// were faster, so that it is to look again soon.
func (g *Group) look() (outrun bool, err error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(g.working, g.cfg.FailoverTime/3)
	leases, err := g.cfg.Leases.List(ctx, g.cfg.Name)
	cancel()
	if err != nil {
		return false, err
	}
	g.clock.observe(time.Now(), leases)
	maps.DeleteFunc(g.asked, func(id string, epoch int64) bool { return g.clock[id].Epoch != epoch })
	if err := g.working.Err(); err != nil {
		return false, err
	}
	plan := g.planner.plan(began, g.clock, g.busy())
	g.hand(plan.hand)
	outrun = g.take(plan.take)
	outrun = g.ask(plan.ask) || outrun
	ctx, cancel = context.WithTimeout(g.working, g.cfg.FailoverTime/3)
	defer cancel()
	return outrun, g.delete(ctx, plan.finish)
}

// busy returns the shards at work.
func (g *Group) busy() map[string]bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	busy := make(map[string]bool, len(g.readings))
	for id := range g.readings {
		busy[id] = true
	}
	return busy
}

// take makes leases the member's own and begins to read their shards.
func (g *Group) take(leases []Lease) (outrun bool) {
	return g.change("Take", leases, func(l *Lease) {
		l.Owner, l.RequestedBy = g.cfg.WorkerID, ""
		l.Epoch++
	}, func(l Lease, began time.Time) {
		delete(g.asked, l.ShardID)
		g.startReading(l, began)
	})
}

// ask has leases handed over: their owners find out when they next renew them.
func (g *Group) ask(leases []Lease) (outrun bool) {
	return g.change("Ask", leases, func(l *Lease) { l.RequestedBy = g.cfg.WorkerID }, func(l Lease, _ time.Time) {
		g.asked[l.ShardID] = l.Epoch
		g.mu.Lock()
		defer g.mu.Unlock()
		g.stats.Asked++
	})
}

// hand gives leases that the member no longer works on to those who asked for them.
func (g *Group) hand(leases []Lease) {
	g.change("Release", leases, func(l *Lease) { l.Owner, l.RequestedBy = l.RequestedBy, "" }, func(Lease, time.Time) {})
}

// withdraw takes back what the member has asked for, and gives up what was handed over to it
// since it looked last. The owners may be about to do so, hence a second look. Their epochs
// tell the leases from those of a member that came after this one under its name.
func (g *Group) withdraw() {
	for again, tries := true, 0; again && len(g.asked) > 0 && tries < 3; tries++ {
		leases, err := g.list(g.settling)
		if err != nil {
			g.report("Release", "", nil, err)
			return
		}
		mine := slices.DeleteFunc(leases, func(l Lease) bool {
			epoch, ok := g.asked[l.ShardID]
			return !ok || l.Epoch != epoch || l.Owner != g.cfg.WorkerID && l.RequestedBy != g.cfg.WorkerID
		})
		again = g.change("Release", mine, func(l *Lease) {
			if l.Owner == g.cfg.WorkerID {
				l.Owner = ""
			}
			l.RequestedBy = ""
		}, func(Lease, time.Time) {})
	}
}

// change changes leases that others may change as well. It is done even when the group
// ends meanwhile, so that no lease is taken without anybody knowing. It reports whether
// others did change any.
func (g *Group) change(op string, leases []Lease, how func(*Lease), done func(l Lease, began time.Time)) (outrun bool) {
	if len(leases) == 0 {
		return false
	}
	updates := make([]LeaseUpdate, len(leases))
	for i, l := range leases {
		to := l.clone()
		to.Counter++
		how(&to)
		updates[i] = LeaseUpdate{l, to}
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(g.settling, g.cfg.FailoverTime/3)
	err := g.cfg.Leases.Update(ctx, g.cfg.Name, updates...)
	cancel()
	for i, err := range perEntry(err, len(updates)) {
		switch {
		case err == nil:
			done(updates[i].To, began)
		case errors.Is(err, ErrLeaseLost):
			outrun = true
		default:
			g.report(op, leases[i].ShardID, nil, err)
		}
	}
	return outrun
}
