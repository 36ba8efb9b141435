package sqshttp_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

// Serve queues on a port, where any AWS SDK finds them: with the endpoint URL set to
// server.URL, any region and any credentials.
func Example() {
	service, err := sqs.NewService(sqs.ServiceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(sqshttp.NewHandler(service, sqshttp.Config{}))
	defer server.Close()

	form := url.Values{"Action": {"CreateQueue"}, "QueueName": {"orders"}}
	if _, err := http.PostForm(server.URL, form); err != nil {
		log.Fatal(err)
	}
	queue := server.URL + "/000000000000/orders" // as CreateQueue answers
	form = url.Values{"Action": {"SendMessage"}, "MessageBody": {"two apples"}}
	if _, err := http.PostForm(queue, form); err != nil {
		log.Fatal(err)
	}

	// The program that serves can look without disturbing anybody.
	orders, err := service.Queue("orders")
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range orders.Peek(10) {
		fmt.Println(m.State, m.Body)
	}
	// Output: visible two apples
}

// Connect a client without a socket. Give an SDK client such an http.Client, and a
// whole test can run in a testing/synctest bubble.
func ExampleHandler_RoundTripper() {
	service, err := sqs.NewService(sqs.ServiceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	client := &http.Client{Transport: sqshttp.NewHandler(service, sqshttp.Config{}).RoundTripper()}

	r, err := http.NewRequest(http.MethodPost, "https://sqs.us-east-1.amazonaws.com/", strings.NewReader(`{"QueueName":"orders"}`))
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS.CreateQueue")
	answer, err := client.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	var created struct {
		QueueURL string `json:"QueueUrl"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&created); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Status, created.QueueURL)
	// Output: 200 OK https://sqs.us-east-1.amazonaws.com/000000000000/orders
}

// Let the next two sends fail and every receive come half a second late, to see
// whether a client retries.
func ExampleHandler_Faults() {
	service, err := sqs.NewService(sqs.ServiceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	handler := sqshttp.NewHandler(service, sqshttp.Config{})
	for _, f := range []sqshttp.Fault{
		{Op: "SendMessage", Times: 2, Code: "ServiceUnavailable"},
		{Op: "ReceiveMessage", Delay: time.Second / 2},
	} {
		if _, err := handler.Faults().Add(f); err != nil {
			log.Fatal(err)
		}
	}

	if _, err := service.CreateQueue("orders", sqs.Config{}); err != nil {
		log.Fatal(err)
	}
	for range 3 {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/000000000000/orders?Action=SendMessage&MessageBody=a", nil))
		fmt.Println(w.Code)
	}
	// Output:
	// 503
	// 503
	// 200
}
