package main

import (
	"context"
	"math"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// department is a part of the shop that gets orders: a queue of its own, which a
// subscription fills and a consumer empties. However slow or broken one is, neither
// the order service nor another department notices.
type department struct {
	desk         desk
	queue        *sqs.LocalQueue
	subscription *sns.LocalSubscription
	consumer     *sqs.Consumer
}

// desk does a department's work.
type desk interface {
	// handle takes an order. A message that it returns an error for is delivered
	// again. Since any message may be, it does nothing for an order that is done.
	handle(ctx context.Context, m sqs.Message) error
	// done tells whether the order was handled.
	done(m sqs.Message) bool
}

// charter says how a department works.
type charter struct {
	name         string // of its queue
	queue        sqs.Config
	subscription sns.Subscription // but for the endpoint, which is the queue
	consumer     sqs.ConsumerConfig
	desk         desk
}

func (w *wiring) establish(ctx context.Context, c charter) (*department, error) {
	queue, err := w.queues.CreateQueue(c.name, c.queue)
	if err != nil {
		return nil, err
	}
	c.subscription.Endpoint = sns.QueueEndpoint(queue)
	id, err := w.orders.Subscribe(ctx, c.subscription)
	if err != nil {
		return nil, err
	}
	subscription, err := w.orders.Subscription(id)
	if err != nil {
		return nil, err
	}
	consumer, err := sqs.NewConsumer(queue, sqs.Each(c.desk.handle), c.consumer)
	if err != nil {
		return nil, err
	}
	return &department{c.desk, queue, subscription, consumer}, nil
}

// received counts the orders that the topic has put on the queue.
func (d *department) received() int { return int(d.subscription.Stats().Delivered) }

// left counts the orders on the queue that were not handled.
func (d *department) left() int { return waiting(d.queue, d.desk) }

func waiting(queue *sqs.LocalQueue, at desk) (n int) {
	for _, m := range queue.Peek(math.MaxInt) {
		if !at.done(m.Message) {
			n++
		}
	}
	return n
}
