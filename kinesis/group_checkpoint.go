package kinesis

import (
	"context"
	"errors"
	"slices"
)

// checkpoint sets a checkpoint at the handler's word.
func (g *Group) checkpoint(ctx context.Context, r *reading, record UserRecord) error {
	c := Checkpoint{Type: AfterSequenceNumber, SequenceNumber: record.SequenceNumber, SubSequenceNumber: record.SubSequenceNumber}
	g.mu.Lock()
	seen := r.handed.covers(c.SequenceNumber, c.SubSequenceNumber)
	g.mu.Unlock()
	fault := func(sentinel error, text string) error {
		return &Error{Op: "Checkpoint", Stream: g.cfg.Name, Err: sentinel, Message: text}
	}
	if !seen {
		return fault(ErrInvalidArgument, "The record "+c.SequenceNumber.String()+" of shard "+r.shardID+" was not handed out yet.")
	}
	err := g.update(ctx, r, func(l *Lease) error {
		if l.Checkpoint == c {
			return errUnchanged
		}
		if l.Checkpoint.covers(c.SequenceNumber, c.SubSequenceNumber) {
			return fault(ErrInvalidArgument, "The checkpoint of shard "+r.shardID+" is behind the record "+c.SequenceNumber.String()+" already.")
		}
		l.Checkpoint = c
		return nil
	})
	if err == ErrLeaseLost {
		err = fault(ErrLeaseLost, "The lease of shard "+r.shardID+" belongs to another worker.")
	}
	return err
}

// forward sets a checkpoint unless that is behind or the same.
func forward(c Checkpoint) func(*Lease) error {
	return func(l *Lease) error {
		if c.Type == "" || l.Checkpoint.covers(c.SequenceNumber, c.SubSequenceNumber) {
			return errUnchanged
		}
		l.Checkpoint = c
		return nil
	}
}

// checkpointAuto sets a checkpoint unless the handler does.
func (g *Group) checkpointAuto(r *reading, c Checkpoint) bool {
	return g.cfg.ManualCheckpoint || g.persist(r, "Checkpoint", forward(c))
}

// persist changes a lease however often the store fails, as long as the member has it; once
// the lease is lost or the group closed, it tries only once. It reports whether the change
// was made.
func (g *Group) persist(r *reading, op string, change func(*Lease) error) bool {
	pause := pauser{limit: g.cfg.FailoverTime / 3}
	for {
		err := g.update(g.settling, r, change)
		if err == nil {
			return true
		}
		if errors.Is(err, ErrLeaseLost) {
			return false
		}
		g.report(op, r.shardID, nil, err)
		if !rest(r.ctx, pause.next()) {
			return false
		}
	}
}

// covered counts the records that the lease's checkpoint covers.
func (g *Group) covered(r *reading, records []UserRecord) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := slices.IndexFunc(records, func(u UserRecord) bool {
		return !r.lease.Checkpoint.covers(u.SequenceNumber, u.SubSequenceNumber)
	})
	if n < 0 {
		return len(records)
	}
	return n
}
