package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Queue, Topic and Stream are what the service calls of the SDK's clients.
type (
	Queue interface {
		ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
		ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
		DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
	}
	Topic interface {
		Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
	}
	Stream interface {
		PutRecord(context.Context, *kinesis.PutRecordInput, ...func(*kinesis.Options)) (*kinesis.PutRecordOutput, error)
	}
)

// Order is the body of a message on the queue, and of an event on the topic.
type Order struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Cents    int    `json:"cents"`
}

// Record is what the audit stream gets of an order, each time that it is taken up.
type Record struct {
	Order   string `json:"order"`
	Attempt string `json:"attempt"` // the first is 1
}

// Config says what an Intake works with. All but Check and Logger must be set.
type Config struct {
	QueueURL string
	TopicARN string
	Stream   string

	// Check says whether an order can be accepted. It may take as long as it likes. Nil
	// accepts all.
	Check func(context.Context, Order) error
	// Logger is told of every order. Nil means silence.
	Logger *slog.Logger
}

const (
	visibility = 30 * time.Second // how long others do not see a message that is worked on, unless it is extended
	backoff    = 10 * time.Second // after the first failure; each further one doubles it
	goodbye    = 10 * time.Second // for saying what became of a message, the SDK's attempts included
)

// Intake takes orders from a queue, notes them in a stream, and tells a topic of those
// that are accepted. An order that fails is tried again, later each time; the queue's
// redrive policy says how often.
type Intake struct {
	queue  Queue
	topic  Topic
	stream Stream
	cfg    Config
}

// New returns an Intake that does nothing yet.
func New(queue Queue, topic Topic, stream Stream, cfg Config) *Intake {
	if cfg.Check == nil {
		cfg.Check = func(context.Context, Order) error { return nil }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Intake{queue: queue, topic: topic, stream: stream, cfg: cfg}
}

// Run works until ctx ends, on one order at a time. It may be called by several
// goroutines, to work on several.
func (in *Intake) Run(ctx context.Context) {
	for ctx.Err() == nil {
		out, err := in.queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl:                    &in.cfg.QueueURL,
			WaitTimeSeconds:             20,
			VisibilityTimeout:           int32(visibility.Seconds()),
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameApproximateReceiveCount},
		})
		if err != nil {
			in.failed(ctx, "receive", err)
			sleep(ctx, backoff) // besides what the SDK has waited between its attempts
			continue
		}
		for _, m := range out.Messages {
			in.handle(ctx, m)
		}
	}
}

// handle works on a message, and says to the queue what becomes of it.
func (in *Intake) handle(ctx context.Context, m types.Message) {
	attempt := m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)]
	release := in.keep(ctx, m)
	err := in.accept(ctx, *m.Body, attempt)
	release()
	in.failed(ctx, "accept", err)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye) // the queue is told also when ctx has ended
	defer cancel()
	if err == nil {
		_, err = in.queue.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &in.cfg.QueueURL, ReceiptHandle: m.ReceiptHandle})
		in.failed(ctx, "delete", err)
		return
	}
	in.hide(ctx, m, retryAfter(attempt))
}

// accept does all that is to be done for an order. What has no order in it fails as well,
// until the queue's redrive policy puts it aside.
func (in *Intake) accept(ctx context.Context, body, attempt string) error {
	var order Order
	if err := json.Unmarshal([]byte(body), &order); err != nil {
		return fmt.Errorf("not an order: %w", err)
	}
	record, err := json.Marshal(Record{Order: order.ID, Attempt: attempt})
	if err != nil {
		return err
	}
	if _, err := in.stream.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: &in.cfg.Stream, PartitionKey: &order.Customer, Data: record,
	}); err != nil {
		return err
	}
	if err := in.cfg.Check(ctx, order); err != nil {
		return err
	}
	if _, err := in.topic.Publish(ctx, &sns.PublishInput{
		TopicArn: &in.cfg.TopicARN,
		Message:  &body,
		MessageAttributes: map[string]snstypes.MessageAttributeValue{
			"event": {DataType: aws.String("String"), StringValue: aws.String("accepted")},
		},
	}); err != nil {
		return err
	}
	in.cfg.Logger.InfoContext(ctx, "accepted", "order", order.ID, "attempt", attempt)
	return nil
}
