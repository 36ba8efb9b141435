package elb

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// lottery draws from targets in proportion to weights, with one random number and one
// look at a table (Vose's form of Walker's alias method).
type lottery struct {
	targets []*Target
	tickets []ticket // as many
}

// ticket is an equal part of all draws. The lower ones are the target's of the same
// index, the others another's.
type ticket struct {
	own   uint64 // of 2⁶⁴
	other int
}

// newLottery makes the table. The weights are positive, one for each target.
func newLottery(targets []*Target, weights []float64) lottery {
	n := len(targets)
	l := lottery{targets, make([]ticket, n)}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	share := make([]float64, n) // of the draws, where 1 is a ticket
	var less, more []int        // indexes of those that do not fill a ticket, and that do
	for i, w := range weights {
		l.tickets[i] = ticket{math.MaxUint64, i}
		share[i] = w / sum * float64(n)
		if share[i] < 1 {
			less = append(less, i)
		} else {
			more = append(more, i)
		}
	}
	for len(less) > 0 && len(more) > 0 {
		i, j := less[len(less)-1], more[len(more)-1]
		less = less[:len(less)-1]
		l.tickets[i] = ticket{uint64(share[i] * (1 << 64)), j}
		if share[j] -= 1 - share[i]; share[j] < 1 {
			more = more[:len(more)-1]
			less = append(less, j)
		}
	}
	return l
}

// draw returns the index of a target that the request need not avoid. It is any if the
// request avoids them all. There must be a target.
func (l *lottery) draw(random func() uint64, req *Request) int {
	i := l.any(random())
	if len(req.Avoid) == 0 || !req.avoids(l.targets[i]) {
		return i
	}
	for range 8 { // nearly always enough, and in proportion
		if i := l.any(random()); !req.avoids(l.targets[i]) {
			return i
		}
	}
	start := int(random() % uint64(len(l.targets)))
	for k := range l.targets {
		if i := (start + k) % len(l.targets); !req.avoids(l.targets[i]) {
			return i
		}
	}
	return i
}

func (l *lottery) any(random uint64) int {
	i, rest := bits.Mul64(random, uint64(len(l.tickets)))
	if t := &l.tickets[i]; rest >= t.own {
		return t.other
	}
	return int(i)
}

// randomSource returns what a picker draws random numbers from.
func randomSource(given func() uint64) func() uint64 {
	if given == nil {
		return rand.Uint64
	}
	return given
}
