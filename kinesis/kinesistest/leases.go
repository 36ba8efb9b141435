package kinesistest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/suite"
	"github.com/leat-go/leat/kinesis"
)

// Leases checks what an implementation of [kinesis.LeaseStore] owes the members of
// groups, each rule in a subtest of t. New returns a store without leases; a rule may ask
// for several. What it opens it closes with t.Cleanup.
func Leases(t *testing.T, new func(t testing.TB) kinesis.LeaseStore) {
	for _, r := range leaseRules() {
		suite.Check(t, r.under(new), false)
	}
}

// leaseRule is one thing that a lease store owes.
type leaseRule struct {
	name   string
	says   string // in a sentence
	verify func(c *leaseChecker)
}

func leaseRules() []leaseRule { return slices.Concat(leaseStoreRules, leaseUpdateRules) }

// under returns the rule for the stores that a function makes.
func (r leaseRule) under(new func(t testing.TB) kinesis.LeaseStore) suite.Rule {
	return suite.Rule{Name: r.name, Says: r.says, Verify: func(tb testing.TB) {
		s := new(tb)
		if s == nil {
			tb.Fatal("there is no store")
		}
		r.verify(&leaseChecker{checker: checker{Checks: suite.Checks{TB: tb}}, store: s})
	}}
}

// leaseChecker is what a rule checks with. It fails the test at the first difference.
type leaseChecker struct {
	checker
	store kinesis.LeaseStore
}

const group = "group"

func (c *leaseChecker) create(leases ...kinesis.Lease) {
	c.Helper()
	if err := c.store.Create(c.Context(), group, leases...); err != nil {
		c.Fatalf("Create: %v", err)
	}
}

func (c *leaseChecker) update(updates ...kinesis.LeaseUpdate) {
	c.Helper()
	if err := c.store.Update(c.Context(), group, updates...); err != nil {
		c.Fatalf("Update: %v", err)
	}
}

// listed returns the leases of a group by their shards.
func (c *leaseChecker) listed(of string) []kinesis.Lease {
	c.Helper()
	leases, err := c.store.List(c.Context(), of)
	if err != nil {
		c.Fatalf("List: %v", err)
	}
	slices.SortFunc(leases, func(a, b kinesis.Lease) int { return cmp.Compare(a.ShardID, b.ShardID) })
	return leases
}

// holds checks that a group has these leases and no others.
func (c *leaseChecker) holds(of string, want ...kinesis.Lease) {
	c.Helper()
	got := c.listed(of)
	if len(got) != len(want) {
		c.Fatalf("the group has the leases %+v, expected %+v", got, want)
	}
	for i := range want {
		g, w := got[i], want[i]
		if !g.Checkpoint.Timestamp.Equal(w.Checkpoint.Timestamp) {
			c.Fatalf("a lease has a checkpoint at %v, expected %v", g.Checkpoint.Timestamp, w.Checkpoint.Timestamp)
		}
		g.Checkpoint.Timestamp = w.Checkpoint.Timestamp // the same moment may be another value
		if len(g.Parents) == 0 && len(w.Parents) == 0 {
			g.Parents = w.Parents
		}
		if !reflect.DeepEqual(g, w) {
			c.Fatalf("a lease is %+v, expected %+v", g, w)
		}
	}
}

// lost checks that exactly the changes with these indexes failed, each with ErrLeaseLost.
func (c *leaseChecker) lost(err error, what string, indexes ...int) {
	c.Helper()
	batch, ok := errors.AsType[*kinesis.BatchError](err)
	if !ok {
		c.Fatalf("%s: the error is %v, expected a *kinesis.BatchError", what, err)
	}
	var failed []int
	for _, f := range batch.Failed {
		failed = append(failed, f.Index)
		c.FailedWith(f.Err, what, kinesis.ErrLeaseLost)
	}
	if !slices.Equal(failed, indexes) {
		c.Fatalf("%s: entries %v failed, expected %v", what, failed, indexes)
	}
}

// lease is a lease with nothing but its shard, owner and counter.
func lease(shard, owner string, counter int64) kinesis.Lease {
	return kinesis.Lease{ShardID: shard, Owner: owner, Counter: counter}
}

// richLeases are leases with all that leases may have.
func richLeases(c *leaseChecker) []kinesis.Lease {
	c.Helper()
	n, err := kinesis.ParseSequenceNumber("49590338271490256608559692538361571095921575989136588898")
	if err != nil {
		c.Fatal(err)
	}
	keys := kinesis.HashKeyRange{Start: kinesis.HashKey{Hi: 1 << 63, Lo: 1<<64 - 1}, End: kinesis.MaxHashKey}
	return []kinesis.Lease{
		{ShardID: "shardId-000000000000"},
		{
			ShardID: "shardId-000000000001", Owner: "worker-ü 1", Counter: 1 << 60, Epoch: 1 << 40, RequestedBy: "worker 2", HashKeyRange: keys,
			Checkpoint: kinesis.Checkpoint{Type: kinesis.AfterSequenceNumber, SequenceNumber: n, SubSequenceNumber: 77},
			Parents:    []string{"shardId-000000000000", "shardId-000000000007"},
		},
		{ShardID: "shardId-000000000002", Checkpoint: kinesis.Checkpoint{Type: kinesis.ShardEnd}, Parents: []string{"shardId-000000000000"}},
		{ShardID: "shardId-000000000003", Checkpoint: kinesis.Checkpoint{Type: kinesis.Latest}},
		{ShardID: "shardId-000000000004", Checkpoint: kinesis.Checkpoint{Type: kinesis.AtTimestamp, Timestamp: time.Unix(1_700_000_000, 123_000_000)}},
	}
}

var leaseStoreRules = []leaseRule{{
	name: "leases/none",
	says: "A group that nobody knows has no leases, which is no error.",
	verify: func(c *leaseChecker) {
		c.holds(group)
		c.holds("")
	},
}, {
	name: "leases/created",
	says: "A lease that was created is listed with everything that it has.",
	verify: func(c *leaseChecker) {
		leases := richLeases(c)
		c.create(leases[3], leases[1])
		c.create(leases[0], leases[2], leases[4])
		c.holds(group, leases...)
	},
}, {
	name: "leases/created again",
	says: "Create leaves a lease as it is whose shard has one, without an error, and stores the others.",
	verify: func(c *leaseChecker) {
		c.create(lease("1", "a", 5))
		c.create(lease("0", "b", 1), lease("1", "b", 9), lease("2", "b", 2))
		c.create(lease("2", "c", 1))
		c.holds(group, lease("0", "b", 1), lease("1", "a", 5), lease("2", "b", 2))
	},
}, {
	name: "leases/groups",
	says: "Groups have leases of their own, whatever they are called.",
	verify: func(c *leaseChecker) {
		groups := []string{group, group + "/1", "group 1", "GROUP", "gruppe-ä"}
		for i, of := range groups {
			if err := c.store.Create(c.Context(), of, lease("1", fmt.Sprint("owner ", i), int64(i))); err != nil {
				c.Fatalf("Create: %v", err)
			}
		}
		first := lease("1", "owner 0", 0)
		c.update(kinesis.LeaseUpdate{From: first, To: lease("1", "changed", 1)})
		if err := c.store.Delete(c.Context(), groups[1], lease("1", "owner 1", 1)); err != nil {
			c.Fatalf("Delete: %v", err)
		}
		c.holds(groups[0], lease("1", "changed", 1))
		c.holds(groups[1])
		for i := 2; i < len(groups); i++ {
			c.holds(groups[i], lease("1", fmt.Sprint("owner ", i), int64(i)))
		}
	},
}, {
	name: "leases/copies",
	says: "What becomes of leases that were handed in or out does not change those that are stored.",
	verify: func(c *leaseChecker) {
		l := kinesis.Lease{ShardID: "1", Parents: []string{"0"}}
		c.create(l)
		l.Parents[0] = "changed"
		c.holds(group, kinesis.Lease{ShardID: "1", Parents: []string{"0"}})
		to := kinesis.Lease{ShardID: "1", Counter: 1, Parents: []string{"0"}}
		c.listed(group)[0].Parents[0] = "changed"
		c.holds(group, kinesis.Lease{ShardID: "1", Parents: []string{"0"}})
		c.update(kinesis.LeaseUpdate{From: l, To: to})
		to.Parents[0] = "changed"
		c.holds(group, kinesis.Lease{ShardID: "1", Counter: 1, Parents: []string{"0"}})
	},
}, {
	name: "leases/many",
	says: "A group may have thousands of leases, and a call as many.",
	verify: func(c *leaseChecker) {
		const n = 3000
		var leases, next []kinesis.Lease
		var updates []kinesis.LeaseUpdate
		for i := range n {
			l := lease(fmt.Sprintf("shardId-%012d", i), "", 0)
			to := lease(l.ShardID, "a", 1)
			leases, next = append(leases, l), append(next, to)
			updates = append(updates, kinesis.LeaseUpdate{From: l, To: to})
		}
		c.create(leases...)
		c.holds(group, leases...)
		c.update(updates...)
		c.holds(group, next...)
		if err := c.store.Delete(c.Context(), group, next...); err != nil {
			c.Fatalf("Delete: %v", err)
		}
		c.holds(group)
	},
}, {
	name: "leases/empty calls",
	says: "A call with no leases succeeds and does nothing.",
	verify: func(c *leaseChecker) {
		c.create()
		c.update()
		if err := c.store.Delete(c.Context(), group); err != nil {
			c.Fatalf("Delete: %v", err)
		}
		c.holds(group)
	},
}, {
	name: "leases/a context that is over",
	says: "An operation whose context is over returns the context's error and does nothing.",
	verify: func(c *leaseChecker) {
		c.create(lease("1", "a", 1))
		ctx, cancel := context.WithCancel(c.Context())
		cancel()
		_, err := c.store.List(ctx, group)
		c.FailedWith(err, "List", context.Canceled)
		c.FailedWith(c.store.Create(ctx, group, lease("2", "a", 1)), "Create", context.Canceled)
		c.FailedWith(c.store.Update(ctx, group, kinesis.LeaseUpdate{From: lease("1", "a", 1), To: lease("1", "b", 2)}), "Update", context.Canceled)
		c.FailedWith(c.store.Delete(ctx, group, lease("1", "a", 1)), "Delete", context.Canceled)
		c.holds(group, lease("1", "a", 1))
	},
}}
