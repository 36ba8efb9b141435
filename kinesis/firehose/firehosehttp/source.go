package firehosehttp

import (
	"time"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
)

type directPutSource struct{ ThroughputHintInMBs *int32 }

type streamSource struct {
	KinesisStreamARN *string
	RoleARN          *string
}

// sourceDescription is what is kept and described of a source.
type sourceDescription struct {
	DirectPutSourceDescription     *directPutSource
	KinesisStreamSourceDescription *streamSourceDescription
}

type streamSourceDescription struct {
	KinesisStreamARN       *string
	RoleARN                *string
	DeliveryStartTimestamp time.Time // when the delivery stream was created; not kept
}

// source returns the stream that feeds the delivery stream, nil for none, and keeps what
// was said of it. As on AWS a stream in a request for one that takes records directly is
// left alone.
func (in *createDeliveryStreamInput) source(c *call, k *kept) (kinesis.Stream, error) {
	switch kind := text(in.DeliveryStreamType); kind {
	case "", string(firehose.DirectPut):
		if s := in.DirectPutSourceConfiguration; s != nil {
			k.Source = &sourceDescription{DirectPutSourceDescription: s}
		}
		return nil, nil
	case string(firehose.KinesisStreamAsSource):
	default:
		return nil, invalidArgument("leat has no delivery streams of the type %s.", kind)
	}
	s := in.KinesisStreamSourceConfiguration
	if s == nil {
		return nil, invalidArgument("KinesisSourceStreamConfig is mandatory for KinesisStreamAsSource stream type.")
	}
	k.Source = &sourceDescription{KinesisStreamSourceDescription: &streamSourceDescription{KinesisStreamARN: s.KinesisStreamARN, RoleARN: s.RoleARN}}
	if streams := c.handler.config.Streams; streams != nil {
		if stream, err := streams.StreamByARN(*s.KinesisStreamARN); err == nil {
			return stream, nil
		}
	}
	return nil, invalidArgument("Kinesis Stream %s is not found.", *s.KinesisStreamARN)
}
