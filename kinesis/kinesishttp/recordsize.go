package kinesishttp

import (
	"errors"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/kinesis"
)

type updateMaxRecordSizeInput struct {
	StreamARN          *string
	MaxRecordSizeInKiB *int32
}

// What AWS lets a record have at most. Only relaxed streams may be under the least.
const (
	minRecordKiB = 1 << 10
	maxRecordKiB = 10 << 10
)

func updateMaxRecordSize(c *call, in *updateMaxRecordSizeInput) error {
	var v validation
	v.Text("streamARN", in.StreamARN).Pattern(streamARNPattern).Lengths(1, 2048)
	v.recordSize(in.MaxRecordSizeInKiB, true).Required()
	if err := v.Err(); err != nil {
		return err
	}
	s, err := c.stream(nil, in.StreamARN)
	if err != nil {
		return err
	}
	return recordSizeError(in.MaxRecordSizeInKiB, s.SetMaxRecordSize(int(*in.MaxRecordSizeInKiB)<<10))
}

// recordSize lets pass what a relaxed stream may have if lenient is set.
func (v *validation) recordSize(kib *int32, lenient bool) awshttp.Member {
	least := int64(minRecordKiB)
	if lenient && valueOf(kib) > 0 {
		least = 1
	}
	return v.Integer("maxRecordSizeInKiB", kib).Between(least, maxRecordKiB)
}

// recordSizeError tells in AWS's words of a size that the engine refused for being
// under AWS's least; it knows which streams are relaxed. Other errors stay.
func recordSizeError(kib *int32, err error) error {
	if kib != nil && *kib < minRecordKiB && errors.Is(err, kinesis.ErrInvalidArgument) {
		var v validation
		v.recordSize(kib, false)
		return v.Err()
	}
	return err
}
