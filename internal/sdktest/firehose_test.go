package sdktest

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsfirehose "github.com/aws/aws-sdk-go-v2/service/firehose"
	firehosetypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
)

const firehoseRole = "arn:aws:iam::000000000000:role/firehose"

// newFirehose returns a client of Firehose, signed in by a key that the handler knows,
// and the handler.
func newFirehose(t *testing.T, cfg firehosehttp.Config) (*awsfirehose.Client, *firehosehttp.Handler) {
	t.Helper()
	service, err := firehose.NewService(firehose.ServiceConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { service.Close() })
	cfg.Keys = map[string]string{foreignKey: foreignSecret}
	h := firehosehttp.NewHandler(service, cfg)
	return awsfirehose.New(awsfirehose.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("https://firehose.memory.test"),
		Credentials:  keys(foreignKey, foreignSecret),
		HTTPClient:   &http.Client{Transport: h.RoundTripper()},
	}), h
}

// firehoseTexts returns the objects of a bucket, by their keys without the part that is random.
func firehoseTexts(h *firehosehttp.Handler, bucket string) map[string]string {
	found := map[string]string{}
	for _, key := range h.Objects().List(bucket, "") {
		object, _ := h.Objects().Get(bucket, key)
		found[key[:len(key)-36]] = string(object.Data)
	}
	return found
}

// TestFirehoseOverTheSDK has a delivery stream live its life by all twelve actions.
func TestFirehoseOverTheSDK(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, h := newFirehose(t, firehosehttp.Config{})
		ctx, name := t.Context(), aws.String("archive")
		created := call(t, c.CreateDeliveryStream, &awsfirehose.CreateDeliveryStreamInput{
			DeliveryStreamName: name,
			DeliveryStreamType: firehosetypes.DeliveryStreamTypeDirectPut,
			ExtendedS3DestinationConfiguration: &firehosetypes.ExtendedS3DestinationConfiguration{
				BucketARN: aws.String("arn:aws:s3:::archive"), RoleARN: aws.String(firehoseRole), Prefix: aws.String("raw/"),
				BufferingHints: &firehosetypes.BufferingHints{SizeInMBs: aws.Int32(1), IntervalInSeconds: aws.Int32(60)},
				S3BackupMode:   firehosetypes.S3BackupModeDisabled,
				ProcessingConfiguration: &firehosetypes.ProcessingConfiguration{Enabled: aws.Bool(true), Processors: []firehosetypes.Processor{{
					Type:       firehosetypes.ProcessorTypeAppendDelimiterToRecord,
					Parameters: []firehosetypes.ProcessorParameter{{ParameterName: firehosetypes.ProcessorParameterNameDelimiter, ParameterValue: aws.String(`\n`)}},
				}}},
			},
			Tags: []firehosetypes.Tag{{Key: aws.String("team"), Value: aws.String("web")}},
		})
		require.Equal(t, "arn:aws:firehose:us-east-1:000000000000:deliverystream/archive", *created.DeliveryStreamARN)

		put := call(t, c.PutRecord, &awsfirehose.PutRecordInput{DeliveryStreamName: name, Record: &firehosetypes.Record{Data: []byte("one")}})
		require.Len(t, *put.RecordId, 36)
		require.False(t, *put.Encrypted)
		batch := call(t, c.PutRecordBatch, &awsfirehose.PutRecordBatchInput{DeliveryStreamName: name, Records: []firehosetypes.Record{{Data: []byte("two")}, {Data: []byte("three")}}})
		require.EqualValues(t, 0, *batch.FailedPutCount)
		require.Len(t, batch.RequestResponses, 2)
		require.Nil(t, batch.RequestResponses[1].ErrorCode)
		start := time.Now()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, map[string]string{"raw/2000/01/01/00/archive-1-2000-01-01-00-00-00-": "one\ntwo\nthree\n"}, firehoseTexts(h, "archive"))

		described := call(t, c.DescribeDeliveryStream, &awsfirehose.DescribeDeliveryStreamInput{DeliveryStreamName: name})
		d := described.DeliveryStreamDescription
		require.Equal(t, firehosetypes.DeliveryStreamStatusActive, d.DeliveryStreamStatus)
		require.Equal(t, "1", *d.VersionId)
		require.WithinDuration(t, start, *d.CreateTimestamp, time.Second)
		require.Equal(t, firehosetypes.DeliveryStreamEncryptionStatusDisabled, d.DeliveryStreamEncryptionConfiguration.Status)
		require.EqualValues(t, 60, *d.Destinations[0].ExtendedS3DestinationDescription.BufferingHints.IntervalInSeconds)
		require.Equal(t, firehosetypes.CompressionFormatUncompressed, d.Destinations[0].S3DestinationDescription.CompressionFormat)

		update := &awsfirehose.UpdateDestinationInput{
			DeliveryStreamName: name, CurrentDeliveryStreamVersionId: d.VersionId, DestinationId: d.Destinations[0].DestinationId,
			ExtendedS3DestinationUpdate: &firehosetypes.ExtendedS3DestinationUpdate{Prefix: aws.String("new/")},
		}
		call(t, c.UpdateDestination, update)
		_, err := c.UpdateDestination(ctx, update)
		var concurrent *firehosetypes.ConcurrentModificationException
		require.ErrorAs(t, err, &concurrent)

		call(t, c.StartDeliveryStreamEncryption, &awsfirehose.StartDeliveryStreamEncryptionInput{DeliveryStreamName: name,
			DeliveryStreamEncryptionConfigurationInput: &firehosetypes.DeliveryStreamEncryptionConfigurationInput{KeyType: firehosetypes.KeyTypeAwsOwnedCmk}})
		put = call(t, c.PutRecord, &awsfirehose.PutRecordInput{DeliveryStreamName: name, Record: &firehosetypes.Record{Data: []byte("four")}})
		require.True(t, *put.Encrypted)
		call(t, c.StopDeliveryStreamEncryption, &awsfirehose.StopDeliveryStreamEncryptionInput{DeliveryStreamName: name})

		call(t, c.TagDeliveryStream, &awsfirehose.TagDeliveryStreamInput{DeliveryStreamName: name, Tags: []firehosetypes.Tag{{Key: aws.String("stage")}}})
		call(t, c.UntagDeliveryStream, &awsfirehose.UntagDeliveryStreamInput{DeliveryStreamName: name, TagKeys: []string{"team"}})
		tags := call(t, c.ListTagsForDeliveryStream, &awsfirehose.ListTagsForDeliveryStreamInput{DeliveryStreamName: name})
		require.Len(t, tags.Tags, 1)
		require.Equal(t, "stage", *tags.Tags[0].Key)
		require.False(t, *tags.HasMoreTags)

		call(t, c.DeleteDeliveryStream, &awsfirehose.DeleteDeliveryStreamInput{DeliveryStreamName: name})
		synctest.Wait()
		require.Equal(t, "four\n", firehoseTexts(h, "archive")["new/2000/01/01/00/archive-2-2000-01-01-00-01-00-"])
		list := call(t, c.ListDeliveryStreams, &awsfirehose.ListDeliveryStreamsInput{})
		require.Empty(t, list.DeliveryStreamNames)
		require.False(t, *list.HasMoreDeliveryStreams)
		_, err = c.DescribeDeliveryStream(ctx, &awsfirehose.DescribeDeliveryStreamInput{DeliveryStreamName: name})
		var gone *firehosetypes.ResourceNotFoundException
		require.ErrorAs(t, err, &gone)
		require.Equal(t, "Firehose archive under account 000000000000 not found.", gone.ErrorMessage())
	})
}

// TestFirehoseBetweenAStreamAndAnEndpoint: the source is a Kinesis stream, the
// destination an HTTP endpoint, which has leat's receiver.
func TestFirehoseBetweenAStreamAndAnEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		receiver := &firehose.HTTPReceiver{AccessKey: "open sesame", OnDelivery: func(_ context.Context, d *firehose.ReceivedDelivery) error {
			require.Equal(t, map[string]string{"stage": "test"}, d.CommonAttributes)
			for _, r := range d.Records {
				got = append(got, string(r))
			}
			return nil
		}}
		streams, err := kinesis.NewService(kinesis.ServiceConfig{})
		require.NoError(t, err)
		stream, err := streams.CreateStream("clicks", kinesis.Config{ShardCount: 1})
		require.NoError(t, err)
		c, h := newFirehose(t, firehosehttp.Config{Streams: streams, Transport: &memhttp.Transport{Handler: receiver}})
		name := aws.String("web")
		call(t, c.CreateDeliveryStream, &awsfirehose.CreateDeliveryStreamInput{
			DeliveryStreamName: name,
			DeliveryStreamType: firehosetypes.DeliveryStreamTypeKinesisStreamAsSource,
			KinesisStreamSourceConfiguration: &firehosetypes.KinesisStreamSourceConfiguration{
				KinesisStreamARN: aws.String(clicksARN), RoleARN: aws.String(firehoseRole),
			},
			HttpEndpointDestinationConfiguration: &firehosetypes.HttpEndpointDestinationConfiguration{
				EndpointConfiguration: &firehosetypes.HttpEndpointConfiguration{Url: aws.String("https://logs.memory.test/in"), AccessKey: aws.String("open sesame")},
				RequestConfiguration: &firehosetypes.HttpEndpointRequestConfiguration{ContentEncoding: firehosetypes.ContentEncodingGzip,
					CommonAttributes: []firehosetypes.HttpEndpointCommonAttribute{{AttributeName: aws.String("stage"), AttributeValue: aws.String("test")}}},
				S3Configuration: &firehosetypes.S3DestinationConfiguration{BucketARN: aws.String("arn:aws:s3:::lost"), RoleARN: aws.String(firehoseRole)},
			},
		})
		_, err = stream.Put(t.Context(), kinesis.Entry{PartitionKey: "a", Data: []byte("clicked")})
		require.NoError(t, err)
		time.Sleep(301 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"clicked"}, got)
		require.Empty(t, firehoseTexts(h, "lost"))

		d := call(t, c.DescribeDeliveryStream, &awsfirehose.DescribeDeliveryStreamInput{DeliveryStreamName: name}).DeliveryStreamDescription
		require.Equal(t, clicksARN, *d.Source.KinesisStreamSourceDescription.KinesisStreamARN)
		require.Equal(t, *d.CreateTimestamp, *d.Source.KinesisStreamSourceDescription.DeliveryStartTimestamp)
		require.Equal(t, "https://logs.memory.test/in", *d.Destinations[0].HttpEndpointDestinationDescription.EndpointConfiguration.Url)
		require.EqualValues(t, 300, *d.Destinations[0].HttpEndpointDestinationDescription.RetryOptions.DurationInSeconds)
		_, err = c.PutRecord(t.Context(), &awsfirehose.PutRecordInput{DeliveryStreamName: name, Record: &firehosetypes.Record{Data: []byte("a")}})
		var invalid *firehosetypes.InvalidArgumentException
		require.ErrorAs(t, err, &invalid)
		call(t, c.DeleteDeliveryStream, &awsfirehose.DeleteDeliveryStreamInput{DeliveryStreamName: name})
		synctest.Wait()
	})
}

// TestTheSDKRetriesInjectedFaultsOfFirehose: it tries three times, after that the error is
// the caller's.
func TestTheSDKRetriesInjectedFaultsOfFirehose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, h := newFirehose(t, firehosehttp.Config{})
		list := &awsfirehose.ListDeliveryStreamsInput{}
		slow := firehosehttp.Fault{Op: "ListDeliveryStreams", Times: 2, Code: "ServiceUnavailableException", Message: "Slow down."}
		_, err := h.Faults().Add(slow)
		require.NoError(t, err)
		call(t, c.ListDeliveryStreams, list)
		slow.Times = 3
		_, err = h.Faults().Add(slow)
		require.NoError(t, err)
		_, err = c.ListDeliveryStreams(t.Context(), list)
		var unavailable *firehosetypes.ServiceUnavailableException
		require.ErrorAs(t, err, &unavailable)
		require.Equal(t, "Slow down.", unavailable.ErrorMessage())
		var invalid smithy.APIError
		_, err = c.CreateDeliveryStream(t.Context(), &awsfirehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("a b")})
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "ValidationException", invalid.ErrorCode())
	})
}
