package firehose

import (
	"time"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

// settings is a configuration, and what was made of it. It does not change.
type settings struct {
	cfg       Config // all defaults filled in
	version   int64
	template  *objectkey.Template
	backup    *objectkey.Template // nil without a backup
	extractor *extractor          // nil unless values are found by paths
	rules     [stages]rule
	sinks     [stages]Sink // none for transforming
	formats   [stages]objectkey.Compression
	refused   objectkey.ErrorType // of records that Sink did not take
	maxActive int
}

// rule is when a batch is cut.
type rule struct {
	size     int64
	interval time.Duration
}

const (
	defaultSize     = 5 << 20
	defaultInterval = 300 * time.Second
	minSize         = 1 << 20
	maxSize         = 128 << 20
	maxInterval     = 900 * time.Second

	defaultTransformSize     = 1_000_000
	defaultTransformInterval = 60 * time.Second
	minTransformSize         = 200_000
	maxTransformSize         = 3_000_000
	defaultRetries           = 3
	maxRetries               = 300

	defaultRetryDuration = 300 * time.Second
	maxRetryDuration     = 7200 * time.Second

	defaultMaxActive   = 500
	defaultMaxBuffered = 256 << 20
	defaultConcurrency = 16
	maxConcurrency     = 1 << 16

	// retention is how long a record is kept that can not be delivered.
	retention = 24 * time.Hour

	maxRecord = 1_024_000
)

func (c Config) withDefaults() Config {
	c.Buffering = c.Buffering.withDefaults()
	orElse(&c.Compression, Uncompressed)
	orElse(&c.MaxBuffered, max(defaultMaxBuffered, 4*int64(c.Buffering.Size)))
	orElse(&c.Concurrency, defaultConcurrency)
	if c.RetryDuration == nil && c.ErrorSink != nil {
		c.RetryDuration = new(defaultRetryDuration)
	}
	if c.Backup != nil {
		b := *c.Backup
		b.Buffering = b.Buffering.withDefaults()
		orElse(&b.Compression, Uncompressed)
		c.Backup = &b
	}
	if c.Transform != nil {
		t := *c.Transform
		orElse(&t.BufferSize, defaultTransformSize)
		orElse(&t.BufferInterval, new(defaultTransformInterval))
		orElse(&t.Retries, new(defaultRetries))
		c.Transform = &t
	}
	if c.Partitioning != nil {
		p := *c.Partitioning
		orElse(&p.MaxActive, defaultMaxActive)
		c.Partitioning = &p
	}
	return c
}

// withDefaults leaves a buffering alone that has only one of its fields, which is a fault.
func (b Buffering) withDefaults() Buffering {
	if b.Size == 0 && b.Interval == nil {
		return Buffering{Size: defaultSize, Interval: new(defaultInterval)}
	}
	return b
}

func orElse[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// compile makes settings of a configuration that has its defaults. The error has every
// fault, joined.
func compile(name string, version int64, cfg Config) (*settings, error) {
	s := &settings{cfg: cfg, version: version}
	var f faults
	f.check(&cfg)
	s.template = f.template(objectkey.Config{
		Stream: name, Version: version,
		Prefix: cfg.Prefix, ErrorOutputPrefix: cfg.ErrorOutputPrefix,
		Compression: objectkey.Compression(cfg.Compression), FileExtension: cfg.FileExtension,
		CustomTimeZone: cfg.CustomTimeZone, DynamicPartitioning: cfg.Partitioning != nil,
	})
	if b := cfg.Backup; b != nil {
		s.backup = f.template(objectkey.Config{
			Stream: name, Version: version,
			Prefix: b.Prefix, ErrorOutputPrefix: "!{firehose:error-output-type}/", // of which there is none
			Compression: objectkey.Compression(b.Compression), FileExtension: b.FileExtension,
			CustomTimeZone: b.CustomTimeZone,
		})
	}
	if p := cfg.Partitioning; p != nil {
		s.extractor = f.extractor(p.Paths)
		s.maxActive = p.MaxActive
		if s.template != nil {
			f.keys(&cfg, s.template)
		}
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	main := rule{int64(cfg.Buffering.Size), *cfg.Buffering.Interval}
	s.rules = [stages]rule{delivering: main, failing: main}
	s.sinks = [stages]Sink{delivering: cfg.Sink, failing: cfg.ErrorSink}
	if cfg.ErrorSink == nil {
		s.sinks[failing] = cfg.Sink
	}
	s.formats[delivering] = objectkey.Compression(cfg.Compression)
	s.formats[failing] = s.formats[delivering]
	if t := cfg.Transform; t != nil {
		s.rules[transforming] = rule{int64(t.BufferSize), *t.BufferInterval}
	}
	if b := cfg.Backup; b != nil {
		s.rules[keeping] = rule{int64(b.Buffering.Size), *b.Buffering.Interval}
		s.sinks[keeping] = b.Sink
		s.formats[keeping] = objectkey.Compression(b.Compression)
	}
	s.refused = "delivery-failed"
	if named, ok := cfg.Sink.(interface{ ErrorType() string }); ok {
		s.refused = objectkey.ErrorType(named.ErrorType())
	}
	return s, nil
}

// room tells whether a record fits in beside what is held. One that comes alone always does.
func (s *settings) room(held int64, bytes int) bool {
	return held == 0 || held+int64(bytes)+overhead <= s.cfg.MaxBuffered
}
