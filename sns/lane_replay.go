package sns

import "container/heap"

// beginReplay drops what is left of an earlier replay, but for an item that is being
// attempted. Items pushed with the epoch from now on are the replay's.
func (l *lane) beginReplay(epoch uint32) {
	l.epoch = epoch
	if l.replays > 0 {
		l.sweep()
	}
}

// sweep drops the void items, but for one that is being attempted.
func (l *lane) sweep() {
	if l.again && l.void(l.current) {
		l.discard(l.current)
		l.settle()
	}
	l.sift(&l.fresh)
	for _, line := range l.held {
		l.sift(line)
	}
	resumed := l.resumed
	l.resumed = nil
	for _, group := range resumed {
		if l.held[group].n == 0 {
			delete(l.held, group)
		} else {
			l.resumed = append(l.resumed, group)
		}
	}
	waiting := l.waiting
	l.waiting = nil
	for _, it := range waiting {
		if l.void(it) {
			l.discard(it)
			l.release(it)
			l.leave(it)
		} else {
			l.waiting = append(l.waiting, it)
		}
	}
	heap.Init(&l.waiting)
}

// sift takes the void items out of a ring.
func (l *lane) sift(r *ring) {
	for range r.n {
		if it := r.pop(); l.void(&it) {
			l.discard(&it)
			l.leave(&it)
		} else {
			r.push(it)
		}
	}
}
