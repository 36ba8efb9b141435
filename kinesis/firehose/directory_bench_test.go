package firehose

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkDeliveryStreamToDirectory puts records of 1 KiB, 500 at a time, on a delivery
// stream that writes objects of 5 MiB to a directory. The baseline writes the same bytes
// by a bufio.Writer to files of the same size. Both remove each file when it is written,
// so that no number of iterations fills a disk.
func BenchmarkDeliveryStreamToDirectory(b *testing.B) {
	batch := make([][]byte, 500)
	for i := range batch {
		batch[i] = bytes.Repeat([]byte{'x'}, 1<<10)
	}
	for _, noSync := range []bool{false, true} {
		name := map[bool]string{false: "synced", true: "not synced"}[noSync]
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			d, err := NewDirectory(dir, DirectoryConfig{NoSync: noSync})
			require.NoError(b, err)
			defer d.Close()
			deliverAndRemove := SinkFunc(func(ctx context.Context, delivery *Delivery) error {
				err := d.Deliver(ctx, delivery)
				_ = os.Remove(filepath.Join(dir, delivery.Key))
				return err
			})
			s, err := New("clicks", Config{Sink: deliverAndRemove, MaxBuffered: 64 << 20})
			require.NoError(b, err)
			b.SetBytes(500 << 10)
			b.ReportAllocs()
			for b.Loop() {
				for pending := batch; len(pending) > 0; {
					_, err := s.Put(b.Context(), pending...)
					full, ok := errors.AsType[*BatchError](err)
					if err != nil && !ok {
						b.Fatal(err)
					}
					if !ok {
						break
					}
					pending = pending[full.Failed[0].Index:]
					if err := s.Flush(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			}
			require.NoError(b, s.Shutdown(b.Context()))
			b.StopTimer()
			require.EqualValues(b, b.N*500, s.Metrics().DeliveredRecords)
		})
		b.Run(name+", baseline", func(b *testing.B) {
			dir := b.TempDir()
			b.SetBytes(500 << 10)
			b.ReportAllocs()
			f, w, size := (*os.File)(nil), bufio.NewWriterSize(nil, directoryBuffer), 0
			end := func() {
				if f == nil {
					return
				}
				require.NoError(b, w.Flush())
				if !noSync {
					require.NoError(b, f.Sync())
				}
				require.NoError(b, f.Close())
				require.NoError(b, os.Remove(f.Name()))
			}
			for i := 0; b.Loop(); i++ {
				for _, data := range batch {
					if f == nil || size+len(data) > 5<<20 {
						end()
						var err error
						f, err = os.Create(filepath.Join(dir, fmt.Sprintf("%d-%d", i, size)))
						require.NoError(b, err)
						w.Reset(f)
						size = 0
					}
					if _, err := w.Write(data); err != nil {
						b.Fatal(err)
					}
					size += len(data)
				}
			}
			end()
		})
	}
}

// BenchmarkDirectory writes objects of 5 MiB from records of 1 KiB. The baseline
// writes the same bytes by a bufio.Writer to a file that it syncs.
func BenchmarkDirectory(b *testing.B) {
	delivery := &Delivery{ID: testID}
	for range 5 << 10 {
		delivery.Records = append(delivery.Records, Record{Data: bytes.Repeat([]byte{'x'}, 1<<10)})
	}
	for _, noSync := range []bool{false, true} {
		name := map[bool]string{false: "synced", true: "not synced"}[noSync]
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			d, err := NewDirectory(dir, DirectoryConfig{NoSync: noSync})
			require.NoError(b, err)
			defer d.Close()
			b.SetBytes(5 << 20)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				delivery.Key = fmt.Sprintf("2026/11/21/16/clicks-%d", i%64)
				i++
				if err := d.Deliver(b.Context(), delivery); err != nil {
					b.Fatal(err)
				}
				_ = os.Remove(filepath.Join(dir, delivery.Key))
			}
		})
		b.Run(name+", baseline", func(b *testing.B) {
			name := filepath.Join(b.TempDir(), "file")
			b.SetBytes(5 << 20)
			b.ReportAllocs()
			for b.Loop() {
				if err := writeBuffered(name, delivery, !noSync); err != nil {
					b.Fatal(err)
				}
				_ = os.Remove(name)
			}
		})
	}
}

func writeBuffered(name string, delivery *Delivery, sync bool) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, directoryBuffer)
	for i := range delivery.Records {
		if _, err := w.Write(delivery.Records[i].Data); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil || !sync {
		return err
	}
	return f.Sync()
}
