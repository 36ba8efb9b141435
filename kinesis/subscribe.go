package kinesis

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// The rules of SubscribeToShard in the API reference.
const (
	maxSubscription       = 5 * time.Minute
	subscriptionHeartbeat = 5 * time.Second // at least so often there is an event
	subscriptionInterval  = 5 * time.Second // between subscriptions of a consumer to a shard
	maxEventBytes         = shardReadBytes  // but for a larger record, which comes alone
)

// Subscribe returns the records of a shard from a position on, as they arrive, for
// five minutes. The position counts as of the call. What the iteration yields is what
// Read returns, at least every five seconds, if need be without records; a subscription
// goes on from the Next of the last. The one with End is the last.
//
// The iteration ends without an error after that, and when the five minutes, counted
// from the call, are over. It ends with an error, which it yields alone, with ctx's if
// ctx ends; with ErrResourceInUse if another Subscribe of the consumer takes the shard
// over; with ErrResourceNotFound or ErrClosed if the consumer, the stream or the shard
// is no more. Breaking out of the loop ends the subscription. Where the limits are
// enforced a consumer gets 2 MiB a second of every shard, its own: what exceeds them is
// late, not refused. A subscription over which nobody iterates costs nothing; over one
// whose iteration has begun there is no other, it would yield ErrResourceInUse.
//
// Subscribe fails with ErrResourceInUse if the consumer is not ACTIVE, or subscribed to
// the shard less than five seconds ago, whatever became of that; with
// ErrResourceNotFound if there is no such shard, or no consumer any more; with
// ErrInvalidArgument if the position is not one in the shard; or with ctx's error.
// (SubscribeToShard.)
func (c *Consumer) Subscribe(ctx context.Context, shardID string, p Position) (iter.Seq2[Batch, error], error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := c.stream
	position, err := s.ResolvePosition(shardID, p)
	if err != nil {
		return nil, located("Subscribe", s.name, err)
	}
	sub := &subscription{consumer: c, position: position}
	sub.shard, _ = indexOf(shardID) // a shard that there is has an id
	if err := c.admit(sub); err != nil {
		return nil, located("Subscribe", s.name, err)
	}
	return func(yield func(Batch, error) bool) { sub.run(ctx, yield) }, nil
}

// A subscription is what a consumer has of one shard for five minutes.
type subscription struct {
	consumer *Consumer
	shard    int      // its index
	began    int64    // in nanoseconds since 1970
	position Position // where to go on; only run uses it

	rate   *meter             // what the consumer got of the shard, also before; guarded by consumer.mu
	begun  bool               // somebody iterates, or did; guarded by consumer.mu
	done   bool               // the iteration has ended; guarded by consumer.mu
	reason error              // why it may not go on; guarded by consumer.mu
	cancel context.CancelFunc // while somebody iterates; guarded by consumer.mu
}

// admit makes sub the consumer's subscription of its shard, if it may be.
func (c *Consumer) admit(sub *subscription) error {
	now := c.stream.registry.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.end != nil && now >= c.goneAt:
		return c.stream.noConsumer(c.name)
	case c.status(now) != ConsumerActive:
		return &Error{Err: ErrResourceInUse, Message: fmt.Sprintf("Consumer %s with creation timestamp %d under stream: %s , account %s is not in ACTIVE status.",
			c.name, c.createdAt.Unix(), c.stream.name, c.stream.account)} // AWS's text, space and all
	}
	sub.began = now
	sub.rate = new(meter)
	if last := c.subscriptions[sub.shard]; last != nil {
		if now-last.began < int64(subscriptionInterval) && !c.stream.config.Load().Relaxed {
			return last.takenOver()
		}
		last.stop(located("Subscribe", c.stream.name, last.takenOver()))
		sub.rate = last.rate
	}
	if c.subscriptions == nil {
		c.subscriptions = map[int]*subscription{}
	}
	if len(c.subscriptions) >= c.sweepAt {
		c.sweep(now)
	}
	c.subscriptions[sub.shard] = sub
	return nil
}

// takenOver has AWS's text.
func (sub *subscription) takenOver() *Error {
	c := sub.consumer
	return &Error{Err: ErrResourceInUse, Message: fmt.Sprintf("Another active subscription exists for this consumer: %s:%s:%s:%s",
		c.stream.account, c.stream.name, shard.ID(sub.shard), c.name)}
}

// sweep forgets the subscriptions that do not matter any more: those of shards that
// have expired would pile up otherwise. Doing so only when their number has doubled
// makes it cost next to nothing. The caller holds mu.
func (c *Consumer) sweep(now int64) {
	for index, sub := range c.subscriptions {
		over := sub.done && now-sub.began >= int64(subscriptionInterval) || now-sub.began >= int64(maxSubscription)
		if over && int64(*sub.rate) <= now {
			delete(c.subscriptions, index)
		}
	}
	c.sweepAt = max(2*len(c.subscriptions), 64)
}

// stop ends the iteration with reason, if it has not ended, or one that is still to
// begin. The caller holds consumer.mu, and forgets the subscription.
func (sub *subscription) stop(reason error) {
	sub.reason = reason
	if sub.cancel != nil {
		sub.cancel()
	}
}
