package kinesis

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// leaseTable reads leases of the form
//
//	shard owner[>asker] age [END] [fresh] [after=parent,parent]
//
// one a line; "-" is no owner, the age is in seconds, fresh means that it was never taken.
func leaseTable(now time.Time, text string) leaseClock {
	seen := leaseClock{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		l := Lease{ShardID: fields[0], Epoch: 1}
		l.Owner, l.RequestedBy, _ = strings.Cut(fields[1], ">")
		if l.Owner == "-" {
			l.Owner = ""
		}
		var age int
		fmt.Sscan(fields[2], &age)
		for _, word := range fields[3:] {
			switch parents, ok := strings.CutPrefix(word, "after="); {
			case ok:
				l.Parents = strings.Split(parents, ",")
			case word == "END":
				l.Checkpoint.Type = ShardEnd
			case word == "fresh":
				l.Epoch = 0
			}
		}
		seen[l.ShardID] = seenLease{l, now.Add(-time.Duration(age) * time.Second)}
	}
	return seen
}

func idsOf(leases []Lease) (ids []string) {
	for _, l := range leases {
		ids = append(ids, l.ShardID)
	}
	slices.Sort(ids)
	return ids
}

// Each case is what worker A does about the leases that it sees, with a failover time of
// 10 seconds. Where the dice decide, a set says how many of which.
func TestLeasePlan(t *testing.T) {
	type set struct {
		n  int
		of string
	}
	all := func(ids string) set { return set{len(strings.Fields(ids)), ids} }
	none := set{}
	for _, c := range []struct {
		name              string
		leases            string
		busy              string
		max               int
		take, ask, finish set
		hand              set
	}{
		{name: "nothing there"},
		{name: "the first worker takes all", leases: "1 - 0\n2 - 0\n3 - 0", take: all("1 2 3")},
		{name: "a share, rounded up", leases: "1 B 1\n2 - 0\n3 - 0\n4 - 0\n5 - 0", take: set{3, "2 3 4 5"}},
		{name: "up to its MaxLeases", leases: "1 - 0\n2 - 0\n3 - 0", max: 2, take: set{2, "1 2 3"}},
		{name: "no more than the target, with what it has", leases: "1 A 1\n2 A 1\n3 B 1\n4 - 0", busy: "1 2"},
		{name: "expired", leases: "1 B 10\n2 B 10", take: all("1 2")},
		{name: "not expired yet", leases: "1 B 9\n2 B 10\n3 B 9", take: all("2")},
		{name: "the dead do not count as workers", leases: "1 B 10\n2 C 10\n3 D 1\n4 D 1", take: all("1 2")},
		{name: "own ones are no longer at work", leases: "1 A 1\n2 A 99", busy: "1", take: all("2")},
		{name: "own ones come on top of the target", leases: "1 A 1\n2 A 1\n3 A 1\n4 B 1\n5 - 0", take: all("1 2 3")},
		{name: "own ones beyond MaxLeases", leases: "1 A 1\n2 A 1", max: 1, take: all("1")},
		{name: "own ones that this process no longer renews but still works on", leases: "1 A 99\n2 - 0", busy: "1", take: all("2")},
		{name: "own one that was not handed over in time", leases: "1 A>B 9\n2 A 1", busy: "2", hand: all("1")},
		{name: "own one that nobody came to take", leases: "1 A>B 10\n2 A 1", busy: "2", take: all("1")},
		{name: "lost, and the handler still runs", leases: "1 - 0\n2 B 20\n3 - 0", busy: "1 2", take: all("3")},

		{name: "three times overdue", leases: "1 A 1\n2 A 1\n3 B 1\n4 C 30", busy: "1 2", take: all("4")},
		{name: "nearly three times overdue", leases: "1 A 1\n2 A 1\n3 B 1\n4 C 29", busy: "1 2"},
		{name: "nobody's for long", leases: "1 A 1\n2 A 1\n3 B 1\n4 - 30", busy: "1 2", take: all("4")},
		{name: "overdue, but MaxLeases", leases: "1 A 1\n2 A 1\n3 B 1\n4 C 30", busy: "1 2", max: 2},
		{name: "overdue, and room for one", leases: "1 A 1\n2 A 1\n4 C 30\n5 C 30\n6 B 1\n7 B 1", busy: "1 2", max: 3, take: set{1, "4 5"}},

		{name: "steal from the most loaded", leases: "1 B 1\n2 B 1\n3 B 1\n4 C 1\n5 C 1", ask: set{1, "1 2 3"}},
		{name: "one at a time", leases: "1 B 1\n2 B 1\n3 B 1\n4 B 1", ask: set{1, "1 2 3 4"}},
		{name: "not while any has expired", leases: "1 B 1\n2 B 1\n3 B 1\n4 C 10", take: all("4")},
		{name: "within one of each other", leases: "1 A 1\n2 B 1\n3 B 1", busy: "1"},
		{name: "two apart", leases: "1 A 1\n2 B 1\n3 B 1\n4 B 1", busy: "1", ask: set{1, "2 3 4"}},
		{name: "one below the target, the others at it", leases: "1 A 1\n2 B 1\n3 B 1\n4 C 1\n5 C 1", busy: "1"},
		{name: "two below the target", leases: "1 A 1\n2 B 1\n3 B 1\n4 B 1\n5 C 1\n6 C 1\n7 C 1", busy: "1", ask: set{1, "2 3 4 5 6 7"}},
		{name: "as many workers as leases", leases: "1 B 1\n2 C 1"},
		{name: "asked for counts as had", leases: "1 B>A 1\n2 B 1", ask: none},
		{name: "asked for by another", leases: "1 B>C 1\n2 B>D 1\n3 B 1\n4 B 1\n5 B 1", ask: set{1, "3 4 5"}},
		{name: "all that could be stolen are asked for", leases: "1 B>C 1\n2 B>C 1\n3 B>C 1\n4 D 1"},
		{name: "asked for in vain", leases: "1 B>A 10\n2 B 1", take: all("1")},
		{name: "asked by a worker, which then died with the owner", leases: "1 B>C 10", take: all("1")},
		{name: "MaxLeases reached", leases: "1 A 1\n2 B 1\n3 B 1\n4 B 1\n5 B 1", busy: "1", max: 1},

		{name: "parents first", leases: "1 - 0\n2 - 0 fresh after=1", take: all("1")},
		{name: "parents first, though another reads them", leases: "1 B 1\n2 - 0 fresh after=1"},
		{name: "one of two parents", leases: "1 - 0 END\n2 B 1\n3 - 0 fresh after=1,2"},
		{name: "both parents", leases: "1 - 0 END\n2 - 1 END\n3 - 0 fresh after=1,2", take: all("3")},
		{name: "a parent's lease is gone", leases: "3 - 1 fresh after=1,2", take: all("3")},
		{name: "a parent's lease is not seen, nor was the child's before", leases: "3 - 0 fresh after=1,2"},
		{name: "a parent's lease is gone, and the child's was taken before", leases: "3 B 10 after=1", take: all("3")},
		{name: "what can not be read does not count", leases: "1 A 1\n2 B 1\n3 - 5 after=2\n4 - 5 after=2\n5 - 5 END", busy: "1"},

		{name: "the children run", leases: "1 - 10 END\n2 A 1 after=1\n3 B 1 after=1", busy: "2", finish: all("1")},
		{name: "the children run, but not here", leases: "1 - 10 END\n2 B 1 after=1\n3 C 1 after=1"},
		{name: "one child runs", leases: "1 - 10 END\n2 A 1 after=1\n3 - 1 fresh after=1", busy: "2", take: all("3")},
		{name: "the children run since lately", leases: "1 - 9 END\n2 A 1 after=1", busy: "2"},
		{name: "a child is read", leases: "1 - 10 END\n2 - 1 END after=1\n3 A 1 after=2", busy: "3", finish: all("1")},
		{name: "nothing follows", leases: "1 - 10 END"},
	} {
		now := time.Now()
		busy := map[string]bool{}
		for _, id := range strings.Fields(c.busy) {
			busy[id] = true
		}
		chosen := map[string]bool{}
		for seed := range uint64(20) {
			p := planner{self: "A", failover: 10 * time.Second, maxLeases: c.max, rng: rand.New(rand.NewPCG(seed, 0))}
			got := p.plan(now, leaseTable(now, c.leases), busy)
			for what, pair := range map[string]struct {
				want set
				got  []string
			}{"take": {c.take, idsOf(got.take)}, "ask": {c.ask, idsOf(got.ask)}, "finish": {c.finish, idsOf(got.finish)}, "hand": {c.hand, idsOf(got.hand)}} {
				require.Len(t, pair.got, pair.want.n, "%s: %s %v", c.name, what, pair.got)
				require.Subset(t, strings.Fields(pair.want.of), pair.got, "%s: %s", c.name, what)
				require.Len(t, slices.Compact(pair.got), len(pair.got), c.name)
				for _, id := range pair.got {
					chosen[what+id] = true
				}
			}
		}
		for what, want := range map[string]set{"take": c.take, "ask": c.ask} {
			for _, id := range strings.Fields(want.of) {
				require.True(t, chosen[what+id], "%s: never %ss %s", c.name, what, id)
			}
		}
	}
}

// Whoever begins with whatever, workers that act on their plans come to equal shares, and
// then stay so.
func TestLeasePlanConverges(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	steps, most := 0, 0
	for range 2000 {
		workers, leases := 1+rng.IntN(9), rng.IntN(40)
		now := time.Now()
		seen := leaseClock{}
		for i := range leases {
			l := Lease{ShardID: fmt.Sprintf("%03d", i), Epoch: 1}
			if w := rng.IntN(workers + 1); w < workers {
				l.Owner = fmt.Sprint(w)
			}
			seen[l.ShardID] = seenLease{l, now}
		}
		load := func() (least, greatest int) {
			count := make([]int, workers)
			for _, l := range seen {
				var w int
				if n, _ := fmt.Sscan(l.Owner, &w); n == 1 {
					count[w]++
				}
			}
			return slices.Min(count), slices.Max(count)
		}
		quiet := 0
		rounds := 0
		for ; quiet < workers; rounds++ {
			require.Less(t, rounds, 1000)
			self := fmt.Sprint(rounds % workers)
			busy := map[string]bool{}
			for id, l := range seen {
				busy[id] = l.Owner == self
			}
			p := planner{self: self, failover: time.Minute, rng: rng}
			plan := p.plan(now, seen, busy)
			quiet++
			for _, l := range slices.Concat(plan.take, plan.ask) {
				l.Owner, quiet = self, 0
				seen[l.ShardID] = seenLease{l, now}
			}
		}
		least, greatest := load()
		require.LessOrEqual(t, greatest-least, 1, "%d workers, %d leases", workers, leases)
		steps, most = steps+rounds, max(most, rounds)
	}
	t.Logf("2000 groups of up to 9 workers and 39 leases: %d rounds, at most %d", steps, most)
}

func TestLeaseClock(t *testing.T) {
	c := leaseClock{}
	start := time.Now()
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	since := func(id string) time.Duration { return c[id].since.Sub(start) }

	c.observe(at(0), []Lease{{ShardID: "a", Owner: "x", Counter: 1}, {ShardID: "b", Owner: "x", Counter: 1}})
	c.observe(at(5), []Lease{{ShardID: "a", Owner: "x", Counter: 1}, {ShardID: "b", Owner: "x", Counter: 2}, {ShardID: "c"}})
	require.Equal(t, 0*time.Second, since("a"))
	require.Equal(t, 5*time.Second, since("b"))
	require.Equal(t, 5*time.Second, since("c"))
	c.observe(at(7), []Lease{{ShardID: "a", Owner: "y", Counter: 1}, {ShardID: "c"}})
	require.Equal(t, 7*time.Second, since("a"), "deleted and created anew")
	require.Equal(t, 5*time.Second, since("c"))
	require.NotContains(t, c, "b")
	require.Equal(t, "y", c["a"].Owner)
}
