package journal

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// TestCloseFailedWhileSynced closes a journal that has failed while a commit is still
// being synced: that has its file until it is done.
func TestCloseFailedWhileSynced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := &slowSync{Mem: faultfs.NewMem(1)}
		j, _, err := reopen(fsys, Config{})
		require.NoError(t, err)
		began := time.Now()
		fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
			if c.Name == snapshotName(1) && c.Op == "WriteAt" {
				f.Err = errors.New("broken")
			}
			return f
		})
		var wg sync.WaitGroup
		wg.Go(func() { // is synced from now on, for a millisecond
			_, err := j.Append([]byte("a"))
			require.NoError(t, err)
		})
		synctest.Wait()
		require.ErrorIs(t, j.Snapshot([]byte("x")), ErrFailed)
		require.ErrorIs(t, j.Close(), ErrFailed)
		require.Equal(t, time.Millisecond, time.Since(began), "it waits for who syncs")
		wg.Wait()
	})
}
