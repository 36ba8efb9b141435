package kinesishttp

import (
	"errors"
	"time"

	"github.com/leat-go/leat/kinesis"
)

type getRecordsInput struct {
	ShardIterator *string
	Limit         *int32
	StreamARN     *string
}

type getRecordsOutput struct {
	Records            *[]record
	NextShardIterator  string
	MillisBehindLatest *int64
	ChildShards        []childShard
}

// record is a record on the wire. What must be there even if it is empty is a pointer.
type record struct {
	SequenceNumber              kinesis.SequenceNumber
	ApproximateArrivalTimestamp time.Time
	Data                        *[]byte
	PartitionKey                string
	EncryptionType              string
}

type childShard struct {
	ShardID      string `json:"ShardId"`
	ParentShards []string
	HashKeyRange hashKeyRange
}

func getRecords(c *call, in *getRecordsInput) (*getRecordsOutput, error) {
	v := validation{}
	v.Integer("limit", in.Limit).Between(1, 10_000)
	v.Text("shardIterator", in.ShardIterator).Required().Lengths(1, 512)
	v.stream(nil, in.StreamARN)
	if err := v.Err(); err != nil {
		return nil, err
	}
	it, err := c.parseIterator(*in.ShardIterator)
	if err != nil {
		return nil, err
	}
	s, err := it.find(c)
	if err != nil {
		return nil, err
	}
	if in.StreamARN != nil && *in.StreamARN != s.ARN() {
		return nil, invalidArgument("The ShardIterator is not for the stream %s.", *in.StreamARN)
	}
	req := kinesis.ReadRequest{ShardID: it.shardID(), Position: it.position}
	if in.Limit != nil {
		req.Limit = int(*in.Limit)
	}
	batch, err := s.Read(c.ctx, req)
	if errors.Is(err, kinesis.ErrResourceNotFound) {
		return nil, it.notFound()
	}
	if err != nil {
		return nil, err
	}
	cfg := s.Config()
	out := &getRecordsOutput{
		Records:            new(recordsOf(&batch, encryptionType(&cfg))),
		MillisBehindLatest: &batch.MillisBehindLatest,
		ChildShards:        childShardsOf(&batch),
	}
	if !batch.End {
		out.NextShardIterator = c.newIterator(s, it.shard, batch.Next)
	}
	return out, nil
}

func recordsOf(b *kinesis.Batch, encryptionType string) []record {
	records := make([]record, len(b.Records))
	for i := range b.Records {
		r := &b.Records[i]
		records[i] = record{
			SequenceNumber:              r.SequenceNumber,
			ApproximateArrivalTimestamp: r.ArrivalTime,
			Data:                        &r.Data,
			PartitionKey:                r.PartitionKey,
			EncryptionType:              encryptionType,
		}
	}
	return records
}

func childShardsOf(b *kinesis.Batch) []childShard {
	children := make([]childShard, len(b.ChildShards))
	for i, child := range b.ChildShards {
		children[i] = childShard{child.ShardID, child.ParentShards, hashKeysOf(child.HashKeyRange)}
	}
	return children
}
