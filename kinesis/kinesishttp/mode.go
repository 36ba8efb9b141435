package kinesishttp

import (
	"math"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/kinesis"
)

type streamModeDetails struct{ StreamMode *string }

type updateStreamModeInput struct {
	StreamARN           *string
	StreamModeDetails   *streamModeDetails
	WarmThroughputMiBps *int32
}

type updateStreamRecordDistributionStrategyInput struct {
	StreamARN                  *string
	RecordDistributionStrategy *string
}

// The ways in which a stream chooses the shard of a record. leat knows only the first.
const (
	byPartitionKey = "USER_PARTITION_KEY"
	automatically  = "AUTO"
)

func updateStreamMode(c *call, in *updateStreamModeInput) error {
	var v validation
	v.Text("streamARN", in.StreamARN).Required().Pattern(streamARNPattern).Lengths(1, 2048)
	if in.StreamModeDetails == nil {
		v.Text("streamModeDetails", nil).Required()
	}
	mode := in.StreamModeDetails.check(&v)
	v.Integer("warmThroughputMiBps", in.WarmThroughputMiBps).Between(0, math.MaxInt32)
	if err := v.Err(); err != nil {
		return err
	}
	s, err := c.stream(nil, in.StreamARN)
	if err != nil {
		return err
	}
	if in.WarmThroughputMiBps != nil {
		owner, err := c.ownerOf(s)
		if err != nil {
			return err
		}
		if err := mayWarm(owner, mode, *in.WarmThroughputMiBps); err != nil {
			return err
		}
	}
	return s.SetMode(mode, int(valueOf(in.WarmThroughputMiBps)))
}

// updateStreamRecordDistributionStrategy accepts what every stream of leat has, and
// refuses what none can have.
func updateStreamRecordDistributionStrategy(c *call, in *updateStreamRecordDistributionStrategyInput) error {
	var v validation
	v.Text("streamARN", in.StreamARN).Required().Pattern(streamARNPattern).Lengths(1, 2048)
	v.strategy(in.RecordDistributionStrategy).Required()
	if err := v.Err(); err != nil {
		return err
	}
	s, err := c.stream(nil, in.StreamARN)
	if err != nil {
		return err
	}
	return checkStrategy(in.RecordDistributionStrategy, s.Config().Mode)
}

// check returns the mode that is said, empty for none.
func (d *streamModeDetails) check(v *validation) kinesis.StreamMode {
	if d == nil {
		return ""
	}
	v.Text("streamModeDetails.streamMode", d.StreamMode).Required().OneOf(string(kinesis.ModeProvisioned), string(kinesis.ModeOnDemand))
	return kinesis.StreamMode(valueOf(d.StreamMode))
}

func modeDetailsOf(s *kinesis.LocalStream) *streamModeDetails {
	return &streamModeDetails{new(string(s.Config().Mode))}
}

func (v *validation) strategy(s *string) awshttp.Member {
	return v.Text("recordDistributionStrategy", s).OneOf(automatically, byPartitionKey)
}

func checkStrategy(s *string, mode kinesis.StreamMode) error {
	switch {
	case s == nil || *s == byPartitionKey:
		return nil
	case mode != kinesis.ModeOnDemand:
		return invalidArgument("RecordDistributionStrategy %s is only supported for streams in the ON_DEMAND mode.", *s)
	}
	return invalidArgument("RecordDistributionStrategy %s is not supported here.", *s)
}
