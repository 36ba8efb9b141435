package kinesis_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/kinesis"
)

var benchPolicies = map[string]durable.Policy{"each": durable.SyncEach, "never": durable.SyncNever}

// benchRetention keeps what a benchmark has on the disk small.
const benchRetention = 128 << 20

func openBench(b *testing.B, dir string, options durable.Options, retention int64) (*kinesis.Service, *kinesis.LocalStream) {
	b.Helper()
	s, err := kinesis.Open(dir, kinesis.ServiceConfig{Durable: options})
	if err != nil {
		b.Fatal(err)
	}
	stream, err := s.Stream("bench")
	if err != nil {
		stream, err = s.CreateStream("bench", kinesis.Config{ShardCount: 4, RetentionBytes: retention})
	}
	if err != nil {
		b.Fatal(err)
	}
	return s, stream
}

// BenchmarkDurablePut puts batches of 500 records of 1 KiB to a stream on a disk: to one
// that is filling, whose files grow, and to one that is full, which forgets as much as it
// takes. Both have as much in memory as they may. The baseline appends as many bytes to a file in the same place,
// from as many goroutines, with fdatasync after each batch under "each"; it begins a new
// file where the stream does. The two take turns, so that they have the same machine; of-raw
// is the ratio of the median turn.
func BenchmarkDurablePut(b *testing.B) {
	for name, policy := range benchPolicies {
		for _, full := range []bool{true, false} {
			for _, putters := range []int{1, 4, 16} {
				b.Run(fmt.Sprintf("%s/full=%t/putters=%d", name, full, putters), func(b *testing.B) {
					benchDurablePut(b, policy, full, putters)
				})
			}
		}
	}
}

func benchDurablePut(b *testing.B, policy durable.Policy, full bool, putters int) {
	const budget = 32 << 20
	retention, before := int64(0), 3*budget
	if full {
		retention, before = benchRetention, 3*benchRetention
	}
	s, stream := openBench(b, b.TempDir(), durable.Options{Sync: policy, MemoryBudget: budget}, retention)
	batches := benchBatches(8)
	put := func(i int) error {
		_, err := stream.Put(context.Background(), batches[i%len(batches)]...)
		return err
	}
	putTogether(b, putters, before/(benchBatch*benchData), put)
	raw := newBaseline(b, policy)
	var streamTime, rawTime time.Duration
	var ratios []float64
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; {
		turn := min(left, max(32, 8*putters))
		left -= turn
		took := putTogether(b, putters, turn, put)
		b.StopTimer()
		raw := putTogether(b, putters, turn, func(int) error { return raw.append() })
		ratios = append(ratios, raw.Seconds()/took.Seconds())
		streamTime, rawTime = streamTime+took, rawTime+raw
		b.StartTimer()
	}
	b.StopTimer()
	mib := float64(b.N) * benchBatch * benchData / (1 << 20)
	b.ReportMetric(mib/streamTime.Seconds(), "MiB/s")
	b.ReportMetric(mib/rawTime.Seconds(), "raw-MiB/s")
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "of-raw")
	raw.close(b)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// putTogether calls f n times from some goroutines, and returns how long that took.
func putTogether(b *testing.B, putters, n int, f func(i int) error) time.Duration {
	begin := time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range putters {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if err := f(int(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begin)
}

// baselineFile is files that are appended to.
type baselineFile struct {
	fs    faultfs.FS
	sync  bool
	batch []byte

	mu    sync.Mutex
	files []faultfs.File // with their numbers as names
	end   int64
}

func newBaseline(b *testing.B, policy durable.Policy) *baselineFile {
	fs, err := faultfs.OpenDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	return &baselineFile{fs: fs, sync: policy == durable.SyncEach, batch: make([]byte, benchBatch*benchData)}
}

func (r *baselineFile) append() error {
	r.mu.Lock()
	if len(r.files) == 0 || r.end >= 64<<20 {
		f, err := r.fs.Open(fmt.Sprint(len(r.files)), true)
		if err != nil {
			r.mu.Unlock()
			return err
		}
		if r.files = append(r.files, f); len(r.files) > 3 {
			_ = r.fs.Remove(fmt.Sprint(len(r.files) - 4))
			_ = r.files[len(r.files)-4].Close()
		}
		r.end = 0
	}
	f := r.files[len(r.files)-1]
	_, err := f.WriteAt(r.batch, r.end)
	r.end += int64(len(r.batch))
	r.mu.Unlock()
	if err != nil || !r.sync {
		return err
	}
	return f.Sync()
}

func (r *baselineFile) close(b *testing.B) {
	for _, f := range r.files {
		_ = f.Close()
	}
	if err := r.fs.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkDurableOpen opens a stream of 1,000,000 records of 1 KiB, in 1 GiB of files.
func BenchmarkDurableOpen(b *testing.B) {
	const records = 1_000_000
	dir := b.TempDir()
	s, err := kinesis.Open(dir, kinesis.ServiceConfig{Durable: durable.Options{Sync: durable.SyncNever, MemoryBudget: -1}})
	if err != nil {
		b.Fatal(err)
	}
	stream, err := s.CreateStream("bench", kinesis.Config{ShardCount: 4})
	if err != nil {
		b.Fatal(err)
	}
	batches := benchBatches(8)
	for i := range records / benchBatch {
		if _, err := stream.Put(context.Background(), batches[i%len(batches)]...); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	s, stream = nil, nil
	var heap uint64
	for b.Loop() {
		b.StopTimer()
		before := heapNow()
		b.StartTimer()
		s, stream := openBench(b, dir, durable.Options{}, 0)
		b.StopTimer()
		heap = heapNow() - before
		if n := stream.Summary().Records; n != records {
			b.Fatal(n)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(heap)/records, "heap-B/record")
}

func heapNow() uint64 {
	var m runtime.MemStats
	for range 3 { // what is in a pool goes with the second one
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkDurableRead reads 1,000 records of 1 KiB of one of four shards at once, which
// are only on the disk, or rather in what the operating system keeps of it.
func BenchmarkDurableRead(b *testing.B) {
	s, stream := openBench(b, b.TempDir(), durable.Options{Sync: durable.SyncNever, MemoryBudget: -1}, benchRetention)
	for _, batch := range benchBatches(100) {
		if _, err := stream.Put(context.Background(), batch...); err != nil {
			b.Fatal(err)
		}
	}
	time.Sleep(200 * time.Millisecond) // the disk's, for what waits to be written
	b.ReportAllocs()
	for b.Loop() {
		batch, err := stream.Read(context.Background(), kinesis.ReadRequest{ShardID: "shardId-000000000000", Limit: 1000})
		if err != nil || len(batch.Records) != 1000 {
			b.Fatal(err, len(batch.Records))
		}
	}
	perRecord(b, 1000)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
