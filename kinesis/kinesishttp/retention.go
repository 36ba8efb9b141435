package kinesishttp

import (
	"math"
	"time"

	"github.com/leat-go/leat/kinesis"
)

type retentionPeriodInput struct {
	StreamName           *string
	StreamARN            *string
	RetentionPeriodHours *int32
}

// What AWS lets a retention period be. Only relaxed streams may be under the least.
const (
	minRetentionHours = 24
	maxRetentionHours = 8760
)

// increaseStreamRetentionPeriod takes the period that the stream has already, too, as
// AWS does.
func increaseStreamRetentionPeriod(c *call, in *retentionPeriodInput) error {
	s, period, err := c.retention(in)
	if err != nil {
		return err
	}
	if now := s.Config().RetentionPeriod; period < now {
		return invalidArgument("Requested retention period (%d hours) for stream %s can not be shorter than existing retention period (%d hours). Use DecreaseRetentionPeriod API.",
			*in.RetentionPeriodHours, s.Name(), hoursOf(now))
	}
	return s.SetRetentionPeriod(period)
}

func decreaseStreamRetentionPeriod(c *call, in *retentionPeriodInput) error {
	s, period, err := c.retention(in)
	if err != nil {
		return err
	}
	if now := s.Config().RetentionPeriod; period > now {
		return invalidArgument("Requested retention period (%d hours) for stream %s can not be longer than existing retention period (%d hours). Use IncreaseRetentionPeriod API.",
			*in.RetentionPeriodHours, s.Name(), hoursOf(now))
	}
	return s.SetRetentionPeriod(period)
}

// retention returns the stream whose retention period is to change, and the new one.
// AWS tells of a period that no stream can have before it compares.
func (c *call) retention(in *retentionPeriodInput) (*kinesis.LocalStream, time.Duration, error) {
	var v validation
	v.stream(in.StreamName, in.StreamARN)
	v.Integer("retentionPeriodHours", in.RetentionPeriodHours).Required().Between(1, math.MaxInt32)
	if err := v.Err(); err != nil {
		return nil, 0, err
	}
	s, err := c.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, 0, err
	}
	switch hours := *in.RetentionPeriodHours; {
	case hours < minRetentionHours && !s.Config().Relaxed:
		return nil, 0, invalidArgument("Minimum allowed retention period is %d hours. Requested retention period (%d hours) is too short.", minRetentionHours, hours)
	case hours > maxRetentionHours:
		return nil, 0, invalidArgument("Maximum allowed retention period is %d hours. Requested retention period (%d hours) is too long.", maxRetentionHours, hours)
	}
	return s, time.Duration(*in.RetentionPeriodHours) * time.Hour, nil
}
