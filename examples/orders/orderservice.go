package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/leat-go/leat/sns"
)

// orderService reads orders and publishes the good ones. Who gets them, and which, it
// does not know: that is the subscribers' affair.
type orderService struct {
	topic sns.Publisher
	show  *display
	seen  map[string]bool // order ids

	lines    []int // the number of the line that each order of the batch was on
	orders   []order
	messages []sns.Entry // the batch

	read, rejected, accepted int
	suspects                 int // of those accepted; not for publishing, but to prove the filter policy right
}

// publishBatch is what AWS takes at once. A leat topic takes any number.
const publishBatch = 10

func newOrderService(topic sns.Publisher, show *display) *orderService {
	return &orderService{topic: topic, show: show, seen: map[string]bool{}}
}

// run publishes what it reads, until the input or ctx ends.
func (s *orderService) run(ctx context.Context, input io.Reader) error {
	for line, err := range lines(ctx, input) {
		if err != nil {
			return errors.Join(fmt.Errorf("after line %d: %w", s.read, err), s.publish(ctx))
		}
		s.read++
		if err := s.add(line); err != nil {
			s.reject(s.read, err)
		}
		if len(s.messages) == publishBatch {
			if err := s.publish(ctx); err != nil {
				return err
			}
		}
	}
	return errors.Join(s.publish(ctx), context.Cause(ctx))
}

// add puts the order of a line into the batch.
func (s *orderService) add(line string) error {
	o, err := parse(line)
	if err != nil {
		return err
	}
	if s.seen[o.ID] {
		return fmt.Errorf("order %s was there before", o.ID)
	}
	text, err := o.body()
	if err != nil {
		return err
	}
	s.seen[o.ID] = true
	s.lines, s.orders = append(s.lines, s.read), append(s.orders, o)
	s.messages = append(s.messages, sns.Entry{Message: text})
	return nil
}

// publish publishes the batch, even if ctx ends: what was read is not dropped.
func (s *orderService) publish(ctx context.Context) error {
	_, err := s.topic.Publish(context.WithoutCancel(ctx), s.messages...)
	refused := map[int]bool{}
	if batch, ok := errors.AsType[*sns.BatchError](err); ok {
		// Some messages are not fit to be published, such as one that is too long. The
		// others are published all the same.
		for _, failed := range batch.Failed {
			refused[failed.Index] = true
			s.reject(s.lines[failed.Index], failed.Err)
		}
		err = nil
	}
	if err == nil {
		for i, o := range s.orders {
			if !refused[i] {
				s.accept(o)
			}
		}
	}
	s.lines, s.orders, s.messages = s.lines[:0], s.orders[:0], s.messages[:0]
	return err
}

func (s *orderService) accept(o order) {
	s.accepted++
	if suspicion(o) != "" {
		s.suspects++
	}
}

func (s *orderService) reject(line int, why error) {
	s.rejected++
	s.show.rejected(line, why)
}
