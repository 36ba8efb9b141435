package firehosehttp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
)

// upper is the function of a Lambda processor: it writes records in capital letters and
// drops those that are empty. Their first letter is the partition key "letter".
func upper(_ context.Context, records []firehose.TransformRecord) ([]firehose.TransformResult, error) {
	results := make([]firehose.TransformResult, len(records))
	for i, r := range records {
		results[i] = firehose.TransformResult{RecordID: r.RecordID, Result: firehose.Dropped}
		if len(r.Data) > 0 {
			results[i].Result, results[i].Data = firehose.Ok, bytes.ToUpper(r.Data)
			results[i].PartitionKeys = map[string]string{"letter": string(r.Data[:1])}
		}
	}
	return results, nil
}

// put puts records by PutRecordBatch, all of which are taken.
func put(t testing.TB, h http.Handler, name string, records ...string) {
	t.Helper()
	var list []string
	for _, r := range records {
		list = append(list, `{"Data":"`+base64.StdEncoding.EncodeToString([]byte(r))+`"}`)
	}
	out := ask(t, h, "PutRecordBatch", `{"DeliveryStreamName":"`+name+`","Records":[`+strings.Join(list, ",")+`]}`)
	require.EqualValues(t, 0, out["FailedPutCount"])
	require.Len(t, out["RequestResponses"], len(records))
}

// objects returns the objects of a bucket: their keys without what is random, and
// their data.
func objects(t testing.TB, h *firehosehttp.Handler, bucket string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, key := range h.Objects().List(bucket, "") {
		object, ok := h.Objects().Get(bucket, key)
		require.True(t, ok)
		data := object.Data
		if object.ContentEncoding == "gzip" {
			r, err := gzip.NewReader(bytes.NewReader(data))
			require.NoError(t, err)
			data, err = io.ReadAll(r)
			require.NoError(t, err)
		}
		found[anonymous(t, key)] += string(data)
	}
	return found
}

// anonymous returns a key with <uuid> for what is random.
func anonymous(t testing.TB, key string) string {
	t.Helper()
	short := uuidPattern.ReplaceAllString(key, "<uuid>")
	require.NotEqual(t, key, short)
	return short
}

// TestProcessorsAreDescribed: AWS describes lists of processors and parameters that a
// request had, also if they are empty, as its console sends them.
func TestProcessorsAreDescribed(t *testing.T) {
	h := newHandler(t, firehosehttp.Config{})
	create(t, h, "clicks", "")
	_, destination := description(t, h, "clicks")
	require.NotContains(t, destination["ExtendedS3DestinationDescription"], "ProcessingConfiguration")
	for i, processing := range []map[string]any{
		{"Enabled": false, "Processors": []any{}},
		{"Enabled": true, "Processors": []any{map[string]any{"Type": "AppendDelimiterToRecord", "Parameters": []any{}}}},
	} {
		body, err := json.Marshal(processing)
		require.NoError(t, err)
		ask(t, h, "UpdateDestination", fmt.Sprintf(`{"DeliveryStreamName":"clicks","CurrentDeliveryStreamVersionId":"%d","DestinationId":"destinationId-000000000001",
			"ExtendedS3DestinationUpdate":{"ProcessingConfiguration":%s}}`, i+1, body))
		_, destination := description(t, h, "clicks")
		require.Equal(t, processing, destination["ExtendedS3DestinationDescription"].(map[string]any)["ProcessingConfiguration"])
	}
}

func TestTheLifeOfADeliveryStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, firehosehttp.Config{})
		create(t, h, "clicks", `,"Prefix":"raw/"`)
		put(t, h, "clicks", "a\n", "b\n")
		time.Sleep(299 * time.Second)
		put(t, h, "clicks", "c\n")
		synctest.Wait()
		require.Empty(t, objects(t, h, "archive"), "300 seconds are not over")
		time.Sleep(time.Second)
		synctest.Wait()
		first := "raw/2000/01/01/00/clicks-1-2000-01-01-00-00-00-<uuid>"
		require.Equal(t, map[string]string{first: "a\nb\nc\n"}, objects(t, h, "archive"))

		stream, _ := description(t, h, "clicks")
		require.Equal(t, "1", stream["VersionId"])
		require.NotContains(t, stream, "LastUpdateTimestamp")
		put(t, h, "clicks", "old")
		ask(t, h, "UpdateDestination", `{"DeliveryStreamName":"clicks","CurrentDeliveryStreamVersionId":"1","DestinationId":"destinationId-000000000001",
			"ExtendedS3DestinationUpdate":{"CompressionFormat":"GZIP","BufferingHints":{"SizeInMBs":1,"IntervalInSeconds":60}}}`)
		synctest.Wait()
		second := "raw/2000/01/01/00/clicks-1-2000-01-01-00-05-00-<uuid>"
		require.Equal(t, map[string]string{first: "a\nb\nc\n", second: "old"}, objects(t, h, "archive"), "an update delivers what there is, as it was to be")
		stream, destination := description(t, h, "clicks")
		require.Equal(t, "2", stream["VersionId"])
		require.EqualValues(t, 946684800+300, stream["LastUpdateTimestamp"])
		s3 := destination["ExtendedS3DestinationDescription"].(map[string]any)
		require.Equal(t, "raw/", s3["Prefix"], "what an update does not mention stays")
		require.Equal(t, "GZIP", s3["CompressionFormat"])

		put(t, h, "clicks", "new")
		time.Sleep(time.Minute)
		synctest.Wait()
		third := "raw/2000/01/01/00/clicks-2-2000-01-01-00-05-00-<uuid>.gz"
		require.Equal(t, map[string]string{first: "a\nb\nc\n", second: "old", third: "new"}, objects(t, h, "archive"))

		put(t, h, "clicks", "last")
		ask(t, h, "DeleteDeliveryStream", `{"DeliveryStreamName":"clicks"}`)
		synctest.Wait()
		require.Equal(t, "last", objects(t, h, "archive")["raw/2000/01/01/00/clicks-2-2000-01-01-00-06-00-<uuid>.gz"], "what is deleted delivers what it has")
		require.Equal(t, problem{"ResourceNotFoundException", "Firehose clicks under account 000000000000 not found.", 400},
			refused(t, h, "DescribeDeliveryStream", `{"DeliveryStreamName":"clicks"}`))
	})
}

func TestPartitionsOfWhatRecordsSay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, firehosehttp.Config{})
		create(t, h, "clicks", `,"Prefix":"c=!{partitionKeyFromQuery:customer}/t=!{partitionKeyFromQuery:type}/","ErrorOutputPrefix":"failed/!{firehose:error-output-type}/",
			"DynamicPartitioningConfiguration":{"Enabled":true},"ProcessingConfiguration":{"Enabled":true,"Processors":[
			{"Type":"MetadataExtraction","Parameters":[{"ParameterName":"MetadataExtractionQuery","ParameterValue":"{customer: .customer.id, type}"},{"ParameterName":"JsonParsingEngine","ParameterValue":"JQ-1.6"}]},
			{"Type":"AppendDelimiterToRecord","Parameters":[{"ParameterName":"Delimiter","ParameterValue":"\\n"}]}]}`)
		put(t, h, "clicks", `{"customer":{"id":7},"type":"view"}`, `{"customer":{"id":8},"type":"view"}`, `{"customer":{"id":7},"type":"view","n":2}`, `{}`)
		time.Sleep(300 * time.Second)
		synctest.Wait()
		found := objects(t, h, "archive")
		at := "2000/01/01/00/clicks-1-2000-01-01-00-00-00-<uuid>"
		require.Equal(t, `{"customer":{"id":7},"type":"view"}`+"\n"+`{"customer":{"id":7},"type":"view","n":2}`+"\n", found["c=7/t=view/"+at])
		require.Equal(t, `{"customer":{"id":8},"type":"view"}`+"\n", found["c=8/t=view/"+at])
		require.Contains(t, found["failed/processing-failed/clicks-1-2000-01-01-00-00-00-<uuid>"], `"rawData":"e30="`)
		require.Len(t, found, 3)
	})
}

func TestAFunctionAndABackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		h := newHandler(t, firehosehttp.Config{Functions: func(arn string) (firehose.TransformFunc, bool) {
			asked = append(asked, arn)
			return upper, true
		}})
		create(t, h, "clicks", `,"Prefix":"!{partitionKeyFromLambda:letter}/","ErrorOutputPrefix":"failed/!{firehose:error-output-type}/","DynamicPartitioningConfiguration":{"Enabled":true},
			"BufferingHints":{"SizeInMBs":64,"IntervalInSeconds":60},
			"ProcessingConfiguration":{"Enabled":true,"Processors":[{"Type":"Lambda","Parameters":[{"ParameterName":"LambdaArn","ParameterValue":"arn:f"},
			{"ParameterName":"BufferSizeInMBs","ParameterValue":"0.2"},{"ParameterName":"BufferIntervalInSeconds","ParameterValue":"10"},{"ParameterName":"NumberOfRetries","ParameterValue":"0"}]}]},
			"S3BackupMode":"Enabled","S3BackupConfiguration":{"RoleARN":"`+role+`","BucketARN":"arn:aws:s3:::raw","Prefix":"kept/","BufferingHints":{"SizeInMBs":1,"IntervalInSeconds":30}}`)
		require.Equal(t, []string{"arn:f"}, asked)
		put(t, h, "clicks", "ann", "bob", "", "abe")
		time.Sleep(30 * time.Second)
		synctest.Wait()
		require.Equal(t, map[string]string{"kept/2000/01/01/00/clicks-1-2000-01-01-00-00-00-<uuid>": "annbobabe"}, objects(t, h, "raw"))
		require.Empty(t, objects(t, h, "archive"))
		time.Sleep(40 * time.Second) // 10 for the function, 60 for the bucket
		synctest.Wait()
		require.Equal(t, map[string]string{
			"a/2000/01/01/00/clicks-1-2000-01-01-00-00-00-<uuid>": "ANNABE",
			"b/2000/01/01/00/clicks-1-2000-01-01-00-00-00-<uuid>": "BOB",
		}, objects(t, h, "archive"))
	})
}

func TestAStreamIsTheSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, err := kinesis.NewService(kinesis.ServiceConfig{})
		require.NoError(t, err)
		clicks, err := streams.CreateStream("clicks", kinesis.Config{ShardCount: 1})
		require.NoError(t, err)
		h := newHandler(t, firehosehttp.Config{Streams: streams})
		ask(t, h, "CreateDeliveryStream", `{"DeliveryStreamName":"archive","DeliveryStreamType":"KinesisStreamAsSource",
			"KinesisStreamSourceConfiguration":{"KinesisStreamARN":"`+clicks.ARN()+`","RoleARN":"`+role+`"},"S3DestinationConfiguration":{`+bucket+`}}`)
		_, err = clicks.Put(t.Context(), kinesis.Entry{PartitionKey: "a", Data: []byte("from the stream")})
		require.NoError(t, err)
		time.Sleep(301 * time.Second)
		synctest.Wait()
		found := objects(t, h, "archive")
		require.Len(t, found, 1)
		for _, data := range found {
			require.Equal(t, "from the stream", data)
		}
		require.Equal(t, problem{"InvalidArgumentException", "This operation is not permitted on KinesisStreamAsSource delivery stream type.", 400},
			refused(t, h, "PutRecord", `{"DeliveryStreamName":"archive","Record":{"Data":""}}`))
		require.NoError(t, h.Service().Shutdown(t.Context()))
	})
}

// endpoint is an HTTP endpoint that can be down.
type endpoint struct {
	down     bool
	requests []*http.Request
	records  []string
}

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	var body struct {
		RequestID string `json:"requestId"`
		Timestamp int64  `json:"timestamp"`
		Records   []struct{ Data []byte }
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, err
	}
	e.requests = append(e.requests, r)
	response := &http.Response{StatusCode: 503, Header: http.Header{"Content-Type": {"application/json"}}, Request: r}
	if !e.down {
		response.StatusCode = 200
		for _, record := range body.Records {
			e.records = append(e.records, string(record.Data))
		}
	}
	response.Body = io.NopCloser(strings.NewReader(fmt.Sprintf(`{"requestId":%q,"timestamp":%d}`, body.RequestID, body.Timestamp)))
	return response, nil
}

func TestAnHTTPEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := &endpoint{}
		h := newHandler(t, firehosehttp.Config{Transport: far})
		ask(t, h, "CreateDeliveryStream", `{"DeliveryStreamName":"web","HttpEndpointDestinationConfiguration":{
			"EndpointConfiguration":{"Url":"https://logs.test/in","Name":"logs","AccessKey":"secret"},"BufferingHints":{"SizeInMBs":1,"IntervalInSeconds":60},
			"RequestConfiguration":{"ContentEncoding":"NONE","CommonAttributes":[{"AttributeName":"env","AttributeValue":"test"}]},
			"RetryOptions":{"DurationInSeconds":10},"S3Configuration":{`+bucket+`,"Prefix":"lost/"}}}`)
		put(t, h, "web", "a", "b")
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []string{"a", "b"}, far.records)
		require.Equal(t, "secret", far.requests[0].Header.Get("X-Amz-Firehose-Access-Key"))
		require.JSONEq(t, `{"commonAttributes":{"env":"test"}}`, far.requests[0].Header.Get("X-Amz-Firehose-Common-Attributes"))
		require.Equal(t, arns+"web", far.requests[0].Header.Get("X-Amz-Firehose-Source-Arn"))

		_, destination := description(t, h, "web")
		require.NotContains(t, fmt.Sprint(destination), "secret")
		far.down = true
		put(t, h, "web", "c")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		keys := h.Objects().List("archive", "lost/http-endpoint-failed/2000/01/01/00/web-1-")
		require.Len(t, keys, 1)
		object, _ := h.Objects().Get("archive", keys[0])
		require.Contains(t, string(object.Data), `"rawData":"Yw=="`)
		require.Empty(t, object.ContentEncoding)
		require.False(t, object.CreatedAt.IsZero())

		far.down = false
		ask(t, h, "UpdateDestination", `{"DeliveryStreamName":"web","CurrentDeliveryStreamVersionId":"1","DestinationId":"destinationId-000000000001",
			"HttpEndpointDestinationUpdate":{"S3BackupMode":"AllData","S3Update":{"Prefix":"all/"}}}`)
		put(t, h, "web", "d")
		time.Sleep(300 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"a", "b", "d"}, far.records, "the endpoint is still the one")
		require.Len(t, h.Objects().List("archive", "all/2000/01/01/00/web-2-"), 1)
	})
}

// TestNoTransport: what nobody can carry goes to the bucket, and says why.
func TestNoTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, firehosehttp.Config{})
		ask(t, h, "CreateDeliveryStream", `{"DeliveryStreamName":"web","HttpEndpointDestinationConfiguration":{
			"EndpointConfiguration":{"Url":"https://logs.test/in"},"BufferingHints":{"SizeInMBs":1,"IntervalInSeconds":60},
			"RetryOptions":{"DurationInSeconds":10},"S3Configuration":{`+bucket+`}}}`)
		put(t, h, "web", "c")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		keys := h.Objects().List("archive", "http-endpoint-failed/")
		require.Len(t, keys, 1)
		object, _ := h.Objects().Get("archive", keys[0])
		require.Contains(t, string(object.Data), "set Config.Transport")
	})
}

func TestBucketsAreDirectories(t *testing.T) {
	dir := t.TempDir()
	h := newHandler(t, firehosehttp.Config{Directory: dir})
	create(t, h, "clicks", `,"BufferingHints":{"SizeInMBs":1,"IntervalInSeconds":0}`)
	create(t, h, "views", `,"BufferingHints":{"SizeInMBs":1,"IntervalInSeconds":0}`)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries, "a directory is made for the first object")
	put(t, h, "clicks", "a")
	put(t, h, "views", "b")
	require.NoError(t, h.Service().Shutdown(t.Context()))
	var data []string
	require.NoError(t, filepath.WalkDir(filepath.Join(dir, "archive"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			data = append(data, string(content))
		}
		return err
	}))
	slices.Sort(data)
	require.Equal(t, []string{"a", "b"}, data)
	require.Empty(t, h.Objects().List("archive", ""))

	require.NoError(t, h.Close())
	sink, err := h.Bucket("archive")
	require.NoError(t, err)
	require.ErrorIs(t, sink.Deliver(t.Context(), &firehose.Delivery{Key: "a"}), os.ErrClosed)
	for _, name := range []string{".", "..", "a/b", ""} {
		_, err := h.Bucket(name)
		require.ErrorIs(t, err, firehose.ErrInvalidArgument, name)
	}
	require.Equal(t, problem{"InvalidArgumentException", "A bucket of the name .. can not be a directory.", 400},
		refused(t, h, "CreateDeliveryStream", `{"DeliveryStreamName":"up","S3DestinationConfiguration":{"RoleARN":"`+role+`","BucketARN":"arn:aws:s3:::.."}}`))
}

// TestADirectoryThatCanNotBe is told by failed deliveries, which are repeated.
func TestADirectoryThatCanNotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	h := newHandler(t, firehosehttp.Config{Directory: file})
	sink, err := h.Bucket("archive")
	require.NoError(t, err)
	delivery := &firehose.Delivery{Key: "a/b", Records: []firehose.Record{{Data: []byte("c")}}}
	require.Error(t, sink.Deliver(t.Context(), delivery))
	require.NoError(t, os.Remove(file))
	require.NoError(t, sink.Deliver(t.Context(), delivery))
	data, err := os.ReadFile(filepath.Join(file, "archive", "a", "b"))
	require.NoError(t, err)
	require.Equal(t, "c", string(data))
}

func TestWhatIsBeingCreated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, err := firehose.NewService(firehose.ServiceConfig{TransitionTime: 10 * time.Second})
		require.NoError(t, err)
		h := firehosehttp.NewHandler(service, firehosehttp.Config{})
		create(t, h, "slow", "")
		stream, _ := description(t, h, "slow")
		require.Equal(t, "CREATING", stream["DeliveryStreamStatus"])
		require.Equal(t, problem{"ResourceInUseException", "Firehose slow under account 000000000000 is being created.", 400},
			refused(t, h, "DeleteDeliveryStream", `{"DeliveryStreamName":"slow"}`))
		require.Equal(t, "ResourceNotFoundException", refused(t, h, "PutRecord", `{"DeliveryStreamName":"slow","Record":{"Data":""}}`).kind)
		require.Equal(t, "ResourceInUseException", refused(t, h, "TagDeliveryStream", `{"DeliveryStreamName":"slow","Tags":[{"Key":"a"}]}`).kind)
		time.Sleep(10 * time.Second)
		put(t, h, "slow", "a")
		ask(t, h, "DeleteDeliveryStream", `{"DeliveryStreamName":"slow"}`)
		stream, _ = description(t, h, "slow")
		require.Equal(t, "DELETING", stream["DeliveryStreamStatus"])
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, "ResourceNotFoundException", refused(t, h, "DescribeDeliveryStream", `{"DeliveryStreamName":"slow"}`).kind)
	})
}

func TestForceWhatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, firehosehttp.Config{Destination: func(context.Context, *firehosehttp.DestinationRequest) (firehose.Config, error) {
			return firehose.Config{Sink: firehose.SinkFunc(func(ctx context.Context, _ *firehose.Delivery) error {
				<-ctx.Done()
				return ctx.Err()
			})}, nil
		}})
		create(t, h, "stuck", "")
		put(t, h, "stuck", "a")
		ask(t, h, "DeleteDeliveryStream", `{"DeliveryStreamName":"stuck","AllowForceDelete":true}`)
		time.Sleep(time.Hour)
		stream, _ := description(t, h, "stuck")
		require.Equal(t, "DELETING", stream["DeliveryStreamStatus"])
		ask(t, h, "DeleteDeliveryStream", `{"DeliveryStreamName":"stuck"}`)
		stream, _ = description(t, h, "stuck")
		require.Equal(t, "DELETING", stream["DeliveryStreamStatus"])
		ask(t, h, "DeleteDeliveryStream", `{"DeliveryStreamName":"stuck","AllowForceDelete":true}`)
		require.Equal(t, "ResourceNotFoundException", refused(t, h, "DescribeDeliveryStream", `{"DeliveryStreamName":"stuck"}`).kind)
	})
}
