package kinesishttp

import "github.com/leat-go/leat/internal/awshttp"

// validation checks parameters.
type validation struct{ awshttp.Validation }

// stream checks the two parameters by which a request names a stream. Either may be
// absent.
func (v *validation) stream(name, arn *string) {
	v.Text("streamName", name).Pattern(namePattern).Lengths(1, 128)
	v.Text("streamARN", arn).Pattern(streamARNPattern).Lengths(1, 2048)
}

// The patterns of names of things that several actions take.
var (
	namePattern        = awshttp.NewPattern(`[a-zA-Z0-9_.-]+`) // of streams, shards and consumers
	streamARNPattern   = awshttp.NewPattern(`arn:aws.*:kinesis:.*:\d{12}:stream/\S+`)
	consumerARNPattern = awshttp.NewPattern(`^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+`)
	hashKeyPattern     = awshttp.NewPattern(`0|([1-9]\d{0,38})`)
	sequencePattern    = awshttp.NewPattern(`0|([1-9]\d{0,128})`)
)
