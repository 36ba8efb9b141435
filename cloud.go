package leat

import (
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/console"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
	"github.com/leat-go/leat/kinesis/kinesishttp"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

// Config says what a Cloud is. Its zero value is one for tests: it takes any
// credentials, limits no throughput, keeps everything in memory and reaches nothing
// outside of the process.
type Config struct {
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

// Cloud is queues, topics, streams, delivery streams and functions that know each
// other by their ARNs, as those of one cloud do: topics deliver to queues, functions and
// delivery streams, streams feed delivery streams. It has any number of accounts and
// regions; the services that it returns are as Config's account sees them in Config's
// region, and their As methods give the other views.
//
// All methods may be called concurrently. Two Clouds share nothing.
type Cloud struct {
	config Config
	now    atomic.Pointer[generation]

	reset  sync.Mutex // held while one generation takes the place of another
	closed bool       // guarded by reset
}

// generation is what there is between two Resets.
type generation struct {
	queues     *sqs.Service
	topics     *sns.Service
	streams    *kinesis.Service
	deliveries *firehose.Service
	functions  *lambda.Functions
	metrics    *cloudwatch.Registry
	handlers   Handlers
}

// Handlers are the front ends of the services, for those who want to inject faults or
// to serve one alone.
type Handlers struct {
	SQS      *sqshttp.Handler
	SNS      *snshttp.Handler
	Kinesis  *kinesishttp.Handler
	Firehose *firehosehttp.Handler
}

// New returns an empty cloud. It fails with the errors of the services' NewService if
// the account or the region is malformed, or TransitionTime is negative.
func New(cfg Config) (*Cloud, error) {
	c := &Cloud{config: cfg}
	g, err := c.generation()
	if err != nil {
		return nil, err
	}
	c.now.Store(g)
	return c, nil
}

// generation makes services that know each other.
func (c *Cloud) generation() (*generation, error) {
	cfg := &c.config
	g := &generation{metrics: new(cloudwatch.Registry)}
	var err error
	if g.queues, err = sqs.NewService(sqs.ServiceConfig{Account: cfg.Account, Region: cfg.Region, Relaxed: cfg.Relaxed, Logger: cfg.Logger}); err != nil {
		return nil, err
	}
	if g.streams, err = kinesis.NewService(kinesis.ServiceConfig{
		Account: cfg.Account, Region: cfg.Region, Relaxed: cfg.Relaxed, Logger: cfg.Logger,
		EnforceLimits: cfg.EnforceLimits, TransitionTime: cfg.TransitionTime,
	}); err != nil {
		return nil, err
	}
	if g.deliveries, err = firehose.NewService(firehose.ServiceConfig{
		Account: cfg.Account, Region: cfg.Region, Relaxed: cfg.Relaxed, Logger: cfg.Logger, TransitionTime: cfg.TransitionTime,
	}); err != nil {
		return nil, err
	}
	if g.functions, err = lambda.NewFunctions(lambda.FunctionsConfig{Account: cfg.Account, Region: cfg.Region}); err != nil {
		return nil, err
	}
	if g.topics, err = sns.NewService(sns.ServiceConfig{
		Account: cfg.Account, Region: cfg.Region, Logger: cfg.Logger,
		Queues: g.queues, DeliveryStreams: g.deliveries, Functions: g.function,
		Transport: cfg.Transport, Mailer: cfg.Mailer, SMS: cfg.SMS, Push: cfg.Push,
		BaseURL: cfg.BaseURL, SigningKey: cfg.SigningKey, SignQueueMessages: cfg.SignQueueMessages,
	}); err != nil {
		return nil, err
	}
	g.handlers = Handlers{
		SQS:     sqshttp.NewHandler(g.queues, sqshttp.Config{Keys: cfg.Keys}),
		SNS:     snshttp.NewHandler(g.topics, snshttp.Config{Keys: cfg.Keys}),
		Kinesis: kinesishttp.NewHandler(g.streams, kinesishttp.Config{Keys: cfg.Keys}),
		Firehose: firehosehttp.NewHandler(g.deliveries, firehosehttp.Config{
			Keys: cfg.Keys, Directory: cfg.Objects, Streams: g.streams, Functions: g.transform, Transport: cfg.Transport,
		}),
	}
	for _, source := range []cloudwatch.Source{
		cloudwatch.SQS(g.queues), cloudwatch.SNS(g.topics), cloudwatch.Kinesis(g.streams), cloudwatch.Firehose(g.deliveries),
		cloudwatch.Lambda(g.functions),
	} {
		g.metrics.Add(source)
	}
	return g, nil
}

// function finds the function that a subscription names.
func (g *generation) function(arn string) (sns.Endpoint, error) {
	return g.functions.Resolve(sns.ProtocolLambda, arn)
}

// transform finds the function that a delivery stream's processor names.
func (g *generation) transform(arn string) (firehose.TransformFunc, bool) {
	function, err := g.functions.Function(arn)
	if err != nil {
		return nil, false
	}
	return lambda.Transform(function, ""), true
}

// SQS returns the queues.
func (c *Cloud) SQS() *sqs.Service { return c.now.Load().queues }

// SNS returns the topics.
func (c *Cloud) SNS() *sns.Service { return c.now.Load().topics }

// Kinesis returns the streams.
func (c *Cloud) Kinesis() *kinesis.Service { return c.now.Load().streams }

// Firehose returns the delivery streams.
func (c *Cloud) Firehose() *firehose.Service { return c.now.Load().deliveries }

// Functions returns the functions that topics and delivery streams find by their ARNs.
func (c *Cloud) Functions() *lambda.Functions { return c.now.Load().functions }

// Metrics returns what the services count, under CloudWatch's names, and the alarms. It
// has the account and region of Config, and the metrics of another view belong in a registry
// of their own; balancers are added by those who have them.
func (c *Cloud) Metrics() *cloudwatch.Registry { return c.now.Load().metrics }

// Console returns a page for people that shows the services, and the alarms of Metrics. The
// services of cfg.Sources are set by the Cloud, also after a Reset; what else it has, such as
// balancers, is shown as well.
func (c *Cloud) Console(cfg console.Config) http.Handler {
	others := cfg.Sources
	cfg.Sources = func() console.Sources {
		var s console.Sources
		if others != nil {
			s = others()
		}
		g := c.now.Load()
		s.Queues, s.Topics, s.Streams, s.DeliveryStreams = g.queues, g.topics, g.streams, g.deliveries
		s.Alarms = append(s.Alarms, g.metrics.Alarms()...)
		return s
	}
	return console.New(cfg)
}

// Handlers returns the front ends of the services.
func (c *Cloud) Handlers() Handlers { return c.now.Load().handlers }

// Reset ends everything there is and begins anew with nothing: no queues, topics,
// streams, functions, faults, metrics or alarms. Who waits on something of before gets an error. What
// Handler, RoundTripper and HTTPClient returned goes on, and serves what is new; what the
// other methods returned is of before. After Close it fails with ErrClosed.
func (c *Cloud) Reset() error {
	c.reset.Lock()
	defer c.reset.Unlock()
	if c.closed {
		return ErrClosed
	}
	g, err := c.generation()
	if err != nil {
		return err
	}
	return c.now.Swap(g).close()
}

// ErrClosed is the error of a Cloud that was closed.
var ErrClosed = errors.New("leat: the cloud is closed")

// Close ends everything there is; later operations fail. It may be called again. Records
// that delivery streams had accepted and not delivered are an error here, which wraps
// firehose.ErrUndelivered; Firehose().Shutdown before lets them arrive, as
// SNS().Shutdown does for notifications.
func (c *Cloud) Close() error {
	c.reset.Lock()
	defer c.reset.Unlock()
	c.closed = true
	return c.now.Load().end()
}

// close is end for a generation whose undelivered records nobody wants.
func (g *generation) close() error {
	err := g.end()
	if errors.Is(err, firehose.ErrUndelivered) {
		return nil
	}
	return err
}

// end closes the services, those first that look at others or deliver to them.
func (g *generation) end() error {
	return errors.Join(g.metrics.Close(), g.topics.Close(), g.deliveries.Close(), g.handlers.Firehose.Close(), g.streams.Close(), g.queues.Close())
}
