package leat

import (
	"errors"

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

// newGeneration makes services that know each other.
func newGeneration(cfg *Config) (*generation, error) {
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

// function finds the function that a subscription names.
func (g *generation) function(arn string) (sns.Endpoint, error) {
	return g.functions.Resolve(sns.ProtocolLambda, arn)
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
