package journal

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/faultfs/faulttest"
)

// TestReuseOnlyAhead checks that the spare does not take the place of a segment that has just
// been made, and which is not among the segments yet.
func TestReuseOnlyAhead(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 700})
	require.NoError(t, err)
	for len(j.Segments()) < 2 {
		_, err := j.Append(make([]byte, 200))
		require.NoError(t, err)
	}
	j.prepared, j.preparedTail, err = j.createSegment("Append", 3, j.at, false)
	require.NoError(t, err)
	require.NoError(t, j.Trim(2))
	require.True(t, j.hasSpare)
	j.prepare(3)
	require.True(t, j.hasSpare)
	require.False(t, j.hasAhead.Load())
	for range 5 {
		_, err = j.Append(make([]byte, 200))
		require.NoError(t, err)
	}
	require.False(t, j.hasSpare)
	fsys.Crash()
	_, got, err := reopen(fsys, Config{})
	require.NoError(t, err)
	require.Len(t, got, 6)
}

// TestReuseOpenFails has each call of Open fail, while there is a segment in a reused file that
// the manifest has not come to name. What can not be read says nothing of what there is.
func TestReuseOpenFails(t *testing.T) {
	for _, missing := range []bool{false, true} {
		for at := 1; ; at++ {
			fsys := faultfs.NewMem(1)
			j, _, err := reopen(fsys, Config{SegmentSize: 700})
			require.NoError(t, err)
			for len(j.Segments()) < 2 {
				_, err := j.Append(make([]byte, 200))
				require.NoError(t, err)
			}
			require.NoError(t, j.Trim(2))
			_, tail, err := j.createSegment("Append", 3, j.at, false)
			require.NoError(t, err)
			require.Positive(t, tail)
			fsys.Kill()
			if missing {
				fsys.WriteFile(manifestName, nil)
			}
			calls := 0
			fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
				if calls++; calls == at {
					f.Err = syscall.EIO
				}
				return f
			})
			if _, _, err = reopen(fsys, Config{Salvage: missing}); err != nil {
				require.ErrorIs(t, err, syscall.EIO)
				require.NotErrorIs(t, err, ErrCorrupt, "call %d", at)
			}
			fsys.OnCall(nil)
			fsys.Kill()
			j, got, err := reopen(fsys, Config{Salvage: missing})
			require.NoError(t, err, "call %d", at)
			require.Len(t, got, 1)
			require.LessOrEqual(t, len(j.Report().Dropped), btoi(missing))
			if calls < at {
				require.Greater(t, at, 20)
				break
			}
		}
	}
}

// TestFaultAtEveryReuse is TestFaultAtEveryCall of a journal that trims all the time, and
// does not let its files go.
func TestFaultAtEveryReuse(t *testing.T) {
	seeds := uint64(3)
	if testing.Short() {
		seeds = 1
	}
	points := 0
	reuses = 0
	for name, fault := range faulttest.Faults {
		t.Run(name, func(t *testing.T) {
			points += faulttest.EveryCall(t, seeds, faulttest.Step, fault, func(t *testing.T, seed uint64, onCall func(faultfs.Call) faultfs.Fault) {
				synctest.Test(t, func(t *testing.T) { story(t, &model{trims: true}, 100+seed, SyncEach, onCall) })
			})
		})
	}
	require.Positive(t, reuses)
	t.Logf("%d points tried, files used again %d times", points, reuses)
}

// TestReuseCutAtEveryCall cuts the power at each call from a trim to the end of the segment
// that uses the file again, and opens what different crashes leave: as it is, with Salvage,
// and without the manifest.
func TestReuseCutAtEveryCall(t *testing.T) {
	points, crashes := 0, uint64(20)
	if testing.Short() {
		crashes = 4
	}
	for at := 1; ; at++ {
		cut := false
		for seed := range crashes {
			for _, how := range []string{"as it is", "salvage", "no manifest"} {
				fsys := faultfs.NewMem(seed)
				j, _, err := reopen(fsys, Config{SegmentSize: 500})
				require.NoError(t, err)
				acked := 0
				add := func() error {
					_, err := j.Append(fmt.Appendf(nil, "%100d", acked))
					if err == nil {
						acked++
					}
					return err
				}
				for len(j.Segments()) < 3 {
					require.NoError(t, add())
				}
				from, trimmed := fsys.Calls(), int(j.Segments()[1].First)-1
				fsys.OnCall(func(c faultfs.Call) faultfs.Fault { return faultfs.Fault{Cut: c.N == from+at} })
				err = j.Trim(2)
				for err == nil && j.manifest.last < 5 {
					err = add()
				}
				if err == nil {
					err = j.Close()
				}
				cut = err != nil
				next := j.manifest.last + 1
				fsys.Crash()
				fsys.OnCall(nil)
				if how == "no manifest" {
					fsys.WriteFile(manifestName, nil)
				}
				report, err := Scan(fsys, Config{})
				require.NoError(t, err)
				j, got, err := reopen(fsys, Config{Salvage: how != "as it is"})
				require.NoError(t, err, "call %d, seed %d", at, seed)
				require.Equal(t, report, j.Report())
				tail := make([]string, 0, acked)
				for i := trimmed; i < acked; i++ {
					tail = append(tail, fmt.Sprintf("%100d", i))
				}
				for _, d := range report.Dropped { // the next segment is none yet, and nothing is missed of it
					require.Equal(t, "no manifest", how, "call %d, seed %d", at, seed)
					require.False(t, next == 4 && d.File == segmentName(4), "call %d, seed %d", at, seed)
				}
				// One that was not acknowledged may be there, and of the trimmed ones some.
				begin := slices.Index(got, tail[0])
				require.GreaterOrEqual(t, begin, 0)
				require.Equal(t, tail, got[begin:min(begin+len(tail), len(got))], "%s, call %d, seed %d", how, at, seed)
				require.LessOrEqual(t, len(got), begin+len(tail)+1)
				_, err = j.Append([]byte("more"))
				require.NoError(t, err)
				require.NoError(t, j.Close())
				_, again, err := reopen(fsys, Config{})
				require.NoError(t, err)
				require.Equal(t, append(got, "more"), again)
				points++
			}
		}
		if !cut {
			break
		}
	}
	t.Logf("%d crashes", points)
}
