package leat

import (
	"errors"
	"io"
	"path/filepath"
	"slices"

	"github.com/leat-go/leat/cloudwatch"
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

// newGeneration makes services that know each other. Those of a Dir are opened, and those that
// were are closed again if another one can not be.
func newGeneration(cfg *Config) (g *generation, err error) {
	g = &generation{metrics: new(cloudwatch.Registry)}
	var opened []io.Closer
	defer func() {
		if err != nil {
			for _, s := range slices.Backward(opened) {
				err = errors.Join(err, s.Close())
			}
			g = nil
		}
	}()
	tell := progressOf(cfg)
	queues := sqs.ServiceConfig{Account: cfg.Account, Region: cfg.Region, Relaxed: cfg.Relaxed, Logger: cfg.Logger, Durable: tell(queuesDir)}
	if g.queues, err = kept(cfg.Dir, queuesDir, queues, sqs.NewService, sqs.Open); err != nil {
		return g, err
	}
	opened = append(opened, g.queues)
	streams := kinesis.ServiceConfig{
		Account: cfg.Account, Region: cfg.Region, Relaxed: cfg.Relaxed, Logger: cfg.Logger, Durable: tell(streamsDir),
		EnforceLimits: cfg.EnforceLimits, TransitionTime: cfg.TransitionTime,
	}
	if g.streams, err = kept(cfg.Dir, streamsDir, streams, kinesis.NewService, kinesis.Open); err != nil {
		return g, err
	}
	opened = append(opened, g.streams)
	if g.deliveries, err = firehose.NewService(firehose.ServiceConfig{
		Account: cfg.Account, Region: cfg.Region, Relaxed: cfg.Relaxed, Logger: cfg.Logger, TransitionTime: cfg.TransitionTime,
	}); err != nil {
		return g, err
	}
	if g.functions, err = lambda.NewFunctions(lambda.FunctionsConfig{Account: cfg.Account, Region: cfg.Region}); err != nil {
		return g, err
	}
	// The topics come last, for what they have to deliver goes out at once.
	topics := sns.ServiceConfig{
		Account: cfg.Account, Region: cfg.Region, Logger: cfg.Logger, Durable: tell(topicsDir),
		Queues: g.queues, DeliveryStreams: g.deliveries, Functions: g.functionFinder(cfg.Dir != ""),
		Transport: cfg.Transport, Mailer: cfg.Mailer, SMS: cfg.SMS, Push: cfg.Push,
		BaseURL: cfg.BaseURL, SigningKey: cfg.SigningKey, SignQueueMessages: cfg.SignQueueMessages,
	}
	if g.topics, err = kept(cfg.Dir, topicsDir, topics, sns.NewService, sns.Open); err != nil {
		return g, err
	}
	g.handlers = Handlers{
		SQS:     sqshttp.NewHandler(g.queues, sqshttp.Config{Keys: cfg.Keys}),
		SNS:     snshttp.NewHandler(g.topics, snshttp.Config{Keys: cfg.Keys}),
		Kinesis: kinesishttp.NewHandler(g.streams, kinesishttp.Config{Keys: cfg.Keys}),
		Firehose: firehosehttp.NewHandler(g.deliveries, firehosehttp.Config{
			Keys: cfg.Keys, Directory: cfg.Objects, Streams: g.streams, Transport: cfg.Transport,
			Functions: g.transform, Destination: nameTransform,
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

// kept makes a service in memory, or opens that in a subdirectory of dir.
func kept[Cfg, S any](dir, name string, cfg Cfg, inMemory func(Cfg) (S, error), open func(string, Cfg) (S, error)) (S, error) {
	if dir == "" {
		return inMemory(cfg)
	}
	return open(filepath.Join(dir, name), cfg)
}

// functionFinder returns what finds the function that a subscription names. Where
// subscriptions survive, one that is not there may yet be registered again.
func (g *generation) functionFinder(survives bool) func(arn string) (sns.Endpoint, error) {
	return func(arn string) (sns.Endpoint, error) {
		if survives {
			if _, err := g.functions.Function(arn); err != nil {
				return nil, err
			}
		}
		return g.functions.Resolve(sns.ProtocolLambda, arn)
	}
}

// end closes the services, those first that look at others or deliver to them. What
// delivery streams could not deliver any more is an error of its own, which wraps
// firehose.ErrUndelivered.
func (g *generation) end() (undelivered, err error) {
	err = errors.Join(g.metrics.Close(), g.topics.Close())
	undelivered = g.deliveries.Close()
	err = errors.Join(err, g.handlers.Firehose.Close(), g.streams.Close(), g.queues.Close())
	g.functions.Reset()
	return undelivered, err
}
