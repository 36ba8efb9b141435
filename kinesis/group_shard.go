package kinesis

import (
	"errors"
	"math"
	"time"
)

// idlePause is how long to wait before the next read of a stream that does not wait
// itself. (idleTimeBetweenReadsInMillis of the Kinesis Client Library.)
const idlePause = time.Second

// consume is the goroutine of a shard.
func (g *Group) consume(r *reading) {
	done := false
	defer func() {
		// A handler may end its goroutine, as a test's FailNow does. The shard then
		// goes on in another.
		if !done {
			g.readers.Go(func() { g.consume(r) })
		}
	}()
	for !r.leaving && g.step(r) {
	}
	g.leave(r)
	done = true
}

// step reads a batch, or goes on with the one there is, and reports whether there is
// more to do.
func (g *Group) step(r *reading) bool {
	switch p := r.pending; {
	case p == nil:
		return g.read(r)
	case !p.taken:
		return g.attempt(r)
	case !g.checkpointAuto(r, p.upTo):
		return false
	case p.end:
		g.finish(r, p.children)
		return false
	}
	r.pending = nil
	return true
}

// read waits for records.
func (g *Group) read(r *reading) bool {
	if r.reads.Err() != nil {
		return false
	}
	// Where the latest record is must be known before one comes: otherwise the member
	// that takes over from one that died waiting would begin later than that.
	find := r.next.Type == Latest && !r.looked
	wait := g.cfg.Wait
	if find {
		r.looked, wait = true, 0
	}
	began := time.Now()
	b, err := g.stream.Read(r.reads, ReadRequest{ShardID: r.shardID, Position: r.next, Limit: g.cfg.MaxRecords, Wait: wait})
	switch {
	case r.reads.Err() != nil:
		return false
	case errors.Is(err, ErrClosed):
		g.fail(err)
		return false
	case err != nil:
		g.report("Read", r.shardID, nil, err)
		if errors.Is(err, ErrResourceNotFound) && g.gone(r) {
			r.pending = &pending{end: true, taken: !g.cfg.ManualCheckpoint}
			return true
		}
		return rest(r.reads, r.pause.next())
	}
	r.pause.reset()
	r.next = b.Next
	records, upTo := g.unpack(r, b.Records)
	switch {
	case find && upTo == Checkpoint{} && b.Next.Type == AfterSequenceNumber:
		start := Checkpoint{Type: AfterSequenceNumber, SequenceNumber: b.Next.SequenceNumber, SubSequenceNumber: math.MaxInt32}
		if !g.persist(r, "Checkpoint", forward(start)) {
			return false
		}
	case upTo == Checkpoint{} && !b.End && !find && time.Since(began) < g.cfg.Wait/2:
		return rest(r.reads, idlePause)
	}
	r.pending = &pending{
		records: records, upTo: upTo, behind: b.MillisBehindLatest, end: b.End, children: b.ChildShards,
		taken: len(records) == 0 && !(b.End && g.cfg.ManualCheckpoint),
	}
	return true
}

// gone tells whether the stream lacks a shard, which it does when the retention period of
// its last record is over.
func (g *Group) gone(r *reading) bool {
	shards, err := g.sync(r.reads)
	return err == nil && !shards[r.shardID]
}

// finish notes that all of a shard is handled. The leases of the shards that follow are
// created before: a lease at its end whose shard is followed by none is one that can go.
func (g *Group) finish(r *reading, children []ChildShard) {
	pause := pauser{limit: g.cfg.FailoverTime / 3}
	for {
		err := g.syncAfter(r.reads, r, children)
		if err == nil {
			break
		}
		if r.reads.Err() != nil {
			return
		}
		g.report("Sync", r.shardID, nil, err)
		if !rest(r.reads, pause.next()) {
			return
		}
	}
	g.persist(r, "Checkpoint", func(l *Lease) error {
		l.Checkpoint = Checkpoint{Type: ShardEnd}
		l.Owner, l.RequestedBy = "", ""
		return nil
	})
}

// leave gives a lease up, if it is not lost or the shard at its end.
func (g *Group) leave(r *reading) {
	again := r.leaving
	r.leaving = true
	if _, _, ok := g.current(r); ok && g.cfg.ManualCheckpoint && r.ctx.Err() == nil {
		err := error(errGoexit)
		if !again {
			err = contain(func() error { return g.handler(r.ctx, g.batch(r, &pending{})) })
		}
		if err != nil && (r.ctx.Err() == nil || isPanic(err)) {
			g.report("Handle", r.shardID, nil, err)
		}
	}
	requested := false
	released := g.persist(r, "Release", func(l *Lease) error {
		requested = l.RequestedBy != ""
		l.Owner, l.RequestedBy = l.RequestedBy, ""
		return nil
	})
	r.detach()
	r.cancel(nil)
	g.mu.Lock()
	delete(g.readings, r.shardID)
	r.timer.Stop()
	wasLost := r.state == lost
	if wasLost {
		g.stats.Lost++
	} else if released && requested {
		g.stats.HandedOver++
	}
	g.mu.Unlock()
	if wasLost {
		g.report("Lease", r.shardID, nil, ErrLeaseLost)
	}
	g.kick()
}
