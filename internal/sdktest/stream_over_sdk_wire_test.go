package sdktest

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"github.com/leat-go/leat/kinesis"
)

func wireRecords(batch []kinesis.Entry) []types.PutRecordsRequestEntry {
	records := make([]types.PutRecordsRequestEntry, len(batch))
	for i := range batch {
		records[i] = types.PutRecordsRequestEntry{PartitionKey: &batch[i].PartitionKey, Data: batch[i].Data}
		if batch[i].Data == nil {
			records[i].Data = []byte{} // the SDK takes nil for an oversight
		}
		if batch[i].ExplicitHashKey != "" {
			records[i].ExplicitHashKey = &batch[i].ExplicitHashKey
		}
	}
	return records
}

// batchOf leaves out Next: it is in the records, if there are any.
func batchOf(out *awskinesis.GetRecordsOutput) (b kinesis.Batch, err error) {
	b = kinesis.Batch{End: out.NextShardIterator == nil, MillisBehindLatest: *out.MillisBehindLatest}
	for _, r := range out.Records {
		number, err := kinesis.ParseSequenceNumber(*r.SequenceNumber)
		if err != nil {
			return b, err
		}
		b.Records = append(b.Records, kinesis.Record{
			SequenceNumber: number, PartitionKey: *r.PartitionKey, Data: r.Data, ArrivalTime: *r.ApproximateArrivalTimestamp,
		})
	}
	for _, child := range out.ChildShards {
		keys, err := hashKeysOf(child.HashKeyRange)
		if err != nil {
			return b, err
		}
		b.ChildShards = append(b.ChildShards, kinesis.ChildShard{ShardID: *child.ShardId, ParentShards: child.ParentShards, HashKeyRange: keys})
	}
	return b, nil
}

func shardOf(w types.Shard) (sh kinesis.Shard, err error) {
	sh = kinesis.Shard{ID: *w.ShardId, ParentID: aws.ToString(w.ParentShardId), AdjacentParentID: aws.ToString(w.AdjacentParentShardId)}
	if sh.HashKeyRange, err = hashKeysOf(w.HashKeyRange); err != nil {
		return sh, err
	}
	if sh.StartingSequenceNumber, err = kinesis.ParseSequenceNumber(*w.SequenceNumberRange.StartingSequenceNumber); err != nil {
		return sh, err
	}
	if end := w.SequenceNumberRange.EndingSequenceNumber; end != nil {
		sh.EndingSequenceNumber, err = kinesis.ParseSequenceNumber(*end)
	}
	return sh, err
}

func hashKeysOf(w *types.HashKeyRange) (keys kinesis.HashKeyRange, err error) {
	if keys.Start, err = kinesis.ParseHashKey(*w.StartingHashKey); err == nil {
		keys.End, err = kinesis.ParseHashKey(*w.EndingHashKey)
	}
	return keys, err
}

// streamErrorOf makes an error of the SDK's one of package kinesis. What Kinesis did not
// say, such as the end of a context, stays as it is.
func streamErrorOf(op string, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) || streamSentinelOf(api.ErrorCode()) == nil {
		return fmt.Errorf("kinesis: %s: %w", op, err)
	}
	return streamWireError(op, api.ErrorCode(), api.ErrorMessage())
}

func streamWireError(op, code, message string) error {
	sentinel := streamSentinelOf(code)
	if sentinel == nil {
		return fmt.Errorf("kinesis: %s: %s: %s", op, code, message)
	}
	return &kinesis.Error{Op: op, Err: sentinel, Message: message}
}

func streamSentinelOf(code string) error {
	return map[string]error{
		"ResourceNotFoundException":              kinesis.ErrResourceNotFound,
		"ResourceInUseException":                 kinesis.ErrResourceInUse,
		"InvalidArgumentException":               kinesis.ErrInvalidArgument,
		"ValidationException":                    kinesis.ErrValidation,
		"LimitExceededException":                 kinesis.ErrLimitExceeded,
		"ProvisionedThroughputExceededException": kinesis.ErrProvisionedThroughputExceeded,
		"InternalFailure":                        kinesis.ErrInternalFailure,
		"InternalFailureException":               kinesis.ErrInternalFailure,
		"ExpiredIteratorException":               kinesis.ErrExpiredIterator,
		"ExpiredNextTokenException":              kinesis.ErrExpiredNextToken,
	}[code]
}
