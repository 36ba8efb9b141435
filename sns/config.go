package sns

import (
	"log/slog"
	"maps"
	"net/http"
	"time"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sqs"
)

// Config says how a topic behaves. Its zero value is a standard topic with AWS's
// defaults. It is data: the attributes of CreateTopic in Go's terms.
type Config struct {
	// FIFO makes a FIFO topic, whose name must end in ".fifo".
	FIFO bool

	// DisplayName is the sender that mails and SMS show, at most 100 characters.
	DisplayName string

	// DeliveryPolicy is for the topic's HTTP and HTTPS subscriptions. Nil means
	// AWS's default, 3 retries 20 seconds apart.
	DeliveryPolicy *TopicDeliveryPolicy

	// SignatureVersion is the version of the signatures on envelopes: "1", which is
	// SHA1withRSA, or "2", SHA256withRSA. Empty means "1".
	SignatureVersion string

	// ContentBasedDeduplication takes the SHA-256 of a message for the
	// deduplication id that it lacks. FIFO only.
	ContentBasedDeduplication bool

	// FIFOThroughputScope says where deduplication ids are unique. FIFO only;
	// empty means FIFOThroughputScopeTopic.
	FIFOThroughputScope FIFOThroughputScope

	// ArchivePolicy keeps messages for replay. FIFO only; nil means none are kept.
	ArchivePolicy *ArchivePolicy

	// MaximumMessageSize bounds a message, attributes included: 1,024 to 1,048,576
	// bytes. Zero means 262,144. A queue takes 1,048,576 bytes with the envelope, so the
	// longest messages reach queues only by raw delivery.
	MaximumMessageSize int

	// MaxFilterPolicies bounds the subscriptions with a filter policy. Zero means
	// AWS's 200; leat's index does well with many more.
	MaxFilterPolicies int

	// Policy is the access policy, a JSON document; kept and returned, not
	// enforced. So are DataProtectionPolicy, KMSMasterKeyID, TracingConfig
	// ("PassThrough" or "Active") and Feedback, which holds the attributes for
	// delivery status logging ("HTTPSuccessFeedbackRoleArn", …) by their names.
	Policy               string
	DataProtectionPolicy string
	KMSMasterKeyID       string
	TracingConfig        string
	Feedback             map[string]string

	// Logger is told what nobody else would see, such as a notification that was
	// given up. Nil means the service's, else silence.
	Logger *slog.Logger
}

// clone returns a copy of the configuration that shares nothing with c.
func (c Config) clone() Config {
	c.ArchivePolicy = copied(c.ArchivePolicy)
	c.Feedback = maps.Clone(c.Feedback)
	if c.DeliveryPolicy = copied(c.DeliveryPolicy); c.DeliveryPolicy != nil {
		c.DeliveryPolicy.DeliveryPolicy = c.DeliveryPolicy.DeliveryPolicy.clone()
	}
	return c
}

func (p DeliveryPolicy) clone() DeliveryPolicy {
	if p.HealthyRetryPolicy = copied(p.HealthyRetryPolicy); p.HealthyRetryPolicy != nil {
		p.HealthyRetryPolicy.NumRetries = copied(p.HealthyRetryPolicy.NumRetries)
	}
	return p
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

// maxFilterPolicies is how many subscriptions may have a policy.
func (c *Config) maxFilterPolicies() int {
	if c.MaxFilterPolicies == 0 {
		return defaultFilterPolicies
	}
	return c.MaxFilterPolicies
}

const defaultFilterPolicies = 200

// maxMessageSize is how many bytes a message may have.
func (c *Config) maxMessageSize() int {
	if c.MaximumMessageSize == 0 {
		return defaultMessageSize
	}
	return c.MaximumMessageSize
}

// isLarge tells whether messages may be longer than every endpoint can take: then a
// topic has 100 subscriptions at most, all of them to queues, functions or delivery
// streams. ("Large message payloads" in the SNS Developer Guide.)
func (c *Config) isLarge() bool { return c.maxMessageSize() > defaultMessageSize }

const maxLargeSubscriptions = 100

func tooManyForLarge() *Error {
	return invalid("MaximumMessageSize Reason: A topic for messages of more than %d bytes can have %d subscriptions at most, to queues, functions and delivery streams only", defaultMessageSize, maxLargeSubscriptions)
}

// retention is how long the archive keeps messages; 0 if there is none.
func (c *Config) retention() time.Duration {
	if c.ArchivePolicy == nil {
		return 0
	}
	return c.ArchivePolicy.MessageRetentionPeriod
}

// FIFOThroughputScope is where a FIFO topic's deduplication ids are unique.
type FIFOThroughputScope string

// The scopes of deduplication.
const (
	FIFOThroughputScopeTopic        FIFOThroughputScope = "Topic"
	FIFOThroughputScopeMessageGroup FIFOThroughputScope = "MessageGroup"
)

// ArchivePolicy says how long a FIFO topic keeps messages for replay.
type ArchivePolicy struct {
	// MessageRetentionPeriod is 1 to 365 days, in whole days.
	MessageRetentionPeriod time.Duration
}

// ServiceConfig says where a service's topics live, and how they reach endpoints.
type ServiceConfig struct {
	// Account is 12 digits; empty means 000000000000.
	Account string
	// Region is a region's name; empty means us-east-1.
	Region string

	// Queues holds the queues that subscriptions and redrive policies name by
	// their ARNs. Nil means that there are none.
	Queues *sqs.Service

	// DeliveryStreams holds the delivery streams that subscriptions name by their
	// ARNs. Nil means that there are none.
	DeliveryStreams *firehose.Service

	// Functions finds the endpoint of a function by its ARN, when there is something to
	// deliver, as lambda.Functions does. A nil Endpoint means that there is no such function.
	Functions func(arn string) (Endpoint, error)

	// Resolve finds the endpoint for a protocol and an address, before leat does:
	// queues that are elsewhere, say. It is called when there is something to deliver, which no
	// publisher does itself then. A nil Endpoint leaves it to leat; an error fails the delivery,
	// for good if it is marked by Permanent.
	Resolve func(protocol Protocol, address string) (Endpoint, error)

	// Transport carries notifications to HTTP and HTTPS endpoints. Nil means that
	// none are reached: leat does not open connections unasked.
	Transport http.RoundTripper

	// Mailer, SMS and Push send e-mail, text messages and mobile push
	// notifications. Nil means the service's Outbox, which keeps them for a test to see.
	Mailer Mailer
	SMS    SMSSender
	Push   PushSender

	// BaseURL is where a front end serves this service; the links in
	// confirmations and envelopes, and the address of the certificate, begin with
	// it. Empty means "https://sns.REGION.amazonaws.com".
	BaseURL string

	// SigningKey signs envelopes. Nil means a key that the service makes when it
	// first needs one.
	SigningKey *SigningKey
	// SignQueueMessages signs the envelopes for queues and functions as well. The signature
	// of a message takes about a millisecond, and in one process nobody needs it;
	// without it the field is there and empty. HTTP and e-mail envelopes always have one.
	SignQueueMessages bool

	// Jitter shortens the delays of the backoff phase of retries; it can not make one
	// longer. Nil means up to a tenth shorter, by chance; NoJitter leaves them as they
	// are.
	Jitter func(delay time.Duration) time.Duration

	// Durable is how [Open] keeps the service in its directory. A topic keeps what it
	// needs of its messages in memory, so MemoryBudget has no effect. NewService does
	// not use it.
	Durable durable.Options

	// Logger is Config.Logger for every topic that has none; nil means silence.
	Logger *slog.Logger
}

// NoJitter is a ServiceConfig.Jitter under which retries come exactly on time.
func NoJitter(delay time.Duration) time.Duration { return delay }
