package firehosehttp

import (
	"errors"
	"strings"

	"github.com/leat-go/leat/kinesis/firehose"
)

type putRecordBatchInput struct {
	DeliveryStreamName *string
	Records            []record `most:"500"`
}

type putRecordBatchOutput struct {
	FailedPutCount   *int32
	Encrypted        *bool
	RequestResponses []putRecordBatchResult
}

type putRecordBatchResult struct {
	RecordID     string `json:"RecordId"`
	ErrorCode    string
	ErrorMessage string
}

// The limits of a batch. (PutRecordBatch.)
const (
	maxRecords    = 500
	maxBatchBytes = 4 << 20
)

func putRecordBatch(c *call, in *putRecordBatchInput) (*putRecordBatchOutput, error) {
	batch, err := in.batch()
	if err != nil {
		return nil, err
	}
	s, err := c.service.DeliveryStream(*in.DeliveryStreamName)
	if err != nil {
		return nil, err
	}
	puts, err := s.Put(c.ctx, batch...)
	failed, ok := errors.AsType[*firehose.BatchError](err)
	if err != nil && !ok {
		return nil, err
	}
	out := &putRecordBatchOutput{FailedPutCount: new(int32(0)), Encrypted: encrypted(s), RequestResponses: make([]putRecordBatchResult, len(batch))}
	for i := range puts {
		out.RequestResponses[i].RecordID = puts[i].RecordID
	}
	if failed != nil {
		*out.FailedPutCount = int32(len(failed.Failed))
		for _, f := range failed.Failed {
			e := conditions.Explain(f.Err)
			out.RequestResponses[f.Index] = putRecordBatchResult{ErrorCode: e.Kind, ErrorMessage: e.Message}
		}
	}
	return out, nil
}

// batch returns the records as the engine takes them. What is wrong with one of them
// fails them all.
func (in *putRecordBatchInput) batch() ([][]byte, error) {
	var v validation
	v.name(in.DeliveryStreamName)
	v.List("records", in.Records == nil, len(in.Records), recordsShown(len(in.Records))).Required().Lengths(1, maxRecords)
	batch := make([][]byte, len(in.Records))
	size := 0
	for i, r := range in.Records {
		batch[i] = r.Data
		size += len(r.Data)
		if r.Data == nil || len(r.Data) > maxRecord {
			v.Blob(member("records", i)+"data", r.Data).Required().Lengths(0, maxRecord)
		}
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	if size > maxBatchBytes {
		return nil, invalidArgument("Records size exceeds %d MB limit", maxBatchBytes>>20)
	}
	return batch, nil
}

// recordsShown is how AWS shows a list of records that has too many of them.
func recordsShown(n int) string {
	const one = "com.amazonaws.kinesis.firehose.v20150804.Record"
	if n <= maxRecords {
		return ""
	}
	return strings.TrimSuffix(strings.Repeat(one+", ", n), ", ")
}
