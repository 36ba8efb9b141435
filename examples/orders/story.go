package main

import (
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// story is one run of the program.
type story struct {
	*wiring
	service       *orderService
	shop          *shop
	analyst       *analyst
	detective     *detective
	alarm         *alarm
	administrator *administrator
	show          *display

	processing, analytics, fraud *department
	dead                         *sqs.LocalQueue // of processing
}

const (
	workers  = 8
	attempts = 3 // then an order is a dead letter
	// firstBackoff is how long an order stays invisible after its first failure.
	firstBackoff = 200 * time.Millisecond
)

func newStory(ctx context.Context, stdout, stderr io.Writer) (*story, error) {
	wires, err := newWiring()
	if err != nil {
		return nil, err
	}
	show := newDisplay(stdout, stderr)
	s := &story{
		wiring:        wires,
		service:       newOrderService(wires.orders, show),
		shop:          newShop(),
		analyst:       newAnalyst(),
		detective:     newDetective(),
		administrator: &administrator{mailbox: wires.mail.mailbox, show: show},
		show:          show,
	}
	if s.dead, err = s.queues.CreateQueue("processing-dead", sqs.Config{}); err != nil {
		return nil, err
	}
	s.alarm = &alarm{queue: s.dead, topic: s.alerts}
	return s, s.openDepartments(ctx)
}

func (s *story) openDepartments(ctx context.Context) (err error) {
	if s.processing, err = s.establish(ctx, charter{
		name: "processing",
		queue: sqs.Config{
			RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: s.dead.ARN(), MaxReceiveCount: attempts},
		},
		subscription: sns.Subscription{RawMessageDelivery: true}, // the order as it is, without an envelope
		consumer: sqs.ConsumerConfig{
			Concurrency: workers,
			Backoff:     sqs.ExponentialBackoff(firstBackoff, time.Second),
		},
		desk: s.shop,
	}); err != nil {
		return err
	}
	if s.analytics, err = s.establish(ctx, charter{name: "analytics", desk: s.analyst}); err != nil {
		return err
	}
	s.fraud, err = s.establish(ctx, charter{
		name: "fraud",
		subscription: sns.Subscription{
			FilterPolicy:       suspicious,
			FilterPolicyScope:  sns.FilterPolicyScopeMessageBody,
			RawMessageDelivery: true,
		},
		desk: s.detective,
	})
	return err
}

// tell runs the departments, and the story beside them. Whatever happens, even an
// interruption, it ends with an account.
func (s *story) tell(ctx context.Context, input io.Reader) error {
	// When ctx ends, consumers do not stop in the middle of an order: end lets them
	// finish.
	unhurried := context.WithoutCancel(ctx)
	var running errgroup.Group
	for _, d := range s.departments() {
		running.Go(func() error { return d.consumer.Run(unhurried) })
	}
	err := s.happen(ctx, input)
	err = errors.Join(err, s.end(unhurried), running.Wait())

	s.show.best(s.analyst.best(3))
	account := s.account()
	s.show.account(account)
	return errors.Join(err, check(account))
}

func (s *story) departments() []*department {
	return []*department{s.processing, s.analytics, s.fraud}
}

// happen is what happens, if nothing interrupts it.
func (s *story) happen(ctx context.Context, input io.Reader) error {
	if err := s.administrator.subscribe(ctx, s.wiring); err != nil {
		return err
	}
	if err := s.service.run(ctx, input); err != nil {
		return err
	}
	if err := s.wait(ctx, s.settled); err != nil {
		return err
	}
	if s.alarm.raised {
		if _, err := s.administrator.read(ctx); err != nil {
			return err
		}
		if err := s.administrator.mend(s.queues, s.dead, s.shop); err != nil {
			return err
		}
	}
	if err := s.wait(ctx, s.finished); err != nil {
		return err
	}
	if s.alarm.allClear > 0 {
		_, err := s.administrator.read(ctx)
		return err
	}
	return nil
}

// end lets what is under way arrive: first the topics hand over all that they have
// accepted, mails included, then the consumers finish what they have begun.
func (s *story) end(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := s.topics.Shutdown(limited)
	for _, d := range s.departments() {
		err = errors.Join(err, d.consumer.Shutdown(ctx))
	}
	s.mail.wait()
	return err
}
