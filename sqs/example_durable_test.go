package sqs_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/sqs"
)

// What is in a directory is there when it is opened again, as it is after a crash.
func ExampleOpen() {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "queues"))
	defer os.RemoveAll(dir)

	service := must(sqs.Open(dir, sqs.ServiceConfig{}))
	jobs := must(service.CreateQueue("jobs", sqs.Config{}))
	must(jobs.Send(ctx, sqs.Entry{Body: "wash the car"}, sqs.Entry{Body: "walk the dog"}))
	first := must(jobs.Receive(ctx, sqs.ReceiveRequest{}))
	if err := jobs.Delete(ctx, first[0].ReceiptHandle); err != nil {
		fmt.Println(err)
	}
	_, err := sqs.Open(dir, sqs.ServiceConfig{})
	fmt.Println("a second time:", errors.Is(err, durable.ErrLocked))
	if err := service.Close(); err != nil {
		fmt.Println(err)
	}

	service = must(sqs.Open(dir, sqs.ServiceConfig{}))
	defer service.Close()
	jobs = must(service.Queue("jobs"))
	for _, m := range must(jobs.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 10})) {
		fmt.Println(m.Body)
	}
	// Output:
	// a second time: true
	// walk the dog
}

// A backup is made while the service is used, checked, and opened like the original.
func ExampleService_Backup() {
	ctx := context.Background()
	dir, to := must(os.MkdirTemp("", "queues")), must(os.MkdirTemp("", "backup"))
	defer os.RemoveAll(dir)
	defer os.RemoveAll(to)

	service := must(sqs.Open(dir, sqs.ServiceConfig{}))
	defer service.Close()
	jobs := must(service.CreateQueue("jobs", sqs.Config{}))
	must(jobs.Send(ctx, sqs.Entry{Body: "wash the car"}))
	if err := service.Backup(ctx, to); err != nil {
		fmt.Println(err)
	}
	if err := jobs.Purge(); err != nil {
		fmt.Println(err)
	}

	report := must(durable.Verify(ctx, to, nil))
	fmt.Println("damaged places:", len(report.Dropped))
	service = must(sqs.Open(to, sqs.ServiceConfig{}))
	defer service.Close()
	fmt.Println(must(service.Queue("jobs")).Peek(1)[0].Body)
	// Output:
	// damaged places: 0
	// wash the car
}
