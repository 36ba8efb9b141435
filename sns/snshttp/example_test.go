package snshttp_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
	"github.com/leat-go/leat/sqs"
)

// Serve topics on a port, where any AWS SDK finds them: with the endpoint URL set to
// server.URL, any region and any credentials. Subscribers are queues of the program's.
func Example() {
	queues, err := sqs.NewService(sqs.ServiceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	jobs, err := queues.CreateQueue("jobs", sqs.Config{})
	if err != nil {
		log.Fatal(err)
	}
	service, err := sns.NewService(sns.ServiceConfig{Queues: queues})
	if err != nil {
		log.Fatal(err)
	}
	defer service.Close()
	server := httptest.NewServer(snshttp.NewHandler(service, snshttp.Config{}))
	defer server.Close()

	topic := "arn:aws:sns:us-east-1:000000000000:events" // as CreateTopic answers
	for _, form := range []url.Values{
		{"Action": {"CreateTopic"}, "Name": {"events"}},
		{"Action": {"Subscribe"}, "TopicArn": {topic}, "Protocol": {"sqs"}, "Endpoint": {jobs.ARN()},
			"Attributes.entry.1.key": {"RawMessageDelivery"}, "Attributes.entry.1.value": {"true"}},
		{"Action": {"Publish"}, "TopicArn": {topic}, "Message": {"two apples"}},
	} {
		answer, err := http.PostForm(server.URL, form)
		if err != nil {
			log.Fatal(err)
		}
		answer.Body.Close()
		fmt.Println(answer.Status)
	}

	// The program that serves can wait until everything is delivered, and look.
	if err := service.Flush(context.Background()); err != nil {
		log.Fatal(err)
	}
	for _, m := range jobs.Peek(10) {
		fmt.Println(m.Body)
	}
	// Output:
	// 200 OK
	// 200 OK
	// 200 OK
	// two apples
}

// Connect a client without a socket. Give an SDK client such an http.Client, and a
// whole test can run in a testing/synctest bubble.
func ExampleHandler_RoundTripper() {
	service, err := sns.NewService(sns.ServiceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	client := &http.Client{Transport: snshttp.NewHandler(service, snshttp.Config{}).RoundTripper()}
	answer, err := client.PostForm("https://sns.us-east-1.amazonaws.com/", url.Values{"Action": {"CreateTopic"}, "Name": {"events"}})
	if err != nil {
		log.Fatal(err)
	}
	answer.Body.Close()
	topic, err := service.Topic("events")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Status, topic.ARN())
	// Output: 200 OK arn:aws:sns:us-east-1:000000000000:events
}

// Let the next two calls of Publish fail, to see whether a client retries.
func ExampleHandler_Faults() {
	service, err := sns.NewService(sns.ServiceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	handler := snshttp.NewHandler(service, snshttp.Config{})
	if _, err := handler.Faults().Add(snshttp.Fault{Op: "Publish", Times: 2, Code: "Throttled"}); err != nil {
		log.Fatal(err)
	}

	topic, err := service.CreateTopic("events", sns.Config{})
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/?Action=Publish&Message=a&TopicArn="+topic.ARN(), nil))
		fmt.Println(w.Code)
	}
	// Output:
	// 429
	// 429
	// 200
}
