package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/leat-go/leat/sqs"
)

// shop ships orders. It is the desk of processing.
type shop struct {
	mu        sync.Mutex
	catalogue map[string]bool      // articles there are; guarded by mu
	orders    map[string]*progress // by order id; guarded by mu
	shipped   shipped              // guarded by mu
}

// shipped counts orders by how they came to be shipped.
type shipped struct{ atOnce, afterRetry, afterMending int }

func (s shipped) total() int { return s.atOnce + s.afterRetry + s.afterMending }

// progress is how far an order is.
type progress struct {
	attempts int
	mended   bool // was a dead letter
	done     bool
}

func newShop() *shop {
	s := &shop{catalogue: map[string]bool{}, orders: map[string]*progress{}}
	for _, article := range []string{
		"bread knife", "coat rack", "cutting board", "desk lamp", "door mat", "garden hose", "hammer", "kettle",
		"oil can", "rain barrel", "step ladder", "teapot", "watering can", "wool blanket", "work bench",
	} {
		s.catalogue[article] = true
	}
	return s
}

// packing is the time that it takes to pack an order.
const packing = 10 * time.Millisecond

func (s *shop) handle(ctx context.Context, m sqs.Message) error {
	o, err := parse(m.Body)
	if err != nil {
		return err
	}
	if done, err := s.charge(o); done || err != nil {
		return err
	}
	select {
	case <-time.After(packing):
	case <-ctx.Done():
		return ctx.Err()
	}
	s.ship(o)
	return nil
}

// charge takes the money. The bank does not answer the first attempt for a card
// that ends in 7.
func (s *shop) charge(o order) (done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.progress(o)
	p.attempts++
	switch {
	case p.done:
		return true, nil
	case !s.catalogue[o.Article]:
		return false, fmt.Errorf("order %s: there is no article %q", o.ID, o.Article)
	case p.attempts == 1 && strings.HasSuffix(o.Card, "7"):
		return false, fmt.Errorf("order %s: the bank does not answer", o.ID)
	}
	return false, nil
}

func (s *shop) ship(o order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.progress(o)
	switch {
	case p.done:
		return
	case p.mended:
		s.shipped.afterMending++
	case p.attempts > 1:
		s.shipped.afterRetry++
	default:
		s.shipped.atOnce++
	}
	p.done = true
}

// mend does what a person does after a look at a dead letter: it adds the missing
// article to the catalogue.
func (s *shop) mend(o order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress(o).mended = true
	s.catalogue[o.Article] = true
}

// progress returns the progress of an order. The caller holds mu.
func (s *shop) progress(o order) *progress {
	p := s.orders[o.ID]
	if p == nil {
		p = &progress{}
		s.orders[o.ID] = p
	}
	return p
}

func (s *shop) count() shipped {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shipped
}

func (s *shop) done(m sqs.Message) bool {
	o, err := parse(m.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	return err == nil && s.progress(o).done
}
