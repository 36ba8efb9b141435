package sqs

import (
	"maps"
	"slices"
)

// lane is a sequence of messages that are handled one after the other: a group of
// a FIFO queue, or a single message of a standard queue.
type lane struct {
	group   string // FIFO only
	waiting []*held
	busy    bool // messages before these are with a handler, or being settled
}

// lanes decides what is handled next. It only decides: no time, no lock. Its zero
// value is empty.
type lanes struct {
	groups map[string]*lane // FIFO only: busy or ready
	ready  []*lane          // those that wait and are not busy, in the order of their turns
}

// add puts a message at the end of its lane.
func (s *lanes) add(h *held) {
	h.lane = s.laneOf(&h.Message)
	h.lane.waiting = append(h.lane.waiting, h)
	if !h.lane.busy && len(h.lane.waiting) == 1 {
		s.ready = append(s.ready, h.lane)
	}
}

// laneOf knows a FIFO queue by its sequence numbers. On a standard queue a group
// does not order anything.
func (s *lanes) laneOf(m *Message) *lane {
	if m.SequenceNumber == "" {
		return &lane{}
	}
	l, ok := s.groups[m.GroupID]
	if !ok {
		l = &lane{group: m.GroupID}
		if s.groups == nil {
			s.groups = map[string]*lane{}
		}
		s.groups[m.GroupID] = l
	}
	return l
}

// take removes up to n messages whose turn it is. Their lanes are busy until done.
func (s *lanes) take(n int) []*held {
	var taken []*held
	for len(taken) < n && len(s.ready) > 0 {
		l := s.ready[0]
		s.ready = slices.Delete(s.ready, 0, 1)
		k := min(n-len(taken), len(l.waiting))
		taken = append(taken, l.waiting[:k]...)
		l.waiting = slices.Delete(l.waiting, 0, k)
		l.busy = true
	}
	return taken
}

// done lets the lanes of taken messages go on.
func (s *lanes) done(taken []*held) {
	for _, h := range taken {
		if !h.lane.busy {
			continue // h is not the first of its lane
		}
		h.lane.busy = false
		if len(h.lane.waiting) > 0 {
			s.ready = append(s.ready, h.lane)
		} else {
			delete(s.groups, h.lane.group)
		}
	}
}

// cut removes what waits in the lane of h: what is behind h, and h if it waits too.
func (s *lanes) cut(h *held) []*held {
	l := h.lane
	from := 0
	if h.job == nil {
		if from = slices.Index(l.waiting, h); from < 0 {
			return nil // cut already
		}
	}
	tail := slices.Clone(l.waiting[from:])
	l.waiting = slices.Delete(l.waiting, from, len(l.waiting))
	if !l.busy && from == 0 && len(tail) > 0 {
		s.ready = slices.DeleteFunc(s.ready, func(r *lane) bool { return r == l })
		delete(s.groups, l.group)
	}
	return tail
}

// drain removes everything that waits, each lane in its order.
func (s *lanes) drain() []*held {
	var all []*held
	for _, l := range s.ready {
		all = append(all, l.waiting...)
		l.waiting = nil
	}
	for _, l := range s.groups {
		all = append(all, l.waiting...)
		l.waiting = nil
	}
	s.ready = nil
	maps.DeleteFunc(s.groups, func(_ string, l *lane) bool { return !l.busy })
	return all
}
