package kinesis

import (
	"context"
	"errors"
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

// stop ends the iteration with reason, if it has not ended, and one that is still to
// begin. The caller holds consumer.mu.
func (sub *subscription) stop(reason error) {
	if sub.reason != nil {
		return
	}
	sub.reason = reason
	if sub.cancel != nil {
		sub.cancel()
	}
}

// run is the iteration.
func (sub *subscription) run(parent context.Context, yield func(Batch, error) bool) {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	if err := sub.begin(cancel); err != nil {
		yield(Batch{}, err)
		return
	}
	defer sub.finish()
	for {
		b, err := sub.next(ctx)
		if err == errExpired {
			return
		}
		if err != nil {
			yield(Batch{}, sub.why(parent, err))
			return
		}
		if !yield(b, nil) || b.End {
			return
		}
		sub.position = b.Next
	}
}

// errExpired says that the five minutes are over.
var errExpired = errors.New("kinesis: the subscription has expired")

// next waits for the next event.
func (sub *subscription) next(ctx context.Context) (Batch, error) {
	s := sub.consumer.stream
	wait := min(sub.left(), subscriptionHeartbeat)
	if wait <= 0 {
		return Batch{}, errExpired
	}
	b, err := s.read(ctx, "Subscribe", ReadRequest{
		ShardID: shard.ID(sub.shard), Position: sub.position, MaxBytes: maxEventBytes, Wait: wait,
	}, false)
	switch {
	case err != nil:
		return Batch{}, err
	case len(b.Records) > 0 && s.config.Load().EnforceLimits:
		return b, sub.pace(ctx, b.Records)
	case len(b.Records) == 0 && !b.End && wait < subscriptionHeartbeat:
		return Batch{}, errExpired
	}
	return b, nil
}

func (sub *subscription) left() time.Duration {
	return maxSubscription - time.Duration(sub.consumer.stream.registry.now()-sub.began)
}

// pace waits until the consumer may get records from the shard. As what is read at once
// is a second's worth, but for a larger record, this never takes longer than what came
// before does, which is five seconds for 10 MiB.
func (sub *subscription) pace(ctx context.Context, records []Record) error {
	c := sub.consumer
	size := 0
	for i := range records {
		size += len(records[i].PartitionKey) + len(records[i].Data)
	}
	for {
		wait := c.spend(sub.rate, costOf(size, shardReadBytes))
		if wait <= 0 {
			return nil
		}
		left := sub.left()
		if left <= 0 {
			return errExpired
		}
		timer := time.NewTimer(min(wait, left))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-c.stream.ended:
			timer.Stop()
			return c.stream.open("Subscribe")
		}
	}
}

// spend uses a rate, or returns how long to wait before it can be.
func (c *Consumer) spend(rate *meter, cost int64) (wait time.Duration) {
	now := c.stream.registry.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	wait = time.Duration(max(int64(*rate)-now, 0)+min(cost, int64(time.Second))) - time.Second
	if wait <= 0 {
		rate.use(now, cost)
	}
	return wait
}

// begin notes that somebody iterates, if somebody may.
func (sub *subscription) begin(cancel context.CancelFunc) error {
	c := sub.consumer
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case sub.begun:
		return &Error{Op: "Subscribe", Stream: c.stream.name, Err: ErrResourceInUse, Message: "The subscription has been iterated over; subscribe again."}
	case sub.reason != nil:
		return sub.reason
	}
	sub.begun, sub.cancel = true, cancel
	return nil
}

func (sub *subscription) finish() {
	sub.consumer.mu.Lock()
	defer sub.consumer.mu.Unlock()
	sub.done, sub.cancel = true, nil
}

// why returns what the iteration ends with, when what it does has failed with err.
func (sub *subscription) why(parent context.Context, err error) error {
	sub.consumer.mu.Lock()
	defer sub.consumer.mu.Unlock()
	if sub.reason != nil {
		return sub.reason
	}
	if parent.Err() != nil {
		return parent.Err()
	}
	return err
}
