// Package deadline keeps moments in order: a heap of (moment, reference) pairs
// for state machines that must know what is due next.
//
// Removal is lazy. The owner of a reference knows whether a pair still holds
// (it compares the pair's moment with the one it has on record); a pair that no
// longer does stays in the heap until it comes up or, once stale pairs outnumber
// the live ones, until a sweep that goes through the heap a few pairs at a time
// meets it. So a deadline that is pushed and called off again, as most are, costs
// constant time, and no call takes long.
package deadline

import "iter"

// Entry is a moment and what it is for.
type Entry struct {
	At    int64  // the moment, in the owner's unit
	Order uint32 // decides between equal moments; compared as a number that may wrap
	Ref   uint32 // the owner's reference
}

func (e Entry) before(o Entry) bool {
	if e.At != o.At {
		return e.At < o.At
	}
	return int32(e.Order-o.Order) < 0
}

// Heap is a heap of entries, the earliest first. Its zero value is empty and
// ready. It is not safe for concurrent use.
type Heap struct {
	entries []Entry // a 4-ary heap: half the levels of a binary one, one cache line a family
	stale   int     // about how many entries Forget was told of; Pop of a live one errs towards fewer
	cursor  int     // where the last Sweep stopped; the next goes on towards the front
}

const arity = 4

// Len counts the entries, stale ones included.
func (h *Heap) Len() int { return len(h.entries) }

// Push adds an entry. Pushing in order of time costs constant time.
func (h *Heap) Push(e Entry) {
	h.entries = append(h.entries, e)
	h.up(len(h.entries) - 1)
}

// Min returns the earliest entry, which may be stale.
func (h *Heap) Min() (Entry, bool) {
	if len(h.entries) == 0 {
		return Entry{}, false
	}
	return h.entries[0], true
}

// Pop removes the earliest entry.
func (h *Heap) Pop() {
	h.removeAt(0)
	if h.stale > 0 {
		h.stale--
	}
}

// Forget notes that one entry has become stale, and reports whether there are so
// many by now that the owner should Sweep.
func (h *Heap) Forget() bool {
	h.stale++
	return h.stale > 64 && h.stale > len(h.entries)/2
}

const (
	// smallHeap is the number of entries that a Sweep goes through at once.
	smallHeap = 1024
	// sweepStep is how many entries of a larger heap it looks at: enough that it
	// gains on a Forget each time although most of what it meets is live.
	sweepStep = 8
)

// Sweep drops entries that are not live: all of a small heap's; of a large one
// those among a few, other ones each time.
func (h *Heap) Sweep(live func(Entry) bool) {
	if len(h.entries) <= smallHeap {
		kept := h.entries[:0]
		for _, e := range h.entries {
			if live(e) {
				kept = append(kept, e)
			}
		}
		h.entries, h.stale = kept, 0
		for i := (len(h.entries) - 2) / arity; i >= 0; i-- {
			h.down(i)
		}
		return
	}
	for range sweepStep {
		if h.cursor--; h.cursor < 0 || h.cursor >= len(h.entries) {
			h.cursor = len(h.entries) - 1
		}
		if !live(h.entries[h.cursor]) {
			h.removeAt(h.cursor)
			h.stale--
		}
	}
}

// removeAt removes the entry at place i of the heap.
func (h *Heap) removeAt(i int) {
	last := len(h.entries) - 1
	e := h.entries[last]
	h.entries = h.entries[:last]
	if i < last {
		h.entries[i] = e
		h.down(i)
		h.up(i)
	}
	if cap(h.entries) > 4*len(h.entries)+1024 { // give the memory of a peak back
		h.entries = append(make([]Entry, 0, 2*len(h.entries)), h.entries...)
	}
}

// Ascending yields the entries in order without changing the heap; taking k of
// them costs O(k log k). Stale ones are among them.
func (h *Heap) Ascending() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		// The frontier is a heap of places in entries: the children of all that
		// was yielded.
		var frontier Heap
		at := func(i int) Entry { return h.entries[i] }
		push := func(i int) {
			frontier.Push(Entry{At: at(i).At, Order: at(i).Order, Ref: uint32(i)})
		}
		if len(h.entries) > 0 {
			push(0)
		}
		for frontier.Len() > 0 {
			place, _ := frontier.Min()
			frontier.Pop()
			if !yield(at(int(place.Ref))) {
				return
			}
			first := int(place.Ref)*arity + 1
			for i := first; i < min(first+arity, len(h.entries)); i++ {
				push(i)
			}
		}
	}
}

func (h *Heap) up(i int) {
	e := h.entries[i]
	for i > 0 {
		parent := (i - 1) / arity
		if !e.before(h.entries[parent]) {
			break
		}
		h.entries[i] = h.entries[parent]
		i = parent
	}
	h.entries[i] = e
}

func (h *Heap) down(i int) {
	n := len(h.entries)
	if i >= n {
		return
	}
	e := h.entries[i]
	for {
		first := i*arity + 1
		if first >= n {
			break
		}
		least := first
		for c := first + 1; c < min(first+arity, n); c++ {
			if h.entries[c].before(h.entries[least]) {
				least = c
			}
		}
		if !h.entries[least].before(e) {
			break
		}
		h.entries[i] = h.entries[least]
		i = least
	}
	h.entries[i] = e
}
