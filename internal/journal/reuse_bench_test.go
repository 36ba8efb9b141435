package journal

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/faultfs"
)

// BenchmarkTrimmed commits to a journal that keeps two segments and trims the others, as
// queues and streams do in the long run, so that the files of segments are used again. It
// does so in turns with the same journal on a file system that does not let it, and with
// the baseline: appends to a file, with fdatasync under SyncEach, and a new file whenever
// it is as long as a segment. It says how much of the speed of these the journal has.
func BenchmarkTrimmed(b *testing.B) {
	record := make([]byte, 1024)
	batch := make([][]byte, 500)
	for i := range batch {
		batch[i] = record
	}
	for _, bench := range []struct {
		name    string
		policy  Policy
		batch   [][]byte
		segment int64
		turn    int
	}{
		{"each/1KiB", SyncEach, batch[:1], 4 << 20, 50},
		{"each/500KiB", SyncEach, batch, 64 << 20, 10},
		{"never/1KiB", SyncNever, batch[:1], 4 << 20, 5000},
		{"never/500KiB", SyncNever, batch, 64 << 20, 10},
	} {
		b.Run(bench.name, func(b *testing.B) {
			with := newTrimmed(b, bench.policy, bench.segment, false)
			without := newTrimmed(b, bench.policy, bench.segment, true)
			raw := newFresh(b, bench.policy, bench.segment, len(bench.batch)*len(record))
			for _, t := range []*trimmed{with, without} { // to where files are used again
				for t.first < 3 {
					t.append(batch)
				}
				must(b, t.j.Sync())
			}
			contenders := []func(){
				func() { with.append(bench.batch) }, func() { without.append(bench.batch) }, raw.append,
			}
			var times [3]time.Duration
			b.ResetTimer()
			for left := b.N; left > 0; left -= bench.turn {
				for i, one := range contenders {
					began := time.Now()
					for range min(left, bench.turn) {
						one()
					}
					times[i] += time.Since(began)
				}
			}
			b.StopTimer()
			b.ReportMetric(float64(times[0].Nanoseconds())/float64(b.N), "journal-ns/op")
			b.ReportMetric(float64(times[1])/float64(times[0]), "of-unused")
			b.ReportMetric(float64(times[2])/float64(times[0]), "of-fresh")
			must(b, with.j.Close())
			must(b, without.j.Close())
			must(b, raw.file.Close())
		})
	}
}

// trimmed is a journal that is trimmed to two segments.
type trimmed struct {
	b     *testing.B
	j     *Journal
	first uint64
}

func newTrimmed(b *testing.B, policy Policy, segment int64, refuses bool) *trimmed {
	fsys, err := faultfs.OpenDir(b.TempDir())
	must(b, err)
	if refuses {
		fsys = noSpare{fsys}
	}
	j, err := Open(fsys, Config{Sync: policy, SegmentSize: segment})
	must(b, err)
	return &trimmed{b, j, 1}
}

func (t *trimmed) append(batch [][]byte) {
	_, err := t.j.Append(batch...)
	must(t.b, err)
	if segments := t.j.Segments(); len(segments) > 2 {
		t.first = segments[len(segments)-2].Number
		must(t.b, t.j.Trim(t.first))
	}
}

// noSpare is a directory in which no file is kept to be used again.
type noSpare struct{ faultfs.FS }

func (n noSpare) Rename(from, to string) error {
	if to == spareName {
		return errors.ErrUnsupported
	}
	return n.FS.Rename(from, to)
}

// fresh is the baseline.
type fresh struct {
	b             *testing.B
	fsys          faultfs.FS
	file          faultfs.File
	number        int
	size, segment int64
	sync          bool
	data          []byte
}

func newFresh(b *testing.B, policy Policy, segment int64, size int) *fresh {
	fsys, err := faultfs.OpenDir(b.TempDir())
	must(b, err)
	file, err := fsys.Open("0", true)
	must(b, err)
	return &fresh{b: b, fsys: fsys, file: file, segment: segment, sync: policy == SyncEach, data: make([]byte, size)}
}

func (f *fresh) append() {
	if f.size+int64(len(f.data)) > f.segment {
		must(f.b, f.file.Close())
		if f.number > 0 {
			must(f.b, f.fsys.Remove(fmt.Sprint(f.number-1)))
		}
		f.number++
		f.size = 0
		var err error
		f.file, err = f.fsys.Open(fmt.Sprint(f.number), true)
		must(f.b, err)
	}
	_, err := f.file.WriteAt(f.data, f.size)
	must(f.b, err)
	f.size += int64(len(f.data))
	if f.sync {
		must(f.b, f.file.Sync())
	}
}

// BenchmarkOpenReused opens a journal that was killed right after it had begun to use a
// file of 64 MiB again, with batches of one record of a size.
func BenchmarkOpenReused(b *testing.B) {
	for _, size := range []int{100, 1024, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			dir := b.TempDir()
			fsys, err := faultfs.OpenDir(dir)
			must(b, err)
			stale := append(make([]byte, 0, 64<<20), newSegment(1, 2, place{1 << 21, 0}, flagReused)...)
			record := make([]byte, size)
			for i := range record {
				record[i] = byte(i) | 1
			}
			for at := (place{1, 0}); len(stale)+size+100 < 64<<20; {
				from := len(stale)
				stale = appendFrame(stale, int(payloadSize([][]byte{record})), [][]byte{record})
				at.chain, _ = seal(stale[from:], 1, at.seq+1, at.seq, at.chain)
				at.seq++
			}
			copy(stale[segmentHeader+frameHeader+50:], "and what it is cut off by") // in the first frame
			m := manifest{id: 1, generation: 2, first: 2, last: 2}
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				for name, contents := range map[string][]byte{manifestName: append(m.encode(), make([]byte, 2*slotSize)...), segmentName(2): stale} {
					f, err := fsys.Open(name, true)
					must(b, err)
					_, err = f.WriteAt(contents, 0)
					must(b, err)
					must(b, f.Close())
				}
				b.StartTimer()
				j, err := OpenDir(dir, Config{})
				must(b, err)
				b.StopTimer()
				if j.Report().Torn != 0 {
					b.Fatalf("%+v", j.Report())
				}
				must(b, j.Close())
				b.StartTimer()
			}
		})
	}
}
