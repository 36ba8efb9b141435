package kinesis

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// seenLease is a lease as a member saw it last.
type seenLease struct {
	Lease
	since time.Time // when the member first saw this Counter
}

// leaseClock notes when each lease changed last, as far as one member sees.
type leaseClock map[string]seenLease

// observe takes note of all leases of the group, which were listed by now. What is not
// among them is forgotten.
func (c leaseClock) observe(now time.Time, leases []Lease) {
	listed := make(map[string]bool, len(leases))
	for _, l := range leases {
		listed[l.ShardID] = true
		since := now
		if seen, ok := c[l.ShardID]; ok && seen.Counter == l.Counter && seen.Owner == l.Owner {
			since = seen.since
		}
		c[l.ShardID] = seenLease{l, since}
	}
	maps.DeleteFunc(c, func(id string, _ seenLease) bool { return !listed[id] })
}

// planner decides what a member does about the leases that it sees. It is pure, but for
// its dice.
type planner struct {
	self      string        // the member's WorkerID
	failover  time.Duration // a lease has expired when it has not changed for as long
	maxLeases int           // the most leases that the member may have; zero means no bound
	rng       *rand.Rand
}

// plan is what to do about some leases.
type plan struct {
	take   []Lease // at once
	ask    []Lease // to be handed over by their owners
	hand   []Lease // to be handed over by this member
	finish []Lease // to be deleted, because the shards that follow theirs are being read
}

// overdueFactor is how many failover times old a lease is that is taken whatever the
// target. (VERY_OLD_LEASE_DURATION_NANOS_MULTIPLIER of the Kinesis Client Library.)
const overdueFactor = 3

// plan follows the Kinesis Client Library's taker. A member's target is its share of the
// leases that can be read, rounded up. Towards that it takes leases that nobody holds;
// only when there are none, and it lacks two or another has too many, it asks the member
// with the most for one. Whatever has been left lying for very long it takes in any
// case. Leases that are asked for count as the asker's already, or a member would be
// asked for more than it should give.
//
// The leases of busy shards are at work here: held, or lost but their handlers still
// running. What is stored as the member's own and not busy was handed over to it, or
// left behind by an earlier life, or is one that it stopped to renew in vain: it is taken at
// once, unless another member has asked for it.
func (p planner) plan(now time.Time, seen leaseClock, busy map[string]bool) plan {
	var result plan
	var free, overdue []seenLease
	follow := p.followers(seen)
	held := map[string][]seenLease{p.self: nil} // by the member that has it, or will have it
	total := 0
	for _, id := range slices.Sorted(maps.Keys(seen)) { // in order, so that the dice decide alone
		l := seen[id]
		age := now.Sub(l.since)
		if l.Checkpoint.IsShardEnd() {
			if f := follow[id]; age >= p.failover && f.mine && !f.unread {
				result.finish = append(result.finish, l.Lease)
			}
			continue
		}
		if !ready(l.Lease, seen, age) {
			continue
		}
		total++
		switch {
		case l.Owner == p.self && !busy[id] && l.RequestedBy != "" && age < p.failover:
			result.hand = append(result.hand, l.Lease)
			held[l.RequestedBy] = append(held[l.RequestedBy], l)
		case l.Owner == p.self && !busy[id] && (p.maxLeases == 0 || len(held[p.self]) < p.maxLeases):
			result.take = append(result.take, l.Lease)
			held[p.self] = append(held[p.self], l)
		case l.Owner != "" && (l.Owner == p.self || age < p.failover):
			who := cmp.Or(l.RequestedBy, l.Owner)
			held[who] = append(held[who], l)
		case busy[id]: // to be taken when its handler has returned
		default:
			free = append(free, l)
			if age >= overdueFactor*p.failover {
				overdue = append(overdue, l)
			}
		}
	}

	target := (total + len(held) - 1) / len(held)
	room := total
	if p.maxLeases > 0 {
		target = min(target, p.maxLeases)
		room = p.maxLeases - len(held[p.self])
	}
	need := target - len(held[p.self])
	switch {
	case need > 0 && len(free) > 0:
		result.take = append(result.take, p.draw(free, need)...)
	case len(overdue) > 0:
		result.take = append(result.take, p.draw(overdue, room)...)
	case need > 0:
		result.ask = p.steal(held, need, target)
	}
	return result
}

// ready tells whether the shards before that of a lease are read. Where a parent has no
// lease the child's must have been seen before: a store may take its time to list them, and
// if both are created meanwhile it may have missed the parent's.
func ready(l Lease, seen leaseClock, age time.Duration) bool {
	for _, parent := range l.Parents {
		p, ok := seen[parent]
		if ok && !p.Checkpoint.IsShardEnd() || !ok && l.Epoch == 0 && age <= 0 {
			return false
		}
	}
	return true
}

// followers are the shards that follow one.
type followers struct {
	unread bool // not all are being read, or are read
	mine   bool // the lease of the one before is for this member to delete
}

// followers finds them by the parents that leases name. Who reads a shard deletes the lease of
// the one before, or anybody if it is read already.
//
// A lease is only deleted when it has not changed for a failover time. A member that has
// listed shards and leases before, and creates what is missing later, but must be done within
// less, would otherwise create the lease anew.
func (p planner) followers(seen leaseClock) map[string]followers {
	all := map[string]followers{}
	for _, child := range seen {
		for _, parent := range child.Parents {
			f := all[parent]
			f.unread = f.unread || child.Epoch == 0
			f.mine = f.mine || child.Owner == p.self || child.Checkpoint.IsShardEnd()
			all[parent] = f
		}
	}
	return all
}

// draw returns up to n of the leases, at random, so that members that look at the same
// time do not all go for the same.
func (p planner) draw(from []seenLease, n int) []Lease {
	n = max(0, min(n, len(from)))
	drawn := make([]Lease, n)
	for i, j := range p.rng.Perm(len(from))[:n] {
		drawn[i] = from[j].Lease
	}
	return drawn
}

// steal chooses a lease to ask for: one at random of the member that has the most, or of
// those that do.
func (p planner) steal(held map[string][]seenLease, need, target int) []Lease {
	most := 0
	for who, leases := range held {
		if who != p.self {
			most = max(most, len(leases))
		}
	}
	if most <= target && (most < target || need < 2) {
		return nil
	}
	var from []seenLease
	for _, who := range slices.Sorted(maps.Keys(held)) {
		if who != p.self && len(held[who]) == most {
			from = append(from, held[who]...)
		}
	}
	return p.draw(slices.DeleteFunc(from, func(l seenLease) bool { return l.RequestedBy != "" }), 1)
}
