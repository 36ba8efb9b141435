package firehosehttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
)

// resolver remembers the requests that it was asked.
type resolver struct {
	requests []firehosehttp.DestinationRequest
	answer   func(req *firehosehttp.DestinationRequest) (firehose.Config, error)
}

func (r *resolver) resolve(_ context.Context, req *firehosehttp.DestinationRequest) (firehose.Config, error) {
	r.requests = append(r.requests, *req)
	return r.answer(req)
}

func discard(context.Context, *firehose.Delivery) error { return nil }

func TestACallerTakesOtherDestinations(t *testing.T) {
	r := &resolver{answer: func(*firehosehttp.DestinationRequest) (firehose.Config, error) {
		return firehose.Config{Sink: firehose.SinkFunc(discard), KeyType: "none", Tags: map[string]string{"": ""}, Destination: "gone"}, nil
	}}
	h := newHandler(t, firehosehttp.Config{Destination: r.resolve})
	askFor(t, h, as(jsonRequest("CreateDeliveryStream", `{"DeliveryStreamName":"a","Tags":[{"Key":"k","Value":"v"}],
		"SplunkDestinationConfiguration":{"HECEndpoint":"https://splunk.test","HECToken":"token","BufferingHints":{"SizeInMBs":5}}}`), "123456789012", "eu-west-1"))
	first := r.requests[0]
	require.Equal(t, []string{"a", "123456789012", "eu-west-1", "Splunk"}, []string{first.DeliveryStreamName, first.Account, first.Region, first.Type})
	require.JSONEq(t, `{"HECEndpoint":"https://splunk.test","HECToken":"token","BufferingHints":{"SizeInMBs":5}}`, string(first.Parameters))
	_, err := first.Default()
	require.EqualError(t, err, "InvalidArgumentException: leat has no destination of the type Splunk.")

	askFor(t, h, as(jsonRequest("UpdateDestination", `{"DeliveryStreamName":"a","CurrentDeliveryStreamVersionId":"1","DestinationId":"destinationId-000000000001",
		"SplunkDestinationUpdate":{"HECToken":"other","BufferingHints":{"IntervalInSeconds":60}}}`), "123456789012", "eu-west-1"))
	require.JSONEq(t, `{"HECEndpoint":"https://splunk.test","HECToken":"other","BufferingHints":{"IntervalInSeconds":60}}`, string(r.requests[1].Parameters))
	askFor(t, h, as(jsonRequest("UpdateDestination", `{"DeliveryStreamName":"a","CurrentDeliveryStreamVersionId":"2","DestinationId":"destinationId-000000000001",
		"IcebergDestinationUpdate":{"CatalogConfiguration":{}}}`), "123456789012", "eu-west-1"))
	require.Equal(t, "Iceberg", r.requests[2].Type)
	require.JSONEq(t, `{"CatalogConfiguration":{}}`, string(r.requests[2].Parameters), "another type begins anew")

	view, err := h.Service().As("123456789012", "eu-west-1")
	require.NoError(t, err)
	s, err := view.DeliveryStream("a")
	require.NoError(t, err)
	require.Equal(t, []firehose.Tag{{Key: "k", Value: "v"}}, s.Tags())
	require.EqualValues(t, 3, s.Version())
}

func TestACallerChangesTheDefault(t *testing.T) {
	r := &resolver{answer: func(req *firehosehttp.DestinationRequest) (firehose.Config, error) {
		cfg, err := req.Default()
		cfg.Buffering = firehose.Buffering{Size: 1 << 20, Interval: new(time.Second)}
		return cfg, err
	}}
	h := newHandler(t, firehosehttp.Config{Destination: r.resolve})
	create(t, h, "a", `,"Prefix":"p/"`)
	require.Equal(t, "ExtendedS3", r.requests[0].Type)
	var parameters map[string]string
	require.NoError(t, json.Unmarshal(r.requests[0].Parameters, &parameters))
	require.Equal(t, map[string]string{"RoleARN": role, "BucketARN": "arn:aws:s3:::archive", "Prefix": "p/"}, parameters)
	s, err := h.Service().DeliveryStream("a")
	require.NoError(t, err)
	require.Equal(t, time.Second, *s.Config().Buffering.Interval)
	_, destination := description(t, h, "a")
	hints := destination["ExtendedS3DestinationDescription"].(map[string]any)["BufferingHints"]
	require.Equal(t, map[string]any{"SizeInMBs": 5.0, "IntervalInSeconds": 300.0}, hints, "what was asked for, or AWS's default")
	require.Equal(t, problem{"InvalidArgumentException", "S3 backup destination configuration is required when enabling S3 backup.", 400},
		refused(t, h, "CreateDeliveryStream", `{"DeliveryStreamName":"b","ExtendedS3DestinationConfiguration":{`+bucket+`,"S3BackupMode":"Enabled"}}`), "an error of Default stays as it is")
}

func TestErrorsOfACaller(t *testing.T) {
	for want, err := range map[problem]error{
		{"InvalidArgumentException", "not here", 400}:                                                   errors.New("not here"),
		{"LimitExceededException", "enough", 400}:                                                       &firehose.Error{Err: firehose.ErrLimitExceeded, Message: "enough"},
		{"ServiceUnavailable", "The request has failed due to a temporary failure of the server.", 503}: context.Canceled,
	} {
		r := &resolver{answer: func(*firehosehttp.DestinationRequest) (firehose.Config, error) { return firehose.Config{}, err }}
		h := newHandler(t, firehosehttp.Config{Destination: r.resolve})
		require.Equal(t, want, refused(t, h, "CreateDeliveryStream", `{"DeliveryStreamName":"a","S3DestinationConfiguration":{`+bucket+`}}`))
	}
}

// TestAnUpdateThatACallerTakes has less in it than AWS wants, and is described all
// the same.
func TestAnUpdateThatACallerTakes(t *testing.T) {
	r := &resolver{answer: func(*firehosehttp.DestinationRequest) (firehose.Config, error) {
		return firehose.Config{Sink: firehose.SinkFunc(discard)}, nil
	}}
	h := newHandler(t, firehosehttp.Config{Destination: r.resolve})
	create(t, h, "a", "")
	ask(t, h, "UpdateDestination", `{"DeliveryStreamName":"a","CurrentDeliveryStreamVersionId":"1","DestinationId":"destinationId-000000000001","HttpEndpointDestinationUpdate":{}}`)
	_, destination := description(t, h, "a")
	require.Contains(t, destination, "HttpEndpointDestinationDescription")
	ask(t, h, "UpdateDestination", `{"DeliveryStreamName":"a","CurrentDeliveryStreamVersionId":"2","DestinationId":"destinationId-000000000001","S3DestinationUpdate":{}}`)
	_, destination = description(t, h, "a")
	require.Contains(t, destination, "S3DestinationDescription")
}

// TestWhatAProgramRemembers is left alone, whatever it looks like.
func TestWhatAProgramRemembers(t *testing.T) {
	h := newHandler(t, firehosehttp.Config{})
	for name, text := range map[string]string{"a": "mine", "b": `{"Type":"ExtendedS3"}`, "c": `{"Type":"HttpEndpoint"}`, "d": `{"Type":"Mine"}`} {
		_, err := h.Service().CreateDeliveryStream(name, firehose.Config{Sink: firehose.SinkFunc(discard), Destination: text})
		require.NoError(t, err)
		_, destination := description(t, h, name)
		require.Equal(t, map[string]any{"DestinationId": "destinationId-000000000001"}, destination)
		ask(t, h, "UpdateDestination", `{"DeliveryStreamName":"`+name+`","CurrentDeliveryStreamVersionId":"1","DestinationId":"destinationId-000000000001","ExtendedS3DestinationUpdate":{`+bucket+`}}`)
	}
}

// TestWhatAPartitionDoesNotGet: after the time for retries it goes to the error output.
func TestWhatAPartitionDoesNotGet(t *testing.T) {
	h := newHandler(t, firehosehttp.Config{})
	partitioned := `,"Prefix":"!{partitionKeyFromQuery:a}/","ErrorOutputPrefix":"e/!{firehose:error-output-type}/","DynamicPartitioningConfiguration":{"Enabled":true,"RetryOptions":{"DurationInSeconds":7}}` +
		processing(`"Type":"MetadataExtraction",`+parameters("JsonParsingEngine", "JQ-1.6", "MetadataExtractionQuery", "{a}"))
	create(t, h, "a", partitioned)
	create(t, h, "b", "")
	a, err := h.Service().DeliveryStream("a")
	require.NoError(t, err)
	cfg := a.Config()
	require.Equal(t, cfg.Sink, cfg.ErrorSink)
	require.Equal(t, 7*time.Second, *cfg.RetryDuration)
	require.Equal(t, 64<<20, cfg.Buffering.Size)
	_, destination := description(t, h, "a")
	require.Equal(t, map[string]any{"SizeInMBs": 64.0, "IntervalInSeconds": 300.0}, destination["S3DestinationDescription"].(map[string]any)["BufferingHints"])
	b, err := h.Service().DeliveryStream("b")
	require.NoError(t, err)
	require.Nil(t, b.Config().RetryDuration, "as long as records are retained")
}

// TestProcessorsThatAreNotEnabled are described, and nothing else.
func TestProcessorsThatAreNotEnabled(t *testing.T) {
	h := newHandler(t, firehosehttp.Config{})
	create(t, h, "a", `,"ProcessingConfiguration":{"Enabled":false,"Processors":[{"Type":"Lambda"}]}`)
	s, err := h.Service().DeliveryStream("a")
	require.NoError(t, err)
	require.Nil(t, s.Config().Transform)
	_, destination := description(t, h, "a")
	require.Equal(t, map[string]any{"Enabled": false, "Processors": []any{map[string]any{"Type": "Lambda"}}},
		destination["ExtendedS3DestinationDescription"].(map[string]any)["ProcessingConfiguration"])
}

func TestObjects(t *testing.T) {
	objects := &firehosehttp.Objects{}
	h := newHandler(t, firehosehttp.Config{Objects: objects})
	require.Same(t, objects, h.Objects())
	sink, err := h.Bucket("b")
	require.NoError(t, err)
	deliver := func(key, data string) {
		require.NoError(t, sink.Deliver(t.Context(), &firehose.Delivery{Key: key, Records: []firehose.Record{{Data: []byte(data)}}}))
	}
	deliver("x/2", "two")
	deliver("x/1", "one")
	deliver("y", "three")
	deliver("y", "four")
	require.Equal(t, []string{"x/1", "x/2", "y"}, objects.List("b", ""))
	require.Equal(t, []string{"x/1", "x/2"}, objects.List("b", "x/"))
	require.Empty(t, objects.List("c", ""))
	got, ok := objects.Get("b", "y")
	require.True(t, ok)
	require.Equal(t, "four", string(got.Data))
	objects.Delete("b", "y")
	objects.Delete("c", "y")
	_, ok = objects.Get("b", "y")
	require.False(t, ok)
}
