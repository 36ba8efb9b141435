package elb

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// PowerOfTwo draws two targets at random, in proportion to their weights, and chooses
// the one with fewer requests outstanding for its weight; the first if they are equal.
// That keeps the longest backlog nearly as short as [LeastOutstanding] does, without a
// lock, and many balancers that do not know of each other do not all rush to the same
// idle target. While nothing is outstanding each target's share is that of its weight.
//
// What is outstanding at a target is still counted when the target is taken out of the
// set and put back.
//
// The zero PowerOfTwo has no targets. It must not be copied after its first use.
type PowerOfTwo struct {
	// Rand returns random numbers, for tests and simulations that are repeated. It
	// must be safe for concurrent use. Nil means math/rand/v2's. It is set before the
	// first use.
	Rand func() uint64

	setting sync.Mutex // one SetTargets at a time
	roster  roster[loadSlot]
	current atomic.Pointer[loads]
}

// loads is a set of targets.
type loads struct {
	lottery lottery
	slots   []*loadSlot
}

// loadSlot is what is known of a target.
type loadSlot struct {
	outstanding atomic.Int64
	weight      uint64
	target      *Target
	done        func(Outcome)
	_           [cacheLine - 32]byte // another slot's count is another processor's business
}

// Pick implements [Picker].
func (p *PowerOfTwo) Pick(req Request) (*Target, func(Outcome), error) {
	l := p.current.Load()
	if l == nil {
		return nil, nil, ErrNoTargets
	}
	s := l.choose(randomSource(p.Rand), &req)
	s.outstanding.Add(1)
	return s.target, s.done, nil
}

// SetTargets implements [SetPicker].
func (p *PowerOfTwo) SetTargets(targets []*Target) {
	p.setting.Lock()
	defer p.setting.Unlock()
	slots := p.roster.change(targets, newLoadSlot, func(s *loadSlot) bool { return s.outstanding.Load() > 0 })
	if len(slots) == 0 {
		p.current.Store(nil)
		return
	}
	all, weights := make([]*Target, len(slots)), make([]float64, len(slots))
	for i, s := range slots {
		all[i], weights[i] = s.target, float64(s.weight)
	}
	p.current.Store(&loads{newLottery(all, weights), slots})
}

func newLoadSlot(t *Target) *loadSlot {
	s := &loadSlot{target: t, weight: weightOf(t)}
	s.done = func(Outcome) { s.outstanding.Add(-1) }
	return s
}

func (l *loads) choose(random func() uint64, req *Request) *loadSlot {
	i := l.lottery.draw(random, req)
	if len(l.slots) == 1 {
		return l.slots[i]
	}
	j := l.lottery.draw(random, req)
	if j == i { // two it must be, or a heavy target would compete with itself
		step, _ := bits.Mul64(random(), uint64(len(l.slots)-1))
		j = (i + 1 + int(step)) % len(l.slots)
	}
	first, second := l.slots[i], l.slots[j]
	if second.busyness(first) < first.busyness(second) && !req.avoids(second.target) {
		return second
	}
	return first
}

// busyness is what is outstanding for the weight, times a number which the busyness
// compared with it has too.
func (s *loadSlot) busyness(other *loadSlot) int64 { return s.outstanding.Load() * int64(other.weight) }
