package durable_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/journal"
)

// filled makes the directory of a journal that has some segments.
func filled(t *testing.T) (dir string) {
	dir = t.TempDir()
	cfg := durable.Options{SegmentSize: 1 << 10}.Journal()
	j, err := journal.OpenDir(dir, cfg)
	require.NoError(t, err)
	for range 40 {
		_, err := j.Append(make([]byte, 100))
		require.NoError(t, err)
	}
	require.NoError(t, j.Close())
	return dir
}

func TestJournal(t *testing.T) {
	told := durable.Progress{}
	o := durable.Options{
		Sync: durable.SyncInterval, Interval: time.Second, SegmentSize: 4096, Salvage: true,
		Progress: func(p durable.Progress) { told = p },
	}
	cfg := o.Journal()
	cfg.Progress(1, 2)
	require.Equal(t, durable.Progress{Bytes: 1, Total: 2}, told)
	cfg.Progress = nil
	require.Equal(t, journal.Config{Sync: journal.SyncInterval, Interval: time.Second, SegmentSize: 4096, Salvage: true}, cfg)
	require.Nil(t, durable.Options{}.Journal().Progress)
	for ours, theirs := range map[durable.Policy]journal.Policy{
		durable.SyncEach: journal.SyncEach, durable.SyncInterval: journal.SyncInterval, durable.SyncNever: journal.SyncNever,
	} {
		require.Equal(t, theirs, durable.Options{Sync: ours}.Journal().Sync)
	}
	_, err := journal.OpenDir(t.TempDir(), durable.Options{Sync: 9}.Journal())
	require.ErrorIs(t, err, durable.ErrInvalid)
}

func TestVerify(t *testing.T) {
	dir := filled(t)
	var last durable.Progress
	report, err := durable.Verify(t.Context(), dir, func(p durable.Progress) {
		require.GreaterOrEqual(t, p.Bytes, last.Bytes)
		last = p
	})
	require.NoError(t, err)
	require.Zero(t, report)
	require.Equal(t, last.Total, last.Bytes)
	require.Greater(t, last.Total, int64(40*100))

	segments, err := filepath.Glob(filepath.Join(dir, "segment-*"))
	require.NoError(t, err)
	require.Greater(t, len(segments), 2)
	for _, name := range segments[:2] {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		b[200]++
		require.NoError(t, os.WriteFile(name, b, 0o600))
	}
	before := contents(t, dir)
	report, err = durable.Verify(t.Context(), dir, nil)
	require.ErrorIs(t, err, durable.ErrCorrupt)
	require.ErrorContains(t, err, filepath.Base(segments[0]))
	require.ErrorContains(t, err, "and 1 more")
	require.Len(t, report.Dropped, 2)
	for i, d := range report.Dropped {
		require.Equal(t, filepath.Base(segments[i]), d.File)
		require.LessOrEqual(t, d.Offset, int64(200))
		require.Greater(t, d.Offset+d.Bytes, int64(200))
		require.NotEmpty(t, d.Reason)
	}
	require.Equal(t, before, contents(t, dir), "it changes nothing")
	_, err = journal.OpenDir(dir, durable.Options{}.Journal())
	require.ErrorIs(t, err, durable.ErrCorrupt)
	j, err := journal.OpenDir(dir, durable.Options{Salvage: true}.Journal())
	require.NoError(t, err)
	require.Equal(t, report.Dropped, durable.ReportOf(j.Report()).Dropped)
	require.NoError(t, j.Close())
	report, err = durable.Verify(t.Context(), dir, nil)
	require.NoError(t, err)
	require.Zero(t, report)
}

func TestVerifyRefuses(t *testing.T) {
	dir := filled(t)
	j, err := journal.OpenDir(dir, journal.Config{})
	require.NoError(t, err)
	_, err = durable.Verify(t.Context(), dir, nil)
	require.ErrorIs(t, err, durable.ErrLocked)
	require.NoError(t, j.Close())

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	_, err = durable.Verify(ctx, dir, nil)
	require.ErrorIs(t, err, context.Canceled)

	missing := filepath.Join(dir, "missing")
	_, err = durable.Verify(t.Context(), missing, nil)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoDirExists(t, missing)
	empty := t.TempDir()
	_, err = durable.Verify(t.Context(), empty, nil)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.Empty(t, contents(t, empty))
}

// TestVerifyBelow verifies directories below, as those of streams are.
func TestVerifyBelow(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"stream-1", filepath.Join("kinesis", "stream-2")} {
		dir := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(dir, 0o700))
		require.NoError(t, os.CopyFS(dir, os.DirFS(filled(t))))
	}
	require.NoError(t, os.CopyFS(root, os.DirFS(filled(t))))
	var last durable.Progress
	report, err := durable.Verify(t.Context(), root, func(p durable.Progress) {
		require.GreaterOrEqual(t, p.Bytes, last.Bytes)
		require.True(t, last.Total == 0 || last.Total == p.Total)
		last = p
	})
	require.NoError(t, err)
	require.Zero(t, report)
	require.Equal(t, last.Total, last.Bytes)
	require.Greater(t, last.Total, int64(3*40*100))
	file := filepath.Join(root, "kinesis", "stream-2", "segment-0000000000000001")
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	b[100]++
	require.NoError(t, os.WriteFile(file, b, 0o600))
	report, err = durable.Verify(t.Context(), root, nil)
	require.ErrorIs(t, err, durable.ErrCorrupt)
	require.Equal(t, "kinesis/stream-2/segment-0000000000000001", report.Dropped[0].File)
	require.NoError(t, os.Remove(filepath.Join(root, "stream-1", "manifest")))
	report, err = durable.Verify(t.Context(), root, nil)
	require.ErrorIs(t, err, durable.ErrCorrupt)
	require.Len(t, report.Dropped, 2, "without a manifest too")
	j, err := journal.OpenDir(filepath.Join(root, "kinesis", "stream-2"), journal.Config{Salvage: true})
	require.NoError(t, err)
	_, err = durable.Verify(t.Context(), root, nil)
	require.ErrorIs(t, err, durable.ErrLocked)
	require.ErrorContains(t, err, "kinesis/stream-2: ")
	require.NoError(t, j.Close())
}

func contents(t *testing.T, dir string) map[string]string {
	found := map[string]string{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		found[e.Name()] = string(b)
	}
	return found
}
