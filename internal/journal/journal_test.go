package journal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// reopen opens a journal and returns the records of each batch, joined.
func reopen(fsys faultfs.FS, cfg Config) (*Journal, []string, error) {
	var got []string
	cfg.Batch = func(b Batch) error {
		got = append(got, string(slices.Concat(b.Records...)))
		return nil
	}
	j, err := Open(fsys, cfg)
	return j, got, err
}

func TestReplay(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, got, err := reopen(fsys, Config{SegmentSize: 256})
	require.NoError(t, err)
	require.Empty(t, got)
	var places []Commit
	var want []string
	for i := range 20 {
		at, err := j.Append([]byte{}, fmt.Appendf(nil, "record %d ", i), []byte("and another"))
		require.NoError(t, err)
		places = append(places, at)
		want = append(want, fmt.Sprintf("record %d and another", i))
	}
	require.Greater(t, len(j.Segments()), 3)
	segments := j.Segments()
	require.NoError(t, j.Close())
	require.NoError(t, j.Close())
	_, err = j.Append([]byte("x"))
	require.ErrorIs(t, err, ErrClosed)
	for _, err := range []error{j.Sync(), j.Trim(1), j.Snapshot(nil)} {
		require.ErrorIs(t, err, ErrClosed)
	}

	got = nil
	var found []Commit
	j, err = Open(fsys, Config{Batch: func(b Batch) error {
		require.Len(t, b.Records, 3)
		require.Empty(t, b.Records[0])
		got, found = append(got, string(slices.Concat(b.Records...))), append(found, b.Commit)
		return nil
	}})
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, places, found)
	require.Zero(t, j.Report())
	require.Equal(t, segments[0], j.Segments()[0])
	require.NoError(t, j.Close())

	stop := errors.New("stop")
	_, err = Open(fsys, Config{Batch: func(Batch) error { return stop }})
	require.ErrorIs(t, err, stop)
	_, got, err = reopen(fsys, Config{})
	require.NoError(t, err, "the lock was given up")
	require.Equal(t, want, got)
}

func TestSnapshotAndTrim(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 256})
	require.NoError(t, err)
	for i := range 12 {
		_, err := j.Append(fmt.Appendf(nil, "%50d", i))
		require.NoError(t, err)
	}
	require.NoError(t, j.Snapshot([]byte("one")))
	require.NoError(t, j.Snapshot([]byte("two")))
	segments := j.Segments()
	require.ErrorIs(t, j.Trim(0), ErrInvalid)
	require.ErrorIs(t, j.Trim(segments[len(segments)-1].Number+1), ErrInvalid)
	require.NoError(t, j.Trim(segments[2].Number))
	require.NoError(t, j.Trim(segments[2].Number))
	require.Equal(t, segments[2:], j.Segments())
	require.NoError(t, j.Close())
	names, err := fsys.ReadDir()
	require.NoError(t, err)
	require.NotContains(t, names, segmentName(segments[1].Number))
	require.NotContains(t, names, snapshotName(1))

	var snapshot string
	var first uint64
	j, err = Open(fsys, Config{
		Snapshot: func(data []byte) error { snapshot = string(data); return nil },
		Batch: func(b Batch) error {
			if first == 0 {
				first = b.Seq
			}
			return nil
		},
	})
	require.NoError(t, err)
	require.Equal(t, "two", snapshot)
	require.Equal(t, segments[2].First, first)
	require.NoError(t, j.Close())
}

func TestLocked(t *testing.T) {
	for name, open := range map[string]func() (*Journal, error){
		"memory": func() func() (*Journal, error) {
			fsys := faultfs.NewMem(1)
			return func() (*Journal, error) { return Open(fsys, Config{}) }
		}(),
		"disk": func() func() (*Journal, error) {
			dir := t.TempDir()
			return func() (*Journal, error) { return OpenDir(dir, Config{}) }
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			j, err := open()
			require.NoError(t, err)
			_, err = open()
			require.ErrorIs(t, err, ErrLocked)
			require.EqualError(t, err, "journal: Open lock: locked by another owner")
			require.NoError(t, j.Close())
			j, err = open()
			require.NoError(t, err)
			require.NoError(t, j.Close())
		})
	}
}

func TestInvalid(t *testing.T) {
	for name, cfg := range map[string]Config{
		"small segments": {SegmentSize: 255},
		"large segments": {SegmentSize: 1<<30 + 1},
		"policy":         {Sync: 3},
		"interval":       {Interval: -1},
	} {
		_, err := Open(faultfs.NewMem(1), cfg)
		require.ErrorIs(t, err, ErrInvalid, name)
	}
	j, err := Open(faultfs.NewMem(1), Config{})
	require.NoError(t, err)
	_, err = j.Append(make([]byte, MaxBatch))
	require.ErrorIs(t, err, ErrTooLarge)
	require.NoError(t, j.Close())
}

// TestFullDisk checks that a full disk ends nothing, that Trim makes room, and that
// the journal goes on when there is space: with what waited for it, since what is
// added later may rest on it and engines have it in memory. So the log has no hole.
func TestFullDisk(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 1024})
	require.NoError(t, err)
	fsys.SetSpace(3000)
	record := []byte(strings.Repeat("r", 300))
	var want []string
	for err == nil {
		if _, err = j.Append(record, fmt.Append(nil, len(want))); err == nil {
			want = append(want, fmt.Sprintf("%s%d", record, len(want)))
		}
	}
	require.ErrorIs(t, err, ErrNoSpace)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Greater(t, len(want), 5)
	want = append(want, fmt.Sprintf("%s%d", record, len(want)), string(record))
	_, err = j.Append(record)
	require.ErrorIs(t, err, ErrNoSpace)
	require.True(t, j.Stuck())
	require.ErrorIs(t, j.Sync(), ErrNoSpace)
	require.ErrorIs(t, j.Snapshot(record), ErrNoSpace)
	trimmed := j.Segments()[1]
	require.NoError(t, j.Trim(trimmed.Number))
	_, err = j.Append([]byte("there is space"))
	require.NoError(t, err)
	require.False(t, j.Stuck())
	require.NoError(t, j.Close())
	_, got, err := reopen(fsys, Config{})
	require.NoError(t, err)
	require.Equal(t, append(want[trimmed.First-1:], "there is space"), got)
}

// TestSnapshotThatMayCount crashes in the snapshot after one that could not be
// committed and yet may come to count: its file must not have been used again.
func TestSnapshotThatMayCount(t *testing.T) {
	for seed := range uint64(200) {
		fsys := faultfs.NewMem(seed)
		j, _, err := reopen(fsys, Config{})
		require.NoError(t, err)
		fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
			if c.Op == "WriteAt" && c.Name == manifestName {
				f = faultfs.Fault{Err: syscall.ENOSPC, Short: 1 << 20}
			}
			return f
		})
		one := strings.Repeat("one", 100)
		require.ErrorIs(t, j.Snapshot([]byte(one)), ErrNoSpace)
		fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
			f.Cut = c.Op == "Sync"
			return f
		})
		require.ErrorIs(t, j.Snapshot([]byte(strings.Repeat("two", 100))), ErrFailed)
		fsys.Crash()
		fsys.OnCall(nil)
		found := ""
		j, err = Open(fsys, Config{Snapshot: func(data []byte) error { found = string(data); return nil }})
		require.NoError(t, err)
		require.Contains(t, []string{"", one}, found)
		require.NoError(t, j.Close())
	}
}
