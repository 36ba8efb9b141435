package leat

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/sns"
)

// Config says what a Cloud is. Its zero value is one for tests: it takes any
// credentials, limits no throughput, keeps everything in memory and reaches nothing
// outside of the process.
type Config struct {
	// Dir is the directory in which queues, topics and streams are kept, in its
	// subdirectories sqs, sns and kinesis; it is made if it does not exist. It belongs to one
	// Cloud at a time. What it acknowledged is there when New is called with the directory
	// again, see [sqs.Open], [sns.Open] and [kinesis.Open]. What there was under another
	// Account or Region is kept, and seen by the services' As methods.
	//
	// Functions, delivery streams, faults, metrics, alarms and what SNS().Outbox() keeps end
	// with the Cloud. Subscriptions survive, also of functions and delivery streams:
	// notifications for a function wait, as AWS's schedule of retries has it, until it is
	// registered again. The objects of delivery streams are kept in Objects.
	//
	// Empty means memory: nothing survives.
	Dir string
	// Durable is how the services use Dir, each of them for itself: so there may be three
	// times Durable.MemoryBudget. Only Progress is told of all together. Without Dir it means
	// nothing.
	Durable durable.Options

	// Account is 12 digits; empty means 000000000000.
	Account string
	// Region is a region's name; empty means us-east-1.
	Region string

	// Keys maps access key ids to their secrets. If it is not nil, requests must carry
	// a valid Signature Version 4 made with one of them. Nil means that any
	// credentials do, and none. It must not be changed while it is in use.
	Keys map[string]string

	// Relaxed lifts the rules that only get in the way locally: waiting times before
	// something may be done again, and lower bounds. Each service's ServiceConfig says
	// which.
	Relaxed bool
	// EnforceLimits gives shards AWS's limits of throughput. False means none.
	EnforceLimits bool
	// TransitionTime is how long streams and delivery streams are CREATING, UPDATING or
	// DELETING. Zero means not at all.
	TransitionTime time.Duration

	// BaseURL is where Handler is served; the links in notifications begin with it.
	// Empty means AWS's own.
	BaseURL string
	// SigningKey signs notifications. Nil means a key that is made when it is first
	// needed, and another one after Reset.
	SigningKey *sns.SigningKey
	// SignQueueMessages signs the notifications for queues and functions as well.
	SignQueueMessages bool

	// Transport carries notifications and deliveries to HTTP endpoints. Nil means that
	// none are reached.
	Transport http.RoundTripper
	// Mailer, SMS and Push send what topics have for people. Nil means that
	// SNS().Outbox() keeps it.
	Mailer sns.Mailer
	SMS    sns.SMSSender
	Push   sns.PushSender
	// Objects is the directory in which delivery streams keep the objects of buckets, each
	// bucket a subdirectory. Empty means memory: see Handlers.Firehose.Objects.
	Objects string

	// Logger is told what nobody else would see. Nil means silence.
	Logger *slog.Logger
}
