package sns

import (
	"context"
	"time"

	"github.com/leat-go/leat/sqs"
)

// Publisher is what most code needs of a topic: somewhere to publish to. All
// methods may be called concurrently.
type Publisher interface {
	// Publish accepts messages, in the order of the batch, and returns before
	// they are delivered. The result has one element per entry, zero where that
	// entry failed; then the error is a [*BatchError] that names the failed
	// indexes, and the others are published.
	Publish(ctx context.Context, batch ...Entry) ([]Published, error)
}

// Topic is what leat asks of a topic, in this process or far away. LocalTopic
// implements it; so may an adapter over AWS or a cluster. The suite in package
// snstest says, case by case, what an implementation owes its users.
type Topic interface {
	Publisher

	// Subscribe adds a subscription, which gets what is published from now on.
	// An endpoint that has to confirm (HTTP, HTTPS, e-mail) gets nothing until
	// it has. The same endpoint subscribed again with the same settings is the
	// same subscription.
	Subscribe(ctx context.Context, sub Subscription) (SubscriptionID, error)

	// Unsubscribe ends a subscription. What is on its way may still arrive.
	// To end one that is gone already is no error.
	Unsubscribe(ctx context.Context, id SubscriptionID) error
}

// Endpoint is where a subscription delivers to.
type Endpoint interface {
	// Deliver hands over one notification. It is called again, as the
	// subscription's retry schedule says, when it fails, unless the error is
	// marked by [Permanent]: then the notification goes to the dead-letter queue
	// at once. A subscription calls it once at a time. What n's maps hold is shared with
	// other endpoints and must not be changed. ctx ends when the subscription or
	// its topic does.
	Deliver(ctx context.Context, n Notification) error
}

// EndpointFunc is a function as an endpoint, in the place of what is a Lambda
// function on AWS.
type EndpointFunc func(ctx context.Context, n Notification) error

// Deliver calls f.
func (f EndpointFunc) Deliver(ctx context.Context, n Notification) error { return f(ctx, n) }

// Attribute is a message attribute: of type String, Number or Binary as in SQS,
// or "String.Array", whose value is a JSON array.
type Attribute = sqs.Attribute

// Entry is one message to publish.
type Entry struct {
	// Message is the text to deliver, at least one byte. Together with the
	// attributes it may have 262,144 bytes. Strings are immutable, so leat keeps
	// this one without a copy, and every subscriber gets the same.
	Message string

	// Subject is the subject line of a mail, and a field of every envelope; at
	// most 99 characters without line breaks. Empty means none.
	Subject string

	// Attributes are the message attributes, on which filter policies act.
	// Publish copies the map.
	Attributes map[string]Attribute

	// MessageStructure "json" says that Message is a JSON object with a text for
	// each [Protocol] that is to get one of its own, and one under "default".
	// Empty means that all get Message.
	MessageStructure string

	// GroupID is the message group, 1 to 128 letters, digits and punctuation
	// characters. A FIFO topic requires it and keeps order within it; a standard
	// topic hands it on to standard queues, for fair queues.
	GroupID string

	// DeduplicationID makes a FIFO topic deliver the message only once in five
	// minutes; 1 to 128 characters like GroupID. Empty means the SHA-256 of the
	// message where the topic has ContentBasedDeduplication, and is an error
	// where it has not.
	DeduplicationID string

	// TraceHeader is handed on to queues as the AWSTraceHeader system attribute.
	TraceHeader string
}

// Published is what a topic says of a message it accepted.
type Published struct {
	// MessageID is the id that subscribers will see, unique to the message. For a
	// duplicate on a FIFO topic it is the original's.
	MessageID string
	// SequenceNumber is 20 digits that grow with every message; FIFO topics
	// only, else empty.
	SequenceNumber string
}

// SubscriptionID names a subscription: its ARN, which is the topic's and a UUID.
type SubscriptionID string

// Protocol is the kind of an endpoint, as Subscribe and a message with a structure
// name it.
type Protocol string

// The protocols of SNS.
const (
	ProtocolSQS         Protocol = "sqs"
	ProtocolLambda      Protocol = "lambda"
	ProtocolHTTP        Protocol = "http"
	ProtocolHTTPS       Protocol = "https"
	ProtocolEmail       Protocol = "email"
	ProtocolEmailJSON   Protocol = "email-json"
	ProtocolSMS         Protocol = "sms"
	ProtocolApplication Protocol = "application"
	ProtocolFirehose    Protocol = "firehose"
)

// Subscription says where notifications go, which ones, and how. It is a value: the
// settings with which Subscribe is called, and what LocalSubscription.Config returns.
type Subscription struct {
	// Endpoint receives the notifications. Nil means the one that Protocol and
	// Address name.
	Endpoint Endpoint

	// Protocol and Address name an endpoint as AWS does: ProtocolSQS and the ARN
	// of a queue, ProtocolHTTPS and a URL, ProtocolEmail and an address. With an
	// Endpoint they say what it is; empty then means what the Endpoint says of
	// itself, else ProtocolLambda. Two subscriptions of a topic with the same protocol and
	// address, not empty, are one.
	Protocol Protocol
	Address  string

	// FilterPolicy is a JSON object that a notification must match to be
	// delivered. Empty and "{}" mean that all are.
	FilterPolicy string
	// FilterPolicyScope says what the policy looks at. Empty means
	// FilterPolicyScopeMessageAttributes.
	FilterPolicyScope FilterPolicyScope

	// RawMessageDelivery hands queues, HTTP endpoints and delivery streams the
	// message alone, its attributes beside it, in place of a JSON envelope.
	RawMessageDelivery bool

	// RedrivePolicy names a dead-letter queue for what can not be delivered. Nil
	// means that it is dropped, and counted.
	RedrivePolicy *RedrivePolicy
	// DeadLetterQueue is a dead-letter queue without an ARN: any Queue, which
	// counts for more than RedrivePolicy.
	DeadLetterQueue sqs.Queue

	// DeliveryPolicy replaces the schedule of retries. Nil means the topic's for
	// HTTP and HTTPS, and AWS's fixed schedules for the rest. AWS has it for HTTP
	// and HTTPS only; here any endpoint may have one.
	DeliveryPolicy *DeliveryPolicy

	// ReplayPolicy delivers what a FIFO topic has archived, before what is
	// published from now on. Nil means none.
	ReplayPolicy *ReplayPolicy

	// SubscriptionRoleARN is kept and returned. A delivery stream must have it.
	SubscriptionRoleARN string

	// MaxBacklog bounds the notifications that wait to be delivered, those that
	// wait to be delivered again included. Zero means 100,000. Beyond it they are
	// dead-lettered, or dropped and counted.
	MaxBacklog int

	// InOrder makes later notifications wait while one is being retried. It is
	// how FIFO topics treat each group; for a standard topic the default is that
	// the first attempts are made in order, and retries do not hold up others.
	InOrder bool
}

// FilterPolicyScope is what a filter policy looks at.
type FilterPolicyScope string

// The scopes of filter policies.
const (
	FilterPolicyScopeMessageAttributes FilterPolicyScope = "MessageAttributes"
	FilterPolicyScopeMessageBody       FilterPolicyScope = "MessageBody"
)

// RedrivePolicy names a subscription's dead-letter queue.
type RedrivePolicy struct {
	// DeadLetterTargetARN names a queue of the service that ServiceConfig.Queues
	// is; a FIFO queue for a FIFO topic's subscription, else a standard one.
	DeadLetterTargetARN string
}

// ReplayPolicy says which archived messages a subscription gets again.
type ReplayPolicy struct {
	// StartingPoint is the time from which on to replay.
	StartingPoint time.Time
	// EndingPoint is the time up to which to replay; the subscription then gets
	// nothing that is published afterwards. Zero means up to now, and what is
	// published from now on follows.
	EndingPoint time.Time
}
