package kinesis

import "time"

// pending is a batch from its read until its checkpoint.
type pending struct {
	records  []UserRecord // that are not done
	upTo     Checkpoint   // after all that was read
	behind   int64        // milliseconds
	end      bool
	children []ChildShard
	taken    bool  // by the handler, or there is nothing to take
	attempts int   // that failed for the first of the records
	dead     int   // how many of the records go to DeadLetter
	cause    error // why they do
}

// batch makes what a handler sees of a pending batch.
func (g *Group) batch(r *reading, p *pending) *ShardBatch {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n := len(p.records); n > 0 {
		last := &p.records[n-1]
		r.handed = Checkpoint{Type: AfterSequenceNumber, SequenceNumber: last.SequenceNumber, SubSequenceNumber: last.SubSequenceNumber}
	}
	return &ShardBatch{
		ShardID: r.shardID, Records: p.records, MillisBehindLatest: p.behind, Attempt: p.attempts + 1, Epoch: r.lease.Epoch,
		End: p.end, Last: p.end || len(p.records) == 0, group: g, reading: r,
	}
}

// attempt calls the handler, or DeadLetter, and reports whether there is more to do here.
func (g *Group) attempt(r *reading) bool {
	p := r.pending
	err := error(errGoexit)
	if !r.calling {
		if _, _, ok := g.current(r); !ok || r.ctx.Err() != nil {
			return false
		}
		b := g.batch(r, p)
		r.calling = true
		err = contain(func() error {
			if p.dead == 0 {
				return g.handler(r.ctx, b)
			}
			b.Records, b.End, b.Last = b.Records[:p.dead], b.End && p.dead == len(b.Records), false
			return g.cfg.DeadLetter(r.ctx, b, p.cause)
		})
	}
	r.calling = false
	if p.dead > 0 {
		return g.afterDeadLetter(r, err)
	}

	done, named, cause := verdict(err, len(p.records))
	if cause != nil {
		done = max(done, g.covered(r, p.records))
	}
	g.mu.Lock()
	g.stats.Batches++
	g.stats.Records += int64(done)
	if cause != nil {
		g.stats.Failed++
	}
	g.mu.Unlock()
	failed := p.records
	p.advance(r, done)
	switch {
	case cause == nil:
		p.taken = true
		return true
	case r.ctx.Err() != nil && !isPanic(cause):
		if done > 0 {
			g.checkpointAuto(r, r.done)
		}
		return false
	}
	g.report("Handle", r.shardID, failed, cause)
	if p.taken = len(p.records) == 0 && !p.end; p.taken {
		return true // it failed, but not without a checkpoint
	}
	p.attempts++
	if done > 0 && !g.checkpointAuto(r, r.done) {
		return false
	}
	if g.cfg.MaxAttempts > 0 && p.attempts >= g.cfg.MaxAttempts && len(p.records) > 0 {
		p.dead, p.cause, p.attempts = len(p.records), cause, 0
		if named {
			p.dead = 1
		}
		return true
	}
	return rest(r.reads, g.backoff(r, p.attempts))
}

// afterDeadLetter goes on after what DeadLetter took, or calls it again.
func (g *Group) afterDeadLetter(r *reading, err error) bool {
	p := r.pending
	if err != nil {
		if r.ctx.Err() != nil && !isPanic(err) {
			return false
		}
		g.report("DeadLetter", r.shardID, p.records[:p.dead], err)
		p.attempts++
		return rest(r.reads, g.backoff(r, p.attempts))
	}
	g.mu.Lock()
	g.stats.DeadLettered += int64(p.dead)
	g.mu.Unlock()
	p.advance(r, p.dead)
	p.dead, p.cause = 0, nil
	p.taken = len(p.records) == 0 && !(p.end && g.cfg.ManualCheckpoint)
	return p.taken || g.checkpointAuto(r, r.done)
}

// advance notes that the first n records are done.
func (p *pending) advance(r *reading, n int) {
	if n == 0 {
		return
	}
	last := &p.records[n-1]
	r.done = Checkpoint{Type: AfterSequenceNumber, SequenceNumber: last.SequenceNumber, SubSequenceNumber: last.SubSequenceNumber}
	p.records = p.records[n:]
	p.attempts = 0
}

func (g *Group) backoff(r *reading, attempts int) (d time.Duration) {
	err := contain(func() error {
		d = g.cfg.Backoff(attempts)
		return nil
	})
	if err != nil {
		g.report("Backoff", r.shardID, nil, err)
		d = defaultBackoff(attempts)
	}
	return d
}
