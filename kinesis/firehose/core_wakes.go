package firehose

import (
	"cmp"
	"container/heap"
)

// wakes is a heap of lanes, by when there is something to do.
type wakes []*lane

func (w wakes) Len() int { return len(w) }
func (w wakes) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(w[i].wake, w[j].wake), cmp.Compare(w[i].number, w[j].number)) < 0
}
func (w wakes) Swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].index, w[j].index = i, j
}
func (w *wakes) Push(x any) {
	l := x.(*lane)
	l.index = len(*w)
	*w = append(*w, l)
}
func (w *wakes) Pop() any {
	last := len(*w) - 1
	l := (*w)[last]
	(*w)[last] = nil
	*w = (*w)[:last]
	l.index = -1
	return l
}

// schedule puts a lane where it belongs in wakes.
func (c *core) schedule(l *lane) {
	wake := l.retryAt
	if l.open != nil && l.open.due != 0 && (wake == 0 || l.open.due < wake) {
		wake = l.open.due
	}
	switch {
	case wake == 0 && l.index < 0:
	case wake == 0:
		heap.Remove(&c.wakes, l.index)
	case l.index < 0:
		l.wake = wake
		heap.Push(&c.wakes, l)
	case wake != l.wake:
		l.wake = wake
		heap.Fix(&c.wakes, l.index)
	}
}

// nextWake returns when advance has something to do; ok is false if never.
func (c *core) nextWake() (at int64, ok bool) {
	if len(c.wakes) == 0 {
		return 0, false
	}
	return c.wakes[0].wake, true
}
