package kinesis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
)

// GroupStats is a snapshot of a member's counters. But for Leases they only grow.
type GroupStats struct {
	Leases int // held now

	Taken      int64 // leases
	Asked      int64 // leases of other members
	HandedOver int64 // leases, to members that asked
	Lost       int64 // leases, see ErrLeaseLost

	Batches      int64 // calls of the handler
	Failed       int64 // those of them that failed
	Records      int64 // handled with success
	DeadLettered int64 // records that DeadLetter took
	Dropped      int64 // parts of aggregated records that are not the shard's
	Checkpoints  int64 // that were set
}

// Stats returns the counters as they are now.
func (g *Group) Stats() GroupStats {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.stats
	for _, r := range g.readings {
		if r.state == held {
			s.Leases++
		}
	}
	return s
}

// Owned returns the ids of the shards that the member holds leases for now, in order.
func (g *Group) Owned() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	own := maps.Clone(g.readings)
	maps.DeleteFunc(own, func(_ string, r *reading) bool { return r.state != held })
	return slices.Sorted(maps.Keys(own))
}

// GroupError is what OnError is told.
type GroupError struct {
	// Op says what failed.
	//
	//   - Sync: the look for new shards; it will be repeated.
	//   - List: the look for leases to take; it will be repeated.
	//   - Take, Ask: a lease was not taken, or not asked for; perhaps the next time.
	//   - Renew: the leases were not renewed; there may be time to try again.
	//   - Read: it will be repeated, unless the shard expired (ErrResourceNotFound).
	//   - Unpack: parts of aggregated records are left out, because they do not belong in
	//     the shard.
	//   - Handle: the handler; the batch will be repeated.
	//   - DeadLetter: the hook; it will be called again.
	//   - Checkpoint: it will be set again; until then the shard stands still.
	//   - Release: the lease was not given up. It will be tried again, but not after
	//     Close: then others wait until the lease has expired.
	//   - Lease: with ErrLeaseLost, the lease is lost.
	//   - Backoff: GroupConfig.Backoff panicked; the default was taken.
	Op string
	// ShardID is the shard concerned; empty for Sync, List and Renew.
	ShardID string
	// Records are those of the batch, for Handle and DeadLetter.
	Records []UserRecord
	Err     error
}

func (e *GroupError) Error() string {
	if e.ShardID == "" {
		return fmt.Sprintf("kinesis: group: %s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("kinesis: group: %s %s: %v", e.Op, e.ShardID, e.Err)
}

// Unwrap returns Err.
func (e *GroupError) Unwrap() error { return e.Err }

// report is called without any lock.
func (g *Group) report(op, shardID string, records []UserRecord, err error) {
	attrs := []slog.Attr{slog.String("op", op), slog.Any("error", err)}
	if shardID != "" {
		attrs = append(attrs, slog.String("shard", shardID))
	}
	level := slog.LevelWarn
	if p, ok := errors.AsType[*PanicError](err); ok {
		level = slog.LevelError
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	ctx := context.WithoutCancel(g.settling)
	g.cfg.Logger.LogAttrs(ctx, level, "kinesis group", attrs...)
	if g.cfg.OnError == nil {
		return
	}
	e := &GroupError{Op: op, ShardID: shardID, Records: records, Err: err}
	if err := contain(func() error { g.cfg.OnError(e); return nil }); err != nil {
		g.cfg.Logger.LogAttrs(ctx, slog.LevelError, "kinesis group: OnError failed", slog.Any("error", err))
	}
}
