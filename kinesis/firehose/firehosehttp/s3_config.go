package firehosehttp

import (
	"strings"
	"time"

	"github.com/leat-go/leat/kinesis/firehose"
)

// config returns what a delivery stream to the destination is. It is a destination
// that may be merged of several requests, so it is checked as a whole.
func (d *extendedS3) config(h *Handler) (firehose.Config, error) {
	var cfg firehose.Config
	var err error
	if cfg.Sink, err = h.bucketOf(d.RoleARN, d.BucketARN); err != nil {
		return cfg, err
	}
	if isTrue(d.conversion()) {
		return cfg, invalidArgument("leat does not convert data to Parquet or ORC; DataFormatConversionConfiguration can not be enabled.")
	}
	if cfg.Buffering, err = d.hints().config(); err != nil {
		return cfg, err
	}
	cfg.Prefix, cfg.ErrorOutputPrefix = text(d.Prefix), text(d.ErrorOutputPrefix)
	cfg.Compression = firehose.Compression(text(d.CompressionFormat))
	cfg.FileExtension, cfg.CustomTimeZone = text(d.FileExtension), text(d.CustomTimeZone)
	if err := d.partition(&cfg); err != nil {
		return cfg, err
	}
	if err := d.ProcessingConfiguration.configure(h, &cfg); err != nil {
		return cfg, err
	}
	if text(d.S3BackupMode) == "Enabled" {
		if d.S3BackupConfiguration == nil {
			return cfg, invalidArgument("S3 backup destination configuration is required when enabling S3 backup.")
		}
		cfg.Backup, err = d.S3BackupConfiguration.backup(h)
	}
	return cfg, err
}

func (d *extendedS3) conversion() *bool {
	if d.DataFormatConversionConfiguration == nil {
		return nil
	}
	return d.DataFormatConversionConfiguration.Enabled
}

// partition sets dynamic partitioning, which processors complete. What could not be
// delivered to a partition in the time for retries goes to the error output, in the same
// bucket, and stays there for as long as records are retained.
func (d *extendedS3) partition(cfg *firehose.Config) error {
	if !d.partitioned() {
		return nil
	}
	switch b := cfg.Buffering; {
	case b.Size < minPartitionBuffer<<20:
		return invalidArgument("BufferingHints.SizeInMBs must be at least %d when Dynamic Partitioning is enabled.", minPartitionBuffer)
	case *b.Interval == 0:
		return invalidArgument("BufferingHints.IntervalInSeconds must not be 0 when Dynamic Partitioning is enabled.")
	}
	cfg.Partitioning = &firehose.Partitioning{}
	cfg.ErrorSink = cfg.Sink
	cfg.RetryDuration = d.DynamicPartitioningConfiguration.RetryOptions.config()
	return nil
}

// minPartitionBuffer is in MiB.
const minPartitionBuffer = 64

// backup returns the destination as a backup.
func (d *s3Destination) backup(h *Handler) (*firehose.Backup, error) {
	sink, err := h.bucketOf(d.RoleARN, d.BucketARN)
	if err != nil {
		return nil, err
	}
	buffering, err := d.BufferingHints.orElse(defaultBuffer).config()
	return &firehose.Backup{Sink: sink, Buffering: buffering, Prefix: text(d.Prefix), Compression: firehose.Compression(text(d.CompressionFormat))}, err
}

// bucketOf returns the bucket of a destination.
func (h *Handler) bucketOf(role, bucket *string) (firehose.Sink, error) {
	if role == nil || bucket == nil {
		return nil, invalidArgument("RoleARN and BucketARN are required for an S3 destination.")
	}
	return h.buckets.sink((*bucket)[strings.LastIndexByte(*bucket, ':')+1:])
}

// hints returns the buffering, with its defaults: that of dynamic partitioning is the
// least that it may be.
func (d *extendedS3) hints() *bufferingHints {
	if d.partitioned() {
		return d.BufferingHints.orElse(minPartitionBuffer)
	}
	return d.BufferingHints.orElse(defaultBuffer)
}

// The defaults of buffering, in MiB and in seconds.
const (
	defaultBuffer   = 5
	defaultInterval = 300
)

// orElse returns the hints, or the defaults for none.
func (b *bufferingHints) orElse(size int32) *bufferingHints {
	if b == nil || b.SizeInMBs == nil && b.IntervalInSeconds == nil {
		return &bufferingHints{SizeInMBs: &size, IntervalInSeconds: new(int32(defaultInterval))}
	}
	return b
}

// config returns the hints, of which there are both.
func (b *bufferingHints) config() (firehose.Buffering, error) {
	if b.SizeInMBs == nil || b.IntervalInSeconds == nil {
		return firehose.Buffering{}, invalidArgument("BufferingHints must have both SizeInMBs and IntervalInSeconds, or neither.")
	}
	return firehose.Buffering{Size: int(*b.SizeInMBs) << 20, Interval: new(seconds(*b.IntervalInSeconds))}, nil
}

// config returns the time for retries.
func (r *retryOptions) config() *time.Duration {
	if r == nil || r.DurationInSeconds == nil {
		return new(seconds(defaultRetry))
	}
	return new(seconds(*r.DurationInSeconds))
}

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }
