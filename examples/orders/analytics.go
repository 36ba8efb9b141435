package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// analyst counts what is bought. It is the desk of analytics.
type analyst struct {
	mu     sync.Mutex
	seen   map[string]bool // by order id; guarded by mu
	pieces map[string]int  // by article; guarded by mu
}

func newAnalyst() *analyst {
	return &analyst{seen: map[string]bool{}, pieces: map[string]int{}}
}

// unwrap takes an order out of the envelope that SNS wraps a message in unless a
// subscription asks for raw delivery. There is more in it: the topic, the time, the
// message's id, its attributes, a link to unsubscribe.
func unwrap(m sqs.Message) (order, error) {
	e, err := sns.ParseMessage([]byte(m.Body))
	if err != nil {
		return order{}, err
	}
	return parse(e.Message)
}

func (a *analyst) handle(_ context.Context, m sqs.Message) error {
	o, err := unwrap(m)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.seen[o.ID] {
		a.seen[o.ID] = true
		a.pieces[o.Article] += o.Quantity
	}
	return nil
}

func (a *analyst) done(m sqs.Message) bool {
	o, err := unwrap(m)
	a.mu.Lock()
	defer a.mu.Unlock()
	return err == nil && a.seen[o.ID]
}

func (a *analyst) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.seen)
}

// best returns the articles that were bought most, n at most, and how often.
func (a *analyst) best(n int) []part {
	a.mu.Lock()
	defer a.mu.Unlock()
	var sold []part
	for _, article := range slices.Sorted(maps.Keys(a.pieces)) {
		sold = append(sold, part{article, a.pieces[article]})
	}
	slices.SortStableFunc(sold, func(a, b part) int { return cmp.Compare(b.count, a.count) })
	return sold[:min(n, len(sold))]
}
