package lambda

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// StreamEvent is some records of a shard, in order.
type StreamEvent struct {
	StreamARN string // empty if it is not known
	ShardID   string
	// Records must not be changed; there is at least one.
	Records []kinesis.UserRecord
	// Attempt counts the invocations for this batch, or the one that it is a part of, from
	// 1, as far as this member of the group knows.
	Attempt int
}

// StreamConfig says how a stream's records come to a function. Its zero value is AWS's
// default. ("Lambda parameters for Amazon Kinesis Data Streams event source mappings".)
type StreamConfig struct {
	// BatchSize is the most records of one invocation, 1 to 10,000. Zero means 100.
	BatchSize int

	// MaximumBatchingWindow is how long to gather records of a shard, from the first one
	// on, until there are as many as can be handed over, or 6 MB of them: 0 to 300 seconds.
	MaximumBatchingWindow time.Duration

	// StartingPosition is where to begin: TrimHorizon (also if zero; AWS has no default),
	// Latest or AtTimestamp. It matters for shards that Leases does not know.
	StartingPosition kinesis.Position

	// ParallelizationFactor is how many invocations may run at once for each shard, 1 to
	// 10. Records with the same partition key stay in order: all of them have the same
	// place among these. What was read at once is handled before more is read. Zero means 1.
	ParallelizationFactor int

	// BisectBatchOnFunctionError splits a batch in two when the function fails for it, which
	// uses up no attempt, until it is one record that fails. When the function says which
	// record failed, and that is not the first, the batch is split there.
	BisectBatchOnFunctionError bool

	// MaximumRetryAttempts is how often a batch that failed is tried again, -1 to 10,000,
	// before it is given up. Nil and -1 mean without end: nothing of the shard, or with a
	// ParallelizationFactor of what was read with it, follows until the function succeeds.
	// When the function reports some as done the count is for those that are left. An
	// invocation that was throttled does not count.
	MaximumRetryAttempts *int

	// MaximumRecordAge is how old a record may be when it is handed over, first or again:
	// 60 seconds to 7 days. Older ones are given up. Zero and -1 mean that age does not matter.
	MaximumRecordAge time.Duration

	// OnFailure is told of the records that are given up, without their data: what they are
	// and where in the stream. ("Retain discarded batch records for a Kinesis Data Streams
	// event source".) The shard stands still until it takes that. Nil means that they are only
	// counted and reported.
	OnFailure Destination

	// ReportBatchItemFailures makes MapStream heed a [BatchResponse]: what is before the
	// first record in it is done. Otherwise an answer does not matter. A handler in Go
	// needs no leave to return a [*kinesis.BatchError].
	ReportBatchItemFailures bool

	// Deaggregate takes aggregated records of the Kinesis Producer Library apart. AWS hands
	// them over as they are, and leaves that to the function.
	Deaggregate bool

	// Name, WorkerID, Leases and FailoverTime are those of kinesis.GroupConfig. Event
	// sources with the same Leases and Name share the shards of a stream, and go on where one ended.
	// Without Leases each begins at StartingPosition.
	Name         string
	WorkerID     string
	Leases       kinesis.LeaseStore
	FailoverTime time.Duration

	// Backoff, Logger and OnError are those of kinesis.GroupConfig. The pause is between
	// attempts; after a split there is none.
	Backoff func(attempts int) time.Duration
	Logger  *slog.Logger
	OnError func(err error)

	// SourceARN names the stream in events, and FunctionARN the function in what OnFailure
	// is told. Empty means their own, if they have one.
	SourceARN   string
	FunctionARN string
}

// FromStream returns an event source that calls h with records of each shard of a stream,
// in order. A [*kinesis.BatchError] says that the records before the first that it names
// are done, and any other error that all failed. It fails with an [*Error] with
// ErrInvalidParameterValue for each fault of its arguments, joined.
//
// It is a [kinesis.Group], whose promises hold: each record is handled at least once,
// records of a partition key in order.
func FromStream(s kinesis.Stream, h func(ctx context.Context, e StreamEvent) error, cfg StreamConfig) (*EventSource, error) {
	return newStreamSource("FromStream", s, h, cfg)
}

// MapStream returns an event source that calls fn with a [KinesisEvent] of records of a
// stream. For the rest it is as FromStream. (An event source mapping.)
func MapStream(s kinesis.Stream, fn Invoker, cfg StreamConfig) (*EventSource, error) {
	if fn == nil {
		return newStreamSource("MapStream", s, nil, cfg)
	}
	if cfg.FunctionARN == "" {
		cfg.FunctionARN = arnOf(fn)
	}
	return newStreamSource("MapStream", s, streamFunction(fn, cfg.ReportBatchItemFailures), cfg)
}

func newStreamSource(op string, s kinesis.Stream, h func(context.Context, StreamEvent) error, cfg StreamConfig) (*EventSource, error) {
	if err := cfg.validate(op, s, h != nil); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults(s)
	source := &streamSource{
		cfg: cfg, handler: h, counts: &counts{}, reporter: reporter{cfg.Logger, cfg.OnError}, works: map[string]*work{},
	}
	gathered := &gatheringStream{Stream: s, window: cfg.MaximumBatchingWindow, counts: source.counts}
	group, err := kinesis.NewGroup(gathered, source.handle, kinesis.GroupConfig{
		Name: cfg.Name, WorkerID: cfg.WorkerID, Leases: cfg.Leases, FailoverTime: cfg.FailoverTime,
		InitialPosition: cfg.StartingPosition, MaxRecords: min(cfg.BatchSize*cfg.ParallelizationFactor, maxBatch),
		KeepAggregated: !cfg.Deaggregate, Backoff: cfg.Backoff, Logger: cfg.Logger, OnError: cfg.OnError,
	})
	if err != nil {
		return nil, err
	}
	return &EventSource{runner: group, counts: source.counts}, nil
}

func (c StreamConfig) withDefaults(s kinesis.Stream) StreamConfig {
	if c.BatchSize == 0 {
		c.BatchSize = 100
	}
	if c.ParallelizationFactor == 0 {
		c.ParallelizationFactor = 1
	}
	if c.MaximumRetryAttempts == nil {
		c.MaximumRetryAttempts = new(-1)
	}
	c.MaximumRecordAge = max(c.MaximumRecordAge, 0)
	if c.SourceARN == "" {
		c.SourceARN = arnOf(s)
	}
	return c
}

// validate returns every fault of a configuration as it was given, joined. What is the
// group's it leaves to that, which may add to the faults.
func (c *StreamConfig) validate(op string, s kinesis.Stream, handled bool) error {
	f := faults{op: op}
	f.require(s != nil, "The stream is nil.")
	f.require(handled, "The function is nil.")
	f.require(0 <= c.BatchSize && c.BatchSize <= maxBatch, "BatchSize is %d; it must be 1 to %d.", c.BatchSize, maxBatch)
	f.require(0 <= c.MaximumBatchingWindow && c.MaximumBatchingWindow <= 300*time.Second,
		"MaximumBatchingWindow is %v; it must be 0 to 300 seconds.", c.MaximumBatchingWindow)
	f.require(0 <= c.ParallelizationFactor && c.ParallelizationFactor <= 10, "ParallelizationFactor is %d; it must be 1 to 10.", c.ParallelizationFactor)
	if n := c.MaximumRetryAttempts; n != nil {
		f.require(-1 <= *n && *n <= 10_000, "MaximumRetryAttempts is %d; it must be -1 to 10,000.", *n)
	}
	age := c.MaximumRecordAge
	f.require(age == 0 || age == -1 || 60*time.Second <= age && age <= 7*24*time.Hour, "MaximumRecordAge is %v; it must be 60 seconds to 7 days.", age)
	if s == nil {
		return f.err()
	}
	_, err := kinesis.NewGroup(s, func(context.Context, *kinesis.ShardBatch) error { return nil }, kinesis.GroupConfig{
		Name: c.Name, Leases: c.Leases, FailoverTime: c.FailoverTime, InitialPosition: c.StartingPosition,
	})
	for _, err := range unjoin(err) {
		if e, ok := errors.AsType[*kinesis.Error](err); ok {
			f.require(false, "%s", e.ErrorMessage())
		}
	}
	return f.err()
}

func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
