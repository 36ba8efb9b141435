package kinesis_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// The benchmarks compare a stream with a slice that records are appended to once the
// MD5 of their key was taken, in the same run. BENCHMARKS.md holds the ratios to reach.

const (
	benchBatch = 500
	benchData  = 1024
	benchHeld  = 64_000 // records, then a benchmark begins with an empty stream or slice again
)

// benchBatches returns batches of records, with as many keys as records. The keys are
// pieces of one long text, so that the collector sees the stream's memory and not the
// benchmark's.
func benchBatches(n int) [][]kinesis.Entry {
	const length = 16
	rng := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, n*benchBatch*length)
	for i := range text {
		text[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[rng.IntN(36)]
	}
	keys := string(text)
	data := make([]byte, benchData)
	batches := make([][]kinesis.Entry, n)
	for i := range batches {
		batches[i] = make([]kinesis.Entry, benchBatch)
		for k := range batches[i] {
			at := (i*benchBatch + k) * length
			batches[i][k] = kinesis.Entry{PartitionKey: keys[at : at+length], Data: data}
		}
	}
	return batches
}

func perRecord(b *testing.B, records int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(records), "ns/record")
}

func benchStream(b *testing.B, cfg kinesis.Config) *kinesis.LocalStream {
	b.Helper()
	s, err := kinesis.New("bench", cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { runtime.KeepAlive(producerBallast) })
	return s
}

type baselineRecord struct {
	hash    kinesis.HashKey
	key     string
	data    []byte
	arrived int64
}

func BenchmarkPutBaseline(b *testing.B) {
	for name, keep := range map[string]func([]byte) []byte{"copy": slices.Clone[[]byte], "share": func(d []byte) []byte { return d }} {
		b.Run(name, func(b *testing.B) {
			b.Cleanup(func() { runtime.KeepAlive(producerBallast) })
			batches := benchBatches(40)
			var records []baselineRecord
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				if i++; i%(benchHeld/benchBatch) == 0 {
					records = nil
				}
				now := time.Now().UnixMilli()
				for _, e := range batches[i%len(batches)] {
					records = append(records, baselineRecord{kinesis.HashKeyOf(e.PartitionKey), e.PartitionKey, keep(e.Data), now})
				}
			}
			perRecord(b, benchBatch)
			runtime.KeepAlive(records)
		})
	}
}

// BenchmarkPut puts to a stream that is empty at first.
func BenchmarkPut(b *testing.B) {
	for _, shards := range []int{1, 4, 10_000} {
		b.Run(fmt.Sprintf("shards=%d", shards), func(b *testing.B) {
			batches := benchBatches(40)
			s := benchStream(b, kinesis.Config{ShardCount: shards})
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				if i++; i%(benchHeld/benchBatch) == 0 {
					b.StopTimer()
					s.Close()
					s = benchStream(b, kinesis.Config{ShardCount: shards})
					b.StartTimer()
				}
				if _, err := s.Put(context.Background(), batches[i%len(batches)]...); err != nil {
					b.Fatal(err)
				}
			}
			perRecord(b, benchBatch)
			s.Close()
		})
	}
}

// BenchmarkPutFull puts to a stream that keeps a bounded number of bytes, so that
// old records go as new ones come.
func BenchmarkPutFull(b *testing.B) {
	for _, shards := range []int{1, 4, 10_000} {
		b.Run(fmt.Sprintf("shards=%d", shards), func(b *testing.B) {
			batches := benchBatches(40)
			s := benchStream(b, kinesis.Config{ShardCount: shards, RetentionBytes: benchHeld * benchData})
			defer s.Close()
			for i := range benchHeld / benchBatch {
				if _, err := s.Put(context.Background(), batches[i%len(batches)]...); err != nil {
					b.Fatal(err)
				}
			}
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Put(context.Background(), batches[i%len(batches)]...); err != nil {
					b.Fatal(err)
				}
				i++
			}
			perRecord(b, benchBatch)
		})
	}
}

func BenchmarkPutOne(b *testing.B) {
	entry := benchBatches(1)[0][:1]
	s := benchStream(b, kinesis.Config{RetentionBytes: benchHeld * benchData})
	defer s.Close()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Put(context.Background(), entry...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead reads 1,000 records at a time, from the middle of 64,000.
func BenchmarkRead(b *testing.B) {
	const records = 1000
	s := benchStream(b, kinesis.Config{})
	defer s.Close()
	var middle kinesis.SequenceNumber
	for i, batch := range benchBatches(benchHeld / benchBatch) {
		put, err := s.Put(context.Background(), batch...)
		if err != nil {
			b.Fatal(err)
		}
		if i == benchHeld/benchBatch/2 {
			middle = put[0].SequenceNumber
		}
	}
	req := kinesis.ReadRequest{ShardID: "shardId-000000000000", Position: kinesis.At(middle), Limit: records}
	b.ReportAllocs()
	for b.Loop() {
		batch, err := s.Read(context.Background(), req)
		if err != nil || len(batch.Records) != records {
			b.Fatal(len(batch.Records), err)
		}
	}
	perRecord(b, records)
}

// BenchmarkMemory reports what holding 256,000 records costs beyond their data.
func BenchmarkMemory(b *testing.B) {
	const held = 256_000
	for _, c := range []struct{ shards, batch int }{{1, benchBatch}, {1, 1}, {4, benchBatch}, {1000, benchBatch}} {
		b.Run(fmt.Sprintf("shards=%d/batch=%d", c.shards, c.batch), func(b *testing.B) {
			batches := benchBatches(40)
			before := heapInUse()
			var streams []*kinesis.LocalStream
			for b.Loop() {
				s := benchStream(b, kinesis.Config{ShardCount: c.shards})
				streams = append(streams, s)
				for i := range held / benchBatch {
					for chunk := range slices.Chunk(batches[i%len(batches)], c.batch) {
						if _, err := s.Put(context.Background(), chunk...); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
			used := float64(heapInUse()-before) / float64(len(streams))
			b.ReportMetric(used/held-benchData, "overhead-bytes/record")
			b.ReportMetric(used/(1<<20), "MiB")
			for _, s := range streams {
				s.Close()
			}
			runtime.KeepAlive(batches)
		})
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC() // what pools hold goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkReaderWakeUp measures how long after a record was put a reader that waits
// for it goes on.
func BenchmarkReaderWakeUp(b *testing.B) {
	s := benchStream(b, kinesis.Config{RetentionBytes: 1 << 20})
	defer s.Close()
	entry := benchBatches(1)[0][:1]
	var putAt time.Time
	awake := make(chan time.Duration)
	go func() {
		req := kinesis.ReadRequest{ShardID: "shardId-000000000000", Wait: time.Minute}
		for range b.N {
			batch, err := s.Read(context.Background(), req)
			if err != nil {
				b.Error(err)
			}
			req.Position = batch.Next
			awake <- time.Since(putAt)
		}
	}()
	var total time.Duration
	for range b.N {
		for range 100 { // by then it waits
			runtime.Gosched()
		}
		putAt = time.Now()
		if _, err := s.Put(context.Background(), entry...); err != nil {
			b.Fatal(err)
		}
		total += <-awake
	}
	b.ReportMetric(float64(total.Nanoseconds())/float64(b.N), "ns/wake-up")
	b.ReportMetric(0, "ns/op")
}
