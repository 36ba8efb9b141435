package kinesis

import (
	"context"
	"errors"
	"time"
)

// A lease is given up before others may take it: a tenth of the failover time before, at
// most maxSpare. That leaves the handler a moment to stop.
const maxSpare = 5 * time.Second

func (g *Group) spare() time.Duration { return min(g.cfg.FailoverTime/10, maxSpare) }

// reading is a shard at work, and the lease for it.
type reading struct {
	shardID  string
	keys     HashKeyRange    // zero if unknown
	ctx      context.Context // the handlers'; until the lease is lost, or Close
	cancel   context.CancelCauseFunc
	reads    context.Context // until the lease is to be given up, too
	giveUp   context.CancelFunc
	detach   func() bool   // of giveUp from the group's end
	updating chan struct{} // full while the lease is being changed
	began    time.Time

	// Guarded by Group.mu.
	lease    Lease
	state    leaseState
	deadline time.Time // when the lease counts as lost
	timer    *time.Timer
	handed   Checkpoint // after the last record that a handler has seen

	// Of the shard's goroutine.
	next    Position
	done    Checkpoint // after the last record that was handled
	pending *pending   // nil when there is something to be read
	looked  bool       // for where the latest record is
	calling bool       // a function of the user's
	leaving bool       // nothing is to be read or handled any more
	pause   pauser     // between reads that fail
}

type leaseState int

const (
	held  leaseState = iota
	lost             // to another member, or it may be soon
	given            // up, or over
)

// startReading begins to read the shard of a lease that was taken by a request that
// was sent then.
func (g *Group) startReading(l Lease, sent time.Time) {
	r := &reading{
		shardID: l.ShardID, keys: l.HashKeyRange, lease: l, next: l.Checkpoint.position(), done: l.Checkpoint, handed: l.Checkpoint,
		updating: make(chan struct{}, 1), began: time.Now(), pause: pauser{limit: 30 * time.Second},
		deadline: sent.Add(g.cfg.FailoverTime - g.spare()),
	}
	r.ctx, r.cancel = context.WithCancelCause(g.handling)
	r.reads, r.giveUp = context.WithCancel(r.ctx)
	r.detach = context.AfterFunc(g.working, r.giveUp)
	g.mu.Lock()
	g.readings[r.shardID] = r
	g.stats.Taken++
	r.timer = time.AfterFunc(time.Until(r.deadline), func() { g.expire(r) })
	g.mu.Unlock()
	g.readers.Go(func() { g.consume(r) })
}

// expire is called when the deadline may have come.
func (g *Group) expire(r *reading) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.holds(r) {
		r.timer.Reset(time.Until(r.deadline))
	}
}

// holds tells whether the member has the lease still, and finds it lost if its deadline
// has passed. The caller holds mu.
func (g *Group) holds(r *reading) bool {
	if r.state != held {
		return false
	}
	if time.Now().Before(r.deadline) {
		return true
	}
	g.lose(r)
	return false
}

// lose notes that a lease is lost. The caller holds mu.
func (g *Group) lose(r *reading) {
	if r.state == held {
		r.state = lost
		r.timer.Stop()
		r.cancel(ErrLeaseLost)
	}
}

// current returns the lease as the member knows it, and when it will count as lost; ok is
// false if it is lost or given up.
func (g *Group) current(r *reading) (l Lease, deadline time.Time, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ok = g.holds(r)
	return r.lease, r.deadline, ok
}

// errUnchanged is returned by a change that is none.
var errUnchanged = errors.New("unchanged")

// update changes a lease that the member owns. It fails with ErrLeaseLost if it does not,
// with the change's error, or the store's.
func (g *Group) update(ctx context.Context, r *reading, change func(*Lease) error) error {
	select {
	case r.updating <- struct{}{}:
		defer func() { <-r.updating }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		from, deadline, ok := g.current(r)
		if !ok {
			return ErrLeaseLost
		}
		to := from.clone()
		to.Counter++
		if err := change(&to); err != nil {
			if err == errUnchanged {
				return nil
			}
			return err
		}
		sent := time.Now()
		if limit := sent.Add(g.cfg.FailoverTime / 3); limit.Before(deadline) {
			deadline = limit // so that one that hangs does not cost the lease
		}
		attempt, cancel := context.WithDeadline(ctx, deadline)
		err := perEntry(g.cfg.Leases.Update(attempt, g.cfg.Name, LeaseUpdate{from, to}), 1)[0]
		cancel()
		switch {
		case err == nil:
			g.updated(r, to, sent)
			return nil
		case !errors.Is(err, ErrLeaseLost):
			return err
		}
		if err := g.compare(ctx, r); err != nil {
			return err
		}
	}
}

// updated notes that the store has taken a change, and so renewed the lease; not one that
// is asked for, for which there is only so much time left.
func (g *Group) updated(r *reading, to Lease, sent time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if to.Checkpoint != r.lease.Checkpoint {
		g.stats.Checkpoints++
	}
	r.lease = to
	switch {
	case r.state != held:
	case to.Owner != g.cfg.WorkerID:
		r.state = given
		r.timer.Stop()
	case to.RequestedBy == "":
		if deadline := sent.Add(g.cfg.FailoverTime - g.spare()); deadline.After(r.deadline) {
			r.deadline = deadline
		}
	}
}

// compare looks at what the store has, when that is not what was expected: the lease may
// have been asked for, or a change whose result is unknown may have happened. It
// fails with ErrLeaseLost if the lease is another's, or the store's error.
func (g *Group) compare(ctx context.Context, r *reading) error {
	leases, err := g.list(ctx)
	if err != nil {
		return err
	}
	g.adopt(r, leases)
	if _, _, ok := g.current(r); !ok {
		return ErrLeaseLost
	}
	return nil
}

func (g *Group) list(ctx context.Context) ([]Lease, error) {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.FailoverTime/3)
	defer cancel()
	return g.cfg.Leases.List(ctx, g.cfg.Name)
}

// adopt takes what the store has of a lease, or finds that it is lost. The caller has
// filled r.updating.
func (g *Group) adopt(r *reading, leases []Lease) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range leases {
		if l.ShardID == r.shardID && l.Owner == g.cfg.WorkerID && l.Epoch == r.lease.Epoch {
			r.lease = l
			if l.RequestedBy != "" {
				r.giveUp()
			}
			return
		}
	}
	g.lose(r)
}
