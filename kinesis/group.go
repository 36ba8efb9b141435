package kinesis

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Group is a member of a group of workers that read a stream together, as programs with
// the Kinesis Client Library do: each shard is read by one member at a time, which holds
// the [Lease] for it in the group's [LeaseStore]. Create one with [NewGroup], run it with
// [Group.Run], end it with [Group.Shutdown].
//
// # What it promises
//
// Every record is handled at least once. The records of a shard are handled in order,
// batch after batch, and a shard only after those that it came from were read to their
// ends: so the records of a partition key are handled in the order in which they were put,
// whatever happens to shards and workers. A record may be handled again, with all that
// follow it in the shard, when its handler failed, or when the member was gone before
// it could note the success.
//
// How far a shard is handled is noted in its lease, as a [Checkpoint]. It goes forward
// only, and only the owner of the lease sets it: after each batch that the handler took,
// or when the handler says so (ManualCheckpoint).
//
// # Sharing and failing over
//
// An owner renews its leases three times in each FailoverTime. When one was not renewed
// for that long another member takes it. The owner stops somewhat earlier, be it even
// because the store can not be reached: its handler's context is cancelled, with
// ErrLeaseLost as the cause, and no further batch follows. So if the handler returns
// when it is told to, and the workers' clocks run about equally fast, no two members
// handle records of a shard at the same time.
//
// Members take leases that nobody holds towards an equal share, and one that has too
// few asks the member that has most for one at a time, until the shares differ by at most
// one. Who is asked finishes its batch, sets the checkpoint and then hands the lease
// over. It has a little less than FailoverTime for that; then the lease counts as lost.
//
// New shards are found when the ones before them end, and every ShardSyncInterval. The
// lease of a shard that was read is deleted when those that follow are being read.
//
// # What it costs
//
// A member has two goroutines and one for each shard that it reads, which waits in Read
// while there is nothing to do. Each FailoverTime it lists the leases twice and renews
// its own three times; every batch is an update besides.
type Group struct {
	stream  Stream
	handler Handler
	cfg     GroupConfig      // with defaults
	planner planner          // of the goroutine of Run
	clock   leaseClock       // of the goroutine of Run
	asked   map[string]int64 // the epochs of leases that were asked for, by shard; of the goroutine of Run
	kicked  chan struct{}
	syncing chan struct{}  // full while shards are looked for
	synced  syncedShards   // guarded by syncing
	ended   chan struct{}  // closed when Run has done everything
	readers sync.WaitGroup // the goroutines of shards

	// Set by Run and not changed after.
	working  context.Context // until Shutdown or Close
	handling context.Context // until Close; parent of the handlers' contexts
	settling context.Context // until no lease is held
	stop     context.CancelFunc
	abort    context.CancelCauseFunc
	settled  context.CancelFunc

	mu       sync.Mutex
	started  bool                // Run was called; guarded by mu
	closed   bool                // Shutdown or Close was called; guarded by mu
	fatal    error               // why the stream can not be read any more; guarded by mu
	readings map[string]*reading // by shard, until their goroutines end; guarded by mu
	stats    GroupStats          // guarded by mu
}

// GroupConfig configures a Group. Its zero value makes a group of one, without memory.
type GroupConfig struct {
	// Name is the group's in the LeaseStore: 1 to 128 of the characters that a stream's name
	// may have. A group reads one stream. Empty will do if Leases is nil.
	Name string

	// WorkerID tells the member from others of the group that run at the same time.
	// One that starts with the id of an earlier one takes up its leases at once. Empty
	// means a random UUID.
	WorkerID string

	// Leases is what the members of the group share. Nil means a store of this member's
	// own, that is a group of one that begins at InitialPosition each time.
	Leases LeaseStore

	// InitialPosition is where shards are read from that follow none that the group has
	// a lease for: TrimHorizon (also if zero; the Kinesis Client Library's is Latest),
	// Latest or AtTimestamp. With Latest closed shards are not read. It matters when the
	// leases are created, not later.
	InitialPosition Position

	// FailoverTime is how long a lease is held without being renewed, 100 milliseconds
	// to an hour, the same for all members. Zero means 10 seconds.
	FailoverTime time.Duration

	// ShardSyncInterval is the time between looks for new shards, besides those that
	// the end of a shard causes. Zero means a minute.
	ShardSyncInterval time.Duration

	// MaxLeases is the most shards that this member reads at once. Zero means no bound.
	MaxLeases int

	// MaxRecords is the most records of one read; a batch can have more if they are
	// aggregated. Zero means 10,000, which is also AWS's limit.
	MaxRecords int

	// Wait is how long a read waits for a record. Zero means 20 seconds. A stream that
	// does not wait is asked once a second.
	Wait time.Duration

	// KeepAggregated hands aggregated records of the Kinesis Producer Library to the
	// handler as they are. Otherwise they are taken apart.
	KeepAggregated bool

	// ManualCheckpoint leaves it to the handler to call [ShardBatch.Checkpoint]. The group
	// then sets none but that where Latest is, before the first batch, and that of a
	// shard's end, when the handler took a batch with End.
	ManualCheckpoint bool

	// Backoff is how long to wait before the handler gets a batch again, attempts
	// being how often it failed so far, at least 1; less than zero is zero. It may be
	// called concurrently. Nil means a second, doubled each time up to a minute.
	Backoff func(attempts int) time.Duration

	// MaxAttempts is how often a handler may fail for a batch before that goes to
	// DeadLetter. Zero means for ever: then nothing follows until the handler succeeds.
	MaxAttempts int

	// DeadLetter gets the batch that the handler failed for MaxAttempts times: what is
	// left of it, or the one record that was named by a [*BatchError]. When it returns nil
	// the group goes on with what follows, and without ManualCheckpoint sets the checkpoint
	// there; else it is called again, after Backoff. It is there if and only if MaxAttempts
	// is. Its context is as a handler's.
	DeadLetter func(ctx context.Context, b *ShardBatch, cause error) error

	// Logger is told of every error that OnError is. Nil means silence.
	Logger *slog.Logger

	// OnError is called with every error that no caller would see otherwise, as a
	// [*GroupError]. It may be called concurrently, holds up its part of the group as
	// long as it takes, and must not call Shutdown or Close, which would wait for it.
	OnError func(err error)
}

// NewGroup returns a member that will run h over the shards of a stream. It fails with an
// [*Error] with ErrInvalidArgument for each fault of its arguments, joined.
func NewGroup(stream Stream, h Handler, cfg GroupConfig) (*Group, error) {
	if err := cfg.validate(stream, h); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	seed := fnv.New64a()
	seed.Write([]byte(cfg.WorkerID))
	return &Group{
		stream:  stream,
		handler: h,
		cfg:     cfg,
		planner: planner{
			self: cfg.WorkerID, failover: cfg.FailoverTime, maxLeases: cfg.MaxLeases,
			rng: rand.New(rand.NewPCG(seed.Sum64(), 0)),
		},
		clock:    leaseClock{},
		asked:    map[string]int64{},
		kicked:   make(chan struct{}, 1),
		syncing:  make(chan struct{}, 1),
		ended:    make(chan struct{}),
		readings: map[string]*reading{},
	}, nil
}

// WorkerID returns the id under which the member holds its leases.
func (g *Group) WorkerID() string { return g.cfg.WorkerID }

func (c GroupConfig) withDefaults() GroupConfig {
	orElse(&c.Name, "group")
	if c.WorkerID == "" {
		c.WorkerID = uuid.NewString()
	}
	if c.Leases == nil {
		c.Leases = NewMemoryLeases()
	}
	orElse(&c.InitialPosition.Type, TrimHorizon)
	orElse(&c.FailoverTime, 10*time.Second)
	orElse(&c.ShardSyncInterval, time.Minute)
	orElse(&c.MaxRecords, defaultReadRecords)
	orElse(&c.Wait, 20*time.Second)
	if c.Backoff == nil {
		c.Backoff = defaultBackoff
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func defaultBackoff(attempts int) time.Duration {
	return min(time.Second<<min(attempts-1, 6), time.Minute)
}

// validate returns every fault, joined.
func (c *GroupConfig) validate(stream Stream, h Handler) error {
	var faults []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, &Error{Op: "NewGroup", Err: ErrInvalidArgument, Message: fmt.Sprintf(format, args...)})
		}
	}
	require(stream != nil, "The stream is nil.")
	require(h != nil, "The handler is nil.")
	require(c.Name == "" && c.Leases == nil || nameSyntax.MatchString(c.Name), "Name is %.130q; it must be 1 to 128 letters, digits, dots, hyphens and underscores.", c.Name)
	require(c.FailoverTime == 0 || 100*time.Millisecond <= c.FailoverTime && c.FailoverTime <= time.Hour,
		"FailoverTime is %v; it must be 100 milliseconds to an hour.", c.FailoverTime)
	require(c.ShardSyncInterval >= 0, "ShardSyncInterval is %v; it must not be negative.", c.ShardSyncInterval)
	require(c.MaxLeases >= 0, "MaxLeases is %d; it must not be negative.", c.MaxLeases)
	require(c.MaxRecords >= 0, "MaxRecords is %d; it must not be negative.", c.MaxRecords)
	require(c.Wait >= 0, "Wait is %v; it must not be negative.", c.Wait)
	require(c.MaxAttempts >= 0, "MaxAttempts is %d; it must not be negative.", c.MaxAttempts)
	require((c.MaxAttempts > 0) == (c.DeadLetter != nil), "MaxAttempts is %d and DeadLetter is nil: %t; the one needs the other.", c.MaxAttempts, c.DeadLetter == nil)
	switch c.InitialPosition.Type {
	case "", TrimHorizon, Latest, AtTimestamp:
	default:
		require(false, "InitialPosition is of type %q; it must be TRIM_HORIZON, LATEST or AT_TIMESTAMP.", c.InitialPosition.Type)
	}
	return errors.Join(faults...)
}
