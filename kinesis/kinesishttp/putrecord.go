package kinesishttp

import (
	"errors"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/internal/shard"
)

type putRecordInput struct {
	StreamName, StreamARN     *string
	Data                      []byte
	PartitionKey              *string
	ExplicitHashKey           *string
	SequenceNumberForOrdering *string
}

type putRecordOutput struct {
	ShardID        string `json:"ShardId"`
	SequenceNumber kinesis.SequenceNumber
	EncryptionType string
}

// maxPartitionKey is in characters. (PutRecordsRequestEntry, PartitionKey.)
const maxPartitionKey = 256

// putRecord appends a record. SequenceNumberForOrdering asks that the record come after
// another of the same partition key, which it does anyway: a shard's records have the
// order in which they arrive. AWS takes a number of another stream's, too, and of the
// layouts that it used before.
func putRecord(c *call, in *putRecordInput) (*putRecordOutput, error) {
	v := validation{}
	v.record("", in.Data, in.PartitionKey, in.ExplicitHashKey)
	v.Text("sequenceNumberForOrdering", in.SequenceNumberForOrdering).Pattern(sequencePattern)
	v.stream(in.StreamName, in.StreamARN)
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, err := c.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	cfg := s.Config()
	v.Blob("data", in.Data).Lengths(0, cfg.MaxRecordSize)
	if err := v.Err(); err != nil {
		return nil, err
	}
	if n := in.SequenceNumberForOrdering; n != nil {
		if _, err := shard.ParseSequenceNumber(*n); err != nil && !errors.Is(err, shard.ErrForeign) {
			return nil, invalidArgument("ExclusiveMinimumSequenceNumber %s used in PutRecord on stream %s under account %s is invalid.", *n, s.Name(), s.Account())
		}
	}
	put, err := s.Put(c.ctx, entry(in.Data, in.PartitionKey, in.ExplicitHashKey))
	if err != nil {
		return nil, alone(err)
	}
	return &putRecordOutput{ShardID: put[0].ShardID, SequenceNumber: put[0].SequenceNumber, EncryptionType: encryptionType(&cfg)}, nil
}

// record checks the parameters of a record but for what depends on the stream. The
// prefix is that of their names.
func (v *validation) record(prefix string, data []byte, partitionKey, explicitHashKey *string) {
	v.Blob(prefix+"data", data).Required()
	v.Text(prefix+"partitionKey", partitionKey).Required().Lengths(1, maxPartitionKey)
	v.Text(prefix+"explicitHashKey", explicitHashKey).Pattern(hashKeyPattern)
}

// entry is a record as the engine takes it.
func entry(data []byte, partitionKey, explicitHashKey *string) kinesis.Entry {
	e := kinesis.Entry{Data: data, PartitionKey: *partitionKey}
	if explicitHashKey != nil {
		e.ExplicitHashKey = *explicitHashKey
	}
	return e
}

// encryptionType is what a stream says of its records: nothing, unless they are
// encrypted.
func encryptionType(cfg *kinesis.Config) string {
	if cfg.KMSKeyID == "" {
		return ""
	}
	return "KMS"
}

// alone returns the error of an entry that is the only one.
func alone(err error) error {
	if batch, ok := errors.AsType[*kinesis.BatchError](err); ok {
		return batch.Failed[0].Err
	}
	return err
}
