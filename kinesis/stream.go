package kinesis

import (
	"context"
	"time"
)

// Stream is what leat asks of a stream, in this process or far away. LocalStream
// implements it; so may an adapter over AWS or a distributed log. The suite in
// package kinesistest says, case by case, what an implementation owes its users.
// All methods may be called concurrently.
type Stream interface {
	// Put appends records, each to the shard that owns its hash key; those of one
	// shard in the order of the batch. The result has one element per entry, zero
	// where that entry failed. When some entries fail the others still happen, and
	// the error is a [*BatchError] that names each failed index. A nil error means
	// that every record is accepted (and durable, in a durable stream).
	Put(ctx context.Context, batch ...Entry) ([]Put, error)

	// Shards lists the shards that can be read, in the order in which they were
	// created: the open ones, and the closed ones whose records are still kept.
	Shards(ctx context.Context) ([]Shard, error)

	// Read returns records of one shard from a position on, in their order. It
	// returns as soon as it has one; with none it waits as long as req.Wait says,
	// and then returns none and no error. When ctx ends first it returns ctx's
	// error. Reading removes nothing.
	Read(ctx context.Context, req ReadRequest) (Batch, error)
}

// Entry is one record to put.
type Entry struct {
	// PartitionKey says which records belong together: those with the same key go
	// to the same shard and keep their order. 1 to 256 characters. Strings are
	// immutable, so leat keeps this one without a copy.
	PartitionKey string

	// ExplicitHashKey is a decimal number below 2^128 that takes the place of the
	// partition key's MD5 in the choice of the shard. Empty means the MD5.
	ExplicitHashKey string

	// Data is copied. It has at most as many bytes as the stream's MaxRecordSize says,
	// and may be empty.
	Data []byte
}

// Put is what a stream says of a record that it accepted.
type Put struct {
	// ShardID is the shard that the record went to.
	ShardID string
	// SequenceNumber is the record's place in the shard.
	SequenceNumber SequenceNumber
}

// Shard is a part of a stream: the records of a range of hash keys, in order, while
// it was or is open.
type Shard struct {
	// ID is unique in the stream: "shardId-000000000000".
	ID string
	// ParentID is the shard that was split to make this one, or one of the two that
	// were merged. Empty for a shard that the stream began with. The parent may have
	// expired since.
	ParentID string
	// AdjacentParentID is the other of two shards that were merged, else empty.
	AdjacentParentID string
	// HashKeyRange is the hash keys that the shard owns, or owned.
	HashKeyRange HashKeyRange
	// StartingSequenceNumber is less than those of all records of the shard.
	StartingSequenceNumber SequenceNumber
	// EndingSequenceNumber is greater than those of all records of a closed shard.
	// Zero means that the shard is open.
	EndingSequenceNumber SequenceNumber
}

// IsOpen tells whether the shard takes records.
func (s *Shard) IsOpen() bool { return s.EndingSequenceNumber.IsZero() }

// ReadRequest says what a Read returns.
type ReadRequest struct {
	// ShardID is the shard to read.
	ShardID string

	// Position is where to begin. Zero is the oldest record that is kept. Go on
	// from Batch.Next.
	Position Position

	// Limit is the most records to return. Zero means 10,000, which is also AWS's
	// limit; it does not bind here.
	Limit int

	// MaxBytes is the most bytes to return, data and partition keys: the first
	// record that exceeds it ends the batch, unless it is the first of all. Zero
	// means 10 MiB.
	MaxBytes int

	// Wait is how long to wait when there is no record. Zero means not at all, as
	// GetRecords does.
	Wait time.Duration
}

// Batch is what a Read returns.
type Batch struct {
	// Records are in the order of their sequence numbers. The slice is the caller's.
	Records []Record

	// Next is the position after these records, also when there are none: a Read
	// from the latest record on says in Next where that is. It does not matter
	// when End is true.
	Next Position

	// End tells that the shard is closed and these are its last records. What comes
	// after them is in ChildShards.
	End bool

	// ChildShards are the shards that took the place of this one, when End is true.
	ChildShards []ChildShard

	// MillisBehindLatest is how far, in milliseconds, the position after these
	// records is behind the tip of the shard; zero means that all is read.
	MillisBehindLatest int64
}

// ChildShard is a shard that took the place of another.
type ChildShard struct {
	ShardID string
	// ParentShards are the one shard that was split, or the two that were merged.
	ParentShards []string
	HashKeyRange HashKeyRange
}

// Record is a record as a reader sees it.
type Record struct {
	SequenceNumber SequenceNumber
	PartitionKey   string
	// Data is shared by all readers and must not be changed.
	Data []byte
	// ArrivalTime is when the stream accepted the record, to the millisecond. It
	// never runs backwards within a shard. (ApproximateArrivalTimestamp.)
	ArrivalTime time.Time
}
