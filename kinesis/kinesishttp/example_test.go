package kinesishttp_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

// Serve streams on a port, where any AWS SDK finds them: with the endpoint URL set to
// server.URL, any region and any credentials.
func Example() {
	handler := kinesishttp.NewHandler(nil, kinesishttp.Config{})
	server := httptest.NewServer(handler)
	defer server.Close()

	call(http.DefaultClient, server.URL, "CreateStream", `{"StreamName":"clicks","ShardCount":1}`)
	call(http.DefaultClient, server.URL, "PutRecord", `{"StreamName":"clicks","PartitionKey":"visitor-1","Data":"L2luZGV4Lmh0bWw="}`)

	// The program that serves can read without a client.
	clicks, err := handler.Service().Stream("clicks")
	if err != nil {
		log.Fatal(err)
	}
	batch, err := clicks.Read(context.Background(), kinesis.ReadRequest{ShardID: "shardId-000000000000"})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range batch.Records {
		fmt.Printf("%s: %s\n", r.PartitionKey, r.Data)
	}
	// Output:
	// visitor-1: /index.html
}

// Without a socket, a client, the handler and the streams fit into one bubble of
// testing/synctest.
func ExampleHandler_RoundTripper() {
	handler := kinesishttp.NewHandler(nil, kinesishttp.Config{})
	client := &http.Client{Transport: handler.RoundTripper()} // as an SDK takes it, too
	call(client, "http://kinesis", "CreateStream", `{"StreamName":"clicks","ShardCount":1}`)
	fmt.Println(call(client, "http://kinesis", "ListStreams", `{"Limit":1}`))
	// Output:
	// 200 {"StreamNames":["clicks"],"HasMoreStreams":false,"StreamSummaries":
}

// Throttle every second PutRecord.
func ExampleFaults() {
	handler := kinesishttp.NewHandler(nil, kinesishttp.Config{})
	client := &http.Client{Transport: handler.RoundTripper()}
	call(client, "http://kinesis", "CreateStream", `{"StreamName":"clicks","ShardCount":1}`)
	_, err := handler.Faults().Add(kinesishttp.Fault{
		Op:      "PutRecord",
		Share:   0.5,
		Code:    "ProvisionedThroughputExceededException",
		Message: "Rate exceeded for shard shardId-000000000000",
	})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		fmt.Println(call(client, "http://kinesis", "PutRecord", `{"StreamName":"clicks","PartitionKey":"visitor-1","Data":""}`))
	}
	// Output:
	// 200 {"ShardId":"shardId-000000000000","SequenceNumber":
	// 400 {"__type":"ProvisionedThroughputExceededException","message":"Rate exceeded for shard shardId-000000000000"}
}

// call sends a request as an SDK does, and returns the status and the answer, up to what
// is never the same twice.
func call(client *http.Client, url, action, body string) string {
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Kinesis_20131202."+action)
	response, err := client.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	text := string(answer)
	for _, varying := range []string{`"SequenceNumber":`, `"StreamSummaries":`} {
		if i := strings.Index(text, varying); i >= 0 {
			text = text[:i+len(varying)]
		}
	}
	return fmt.Sprint(response.StatusCode, " ", text)
}
