package main

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/leat-go/leat/sqs"
)

// suspicious is the filter policy of the fraud department: an order for many pieces at
// once, or one by a card that was reported. The keys are fields of the message, since
// the subscription's scope is the body; by default they would be message attributes.
const suspicious = `{"$or": [
	{"quantity": [{"numeric": [">=", 12]}]},
	{"card": ["1407", "4337", "5909", "6164", "7778"]}
]}`

// The reasons why an order is suspicious.
const (
	manyPieces   = "a dozen or more"
	reportedCard = "a reported card"
)

// suspicion says in Go what the policy says in JSON, so that the program can prove that
// nobody was let through or kept wrongly. It returns the first reason, none for an order
// that is above suspicion.
func suspicion(o order) string {
	switch {
	case o.Quantity >= 12:
		return manyPieces
	case slices.Contains([]string{"1407", "4337", "5909", "6164", "7778"}, o.Card):
		return reportedCard
	}
	return ""
}

// detective looks at suspicious orders. It is the desk of fraud.
type detective struct {
	mu      sync.Mutex
	reasons map[string]string // by order id; guarded by mu
}

func newDetective() *detective { return &detective{reasons: map[string]string{}} }

func (d *detective) handle(_ context.Context, m sqs.Message) error {
	o, err := parse(m.Body)
	if err != nil {
		return err
	}
	why := suspicion(o)
	if why == "" {
		return fmt.Errorf("order %s is above suspicion, the filter should have kept it", o.ID)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reasons[o.ID] = why
	return nil
}

func (d *detective) done(m sqs.Message) bool {
	o, err := parse(m.Body)
	d.mu.Lock()
	defer d.mu.Unlock()
	return err == nil && d.reasons[o.ID] != ""
}

// count counts the orders that were looked at, for one reason.
func (d *detective) count(reason string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, why := range d.reasons {
		if why == reason {
			n++
		}
	}
	return n
}

func (d *detective) total() int { return d.count(manyPieces) + d.count(reportedCard) }
