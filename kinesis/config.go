package kinesis

import (
	"log/slog"
	"time"
)

// Config says what a stream is. Its zero value is a provisioned stream of one shard
// with AWS's defaults. It is data, to be decoded from somewhere or stored. The ranges
// are those of the Kinesis Data Streams API reference.
type Config struct {
	// Mode is whether the number of shards is said or found. Empty means
	// ModeProvisioned.
	Mode StreamMode

	// ShardCount is the number of shards at first, 1 to 10,000. Zero means 1, or 4
	// on demand, which takes no other number. Later it is what UpdateShardCount was
	// told last.
	ShardCount int

	// RetentionPeriod is how long a record can be read, 24 to 8,760 hours. Zero means
	// 24 hours.
	RetentionPeriod time.Duration

	// RetentionBytes bounds the bytes of the records that the stream keeps, data and
	// partition keys: beyond it the oldest records go before their time. Zero means no
	// bound. AWS has no such setting.
	RetentionBytes int64

	// MaxRecordSize bounds the data of a record in bytes: 1 MiB to 10 MiB, in whole
	// KiB. Zero means 1 MiB.
	MaxRecordSize int

	// EnforceLimits makes each shard refuse, with ErrProvisionedThroughputExceeded,
	// more than 1 MiB or 1,000 records a second in, and 2 MiB or 5 reads a second out,
	// as AWS does. A shard may use up to a second's worth at once. False means that
	// nothing is limited.
	EnforceLimits bool

	// TransitionTime is how long the stream is CREATING, UPDATING or DELETING, as on
	// AWS, where it takes seconds. Zero means not at all.
	TransitionTime time.Duration

	// KMSKeyID, ShardLevelMetrics (of the names that AWS has, see
	// EnableEnhancedMonitoring), WarmThroughputMiBps and Policy (a JSON document) are
	// kept and returned; leat encrypts, measures, warms and forbids nothing. A stream
	// with a KMSKeyID says in EncryptionType that it is encrypted with it.
	KMSKeyID            string
	ShardLevelMetrics   []string
	WarmThroughputMiBps int
	Policy              string

	// Tags are the tags that the stream begins with, at most 50. CreateStream copies
	// the map. What they are later is in LocalStream.Tags.
	Tags map[string]string

	// Relaxed lifts the rules that only get in the way locally: the lower bounds of
	// RetentionPeriod and MaxRecordSize, the ten changes of the shard count a day, and
	// the five seconds between subscriptions of a consumer.
	Relaxed bool

	// Logger is told what nobody else would see. Nil means the service's, else
	// silence.
	Logger *slog.Logger
}

// StreamMode is whether the number of shards is said or found.
type StreamMode string

const (
	// ModeProvisioned leaves the number of shards to the owner.
	ModeProvisioned StreamMode = "PROVISIONED"
	// ModeOnDemand begins with 4 shards and splits those that get hot.
	ModeOnDemand StreamMode = "ON_DEMAND"
)

// StreamStatus is what a stream is doing. (DescribeStreamSummary, StreamStatus.)
type StreamStatus string

const (
	StatusCreating StreamStatus = "CREATING" // takes no records yet
	StatusActive   StreamStatus = "ACTIVE"
	StatusUpdating StreamStatus = "UPDATING" // works, but takes no other change
	StatusDeleting StreamStatus = "DELETING" // takes no records any more
)

const (
	defaultRetention  = 24 * time.Hour
	maxRetention      = 8760 * time.Hour
	defaultRecordSize = 1 << 20
	maxRecordSize     = 10 << 20
	maxShardCount     = 10_000
	onDemandShards    = 4
)

func (c Config) withDefaults() Config {
	orElse(&c.Mode, ModeProvisioned)
	if c.Mode == ModeOnDemand {
		orElse(&c.ShardCount, onDemandShards)
	}
	orElse(&c.ShardCount, 1)
	orElse(&c.RetentionPeriod, defaultRetention)
	orElse(&c.MaxRecordSize, defaultRecordSize)
	return c
}

func orElse[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}
