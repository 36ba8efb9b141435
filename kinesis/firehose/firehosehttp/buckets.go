package firehosehttp

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"sync"

	"github.com/leat-go/leat/kinesis/firehose"
)

// buckets are the buckets of S3, in a directory or in memory.
type buckets struct {
	directory string
	objects   *Objects // if directory is empty

	mu     sync.Mutex
	open   map[string]*firehose.Directory // guarded by mu
	closed bool                           // guarded by mu
}

// sink returns the sink that a bucket is.
func (b *buckets) sink(name string) (firehose.Sink, error) {
	if b.directory == "" {
		return b.objects.Bucket(name), nil
	}
	path, err := filepath.Localize(name)
	if err != nil || path == "." || filepath.Base(path) != path {
		return nil, &firehose.Error{Op: "Bucket", Err: firehose.ErrInvalidArgument, Message: "A bucket of the name " + name + " can not be a directory."}
	}
	return &directoryBucket{b, path}, nil
}

// of returns the directory of a bucket, which it opens if it is the first time.
func (b *buckets) of(name string) (*firehose.Directory, error) {
	known, err := b.known(name, nil)
	if known != nil || err != nil {
		return known, err
	}
	opened, err := firehose.NewDirectory(filepath.Join(b.directory, name), firehose.DirectoryConfig{})
	if err != nil {
		return nil, err
	}
	known, err = b.known(name, opened)
	if known != opened {
		_ = opened.Close() // another was faster, or all are closed
	}
	return known, err
}

// known returns the open directory of a bucket, which is opened if there is none.
func (b *buckets) known(name string, opened *firehose.Directory) (*firehose.Directory, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return nil, firehose.Permanent(fs.ErrClosed)
	case b.open[name] != nil:
		return b.open[name], nil
	case opened != nil:
		if b.open == nil {
			b.open = map[string]*firehose.Directory{}
		}
		b.open[name] = opened
	}
	return opened, nil
}

func (b *buckets) close() error {
	b.mu.Lock()
	open := slices.Collect(maps.Values(b.open))
	b.open, b.closed = nil, true
	b.mu.Unlock()
	var errs []error
	for _, d := range open {
		errs = append(errs, d.Close())
	}
	return errors.Join(errs...)
}

// directoryBucket is a bucket that is a directory. That is opened when the first object
// comes: a request that fails leaves nothing behind.
type directoryBucket struct {
	buckets *buckets
	name    string
}

// Deliver implements firehose.Sink.
func (b *directoryBucket) Deliver(ctx context.Context, d *firehose.Delivery) error {
	directory, err := b.buckets.of(b.name)
	if err != nil {
		return err
	}
	return directory.Deliver(ctx, d)
}
