package elb

import (
	"context"
	"iter"
	"sync"
	"time"
)

// StateChange is a change of a target's state, or of the reason for it.
type StateChange struct {
	Time     time.Time
	Target   *Target
	From, To TargetHealth
	// Ejected tells that the target is taken out for its answers, from now on or still. When
	// that is all that has changed, From and To are the same.
	Ejected bool
	// Missed is how many changes came before this one that a slow watcher did not see.
	Missed int
}

// keptChanges is how far a watcher may fall behind.
const keptChanges = 1024

// changeLog keeps the latest changes for those who watch. The zero changeLog is empty.
type changeLog struct {
	mu     sync.Mutex
	ring   []StateChange // of keptChanges at most
	next   uint64        // number of the next change
	wake   chan struct{} // closed at the next change; nil while nobody waits
	closed bool
}

// Watch returns the changes of targets' states from now on, those of registration
// included, until ctx ends, the group is closed or the loop is left. Nothing waits for a
// watcher: one that falls more than 1,024 changes behind misses the oldest, and is told how
// many. The sequence may be ranged over more than once, each time from this call on.
func (g *TargetGroup) Watch(ctx context.Context) iter.Seq[StateChange] {
	log := &g.changes
	log.mu.Lock()
	from := log.next
	log.mu.Unlock()
	return func(yield func(StateChange) bool) {
		for at := from; ; at++ {
			change, number, ok := log.wait(ctx, at)
			if !ok {
				return
			}
			change.Missed = int(number - at)
			at = number
			if !yield(change) {
				return
			}
		}
	}
}

// wait returns the change of a number, or the first after it that is still there.
func (l *changeLog) wait(ctx context.Context, number uint64) (StateChange, uint64, bool) {
	for {
		l.mu.Lock()
		if number < l.next {
			number = max(number, l.next-uint64(len(l.ring)))
			change := l.ring[number%keptChanges]
			l.mu.Unlock()
			return change, number, ctx.Err() == nil
		}
		if l.closed || ctx.Err() != nil {
			l.mu.Unlock()
			return StateChange{}, 0, false
		}
		if l.wake == nil {
			l.wake = make(chan struct{})
		}
		wake := l.wake
		l.mu.Unlock()
		select {
		case <-wake:
		case <-ctx.Done():
			return StateChange{}, 0, false
		}
	}
}

func (l *changeLog) add(c StateChange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) < keptChanges {
		l.ring = append(l.ring, c)
	} else {
		l.ring[l.next%keptChanges] = c
	}
	l.next++
	l.wakeAll()
}

func (l *changeLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.wakeAll()
}

func (l *changeLog) wakeAll() {
	if l.wake != nil {
		close(l.wake)
		l.wake = nil
	}
}
