package kinesishttp

import (
	"errors"
	"strings"
	"time"

	"github.com/leat-go/leat/kinesis"
)

type listShardsInput struct {
	StreamName              *string
	StreamARN               *string
	StreamCreationTimestamp *time.Time
	NextToken               *string
	ExclusiveStartShardID   *string `json:"ExclusiveStartShardId"`
	MaxResults              *int32
	ShardFilter             *shardFilter
}

type shardFilter struct {
	Type      *string
	ShardID   *string `json:"ShardId"`
	Timestamp *time.Time
}

type listShardsOutput struct {
	Shards    *[]shardDescription
	NextToken string
}

type shardDescription struct {
	ShardID               string `json:"ShardId"`
	ParentShardID         string `json:"ParentShardId"`
	AdjacentParentShardID string `json:"AdjacentParentShardId"`
	HashKeyRange          hashKeyRange
	SequenceNumberRange   sequenceNumberRange
}

type hashKeyRange struct{ StartingHashKey, EndingHashKey string }

type sequenceNumberRange struct{ StartingSequenceNumber, EndingSequenceNumber string }

type splitShardInput struct {
	StreamName         *string
	StreamARN          *string
	ShardToSplit       *string
	NewStartingHashKey *string
}

type mergeShardsInput struct {
	StreamName           *string
	StreamARN            *string
	ShardToMerge         *string
	AdjacentShardToMerge *string
}

type updateShardCountInput struct {
	StreamName       *string
	StreamARN        *string
	TargetShardCount *int32
	ScalingType      *string
}

type updateShardCountOutput struct {
	StreamName        string
	StreamARN         string
	CurrentShardCount int32
	TargetShardCount  int32
}

func listShards(c *call, in *listShardsInput) (*listShardsOutput, error) {
	var v validation
	v.stream(in.StreamName, in.StreamARN)
	v.nextToken(in.NextToken)
	v.Text("exclusiveStartShardId", in.ExclusiveStartShardID).Pattern(namePattern).Lengths(1, 128)
	v.maxResults(in.MaxResults)
	in.ShardFilter.check(&v)
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, p, err := c.shardPage(in)
	if err != nil {
		return nil, err
	}
	shards, err := s.ListShards(kinesis.ShardListRequest{
		Filter:              p.Filter,
		ExclusiveStartShard: p.After,
		Limit:               atMost(1000, in.MaxResults),
	})
	if err != nil {
		return nil, err
	}
	out := &listShardsOutput{Shards: shardsOf(shards.Shards)}
	if shards.HasMore {
		p.After = shards.Shards[len(shards.Shards)-1].ID
		out.NextToken = c.nextToken(shardsToken, p)
	}
	return out, nil
}

// shardPage returns which shards of which stream a request is for. A token says all of
// that, so most of what else could say it is not allowed beside it.
func (c *call) shardPage(in *listShardsInput) (*kinesis.LocalStream, page, error) {
	switch {
	case in.NextToken == nil && in.StreamName == nil && in.StreamARN == nil:
		return nil, page{}, invalidArgument("Either NextToken or StreamName should be provided.")
	case in.NextToken == nil:
		s, err := c.streamCreated(in.StreamName, in.StreamARN, in.StreamCreationTimestamp)
		if err != nil {
			return nil, page{}, err
		}
		p := pageOf(s)
		p.After = valueOf(in.ExclusiveStartShardID)
		p.Filter, err = in.ShardFilter.value()
		return s, p, err
	case in.StreamName != nil:
		return nil, page{}, invalidArgument("NextToken and StreamName cannot be provided together.")
	case in.ExclusiveStartShardID != nil:
		return nil, page{}, invalidArgument("NextToken and ExclusiveStartShardId cannot be provided together.")
	case in.StreamCreationTimestamp != nil:
		return nil, page{}, invalidArgument("NextToken and StreamCreationTimestamp cannot be provided together.")
	}
	return c.resumeStream(shardsToken, *in.NextToken, in.StreamARN)
}

func (f *shardFilter) check(v *validation) {
	if f == nil {
		return
	}
	v.Text("shardFilter.type", f.Type).Required().OneOf(
		string(kinesis.FilterAfterShardID), string(kinesis.FilterAtTrimHorizon), string(kinesis.FilterFromTrimHorizon),
		string(kinesis.FilterAtLatest), string(kinesis.FilterAtTimestamp), string(kinesis.FilterFromTimestamp))
	v.Text("shardFilter.shardId", f.ShardID).Pattern(namePattern).Lengths(1, 128)
}

// value checks that a filter has what its type needs and nothing else. (API reference,
// ShardFilter.)
func (f *shardFilter) value() (kinesis.ShardFilter, error) {
	if f == nil {
		return kinesis.ShardFilter{}, nil
	}
	filter := kinesis.ShardFilter{
		Type: kinesis.ShardFilterType(*f.Type), ShardID: valueOf(f.ShardID), Timestamp: valueOf(f.Timestamp),
	}
	byID := filter.Type == kinesis.FilterAfterShardID
	byTime := filter.Type == kinesis.FilterAtTimestamp || filter.Type == kinesis.FilterFromTimestamp
	switch {
	case byID && f.ShardID == nil:
		return filter, invalidArgument("ShardId must be provided with the ShardFilter type %s.", filter.Type)
	case !byID && f.ShardID != nil:
		return filter, invalidArgument("ShardId cannot be provided with the ShardFilter type %s.", filter.Type)
	case byTime && f.Timestamp == nil:
		return filter, invalidArgument("Timestamp must be provided with the ShardFilter type %s.", filter.Type)
	case !byTime && f.Timestamp != nil:
		return filter, invalidArgument("Timestamp cannot be provided with the ShardFilter type %s.", filter.Type)
	}
	return filter, nil
}

// maxShardCount is the greatest count of shards that AWS takes for one, whatever an
// account may have.
const maxShardCount = 100_000

func splitShard(c *call, in *splitShardInput) error {
	var v validation
	v.stream(in.StreamName, in.StreamARN)
	v.Text("shardToSplit", in.ShardToSplit).Required().Pattern(namePattern).Lengths(1, 128)
	v.Text("newStartingHashKey", in.NewStartingHashKey).Required().Pattern(hashKeyPattern)
	if err := v.Err(); err != nil {
		return err
	}
	s, err := c.streamOf(in.StreamName, in.StreamARN, *in.ShardToSplit)
	if err != nil {
		return err
	}
	key, tooGreat := kinesis.ParseHashKey(*in.NewStartingHashKey)
	if tooGreat == nil {
		return s.SplitShard(*in.ShardToSplit, key)
	}
	// AWS looks for the shard before it looks at the key. No shard can be split at
	// the greatest key, so this fails as AWS does, but for the number in the text.
	err = s.SplitShard(*in.ShardToSplit, kinesis.MaxHashKey)
	if e, ok := errors.AsType[*kinesis.Error](err); ok {
		e.Message = strings.Replace(e.Message, kinesis.MaxHashKey.String(), *in.NewStartingHashKey, 1)
	}
	return err
}

func mergeShards(c *call, in *mergeShardsInput) error {
	var v validation
	v.stream(in.StreamName, in.StreamARN)
	v.Text("shardToMerge", in.ShardToMerge).Required().Pattern(namePattern).Lengths(1, 128)
	v.Text("adjacentShardToMerge", in.AdjacentShardToMerge).Required().Pattern(namePattern).Lengths(1, 128)
	if err := v.Err(); err != nil {
		return err
	}
	s, err := c.streamOf(in.StreamName, in.StreamARN, *in.ShardToMerge, *in.AdjacentShardToMerge)
	if err != nil {
		return err
	}
	return s.MergeShards(*in.ShardToMerge, *in.AdjacentShardToMerge)
}

func updateShardCount(c *call, in *updateShardCountInput) (*updateShardCountOutput, error) {
	var v validation
	v.stream(in.StreamName, in.StreamARN)
	v.Integer("targetShardCount", in.TargetShardCount).Required().Between(1, maxShardCount)
	v.Text("scalingType", in.ScalingType).Required().OneOf("UNIFORM_SCALING")
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, err := c.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	current, err := s.UpdateShardCount(int(*in.TargetShardCount))
	if err != nil {
		return nil, err
	}
	return &updateShardCountOutput{s.Name(), s.ARN(), int32(current), *in.TargetShardCount}, nil
}

func shardsOf(shards []kinesis.Shard) *[]shardDescription {
	out := make([]shardDescription, len(shards))
	for i := range shards {
		sh := &shards[i]
		out[i] = shardDescription{
			ShardID:               sh.ID,
			ParentShardID:         sh.ParentID,
			AdjacentParentShardID: sh.AdjacentParentID,
			HashKeyRange:          hashKeysOf(sh.HashKeyRange),
			SequenceNumberRange:   sequenceNumberRange{StartingSequenceNumber: sh.StartingSequenceNumber.String()},
		}
		if !sh.IsOpen() {
			out[i].SequenceNumberRange.EndingSequenceNumber = sh.EndingSequenceNumber.String()
		}
	}
	return &out
}

func hashKeysOf(r kinesis.HashKeyRange) hashKeyRange {
	return hashKeyRange{r.Start.String(), r.End.String()}
}
