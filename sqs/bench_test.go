package sqs_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/sqs"
)

// The benchmarks compare a queue with a buffered channel of the same messages in
// the same run. BENCHMARKS.md holds the ratios to reach.

// ballast makes the heap that of a small program. In a heap of next to nothing the
// collector runs some hundred times a second, and the benchmarks would measure it.
var ballast = make([]byte, 64<<20)

var body = strings.Repeat("x", 1024)

func newQueue(b *testing.B, name string, cfg sqs.Config) *sqs.LocalQueue {
	b.Helper()
	b.Cleanup(func() { runtime.KeepAlive(ballast) })
	q, err := sqs.New(name, cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { q.Close() })
	return q
}

func BenchmarkChannel(b *testing.B) {
	ch := make(chan sqs.Message, 1)
	m := sqs.Message{Body: body}
	b.ReportAllocs()
	for b.Loop() {
		ch <- m
		m = <-ch
	}
}

// cycle sends, receives and deletes n messages at a time.
func cycle(b *testing.B, q sqs.Queue, n int, entry func(i int) sqs.Entry) {
	ctx := context.Background()
	batch := make([]sqs.Entry, n)
	handles := make([]string, n)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		for k := range batch {
			batch[k] = entry(i)
			i++
		}
		if _, err := q.Send(ctx, batch...); err != nil {
			b.Fatal(err)
		}
		received, err := q.Receive(ctx, sqs.ReceiveRequest{MaxMessages: n})
		if err != nil || len(received) != n {
			b.Fatal(len(received), err)
		}
		for k := range received {
			handles[k] = received[k].ReceiptHandle
		}
		if err := q.Delete(ctx, handles...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/message")
}

func plain(int) sqs.Entry { return sqs.Entry{Body: body} }

func BenchmarkCycle(b *testing.B) {
	for _, size := range []int{len(body), 100} { // every byte of a body is looked at once
		for _, n := range []int{1, 10} {
			b.Run(fmt.Sprintf("body=%d/batch=%d", size, n), func(b *testing.B) {
				cycle(b, newQueue(b, "q", sqs.Config{}), n, func(int) sqs.Entry { return sqs.Entry{Body: body[:size]} })
			})
		}
	}
}

const million = 1_000_000

func fill(b *testing.B, q sqs.Queue, n int) {
	b.Helper()
	batch := make([]sqs.Entry, 1000)
	for i := range batch {
		batch[i] = plain(i)
	}
	for range n / len(batch) {
		if _, err := q.Send(context.Background(), batch...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCycleQueued1M(b *testing.B) {
	q := newQueue(b, "q", sqs.Config{})
	fill(b, q, million)
	cycle(b, q, 1, plain)
}

func BenchmarkCycleInFlight1M(b *testing.B) {
	q := newQueue(b, "q", sqs.Config{MaxInFlight: 2 * million, VisibilityTimeout: new(12 * time.Hour)})
	fill(b, q, million)
	for range million / 1000 {
		if m, err := q.Receive(context.Background(), sqs.ReceiveRequest{MaxMessages: 1000}); len(m) != 1000 {
			b.Fatal(len(m), err)
		}
	}
	cycle(b, q, 1, plain)
}

func BenchmarkCycleFIFO100kGroups(b *testing.B) {
	// Names are pieces of long texts, so that the collector sees the queue's
	// strings and not the benchmark's.
	const groups, chars = 100_000, 6
	names, ids := randomText(groups*chars), randomText(1<<24)
	entry := func(i int) sqs.Entry {
		g := i % groups * chars
		return sqs.Entry{Body: body, GroupID: names[g : g+chars], DeduplicationID: ids[i : i+16]}
	}
	q := newQueue(b, "q.fifo", sqs.Config{FIFO: true})
	cycle(b, q, 1, entry)
}

func randomText(n int) string {
	rng := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[rng.IntN(36)]
	}
	return string(b)
}

func BenchmarkMemory1M(b *testing.B) {
	b.Run("standard", func(b *testing.B) {
		memory(b, "q", sqs.Config{}, func(i int) sqs.Entry {
			return sqs.Entry{Body: strings.Repeat("x", 1024)}
		})
	})
	b.Run("fifo", func(b *testing.B) {
		ids := randomText(1 << 21)
		memory(b, "q.fifo", sqs.Config{FIFO: true}, func(i int) sqs.Entry {
			return sqs.Entry{Body: strings.Repeat("x", 1024), GroupID: ids[i%1000 : i%1000+8], DeduplicationID: ids[i : i+16]}
		})
	})
}

// memory reports what a million messages of 1 KiB cost.
func memory(b *testing.B, name string, cfg sqs.Config, entry func(i int) sqs.Entry) {
	before := heap()
	var held []*sqs.LocalQueue
	for b.Loop() {
		q := newQueue(b, name, cfg)
		for i := range million {
			if _, err := q.Send(context.Background(), entry(i)); err != nil {
				b.Fatal(err)
			}
		}
		held = append(held, q)
	}
	used := float64(heap()-before) / float64(len(held))
	b.ReportMetric(float64(longestPause().Nanoseconds()), "ns-longest-pause")
	b.ReportMetric(used/million-1024, "overhead-bytes/message")
	b.ReportMetric(used/(1<<30), "GiB")
	runtime.KeepAlive(held)
}

// longestPause is that of the collections so far, up to 256 of them.
func longestPause() time.Duration {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return time.Duration(slices.Max(m.PauseNs[:]))
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// wakeUps measures how long after a message was sent a receiver that waits for
// it goes on.
func wakeUps(b *testing.B, send func(), wait func()) {
	var sentAt time.Time
	awake := make(chan time.Duration)
	go func() {
		for range b.N {
			wait()
			awake <- time.Since(sentAt)
		}
	}()
	var total time.Duration
	for range b.N {
		for range 100 { // by then it waits
			runtime.Gosched()
		}
		sentAt = time.Now()
		send()
		total += <-awake
	}
	b.ReportMetric(float64(total.Nanoseconds())/float64(b.N), "ns/wake-up")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkWakeUpChannel(b *testing.B) {
	ch := make(chan sqs.Message, 1)
	wakeUps(b, func() { ch <- sqs.Message{Body: body} }, func() { <-ch })
}

func BenchmarkWakeUp(b *testing.B) {
	ctx := context.Background()
	q := newQueue(b, "q", sqs.Config{})
	wakeUps(b, func() { q.Send(ctx, plain(0)) }, func() {
		q.Receive(ctx, sqs.ReceiveRequest{Wait: new(time.Minute)})
	})
}
