package kinesis

import (
	"context"
	"sync"
	"time"
)

// Run reads and handles shards until Shutdown or Close, then returns nil; at once if they
// came first, so that a program may be told to end while it starts. Run returns only
// when every handler has returned and no lease is held. A group runs once: Run fails with
// ErrResourceInUse when called again.
//
// When ctx ends, Run does as Close does, and returns ctx's error. When the stream is
// closed or deleted, which is ErrClosed of any of its operations or ErrResourceNotFound of
// Shards, Run does as Shutdown does, and returns the stream's error. Any other error is
// reported, and what failed is repeated after a pause.
//
// The handlers' contexts have the values of ctx.
func (g *Group) Run(ctx context.Context) error {
	if begun, err := g.begin(ctx); !begun {
		return err
	}
	defer close(g.ended)
	defer g.abort(nil)

	var renewer sync.WaitGroup
	renewer.Go(g.renewLoop)
	err := g.takeLoop()
	g.stop()
	g.readers.Wait()
	g.withdraw()
	g.settled() // a renewal that hangs holds up nobody now
	renewer.Wait()
	return err
}

func (g *Group) begin(ctx context.Context) (begun bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.started:
		return false, &Error{Op: "Run", Stream: g.cfg.Name, Err: ErrResourceInUse, Message: "A group runs once."}
	case g.closed:
		return false, nil
	}
	g.started = true
	g.working, g.stop = context.WithCancel(ctx)
	g.handling, g.abort = context.WithCancelCause(ctx)
	g.settling, g.settled = context.WithCancel(context.WithoutCancel(ctx))
	return true, nil
}

// Shutdown ends the member gracefully: it reads no more, waits for the running handlers,
// sets the checkpoints and gives the leases up, so that others can take them at once.
// A batch that the handler failed for is not repeated. If ctx ends first, Shutdown
// returns its error, and the handlers run on; Close would cancel them. Shutdown may be
// called again, together with Close, and before Run, but not by a handler, which would
// wait for itself.
func (g *Group) Shutdown(ctx context.Context) error {
	if !g.end() {
		return nil
	}
	select {
	case <-g.ended:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-g.ended: // both happened
		return nil
	default:
		return ctx.Err()
	}
}

// Close ends the member soon: it does as Shutdown, cancels the handlers' contexts too, and
// waits for them. A batch whose handler fails then was interrupted, and comes again
// elsewhere; the failure is not reported. Where the store refuses to give a lease up the
// others have to wait until it has expired. Close always returns nil and may be called
// again, and before Run. A handler must not call it.
func (g *Group) Close() error {
	if g.end() {
		g.abort(&Error{Op: "Run", Stream: g.cfg.Name, Err: ErrClosed, Message: "The group is closed."})
		<-g.ended
	}
	return nil
}

// end stops the work and reports whether there is anything to wait for.
func (g *Group) end() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	if g.started {
		g.stop()
	}
	return g.started
}

// fail ends the group because the stream is gone.
func (g *Group) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fatal == nil && g.working.Err() == nil {
		g.fatal = err
		g.stop()
	}
}

// takeLoop is the loop at the heart of Run: it looks for new shards and for leases to
// take, twice in each failover time, so that a lease is taken at most one and a half of them
// after its owner renewed it last. A shard that ends wakes it earlier.
func (g *Group) takeLoop() error {
	failing := pauser{limit: g.cfg.FailoverTime / 2}
	timer := time.NewTimer(0)
	defer timer.Stop()
	var syncAt time.Time // at once
	for {
		select {
		case <-timer.C:
		case <-g.kicked:
		case <-g.working.Done():
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.fatal != nil || g.closed {
				return g.fatal
			}
			return g.working.Err()
		}
		ok := true
		if !time.Now().Before(syncAt) {
			shards, err := g.sync(g.working)
			switch {
			case g.working.Err() != nil:
				continue
			case err != nil:
				g.report("Sync", "", nil, err)
				ok = false
				syncAt = time.Time{}
			case len(shards) == 0: // as long as it is being created
				syncAt = time.Now().Add(time.Second)
			default:
				if err := g.delete(g.working, g.expired(shards)); err != nil && g.working.Err() == nil {
					g.report("Sync", "", nil, err) // the next time will do
				}
				syncAt = time.Now().Add(g.cfg.ShardSyncInterval)
			}
		}
		outrun, err := g.look()
		if err != nil && g.working.Err() == nil {
			g.report("List", "", nil, err)
		}
		ok = ok && err == nil && !outrun
		if !ok {
			timer.Reset(failing.next())
			continue
		}
		failing.reset()
		timer.Reset(min(g.cfg.FailoverTime/2, time.Until(syncAt)))
	}
}

// kick makes takeLoop look at once.
func (g *Group) kick() {
	select {
	case g.kicked <- struct{}{}:
	default:
	}
}

// pauser is the pauses between attempts: a quarter of a second, doubled each time.
type pauser struct{ last, limit time.Duration }

func (p *pauser) next() time.Duration {
	p.last = min(max(2*p.last, 250*time.Millisecond), p.limit)
	return p.last
}

func (p *pauser) reset() { p.last = 0 }

// rest waits, and returns false when ctx ended first.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
