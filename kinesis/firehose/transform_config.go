package firehose

import (
	"context"
	"time"
)

// Transform runs a function over batches of records, one batch after the other, before
// they are partitioned and buffered. (Data transformation with AWS Lambda.)
type Transform struct {
	// Func transforms a batch.
	Func TransformFunc

	// BufferSize is the most bytes of a batch, 200 KB to 3 MB, which are multiples of
	// 1,000 bytes here. Zero means 1 MB. A record that is larger comes alone.
	BufferSize int

	// BufferInterval is how long the oldest record of a batch waits, 0 to 900 seconds.
	// Nil means 60 seconds.
	BufferInterval *time.Duration

	// Retries is how often a call that failed is repeated, 0 to 300. Nil means 3.
	Retries *int
}

// TransformFunc transforms a batch of records, which it must not change nor keep. Its
// results name the records by their ids, each once, in any order; a record that is not
// named, or more than once, has failed. Their data belongs to the delivery stream from
// then on. An error, or a panic, fails the call, which is then repeated, unless the error
// is marked by [Permanent]. Failed records go to the error output, under processing-failed.
// ctx ends when the delivery stream is closed; the function has its own time limits.
type TransformFunc func(ctx context.Context, records []TransformRecord) ([]TransformResult, error)

// TransformRecord is a record to be transformed.
type TransformRecord struct {
	RecordID    string // as Put returned it
	Data        []byte
	ArrivalTime time.Time // AWS's approximateArrivalTimestamp
}

// TransformResult is what became of a record.
type TransformResult struct {
	RecordID string
	Result   Result
	Data     []byte // if Result is Ok
	// PartitionKeys are the values for !{partitionKeyFromLambda:…} in the prefix.
	PartitionKeys map[string]string
}

// Result is what a transformation says of a record.
type Result string

// The results.
const (
	Ok               Result = "Ok"
	Dropped          Result = "Dropped" // on purpose: it is not delivered, and is no failure
	ProcessingFailed Result = "ProcessingFailed"
)
