package journal

import (
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/faultfs/faulttest"
)

// Who else has names in the directory syncs it while a snapshot is being made. If that
// fails the snapshot's name may be lost, so it must not come to count.
func TestSyncDirFails(t *testing.T) {
	for _, cause := range []error{syscall.EIO, syscall.ENOSPC} {
		synctest.Test(t, func(t *testing.T) {
			fsys := faultfs.NewMem(1)
			j, _, err := reopen(faulttest.Paused{FS: fsys, Prefix: "snapshot-"}, Config{})
			require.NoError(t, err)
			_, err = j.Append([]byte("a"))
			require.NoError(t, err)
			require.NoError(t, j.SyncDir())
			made := make(chan error, 1)
			go func() { made <- j.Snapshot([]byte("s")) }()
			synctest.Wait()

			fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
				if c.Op == "SyncDir" {
					f.Err = cause
				}
				return f
			})
			require.ErrorIs(t, j.SyncDir(), ErrFailed)
			fsys.OnCall(nil)
			require.ErrorIs(t, <-made, ErrFailed)
			require.ErrorIs(t, j.SyncDir(), ErrFailed)
			_, err = j.Append([]byte("b"))
			require.ErrorIs(t, err, ErrFailed)
			fsys.Crash()
			_ = j.Close()
			j, got, err := reopen(fsys, Config{})
			require.NoError(t, err)
			require.Equal(t, []string{"a"}, got)
			require.NoError(t, j.Close())
			require.ErrorIs(t, j.SyncDir(), ErrClosed)
		})
	}
}
