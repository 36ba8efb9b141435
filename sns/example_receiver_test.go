package sns_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// A receiver confirms its subscription and gets what is published, verified. Here it is
// reached without a socket; a program gives http.DefaultTransport to both sides.
func ExampleReceiver() {
	ctx := context.Background()
	var service *sns.Service
	receiver := &sns.Receiver{
		Topics: func(arn string) bool { return arn == "arn:aws:sns:us-east-1:000000000000:orders" },
		OnNotification: func(_ context.Context, m *sns.ReceivedMessage) error {
			fmt.Println(m.Subject, "-", m.Message)
			return nil
		},
	}
	hosts := http.NewServeMux()
	hosts.Handle("shop.example.com/", receiver)
	hosts.Handle("sns.us-east-1.amazonaws.com/", links(func() *sns.Service { return service })) // or the handler of package snshttp
	transport := &memhttp.Transport{Handler: hosts}
	receiver.Verifier = &sns.Verifier{Transport: transport}

	service, err := sns.NewService(sns.ServiceConfig{Transport: transport})
	check(err)
	topic, err := service.CreateTopic("orders", sns.Config{})
	check(err)
	_, err = topic.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolHTTPS, Address: "https://shop.example.com/inbox"})
	check(err)
	check(service.Flush(ctx)) // the request to confirm is delivered, and answered
	_, err = topic.Publish(ctx, sns.Entry{Subject: "Order 1", Message: "a book"})
	check(err)
	check(service.Flush(ctx))
	// Output: Order 1 - a book
}

// A queue gets a message in an envelope, unless its subscription asks for raw delivery.
func ExampleParseMessage() {
	ctx := context.Background()
	queue, err := sqs.New("inbox", sqs.Config{})
	check(err)
	topic, err := sns.New("orders", sns.Config{})
	check(err)
	_, err = topic.Subscribe(ctx, sns.Subscription{Endpoint: sns.QueueEndpoint(queue)})
	check(err)
	_, err = topic.Publish(ctx, sns.Entry{
		Subject: "Order 1", Message: "a book",
		Attributes: map[string]sns.Attribute{"store": {DataType: "String", Value: "eu-west"}},
	})
	check(err)
	messages, err := queue.Receive(ctx, sqs.ReceiveRequest{})
	check(err)
	for _, m := range messages {
		received, err := sns.ParseMessage([]byte(m.Body))
		check(err)
		fmt.Println(received.TopicARN, received.Subject, received.Message, received.Attributes["store"].Value)
	}
	// Output: arn:aws:sns:us-east-1:000000000000:orders Order 1 a book eu-west
}

// A program that gets messages over HTTP in its own way, or reads a queue that others
// may write to, verifies them itself.
func ExampleVerifier() {
	service, err := sns.NewService(sns.ServiceConfig{SignQueueMessages: true})
	check(err)
	topic, err := service.CreateTopic("orders", sns.Config{SignatureVersion: "2"})
	check(err)
	verifier := &sns.Verifier{Transport: &memhttp.Transport{Handler: links(func() *sns.Service { return service })}}
	_, err = topic.Subscribe(context.Background(), sns.Subscription{
		Endpoint: sns.EndpointFunc(func(ctx context.Context, n sns.Notification) error {
			genuine, err := n.Envelope()
			check(err)
			m, err := verifier.Verify(ctx, []byte(genuine))
			check(err)
			fmt.Println(m.Message)
			_, err = verifier.Verify(ctx, []byte(strings.Replace(genuine, "10 EUR", "99 EUR", 1)))
			fmt.Println(errors.Is(err, sns.ErrSignature))
			return nil
		}),
	})
	check(err)
	_, err = topic.Publish(context.Background(), sns.Entry{Message: "pay 10 EUR"})
	check(err)
	check(topic.Flush(context.Background()))
	// Output:
	// pay 10 EUR
	// true
}

// What has nowhere to go in a test ends in the service's outbox.
func ExampleOutbox() {
	ctx := context.Background()
	service, err := sns.NewService(sns.ServiceConfig{})
	check(err)
	topic, err := service.CreateTopic("alarms", sns.Config{DisplayName: "Alarms"})
	check(err)
	_, err = topic.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolSMS, Address: "+15555550100"})
	check(err)
	_, err = topic.Publish(ctx, sns.Entry{Message: "the mill is on fire"})
	check(err)
	check(service.Flush(ctx))
	for _, m := range service.Outbox().SMS() {
		fmt.Println(m.PhoneNumber, m.Message)
	}
	// Output: +15555550100 Alarms> the mill is on fire
}

// check stands for the handling of errors that a program has.
func check(err error) {
	if err != nil {
		panic(err)
	}
}
