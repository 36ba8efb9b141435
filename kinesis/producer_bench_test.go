package kinesis_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/leat-go/leat/kinesis"
)

// The benchmarks compare a producer with its baseline, puts of 500 records each into the
// same stream, per record of 1 KiB and of 100 bytes.

// producerBallast makes the heap that of a small program. In a heap of next to nothing
// the collector runs some hundred times a second, and the benchmarks would measure it.
var producerBallast = make([]byte, 64<<20)

func benchmarkStream(b *testing.B) *kinesis.LocalStream {
	b.Helper()
	b.Cleanup(func() { runtime.KeepAlive(producerBallast) })
	s, err := kinesis.New("bench", kinesis.Config{ShardCount: 4, RetentionBytes: 32 << 20})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

func benchmarkEntries(size int) []kinesis.Entry {
	entries := make([]kinesis.Entry, 500)
	for i := range entries {
		entries[i] = kinesis.Entry{PartitionKey: fmt.Sprint("key-", i), Data: make([]byte, size)}
	}
	return entries
}

func BenchmarkProducer(b *testing.B) {
	for _, size := range []int{1024, 100} {
		entries := benchmarkEntries(size)
		b.Run(fmt.Sprintf("size=%d/direct", size), func(b *testing.B) {
			s := benchmarkStream(b)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if i++; i%500 == 0 {
					if _, err := s.Put(b.Context(), entries...); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		for _, cfg := range []kinesis.ProducerConfig{{}, {Ordered: true}, {Aggregate: true}, {Ordered: true, Aggregate: true}} {
			b.Run(fmt.Sprintf("size=%d/ordered=%v/aggregate=%v", size, cfg.Ordered, cfg.Aggregate), func(b *testing.B) {
				p, err := kinesis.NewProducer(benchmarkStream(b), cfg)
				if err != nil {
					b.Fatal(err)
				}
				done := func(_ kinesis.Put, err error) {
					if err != nil {
						b.Error(err)
					}
				}
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					if err := p.Add(b.Context(), entries[i%500], done); err != nil {
						b.Fatal(err)
					}
					i++
				}
				if err := p.Flush(context.Background()); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := p.Close(); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}
