package elb

import (
	"sync"
	"sync/atomic"
)

// RoundRobin chooses the targets in turn, in the order in which they were set; weights
// do not matter. It is the default of a target group, as it is on AWS (round_robin).
//
// A target that the request must avoid loses its turn to the next. After SetTargets the
// turn is that of the target which would have been next, if it stays, so that frequent
// changes do not favour the first.
//
// The zero RoundRobin has no targets. It must not be copied after its first use.
type RoundRobin struct {
	setting sync.Mutex // one SetTargets at a time
	current atomic.Pointer[rotation]
}

// rotation is a set of targets and whose turn it is.
type rotation struct {
	targets []*Target
	_       [cacheLine]byte
	turns   atomic.Uint64 // taken, counted from the first target's
	_       [cacheLine]byte
}

// Pick implements [Picker].
func (p *RoundRobin) Pick(req Request) (*Target, func(Outcome), error) {
	r := p.current.Load()
	if r == nil {
		return nil, nil, ErrNoTargets
	}
	t := r.next()
	if len(req.Avoid) > 0 && req.avoids(t) {
		t = r.nextBut(t, &req)
	}
	return t, uncounted, nil
}

// SetTargets implements [SetPicker].
func (p *RoundRobin) SetTargets(targets []*Target) {
	p.setting.Lock()
	defer p.setting.Unlock()
	targets = distinctTargets(targets)
	if len(targets) == 0 {
		p.current.Store(nil)
		return
	}
	r := &rotation{targets: targets}
	r.turns.Store(p.current.Load().positionIn(targets))
	p.current.Store(r)
}

func (r *rotation) next() *Target {
	turn := r.turns.Add(1) - 1
	return r.targets[turn%uint64(len(r.targets))]
}

// nextBut returns the first of the next targets that is not to be avoided, and t if
// there is none. It takes turns, as the neighbour of a target which fails would get all
// of its requests otherwise. When others take those that matter, it looks itself.
func (r *rotation) nextBut(t *Target, req *Request) *Target {
	for range r.targets {
		if other := r.next(); !req.avoids(other) {
			return other
		}
	}
	for _, other := range r.targets {
		if !req.avoids(other) {
			return other
		}
	}
	return t
}

// positionIn returns the index in targets of the first of r's next targets that is
// among them, 0 if none is.
func (r *rotation) positionIn(targets []*Target) uint64 {
	if r == nil {
		return 0
	}
	index := make(map[*Target]uint64, len(targets))
	for i, t := range targets {
		index[t] = uint64(i)
	}
	turn, n := r.turns.Load(), uint64(len(r.targets))
	for i := range n {
		if at, ok := index[r.targets[(turn+i)%n]]; ok {
			return at
		}
	}
	return 0
}
