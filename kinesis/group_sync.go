package kinesis

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/leat-go/leat/internal/awserr"
)

// syncedShards are what the last look for shards has found.
type syncedShards struct {
	began time.Time
	ids   map[string]bool
}

// sync creates the leases that the group lacks, and returns the ids of the stream's shards.
func (g *Group) sync(ctx context.Context) (map[string]bool, error) {
	select {
	case g.syncing <- struct{}{}:
		defer func() { <-g.syncing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return g.syncNow(ctx)
}

// syncAfter creates the leases for the shards that follow one that has ended. When many
// end together, one look does for all of them: it must have begun after the ended one was
// begun to be read, so as to know that one's lease, and have found those that follow.
func (g *Group) syncAfter(ctx context.Context, r *reading, children []ChildShard) error {
	select {
	case g.syncing <- struct{}{}:
		defer func() { <-g.syncing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	unlisted := func() string {
		for _, c := range children {
			if !g.synced.ids[c.ShardID] {
				return c.ShardID
			}
		}
		return ""
	}
	if len(children) > 0 && g.synced.began.After(r.began) && unlisted() == "" {
		return nil
	}
	ids, err := g.syncNow(ctx)
	if err != nil {
		return err
	}
	if id := unlisted(); id != "" && ids[r.shardID] {
		return errors.New("kinesis: the stream does not list " + id + " yet, which follows a shard that ended")
	}
	return nil
}

// syncNow does what sync says. It must be done within half a failover time:
// planner.followers relies on that. The leases are listed last, so that each that existed
// when the stream had these shards is among them. The caller has filled g.syncing.
func (g *Group) syncNow(ctx context.Context) (map[string]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.FailoverTime/2)
	defer cancel()
	began := time.Now()
	shards, err := g.stream.Shards(ctx)
	if err != nil {
		if errors.Is(err, ErrClosed) || errors.Is(err, ErrResourceNotFound) {
			g.fail(err)
		}
		return nil, err
	}
	leases, err := g.cfg.Leases.List(ctx, g.cfg.Name)
	if err != nil {
		return nil, err
	}
	for _, generation := range missingLeases(shards, leases, g.cfg.InitialPosition) {
		if err := g.cfg.Leases.Create(ctx, g.cfg.Name, generation...); err != nil {
			return nil, err
		}
	}
	ids := make(map[string]bool, len(shards))
	for i := range shards {
		ids[shards[i].ID] = true
	}
	g.synced = syncedShards{began, ids}
	return ids, nil
}

// expired returns the leases at their ends whose shards the stream no longer has, of those
// that were seen before the shards were listed.
func (g *Group) expired(shards map[string]bool) (expired []Lease) {
	for id, l := range g.clock {
		if l.Checkpoint.IsShardEnd() && !shards[id] {
			expired = append(expired, l.Lease)
		}
	}
	return expired
}

// delete deletes leases, of which others may have deleted some.
func (g *Group) delete(ctx context.Context, leases []Lease) error {
	if len(leases) == 0 {
		return nil
	}
	for _, err := range perEntry(g.cfg.Leases.Delete(ctx, g.cfg.Name, leases...), len(leases)) {
		if err != nil && !errors.Is(err, ErrLeaseLost) {
			return err
		}
	}
	return nil
}

// perEntry spreads an error over the n entries of a batch: nil for those that succeeded.
func perEntry(err error, n int) []error {
	if batch, ok := errors.AsType[*BatchError](err); ok {
		return awserr.Spread(batch.Failed, n)
	}
	return slices.Repeat([]error{err}, n)
}
