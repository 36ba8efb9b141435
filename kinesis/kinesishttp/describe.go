package kinesishttp

import (
	"errors"
	"time"

	"github.com/leat-go/leat/kinesis"
)

type describeStreamInput struct {
	StreamName            *string
	StreamARN             *string
	ExclusiveStartShardID *string `json:"ExclusiveStartShardId"`
	Limit                 *int32
}

type describeStreamOutput struct{ StreamDescription streamDescription }

type streamDescription struct {
	StreamName              string
	StreamARN               string
	StreamStatus            string
	StreamModeDetails       *streamModeDetails
	Shards                  *[]shardDescription
	HasMoreShards           *bool
	RetentionPeriodHours    int32
	StreamCreationTimestamp time.Time
	EnhancedMonitoring      []enhancedMetrics
	EncryptionType          string
	KeyID                   string `json:"KeyId"`
}

type streamInput struct {
	StreamName *string
	StreamARN  *string
}

type describeStreamSummaryOutput struct{ StreamDescriptionSummary streamDescriptionSummary }

type streamDescriptionSummary struct {
	StreamName                 string
	StreamARN                  string
	StreamStatus               string
	StreamModeDetails          *streamModeDetails
	RetentionPeriodHours       int32
	StreamCreationTimestamp    time.Time
	EnhancedMonitoring         []enhancedMetrics
	EncryptionType             string
	KeyID                      string `json:"KeyId"`
	OpenShardCount             *int32
	ConsumerCount              *int32
	MaxRecordSizeInKiB         int32
	WarmThroughput             *warmThroughput
	RecordDistributionStrategy string
}

// streamSummary is a stream in a list.
type streamSummary struct {
	StreamName              string
	StreamARN               string
	StreamStatus            string
	StreamModeDetails       *streamModeDetails
	StreamCreationTimestamp time.Time
}

type enhancedMetrics struct{ ShardLevelMetrics *[]string }

func describeStream(c *call, in *describeStreamInput) (*describeStreamOutput, error) {
	var v validation
	v.Integer("limit", in.Limit).Between(1, 10_000)
	v.Text("exclusiveStartShardId", in.ExclusiveStartShardID).Pattern(namePattern).Lengths(1, 128)
	v.stream(in.StreamName, in.StreamARN)
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, err := c.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	shards, err := s.ListShards(kinesis.ShardListRequest{
		ExclusiveStartShard: valueOf(in.ExclusiveStartShardID),
		Limit:               atMost(100, in.Limit),
	})
	if err != nil && !errors.Is(err, kinesis.ErrResourceNotFound) { // a stream that is being deleted has no shards
		return nil, err
	}
	cfg := s.Config()
	return &describeStreamOutput{streamDescription{
		StreamName:              s.Name(),
		StreamARN:               s.ARN(),
		StreamStatus:            string(s.Status()),
		StreamModeDetails:       modeDetailsOf(s),
		Shards:                  shardsOf(shards.Shards),
		HasMoreShards:           &shards.HasMore,
		RetentionPeriodHours:    hoursOf(cfg.RetentionPeriod),
		StreamCreationTimestamp: toSecond(s.CreatedAt()),
		EnhancedMonitoring:      metricsOf(&cfg),
		EncryptionType:          encryptionOf(&cfg),
		KeyID:                   cfg.KMSKeyID,
	}}, nil
}

func describeStreamSummary(c *call, in *streamInput) (*describeStreamSummaryOutput, error) {
	s, err := c.validStream(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	cfg, now := s.Config(), s.Summary()
	out := streamDescriptionSummary{
		StreamName:              s.Name(),
		StreamARN:               s.ARN(),
		StreamStatus:            string(s.Status()),
		StreamModeDetails:       modeDetailsOf(s),
		RetentionPeriodHours:    hoursOf(cfg.RetentionPeriod),
		StreamCreationTimestamp: toSecond(s.CreatedAt()),
		EnhancedMonitoring:      metricsOf(&cfg),
		EncryptionType:          encryptionOf(&cfg),
		KeyID:                   cfg.KMSKeyID,
		OpenShardCount:          new(int32(now.OpenShards)),
		ConsumerCount:           new(int32(now.Consumers)),
		MaxRecordSizeInKiB:      int32(cfg.MaxRecordSize >> 10),
	}
	if cfg.Mode == kinesis.ModeOnDemand {
		out.RecordDistributionStrategy = byPartitionKey
		if cfg.WarmThroughputMiBps > 0 {
			out.WarmThroughput = warmThroughputOf(&cfg)
		}
	}
	return &describeStreamSummaryOutput{out}, nil
}

// validStream checks how a request names a stream and finds it.
func (c *call) validStream(name, arn *string) (*kinesis.LocalStream, error) {
	var v validation
	v.stream(name, arn)
	if err := v.Err(); err != nil {
		return nil, err
	}
	return c.stream(name, arn)
}

func metricsOf(cfg *kinesis.Config) []enhancedMetrics {
	return []enhancedMetrics{{ShardLevelMetrics: listOf(cfg.ShardLevelMetrics)}}
}

func encryptionOf(cfg *kinesis.Config) string {
	if cfg.KMSKeyID != "" {
		return "KMS"
	}
	return "NONE"
}

// hoursOf rounds up: a period under an hour, which a relaxed stream may have, is not
// none.
func hoursOf(d time.Duration) int32 { return int32((d + time.Hour - 1) / time.Hour) }

// toSecond: AWS tells when streams and consumers were created in whole seconds.
func toSecond(t time.Time) time.Time { return time.Unix(t.Unix(), 0) }

// listOf makes a list that is written even if it is empty.
func listOf[T any](list []T) *[]T {
	if list == nil {
		list = []T{}
	}
	return &list
}
