package kinesishttp

import (
	"errors"
	"strconv"
	"strings"

	"github.com/leat-go/leat/kinesis"
)

type putRecordsInput struct {
	StreamName, StreamARN *string
	Records               []putRecordsEntry `most:"500"`
}

type putRecordsEntry struct {
	Data            []byte
	PartitionKey    *string
	ExplicitHashKey *string
}

type putRecordsOutput struct {
	FailedRecordCount *int32
	Records           []putRecordsResult
	EncryptionType    string
}

type putRecordsResult struct {
	SequenceNumber kinesis.SequenceNumber
	ShardID        string `json:"ShardId"`
	ErrorCode      string
	ErrorMessage   string
}

// The limits of a PutRecords. (PutRecords, Records.)
const (
	maxRecords    = 500
	maxBatchBytes = 10 << 20 // data and partition keys
)

func putRecords(c *call, in *putRecordsInput) (*putRecordsOutput, error) {
	v := validation{}
	v.List("records", in.Records == nil, len(in.Records), recordsShown(len(in.Records))).Required().Lengths(1, maxRecords)
	for i := range in.Records {
		if e := &in.Records[i]; !e.plain() {
			v.record(entryPrefix(i), e.Data, e.PartitionKey, e.ExplicitHashKey)
		}
	}
	v.stream(in.StreamName, in.StreamARN)
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, err := c.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	cfg := s.Config()
	batch, err := in.batch(cfg.MaxRecordSize)
	if err != nil {
		return nil, err
	}
	puts, err := s.Put(c.ctx, batch...)
	out := &putRecordsOutput{
		FailedRecordCount: new(int32(0)),
		Records:           make([]putRecordsResult, len(batch)),
		EncryptionType:    encryptionType(&cfg),
	}
	if err := out.fail(err); err != nil {
		return nil, err
	}
	for i := range puts { // zero where the entry failed
		out.Records[i].SequenceNumber, out.Records[i].ShardID = puts[i].SequenceNumber, puts[i].ShardID
	}
	return out, nil
}

// plain tells whether nothing can be wrong with the entry, as is so of nearly all.
func (e *putRecordsEntry) plain() bool {
	return e.Data != nil && e.PartitionKey != nil && 0 < len(*e.PartitionKey) && len(*e.PartitionKey) <= maxPartitionKey && e.ExplicitHashKey == nil
}

func entryPrefix(i int) string { return "records." + strconv.Itoa(i+1) + ".member." }

// recordsShown is how AWS shows a list of entries that has too many of them.
func recordsShown(n int) string {
	const one = "com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry"
	if n <= maxRecords {
		return ""
	}
	return strings.TrimSuffix(strings.Repeat(one+", ", n), ", ")
}

// batch returns the records as the engine takes them. What is wrong with one of them,
// other than that its shard has too much to do, fails them all, so it is looked for
// first.
func (in *putRecordsInput) batch(maxRecordSize int) ([]kinesis.Entry, error) {
	v := validation{}
	batch := make([]kinesis.Entry, len(in.Records))
	size := 0
	for i := range in.Records {
		r := &in.Records[i]
		batch[i] = entry(r.Data, r.PartitionKey, r.ExplicitHashKey)
		size += len(r.Data) + len(*r.PartitionKey)
		if len(r.Data) > maxRecordSize {
			v.Blob(entryPrefix(i)+"data", r.Data).Lengths(0, maxRecordSize)
		}
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	if size > maxBatchBytes {
		return nil, invalidArgument("Records size exceeds %d MB limit", maxBatchBytes>>20)
	}
	for i := range batch {
		if key := batch[i].ExplicitHashKey; key != "" {
			if _, err := kinesis.ParseHashKey(key); err != nil {
				return nil, err
			}
		}
	}
	return batch, nil
}

// fail notes the entries that failed. It returns an error that concerns the request as
// a whole.
func (out *putRecordsOutput) fail(err error) error {
	batch, ok := errors.AsType[*kinesis.BatchError](err)
	if !ok {
		return err
	}
	for _, f := range batch.Failed {
		e := conditions.Explain(f.Err)
		if e.Kind != "ProvisionedThroughputExceededException" && e.Status < 500 {
			return f.Err
		}
		out.Records[f.Index] = putRecordsResult{ErrorCode: e.Kind, ErrorMessage: e.Message}
	}
	*out.FailedRecordCount = int32(len(batch.Failed))
	return nil
}
