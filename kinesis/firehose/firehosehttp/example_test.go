package firehosehttp_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
)

const toArchive = `{"DeliveryStreamName":"clicks","ExtendedS3DestinationConfiguration":{
	"RoleARN":"arn:aws:iam::000000000000:role/firehose","BucketARN":"arn:aws:s3:::archive","Prefix":"raw/!{timestamp:yyyy}/","ErrorOutputPrefix":"failed/!{firehose:error-output-type}/"}}`

// Serve delivery streams on a port, where any AWS SDK finds them: with the endpoint URL
// set to server.URL, any region and any credentials. Buckets are in memory here; with
// Config.Directory they are directories.
func Example() {
	handler := firehosehttp.NewHandler(nil, firehosehttp.Config{})
	server := httptest.NewServer(handler)
	defer server.Close()

	call(http.DefaultClient, server.URL, "CreateDeliveryStream", toArchive)
	call(http.DefaultClient, server.URL, "PutRecordBatch", `{"DeliveryStreamName":"clicks","Records":[{"Data":"b25lCg=="},{"Data":"dHdvCg=="}]}`)

	// At the end everything is delivered, without waiting for the 300 seconds.
	if err := handler.Service().Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	for _, key := range handler.Objects().List("archive", "raw/") {
		object, _ := handler.Objects().Get("archive", key)
		fmt.Printf("%s", object.Data)
	}
	// Output:
	// one
	// two
}

// A destination that leat has nothing for becomes a function.
func ExampleConfig_destination() {
	handler := firehosehttp.NewHandler(nil, firehosehttp.Config{
		Destination: func(_ context.Context, req *firehosehttp.DestinationRequest) (firehose.Config, error) {
			if req.Type != "Splunk" {
				return req.Default()
			}
			return firehose.Config{Sink: firehose.SinkFunc(func(_ context.Context, d *firehose.Delivery) error {
				for _, r := range d.Records {
					fmt.Printf("to Splunk: %s\n", r.Data)
				}
				return nil
			})}, nil
		},
	})
	client := &http.Client{Transport: handler.RoundTripper()} // as an SDK takes it, too
	call(client, "http://firehose", "CreateDeliveryStream", `{"DeliveryStreamName":"logs","SplunkDestinationConfiguration":{"HECEndpoint":"https://splunk.example"}}`)
	call(client, "http://firehose", "PutRecord", `{"DeliveryStreamName":"logs","Record":{"Data":"aGVsbG8="}}`)
	if err := handler.Service().Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// to Splunk: hello
}

// Have the next PutRecord fail.
func ExampleFaults() {
	handler := firehosehttp.NewHandler(nil, firehosehttp.Config{})
	client := &http.Client{Transport: handler.RoundTripper()}
	call(client, "http://firehose", "CreateDeliveryStream", toArchive)
	_, err := handler.Faults().Add(firehosehttp.Fault{Op: "PutRecord", Times: 1, Code: "ServiceUnavailableException", Message: "Slow down."})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		fmt.Println(call(client, "http://firehose", "PutRecord", `{"DeliveryStreamName":"clicks","Record":{"Data":""}}`))
	}
	if err := handler.Service().Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 503 {"__type":"ServiceUnavailableException","message":"Slow down."}
	// 200 {"RecordId":
}

// call sends a request as an SDK does, and returns the status and the answer, up to what
// is never the same twice.
func call(client *http.Client, url, action, body string) string {
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Firehose_20150804."+action)
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
	if before, _, ok := strings.Cut(text, `"RecordId":`); ok {
		text = before + `"RecordId":`
	}
	return fmt.Sprint(response.StatusCode, " ", text)
}
