package journal

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// TestBackup copies a journal with segments, snapshot and riders.
func TestBackup(t *testing.T) {
	for _, policy := range []Policy{SyncEach, SyncInterval, SyncNever} {
		fsys := faultfs.NewMem(1)
		j, _, err := reopen(fsys, Config{SegmentSize: 300, Sync: policy})
		require.NoError(t, err)
		var want []string
		add := func(n int) {
			for range n {
				text := fmt.Sprintf("%30d", len(want))
				want = append(want, text)
				_, err := j.Add([]byte(text))
				require.NoError(t, err)
			}
		}
		to := faultfs.NewMem(2)
		require.NoError(t, j.Backup(t.Context(), to), "there is nothing to copy yet")
		add(10)
		require.NoError(t, j.Snapshot([]byte("a snapshot")))
		add(10)
		require.ErrorIs(t, j.Backup(t.Context(), to), ErrInvalid)
		to = faultfs.NewMem(2)
		require.NoError(t, j.Backup(t.Context(), to))
		at := len(want)
		add(10)
		require.NoError(t, j.Close())

		to.Crash() // it is durable
		names := mustNames(t, to, "segment-")
		last := names[len(names)-1]
		good, err := to.ReadFile(last)
		require.NoError(t, err)
		bad := bytes.Clone(good)
		bad[len(bad)-frameHeader-5]++
		to.WriteFile(last, bad)
		_, _, err = reopen(to, Config{})
		require.ErrorIs(t, err, ErrCorrupt, "it can not be taken for a tear")
		to.WriteFile(last, good)
		for _, from := range []struct {
			fsys faultfs.FS
			want []string
		}{{to, want[:at]}, {fsys, want}} {
			var snapshot string
			var got []string
			j, err := Open(from.fsys, Config{
				Snapshot: func(data []byte) error { snapshot = string(data); return nil },
				Batch:    func(b Batch) error { got = append(got, string(b.Records[0])); return nil },
			})
			require.NoError(t, err)
			require.Equal(t, from.want, got)
			require.Equal(t, "a snapshot", snapshot)
			require.Zero(t, j.Report())
			_, err = j.Append([]byte("it can be used on"))
			require.NoError(t, err)
			require.NoError(t, j.Close())
		}
	}
}

func mustNames(t *testing.T, fsys faultfs.FS, prefix string) (names []string) {
	all, err := fsys.ReadDir()
	require.NoError(t, err)
	for _, name := range all {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names
}

// TestBackupWhileTrimmed trims what is being copied, at each call of the copy.
func TestBackupWhileTrimmed(t *testing.T) {
	points := 0
	for at := 1; ; at++ {
		fsys := faultfs.NewMem(1)
		j, _, err := reopen(fsys, Config{SegmentSize: 300})
		require.NoError(t, err)
		require.NoError(t, j.Snapshot([]byte("first")))
		for i := range 20 {
			_, err := j.Append(fmt.Appendf(nil, "%30d", i))
			require.NoError(t, err)
		}
		to := faultfs.NewMem(2)
		calls, met := 0, false
		to.OnCall(func(faultfs.Call) (f faultfs.Fault) {
			if calls++; calls == at {
				met = true
				segments := j.Segments()
				require.NoError(t, j.Snapshot([]byte("second")))
				require.NoError(t, j.Trim(segments[len(segments)-1].Number))
				_, err := j.Append([]byte("later"))
				require.NoError(t, err)
			}
			return f
		})
		require.NoError(t, j.Backup(t.Context(), to))
		to.OnCall(nil)
		for _, h := range j.shelf.files {
			require.Zero(t, h.users)
			require.False(t, h.gone)
		}
		names, err := fsys.ReadDir()
		require.NoError(t, err)
		if met {
			require.NotContains(t, names, segmentName(1), "what was trimmed is removed after all")
			require.NotContains(t, names, snapshotName(1))
		}
		var snapshot string
		var got []string
		_, err = Open(to, Config{
			Snapshot: func(data []byte) error { snapshot = string(data); return nil },
			Batch:    func(b Batch) error { got = append(got, string(b.Records[0])); return nil },
		})
		require.NoError(t, err)
		if snapshot == "first" {
			require.Len(t, got, 20)
		} else { // it came before the moment that is copied
			require.Equal(t, "second", snapshot)
			require.Equal(t, "later", got[len(got)-1])
		}
		require.NoError(t, j.Close())
		if !met {
			break
		}
		points++
	}
	require.Greater(t, points, 30)
	t.Logf("%d points", points)
}

// TestBackupFails lets each call of the copy fail. Nothing is left, and the
// journal goes on.
func TestBackupFails(t *testing.T) {
	fsys, _, _ := filled(t)
	j, batches, err := reopen(fsys, Config{})
	require.NoError(t, err)
	points := 0
	for _, fault := range []faultfs.Fault{{Err: syscall.EIO}, {Err: syscall.ENOSPC, Short: 10}} {
		for at := 1; ; at++ {
			to := faultfs.NewMem(2)
			calls, met := 0, false
			to.OnCall(func(faultfs.Call) (f faultfs.Fault) {
				if calls++; calls == at {
					met = true
					return fault
				}
				return f
			})
			err := j.Backup(t.Context(), to)
			to.OnCall(nil)
			names, _ := to.ReadDir()
			if !met {
				require.NoError(t, err)
				_, got, err := reopen(to, Config{})
				require.NoError(t, err)
				require.Equal(t, batches, got)
				break
			}
			require.ErrorIs(t, err, fault.Err)
			require.Empty(t, names)
			points++
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	to := faultfs.NewMem(2)
	require.ErrorIs(t, j.Backup(ctx, to), context.Canceled)
	lock, err := to.Lock(lockName)
	require.NoError(t, err, "the lock was given up")
	require.ErrorIs(t, j.Backup(t.Context(), to), ErrLocked)
	require.NoError(t, lock.Close())
	require.NoError(t, j.Backup(t.Context(), to))
	require.NoError(t, j.Close())
	require.ErrorIs(t, j.Backup(t.Context(), faultfs.NewMem(2)), ErrClosed)
	t.Logf("%d points", points)
}

// TestBackupTogether makes backups of a journal on a disk while it is used.
func TestBackupTogether(t *testing.T) {
	j, err := OpenDir(t.TempDir(), Config{SegmentSize: 16 << 10, Sync: SyncInterval})
	require.NoError(t, err)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				_, err := j.Append([]byte{byte(w), byte(i), byte(i >> 8), byte(i >> 16)}, make([]byte, 100))
				require.NoError(t, err)
				if segments := j.Segments(); w == 0 && len(segments) > 10 {
					require.NoError(t, j.Snapshot(make([]byte, 1000)))
					require.NoError(t, j.Trim(segments[5].Number))
				}
			}
		})
	}
	total := 0
	for range 20 {
		dir := filepath.Join(t.TempDir(), "backup")
		require.NoError(t, j.BackupDir(t.Context(), dir))
		next := map[byte]int{}
		report, err := ScanDir(dir, Config{Batch: func(b Batch) error {
			r := b.Records[0]
			i := int(r[1]) | int(r[2])<<8 | int(r[3])<<16
			if want, known := next[r[0]]; known && i != want {
				return fmt.Errorf("writer %d: %d after %d", r[0], i, want-1)
			}
			next[r[0]] = i + 1
			total++
			return nil
		}})
		require.NoError(t, err)
		require.Zero(t, report)
		require.NoError(t, os.RemoveAll(dir))
	}
	close(stop)
	wg.Wait()
	require.NoError(t, j.Close())
	t.Logf("%d batches in 20 backups", total)
}

// TestScanChangesNothing scans damaged journals: all is reported that Salvage would
// drop, and nothing else happens.
func TestScanChangesNothing(t *testing.T) {
	_, _, files := filled(t)
	for _, name := range append(files, manifestName) {
		for at := -1; at < 1000; at++ {
			fsys, _, _ := filled(t)
			good, err := fsys.ReadFile(name)
			require.NoError(t, err)
			if at >= len(good) {
				break
			}
			if at < 0 {
				fsys.WriteFile(name, nil)
			} else {
				good[at] ^= 0x55
				fsys.WriteFile(name, good)
			}
			names, err := fsys.ReadDir()
			require.NoError(t, err)
			fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
				switch c.Op {
				case "WriteAt", "Truncate", "Sync", "SyncDir", "Rename", "Remove":
					t.Errorf("%s %s", c.Op, c.Name)
				}
				return f
			})
			var scanned []string
			report, err := Scan(fsys, Config{Batch: func(b Batch) error {
				scanned = append(scanned, string(b.Records[0]))
				return nil
			}})
			fsys.OnCall(nil)
			after, listErr := fsys.ReadDir()
			require.NoError(t, listErr)
			require.Equal(t, names, after)
			j, got, salvageErr := reopen(fsys, Config{Salvage: true})
			if salvageErr != nil {
				require.Equal(t, salvageErr, err)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, got, scanned)
			require.Equal(t, j.Report(), report, "%s byte %d", name, at)
			require.NoError(t, j.Close())
		}
	}
	// Two places in two files, and one in the middle of a file.
	fsys, batches, _ := filled(t)
	for i, name := range files[:2] {
		b, err := fsys.ReadFile(name)
		require.NoError(t, err)
		b[segmentHeader+5+20*i]++
		fsys.WriteFile(name, b)
	}
	var scanned int
	report, err := Scan(fsys, Config{Batch: func(Batch) error { scanned++; return nil }})
	require.NoError(t, err)
	require.Len(t, report.Dropped, 2)
	require.Equal(t, len(batches)-2, scanned)
	for i, d := range report.Dropped {
		require.Equal(t, files[i], d.File)
		require.Equal(t, int64(segmentHeader), d.Offset)
		require.Equal(t, d.First, d.Last)
	}
}

func TestScanDir(t *testing.T) {
	dir := t.TempDir()
	j, err := OpenDir(dir, Config{})
	require.NoError(t, err)
	_, err = j.Append([]byte("x"))
	require.NoError(t, err)
	_, err = ScanDir(dir, Config{})
	require.ErrorIs(t, err, ErrLocked)
	require.NoError(t, j.Close())
	require.NoError(t, os.Remove(filepath.Join(dir, lockName)))
	require.NoError(t, os.Chmod(filepath.Join(dir, segmentName(1)), 0o400))
	scanned := 0
	var within error
	_, err = ScanDir(dir, Config{Batch: func(Batch) error {
		scanned++
		_, within = ScanDir(dir, Config{})
		return nil
	}})
	require.NoError(t, err)
	require.NoError(t, within, "several may scan")
	require.Equal(t, 1, scanned)
	require.NoFileExists(t, filepath.Join(dir, lockName))
	_, err = ScanDir(filepath.Join(dir, "none"), Config{})
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = Scan(faultfs.NewMem(1), Config{})
	require.ErrorIs(t, err, fs.ErrNotExist)
}
