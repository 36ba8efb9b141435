package kinesis

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/leat-go/leat/kinesis/internal/kpl"
)

// Producer puts records into a stream one by one, at little cost each: it gathers them
// in requests of many, puts again those that the stream could not take, and says of
// each what became of it. Create one with [NewProducer], give it records with
// [Producer.Add], and end it with [Producer.Shutdown] or [Producer.Close].
//
// A request goes out when there are enough records for it or the oldest has waited for
// Linger. Records that are throttled, or that meet an internal failure or an error that
// is not of this package, such as a network's, are put again after a backoff, until
// their TTL is over; any other failure is final at once. A record is accepted once,
// unless a request fails as a whole and its outcome is unknown: what it held is put
// again, and may then be in the stream twice.
//
// Without Ordered, records of one key may overtake each other where one of them is put
// again or where requests overlap. With it none is sent before the earlier ones of its
// key are accepted or given up, while other keys go on.
//
// A producer never forgets a record that Add took: what became of it is always said.
// Its memory is bounded, and with it how far it may fall behind: Add waits for room. A
// producer has a goroutine for each request under way and none while it is idle or
// waits, so one that is empty may be forgotten without Close. All methods may be called
// concurrently.
type Producer struct {
	stream Stream
	cfg    ProducerConfig // with defaults
	start  time.Time      // the backlog's times count from here
	room   *semaphore.Weighted

	ended    chan struct{}   // closed when the producer is closed and everything is done
	open     context.Context // until Shutdown or Close
	shut     context.CancelFunc
	requests context.Context // until Close gives up
	abort    context.CancelFunc

	mu         sync.Mutex
	backlog    backlog       // guarded by mu
	running    int           // goroutines; guarded by mu
	blocked    int           // calls of Add that wait for room; guarded by mu
	timer      *time.Timer   // made when first needed; guarded by mu
	wakeAt     time.Duration // when timer fires, zero if it does not; guarded by mu
	learning   chan struct{} // closed when the call of Shards under way ends, else nil; guarded by mu
	learnAfter time.Duration // no call of Shards before, because one failed; guarded by mu
	stats      ProducerStats // guarded by mu
	closed     bool          // Shutdown or Close was called; guarded by mu
	impatient  bool          // a Shutdown has given up waiting; guarded by mu
	abandoned  int           // records given up because of Close; guarded by mu
}

// ProducerConfig configures a Producer. Its zero value is ready for use. Where a default
// is AWS's, it is that of the Kinesis Producer Library. (default_config.properties in
// awslabs/amazon-kinesis-producer.)
type ProducerConfig struct {
	// BatchRecords is the most records of one request, 1 to 500. An aggregated record
	// counts once. Zero means 500, AWS's limit.
	BatchRecords int

	// BatchBytes is the most bytes of one request, data and partition keys, up to 10
	// MiB, which is AWS's limit. A larger record has a request of its own. Zero means
	// 5 MiB.
	BatchBytes int

	// Linger is how long a record may wait for others to share a request with, less
	// than TTL. Zero sends at once, and batches only what comes while Concurrency
	// requests are under way. Nil means 100 milliseconds.
	Linger *time.Duration

	// Concurrency is the most requests under way at once, 1 to 65,536. Zero means 4.
	Concurrency int

	// Ordered keeps the order of the records of each partition key. A key then has at
	// most one record in a request, or one run of records inside an aggregated record,
	// and waits for the answer: with few keys, Aggregate makes this much faster.
	Ordered bool

	// Aggregate puts small records of one shard together in one record of the stream,
	// in the format of the Kinesis Producer Library, so that they do not use up the
	// shard's records per second. Only readers that unpack it, as Group and the
	// Kinesis Client Library do, can make sense of the stream then. The shards are
	// known from the stream's Shards; without an answer records go as they are.
	//
	// When the stream is resharded, an aggregated record may come to a shard to which
	// not all of its records belong. The Kinesis Client Library drops all of it
	// there, so the producer puts all of its records again. It does the same, and may double them, if the stream then does not list its shards.
	Aggregate bool

	// AggregateBytes is the most bytes of an aggregated record, 64 to 1 MiB. A record
	// that is too large for it goes as it is. Zero means 50 KiB.
	AggregateBytes int

	// MaxBufferedBytes bounds the memory of the records that are not settled yet: data,
	// keys, and 256 bytes for each. Aggregating takes as much again for what is being
	// sent. Zero means 64 MiB.
	MaxBufferedBytes int

	// TTL is how long a record is tried for, from Add on. After it the record is given
	// up with ErrRecordExpired, but not while it is in a request. Zero means 30 seconds.
	TTL time.Duration

	// RequestTimeout bounds one call of the stream. What a request of unknown outcome
	// held is put again, and may double. Zero means 6 seconds.
	RequestTimeout time.Duration

	// Backoff is how long a record waits after its first failure. It doubles with
	// each further one, up to MaxBackoff; half of each wait is random. Zero means 100
	// milliseconds and 5 seconds.
	Backoff, MaxBackoff time.Duration

	// CloseTimeout is how long Close goes on sending before it cancels. Zero means not
	// at all, nil 5 seconds.
	CloseTimeout *time.Duration

	// Logger is told of every error that OnError is. Nil means silence.
	Logger *slog.Logger

	// OnError is called with every error that no caller would see otherwise, as a
	// [*ProducerError]. It may be called concurrently, holds up its request as long as
	// it takes, and must not call a method of the producer that waits.
	OnError func(err error)
}

const (
	maxBatchRecords   = 500
	maxBatchBytes     = 10 << 20
	maxAggregateBytes = 1 << 20
	minAggregateBytes = 64
	maxRequests       = 1 << 16
)

// NewProducer returns a producer for s. It returns an [*Error] with ErrInvalidArgument
// for each fault of its arguments, joined.
func NewProducer(s Stream, cfg ProducerConfig) (*Producer, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(s); err != nil {
		return nil, located("NewProducer", "", err)
	}
	p := &Producer{
		stream: s,
		cfg:    cfg,
		start:  time.Now(),
		room:   semaphore.NewWeighted(int64(cfg.MaxBufferedBytes)),
		ended:  make(chan struct{}),
	}
	p.backlog.init(&p.cfg)
	p.open, p.shut = context.WithCancel(context.Background())
	p.requests, p.abort = context.WithCancel(context.Background())
	return p, nil
}

func (c ProducerConfig) withDefaults() ProducerConfig {
	orElse(&c.BatchRecords, maxBatchRecords)
	orElse(&c.BatchBytes, 5<<20)
	orElse(&c.Concurrency, 4)
	orElse(&c.AggregateBytes, kpl.DefaultLimit)
	orElse(&c.MaxBufferedBytes, 64<<20)
	orElse(&c.TTL, 30*time.Second)
	orElse(&c.RequestTimeout, 6*time.Second)
	orElse(&c.Backoff, 100*time.Millisecond)
	orElse(&c.MaxBackoff, max(5*time.Second, c.Backoff))
	if c.Linger == nil {
		c.Linger = new(100 * time.Millisecond)
	}
	if c.CloseTimeout == nil {
		c.CloseTimeout = new(5 * time.Second)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// validate returns every fault of a configuration that has its defaults, joined.
func (c *ProducerConfig) validate(s Stream) error {
	var faults []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, invalid(format, args...))
		}
	}
	require(s != nil, "The stream is nil.")
	require(0 < c.BatchRecords && c.BatchRecords <= maxBatchRecords, "BatchRecords is %d; it must be 1 to %d.", c.BatchRecords, maxBatchRecords)
	require(0 < c.BatchBytes && c.BatchBytes <= maxBatchBytes, "BatchBytes is %d; it must be 1 to %d.", c.BatchBytes, maxBatchBytes)
	require(*c.Linger >= 0, "Linger is %v; it must not be negative.", *c.Linger)
	require(0 < c.Concurrency && c.Concurrency <= maxRequests, "Concurrency is %d; it must be 1 to %d.", c.Concurrency, maxRequests)
	require(minAggregateBytes <= c.AggregateBytes && c.AggregateBytes <= maxAggregateBytes,
		"AggregateBytes is %d; it must be %d to %d.", c.AggregateBytes, minAggregateBytes, maxAggregateBytes)
	require(c.MaxBufferedBytes > 0, "MaxBufferedBytes is %d; it must not be negative.", c.MaxBufferedBytes)
	require(c.TTL > *c.Linger, "TTL is %v; it must be more than Linger, %v.", c.TTL, *c.Linger)
	require(c.RequestTimeout > 0, "RequestTimeout is %v; it must not be negative.", c.RequestTimeout)
	require(0 < c.Backoff && c.Backoff <= c.MaxBackoff, "Backoff is %v; it must not be negative, nor exceed MaxBackoff, %v.", c.Backoff, c.MaxBackoff)
	require(*c.CloseTimeout >= 0, "CloseTimeout is %v; it must not be negative.", *c.CloseTimeout)
	return errors.Join(faults...)
}
