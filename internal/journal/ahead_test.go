package journal

import (
	"fmt"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// TestSnapshotHoldsUpNobody commits while a large snapshot is synced.
func TestSnapshotHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := &slowSync{Mem: faultfs.NewMem(1), slow: map[string]time.Duration{snapshotName(1): time.Minute}}
		j, _, err := reopen(fsys, Config{})
		require.NoError(t, err)
		var done atomic.Bool
		go func() {
			require.NoError(t, j.Snapshot([]byte("a snapshot")))
			done.Store(true)
		}()
		synctest.Wait()
		began := time.Now()
		for i := range 100 {
			_, err := j.Append(fmt.Append(nil, i))
			require.NoError(t, err)
		}
		require.Less(t, time.Since(began), time.Second)
		require.False(t, done.Load())
		time.Sleep(2 * time.Minute)
		require.True(t, done.Load())
		require.NoError(t, j.Snapshot([]byte("another")))
		require.NoError(t, j.Close())
		var found string
		_, err = Open(fsys, Config{Snapshot: func(data []byte) error { found = string(data); return nil }})
		require.NoError(t, err)
		require.Equal(t, "another", found)
	})
}

// TestSnapshotMeetsClose checks that Close waits for a snapshot that is being
// written, which ends without effect.
func TestSnapshotMeetsClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := &slowSync{Mem: faultfs.NewMem(1), slow: map[string]time.Duration{snapshotName(1): time.Minute}}
		j, _, err := reopen(fsys, Config{})
		require.NoError(t, err)
		go func() { require.ErrorIs(t, j.Snapshot([]byte("too late")), ErrClosed) }()
		synctest.Wait()
		began := time.Now()
		require.NoError(t, j.Close())
		require.GreaterOrEqual(t, time.Since(began), time.Minute)
		synctest.Wait()
		names, err := fsys.ReadDir()
		require.NoError(t, err)
		require.Equal(t, []string{manifestName, segmentName(1)}, names)
	})
}

// TestRotation looks at what the commit costs that needs the next segment: the
// file is there, and its header and the manifest are synced.
func TestRotation(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 1000})
	require.NoError(t, err)
	var calls []string
	fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
		calls = append(calls, c.Op+" "+c.Name)
		return f
	})
	record := make([]byte, 300)
	one, two := segmentName(1), segmentName(2)
	for range 3 {
		_, err = j.Append(record)
		require.NoError(t, err)
	}
	require.Equal(t, []string{
		"WriteAt " + one, "Sync " + one,
		"WriteAt " + one, "Sync " + one, "Open " + two, "SyncDir ",
		"WriteAt " + two, "Sync " + two, "WriteAt manifest", "Sync manifest", "Close " + one,
		"WriteAt " + two, "Sync " + two,
	}, calls)
	_, err = j.Append(record)
	require.NoError(t, err)
	require.True(t, j.hasAhead.Load())
	require.NoError(t, j.Close())
	names, err := fsys.ReadDir()
	require.NoError(t, err)
	require.Equal(t, []string{manifestName, one, two}, names, "the one that was not needed is removed")
}

// TestNoSpaceAhead checks that a lack of space for the next segment is nothing
// until it is needed.
func TestNoSpaceAhead(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 1000})
	require.NoError(t, err)
	fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
		if c.Name == segmentName(2) {
			f.Err = syscall.ENOSPC
		}
		return f
	})
	record := make([]byte, 300)
	for range 2 {
		_, err = j.Append(record)
		require.NoError(t, err)
	}
	_, err = j.Append(record)
	require.ErrorIs(t, err, ErrNoSpace)
	fsys.OnCall(nil)
	require.NoError(t, j.Retry())
	require.NoError(t, j.Close())
	_, got, err := reopen(fsys, Config{})
	require.NoError(t, err)
	require.Len(t, got, 3)
}

func TestProgress(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 8 << 20})
	require.NoError(t, err)
	for range 60 {
		_, err := j.Append(make([]byte, 500_000))
		require.NoError(t, err)
	}
	require.NoError(t, j.Close())
	size := j.Size()
	var told []int64
	cfg := Config{Progress: func(done, total int64) {
		require.GreaterOrEqual(t, total, int64(60*500_000))
		told = append(told, done)
	}}
	j, err = Open(fsys, cfg)
	require.NoError(t, err)
	require.NoError(t, j.Close())
	require.True(t, slices.IsSorted(told), "%v", told)
	require.Zero(t, told[0])
	require.InDelta(t, 30_000_000/tellEvery, len(told), 3)
	require.Equal(t, size, told[len(told)-1])

	var last, all int64
	j, err = Open(faultfs.NewMem(1), Config{Progress: func(done, total int64) { last, all = done, total }})
	require.NoError(t, err)
	require.Equal(t, int64(segmentHeader), all)
	require.Equal(t, all, last)
	require.NoError(t, j.Close())
}

// TestAheadOfNothing checks that a file that was made for a segment that came to be
// made otherwise is not taken for another.
func TestAheadOfNothing(t *testing.T) {
	j, _, err := reopen(faultfs.NewMem(1), Config{})
	require.NoError(t, err)
	j.prepare(3)
	require.False(t, j.hasAhead.Load(), "it is not the next")
	j.prepare(2)
	require.True(t, j.hasAhead.Load())
	require.Nil(t, j.takeAhead(3))
	require.False(t, j.hasAhead.Load())
	j.prepare(2)
	require.NotNil(t, j.takeAhead(2))
	require.NoError(t, j.Close())
	j.prepare(2)
	require.False(t, j.hasAhead.Load())
}

// TestSalvageIgnoresAhead checks that a file that was made ahead is not missed when
// the manifest is.
func TestSalvageIgnoresAhead(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 300})
	require.NoError(t, err)
	_, err = j.Append(make([]byte, 200))
	require.NoError(t, err)
	require.True(t, j.hasAhead.Load())
	fsys.Kill()
	fsys.WriteFile(manifestName, nil)
	_, _, err = reopen(fsys, Config{})
	require.ErrorIs(t, err, ErrCorrupt)
	j, got, err := reopen(fsys, Config{Salvage: true})
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Len(t, j.Report().Dropped, 1)
	require.Equal(t, manifestName, j.Report().Dropped[0].File)
	require.NoError(t, j.Close())
}
