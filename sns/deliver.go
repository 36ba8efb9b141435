package sns

import (
	"fmt"
	"time"

	"github.com/leat-go/leat/sqs"
)

// outbound is what a subscription's courier to the endpoint does.
type outbound struct{ *LocalSubscription }

func (s outbound) deliver(it *item) error {
	sub := s.config.Load()
	if s.direct.Load() {
		return s.deliverDirectly(sub, it)
	}
	e, err := s.endpoint(sub)
	if err != nil {
		return err
	}
	return e.Deliver(s.ctx, s.notification(sub, it))
}

func (s outbound) giveUp(it *item, cause error) { s.condemn(it, cause) }

func (s outbound) schedule() schedule { return scheduleFor(s.config.Load(), s.topic.config.Load()) }

func (s outbound) interval() time.Duration {
	policy := deliveryPolicyFor(s.config.Load(), s.topic.config.Load())
	if policy.MaxReceivesPerSecond == 0 {
		return 0
	}
	return time.Second / time.Duration(policy.MaxReceivesPerSecond)
}

// deliverDirectly delivers to a queue of leat's own. It is what most deliveries are, and
// does without what other endpoints need: a raw message is sent as it is.
func (s *LocalSubscription) deliverDirectly(sub *Subscription, it *item) error {
	q := s.queue
	if q == nil {
		var err error
		if q, err = s.findQueue(sub); err != nil {
			return err
		}
		s.queue = q
	}
	var entry sqs.Entry
	if m := it.m; sub.RawMessageDelivery && len(m.queueAttributes) <= maxQueueAttributes {
		entry = sqs.Entry{Body: m.textFor(ProtocolSQS), Attributes: m.queueAttributes, GroupID: m.groupID, TraceHeader: m.trace}
	} else {
		n := s.notification(sub, it)
		var err error
		if entry, err = queueEntry(&n); err != nil {
			return err
		}
	}
	queueEndpoint{q}.address(&entry, it.m.dedupID)
	_, err := q.Send(s.ctx, entry)
	if err == nil {
		return nil
	}
	if sub.Endpoint == nil {
		s.queue = nil // there may be another of the same name
		if again, _ := s.findQueue(sub); again != nil && again != q {
			return s.deliverDirectly(sub, it)
		}
	}
	return classify(err)
}

func (s *LocalSubscription) findQueue(sub *Subscription) (*sqs.LocalQueue, error) {
	if e, ok := sub.Endpoint.(queueEndpoint); ok {
		return e.queue.(*sqs.LocalQueue), nil
	}
	return s.queueByARN(sub.Address)
}

// notification renders an item for the subscription.
func (s *LocalSubscription) notification(sub *Subscription, it *item) Notification {
	m := it.m
	n := Notification{
		Type:            TypeNotification,
		MessageID:       m.id,
		TopicARN:        s.topic.arn,
		SubscriptionARN: string(s.id),
		Subject:         m.subject,
		Message:         m.textFor(sub.Protocol),
		Attributes:      m.attributes,
		Timestamp:       time.Unix(0, m.at),
		GroupID:         m.groupID,
		DeduplicationID: m.dedupID,
		SequenceNumber:  m.sequence,
		TraceHeader:     m.trace,
		Raw:             sub.RawMessageDelivery,
		Replayed:        it.replayed,
		Attempt:         it.attempts,
		topic:           s.topic,
		shared:          m,
	}
	if m.kind != "" {
		n.Type, n.Token, n.Raw = m.kind, m.token, false
	}
	if isWeb(sub.Protocol) {
		n.ContentType = deliveryPolicyFor(sub, s.topic.config.Load()).HeaderContentType
	}
	return n
}

// endpoint finds where the subscription delivers to. Only the driver of out calls
// it.
func (s *LocalSubscription) endpoint(sub *Subscription) (Endpoint, error) {
	if sub.Endpoint != nil {
		return sub.Endpoint, nil
	}
	cfg := &s.topic.service.registry.config
	if cfg.Resolve != nil {
		if e, err := cfg.Resolve(sub.Protocol, sub.Address); e != nil || err != nil {
			return e, err
		}
	}
	switch sub.Protocol {
	case ProtocolSQS:
		q, err := s.queueByARN(sub.Address)
		if err != nil {
			return nil, err
		}
		return queueEndpoint{q}, nil
	case ProtocolFirehose:
		return s.deliveryStream(sub.Address)
	case ProtocolLambda:
		return function(cfg, sub.Address)
	}
	if s.made == nil {
		e, err := s.topic.service.endpointFor(sub.Protocol, sub.Address)
		if err != nil {
			return nil, err
		}
		s.made = e
	}
	return s.made, nil
}

// function finds the endpoint of a function.
func function(cfg *ServiceConfig, arn string) (Endpoint, error) {
	if cfg.Functions != nil {
		if e, err := cfg.Functions(arn); e != nil || err != nil {
			return e, err
		}
	}
	return nil, Permanent(fmt.Errorf("sns: nothing is known of the function %s; ServiceConfig.Functions has to find it", arn))
}

func (s *LocalSubscription) queueByARN(arn string) (*sqs.LocalQueue, error) {
	queues := s.topic.service.registry.config.Queues
	if queues == nil {
		return nil, Permanent(fmt.Errorf("sns: no queues to find %s among; set ServiceConfig.Queues", arn))
	}
	q, err := queues.QueueByARN(arn)
	return q, Permanent(err)
}
