package sns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sqs"
)

// checkStorable returns why a durable service could not find an endpoint or a queue again
// that a subscription was given as such, and not by its address.
func (r *registry) checkStorable(sub *Subscription) error {
	cfg := &r.config
	switch e := sub.Endpoint.(type) {
	case nil:
	case queueEndpoint:
		if cfg.Resolve == nil && (sub.Protocol != ProtocolSQS || !r.hasQueue(sub.Address, e.queue)) {
			return invalid("Endpoint Reason: the queue %q can not be found again when the topic is opened again; it must be one of ServiceConfig.Queues, or one that ServiceConfig.Resolve finds", sub.Address)
		}
	case deliveryStreamEndpoint:
		if cfg.Resolve == nil && (sub.Protocol != ProtocolFirehose || !r.hasStream(sub.Address, e)) {
			return invalid("Endpoint Reason: the delivery stream %q can not be found again when the topic is opened again; it must be one of ServiceConfig.DeliveryStreams, or one that ServiceConfig.Resolve finds", sub.Address)
		}
	default:
		if sub.Address == "" || cfg.Resolve == nil && (sub.Protocol != ProtocolLambda || cfg.Functions == nil) {
			return invalid("Endpoint Reason: a %T can not be stored; give the subscription a Protocol and an Address by which ServiceConfig.Resolve, or for a function ServiceConfig.Functions, finds it again", sub.Endpoint)
		}
	}
	if q := sub.DeadLetterQueue; q != nil && !r.hasQueue(localARN(q), q) {
		return invalid("DeadLetterQueue Reason: a queue that is not one of ServiceConfig.Queues can not be found again when the topic is opened again")
	}
	return nil
}

func (r *registry) hasQueue(arn string, q sqs.Queue) bool {
	if r.config.Queues == nil {
		return false
	}
	found, err := r.config.Queues.QueueByARN(arn)
	return err == nil && q == sqs.Queue(found)
}

func (r *registry) hasStream(arn string, e deliveryStreamEndpoint) bool {
	if r.config.DeliveryStreams == nil {
		return false
	}
	found, err := r.config.DeliveryStreams.DeliveryStreamByARN(arn)
	return err == nil && e.stream == found
}

// storable makes the times of a replay policy such that they are the same when they were
// stored and read.
func (p *ReplayPolicy) storable() error {
	if p == nil {
		return nil
	}
	for _, at := range []*time.Time{&p.StartingPoint, &p.EndingPoint} {
		if *at = at.Round(0).UTC(); at.Year() < 0 || at.Year() > 9999 {
			return invalid("ReplayPolicy Reason: a year must be from 0 to 9999")
		}
	}
	return nil
}

// find gives a subscription that was stored what stands for its endpoint and its
// dead-letter queue, if they were given as such. The address of a queue is enough.
func (r *registry) find(f *subscriptionFact, sub *Subscription) {
	if f.given && sub.Protocol != ProtocolSQS {
		sub.Endpoint = &foundEndpoint{r, sub.Protocol, sub.Address}
	}
	if f.deadLetters == "" {
		return
	}
	if r.config.Queues != nil {
		if q, err := r.config.Queues.QueueByARN(f.deadLetters); err == nil {
			sub.DeadLetterQueue = q
			return
		}
	}
	sub.RedrivePolicy = &RedrivePolicy{DeadLetterTargetARN: f.deadLetters} // it may come yet
}

// foundEndpoint stands for an endpoint that Subscribe was given before the service was
// opened again.
type foundEndpoint struct {
	registry *registry
	protocol Protocol
	address  string
}

// Address returns what the subscription's endpoint is found by.
func (e *foundEndpoint) Address() (Protocol, string) { return e.protocol, e.address }

// Deliver delivers to what is found now. Nothing is a failure that a retry may mend.
func (e *foundEndpoint) Deliver(ctx context.Context, n Notification) error {
	cfg := &e.registry.config
	finders := []func() (Endpoint, error){}
	if cfg.Resolve != nil {
		finders = append(finders, func() (Endpoint, error) { return cfg.Resolve(e.protocol, e.address) })
	}
	if cfg.Functions != nil && e.protocol == ProtocolLambda {
		finders = append(finders, func() (Endpoint, error) { return cfg.Functions(e.address) })
	}
	if cfg.DeliveryStreams != nil && e.protocol == ProtocolFirehose {
		finders = append(finders, func() (Endpoint, error) {
			stream, err := cfg.DeliveryStreams.DeliveryStreamByARN(e.address)
			if err != nil {
				return nil, err
			}
			return deliveryStreamEndpoint{stream}, nil
		})
	}
	for _, find := range finders {
		found, err := find()
		if err != nil {
			return err
		}
		if found != nil {
			return found.Deliver(ctx, n)
		}
	}
	return fmt.Errorf("sns: nothing is known of the endpoint %s of protocol %s any more; ServiceConfig.Resolve has to find it, or Subscribe to give it again", e.address, e.protocol)
}

// isGiven tells whether an endpoint is one that a program gave.
func isGiven(e Endpoint) bool {
	_, found := e.(*foundEndpoint)
	return e != nil && !found
}

// synced tells whether a queue writes to a disk before it has accepted a message, so that
// a publisher had better not wait for one after the other.
func synced(q sqs.Queue) bool {
	d, ok := q.(interface{ Durable() bool })
	return ok && d.Durable()
}

// syncedQueues tells whether the service's queues do.
func (r *registry) syncedQueues() bool {
	return r.config.Queues != nil && r.config.Queues.Durable()
}

// mayReopen tells whether an error that lasts ends when what was closed is opened again,
// which is what the notifications of a durable topic can wait for.
func (t *LocalTopic) mayReopen(err error) bool {
	return t.ledger != nil && (errors.Is(err, sqs.ErrClosed) || errors.Is(err, firehose.ErrClosed) || errors.Is(err, kinesis.ErrClosed))
}
