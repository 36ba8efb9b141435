package leat_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// One cloud, of which one part delivers to another.
func Example() {
	ctx := context.Background()
	cloud, err := leat.New(leat.Config{})
	if err != nil {
		panic(err)
	}
	defer cloud.Close()
	jobs, _ := cloud.SQS().CreateQueue("jobs", sqs.Config{})
	chores, _ := cloud.SNS().CreateTopic("chores", sns.Config{})
	_, err = chores.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolSQS, Address: jobs.ARN(), RawMessageDelivery: true})
	fmt.Println(err)
	_, err = chores.Publish(ctx, sns.Entry{Message: "wash the car"})
	fmt.Println(err)
	messages, _ := jobs.Receive(ctx, sqs.ReceiveRequest{})
	fmt.Println(messages[0].Body)
	// Output:
	// <nil>
	// <nil>
	// wash the car
}

// The same over AWS's protocols, for any SDK.
func ExampleCloud_Handler() {
	cloud, err := leat.New(leat.Config{})
	if err != nil {
		panic(err)
	}
	defer cloud.Close()
	server := httptest.NewServer(cloud.Handler()) // its URL is what an SDK takes for its endpoint
	defer server.Close()

	request, _ := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(`{"StreamName":"clicks","ShardCount":2}`))
	request.Header.Set("X-Amz-Target", "Kinesis_20131202.CreateStream")
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	response.Body.Close()
	fmt.Println(response.Status)

	stream, err := cloud.Kinesis().Stream("clicks")
	fmt.Println(stream.ARN(), err)
	// Output:
	// 200 OK
	// arn:aws:kinesis:us-east-1:000000000000:stream/clicks <nil>
}

// Between two tests.
func ExampleCloud_Reset() {
	cloud, err := leat.New(leat.Config{})
	if err != nil {
		panic(err)
	}
	defer cloud.Close()
	if _, err := cloud.SQS().CreateQueue("jobs", sqs.Config{}); err != nil {
		panic(err)
	}
	if err := cloud.Reset(); err != nil {
		panic(err)
	}
	_, err = cloud.SQS().Queue("jobs")
	fmt.Println(err)
	// Output:
	// sqs: Queue jobs: The specified queue does not exist.
}

// On a disk. What was acknowledged is there when the directory, or a backup of it, is opened again.
func ExampleCloud_Backup() {
	ctx := context.Background()
	parent, err := os.MkdirTemp("", "shop")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(parent)
	cloud, err := leat.New(leat.Config{Dir: filepath.Join(parent, "data")})
	if err != nil {
		panic(err)
	}
	defer cloud.Close()
	jobs, err := cloud.SQS().CreateQueue("jobs", sqs.Config{})
	if err != nil {
		panic(err)
	}
	if _, err := jobs.Send(ctx, sqs.Entry{Body: "wash the car"}); err != nil {
		panic(err)
	}
	_, err = leat.New(leat.Config{Dir: filepath.Join(parent, "data")})
	fmt.Println(errors.Is(err, durable.ErrLocked))

	fmt.Println(cloud.Backup(ctx, filepath.Join(parent, "backup")))
	restored, err := leat.New(leat.Config{Dir: filepath.Join(parent, "backup")})
	if err != nil {
		panic(err)
	}
	defer restored.Close()
	jobs, err = restored.SQS().Queue("jobs")
	if err != nil {
		panic(err)
	}
	messages, err := jobs.Receive(ctx, sqs.ReceiveRequest{})
	fmt.Println(messages[0].Body, err)
	// Output:
	// true
	// <nil>
	// wash the car <nil>
}
