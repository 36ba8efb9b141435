package kinesistest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/kinesis"
)

var leaseUpdateRules = []leaseRule{{
	name: "leases/updated",
	says: "Update puts a lease, with everything that it has, in the place of one with the Owner and the Counter that are said.",
	verify: func(c *leaseChecker) {
		var before []kinesis.Lease
		var updates []kinesis.LeaseUpdate
		leases := richLeases(c)
		for _, l := range leases {
			from := lease(l.ShardID, "before", 7)
			before = append(before, from)
			updates = append(updates, kinesis.LeaseUpdate{From: from, To: l})
		}
		c.create(before...)
		c.update(updates...)
		c.holds(group, leases...)
		var back []kinesis.LeaseUpdate
		for i, l := range leases {
			back = append(back, kinesis.LeaseUpdate{From: l, To: before[i]})
		}
		c.update(back...)
		c.holds(group, before...)
	},
}, {
	name: "leases/owner and counter",
	says: "Of From only the shard, the Owner and the Counter count.",
	verify: func(c *leaseChecker) {
		rich := richLeases(c)[1]
		c.create(rich)
		c.update(kinesis.LeaseUpdate{From: lease(rich.ShardID, rich.Owner, rich.Counter), To: lease(rich.ShardID, "b", 1)})
		c.holds(group, lease(rich.ShardID, "b", 1))
		c.update(kinesis.LeaseUpdate{From: kinesis.Lease{ShardID: rich.ShardID, Owner: "b", Counter: 1, Epoch: 9, RequestedBy: "c", Checkpoint: rich.Checkpoint, Parents: rich.Parents}, To: rich})
		c.holds(group, rich)
		from := rich
		from.Checkpoint, from.Parents = kinesis.Checkpoint{}, nil
		if err := c.store.Delete(c.Context(), group, from); err != nil {
			c.Fatalf("Delete: %v", err)
		}
		c.holds(group)
	},
}, {
	name: "leases/lost",
	says: "Where the stored lease has another Owner or Counter, or there is none, Update fails with a *BatchError that wraps ErrLeaseLost and names the index; the others still happen.",
	verify: func(c *leaseChecker) {
		c.create(lease("0", "a", 1), lease("1", "a", 1), lease("2", "a", 1), lease("3", "", 1))
		change := func(from kinesis.Lease) kinesis.LeaseUpdate {
			return kinesis.LeaseUpdate{From: from, To: lease(from.ShardID, "new", 9)}
		}
		err := c.store.Update(c.Context(), group,
			change(lease("0", "b", 1)), change(lease("1", "a", 1)), change(lease("2", "a", 2)), change(lease("9", "a", 1)), change(lease("3", "a", 1)), change(lease("2", "a", 0)))
		c.lost(err, "Update", 0, 2, 3, 4, 5)
		c.holds(group, lease("0", "a", 1), lease("1", "new", 9), lease("2", "a", 1), lease("3", "", 1))
		err = c.store.Update(c.Context(), group, change(lease("1", "a", 1)))
		c.lost(err, "Update of what has changed since", 0)
	},
}, {
	name: "leases/deleted",
	says: "Delete removes the leases that have the Owner and the Counter that are said, and fails as Update does for the others.",
	verify: func(c *leaseChecker) {
		c.create(lease("0", "a", 1), lease("1", "a", 1), lease("2", "a", 1))
		err := c.store.Delete(c.Context(), group, lease("0", "b", 1), lease("1", "a", 1), lease("2", "a", 2), lease("9", "a", 1))
		c.lost(err, "Delete", 0, 2, 3)
		c.holds(group, lease("0", "a", 1), lease("2", "a", 1))
		c.lost(c.store.Delete(c.Context(), group, lease("1", "a", 1)), "Delete of what is gone", 0)
		c.lost(c.store.Update(c.Context(), group, kinesis.LeaseUpdate{From: lease("1", "a", 1), To: lease("1", "a", 2)}), "Update of what is gone", 0)
		c.create(lease("1", "b", 0))
		c.holds(group, lease("0", "a", 1), lease("1", "b", 0), lease("2", "a", 1))
	},
}, {
	name: "leases/one winner",
	says: "Of many who change the same lease at once exactly one succeeds, be it by Update, Delete or Create.",
	verify: func(c *leaseChecker) {
		const workers, rounds = 8, 25
		c.create(lease("1", "", 0))
		owner := ""
		for round := range int64(rounds) {
			winner := c.contest(workers, func(worker int) error {
				return c.store.Update(c.Context(), group, kinesis.LeaseUpdate{From: lease("1", owner, round), To: lease("1", fmt.Sprint("worker ", worker), round+1)})
			})
			owner = fmt.Sprint("worker ", winner)
			c.holds(group, lease("1", owner, round+1))
		}
		c.contest(workers, func(int) error { return c.store.Delete(c.Context(), group, lease("1", owner, rounds)) })
		c.holds(group)
		created := make(chan error)
		for worker := range workers {
			go func() { created <- c.store.Create(c.Context(), group, lease("1", fmt.Sprint("worker ", worker), 0)) }()
		}
		var failed error
		for range workers {
			failed = errors.Join(failed, <-created)
		}
		if failed != nil {
			c.Fatalf("Create: %v", failed)
		}
		if got := c.listed(group); len(got) != 1 {
			c.Fatalf("the group has the leases %+v, expected one", got)
		}
	},
}}

// contest lets workers do something at once and returns the one who succeeded.
func (c *leaseChecker) contest(workers int, do func(worker int) error) (winner int) {
	c.Helper()
	var (
		working sync.WaitGroup
		winners atomic.Int64
		won     atomic.Int64
	)
	for worker := range workers {
		working.Go(func() {
			if do(worker) == nil {
				winners.Add(1)
				won.Store(int64(worker))
			}
		})
	}
	working.Wait()
	if n := winners.Load(); n != 1 {
		c.Fatalf("%d of %d who changed a lease at once succeeded, expected 1", n, workers)
	}
	return int(won.Load())
}
