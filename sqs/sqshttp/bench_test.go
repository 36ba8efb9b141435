package sqshttp_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

// replay serves the same request again and again without a socket, so that what
// is measured is the handler and the engine.
type replay struct {
	handler http.Handler
	request *http.Request
	body    bytes.Reader
	writer  discard
}

func newReplay(handler http.Handler, action string) *replay {
	p := &replay{handler: handler, writer: discard{header: http.Header{}}}
	p.request = mustRequest(http.MethodPost, "http://localhost:4566/", http.NoBody)
	p.request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	p.request.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	p.request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0")
	p.request.Body = io.NopCloser(&p.body)
	return p
}

func (p *replay) serve(b *testing.B, body []byte) {
	p.body.Reset(body)
	p.request.ContentLength = int64(len(body))
	p.handler.ServeHTTP(&p.writer, p.request)
	if p.writer.status != http.StatusOK {
		b.Fatalf("status %d", p.writer.status)
	}
}

type discard struct {
	header http.Header
	status int
	body   []byte
}

func (d *discard) Header() http.Header    { return d.header }
func (d *discard) WriteHeader(status int) { d.status = status }

func (d *discard) Write(p []byte) (int, error) {
	d.body = append(d.body[:0], p...)
	return len(p), nil
}

const ordersURL = `"http://localhost:4566/000000000000/orders"`

func BenchmarkSendMessageJSON(b *testing.B) {
	for name, text := range map[string]string{
		"plain":   strings.Repeat("a", 1024),
		"escaped": strings.Repeat(`{\"order\": 12345, \"n\": 1} `, 40)[:1021],
	} {
		b.Run(name, func(b *testing.B) {
			handler, orders := newOrders(b)
			p := newReplay(handler, "SendMessage")
			body := []byte(`{"QueueUrl":` + ordersURL + `,"MessageBody":"` + text + `"}`)
			b.ReportAllocs()
			for sent := 1; b.Loop(); sent++ {
				p.serve(b, body)
				if sent%1000 == 0 { // or the heap is what is measured
					require.NoError(b, orders.Purge())
				}
			}
		})
	}
}

// BenchmarkRoundTripJSON sends, receives and deletes ten messages of 1 KiB.
func BenchmarkRoundTripJSON(b *testing.B) {
	handler, _ := newOrders(b)
	send, receive, remove := newReplay(handler, "SendMessageBatch"), newReplay(handler, "ReceiveMessage"), newReplay(handler, "DeleteMessageBatch")
	var entries []string
	for i := range 10 {
		entries = append(entries, fmt.Sprintf(`{"Id":"%d","MessageBody":"%s"}`, i, strings.Repeat("a", 1024)))
	}
	batch := []byte(`{"QueueUrl":` + ordersURL + `,"Entries":[` + strings.Join(entries, ",") + `]}`)
	poll := []byte(`{"QueueUrl":` + ordersURL + `,"MaxNumberOfMessages":10}`)
	var handles []byte
	b.ReportAllocs()
	for b.Loop() {
		send.serve(b, batch)
		receive.serve(b, poll)
		handles = append(handles[:0], `{"QueueUrl":`+ordersURL+`,"Entries":[`...)
		rest := receive.writer.body
		for i := range 10 {
			const key = `"ReceiptHandle":"`
			rest = rest[bytes.Index(rest, []byte(key))+len(key):]
			handle := rest[:bytes.IndexByte(rest, '"')]
			if i > 0 {
				handles = append(handles, ',')
			}
			handles = fmt.Appendf(handles, `{"Id":"%d","ReceiptHandle":"%s"}`, i, handle)
		}
		remove.serve(b, append(handles, "]}"...))
	}
}

func newOrders(b *testing.B) (*sqshttp.Handler, *sqs.LocalQueue) {
	service, err := sqs.NewService(sqs.ServiceConfig{Relaxed: true})
	require.NoError(b, err)
	orders, err := service.CreateQueue("orders", sqs.Config{})
	require.NoError(b, err)
	return sqshttp.NewHandler(service, sqshttp.Config{}), orders
}

func mustRequest(method, url string, body io.Reader) *http.Request {
	r, err := http.NewRequest(method, url, body)
	if err != nil {
		panic(err)
	}
	return r
}
