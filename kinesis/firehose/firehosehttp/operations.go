package firehosehttp

import "github.com/leat-go/leat/internal/awshttp"

// operations are the actions of the API, version 2015-08-04.
var operations = map[string]awshttp.Operation[*call]{
	"CreateDeliveryStream":          awshttp.WithResult(createDeliveryStream),
	"DeleteDeliveryStream":          awshttp.WithoutResult(deleteDeliveryStream),
	"DescribeDeliveryStream":        awshttp.WithResult(describeDeliveryStream),
	"ListDeliveryStreams":           awshttp.WithResult(listDeliveryStreams),
	"ListTagsForDeliveryStream":     awshttp.WithResult(listTagsForDeliveryStream),
	"PutRecord":                     awshttp.WithResult(putRecord),
	"PutRecordBatch":                awshttp.WithResult(putRecordBatch),
	"StartDeliveryStreamEncryption": awshttp.WithoutResult(startDeliveryStreamEncryption),
	"StopDeliveryStreamEncryption":  awshttp.WithoutResult(stopDeliveryStreamEncryption),
	"TagDeliveryStream":             awshttp.WithoutResult(tagDeliveryStream),
	"UntagDeliveryStream":           awshttp.WithoutResult(untagDeliveryStream),
	"UpdateDestination":             awshttp.WithoutResult(updateDestination),
}
