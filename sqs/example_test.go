package sqs_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leat-go/leat/sqs"
)

// must stands for the handling of errors that a program has.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A message is sent, received, and deleted when the work that it asks for is done.
func Example() {
	ctx := context.Background()
	queue := must(sqs.New("jobs", sqs.Config{}))
	must(queue.Send(ctx, sqs.Entry{Body: "wash the car"}))

	for _, m := range must(queue.Receive(ctx, sqs.ReceiveRequest{})) {
		fmt.Println(m.Body)
		if err := queue.Delete(ctx, m.ReceiptHandle); err != nil {
			fmt.Println(err)
		}
	}
	// Output: wash the car
}

// A batch does what it can, and its error says what it could not.
func ExampleBatchError() {
	ctx := context.Background()
	queue := must(sqs.New("jobs", sqs.Config{}))

	_, err := queue.Send(ctx,
		sqs.Entry{Body: "wash", Attributes: map[string]sqs.Attribute{"what": sqs.StringAttribute("the car")}},
		sqs.Entry{Body: ""},
		sqs.Entry{Body: "walk", Attributes: map[string]sqs.Attribute{"what": sqs.StringAttribute("the dog")}},
	)
	if batch, ok := errors.AsType[*sqs.BatchError](err); ok {
		for _, failed := range batch.Failed {
			fmt.Println(failed.Index, failed.Err)
		}
	}
	fmt.Println(errors.Is(err, sqs.ErrMissingParameter))

	for _, m := range must(queue.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 10})) {
		fmt.Println(m.Body, m.Attributes["what"].Value)
	}
	// Output:
	// 1 sqs: Send jobs: The request must contain the parameter MessageBody.
	// true
	// wash the car
	// walk the dog
}

// A received message is hidden until its visibility timeout runs out or, with a
// timeout of zero, is cut short.
func ExampleLocalQueue_ChangeVisibility() {
	ctx := context.Background()
	queue := must(sqs.New("jobs", sqs.Config{VisibilityTimeout: new(10 * time.Minute)}))
	must(queue.Send(ctx, sqs.Entry{Body: "wash the car"}))

	first := must(queue.Receive(ctx, sqs.ReceiveRequest{}))
	fmt.Println("while hidden:", len(must(queue.Receive(ctx, sqs.ReceiveRequest{}))))

	if err := queue.ChangeVisibility(ctx, 0, first[0].ReceiptHandle); err != nil {
		fmt.Println(err)
	}
	again := must(queue.Receive(ctx, sqs.ReceiveRequest{}))
	fmt.Println("handed back:", again[0].Body, again[0].ReceiveCount)
	// Output:
	// while hidden: 0
	// handed back: wash the car 2
}

// On a FIFO queue a message in flight keeps back the rest of its group, and no
// other group.
func Example_fifo() {
	ctx := context.Background()
	queue := must(sqs.New("jobs.fifo", sqs.Config{FIFO: true, ContentBasedDeduplication: true}))
	must(queue.Send(ctx,
		sqs.Entry{GroupID: "Ann", Body: "cook"},
		sqs.Entry{GroupID: "Ann", Body: "eat"},
		sqs.Entry{GroupID: "Bob", Body: "sleep"},
	))

	cook := must(queue.Receive(ctx, sqs.ReceiveRequest{}))[0]
	fmt.Println(cook.Body)
	for _, m := range must(queue.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 10})) {
		fmt.Println(m.Body)
	}
	if err := queue.Delete(ctx, cook.ReceiptHandle); err != nil {
		fmt.Println(err)
	}
	for _, m := range must(queue.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 10})) {
		fmt.Println(m.Body)
	}
	// Output:
	// cook
	// sleep
	// eat
}

// Sending the same message again within five minutes, as one does after a lost
// answer, succeeds and changes nothing.
func Example_deduplication() {
	ctx := context.Background()
	queue := must(sqs.New("payments.fifo", sqs.Config{FIFO: true}))
	payment := sqs.Entry{GroupID: "Ann", DeduplicationID: "payment-4711", Body: "10 for the car wash"}

	first := must(queue.Send(ctx, payment))[0]
	second := must(queue.Send(ctx, payment))[0]
	fmt.Println(first == second)
	fmt.Println(len(must(queue.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 10}))))
	// Output:
	// true
	// 1
}

// A delayed message is there but hidden at first. Peek looks at messages in
// whatever state, without receiving them.
func ExampleLocalQueue_Peek() {
	ctx := context.Background()
	queue := must(sqs.New("jobs", sqs.Config{Delay: 15 * time.Minute}))
	must(queue.Send(ctx,
		sqs.Entry{Body: "wash the car"},
		sqs.Entry{Body: "walk the dog", Delay: new(time.Duration(0))},
		sqs.Entry{Body: "feed the cat", Delay: new(time.Duration(0))},
	))
	must(queue.Receive(ctx, sqs.ReceiveRequest{}))

	for _, m := range queue.Peek(10) {
		fmt.Printf("%s: %s\n", m.Body, m.State)
	}
	// Output:
	// wash the car: delayed
	// walk the dog: in flight
	// feed the cat: visible
}

// A Receive that waits returns the moment there is a message, long before its
// time is up.
func Example_longPolling() {
	ctx := context.Background()
	queue := must(sqs.New("jobs", sqs.Config{}))
	received := make(chan []sqs.Message)
	go func() {
		received <- must(queue.Receive(ctx, sqs.ReceiveRequest{Wait: new(20 * time.Second)}))
	}()

	must(queue.Send(ctx, sqs.Entry{Body: "wash the car"}))
	fmt.Println((<-received)[0].Body)
	// Output: wash the car
}

// A message that was received MaxReceiveCount times goes to the dead-letter queue.
// A message move task brings it back when the cause is mended.
func Example_deadLetters() {
	ctx := context.Background()
	service := must(sqs.NewService(sqs.ServiceConfig{}))
	dead := must(service.CreateQueue("jobs-dead", sqs.Config{}))
	jobs := must(service.CreateQueue("jobs", sqs.Config{
		VisibilityTimeout: new(time.Duration(0)),
		RedrivePolicy:     &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 2},
	}))
	must(jobs.Send(ctx, sqs.Entry{Body: "wash the car"}))

	for range 3 { // and never a Delete
		for _, m := range must(jobs.Receive(ctx, sqs.ReceiveRequest{})) {
			fmt.Printf("attempt %d: %s\n", m.ReceiveCount, m.Body)
		}
	}
	for _, m := range dead.Peek(10) {
		fmt.Printf("dead letter: %s, from %s\n", m.Body, m.DeadLetterSource)
	}

	must(service.StartMessageMoveTask(sqs.MoveRequest{SourceARN: dead.ARN()}))
	back := must(jobs.Receive(ctx, sqs.ReceiveRequest{Wait: new(20 * time.Second)}))
	fmt.Printf("attempt %d: %s\n", back[0].ReceiveCount, back[0].Body)
	// Output:
	// attempt 1: wash the car
	// attempt 2: wash the car
	// dead letter: wash the car, from arn:aws:sqs:us-east-1:000000000000:jobs
	// attempt 1: wash the car
}

// On a standard queue a group is a tenant. One that keeps many messages in flight
// does not make the others wait behind its backlog.
func Example_fairQueues() {
	ctx := context.Background()
	queue := must(sqs.New("jobs", sqs.Config{}))
	for range 1000 {
		must(queue.Send(ctx, sqs.Entry{GroupID: "big-customer", Body: "report"}))
	}
	must(queue.Send(ctx, sqs.Entry{GroupID: "small-customer", Body: "report"}))

	must(queue.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 30}))
	fmt.Println("noisy:", queue.Metrics().ApproximateNumberOfNoisyGroups)
	fmt.Println("next:", must(queue.Receive(ctx, sqs.ReceiveRequest{}))[0].GroupID)
	// Output:
	// noisy: 1
	// next: small-customer
}

// A service holds queues by name. Creating one again with the same configuration
// returns the one that is there.
func ExampleService() {
	service := must(sqs.NewService(sqs.ServiceConfig{Account: "123456789012", Region: "eu-central-1"}))
	for _, name := range []string{"jobs", "mail", "jobs-dead"} {
		must(service.CreateQueue(name, sqs.Config{}))
	}
	_, err := service.CreateQueue("jobs", sqs.Config{Delay: time.Minute})
	fmt.Println(errors.Is(err, sqs.ErrQueueNameExists))

	for _, queue := range must(service.ListQueues(sqs.ListRequest{Prefix: "jobs"})).Queues {
		fmt.Println(queue.ARN())
	}
	// Output:
	// true
	// arn:aws:sqs:eu-central-1:123456789012:jobs
	// arn:aws:sqs:eu-central-1:123456789012:jobs-dead
}

// Attributes have AWS's names and values, and change while the queue is in use:
// all of those given or, on an error, none.
func ExampleLocalQueue_SetAttributes() {
	queue := must(sqs.New("jobs", sqs.Config{}))
	if err := queue.SetAttributes(map[string]string{"VisibilityTimeout": "120", "DelaySeconds": "5"}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(queue.Config().Delay, queue.Attributes()["VisibilityTimeout"])

	err := queue.SetAttributes(map[string]string{"VisibilityTimeout": "60", "DelaySeconds": "901"})
	fmt.Println(err)
	fmt.Println(queue.Config().Delay, queue.Attributes()["VisibilityTimeout"])
	// Output:
	// 5s 120
	// sqs: SetAttributes jobs: Invalid value for the parameter DelaySeconds.
	// 5s 120
}

// The counters and gauges have the names that AWS gives them in CloudWatch.
func ExampleLocalQueue_Metrics() {
	ctx := context.Background()
	queue := must(sqs.New("jobs", sqs.Config{}))
	must(queue.Send(ctx, sqs.Entry{Body: "wash"}, sqs.Entry{Body: "rinse"}, sqs.Entry{Body: "dry"}))
	m := must(queue.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 2}))
	if err := queue.Delete(ctx, m[0].ReceiptHandle); err != nil {
		fmt.Println(err)
	}

	metrics := queue.Metrics()
	fmt.Println("sent:", metrics.NumberOfMessagesSent, "of bytes:", metrics.SentMessageSize)
	fmt.Println("received:", metrics.NumberOfMessagesReceived, "deleted:", metrics.NumberOfMessagesDeleted)
	fmt.Println("visible:", metrics.ApproximateNumberOfMessagesVisible)
	fmt.Println("in flight:", metrics.ApproximateNumberOfMessagesNotVisible)
	// Output:
	// sent: 3 of bytes: 12
	// received: 2 deleted: 1
	// visible: 1
	// in flight: 1
}
