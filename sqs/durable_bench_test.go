package sqs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sqs"
)

func openDir(b testing.TB, dir string, opts durable.Options) *sqs.Service {
	s, err := sqs.Open(dir, sqs.ServiceConfig{Relaxed: true, Durable: opts})
	require.NoError(b, err)
	return s
}

// BenchmarkDurableSend sends messages of 1 KiB one at a time, from some senders at once.
// The baseline appends as many bytes to a file and calls fdatasync, with the same
// concurrency. They take turns, so that they have the same machine; of-raw is the ratio of
// the median turn.
func BenchmarkDurableSend(b *testing.B) {
	body := strings.Repeat("x", 1024)
	for _, senders := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			s := openDir(b, b.TempDir(), durable.Options{})
			q, err := s.CreateQueue("q", sqs.Config{})
			require.NoError(b, err)
			fsys, err := faultfs.OpenDir(b.TempDir())
			require.NoError(b, err)
			f, err := fsys.Open("baseline", true)
			require.NoError(b, err)
			var end atomic.Int64
			record := []byte(body)
			var ratios []float64
			b.ResetTimer()
			for left := b.N; left > 0; {
				turn := min(left, 200*min(senders, 16))
				left -= turn
				mine := inParallel(b, senders, turn, func() error {
					_, err := q.Send(b.Context(), sqs.Entry{Body: body})
					return err
				})
				b.StopTimer()
				raw := inParallel(b, senders, turn, func() error {
					if _, err := f.WriteAt(record, end.Add(1024)-1024); err != nil {
						return err
					}
					return f.Sync()
				})
				b.StartTimer()
				ratios = append(ratios, raw.Seconds()/mine.Seconds())
			}
			b.StopTimer()
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "of-raw")
			require.NoError(b, s.Close())
			require.NoError(b, f.Close())
			require.NoError(b, fsys.Close())
		})
	}
}

// inParallel calls f n times from some goroutines, and returns how long that took.
func inParallel(b *testing.B, senders, n int, f func() error) time.Duration {
	began := time.Now()
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := f(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

// BenchmarkUnsynced sends, receives and deletes messages of 1 KiB without syncing, and in
// memory.
func BenchmarkUnsynced(b *testing.B) {
	for _, batch := range []int{1, 10} {
		for _, kind := range []string{"disk", "memory"} {
			b.Run(fmt.Sprintf("batch=%d/%s", batch, kind), func(b *testing.B) {
				q := newQueue(b, "q", sqs.Config{})
				if kind == "disk" {
					s := openDir(b, b.TempDir(), durable.Options{Sync: durable.SyncNever})
					defer s.Close()
					var err error
					q, err = s.CreateQueue("q", sqs.Config{})
					require.NoError(b, err)
				}
				entries := make([]sqs.Entry, batch)
				for i := range entries {
					entries[i].Body = strings.Repeat("x", 1024)
				}
				handles := make([]string, batch)
				ctx := b.Context()
				b.ResetTimer()
				for range b.N {
					if _, err := q.Send(ctx, entries...); err != nil {
						b.Fatal(err)
					}
					got, err := q.Receive(ctx, sqs.ReceiveRequest{MaxMessages: batch})
					if err != nil || len(got) != batch {
						b.Fatal(err, len(got))
					}
					for i := range got {
						handles[i] = got[i].ReceiptHandle
					}
					if err := q.Delete(ctx, handles...); err != nil {
						b.Fatal(err)
					}
				}
				b.StopTimer()
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/message")
			})
		}
	}
}

// BenchmarkDurableMillion queues 1,000,000 messages of 1 KiB whose bodies are on disk, says
// what each takes of the heap, and opens the service again.
func BenchmarkDurableMillion(b *testing.B) {
	const count = 1_000_000
	for range b.N {
		dir := b.TempDir()
		opts := durable.Options{Sync: durable.SyncNever, MemoryBudget: -1}
		before := liveHeap()
		s := openDir(b, dir, opts)
		q, err := s.CreateQueue("q", sqs.Config{})
		require.NoError(b, err)
		batch := make([]sqs.Entry, 100)
		for i := 0; i < count; i += len(batch) {
			for k := range batch {
				batch[k].Body = fmt.Sprintf("%01024d", i+k)
			}
			_, err := q.Send(b.Context(), batch...)
			require.NoError(b, err)
		}
		clear(batch)
		time.Sleep(200 * time.Millisecond) // until what is buffered is written
		_ = q.Metrics()
		b.ReportMetric(float64(liveHeap()-before)/count, "heap-B/message")
		require.NoError(b, s.Close())
		q, s = nil, nil
		runtime.GC()

		began := time.Now()
		steps := 0
		opts.Progress = func(durable.Progress) { steps++ }
		s = openDir(b, dir, opts)
		b.ReportMetric(time.Since(began).Seconds(), "s/open")
		b.ReportMetric(float64(liveHeap()-before)/count, "opened-heap-B/message")
		require.Positive(b, steps)
		q, err = s.Queue("q")
		require.NoError(b, err)
		require.Equal(b, count, q.Metrics().ApproximateNumberOfMessagesVisible)
		require.NoError(b, s.Close())
		began = time.Now()
		names, err := filepath.Glob(filepath.Join(dir, "segment-*"))
		require.NoError(b, err)
		for _, name := range names {
			_, err := os.ReadFile(name)
			require.NoError(b, err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/read-files")
		require.NoError(b, os.RemoveAll(dir))
	}
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkSendWhileCleaning sends and deletes behind a backlog that does not move, so that
// the journal is cleaned all the time, and says how long the longest send took. The
// baseline does the same with segments so long that nothing is cleaned.
func BenchmarkSendWhileCleaning(b *testing.B) {
	for _, policy := range []durable.Policy{durable.SyncEach, durable.SyncNever} {
		for _, cleaning := range []bool{true, false} {
			b.Run(fmt.Sprintf("sync=%d/cleaning=%v", policy, cleaning), func(b *testing.B) {
				opts := durable.Options{Sync: policy, MemoryBudget: 32 << 20, SegmentSize: 4 << 20}
				if !cleaning {
					opts.SegmentSize = 1 << 30
				}
				dir := b.TempDir()
				s := openDir(b, dir, opts)
				backlog, err := s.CreateQueue("backlog", sqs.Config{})
				require.NoError(b, err)
				q, err := s.CreateQueue("q", sqs.Config{})
				require.NoError(b, err)
				batch := make([]sqs.Entry, 1000)
				for i := range batch {
					batch[i].Body = strings.Repeat("x", 1024)
				}
				for range 60 {
					_, err := backlog.Send(b.Context(), batch...)
					require.NoError(b, err)
				}
				var longest time.Duration
				b.ResetTimer()
				for range b.N {
					began := time.Now()
					_, err := q.Send(b.Context(), batch[:10]...)
					longest = max(longest, time.Since(began))
					require.NoError(b, err)
					got, err := q.Receive(b.Context(), sqs.ReceiveRequest{MaxMessages: 10})
					require.NoError(b, err)
					for _, m := range got {
						require.NoError(b, q.Delete(b.Context(), m.ReceiptHandle))
					}
				}
				b.StopTimer()
				b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
				names, err := filepath.Glob(filepath.Join(dir, "segment-*"))
				require.NoError(b, err)
				b.ReportMetric(float64(len(names)), "segments")
				require.NoError(b, s.Close())
				require.NoError(b, os.RemoveAll(dir))
			})
		}
	}
}
