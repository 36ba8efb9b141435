package firehosehttp_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
)

// FuzzHandler throws two requests with arbitrary bodies at a handler, one after the
// other. Whatever comes, the handler answers, does not blame itself, and can describe
// what came of it.
func FuzzHandler(f *testing.F) {
	const (
		s3 = `"RoleARN":"` + role + `","BucketARN":"arn:aws:s3:::archive","Prefix":"!{partitionKeyFromQuery:a}/","ErrorOutputPrefix":"e/!{firehose:error-output-type}/",` +
			`"BufferingHints":{"SizeInMBs":64,"IntervalInSeconds":60},"CompressionFormat":"GZIP","EncryptionConfiguration":{"NoEncryptionConfig":"NoEncryption"},"CloudWatchLoggingOptions":{"Enabled":true},` +
			`"ProcessingConfiguration":{"Enabled":true,"Processors":[{"Type":"MetadataExtraction","Parameters":[{"ParameterName":"MetadataExtractionQuery","ParameterValue":"{a: .b}"},` +
			`{"ParameterName":"JsonParsingEngine","ParameterValue":"JQ-1.6"}]},{"Type":"Lambda","Parameters":[{"ParameterName":"LambdaArn","ParameterValue":"arn:f"}]},{"Type":"AppendDelimiterToRecord"}]},` +
			`"S3BackupMode":"Enabled","S3BackupConfiguration":{` + bucket + `},"DynamicPartitioningConfiguration":{"Enabled":true},"FileExtension":".gz","CustomTimeZone":"Europe/Berlin"`
		web = `"EndpointConfiguration":{"Url":"https://a.test","AccessKey":"k"},"RequestConfiguration":{"ContentEncoding":"GZIP","CommonAttributes":[{"AttributeName":"a","AttributeValue":"b"}]},` +
			`"RetryOptions":{"DurationInSeconds":3},"S3BackupMode":"AllData"`
		update = `{"DeliveryStreamName":"clicks","CurrentDeliveryStreamVersionId":"1","DestinationId":"destinationId-000000000001",`
		named  = `{"DeliveryStreamName":"clicks","Limit":3,"Tags":[{"Key":"a","Value":"b"}],"TagKeys":["a"],"Record":{"Data":"YQ=="},"Records":[{"Data":"YQ=="},{"Data":""}],` +
			`"ExclusiveStartTagKey":"a","DeliveryStreamEncryptionConfigurationInput":{"KeyType":"AWS_OWNED_CMK"}}`
	)
	for _, action := range []string{"DeleteDeliveryStream", "PutRecordBatch", "TagDeliveryStream", "StartDeliveryStreamEncryption", "ListTagsForDeliveryStream"} {
		f.Add(action, named, "PutRecord", named)
	}
	f.Add("CreateDeliveryStream", `{"DeliveryStreamName":"new","ExtendedS3DestinationConfiguration":{`+s3+`}}`, "ListDeliveryStreams", `{"Limit":1}`)
	f.Add("CreateDeliveryStream", `{"DeliveryStreamName":"new","HttpEndpointDestinationConfiguration":{`+web+`,"S3Configuration":{`+bucket+`}}}`, "StopDeliveryStreamEncryption", named)
	f.Add("CreateDeliveryStream", `{"DeliveryStreamName":"new","DeliveryStreamType":"KinesisStreamAsSource","KinesisStreamSourceConfiguration":{"RoleARN":"`+role+
		`","KinesisStreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/clicks"},"S3DestinationConfiguration":{`+bucket+`}}`, "Fly", "")
	f.Add("UpdateDestination", update+`"HttpEndpointDestinationUpdate":{`+web+`,"S3Update":{`+bucket+`}}}`, "DescribeDeliveryStream", named)
	f.Add("UpdateDestination", update+`"ExtendedS3DestinationUpdate":{"S3BackupUpdate":{`+bucket+`}}}`, "UpdateDestination", strings.Replace(update, `"1"`, `"2"`, 1)+`"S3DestinationUpdate":{}}`)
	f.Add("UpdateDestination", update+`"SplunkDestinationUpdate":{"HECToken":"a"}}`, "UntagDeliveryStream", named)
	f.Fuzz(func(t *testing.T, action, body, then, more string) {
		synctest.Test(t, func(t *testing.T) {
			streams, err := kinesis.NewService(kinesis.ServiceConfig{})
			require.NoError(t, err)
			_, err = streams.CreateStream("clicks", kinesis.Config{ShardCount: 1})
			require.NoError(t, err)
			h := newHandler(t, firehosehttp.Config{
				Streams: streams, Transport: &endpoint{},
				Functions: func(string) (firehose.TransformFunc, bool) { return upper, true },
			})
			create(t, h, "clicks", "")
			throw(t, h, action, body)
			throw(t, h, then, more)
			for _, name := range ask(t, h, "ListDeliveryStreams", `{"Limit":10000}`)["DeliveryStreamNames"].([]any) {
				throw(t, h, "DescribeDeliveryStream", `{"DeliveryStreamName":"`+name.(string)+`"}`)
			}
			require.NoError(t, h.Service().Shutdown(t.Context()))
		})
	})
}

func throw(t *testing.T, h http.Handler, action, body string) {
	r := httptest.NewRequest(http.MethodPost, host+"/", nil)
	r.Header.Set("Content-Type", jsonType)
	r.Header["X-Amz-Target"] = []string{"Firehose_20150804." + action}
	r.Body = io.NopCloser(strings.NewReader(body))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.Less(t, w.Code, 500, w.Body)
	require.True(t, json.Valid(w.Body.Bytes()), w.Body)
}
