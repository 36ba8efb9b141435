package journal

import (
	"fmt"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// sizeIn returns the length of a segment's file.
func sizeIn(t *testing.T, fsys *faultfs.Mem, number uint64) int {
	b, err := fsys.ReadFile(segmentName(number))
	require.NoError(t, err)
	return len(b)
}

// TestReserve checks that a segment is made longer ahead, by more and more, up to its full
// size, and that each ends with its frames when the next one begins, and when the journal
// is closed.
func TestReserve(t *testing.T) {
	fsys := faultfs.NewMem(1)
	fsys.SetReserves(true)
	asked := 0
	fsys.OnCall(func(c faultfs.Call) faultfs.Fault {
		if c.Op == "Reserve" {
			asked++
		}
		return faultfs.Fault{}
	})
	j, _, err := reopen(fsys, Config{SegmentSize: 1 << 20})
	require.NoError(t, err)
	record := make([]byte, 1000)
	var sizes []int
	for range 2000 {
		_, err := j.Append(record)
		require.NoError(t, err)
		if last := j.Segments()[len(j.Segments())-1]; last.Number == 1 {
			require.GreaterOrEqual(t, sizeIn(t, fsys, 1), int(last.Size))
			sizes = append(sizes, sizeIn(t, fsys, 1))
		}
	}
	sizes = slices.Compact(sizes)
	require.Len(t, sizes, 5)
	for i, size := range sizes[:4] {
		require.InEpsilon(t, leastReserved<<i, size, 0.1)
	}
	require.Equal(t, 1<<20, sizes[4])
	segments := j.Segments()
	require.Len(t, segments, 2)
	require.EqualValues(t, segments[0].Size, sizeIn(t, fsys, 1))
	require.Equal(t, 10, asked)
	require.NoError(t, j.Close())
	require.EqualValues(t, segments[1].Size+frameHeader, sizeIn(t, fsys, 2))
}

// TestReservedAtACrash checks that what was reserved is no damage, and no torn frame.
func TestReservedAtACrash(t *testing.T) {
	for seed := range uint64(40) {
		fsys := faultfs.NewMem(seed)
		fsys.SetReserves(true)
		var want []string
		for range 3 {
			j, got, err := reopen(fsys, Config{})
			require.NoError(t, err)
			require.Zero(t, j.Report())
			require.Equal(t, want, got)
			require.EqualValues(t, j.Size(), sizeIn(t, fsys, 1), "it is cut off")
			for range 3 {
				want = append(want, fmt.Sprint(len(want)))
				_, err := j.Append([]byte(want[len(want)-1]))
				require.NoError(t, err)
			}
			require.Greater(t, sizeIn(t, fsys, 1), leastReserved)
			torn, err := j.Add([]byte("not synced"))
			require.NoError(t, err)
			fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
				f.Cut = c.Op == "WriteAt" && seed%2 == 1
				return f
			})
			if seed%2 == 1 {
				require.ErrorIs(t, torn.Wait(), ErrFailed)
			}
			fsys.Crash()
			fsys.OnCall(nil)
			report, err := Scan(fsys, Config{})
			require.NoError(t, err)
			require.Empty(t, report.Dropped)
			require.LessOrEqual(t, report.Torn, int64(frameHeader+1+len("not synced")))
			if report.Torn > 0 || seed%2 == 1 {
				j, _, err := reopen(fsys, Config{})
				require.NoError(t, err)
				require.Equal(t, report.Torn, j.Report().Torn)
				fsys.Crash()
				_, want, err = reopen(fsys, Config{})
				require.NoError(t, err)
				fsys.Kill()
			}
		}
	}
}

// TestNotReserved checks where nothing is reserved: where commits do not wait for a sync,
// where the file system can not, which is asked once for each segment, and in a segment
// that does not say so. An error is no reason to refuse a commit.
func TestNotReserved(t *testing.T) {
	for _, test := range []struct {
		name     string
		can      bool
		first    Policy
		fault    error
		reserved int // calls
	}{
		{"not supported", false, SyncEach, nil, 2},
		{"under SyncNever", true, SyncNever, nil, 0},
		{"under SyncInterval", true, SyncInterval, nil, 0},
		{"no space", true, SyncEach, syscall.ENOSPC, 2},
		{"an error", true, SyncEach, syscall.EIO, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			fsys := faultfs.NewMem(1)
			fsys.SetReserves(test.can)
			asked := 0
			fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
				if c.Op == "Reserve" {
					asked++
					f.Err = test.fault
				}
				return f
			})
			j, _, err := reopen(fsys, Config{SegmentSize: 256, Sync: test.first})
			require.NoError(t, err)
			for range 4 { // in two segments
				_, err := j.Append(make([]byte, 60))
				require.NoError(t, err)
				require.NoError(t, j.Sync())
			}
			require.Len(t, j.Segments(), 2)
			if test.can {
				require.Equal(t, test.reserved, asked)
			}
			require.NoError(t, j.Close())
			asked = 0
			j, got, err := reopen(fsys, Config{SegmentSize: 1000})
			require.NoError(t, err)
			require.Len(t, got, 4)
			_, err = j.Append(make([]byte, 60))
			require.NoError(t, err)
			require.Len(t, j.Segments(), 2)
			require.Equal(t, test.reserved > 0 && test.can, asked > 0, "if the segment's header says so")
			require.NoError(t, j.Close())
		})
	}
}
