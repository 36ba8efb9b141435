package journal

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/faultfs"
)

// BenchmarkAppend commits records of 1 KiB. The baseline appends the same bytes to
// a file of its own directory and calls fdatasync: "each" one for each record,
// "shared" one for all that wait, which is the most that can be had.
func BenchmarkAppend(b *testing.B) {
	record := make([]byte, 1024)
	for _, senders := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("senders=%d/journal", senders), func(b *testing.B) {
			j, err := OpenDir(b.TempDir(), Config{})
			must(b, err)
			together(b, senders, func() error { _, err := j.Append(record); return err })
			must(b, j.Close())
		})
		b.Run(fmt.Sprintf("senders=%d/baseline-each", senders), func(b *testing.B) {
			f := openBaseline(b)
			var end atomic.Int64
			together(b, senders, func() error {
				if _, err := f.WriteAt(record, end.Add(1024)-1024); err != nil {
					return err
				}
				return f.Sync()
			})
			must(b, f.Close())
		})
		b.Run(fmt.Sprintf("senders=%d/baseline-shared", senders), func(b *testing.B) {
			f := openBaseline(b)
			all, end := make([]byte, 1024*senders), int64(0)
			for left := b.N; left > 0; left -= senders {
				n := int64(1024 * min(left, senders))
				_, err := f.WriteAt(all[:n], end)
				must(b, err)
				must(b, f.Sync())
				end += n
			}
			must(b, f.Close())
		})
	}
	b.Run("never/journal", func(b *testing.B) {
		j, err := OpenDir(b.TempDir(), Config{Sync: SyncNever})
		must(b, err)
		together(b, 1, func() error { _, err := j.Append(record); return err })
		must(b, j.Close())
	})
	batch := make([][]byte, 500)
	for i := range batch {
		batch[i] = record
	}
	b.Run("never/journal, batches of 500", func(b *testing.B) {
		j, err := OpenDir(b.TempDir(), Config{Sync: SyncNever})
		must(b, err)
		b.SetBytes(500 * 1024)
		together(b, 1, func() error { _, err := j.Append(batch...); return err })
		must(b, j.Close())
	})
	b.Run("never/baseline, batches of 500", func(b *testing.B) {
		f := openBaseline(b)
		b.SetBytes(500 * 1024)
		all, end := make([]byte, 500*1024), int64(0)
		together(b, 1, func() error {
			_, err := f.WriteAt(all, end)
			end += int64(len(all))
			return err
		})
		must(b, f.Close())
	})
}

// together calls f b.N times from some goroutines.
func together(b *testing.B, senders int, f func() error) {
	b.ReportAllocs()
	b.ResetTimer()
	parallel(b, b.N, senders, f)
	b.StopTimer()
}

func parallel(b *testing.B, n, senders int, f func() error) {
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				must(b, f())
			}
		})
	}
	wg.Wait()
}

func openBaseline(b *testing.B) faultfs.File {
	fsys, err := faultfs.OpenDir(b.TempDir())
	must(b, err)
	f, err := fsys.Open("baseline", true)
	must(b, err)
	must(b, fsys.Close())
	return f
}

// BenchmarkRatio commits records of 1 KiB in turns to a journal and to the baselines
// of BenchmarkAppend, so that both meet the same disk, and says how much of the
// speed of each baseline the journal has.
func BenchmarkRatio(b *testing.B) {
	record := make([]byte, 1024)
	for _, senders := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			j, err := OpenDir(b.TempDir(), Config{})
			must(b, err)
			each, shared := openBaseline(b), openBaseline(b)
			var end atomic.Int64
			all, sharedEnd := make([]byte, 1024*senders), int64(0)
			var times [3]time.Duration
			turn := 50 * senders
			b.ResetTimer()
			for left := b.N; left > 0; left -= turn {
				n := min(left, turn)
				began := time.Now()
				parallel(b, n, senders, func() error { _, err := j.Append(record); return err })
				journal := time.Now()
				parallel(b, n, senders, func() error {
					if _, err := each.WriteAt(record, end.Add(1024)-1024); err != nil {
						return err
					}
					return each.Sync()
				})
				apart := time.Now()
				for i := 0; i < n; i += senders {
					_, err := shared.WriteAt(all, sharedEnd)
					must(b, err)
					must(b, shared.Sync())
					sharedEnd += int64(len(all))
				}
				times[0] += journal.Sub(began)
				times[1] += apart.Sub(journal)
				times[2] += time.Since(apart)
			}
			b.StopTimer()
			b.ReportMetric(float64(times[0].Nanoseconds())/float64(b.N), "journal-ns/op")
			b.ReportMetric(float64(times[1])/float64(times[0]), "of-each")
			b.ReportMetric(float64(times[2])/float64(times[0]), "of-shared")
			must(b, j.Close())
			must(b, each.Close())
			must(b, shared.Close())
		})
	}
}

// BenchmarkOpen opens a journal with 1,000,000 records of 1 KiB, each of which is a
// batch. The baseline reads its files.
func BenchmarkOpen(b *testing.B) {
	const records = 1_000_000
	dir := b.TempDir()
	j, err := OpenDir(dir, Config{Sync: SyncNever})
	must(b, err)
	record := make([]byte, 1024)
	for range records {
		_, err := j.Append(record)
		must(b, err)
	}
	must(b, j.Close())
	b.Run("journal", func(b *testing.B) {
		for b.Loop() {
			n := 0
			j, err := OpenDir(dir, Config{Batch: func(Batch) error { n++; return nil }})
			must(b, err)
			must(b, j.Close())
			if n != records {
				b.Fatal(n)
			}
		}
	})
	b.Run("baseline", func(b *testing.B) {
		buf := make([]byte, 80<<20)
		for b.Loop() {
			names, err := filepath.Glob(filepath.Join(dir, "segment-*"))
			must(b, err)
			for _, name := range names {
				f, err := os.Open(name)
				must(b, err)
				_, err = f.Read(buf)
				must(b, err)
				must(b, f.Close())
			}
		}
	})
}

// BenchmarkRead reads records of 1 KiB back, in random order.
func BenchmarkRead(b *testing.B) {
	j, err := OpenDir(b.TempDir(), Config{Sync: SyncInterval, SegmentSize: 4 << 20})
	must(b, err)
	record := make([]byte, 1024)
	var places []Place
	for range 50_000 {
		at, err := j.Append(record)
		must(b, err)
		places = append(places, Place{uint32(at.Segment), uint32(at.Offset) + frameHeader + 2, 1024})
	}
	b.ReportAllocs()
	buf := make([]byte, 1024)
	for b.Loop() {
		_, err := j.Read(places[rand.IntN(len(places))], buf)
		must(b, err)
	}
	must(b, j.Close())
}

func must(b *testing.B, err error) {
	if err != nil {
		b.Error(err)
	}
}
