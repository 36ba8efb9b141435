package kinesis

import (
	"context"
	"errors"
	"time"
)

// renewLoop renews the leases three times in each failover time, and soon again if
// that failed. It ends when none is held any more.
func (g *Group) renewLoop() {
	timer := time.NewTimer(g.cfg.FailoverTime / 3)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-g.settling.Done():
			return
		}
		if g.renew() {
			timer.Reset(g.cfg.FailoverTime / 3)
		} else {
			timer.Reset(g.cfg.FailoverTime / 10)
		}
	}
}

// renew counts the leases up and reports whether all are renewed.
func (g *Group) renew() bool {
	ok, again := g.renewOnce()
	if again {
		ok, again = g.renewOnce()
	}
	return ok && !again
}

// renewOnce sends one update. Leases that the member is asked for get no more time and are
// left out, and so is one that is being changed, which renews it. Again means that some
// were not as expected and may be renewed now.
func (g *Group) renewOnce() (ok, again bool) {
	var own []*reading
	var updates []LeaseUpdate
	g.mu.Lock()
	for _, r := range g.readings {
		if !g.holds(r) || r.lease.RequestedBy != "" {
			continue
		}
		select {
		case r.updating <- struct{}{}:
		default:
			continue
		}
		to := r.lease.clone()
		to.Counter++
		own = append(own, r)
		updates = append(updates, LeaseUpdate{r.lease, to})
	}
	g.mu.Unlock()
	if own == nil {
		return true, false
	}
	defer func() {
		for _, r := range own {
			<-r.updating
		}
	}()

	sent := time.Now()
	ctx, cancel := context.WithTimeout(g.settling, g.cfg.FailoverTime/3)
	err := g.cfg.Leases.Update(ctx, g.cfg.Name, updates...)
	cancel()
	var surprised []*reading
	var failure error
	for i, err := range perEntry(err, len(own)) {
		switch {
		case err == nil:
			g.updated(own[i], updates[i].To, sent)
		case errors.Is(err, ErrLeaseLost):
			surprised = append(surprised, own[i])
		default:
			failure = err
		}
	}
	if surprised != nil {
		leases, err := g.list(g.settling)
		if err != nil {
			failure = err
		} else {
			for _, r := range surprised {
				g.adopt(r, leases)
			}
		}
	}
	if failure != nil && g.settling.Err() == nil {
		g.report("Renew", "", nil, failure)
	}
	return failure == nil, surprised != nil && failure == nil
}
