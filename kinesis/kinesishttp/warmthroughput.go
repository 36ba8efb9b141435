package kinesishttp

import (
	"math"

	"github.com/leat-go/leat/kinesis"
)

type updateStreamWarmThroughputInput struct {
	StreamName          *string
	StreamARN           *string
	WarmThroughputMiBps *int32
}

type updateStreamWarmThroughputOutput struct {
	StreamName     string
	StreamARN      string
	WarmThroughput *warmThroughput
}

// maxWarmMiBps is 10 GiB a second. (UpdateStreamWarmThroughput.)
const maxWarmMiBps = 10 << 10

// warmThroughput is in MiB a second. There is nothing to warm, so the target is reached
// at once.
type warmThroughput struct{ TargetMiBps, CurrentMiBps *int32 }

func updateStreamWarmThroughput(c *call, in *updateStreamWarmThroughputInput) (*updateStreamWarmThroughputOutput, error) {
	var v validation
	v.stream(in.StreamName, in.StreamARN)
	v.Integer("warmThroughputMiBps", in.WarmThroughputMiBps).Required().Between(0, math.MaxInt32)
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, err := c.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	if err := s.SetWarmThroughput(int(*in.WarmThroughputMiBps)); err != nil {
		return nil, err
	}
	cfg := s.Config()
	return &updateStreamWarmThroughputOutput{s.Name(), s.ARN(), warmThroughputOf(&cfg)}, nil
}

// mayWarm tells why a stream that gets a mode cannot get a warm throughput with it. The
// engine asks the same of UpdateStreamWarmThroughput, but leaves a configuration alone.
func mayWarm(owner *kinesis.Service, mode kinesis.StreamMode, mibps int32) error {
	switch {
	case mode != kinesis.ModeOnDemand:
		return newError("ValidationException", "Warm throughput is supported for streams with the on-demand capacity mode only.")
	case owner.AccountSettings().CommitmentStatus == kinesis.CommitmentDisabled:
		return newError("ValidationException", "Warm throughput is supported for accounts with MinimumThroughputBillingCommitment enabled only.")
	case mibps > maxWarmMiBps:
		return invalidArgument("WarmThroughputMiBps must be in the range: [0, %d]. Specified value was %d", maxWarmMiBps, mibps)
	}
	return nil
}

func warmThroughputOf(cfg *kinesis.Config) *warmThroughput {
	mibps := int32(cfg.WarmThroughputMiBps)
	return &warmThroughput{TargetMiBps: &mibps, CurrentMiBps: &mibps}
}
