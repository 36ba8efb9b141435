package firehose

import (
	"log/slog"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// Config says what a delivery stream does. Only Sink must be set; the rest has AWS's
// defaults. The ranges are those of the Amazon Data Firehose API reference
// (CreateDeliveryStream and the types that it names).
type Config struct {
	// Source feeds the delivery stream. Aggregated records of the Kinesis Producer
	// Library are taken apart. Nil means that records come by Put, which otherwise fails.
	// It can not be changed later.
	Source kinesis.Stream

	// SourcePosition is where in the shards of Source to begin: all types but those with
	// a sequence number. Nil means, as on AWS, after the newest record at the time of
	// creation. Shards that come of resharding are always read from their beginning.
	SourcePosition *kinesis.Position

	// Sink is where the records are delivered to.
	Sink Sink

	// ErrorSink is where records go that failed, as JSON lines (see the package comment):
	// those of which the transformation or the partitioning said so, and those that Sink
	// refused, or did not take within RetryDuration. Nil means Sink, for all but what
	// Sink itself did not take.
	ErrorSink Sink

	// Backup, if it is not nil, gets every record as it came, before transformation.
	Backup *Backup

	// Buffering says when records are delivered.
	Buffering Buffering

	// Prefix and ErrorOutputPrefix come before the names of objects with delivered and
	// with failed records. They may have expressions: see the package comment.
	Prefix, ErrorOutputPrefix string

	// FileExtension, a period and characters from 0-9a-z!-_.*'(), at most 128 in all, ends
	// the object keys. Empty means the extension of Compression.
	FileExtension string

	// CustomTimeZone is the IANA name of the zone for the times in object keys. Empty
	// means UTC.
	CustomTimeZone string

	// Compression is the format of the objects. Empty means Uncompressed.
	Compression Compression

	// AppendDelimiter adds a newline to every record that is delivered, after
	// transformation.
	AppendDelimiter bool

	// Transform runs a function over the records; nil means that they stay as they are.
	Transform *Transform

	// Partitioning sends records to different prefixes by what is in them; nil means that
	// it is the same prefix for all. (Dynamic partitioning.)
	Partitioning *Partitioning

	// RetryDuration is how much time may be spent on the pauses before retries of a
	// delivery to Sink, 0 to 7,200 seconds; 0 means that there are no retries. Then the
	// records go to ErrorSink, or, if that is nil, nowhere: OnDrop is told. Nil means 300
	// seconds if there is an ErrorSink, and otherwise as long as records are retained,
	// which is 24 hours.
	RetryDuration *time.Duration

	// MaxBuffered bounds the bytes of the records that wait to be delivered. Beyond it Put
	// fails with ErrServiceUnavailable, a Source is not read, and what is buffered is
	// delivered at once. Records are counted in each buffer that they are in, with 64 bytes
	// besides their data; one that finds nothing there always has room. Zero means 256
	// MiB, or four times Buffering.Size if that is more.
	MaxBuffered int64

	// Concurrency bounds the calls of Sink, ErrorSink, Backup.Sink and Transform.Func that
	// are under way at once, 1 to 65,536. Those of one partition never are. Zero means 16.
	Concurrency int

	// OnDrop is told of records that will not be delivered any more: because they are 24
	// hours old, or could not be delivered within RetryDuration and there is no ErrorSink,
	// or because of Close. They are in d; its Key is empty for records that were not
	// transformed yet. err is the reason. It may be called concurrently. Logger is told too.
	OnDrop func(d *Delivery, err error)

	// Jitter changes the pause before a retry; the result is brought between zero and two
	// minutes. Nil means up to 15 percent more or less, by chance; NoJitter leaves it.
	Jitter func(pause time.Duration) time.Duration

	// Random draws the bits for delivery ids and for the random parts of object keys. It
	// may be called concurrently. Nil means bits that nobody can guess.
	Random func() uint64

	// KeyType and KeyARN are how records are encrypted at rest: empty, "AWS_OWNED_CMK" or
	// "CUSTOMER_MANAGED_CMK". They are kept and returned; leat encrypts nothing.
	KeyType, KeyARN string

	// Destination is what a front end wants to remember of the destination, in whatever
	// form; kept and returned.
	Destination string

	// Tags are the delivery stream's tags at first.
	Tags map[string]string

	// Relaxed lifts the rules that only get in the way locally: the lower bounds of buffer
	// sizes, and the 25 changes of encryption a day.
	Relaxed bool

	// TransitionTime is how long the delivery stream is CREATING, and DELETING at least,
	// as on AWS, where it takes seconds. Zero means not at all.
	TransitionTime time.Duration

	// Logger is told what nobody else would see: failed deliveries, dropped records. Nil
	// means the service's, else silence.
	Logger *slog.Logger
}

// Buffering says when a buffer is delivered: when it is full or old, whichever is
// first. Both fields are given, or none.
type Buffering struct {
	// Size is in bytes, before compression: 1 to 128 MiB. Zero means 5 MiB. No delivery is
	// larger, unless a single record is.
	Size int
	// Interval is how old the oldest record of a buffer gets, 0 to 900 seconds. With 0
	// records are delivered at once, together with what came while the delivery before
	// was under way. Nil means 300 seconds.
	Interval *time.Duration
}

// Backup is where source records are kept. The fields that Config has too have the same
// meaning and defaults here. Source records that could not be backed up are retried
// for 24 hours, and hold up nothing else.
type Backup struct {
	Sink           Sink
	Buffering      Buffering
	Prefix         string // without partition keys
	FileExtension  string
	CustomTimeZone string
	Compression    Compression
}

// A Compression is a format of objects. (CompressionFormat in the API.)
type Compression string

// The compression formats.
const (
	Uncompressed Compression = "UNCOMPRESSED"
	GZIP         Compression = "GZIP"
	ZIP          Compression = "ZIP"
	Snappy       Compression = "Snappy"
	HadoopSnappy Compression = "HADOOP_SNAPPY"
)

// NoJitter is a Config.Jitter under which retries come exactly on time.
func NoJitter(pause time.Duration) time.Duration { return pause }
