package sns

import (
	"container/heap"
	"slices"
)

// lane is what a subscription has to deliver: a state machine without a clock, a
// lock or a goroutine. One item at a time is current; whoever delivers it reports
// with settle or retry, and asks for the next.
//
// First attempts are made in order. An item that waits for a retry lets others
// pass, but for those of its own group where the lane keeps order: they stand in a
// line behind it.
type lane struct {
	ordered  bool // within each group; else retries are let pass
	oneGroup bool // all items are of one group
	capacity int

	fresh   ring             // not attempted yet
	waiting retries          // to be attempted again, by time
	held    map[string]*ring // by group: what may not pass an item that waits
	resumed []string         // groups whose line moves again, each in held
	current *item            // being delivered; nil if nothing is
	again   bool             // current is to be attempted at once, and nobody does yet
	slot    item             // what current points to unless it was retried
	backlog int              // items in all of these
	passed  uint64           // ordinals given
	replays int              // items of the replay under way
	epoch   uint32           // of the replay under way; earlier ones' items are void; 0 before the first
	watches []*watch         // who waits for the lane to be done
	next    int64            // when the next attempt may be made, if throttled
	drop    func(*item)      // is told of items that leave without an attempt, if it is not nil
}

// item is one message in a lane.
type item struct {
	m        *message
	ordinal  uint64
	due      int64 // of a retry
	attempts int   // made so far
	replayed bool
	epoch    uint32 // of the replay that it is part of, if it is replayed
	dropped  bool   // if the attempt under way fails, there is none after it
	holder   int32  // place among those that hold the message, if it is kept
}

// weight is what an item counts for in statistics: nothing if it is about the
// subscription itself.
func (it *item) weight() int64 {
	if it.m.kind != "" {
		return 0
	}
	return 1
}

// watch is told when as many items are settled as were in the lane when it was set.
type watch struct {
	upTo      uint64 // the last ordinal that counts
	remaining int
	done      func()
}

// push adds an item, which is a message and, if it is replayed, its epoch. It reports
// false if there is no room. A replay, which has its messages from the topic's
// archive, takes none, and what is about the subscription always fits.
func (l *lane) push(it item) bool {
	if !it.replayed && it.m.kind == "" && l.backlog-l.replays >= l.capacity {
		return false
	}
	l.passed++
	l.backlog++
	if it.replayed {
		l.replays++
	}
	it.ordinal = l.passed
	if l.backlog == 1 { // as it is most of the time
		l.slot = it
		l.current, l.again = &l.slot, true
	} else {
		l.fresh.push(it)
	}
	return true
}

// take makes the next item current, whose attempt is due by now. If there is none it
// returns nil, and the time at which to ask again, 0 for never.
func (l *lane) take(now int64) (it *item, at int64) {
	if l.current != nil && !l.again {
		return nil, 0
	}
	if l.next > now && (l.current != nil || l.backlog > 0) {
		return nil, l.next
	}
	for {
		if l.current == nil {
			l.current = l.pick(now)
		}
		if l.current == nil {
			break
		}
		if l.again = false; !l.void(l.current) {
			return l.current, 0
		}
		l.discard(l.current)
		l.settle()
	}
	if len(l.waiting) > 0 {
		return nil, l.waiting[0].due
	}
	return nil, 0
}

// pick takes the item out whose turn it is: retries that are due, then those that
// stood behind one, then new ones.
func (l *lane) pick(now int64) *item {
	if len(l.waiting) > 0 && l.waiting[0].due <= now {
		it := heap.Pop(&l.waiting).(*item)
		if len(l.waiting) == 0 {
			l.waiting = nil // after an outage it may be large
		}
		return it
	}
	if len(l.resumed) > 0 {
		l.slot = l.held[l.resumed[0]].pop()
		l.resumed = l.resumed[1:]
		return &l.slot
	}
	for l.fresh.n > 0 {
		l.slot = l.fresh.pop()
		if len(l.held) > 0 {
			if line, ok := l.held[l.group(&l.slot)]; ok {
				line.push(l.slot)
				continue
			}
		}
		return &l.slot
	}
	return nil
}

// void tells whether an item is of a replay that another has taken the place of, or
// of a message that could not be stored.
func (l *lane) void(it *item) bool {
	return it.replayed && l.epoch != 0 && it.epoch != l.epoch || it.m.saved.refused()
}

func (l *lane) group(it *item) string {
	if l.oneGroup {
		return ""
	}
	return it.m.groupID
}

// retry has the current item attempted again at a time, at once if that is not
// after now.
func (l *lane) retry(now, at int64) {
	if at <= now {
		l.again = true
		return
	}
	it := *l.current // slot is needed for others
	it.due = at
	l.current = nil
	l.wait(&it)
}

// wait lets an item wait until it is due.
func (l *lane) wait(it *item) {
	heap.Push(&l.waiting, it)
	if l.ordered {
		if l.held == nil {
			l.held = map[string]*ring{}
		}
		if group := l.group(it); l.held[group] == nil {
			l.held[group] = &ring{}
		}
	}
}

// discard tells of an item that leaves without an attempt.
func (l *lane) discard(it *item) {
	if l.drop != nil {
		l.drop(it)
	}
}

// settle takes the current item out: it is delivered or given up.
func (l *lane) settle() {
	it := l.current
	l.current, l.again = nil, false
	l.release(it)
	l.leave(it)
	*it = item{}
}

// release lets those move again that stand behind an item.
func (l *lane) release(it *item) {
	if len(l.held) == 0 {
		return
	}
	group := l.group(it)
	switch line := l.held[group]; {
	case line == nil:
	case line.n == 0:
		delete(l.held, group)
	default:
		l.resumed = append(l.resumed, group)
	}
}

// leave counts an item out.
func (l *lane) leave(it *item) {
	l.backlog--
	if it.replayed {
		l.replays--
	}
	if len(l.watches) == 0 {
		return
	}
	kept := l.watches[:0]
	for _, w := range l.watches {
		if it.ordinal <= w.upTo {
			w.remaining--
		}
		if w.remaining == 0 {
			w.done()
		} else {
			kept = append(kept, w)
		}
	}
	clear(l.watches[len(kept):])
	l.watches = kept
}

// watch has done called when everything is settled that is in the lane now. It
// returns nil if nothing is.
func (l *lane) watch(done func()) *watch {
	if l.backlog == 0 {
		return nil
	}
	w := &watch{l.passed, l.backlog, done}
	l.watches = append(l.watches, w)
	return w
}

// unwatch forgets a watch. It reports false for one that was told already.
func (l *lane) unwatch(w *watch) bool {
	before := len(l.watches)
	l.watches = slices.DeleteFunc(l.watches, func(o *watch) bool { return o == w })
	return len(l.watches) < before
}

// clear gives up everything but an item that is being attempted.
func (l *lane) clear() (dropped int) {
	if l.drop != nil {
		l.each(l.drop)
	}
	if l.again {
		l.current, l.again = nil, false
	}
	kept := 0
	if l.current != nil {
		l.current.dropped = true
		kept = 1
	}
	dropped = l.backlog - kept
	l.fresh, l.waiting, l.held, l.resumed = ring{}, nil, nil, nil
	l.backlog, l.replays = kept, 0
	if kept == 1 && l.current.replayed {
		l.replays = 1
	}
	watches := l.watches
	l.watches = nil
	for _, w := range watches {
		if w.remaining = kept; kept == 1 && l.current.ordinal <= w.upTo {
			l.watches = append(l.watches, w)
		} else {
			w.done()
		}
	}
	return dropped
}

// each visits every item but one that is being attempted.
func (l *lane) each(visit func(*item)) {
	if l.again {
		visit(l.current)
	}
	for _, it := range l.waiting {
		visit(it)
	}
	l.fresh.each(visit)
	for _, line := range l.held {
		line.each(visit)
	}
}

// retries is a heap of items by the time of their retry.
type retries []*item

func (r retries) Len() int      { return len(r) }
func (r retries) Swap(i, k int) { r[i], r[k] = r[k], r[i] }
func (r retries) Less(i, k int) bool {
	if r[i].due != r[k].due {
		return r[i].due < r[k].due
	}
	return r[i].ordinal < r[k].ordinal
}
func (r *retries) Push(x any) { *r = append(*r, x.(*item)) }
func (r *retries) Pop() any {
	old := *r
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*r = old[:len(old)-1]
	return last
}
