package journal

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// TestNotReused has segments whose files are not worth it, or are still needed.
func TestNotReused(t *testing.T) {
	for name, test := range map[string]struct {
		cfg    Config
		record int
		before func(*testing.T, *Journal, *faultfs.Mem)
	}{
		"SyncInterval":    {Config{SegmentSize: 1000, Sync: SyncInterval}, 300, nil},
		"SyncNever":       {Config{SegmentSize: 1000, Sync: SyncNever}, 300, nil},
		"small segments":  {Config{SegmentSize: 1000}, 300, func(_ *testing.T, j *Journal, _ *faultfs.Mem) { j.cfg.SegmentSize = 100_000 }},
		"a large segment": {Config{SegmentSize: 1000}, 2100, nil},
		"a name that can not be changed": {Config{SegmentSize: 1000}, 300, func(_ *testing.T, _ *Journal, fsys *faultfs.Mem) {
			fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
				if c.Op == "Rename" {
					f.Err = syscall.EACCES
				}
				return f
			})
		}},
		"a full disk": {Config{SegmentSize: 1000}, 300, func(t *testing.T, j *Journal, fsys *faultfs.Mem) {
			fsys.SetSpace(0)
			_, err := j.Append(make([]byte, 900))
			require.ErrorIs(t, err, ErrNoSpace)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := faultfs.NewMem(1)
			j, _, err := reopen(fsys, test.cfg)
			require.NoError(t, err)
			for len(j.Segments()) < 2 {
				_, err := j.Append(make([]byte, test.record))
				require.NoError(t, err)
				require.NoError(t, j.Sync())
			}
			if test.before != nil {
				test.before(t, j, fsys)
			}
			require.NoError(t, j.Trim(2))
			require.False(t, j.hasSpare)
			names, err := fsys.ReadDir()
			require.NoError(t, err)
			require.NotContains(t, names, spareName)
			require.NotContains(t, names, segmentName(1))
			fsys.OnCall(nil)
			fsys.SetSpace(-1)
			require.NoError(t, j.Retry())
			require.NoError(t, j.Close())
		})
	}
}

// TestReuseGivesWay checks that a spare is not why the disk is full.
func TestReuseGivesWay(t *testing.T) {
	start := func(t *testing.T, seed uint64) (*faultfs.Mem, *Journal) {
		fsys := faultfs.NewMem(seed)
		j, _, err := reopen(fsys, Config{SegmentSize: 1000})
		require.NoError(t, err)
		for len(j.Segments()) < 2 {
			_, err := j.Append(make([]byte, 300))
			require.NoError(t, err)
		}
		require.NoError(t, j.Trim(2))
		require.True(t, j.hasSpare)
		return fsys, j
	}
	t.Run("the spare", func(t *testing.T) {
		fsys, j := start(t, 1)
		fsys.SetSpace(10)
		_, err := j.Append(make([]byte, 100))
		require.NoError(t, err)
		require.False(t, j.hasSpare)
		names, err := fsys.ReadDir()
		require.NoError(t, err)
		require.NotContains(t, names, spareName)
		fsys.SetSpace(-1)
		require.NoError(t, j.Close())
		_, got, err := reopen(fsys, Config{})
		require.NoError(t, err)
		require.Len(t, got, 2)
	})
	t.Run("the spare, for a snapshot", func(t *testing.T) {
		fsys, j := start(t, 1)
		fsys.SetSpace(10)
		require.NoError(t, j.Snapshot(make([]byte, 100)))
		require.False(t, j.hasSpare)
		require.NoError(t, j.Close())
	})
	t.Run("the next segment", func(t *testing.T) {
		for _, crash := range []bool{false, true} {
			fsys, j := start(t, 1)
			_, err := j.Append(make([]byte, 200))
			require.NoError(t, err)
			require.Positive(t, j.aheadTail)
			fsys.SetSpace(10)
			_, err = j.Append(make([]byte, 100))
			require.NoError(t, err)
			require.Zero(t, j.aheadTail)
			require.True(t, j.hasAhead.Load())
			_, err = j.Append(make([]byte, 400))
			require.NoError(t, err)
			require.EqualValues(t, 3, j.manifest.last)
			require.Zero(t, j.tail)
			if crash {
				fsys.Crash()
			} else {
				require.NoError(t, j.Close())
			}
			_, got, err := reopen(fsys, Config{})
			require.NoError(t, err)
			require.Len(t, got, 4)
		}
	})
	t.Run("the next segment, in which the power is cut", func(t *testing.T) {
		for seed := range uint64(50) {
			fsys, j := start(t, seed)
			_, err := j.Append(make([]byte, 200))
			require.NoError(t, err)
			require.True(t, j.giveBack())
			fsys.OnCall(func(c faultfs.Call) faultfs.Fault {
				return faultfs.Fault{Cut: c.Name == segmentName(3) && c.Op == "Sync"}
			})
			_, err = j.Append(make([]byte, 900))
			require.ErrorIs(t, err, ErrFailed)
			fsys.Crash()
			fsys.OnCall(nil)
			_, got, err := reopen(fsys, Config{})
			require.NoError(t, err, "seed %d", seed)
			require.Len(t, got, 2)
		}
	})
	t.Run("not enough", func(t *testing.T) {
		fsys, j := start(t, 1)
		fsys.SetSpace(10)
		_, err := j.Append(make([]byte, 5000))
		require.ErrorIs(t, err, ErrNoSpace)
		require.False(t, j.hasSpare)
		fsys.SetSpace(-1)
		require.NoError(t, j.Retry())
		require.NoError(t, j.Close())
	})
}

// TestReuseFails has each call fail that makes the spare the next segment: a new file is
// made instead, unless it was a sync.
func TestReuseFails(t *testing.T) {
	for _, ahead := range []bool{true, false} {
		for at := 1; ; at++ {
			fsys := faultfs.NewMem(uint64(at))
			j, _, err := reopen(fsys, Config{SegmentSize: 700})
			require.NoError(t, err)
			var want []string
			add := func(size int) error {
				text := fmt.Sprintf("%*d", size, len(want))
				_, err := j.Append([]byte(text))
				if err == nil {
					want = append(want, text)
				}
				return err
			}
			for len(j.Segments()) < 2 {
				require.NoError(t, add(200))
			}
			if !ahead {
				j.making <- struct{}{} // so that the commit does it itself
				require.NoError(t, add(200))
				<-j.making
			}
			require.NoError(t, j.Trim(2))
			require.True(t, j.hasSpare)
			gone := int(j.Segments()[0].First) - 1
			calls, failed := 0, ""
			fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
				if c.Name == spareName || c.Name == segmentName(3) && c.Op == "Open" {
					if calls++; calls == at {
						f.Err, failed = syscall.EMFILE, c.Op
					}
				}
				return f
			})
			for err == nil && j.manifest.last < 3 {
				err = add(200)
			}
			fsys.OnCall(nil)
			if failed == "" {
				require.NoError(t, err)
				require.NoError(t, j.Close())
				require.Greater(t, at, 5)
				break
			}
			if failed == "Sync" {
				for err == nil {
					err = add(200)
				}
				require.ErrorIs(t, err, ErrFailed)
			} else {
				require.NoError(t, err, "%s, call %d", failed, at)
				require.Zero(t, j.tail)
				require.NoError(t, add(50))
				require.NoError(t, add(700)) // which ends a segment that has a reused file perhaps
			}
			fsys.Crash()
			_, got, err := reopen(fsys, Config{})
			require.NoError(t, err, "%s, call %d", failed, at)
			if failed == "Sync" && len(got) > len(want)-gone {
				got = got[:len(want)-gone]
			}
			require.Equal(t, want[gone:], got)
		}
	}
}
