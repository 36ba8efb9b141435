package kinesishttp

import (
	"math"

	"github.com/leat-go/leat/kinesis"
)

type createStreamInput struct {
	StreamName                 *string
	ShardCount                 *int32
	StreamModeDetails          *streamModeDetails
	MaxRecordSizeInKiB         *int32
	WarmThroughputMiBps        *int32
	RecordDistributionStrategy *string
	Tags                       map[string]string
}

type deleteStreamInput struct {
	StreamName              *string
	StreamARN               *string
	EnforceConsumerDeletion bool
}

type listStreamsInput struct {
	ExclusiveStartStreamName *string
	Limit                    *int32
	NextToken                *string
}

type listStreamsOutput struct {
	StreamNames     *[]string
	HasMoreStreams  *bool
	NextToken       string
	StreamSummaries *[]streamSummary
}

// createStream: without a mode it is the number of shards that tells which is meant.
func createStream(c *call, in *createStreamInput) error {
	var v validation
	v.Text("streamName", in.StreamName).Required().Pattern(namePattern).Lengths(1, 128)
	shards := v.Integer("shardCount", in.ShardCount).Between(1, maxShardCount)
	mode := in.StreamModeDetails.check(&v)
	switch {
	case mode == kinesis.ModeProvisioned:
		shards.Required()
	case mode == "" && in.ShardCount != nil:
		mode = kinesis.ModeProvisioned
	case mode == "":
		mode = kinesis.ModeOnDemand
	}
	v.recordSize(in.MaxRecordSizeInKiB, true)
	v.Integer("warmThroughputMiBps", in.WarmThroughputMiBps).Between(0, math.MaxInt32)
	v.strategy(in.RecordDistributionStrategy)
	if in.Tags != nil {
		v.tags(in.Tags)
	}
	if err := v.Err(); err != nil {
		return err
	}
	if err := checkStrategy(in.RecordDistributionStrategy, mode); err != nil {
		return err
	}
	if in.WarmThroughputMiBps != nil {
		if err := mayWarm(c.service, mode, *in.WarmThroughputMiBps); err != nil {
			return err
		}
	}
	_, err := c.service.CreateStream(*in.StreamName, kinesis.Config{
		Mode:                mode,
		ShardCount:          int(valueOf(in.ShardCount)),
		MaxRecordSize:       int(valueOf(in.MaxRecordSizeInKiB)) << 10,
		WarmThroughputMiBps: int(valueOf(in.WarmThroughputMiBps)),
		Tags:                in.Tags,
	})
	return recordSizeError(in.MaxRecordSizeInKiB, err)
}

func deleteStream(c *call, in *deleteStreamInput) error {
	s, err := c.validStream(in.StreamName, in.StreamARN)
	if err != nil {
		return err
	}
	owner, err := c.ownerOf(s)
	if err != nil {
		return err
	}
	return owner.DeleteStream(s.Name(), in.EnforceConsumerDeletion)
}

func listStreams(c *call, in *listStreamsInput) (*listStreamsOutput, error) {
	var v validation
	v.Integer("limit", in.Limit).Between(1, 10_000)
	v.Text("exclusiveStartStreamName", in.ExclusiveStartStreamName).Pattern(namePattern).Lengths(1, 128)
	v.nextToken(in.NextToken)
	if err := v.Err(); err != nil {
		return nil, err
	}
	req := kinesis.ListRequest{ExclusiveStartName: valueOf(in.ExclusiveStartStreamName), Limit: atMost(100, in.Limit)}
	if in.NextToken != nil {
		p, err := c.resume(streamsToken, *in.NextToken)
		if err != nil {
			return nil, err
		}
		req.ExclusiveStartName = p.After
	}
	list, err := c.service.ListStreams(req)
	if err != nil {
		return nil, err
	}
	names, summaries := []string{}, []streamSummary{}
	for _, s := range list.Streams {
		names = append(names, s.Name())
		summaries = append(summaries, streamSummary{
			StreamName: s.Name(), StreamARN: s.ARN(), StreamStatus: string(s.Status()),
			StreamModeDetails: modeDetailsOf(s), StreamCreationTimestamp: toSecond(s.CreatedAt()),
		})
	}
	out := &listStreamsOutput{StreamNames: &names, HasMoreStreams: &list.HasMore, StreamSummaries: &summaries}
	if list.HasMore {
		out.NextToken = c.nextToken(streamsToken, page{After: names[len(names)-1]})
	}
	return out, nil
}

// ownerOf returns the service as the owner of a stream sees it, who may be another than
// the caller.
func (c *call) ownerOf(s *kinesis.LocalStream) (*kinesis.Service, error) {
	return c.service.As(s.Account(), s.Region())
}

// valueOf returns what p points to, or zero.
func valueOf[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// atMost returns how many results to send at once when at most n are asked for: all
// that AWS sends unless it is fewer.
func atMost(most int32, n *int32) int {
	if n == nil {
		return int(most)
	}
	return int(min(*n, most))
}
