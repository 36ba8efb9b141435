package firehosehttp_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/internal/awsjson"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
)

// replay serves the same request again and again without a socket, so that what is
// measured is the handler and the engine.
type replay struct {
	handler http.Handler
	request *http.Request
	body    bytes.Reader
	writer  discarding
}

func newReplay(handler http.Handler, action string) *replay {
	p := &replay{handler: handler, writer: discarding{header: http.Header{}}}
	p.request = as(httptest.NewRequest(http.MethodPost, host+"/", nil), account, "us-east-1")
	p.request.Header.Set("Content-Type", jsonType)
	p.request.Header.Set("X-Amz-Target", "Firehose_20150804."+action)
	p.request.Body = io.NopCloser(&p.body)
	return p
}

func (p *replay) serve(b *testing.B, body []byte) {
	p.body.Reset(body)
	p.request.ContentLength = int64(len(body))
	p.handler.ServeHTTP(&p.writer, p.request)
	if p.writer.status != http.StatusOK {
		b.Fatalf("status %d: %s", p.writer.status, p.writer.body)
	}
}

type discarding struct {
	header http.Header
	status int
	body   []byte
}

func (d *discarding) Header() http.Header    { return d.header }
func (d *discarding) WriteHeader(status int) { d.status = status }

func (d *discarding) Write(p []byte) (int, error) {
	d.body = append(d.body[:0], p...)
	return len(p), nil
}

// batchBody is a PutRecordBatch on the wire.
type batchBody struct {
	DeliveryStreamName string
	Records            []recordBody
}

type recordBody struct{ Data []byte }

func fullBatch() *batchBody {
	batch := &batchBody{DeliveryStreamName: "clicks"}
	for i := range 500 {
		data := make([]byte, 1024)
		for j := range data {
			data[j] = byte(i*j + j>>3)
		}
		batch.Records = append(batch.Records, recordBody{data})
	}
	return batch
}

// BenchmarkPutRecordBatch puts batches of 500 records of 1 KiB to a delivery stream that
// drops them, and beside that has a handler that only decodes such batches, and drops
// them. Under "ratio" the two take turns, so that whatever else the machine does falls on
// both.
func BenchmarkPutRecordBatch(b *testing.B) {
	service, err := firehose.NewService(firehose.ServiceConfig{})
	require.NoError(b, err)
	defer service.Close()
	_, err = service.CreateDeliveryStream("clicks", firehose.Config{Sink: firehose.SinkFunc(discard), MaxBuffered: 1 << 40})
	require.NoError(b, err)
	handler := firehosehttp.NewHandler(service, firehosehttp.Config{})
	body := awsjson.Append(nil, fullBatch())
	for name, h := range map[string]http.Handler{"put": handler, "drop": http.HandlerFunc(drop)} {
		b.Run(name, func(b *testing.B) {
			p := newReplay(h, "PutRecordBatch")
			b.ReportAllocs()
			for b.Loop() {
				p.serve(b, body)
			}
			b.ReportMetric(500*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
	b.Run("ratio", func(b *testing.B) {
		put, drop := newReplay(handler, "PutRecordBatch"), newReplay(http.HandlerFunc(drop), "PutRecordBatch")
		var putting, dropping time.Duration
		for b.Loop() {
			start := time.Now()
			put.serve(b, body)
			middle := time.Now()
			drop.serve(b, body)
			putting += middle.Sub(start)
			dropping += time.Since(middle)
		}
		b.ReportMetric(float64(dropping)/float64(putting), "put/drop")
	})
}

func drop(w http.ResponseWriter, r *http.Request) {
	body, blobs := awshttp.TakeBuffer(), awshttp.TakeBuffer()
	defer body.Release()
	defer blobs.Release()
	var batch batchBody
	err := body.Read(r, 16<<20)
	if err == nil {
		err = awshttp.DecodeJSON(body.Data, blobs, &batch)
	}
	if err != nil || len(batch.Records) != 500 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	awshttp.Send(w, http.StatusOK, jsonType, "", []byte("{}"))
}

// BenchmarkPutRecord puts one record of 1 KiB at a time.
func BenchmarkPutRecord(b *testing.B) {
	service, err := firehose.NewService(firehose.ServiceConfig{})
	require.NoError(b, err)
	defer service.Close()
	_, err = service.CreateDeliveryStream("clicks", firehose.Config{Sink: firehose.SinkFunc(discard)})
	require.NoError(b, err)
	p := newReplay(firehosehttp.NewHandler(service, firehosehttp.Config{}), "PutRecord")
	body := awsjson.Append(nil, struct {
		DeliveryStreamName string
		Record             recordBody
	}{"clicks", recordBody{make([]byte, 1024)}})
	b.ReportAllocs()
	for b.Loop() {
		p.serve(b, body)
	}
}
