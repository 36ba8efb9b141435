package snshttp_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
)

type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkPublish publishes 1 KiB with an attribute to a topic without subscriptions,
// so that what is measured is the handler, and then the same by a direct call.
func BenchmarkPublish(b *testing.B) {
	service, err := sns.NewService(sns.ServiceConfig{})
	require.NoError(b, err)
	defer service.Close()
	topic, err := service.CreateTopic("events", sns.Config{})
	require.NoError(b, err)
	text := strings.Repeat("a", 1024)

	b.Run("http", func(b *testing.B) {
		handler, w := snshttp.NewHandler(service, snshttp.Config{}), &discard{header: http.Header{}}
		form := []byte("Action=Publish&Version=2010-03-31&TopicArn=" + escaped(eventsARN) + "&Message=" + text +
			"&MessageAttributes.entry.1.Name=kind&MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=order")
		r := as(post("", ""), "test", "us-east-1")
		var body bytes.Reader
		r.Body, r.ContentLength = io.NopCloser(&body), int64(len(form))
		b.ReportAllocs()
		for b.Loop() {
			body.Reset(form)
			handler.ServeHTTP(w, r)
			if w.status != http.StatusOK {
				b.Fatalf("status %d", w.status)
			}
		}
	})
	b.Run("direct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := topic.Publish(b.Context(), sns.Entry{Message: text, Attributes: map[string]sns.Attribute{"kind": {DataType: "String", Value: "order"}}})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
