package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

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
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				must(b, f())
			}
		})
	}
	wg.Wait()
	b.StopTimer()
}

func openBaseline(b *testing.B) faultfs.File {
	fsys, err := faultfs.OpenDir(b.TempDir())
	must(b, err)
	f, err := fsys.Open("baseline", true)
	must(b, err)
	must(b, fsys.Close())
	return f
}

// BenchmarkOpen opens a journal with 100,000 records of 1 KiB. The baseline reads
// its files.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	j, err := OpenDir(dir, Config{Sync: SyncNever})
	must(b, err)
	for range 100_000 {
		_, err := j.Append(make([]byte, 1024))
		must(b, err)
	}
	must(b, j.Close())
	b.Run("journal", func(b *testing.B) {
		for b.Loop() {
			n := 0
			j, err := OpenDir(dir, Config{Batch: func(Batch) error { n++; return nil }})
			must(b, err)
			must(b, j.Close())
			if n != 100_000 {
				b.Fatal(n)
			}
		}
	})
	b.Run("baseline", func(b *testing.B) {
		for b.Loop() {
			names, err := filepath.Glob(filepath.Join(dir, "segment-*"))
			must(b, err)
			for _, name := range names {
				_, err := os.ReadFile(name)
				must(b, err)
			}
		}
	})
}

func must(b *testing.B, err error) {
	if err != nil {
		b.Error(err)
	}
}
