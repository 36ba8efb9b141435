package firehose

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

// faults collects what is wrong with a configuration.
type faults []error

func (f *faults) require(ok bool, format string, args ...any) {
	if !ok {
		*f = append(*f, invalid(format, args...))
	}
}

func (f *faults) add(err error) {
	if err != nil {
		*f = append(*f, err)
	}
}

func (f *faults) err() error { return errors.Join(*f...) }

// check looks at each field on its own.
func (f *faults) check(c *Config) {
	f.require(c.Sink != nil, "Sink is missing.")
	f.buffering("Buffering", c.Buffering, c.Relaxed)
	f.require(c.RetryDuration == nil || 0 <= *c.RetryDuration && *c.RetryDuration <= maxRetryDuration,
		"RetryDuration must be 0 to 7200 seconds.")
	f.require(c.MaxBuffered > 0, "MaxBuffered is %d; it must not be negative.", c.MaxBuffered)
	f.require(0 < c.Concurrency && c.Concurrency <= maxConcurrency, "Concurrency is %d; it must be 1 to %d.", c.Concurrency, maxConcurrency)
	f.require(c.TransitionTime >= 0, "TransitionTime is %v; it must not be negative.", c.TransitionTime)
	if c.SourcePosition != nil {
		f.require(c.Source != nil, "SourcePosition needs a Source.")
		f.require(c.SourcePosition.SequenceNumber.IsZero(), "SourcePosition is for all shards, so it has no sequence number.")
	}
	if c.KeyType != "" {
		f.require(c.Source == nil, sourceEncryption)
		f.add(checkKey(c.KeyType, c.KeyARN))
	}
	f.add(checkTags(c.Tags))
	if b := c.Backup; b != nil {
		f.require(b.Sink != nil, "Backup.Sink is missing.")
		f.buffering("Backup.Buffering", b.Buffering, c.Relaxed)
	}
	if t := c.Transform; t != nil {
		f.require(t.Func != nil, "Transform.Func is missing.")
		f.require((t.BufferSize >= minTransformSize || c.Relaxed && t.BufferSize > 0) && t.BufferSize <= maxTransformSize,
			"Transform.BufferSize is %d bytes; it must be 200 KB to 3 MB.", t.BufferSize)
		f.interval("Transform.BufferInterval", *t.BufferInterval)
		f.require(0 <= *t.Retries && *t.Retries <= maxRetries, "Transform.Retries is %d; it must be 0 to %d.", *t.Retries, maxRetries)
	}
	if p := c.Partitioning; p != nil {
		f.require(p.Func == nil || len(p.Paths) == 0, "Partitioning has both Paths and Func.")
		f.require(p.MaxActive > 0, "Partitioning.MaxActive is %d; it must not be negative.", p.MaxActive)
	}
}

func (f *faults) buffering(field string, b Buffering, relaxed bool) {
	if b.Size == 0 || b.Interval == nil {
		f.require(false, "%s needs both Size and Interval, or neither.", field)
		return
	}
	f.require((b.Size >= minSize || relaxed && b.Size > 0) && b.Size <= maxSize, "%s.Size is %d bytes; it must be 1 to 128 MiB.", field, b.Size)
	f.interval(field+".Interval", *b.Interval)
}

func (f *faults) interval(field string, d time.Duration) {
	f.require(0 <= d && d <= maxInterval, "%s is %v; it must be 0 to 900 seconds.", field, d)
}

// template compiles what object keys are made by; nil if it has faults.
func (f *faults) template(c objectkey.Config) *objectkey.Template {
	t, err := objectkey.Compile(c)
	if err == nil {
		return t
	}
	for _, each := range err.(interface{ Unwrap() []error }).Unwrap() {
		fault := each.(*objectkey.Fault)
		e := &Error{Err: ErrInvalidArgument, Message: fault.Message}
		if fault.ErrorCode() == "ValidationException" {
			e.Err = ErrValidation
		}
		if fault.Detail != "" {
			e.Message += " (" + fault.Detail + ")"
		}
		f.add(e)
	}
	return nil
}

// extractor compiles the paths of a partitioning; nil if there are none.
func (f *faults) extractor(paths map[string]string) *extractor {
	if len(paths) == 0 {
		return nil
	}
	x := &extractor{}
	for _, name := range slices.Sorted(maps.Keys(paths)) {
		p, err := parsePath(paths[name])
		if err != nil {
			f.add(invalid("Partitioning.Paths: %s: %v", name, err))
			continue
		}
		x.names, x.paths = append(x.names, name), append(x.paths, p)
	}
	return x
}

// keys checks that every partition key in the prefix can have a value.
func (f *faults) keys(c *Config, t *objectkey.Template) {
	query, lambda := t.PartitionKeys()
	for _, name := range query {
		_, ok := c.Partitioning.Paths[name]
		f.require(ok || c.Partitioning.Func != nil, "Prefix names the partition key %q, for which there is neither a path nor a function.", name)
	}
	f.require(len(lambda) == 0 || c.Transform != nil, "Prefix names partition keys of a transformation, and there is none.")
}
