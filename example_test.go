package leat_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/leat-go/leat"
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
