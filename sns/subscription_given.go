package sns

import (
	"reflect"
	"time"

	"github.com/leat-go/leat/sqs"
)

// checkGiven returns what is wrong with the parts of a subscription that only a
// program can give: endpoints and queues themselves, times, bounds.
func checkGiven(cfg *Config, sub *Subscription) *Error {
	e, toQueue := sub.Endpoint.(queueEndpoint)
	f, toFunction := sub.Endpoint.(EndpointFunc)
	d, toDeliveryStream := sub.Endpoint.(deliveryStreamEndpoint)
	k, toStream := sub.Endpoint.(streamEndpoint)
	switch {
	case sub.MaxBacklog < 0:
		return invalid("MaxBacklog Reason: it must not be negative")
	case toQueue && isNil(e.queue), toFunction && f == nil, toDeliveryStream && d.stream == nil, toStream && isNil(k.stream):
		return invalid("Endpoint Reason: it is nil")
	case toQueue && isFIFO(e.queue) && !cfg.FIFO:
		return invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
	case sub.ReplayPolicy != nil && sub.ReplayPolicy.EndingPoint.After(time.Now()):
		return invalid("ReplayPolicy Reason: EndingPoint must not be in the future")
	case sub.DeadLetterQueue == nil:
		return nil
	case isNil(sub.DeadLetterQueue):
		return invalid("DeadLetterQueue Reason: it is nil")
	case isFIFO(sub.DeadLetterQueue) && !cfg.FIFO:
		return invalid("DeadLetterQueue Reason: must use a standard queue as DLQ for a Subscription to a standard Topic.")
	}
	return nil
}

// isNil tells whether a queue or a stream is nothing, or a nil of some type.
func isNil(a any) bool {
	if a == nil {
		return true
	}
	v := reflect.ValueOf(a)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// isFIFO tells whether a queue is known to be a FIFO queue.
func isFIFO(q sqs.Queue) bool {
	local, ok := q.(*sqs.LocalQueue)
	return ok && local.Config().FIFO
}
