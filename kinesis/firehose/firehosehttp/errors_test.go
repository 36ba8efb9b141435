package firehosehttp_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
)

// parameters is a list of processor parameters, of names and values in turn.
func parameters(names ...string) string {
	var list []string
	for i := 0; i < len(names); i += 2 {
		list = append(list, fmt.Sprintf(`{"ParameterName":%q,"ParameterValue":%q}`, names[i], names[i+1]))
	}
	return `"Parameters":[` + strings.Join(list, ",") + `]`
}

// processing is a ProcessingConfiguration with processors, each the inside of one.
func processing(processors ...string) string {
	return `,"ProcessingConfiguration":{"Enabled":true,"Processors":[{` + strings.Join(processors, "},{") + `}]}`
}

// TestDestinationsThatAreRefused: what an ExtendedS3DestinationConfiguration adds to a
// bucket, and AWS's text where one is known.
func TestDestinationsThatAreRefused(t *testing.T) {
	const (
		partitioned = `,"Prefix":"!{partitionKeyFromQuery:a}/","ErrorOutputPrefix":"e/!{firehose:error-output-type}/","DynamicPartitioningConfiguration":{"Enabled":true}`
		path        = `,"Parameters":[{"ParameterName":"JsonParsingEngine","ParameterValue":"JQ-1.6"},{"ParameterName":"MetadataExtractionQuery","ParameterValue":"{a: .b}"}]`
		invalid     = "InvalidArgumentException"
		notJQ       = "leat understands a MetadataExtractionQuery of the form {name: .path, name: .path}, and no other jq."
	)
	lambda := func(names ...string) string {
		return processing(`"Type":"Lambda",` + parameters(append([]string{"LambdaArn", "arn:f"}, names...)...))
	}
	query := func(q string) string {
		return partitioned + processing(`"Type":"MetadataExtraction",`+parameters("JsonParsingEngine", "JQ-1.6", "MetadataExtractionQuery", q))
	}
	for _, c := range []struct{ more, kind, message string }{
		{`,"BufferingHints":{"SizeInMBs":5}`, invalid, "BufferingHints must have both SizeInMBs and IntervalInSeconds, or neither."},
		{`,"BufferingHints":{"IntervalInSeconds":5}`, invalid, "BufferingHints must have both SizeInMBs and IntervalInSeconds, or neither."},
		{`,"Prefix":"!{partitionKeyFromQuery:a}/","ErrorOutputPrefix":"!{firehose:error-output-type}/"`, invalid, "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled."},
		{`,"Prefix":"!{x:a}/","ErrorOutputPrefix":"!{firehose:error-output-type}/"`, invalid, "Ths supplied prefix(es) do not satisfy the following constraint: Namespace to the left of colon (x) is an invalid keyword!"},
		{`,"CustomTimeZone":"Europe/Nowhere"`, invalid, ""},
		{`,"S3BackupMode":"Enabled"`, invalid, "S3 backup destination configuration is required when enabling S3 backup."},
		{`,"S3BackupMode":"Enabled","S3BackupConfiguration":{` + bucket + `,"BufferingHints":{"SizeInMBs":5}}`, invalid, "BufferingHints must have both SizeInMBs and IntervalInSeconds, or neither."},
		{`,"DataFormatConversionConfiguration":{"Enabled":true}`, invalid, "leat does not convert data to Parquet or ORC; DataFormatConversionConfiguration can not be enabled."},
		{`,"DynamicPartitioningConfiguration":{"Enabled":true}`, invalid, "S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled"},
		{partitioned + `,"BufferingHints":{"SizeInMBs":63,"IntervalInSeconds":60}`, invalid, "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled."},
		{partitioned + `,"BufferingHints":{"SizeInMBs":64,"IntervalInSeconds":0}`, invalid, "BufferingHints.IntervalInSeconds must not be 0 when Dynamic Partitioning is enabled."},
		{partitioned, invalid, `Prefix names the partition key "a", for which there is neither a path nor a function.`},
		{processing(`"Type":"MetadataExtraction"` + path), invalid, "class com.amazonaws.services.firehose.internal.model.MetadataExtractionProcessor can only be present when Dynamic Partitioning is enabled."},
		{partitioned + processing(`"Type":"MetadataExtraction",`+parameters("MetadataExtractionQuery", "{a: .b}")), invalid, "MetaDataExtraction JSON Parsing Engine has to be one of JQ-1.6"},
		{partitioned + processing(`"Type":"MetadataExtraction",`+parameters("JsonParsingEngine", "JQ-1.6")), invalid, "MetadataExtractionQuery is required when MetadataExtraction processor is used."},
		{query("{a: .b, c: .d}"), invalid, "MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression"},
		{query(".b"), invalid, notJQ},
		{query(`{a: .b|tostring}`), invalid, ""},
		{query("{}"), invalid, notJQ},
		{`,"ProcessingConfiguration":{"Enabled":true}`, invalid, "A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled."},
		{processing(`"Type":"Lambda"`, `"Type":"Lambda"`, `"Type":"Lambda"`, `"Type":"Lambda"`, `"Type":"Lambda"`, `"Type":"Lambda"`), invalid, "A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled."},
		{processing(`"Type":"Lambda",`+parameters("LambdaArn", "arn:f"), `"Type":"Lambda",`+parameters("LambdaArn", "arn:f")), invalid, "Cannot have more than 1 Lambda processor."},
		{processing(`"Type":"Lambda"`), invalid, "LambdaArn is required when Lambda processor is used."},
		{processing(`"Type":"Lambda",` + parameters("LambdaArn", "arn:g")), invalid, "Lambda function arn:g is not found."},
		{lambda("NumberOfRetries", "301"), invalid, "Number of retries for lambda must be between 0 and 300."},
		{lambda("NumberOfRetries", "x"), invalid, "Number of retries for lambda must be between 0 and 300."},
		{lambda("BufferSizeInMBs", "1"), invalid, "Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for lambda processor."},
		{lambda("BufferIntervalInSeconds", "1"), invalid, "Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for lambda processor."},
		{lambda("BufferIntervalInSeconds", "1", "BufferSizeInMBs", "0.1"), invalid, "BufferSizeInMBs for lambda processor must be between 0.2 and 3."},
		{lambda("BufferIntervalInSeconds", "1", "BufferSizeInMBs", "NaN"), invalid, "BufferSizeInMBs for lambda processor must be between 0.2 and 3."},
		{lambda("BufferIntervalInSeconds", "901", "BufferSizeInMBs", "3"), invalid, "BufferIntervalInSeconds for lambda processor must be between 0 and 900."},
		{processing(`"Type":"RecordDeAggregation",` + parameters("SubRecordType", "JSON")), invalid, "leat has no processor of the type RecordDeAggregation."},
		{processing(`"Type":"Decompression"`), invalid, "leat has no processor of the type Decompression."},
		{processing(`"Type":"AppendDelimiterToRecord",` + parameters("Delimiter", "|")), invalid, `leat appends no other delimiter than \n.`},
	} {
		h := newHandler(t, firehosehttp.Config{Functions: func(arn string) (firehose.TransformFunc, bool) { return upper, arn == "arn:f" }})
		got := refused(t, h, "CreateDeliveryStream", `{"DeliveryStreamName":"a","ExtendedS3DestinationConfiguration":{`+bucket+c.more+`}}`)
		if c.message == "" {
			c.message = got.message // the engine's
		}
		require.Equal(t, problem{c.kind, c.message, 400}, got, c.more)
		require.Empty(t, ask(t, h, "ListDeliveryStreams", `{}`)["DeliveryStreamNames"])
	}
}

// TestConstraints: requests with one fault of form each, and where it is.
func TestConstraints(t *testing.T) {
	in := func(member string) string {
		return `{"DeliveryStreamName":"a","ExtendedS3DestinationConfiguration":{` + bucket + `,` + member + `}}`
	}
	web := func(members string) string {
		return `{"DeliveryStreamName":"a","HttpEndpointDestinationConfiguration":{` + members + `}}`
	}
	const s3, url = `"S3Configuration":{` + bucket + `}`, `"EndpointConfiguration":{"Url":"https://a.test"}`
	for _, c := range []struct{ action, body, want string }{
		{"CreateDeliveryStream", `{}`, "Value null at 'deliveryStreamName' failed to satisfy constraint: Member must not be null"},
		{"CreateDeliveryStream", `{"DeliveryStreamName":"` + strings.Repeat("a", 65) + `"}`, "Value '" + strings.Repeat("a", 65) + "' at 'deliveryStreamName' failed to satisfy constraint: Member must have length less than or equal to 64"},
		{"CreateDeliveryStream", `{"DeliveryStreamName":"a","DeliveryStreamType":"Direct"}`, "Value 'Direct' at 'deliveryStreamType' failed to satisfy constraint: Member must satisfy enum value set: [DirectPut, KinesisStreamAsSource, MSKAsSource, DatabaseAsSource]"},
		{"CreateDeliveryStream", `{"DeliveryStreamName":"a","DirectPutSourceConfiguration":{"ThroughputHintInMBs":101}}`, "Value '101' at 'directPutSourceConfiguration.throughputHintInMBs' failed to satisfy constraint: Member must have value less than or equal to 100"},
		{"CreateDeliveryStream", `{"DeliveryStreamName":"a","KinesisStreamSourceConfiguration":{"RoleARN":"` + role + `"}}`, "Value null at 'kinesisStreamSourceConfiguration.kinesisStreamARN' failed to satisfy constraint: Member must not be null"},
		{"CreateDeliveryStream", `{"DeliveryStreamName":"a","S3DestinationConfiguration":{"RoleARN":"` + role + `"}}`, "Value null at 's3DestinationConfiguration.bucketARN' failed to satisfy constraint: Member must not be null"},
		{"CreateDeliveryStream", `{"DeliveryStreamName":"a","S3DestinationConfiguration":{"RoleARN":"me","BucketARN":"arn:aws:s3:::a"}}`, `Value 'me' at 's3DestinationConfiguration.roleARN' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:.*:iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-_/]+`},
		{"CreateDeliveryStream", in(`"BufferingHints":{"SizeInMBs":129,"IntervalInSeconds":60}`), "Value '129' at 'extendedS3DestinationConfiguration.bufferingHints.sizeInMBs' failed to satisfy constraint: Member must have value less than or equal to 128"},
		{"CreateDeliveryStream", in(`"BufferingHints":{"SizeInMBs":1,"IntervalInSeconds":901}`), "Value '901' at 'extendedS3DestinationConfiguration.bufferingHints.intervalInSeconds' failed to satisfy constraint: Member must have value less than or equal to 900"},
		{"CreateDeliveryStream", in(`"CompressionFormat":"LZ4"`), "Value 'LZ4' at 'extendedS3DestinationConfiguration.compressionFormat' failed to satisfy constraint: Member must satisfy enum value set: [ZIP, UNCOMPRESSED, Snappy, HADOOP_SNAPPY, GZIP]"},
		{"CreateDeliveryStream", in(`"FileExtension":"gz"`), `Value 'gz' at 'extendedS3DestinationConfiguration.fileExtension' failed to satisfy constraint: Member must satisfy regular expression pattern: ^$|\.[0-9a-z!\-_.*'()]+`},
		{"CreateDeliveryStream", in(`"S3BackupConfiguration":{}`), "2 validation errors detected: Value null at 'extendedS3DestinationConfiguration.s3BackupConfiguration.roleARN' failed to satisfy constraint: Member must not be null; Value null at 'extendedS3DestinationConfiguration.s3BackupConfiguration.bucketARN' failed to satisfy constraint: Member must not be null"},
		{"CreateDeliveryStream", in(`"EncryptionConfiguration":{"KMSEncryptionConfig":{}}`), "Value null at 'extendedS3DestinationConfiguration.encryptionConfiguration.kMSEncryptionConfig.aWSKMSKeyARN' failed to satisfy constraint: Member must not be null"},
		{"CreateDeliveryStream", in(`"CloudWatchLoggingOptions":{"LogStreamName":"a:b"}`), "Value 'a:b' at 'extendedS3DestinationConfiguration.cloudWatchLoggingOptions.logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*"},
		{"CreateDeliveryStream", in(`"DynamicPartitioningConfiguration":{"RetryOptions":{"DurationInSeconds":7201}}`), "Value '7201' at 'extendedS3DestinationConfiguration.dynamicPartitioningConfiguration.retryOptions.durationInSeconds' failed to satisfy constraint: Member must have value less than or equal to 7200"},
		{"CreateDeliveryStream", in(`"ProcessingConfiguration":{"Processors":[{"Type":"Lambda"},{}]}`), "Value null at 'extendedS3DestinationConfiguration.processingConfiguration.processors.2.member.type' failed to satisfy constraint: Member must not be null"},
		{"CreateDeliveryStream", in(`"ProcessingConfiguration":{"Processors":[{"Type":"Lambda","Parameters":[{"ParameterName":"LambdaArn","ParameterValue":" "}]}]}`), `Value ' ' at 'extendedS3DestinationConfiguration.processingConfiguration.processors.1.member.parameters.1.member.parameterValue' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?!\s*$).+`},
		{"CreateDeliveryStream", in(`"ProcessingConfiguration":{"Processors":[{"Type":"Lambda","Parameters":[` + strings.Repeat(`{"ParameterName":"RoleArn","ParameterValue":"a"},`, 99) + `{"ParameterName":"RoleArn","ParameterValue":"a"}]}]}`),
			"Value at 'extendedS3DestinationConfiguration.processingConfiguration.processors.1.member.parameters' failed to satisfy constraint: Member must have length less than or equal to 50"},
		{"CreateDeliveryStream", web(s3 + `,` + url + `,"RequestConfiguration":{"CommonAttributes":[` + strings.Repeat(`{"AttributeName":"a","AttributeValue":"b"},`, 99) + `{"AttributeName":"a","AttributeValue":"b"}]}`),
			"Value at 'httpEndpointDestinationConfiguration.requestConfiguration.commonAttributes' failed to satisfy constraint: Member must have length less than or equal to 50"},
		{"CreateDeliveryStream", web(s3), "Value null at 'httpEndpointDestinationConfiguration.endpointConfiguration' failed to satisfy constraint: Member must not be null"},
		{"CreateDeliveryStream", web(url), "Value null at 'httpEndpointDestinationConfiguration.s3Configuration' failed to satisfy constraint: Member must not be null"},
		{"CreateDeliveryStream", web(s3 + `,"EndpointConfiguration":{"Url":"http://user:secret@a.test"}`), "Value at 'httpEndpointDestinationConfiguration.endpointConfiguration.url' failed to satisfy constraint: Member must satisfy regular expression pattern: https://.*"},
		{"CreateDeliveryStream", web(s3 + `,` + url + `,"BufferingHints":{"SizeInMBs":65,"IntervalInSeconds":60}`), "Value '65' at 'httpEndpointDestinationConfiguration.bufferingHints.sizeInMBs' failed to satisfy constraint: Member must have value less than or equal to 64"},
		{"CreateDeliveryStream", web(s3 + `,` + url + `,"RequestConfiguration":{"CommonAttributes":[{"AttributeName":"a"}]}`), "Value null at 'httpEndpointDestinationConfiguration.requestConfiguration.commonAttributes.1.member.attributeValue' failed to satisfy constraint: Member must not be null"},
		{"CreateDeliveryStream", web(s3 + `,` + url + `,"SecretsManagerConfiguration":{}`), "Value null at 'httpEndpointDestinationConfiguration.secretsManagerConfiguration.enabled' failed to satisfy constraint: Member must not be null"},
		{"CreateDeliveryStream", web(s3 + `,` + url + `,"S3BackupMode":"Enabled"`), "Value 'Enabled' at 'httpEndpointDestinationConfiguration.s3BackupMode' failed to satisfy constraint: Member must satisfy enum value set: [FailedDataOnly, AllData]"},
		{"UpdateDestination", `{"DeliveryStreamName":"a","CurrentDeliveryStreamVersionId":"x","DestinationId":"1"}`, "Value 'x' at 'currentDeliveryStreamVersionId' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9]+"},
		{"UpdateDestination", `{"DeliveryStreamName":"a","CurrentDeliveryStreamVersionId":"1"}`, "Value null at 'destinationId' failed to satisfy constraint: Member must not be null"},
		{"UpdateDestination", `{"DeliveryStreamName":"a","CurrentDeliveryStreamVersionId":"1","DestinationId":"1","ExtendedS3DestinationUpdate":{"S3BackupUpdate":{"BucketARN":"x"}}}`, `Value 'x' at 'extendedS3DestinationUpdate.s3BackupUpdate.bucketARN' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:.*:s3:::[\w\.\-]{1,255}`},
		{"DescribeDeliveryStream", `{"DeliveryStreamName":"a","Limit":0}`, "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"ListDeliveryStreams", `{"Limit":10001}`, "Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"},
		{"DeleteDeliveryStream", `{"DeliveryStreamName":""}`, "2 validation errors detected: Value '' at 'deliveryStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'deliveryStreamName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"UntagDeliveryStream", `{"DeliveryStreamName":"a","TagKeys":["ok",""]}`, "Value '' at 'tagKeys.2.member' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"ListTagsForDeliveryStream", `{"DeliveryStreamName":"a","ExclusiveStartTagKey":"aws:a"}`, `Value 'aws:a' at 'exclusiveStartTagKey' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?!aws:)[\p{L}\p{Z}\p{N}_.:\/=+\-@%]*$`},
	} {
		if !strings.Contains(c.want, "detected") {
			c.want = "1 validation error detected: " + c.want
		}
		require.Equal(t, problem{"ValidationException", c.want, 400}, refused(t, newHandler(t, firehosehttp.Config{}), c.action, c.body), c.body)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	const s3 = `"S3DestinationConfiguration":{` + bucket + `}`
	const web = `"EndpointConfiguration":{"Url":"https://a.test"},"S3Configuration":{` + bucket + `}`
	streams, err := kinesis.NewService(kinesis.ServiceConfig{})
	require.NoError(t, err)
	h := newHandler(t, firehosehttp.Config{Streams: streams})
	for _, c := range []struct{ body, message string }{
		{`{"DeliveryStreamName":"a"}`, "Exactly one destination configuration is supported for a Firehose"},
		{`{"DeliveryStreamName":"a",` + s3 + `,"HttpEndpointDestinationConfiguration":{` + web + `}}`, "Exactly one destination configuration is supported for a Firehose"},
		{`{"DeliveryStreamName":"a",` + s3 + `,"RedshiftDestinationConfiguration":{}}`, "Exactly one destination configuration is supported for a Firehose"},
		{`{"DeliveryStreamName":"a","RedshiftDestinationConfiguration":{}}`, "leat has no destination of the type Redshift."},
		{`{"DeliveryStreamName":"a","ElasticsearchDestinationConfiguration":{}}`, "leat has no destination of the type Elasticsearch."},
		{`{"DeliveryStreamName":"a","AmazonopensearchserviceDestinationConfiguration":{}}`, "leat has no destination of the type Amazonopensearchservice."},
		{`{"DeliveryStreamName":"a","AmazonOpenSearchServerlessDestinationConfiguration":{}}`, "leat has no destination of the type AmazonOpenSearchServerless."},
		{`{"DeliveryStreamName":"a","SplunkDestinationConfiguration":{}}`, "leat has no destination of the type Splunk."},
		{`{"DeliveryStreamName":"a","SnowflakeDestinationConfiguration":{}}`, "leat has no destination of the type Snowflake."},
		{`{"DeliveryStreamName":"a","IcebergDestinationConfiguration":{}}`, "leat has no destination of the type Iceberg."},
		{`{"DeliveryStreamName":"a","DeliveryStreamType":"MSKAsSource",` + s3 + `}`, "leat has no delivery streams of the type MSKAsSource."},
		{`{"DeliveryStreamName":"a","DeliveryStreamType":"KinesisStreamAsSource",` + s3 + `}`, "KinesisSourceStreamConfig is mandatory for KinesisStreamAsSource stream type."},
		{`{"DeliveryStreamName":"a","DeliveryStreamType":"KinesisStreamAsSource","KinesisStreamSourceConfiguration":{"KinesisStreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/b","RoleARN":"` + role + `"},` + s3 + `}`, "Kinesis Stream arn:aws:kinesis:us-east-1:000000000000:stream/b is not found."},
		{`{"DeliveryStreamName":"a","DeliveryStreamEncryptionConfigurationInput":{"KeyType":"CUSTOMER_MANAGED_CMK"},` + s3 + `}`, "KeyARN must be specified when KeyType is CUSTOMER_MANAGED_CMK"},
		{`{"DeliveryStreamName":"a","Tags":[{"Key":"a"},{"Key":"a"}],` + s3 + `}`, "The tag key a is there more than once."},
		{`{"DeliveryStreamName":"a","HttpEndpointDestinationConfiguration":{` + web + `,"SecretsManagerConfiguration":{"Enabled":true}}}`, "leat has no Secrets Manager; SecretsManagerConfiguration can not be enabled."},
		{`{"DeliveryStreamName":"a","HttpEndpointDestinationConfiguration":{` + web + `,"RequestConfiguration":{"CommonAttributes":[{"AttributeName":"a","AttributeValue":"b"},{"AttributeName":"a","AttributeValue":"c"}]}}}`, "Http Endpoint Common Attributes have duplicate name a"},
		{`{"DeliveryStreamName":"a","HttpEndpointDestinationConfiguration":{"EndpointConfiguration":{"Url":"https://"},"S3Configuration":{` + bucket + `}}}`, "Url must begin with https:// or http:// and a host"},
	} {
		require.Equal(t, problem{"InvalidArgumentException", c.message, 400}, refused(t, h, "CreateDeliveryStream", c.body), c.body)
	}
	require.Empty(t, ask(t, h, "ListDeliveryStreams", `{}`)["DeliveryStreamNames"])

	create(t, h, "a", "")
	require.Equal(t, problem{"InvalidArgumentException", "leat has no destination of the type Splunk.", 400}, refused(t, h, "UpdateDestination",
		`{"DeliveryStreamName":"a","CurrentDeliveryStreamVersionId":"1","DestinationId":"destinationId-000000000001","SplunkDestinationUpdate":{}}`))
	require.Equal(t, problem{"InvalidArgumentException", "EndpointConfiguration and S3Configuration are required for an HTTP endpoint destination.", 400}, refused(t, h, "UpdateDestination",
		`{"DeliveryStreamName":"a","CurrentDeliveryStreamVersionId":"1","DestinationId":"destinationId-000000000001","HttpEndpointDestinationUpdate":{}}`))
	stream, _ := description(t, h, "a")
	require.Equal(t, "1", stream["VersionId"])
}

func TestDataIsNotTooLarge(t *testing.T) {
	h := newHandler(t, firehosehttp.Config{})
	create(t, h, "a", "")
	records := func(n, size int) string {
		one := `{"Data":"` + base64.StdEncoding.EncodeToString(make([]byte, size)) + `"}`
		return `{"DeliveryStreamName":"a","Records":[` + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + `]}`
	}
	record := func(size int) string {
		return `{"DeliveryStreamName":"a","Record":{"Data":"` + base64.StdEncoding.EncodeToString(make([]byte, size)) + `"}}`
	}
	ask(t, h, "PutRecord", record(1_024_000))
	ask(t, h, "PutRecordBatch", records(4, 1_024_000))
	ask(t, h, "PutRecordBatch", records(500, 8))
	const tooLong = "Value 'java.nio.HeapByteBuffer[pos=0 lim=1024001 cap=1024001]' at '%s' failed to satisfy constraint: Member must have length less than or equal to 1024000"
	require.Equal(t, problem{"ValidationException", "1 validation error detected: " + fmt.Sprintf(tooLong, "record.data"), 400}, refused(t, h, "PutRecord", record(1_024_001)))
	require.Equal(t, problem{"ValidationException", "2 validation errors detected: " + fmt.Sprintf(tooLong, "records.1.member.data") + "; " + fmt.Sprintf(tooLong, "records.2.member.data"), 400},
		refused(t, h, "PutRecordBatch", records(2, 1_024_001)))
	require.Equal(t, problem{"InvalidArgumentException", "Records size exceeds 4 MB limit", 400}, refused(t, h, "PutRecordBatch", records(5, 838_861)))
	got := refused(t, h, "PutRecordBatch", records(600, 1))
	require.Equal(t, "ValidationException", got.kind)
	require.True(t, strings.HasSuffix(got.message, "]' at 'records' failed to satisfy constraint: Member must have length less than or equal to 500"), got.message)
}

func TestThereIsNoRoom(t *testing.T) {
	service, err := firehose.NewService(firehose.ServiceConfig{})
	require.NoError(t, err)
	_, err = service.CreateDeliveryStream("a", firehose.Config{
		MaxBuffered: 1000, Sink: firehose.SinkFunc(func(ctx context.Context, _ *firehose.Delivery) error { <-ctx.Done(); return ctx.Err() }),
	})
	require.NoError(t, err)
	defer service.Close()
	h := firehosehttp.NewHandler(service, firehosehttp.Config{})
	data := base64.StdEncoding.EncodeToString(make([]byte, 600))
	out := ask(t, h, "PutRecordBatch", `{"DeliveryStreamName":"a","Records":[{"Data":"`+data+`"},{"Data":"`+data+`"}]}`)
	require.EqualValues(t, 1, out["FailedPutCount"])
	results := out["RequestResponses"].([]any)
	require.NotContains(t, results[0], "ErrorCode")
	require.Equal(t, map[string]any{"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}, results[1])
	require.Equal(t, problem{"ServiceUnavailableException", "Slow down.", 503}, refused(t, h, "PutRecord", `{"DeliveryStreamName":"a","Record":{"Data":"`+data+`"}}`))
	_, destination := description(t, h, "a")
	require.Equal(t, map[string]any{"DestinationId": "destinationId-000000000001"}, destination, "what did not come by the wire")
}
