package journal

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// TestTornBefore loses the end of each segment that was not synced, at each length.
// What was before is there, and the journal goes on behind it. A journal in which a
// later frame says that all was synced is refused instead.
func TestTornBefore(t *testing.T) {
	points := 0
	for _, synced := range []bool{false, true} {
		for number := uint64(1); number <= 3; number++ {
			for length := segmentHeader; ; length++ {
				fsys := faultfs.NewMem(1)
				j, _, err := reopen(fsys, Config{SegmentSize: 300, Sync: SyncNever})
				require.NoError(t, err)
				var want []string
				for i := range 13 {
					want = append(want, fmt.Sprintf("%40d", i))
					_, err := j.Add([]byte(want[i]))
					require.NoError(t, err)
					j.writeLate()
				}
				require.Len(t, j.Segments(), 5, "none of which was synced")
				if synced {
					require.NoError(t, j.Sync())
					_, err := j.Add([]byte("it says so"))
					require.NoError(t, err)
					j.writeLate()
				}
				fsys.Kill()
				b, err := fsys.ReadFile(segmentName(number))
				require.NoError(t, err)
				if length >= len(b) {
					break
				}
				fsys.WriteFile(segmentName(number), b[:length])
				report, err := Scan(fsys, Config{})
				require.NoError(t, err)
				j, got, err := reopen(fsys, Config{})
				points++
				if synced {
					require.ErrorIs(t, err, ErrCorrupt)
					require.NotEmpty(t, report.Dropped)
					continue
				}
				require.NoError(t, err)
				require.Empty(t, report.Dropped)
				require.Positive(t, report.Torn)
				require.Equal(t, report, j.Report())
				require.Equal(t, want[:len(got)], append([]string{}, got...))
				require.Equal(t, number, j.Segments()[len(j.Segments())-1].Number)
				_, err = j.Append([]byte("more"))
				require.NoError(t, err)
				fsys.Crash()
				j, got, err = reopen(fsys, Config{})
				require.NoError(t, err)
				require.Equal(t, "more", got[len(got)-1])
				require.Zero(t, j.Report())
				require.NoError(t, j.Close())
			}
		}
	}
	t.Logf("%d points", points)
}

// TestLeftToTheSystem checks how many segments SyncNever leaves unsynced, and that
// Trim lets go of them.
func TestLeftToTheSystem(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 300, Sync: SyncNever})
	require.NoError(t, err)
	most := 0
	add := func(n int) {
		for range n {
			_, err := j.Add(make([]byte, 200))
			require.NoError(t, err)
			j.writeLate()
			most = max(most, len(j.behind))
			require.LessOrEqual(t, len(j.behind), maxBehind)
		}
	}
	add(100)
	require.Greater(t, most, maxLeft)
	segments := j.Segments()
	require.NoError(t, j.Trim(segments[len(segments)-1].Number))
	require.NoError(t, j.settleFlush())
	j.flush("Append")
	require.NoError(t, j.settleFlush())
	require.LessOrEqual(t, len(j.behind), maxLeft)
	add(3)
	require.NoError(t, j.Sync())
	require.Empty(t, j.behind)
	require.Equal(t, j.at.seq, j.synced.Load())
	fsys.Crash()
	_, got, err := reopen(fsys, Config{})
	require.NoError(t, err)
	require.Len(t, got, 4)
}

// TestClaimInFirstFrame checks that one frame, right behind a loose header, is enough
// to tell damage from a crash.
func TestClaimInFirstFrame(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 350, Sync: SyncNever})
	require.NoError(t, err)
	var places []Ticket
	for i := range 4 {
		ticket, err := j.Add(make([]byte, 60))
		require.NoError(t, err)
		places = append(places, ticket)
		j.writeLate()
		if i == 1 {
			require.NoError(t, j.Sync())
		}
	}
	require.EqualValues(t, 2, places[3].Commit().Segment)
	fsys.Kill()
	b, err := fsys.ReadFile(segmentName(1))
	require.NoError(t, err)
	for i, want := range []error{ErrCorrupt, ErrCorrupt, nil} {
		fsys.WriteFile(segmentName(1), b[:places[i].Commit().Offset])
		_, got, err := reopen(fsys, Config{})
		require.ErrorIs(t, err, want)
		if want == nil {
			require.Len(t, got, i)
		}
	}
}

// TestStrictHeader loses the end of a segment that was synced before the next was
// begun, in which nothing is.
func TestStrictHeader(t *testing.T) {
	for _, cut := range []int{0, 10} {
		fsys := faultfs.NewMem(1)
		j, _, err := reopen(fsys, Config{SegmentSize: 300})
		require.NoError(t, err)
		at, err := j.Append(make([]byte, 200))
		require.NoError(t, err)
		fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
			if c.Op == "WriteAt" && c.Name == segmentName(2) {
				f.Err = syscall.ENOSPC
			}
			return f
		})
		_, err = j.Append(make([]byte, 200)) // its header has no space
		require.ErrorIs(t, err, ErrNoSpace)
		headers := 0
		fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
			if c.Op == "WriteAt" && c.Name == segmentName(2) {
				if headers++; headers > 1 {
					f.Err = syscall.ENOSPC
				}
			}
			return f
		})
		require.ErrorIs(t, j.Retry(), ErrNoSpace)
		fsys.OnCall(nil)
		require.Len(t, j.Segments(), 2)
		fsys.Kill()
		b, err := fsys.ReadFile(segmentName(1))
		require.NoError(t, err)
		fsys.WriteFile(segmentName(1), b[:int(at.Offset)+cut])
		_, _, err = reopen(fsys, Config{})
		require.ErrorIs(t, err, ErrCorrupt)
	}
}

// TestFlushFails checks that an error that only the flush in the background is told
// of, and late, is not lost on who syncs meanwhile.
func TestFlushFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := &lateError{Mem: faultfs.NewMem(1)}
		j, _, err := reopen(fsys, Config{SegmentSize: 1000, Sync: SyncInterval, Interval: time.Hour})
		require.NoError(t, err)
		fsys.fails.Store(true)
		_, err = j.Append(make([]byte, 300))
		require.NoError(t, err)
		synctest.Wait() // it is being flushed
		require.ErrorIs(t, j.Sync(), ErrFailed)
		require.ErrorIs(t, j.Close(), ErrFailed)
	})
}

// lateError fails one sync, and is slow to say so.
type lateError struct {
	*faultfs.Mem
	fails atomic.Bool
}

func (l *lateError) Open(name string, create bool) (faultfs.File, error) {
	f, err := l.Mem.Open(name, create)
	if err != nil {
		return nil, err
	}
	return lateFile{f, l}, nil
}

type lateFile struct {
	faultfs.File
	fs *lateError
}

func (f lateFile) Sync() error {
	if f.fs.fails.CompareAndSwap(true, false) {
		time.Sleep(time.Minute)
		return syscall.EIO
	}
	return f.File.Sync()
}
