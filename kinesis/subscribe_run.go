package kinesis

import (
	"context"
	"errors"
	"time"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// run is the iteration.
func (sub *subscription) run(ctx context.Context, yield func(Batch, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
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
			yield(Batch{}, sub.why(err))
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

// why returns what the iteration ends with, when what it does has failed with err: if
// the context was ended here that is not what the reader is told.
func (sub *subscription) why(err error) error {
	sub.consumer.mu.Lock()
	defer sub.consumer.mu.Unlock()
	if sub.reason != nil {
		return sub.reason
	}
	return err
}
