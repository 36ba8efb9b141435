package journal

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// TestGroupCommit holds the first sync up until all others wait, who then share one.
func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := &slowSync{Mem: faultfs.NewMem(1)}
		j, _, err := reopen(fsys, Config{})
		require.NoError(t, err)
		fsys.syncs.Store(0)
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				_, err := j.Append(fmt.Appendf(nil, "%d", i))
				require.NoError(t, err)
			})
		}
		wg.Wait()
		require.LessOrEqual(t, fsys.syncs.Load(), int64(3))
		t.Logf("100 commits, %d syncs", fsys.syncs.Load())
		require.NoError(t, j.Close())
		_, got, err := reopen(fsys, Config{})
		require.NoError(t, err)
		require.Len(t, got, 100)
	})
}

// TestInterval checks that a commit is synced when the interval is over, once.
func TestInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := &slowSync{Mem: faultfs.NewMem(1)}
		j, _, err := reopen(fsys, Config{Sync: SyncInterval, Interval: time.Minute})
		require.NoError(t, err)
		fsys.syncs.Store(0)
		for range 3 {
			_, err = j.Append([]byte("x"))
			require.NoError(t, err)
			time.Sleep(10 * time.Second)
		}
		require.Zero(t, fsys.syncs.Load())
		time.Sleep(time.Minute)
		require.EqualValues(t, 1, fsys.syncs.Load())
		time.Sleep(time.Hour)
		require.EqualValues(t, 1, fsys.syncs.Load(), "there is nothing to sync")
		fsys.Crash()
		_, got, err := reopen(fsys, Config{})
		require.NoError(t, err)
		require.Len(t, got, 3)
	})
}

func TestNever(t *testing.T) {
	fsys := &slowSync{Mem: faultfs.NewMem(1)}
	j, _, err := reopen(fsys, Config{Sync: SyncNever})
	require.NoError(t, err)
	fsys.syncs.Store(0)
	_, err = j.Append([]byte("x"))
	require.NoError(t, err)
	require.Zero(t, fsys.syncs.Load())
	require.NoError(t, j.Sync())
	require.NoError(t, j.Sync())
	require.EqualValues(t, 1, fsys.syncs.Load())
	fsys.Kill()
	_, got, err := reopen(fsys, Config{})
	require.NoError(t, err)
	require.Equal(t, []string{"x"}, got)
}

// TestFailedSync checks that everybody who waits is told, and that nothing is tried
// again.
func TestFailedSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := &slowSync{Mem: faultfs.NewMem(1)}
		j, _, err := reopen(fsys, Config{})
		require.NoError(t, err)
		fsys.syncs.Store(0)
		fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
			if c.Op == "Sync" {
				f.Err = syscall.EIO
			}
			return f
		})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, err := j.Append([]byte("x"))
				require.ErrorIs(t, err, ErrFailed)
				require.ErrorIs(t, err, syscall.EIO)
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, fsys.syncs.Load())
		fsys.OnCall(nil)
		calls := fsys.Calls()
		_, err = j.Append([]byte("x"))
		require.ErrorIs(t, err, ErrFailed)
		for _, err := range []error{j.Sync(), j.Trim(1), j.Snapshot(nil)} {
			require.ErrorIs(t, err, syscall.EIO)
		}
		require.Equal(t, calls, fsys.Calls())
		require.ErrorIs(t, j.Close(), ErrFailed)
		require.NoError(t, func() error { _, _, err := reopen(fsys, Config{}); return err }())
	})
}

// slowSync counts the syncs of files, each of which takes a millisecond, or as long
// as slow says of the file.
type slowSync struct {
	*faultfs.Mem
	syncs atomic.Int64
	slow  map[string]time.Duration
}

func (s *slowSync) Open(name string, create bool) (faultfs.File, error) {
	f, err := s.Mem.Open(name, create)
	if err != nil {
		return nil, err
	}
	return slowFile{f, s, max(time.Millisecond, s.slow[name])}, nil
}

type slowFile struct {
	faultfs.File
	fs    *slowSync
	takes time.Duration
}

func (f slowFile) Sync() error {
	f.fs.syncs.Add(1)
	time.Sleep(f.takes / 2)
	err := f.File.Sync()
	time.Sleep(f.takes - f.takes/2) // in which what is written is not synced by it
	return err
}
