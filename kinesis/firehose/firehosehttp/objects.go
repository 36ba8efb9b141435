package firehosehttp

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leat-go/leat/kinesis/firehose"
)

// Objects keeps objects in memory, in buckets and under keys, as S3 does. Its zero
// value has none. All methods may be called concurrently. An object that comes again
// under its key takes the place of the one before.
type Objects struct {
	mu      sync.Mutex
	buckets map[string]map[string]Object // guarded by mu
}

// Object is an object.
type Object struct {
	Data            []byte // must not be changed
	ContentEncoding string // the compression: see firehose.Delivery
	CreatedAt       time.Time
}

// Bucket returns the sink that puts objects into a bucket.
func (o *Objects) Bucket(name string) firehose.Sink { return &memoryBucket{o, name} }

// List returns the keys in a bucket that begin with a prefix, in order. A bucket that
// has no objects is empty.
func (o *Objects) List(bucket, prefix string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(o.buckets[bucket])), func(key string) bool { return !strings.HasPrefix(key, prefix) })
}

// Get returns an object; ok is false if there is none.
func (o *Objects) Get(bucket, key string) (object Object, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	object, ok = o.buckets[bucket][key]
	return object, ok
}

// Delete removes an object, if it is there.
func (o *Objects) Delete(bucket, key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.buckets[bucket], key)
}

// memoryBucket is a bucket of Objects.
type memoryBucket struct {
	objects *Objects
	name    string
}

// Deliver implements firehose.Sink.
func (b *memoryBucket) Deliver(_ context.Context, d *firehose.Delivery) error {
	var data bytes.Buffer
	if _, err := d.WriteTo(&data); err != nil {
		return err
	}
	o := b.objects
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.buckets == nil {
		o.buckets = map[string]map[string]Object{}
	}
	if o.buckets[b.name] == nil {
		o.buckets[b.name] = map[string]Object{}
	}
	o.buckets[b.name][d.Key] = Object{Data: data.Bytes(), ContentEncoding: d.ContentEncoding, CreatedAt: time.Now()}
	return nil
}
