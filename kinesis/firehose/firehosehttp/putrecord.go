package firehosehttp

import (
	"errors"

	"github.com/leat-go/leat/kinesis/firehose"
)

type putRecordInput struct {
	DeliveryStreamName *string
	Record             *record
}

type record struct{ Data []byte }

type putRecordOutput struct {
	RecordID  string `json:"RecordId"`
	Encrypted *bool
}

// maxRecord is in bytes. (Record, Data.)
const maxRecord = 1_024_000

func putRecord(c *call, in *putRecordInput) (*putRecordOutput, error) {
	var v validation
	v.name(in.DeliveryStreamName)
	v.Present("record", in.Record == nil).Required()
	if r := in.Record; r != nil {
		v.Blob("record.data", r.Data).Required().Lengths(0, maxRecord)
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, err := c.service.DeliveryStream(*in.DeliveryStreamName)
	if err != nil {
		return nil, err
	}
	put, err := s.Put(c.ctx, in.Record.Data)
	if batch, ok := errors.AsType[*firehose.BatchError](err); ok {
		err = batch.Failed[0].Err
	}
	if err != nil {
		return nil, err
	}
	return &putRecordOutput{RecordID: put[0].RecordID, Encrypted: encrypted(s)}, nil
}

// encrypted tells whether AWS would have records encrypted at rest.
func encrypted(s *firehose.DeliveryStream) *bool {
	keyType, _ := s.Encryption()
	return new(keyType != "")
}
