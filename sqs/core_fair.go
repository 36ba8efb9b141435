package sqs

import (
	"container/heap"
	"slices"

	"github.com/leat-go/leat/internal/window"
)

// fairLine is the discipline of a standard queue: messages in the order in which
// they became ready, except that those of noisy tenants wait while others have
// any. A tenant is a message group; it is noisy while it holds more than a tenth
// of the messages in flight and at least thirty, unless it has sent nothing for
// five minutes, or received nothing since the queue's backlog was drained. Among
// noisy tenants the one with the fewest in flight goes first. (SQS Developer Guide,
// "How Amazon SQS fair queues work".) Fewer than ten can be noisy at a time, so a
// pick costs the logarithm of the number of tenants with ready messages. A queue
// without groups has one tenant, never noisy.
//
// A tenant lists its ready messages only.
type fairLine struct {
	turns   uint64
	drained uint64              // how often the backlog was
	quiet   tenantHeap          // tenants with ready messages, but for those in loud
	loud    []*group            // tenants with ready messages that were noisy when they came up
	heavy   map[*group]struct{} // tenants with enough in flight to be noisy
}

const (
	noisyInFlight = 30
	noisyShare    = 10 // more than one in that many
)

func (l *fairLine) enter(c *core, ref uint32, r *record) {}
func (l *fairLine) leave(c *core, ref uint32, r *record) {}

func (l *fairLine) changed(c *core, ref uint32, r *record, was state) {
	g := r.group
	if was == ready {
		c.unlink(r)
		l.rank(c, g)
	}
	if r.state == ready {
		l.turns++
		r.turn = l.turns
		c.link(ref, r, 0)
		if g.head == ref {
			l.rank(c, g)
		}
	}
	if r.state == inFlight {
		g.drained = l.drained
	}
	if was == ready && c.visible == 0 {
		l.drained++
	}
	if g != c.plain && (was == inFlight || r.state == inFlight) {
		if g.inflight >= noisyInFlight {
			l.heavy[g] = struct{}{}
		} else {
			delete(l.heavy, g)
		}
	}
}

// rank puts a tenant where its first ready message belongs.
func (l *fairLine) rank(c *core, g *group) {
	loud := slices.Index(l.loud, g)
	switch {
	case g.head == 0 && loud >= 0:
		l.loud = slices.Delete(l.loud, loud, loud+1)
	case g.head == 0:
		heap.Remove(&l.quiet, g.index)
	case loud >= 0:
	case g.index >= 0:
		if turn := c.records.At(g.head).turn; turn != g.turn {
			g.turn = turn
			if len(l.quiet) > 1 {
				heap.Fix(&l.quiet, g.index)
			}
		}
	default:
		g.turn = c.records.At(g.head).turn
		heap.Push(&l.quiet, g)
	}
}

func (l *fairLine) begin() {}

func (l *fairLine) next(c *core, now int64) uint32 {
	for i := len(l.loud) - 1; i >= 0; i-- {
		if g := l.loud[i]; !l.isNoisy(c, g, now) {
			l.loud = slices.Delete(l.loud, i, i+1)
			l.rank(c, g)
		}
	}
	for len(l.quiet) > 0 {
		g := l.quiet[0]
		if !l.isNoisy(c, g, now) {
			return g.head
		}
		heap.Pop(&l.quiet)
		l.loud = append(l.loud, g)
	}
	if len(l.loud) == 0 {
		return 0
	}
	least := slices.MinFunc(l.loud, func(a, b *group) int { return a.inflight - b.inflight })
	return least.head
}

func (l *fairLine) noisy(c *core, now int64) (n int) {
	for g := range l.heavy {
		if l.isNoisy(c, g, now) {
			n++
		}
	}
	return n
}

func (l *fairLine) isNoisy(c *core, g *group, now int64) bool {
	return g.inflight >= noisyInFlight && g.inflight*noisyShare > c.inflight &&
		g != c.plain && g.drained == l.drained && now-g.lastSent < window.Length
}

// tenantHeap orders tenants by the turn of their first ready message.
type tenantHeap []*group

func (h tenantHeap) Len() int           { return len(h) }
func (h tenantHeap) Less(i, j int) bool { return h[i].turn < h[j].turn }

func (h tenantHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *tenantHeap) Push(g any) {
	g.(*group).index = len(*h)
	*h = append(*h, g.(*group))
}

func (h *tenantHeap) Pop() any {
	last := len(*h) - 1
	g := (*h)[last]
	g.index = -1
	(*h)[last] = nil
	*h = (*h)[:last]
	return g
}
