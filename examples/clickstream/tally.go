package main

import (
	"maps"
	"slices"
	"sync"

	"github.com/leat-go/leat/kinesis"
)

// tally counts requests by minute and page. The members of the group share it.
type tally struct {
	mu      sync.Mutex
	total   int                                 // guarded by mu
	minutes map[string]map[string]int           // guarded by mu
	seen    map[kinesis.SequenceNumber]struct{} // the records counted, for those that come again; guarded by mu
}

func newTally() *tally {
	return &tally{minutes: map[string]map[string]int{}, seen: map[kinesis.SequenceNumber]struct{}{}}
}

// add counts a line, unless it did so before: a group hands out every record at least
// once. The id tells one record from another.
func (t *tally) add(id kinesis.SequenceNumber, l line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.seen[id]; ok {
		return
	}
	t.seen[id] = struct{}{}
	t.total++
	pages := t.minutes[l.minute]
	if pages == nil {
		pages = map[string]int{}
		t.minutes[l.minute] = pages
	}
	pages[l.page]++
}

// count returns how many lines were counted.
func (t *tally) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}

// row is a minute of the table.
type row struct {
	minute   string
	requests int
	pages    int    // different ones
	best     string // the page asked for most, the first by name of several
	bestN    int
}

// rows returns the minutes in order.
func (t *tally) rows() (rows []row, total int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, minute := range slices.Sorted(maps.Keys(t.minutes)) {
		r := row{minute: minute, pages: len(t.minutes[minute])}
		for _, page := range slices.Sorted(maps.Keys(t.minutes[minute])) {
			n := t.minutes[minute][page]
			r.requests += n
			if n > r.bestN {
				r.best, r.bestN = page, n
			}
		}
		rows = append(rows, r)
	}
	return rows, t.total
}
