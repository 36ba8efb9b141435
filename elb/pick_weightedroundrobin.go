package elb

import (
	"cmp"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
)

// WeightedRoundRobin chooses the targets in turn, each as often as its weight says. Of
// as many picks in a row as the weights sum up to, every target gets exactly its
// weight, and its turns are spread over them: weights of 5, 1 and 1 give a b a a c a a.
// Targets of the same weight follow each other in the order in which they were set, so
// that equal weights give round robin.
//
// A target that the request must avoid loses its turn to the next. After SetTargets the
// rotation is continued at the same part of it.
//
// The zero WeightedRoundRobin has no targets. It must not be copied after its first use.
type WeightedRoundRobin struct {
	setting sync.Mutex // one SetTargets at a time
	current atomic.Pointer[weightedTurns]
}

// weightedTurns says whose each turn is, without a lock or a table as long as the sum of the
// weights: by arithmetic on the turn's number.
//
// Targets of the same weight are a class, and the classes are the leaves of a binary
// tree. A node has as many turns as its targets' weights sum up to, and deals them out
// to its left and right side in proportion, as evenly as a drawn line is spread over
// rows of pixels. So the number of a turn at the node gives the side, and the number of
// the turn there. The turns of a class go to its targets in rotation.
type weightedTurns struct {
	classes []weightClass
	sums    []uint64 // of the weights in all classes before each, and in all of them
	_       [cacheLine]byte
	turns   atomic.Uint64 // taken
	_       [cacheLine]byte
}

// weightClass is the targets that have the same weight.
type weightClass struct {
	weight  uint64
	targets []*Target
}

// Pick implements [Picker].
func (p *WeightedRoundRobin) Pick(req Request) (*Target, func(Outcome), error) {
	s := p.current.Load()
	if s == nil {
		return nil, nil, ErrNoTargets
	}
	t := s.next()
	if len(req.Avoid) > 0 && req.avoids(t) {
		t = s.nextBut(t, &req)
	}
	return t, uncounted, nil
}

// SetTargets implements [SetPicker].
func (p *WeightedRoundRobin) SetTargets(targets []*Target) {
	p.setting.Lock()
	defer p.setting.Unlock()
	targets = distinctTargets(targets)
	if len(targets) == 0 {
		p.current.Store(nil)
		return
	}
	s := newWeightedTurns(targets)
	if old := p.current.Load(); old != nil {
		hi, lo := bits.Mul64(old.turns.Load()%old.period(), s.period())
		turn, _ := bits.Div64(hi, lo, old.period())
		s.turns.Store(turn)
	}
	p.current.Store(s)
}

func newWeightedTurns(targets []*Target) *weightedTurns {
	s := &weightedTurns{sums: []uint64{0}}
	index := make(map[uint64]int)
	for _, t := range targets {
		w := weightOf(t)
		i, ok := index[w]
		if !ok {
			i = len(s.classes)
			index[w] = i
			s.classes = append(s.classes, weightClass{weight: w})
		}
		s.classes[i].targets = append(s.classes[i].targets, t)
	}
	slices.SortFunc(s.classes, func(a, b weightClass) int { return cmp.Compare(b.weight, a.weight) })
	for i, c := range s.classes {
		s.sums = append(s.sums, s.sums[i]+c.weight*uint64(len(c.targets)))
	}
	return s
}

// period is after how many turns they begin anew.
func (s *weightedTurns) period() uint64 { return s.sums[len(s.classes)] }

func (s *weightedTurns) next() *Target { return s.at((s.turns.Add(1) - 1) % s.period()) }

// at returns whose a turn of the period is.
func (s *weightedTurns) at(turn uint64) *Target {
	from, to := 0, len(s.classes)
	for to-from > 1 {
		middle := (from + to) / 2
		all, left := s.sums[to]-s.sums[from], s.sums[middle]-s.sums[from]
		// The left side has the first turn, and then each with which turn·left/all
		// passes another whole number.
		hi, lo := bits.Mul64(turn, left)
		passed, rest := bits.Div64(hi, lo, all)
		if rest < left {
			to, turn = middle, passed
		} else {
			from, turn = middle, turn-passed-1
		}
	}
	targets := s.classes[from].targets
	return targets[turn%uint64(len(targets))]
}

// nextBut returns the target of the first of the next turns that is not to be avoided,
// and t if there is none. A heavy target may have very many turns before the other's,
// and then the next in the list has to do.
func (s *weightedTurns) nextBut(t *Target, req *Request) *Target {
	for range 16 {
		if other := s.next(); !req.avoids(other) {
			return other
		}
	}
	for _, c := range s.classes {
		for _, other := range c.targets {
			if !req.avoids(other) {
				return other
			}
		}
	}
	return t
}
