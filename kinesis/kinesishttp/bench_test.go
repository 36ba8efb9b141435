package kinesishttp_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awscbor"
	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/internal/awsjson"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

// replay serves the same request again and again without a socket, so that what is
// measured is the handler and the engine.
type replay struct {
	handler http.Handler
	request *http.Request
	body    bytes.Reader
	writer  discard
}

func newReplay(handler http.Handler, contentType, action string) *replay {
	p := &replay{handler: handler, writer: discard{header: http.Header{}}}
	p.request = httptest.NewRequest(http.MethodPost, host+"/", nil)
	p.request.Header.Set("Content-Type", contentType)
	p.request.Header.Set("X-Amz-Target", "Kinesis_20131202."+action)
	p.request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0")
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

// putRecordsBody is a PutRecords on the wire.
type putRecordsBody struct {
	StreamName string
	Records    []putRecordsEntry
}

type putRecordsEntry struct {
	Data                          []byte
	PartitionKey, ExplicitHashKey *string
}

func fullBatch() *putRecordsBody {
	batch := &putRecordsBody{StreamName: "clicks"}
	for i := range 500 {
		data := make([]byte, 1024)
		for j := range data {
			data[j] = byte(i*j + j>>3)
		}
		batch.Records = append(batch.Records, putRecordsEntry{Data: data, PartitionKey: new(fmt.Sprintf("visitor-%06d", i))})
	}
	return batch
}

// BenchmarkPutRecords puts batches of 500 records of 1 KiB, and beside that has a
// handler that only decodes such batches, and drops them. Under "ratio" the two take
// turns, so that whatever else the machine does falls on both.
func BenchmarkPutRecords(b *testing.B) {
	service, err := kinesis.NewService(kinesis.ServiceConfig{})
	require.NoError(b, err)
	_, err = service.CreateStream("clicks", kinesis.Config{ShardCount: 4, RetentionBytes: 64 << 20})
	require.NoError(b, err)
	handler := kinesishttp.NewHandler(service, kinesishttp.Config{})
	for _, protocol := range []struct {
		name, contentType string
		body              []byte
		drop              http.HandlerFunc
	}{
		{"JSON", jsonType, awsjson.Append(nil, fullBatch()), dropJSON},
		{"CBOR", cborType, awscbor.Append(nil, fullBatch()), dropCBOR},
	} {
		for name, h := range map[string]http.Handler{"put": handler, "drop": protocol.drop} {
			b.Run(protocol.name+"/"+name, func(b *testing.B) {
				p := newReplay(h, protocol.contentType, "PutRecords")
				b.ReportAllocs()
				for b.Loop() {
					p.serve(b, protocol.body)
				}
				b.ReportMetric(500*float64(b.N)/b.Elapsed().Seconds(), "records/s")
			})
		}
		b.Run(protocol.name+"/ratio", func(b *testing.B) {
			put := newReplay(handler, protocol.contentType, "PutRecords")
			drop := newReplay(protocol.drop, protocol.contentType, "PutRecords")
			var putting, dropping time.Duration
			for b.Loop() {
				start := time.Now()
				put.serve(b, protocol.body)
				middle := time.Now()
				drop.serve(b, protocol.body)
				putting += middle.Sub(start)
				dropping += time.Since(middle)
			}
			b.ReportMetric(float64(dropping)/float64(putting), "put/drop")
		})
	}
}

func dropJSON(w http.ResponseWriter, r *http.Request) {
	body, blobs := awshttp.TakeBuffer(), awshttp.TakeBuffer()
	defer body.Release()
	defer blobs.Release()
	var batch putRecordsBody
	err := body.Read(r, 16<<20)
	if err == nil {
		blobs.Data, err = awsjson.DecodeTo(blobs.Data, body.Data, &batch)
	}
	drop(w, err, &batch)
}

func dropCBOR(w http.ResponseWriter, r *http.Request) {
	body := awshttp.TakeBuffer()
	defer body.Release()
	var batch putRecordsBody
	err := body.Read(r, 16<<20)
	if err == nil {
		err = awscbor.Decode(body.Data, &batch)
	}
	drop(w, err, &batch)
}

func drop(w http.ResponseWriter, err error, batch *putRecordsBody) {
	if err != nil || len(batch.Records) != 500 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	awshttp.Send(w, http.StatusOK, jsonType, "", []byte("{}"))
}

// BenchmarkPutRecord puts one record of 1 KiB at a time.
func BenchmarkPutRecord(b *testing.B) {
	service, err := kinesis.NewService(kinesis.ServiceConfig{})
	require.NoError(b, err)
	_, err = service.CreateStream("clicks", kinesis.Config{RetentionBytes: 64 << 20})
	require.NoError(b, err)
	p := newReplay(kinesishttp.NewHandler(service, kinesishttp.Config{}), jsonType, "PutRecord")
	body := awsjson.Append(nil, struct {
		StreamName, PartitionKey string
		Data                     []byte
	}{"clicks", "visitor", make([]byte, 1024)})
	b.ReportAllocs()
	for b.Loop() {
		p.serve(b, body)
	}
}

// BenchmarkGetRecords reads 1,000 records of 1 KiB.
func BenchmarkGetRecords(b *testing.B) {
	handler, service := newHandler(b, kinesis.ServiceConfig{})
	s, err := service.CreateStream("visits", kinesis.Config{})
	require.NoError(b, err)
	for range 1000 {
		_, err := s.Put(b.Context(), kinesis.Entry{PartitionKey: "visitor", Data: make([]byte, 1024)})
		require.NoError(b, err)
	}
	iterator := ask(b, handler, "GetShardIterator", `{"StreamName":"visits","ShardId":"shardId-000000000000","ShardIteratorType":"TRIM_HORIZON"}`)["ShardIterator"]
	body := fmt.Appendf(nil, `{"ShardIterator":%q}`, iterator)
	p := newReplay(handler, jsonType, "GetRecords")
	b.ReportAllocs()
	for b.Loop() {
		p.serve(b, body)
	}
	b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
