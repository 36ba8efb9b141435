package elb

import "sync"

// LeastOutstanding chooses a target with the fewest requests outstanding: picked, and
// not done. Of several it chooses the one that has had that number for longest, so that
// idle targets take turns. Weights do not matter. It is AWS's
// least_outstanding_requests.
//
// Every choice is exact, concurrent ones too, for it is made under a lock. That is held
// for a few steps, however many targets and requests there are; only SetTargets holds
// it for longer. A request that avoids targets gets one with the fewest of the others.
//
// What is outstanding at a target is still counted when the target is taken out of the
// set and put back, as happens to one that fails its health checks for a while.
//
// The zero LeastOutstanding has no targets. It must not be copied after its first use.
type LeastOutstanding struct {
	mu     sync.Mutex
	roster roster[leastSlot]
	levels leastLevel  // the ends of a ring of levels that have slots, by count
	spare  *leastLevel // those that have none, linked by more
}

// leastLevel is the slots with the same count, in the order in which they came to it.
type leastLevel struct {
	count       int
	slots       leastSlot // the ends of a ring
	fewer, more *leastLevel
}

// leastSlot is what is known of a target.
type leastSlot struct {
	target         *Target
	done           func(Outcome)
	count          int         // of requests outstanding
	level          *leastLevel // nil if the target is not in the set
	previous, next *leastSlot
}

// Pick implements [Picker].
func (p *LeastOutstanding) Pick(req Request) (*Target, func(Outcome), error) {
	p.mu.Lock()
	s := p.first(&req)
	if s == nil {
		p.mu.Unlock()
		return nil, nil, ErrNoTargets
	}
	s.count++
	p.move(s, s.level)
	p.mu.Unlock()
	return s.target, s.done, nil
}

// SetTargets implements [SetPicker].
func (p *LeastOutstanding) SetTargets(targets []*Target) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.levels.more == nil {
		p.levels.more, p.levels.fewer, p.levels.count = &p.levels, &p.levels, -1
	}
	slots := p.roster.change(targets, func(t *Target) *leastSlot {
		s := &leastSlot{target: t}
		s.done = func(Outcome) { p.finish(s) }
		return s
	}, func(s *leastSlot) bool {
		if s.level != nil {
			p.leave(s)
			s.level = nil
		}
		return s.count > 0
	})
	for _, s := range slots {
		if s.level == nil {
			p.enter(s)
		}
	}
}

// first returns a slot with the fewest outstanding, one that the request need not avoid
// if there is any; nil if there is none at all.
func (p *LeastOutstanding) first(req *Request) *leastSlot {
	l := p.levels.more
	if l == &p.levels || l == nil {
		return nil
	}
	fewest := l.slots.next
	if len(req.Avoid) == 0 {
		return fewest
	}
	for ; l != &p.levels; l = l.more {
		for s := l.slots.next; s != &l.slots; s = s.next {
			if !req.avoids(s.target) {
				return s
			}
		}
	}
	return fewest
}

func (p *LeastOutstanding) finish(s *leastSlot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.count == 0 {
		return // done was called twice
	}
	s.count--
	if s.level != nil {
		p.move(s, s.level.fewer)
	}
}

// move brings a slot to the level of its count, which is after the level below.
func (p *LeastOutstanding) move(s *leastSlot, below *leastLevel) {
	from := s.level
	if below.count == s.count {
		below = below.fewer
	}
	to := p.levelAfter(below, s.count)
	s.previous.next, s.next.previous = s.next, s.previous
	to.push(s)
	if from.slots.next == &from.slots {
		p.discard(from)
	}
}

// enter puts a slot into the set, with what it has outstanding already.
func (p *LeastOutstanding) enter(s *leastSlot) {
	below := &p.levels
	for below.more != &p.levels && below.more.count < s.count {
		below = below.more
	}
	p.levelAfter(below, s.count).push(s)
}

// leave takes a slot out of its level.
func (p *LeastOutstanding) leave(s *leastSlot) {
	s.previous.next, s.next.previous = s.next, s.previous
	if s.level.slots.next == &s.level.slots {
		p.discard(s.level)
	}
}

// levelAfter returns the level of a count, which has its place after below.
func (p *LeastOutstanding) levelAfter(below *leastLevel, count int) *leastLevel {
	if below.more.count == count {
		return below.more
	}
	l := p.spare
	if l == nil {
		l = &leastLevel{} // there are never more than slots, and one
	} else {
		p.spare = l.more
	}
	l.count = count
	l.slots.next, l.slots.previous = &l.slots, &l.slots
	l.fewer, l.more = below, below.more
	l.fewer.more, l.more.fewer = l, l
	return l
}

func (p *LeastOutstanding) discard(l *leastLevel) {
	l.fewer.more, l.more.fewer = l.more, l.fewer
	l.more, p.spare = p.spare, l
}

func (l *leastLevel) push(s *leastSlot) {
	s.level = l
	s.previous, s.next = l.slots.previous, &l.slots
	s.previous.next, s.next.previous = s, s
}
