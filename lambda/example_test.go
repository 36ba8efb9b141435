package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A queue's messages come to a handler in batches; the ones it names come again.
func ExampleFromQueue() {
	ctx := context.Background()
	queue := must(sqs.New("orders", sqs.Config{}))
	must(queue.Send(ctx, sqs.Entry{Body: "tea"}, sqs.Entry{Body: "ink"}, sqs.Entry{Body: "jam"}))

	done := make(chan struct{})
	source := must(lambda.FromQueue(queue, func(_ context.Context, batch []sqs.Message) error {
		for i, m := range batch {
			if m.Body == "ink" && m.ReceiveCount == 1 {
				return &sqs.BatchError{Failed: []sqs.EntryError{{Index: i, Err: errors.New("sold out")}}}
			}
			fmt.Println(m.Body)
		}
		close(done)
		return nil
	}, lambda.QueueConfig{
		BatchSize: 2, MaximumConcurrency: 1,
		Backoff: func(sqs.Message) time.Duration { return 0 },
	}))
	stopped := make(chan error)
	go func() { stopped <- source.Run(ctx) }()
	<-done
	fmt.Println(source.Shutdown(ctx), <-stopped)
	fmt.Println(source.Metrics().DeletedEventCount, "deleted")
	// Output:
	// tea
	// jam
	// ink
	// <nil> <nil>
	// 3 deleted
}

// A function as AWS sees it: JSON in, and the messages that failed out.
func ExampleMapQueue() {
	ctx := context.Background()
	functions := must(lambda.NewFunctions(lambda.FunctionsConfig{}))
	done := make(chan struct{})
	function := must(functions.Register("orders", func(_ context.Context, payload []byte) ([]byte, error) {
		var event lambda.SQSEvent
		if err := json.Unmarshal(payload, &event); err != nil {
			return nil, err
		}
		var response lambda.BatchResponse
		for _, m := range event.Records {
			if m.Body == "ink" && m.Attributes["ApproximateReceiveCount"] == "1" {
				response.BatchItemFailures = append(response.BatchItemFailures, lambda.BatchItemFailure{ItemIdentifier: m.MessageID})
				continue
			}
			fmt.Println(m.Body)
			if m.Body == "ink" {
				close(done)
			}
		}
		return json.Marshal(response)
	}, lambda.FunctionConfig{Timeout: 10 * time.Second}))

	queue := must(sqs.New("orders", sqs.Config{}))
	must(queue.Send(ctx, sqs.Entry{Body: "tea"}, sqs.Entry{Body: "ink"}))
	source := must(lambda.MapQueue(queue, function, lambda.QueueConfig{
		ReportBatchItemFailures: true,
		Backoff:                 func(sqs.Message) time.Duration { return 0 },
	}))
	go func() { _ = source.Run(ctx) }()
	<-done
	_ = source.Shutdown(ctx)
	fmt.Println(function.ARN())
	fmt.Println(function.Metrics().Invocations, "invocations")
	// Output:
	// tea
	// ink
	// arn:aws:lambda:us-east-1:000000000000:function:orders
	// 2 invocations
}

// A batch that fails is halved until the bad record stands alone, and that is given up.
func ExampleFromStream() {
	ctx := context.Background()
	stream := must(kinesis.New("clicks", kinesis.Config{}))
	for _, page := range []string{"/", "/about", "/%", "/contact"} {
		must(stream.Put(ctx, kinesis.Entry{PartitionKey: "visitor", Data: []byte(page)}))
	}
	done := make(chan struct{})
	source := must(lambda.FromStream(stream, func(_ context.Context, e lambda.StreamEvent) error {
		var pages []string
		for _, r := range e.Records {
			pages = append(pages, string(r.Data))
		}
		batch := strings.Join(pages, " ")
		if strings.Contains(batch, "%") {
			fmt.Println(batch, "failed")
			return errors.New("no such page")
		}
		fmt.Println(batch)
		if strings.HasSuffix(batch, "/contact") {
			close(done)
		}
		return nil
	}, lambda.StreamConfig{
		BisectBatchOnFunctionError: true,
		MaximumRetryAttempts:       new(0),
		OnFailure: lambda.DestinationFunc(func(_ context.Context, record []byte) error {
			var told struct {
				RequestContext   struct{ Condition string }
				KinesisBatchInfo struct{ BatchSize int }
			}
			err := json.Unmarshal(record, &told)
			fmt.Println(told.RequestContext.Condition, told.KinesisBatchInfo.BatchSize)
			return err
		}),
	}))
	go func() { _ = source.Run(ctx) }()
	<-done
	_ = source.Shutdown(ctx)
	// Output:
	// / /about /% /contact failed
	// / /about
	// /% /contact failed
	// /% failed
	// RetryAttemptsExhausted 1
	// /contact
}

// A topic's notifications come to a handler, and again if it fails.
func ExampleFromTopic() {
	ctx := context.Background()
	topic := must(sns.New("news", sns.Config{}))
	attempts, first := 0, make(chan struct{})
	source := must(lambda.FromTopic(ctx, topic, func(_ context.Context, n sns.Notification) error {
		if attempts++; attempts == 1 {
			close(first)
			return errors.New("not yet")
		}
		fmt.Println(n.Message, "at attempt", attempts)
		return nil
	}, lambda.TopicConfig{Backoff: func(int) time.Duration { return 0 }}))
	go func() { _ = source.Run(ctx) }()
	must(topic.Publish(ctx, sns.Entry{Message: "spring"}))
	<-first                           // the event source runs, and has it
	fmt.Println(source.Shutdown(ctx)) // and has handled it
	fmt.Println(topic.Subscriptions())
	// Output:
	// spring at attempt 2
	// <nil>
	// []
}

// Topics find the functions that are subscribed to them by their ARNs.
func ExampleFunctions_Resolve() {
	ctx := context.Background()
	functions := must(lambda.NewFunctions(lambda.FunctionsConfig{}))
	function := must(functions.Register("news", func(_ context.Context, payload []byte) ([]byte, error) {
		var event lambda.SNSEvent
		err := json.Unmarshal(payload, &event)
		fmt.Println(event.Records[0].SNS.Message)
		return nil, err
	}, lambda.FunctionConfig{}))

	topics := must(sns.NewService(sns.ServiceConfig{Resolve: functions.Resolve}))
	topic := must(topics.CreateTopic("news", sns.Config{}))
	must(topic.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolLambda, Address: function.ARN()}))
	must(topic.Publish(ctx, sns.Entry{Message: "spring"}))
	_ = topic.Flush(ctx)
	// Output:
	// spring
}

// A function transforms the records of a delivery stream.
func ExampleTransform() {
	ctx := context.Background()
	upper := lambda.Function(func(_ context.Context, payload []byte) ([]byte, error) {
		var event lambda.FirehoseEvent
		if err := json.Unmarshal(payload, &event); err != nil {
			return nil, err
		}
		var response lambda.FirehoseResponse
		for _, r := range event.Records {
			response.Records = append(response.Records, lambda.FirehoseResult{
				RecordID: r.RecordID, Result: "Ok", Data: []byte(strings.ToUpper(string(r.Data))),
			})
		}
		return json.Marshal(response)
	})
	stream := must(firehose.New("clicks", firehose.Config{
		Sink: firehose.SinkFunc(func(_ context.Context, d *firehose.Delivery) error {
			for _, r := range d.Records {
				fmt.Println(string(r.Data))
			}
			return nil
		}),
		Transform: &firehose.Transform{Func: lambda.Transform(upper, "arn:aws:firehose:us-east-1:000000000000:deliverystream/clicks")},
	}))
	must(stream.Put(ctx, []byte("a"), []byte("b")))
	_ = stream.Shutdown(ctx)
	// Output:
	// A
	// B
}

// An invocation that fails says how, in the caller's language and in AWS's.
func ExampleFunctions_Invoke() {
	ctx := context.Background()
	functions := must(lambda.NewFunctions(lambda.FunctionsConfig{}))
	must(functions.Register("divide", func(_ context.Context, payload []byte) ([]byte, error) {
		var pair [2]int
		if err := json.Unmarshal(payload, &pair); err != nil {
			return nil, err
		}
		return json.Marshal(pair[0] / pair[1])
	}, lambda.FunctionConfig{}))

	result, err := functions.Invoke(ctx, "divide", []byte("[6, 2]"))
	fmt.Println(string(result), err)
	_, err = functions.Invoke(ctx, "divide", []byte("[6, 0]"))
	if failure, ok := errors.AsType[*lambda.FunctionError](err); ok {
		fmt.Println(string(failure.Payload()))
	}
	_, err = functions.Invoke(ctx, "multiply", []byte("[6, 2]"))
	fmt.Println(errors.Is(err, lambda.ErrResourceNotFound))
	// Output:
	// 3 <nil>
	// {"errorMessage":"runtime error: integer divide by zero","errorType":"errorString"}
	// true
}
