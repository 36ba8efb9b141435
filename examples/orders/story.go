package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/leat-go/leat/sqs"
)

// story is one run of the program.
type story struct {
	service      *sqs.Service
	orders, dead *sqs.LocalQueue
	shop         *shop
	show         *display

	read, rejected, accepted int
}

const (
	workers  = 8
	attempts = 3 // then an order is a dead letter
	// sendBatch is what AWS takes at once. A leat queue takes any number.
	sendBatch = 10
	// firstBackoff is how long an order stays invisible after its first failure.
	firstBackoff = 200 * time.Millisecond
	// patience is the time without any progress after which orders are given up.
	patience = 10 * time.Second
)

func newStory(stdout, stderr io.Writer) (*story, error) {
	service, err := sqs.NewService(sqs.ServiceConfig{})
	if err != nil {
		return nil, err
	}
	dead, err := service.CreateQueue("orders-dead", sqs.Config{})
	if err != nil {
		return nil, err
	}
	orders, err := service.CreateQueue("orders", sqs.Config{
		RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: attempts},
	})
	if err != nil {
		return nil, err
	}
	return &story{
		service: service, orders: orders, dead: dead,
		shop: newShop(), show: newDisplay(stdout, stderr),
	}, nil
}

// tell runs the workers, and the story beside them. Whatever happens, even an
// interruption, it ends with a summary.
func (s *story) tell(ctx context.Context, input io.Reader) error {
	consumer, err := sqs.NewConsumer(s.orders, sqs.Each(s.shop.handle), sqs.ConsumerConfig{
		Concurrency: workers,
		Backoff:     sqs.ExponentialBackoff(firstBackoff, time.Second),
	})
	if err != nil {
		return err
	}
	// When ctx ends the workers do not stop in the middle of an order: Shutdown
	// lets them finish.
	unhurried := context.WithoutCancel(ctx)
	stopped := make(chan error, 1)
	go func() { stopped <- consumer.Run(unhurried) }()

	err = errors.Join(s.work(ctx, input), consumer.Shutdown(unhurried), <-stopped)
	return errors.Join(err, s.summarize())
}

func (s *story) work(ctx context.Context, input io.Reader) error {
	if err := s.send(ctx, input); err != nil {
		return err
	}
	if err := s.wait(ctx, func() bool { return s.shop.count().total()+s.letters() == s.accepted }); err != nil {
		return err
	}
	if s.letters() == 0 {
		return nil
	}
	s.mend()
	if _, err := s.service.StartMessageMoveTask(sqs.MoveRequest{SourceARN: s.dead.ARN()}); err != nil {
		return err
	}
	return s.wait(ctx, func() bool { return s.shop.count().total() == s.accepted })
}

// send reads orders and puts the good ones on the queue.
func (s *story) send(ctx context.Context, input io.Reader) error {
	seen := map[string]bool{}
	var batch []sqs.Entry
	flush := func() error {
		_, err := s.orders.Send(context.WithoutCancel(ctx), batch...)
		if err == nil {
			s.accepted += len(batch)
		}
		batch = batch[:0]
		return err
	}
	for line, err := range lines(ctx, input) {
		if err != nil {
			return errors.Join(fmt.Errorf("after line %d: %w", s.read, err), flush())
		}
		s.read++
		o, err := parse(line)
		if err == nil && seen[o.ID] {
			err = fmt.Errorf("order %s was there before", o.ID)
		}
		if err != nil {
			s.rejected++
			s.show.rejected(s.read, err)
			continue
		}
		seen[o.ID] = true
		if batch = append(batch, sqs.Entry{Body: line}); len(batch) == sendBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return errors.Join(flush(), context.Cause(ctx))
}

// mend looks at the dead letters, without receiving them, and removes the cause.
func (s *story) mend() {
	missing := map[string]int{}
	for _, letter := range s.dead.Peek(math.MaxInt) {
		if o, err := parse(letter.Body); err == nil {
			missing[o.Article]++
			s.shop.mend(o)
		}
	}
	s.show.mended(missing)
}

// letters counts the dead letters.
func (s *story) letters() int {
	return s.dead.Metrics().ApproximateNumberOfMessagesVisible
}

// wait returns when done does, or ctx ends, or nothing changes any more.
func (s *story) wait(ctx context.Context, done func() bool) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	before, changed := -1, time.Now()
	for !done() {
		shipped, letters := s.shop.count().total(), s.letters()
		s.show.progress(shipped, s.accepted, letters)
		switch now := shipped + letters; {
		case now != before:
			before, changed = now, time.Now()
		case time.Since(changed) > patience:
			return fmt.Errorf("nothing happened for %v", patience)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// summarize accounts for every line. An order that is neither shipped nor on a
// queue is lost, and that is an error.
func (s *story) summarize() error {
	left := 0
	for _, m := range slices.Concat(s.orders.Peek(math.MaxInt), s.dead.Peek(math.MaxInt)) {
		if o, err := parse(m.Body); err == nil && !s.shop.isShipped(o) {
			left++
		}
	}
	shipped := s.shop.count()
	lost := s.accepted - shipped.total() - left
	s.show.summary(s.read, s.rejected, s.accepted, shipped, left, lost)
	if lost != 0 {
		return fmt.Errorf("%d orders are unaccounted for", lost)
	}
	return nil
}
