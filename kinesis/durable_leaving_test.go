package kinesis

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
)

// hookedFiles calls something before a directory is removed or made.
type hookedFiles struct {
	*MemFiles
	removing, making func(name string)
}

func (h *hookedFiles) remove(name string) error {
	if h.removing != nil {
		h.removing(name)
	}
	return h.MemFiles.remove(name)
}

func (h *hookedFiles) open(name string) (faultfs.FS, error) {
	if h.making != nil {
		h.making(name)
	}
	return h.MemFiles.open(name)
}

// The service's journal is cleaned while a stream that is deleted has still its name: it
// must not say then that there is the stream.
func TestCleanedWhileDeleting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := &hookedFiles{MemFiles: NewMemFiles(1)}
		cfg := ServiceConfig{Durable: durable.Options{SegmentSize: 256}}
		s, err := openFiles(files, cfg)
		require.NoError(t, err)
		for _, name := range []string{"stays", "goes"} {
			_, err = s.CreateStream(name, Config{ShardCount: 1})
			require.NoError(t, err)
		}
		cleaned := 0
		files.removing = func(string) {
			first := s.registry.disk.journal.Segments()[0].Number
			for i := range 100 {
				require.NoError(t, s.Leases().Create(t.Context(), fmt.Sprint("group", i), Lease{ShardID: "shardId-000000000000"}))
				synctest.Wait()
			}
			require.Greater(t, s.registry.disk.journal.Segments()[0].Number, first)
			cleaned++
		}
		require.NoError(t, s.DeleteStream("goes", false))
		require.Equal(t, 1, cleaned)
		files.removing = nil
		require.NoError(t, s.Close())
		s, err = openFiles(files, cfg)
		require.NoError(t, err)
		_, err = s.Stream("stays")
		require.NoError(t, err)
		_, err = s.Stream("goes")
		require.ErrorIs(t, err, ErrResourceNotFound)
		require.NoError(t, s.Close())
	})
}

// A stream that is deleted while a backup has copied what knows of it is in the backup.
func TestBackupWhileDeleting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := &hookedFiles{MemFiles: NewMemFiles(1)}
		s, err := openFiles(files, ServiceConfig{})
		require.NoError(t, err)
		for _, name := range []string{"stays", "goes"} {
			_, err = s.CreateStream(name, Config{ShardCount: 1})
			require.NoError(t, err)
		}
		to := &hookedFiles{MemFiles: NewMemFiles(2)}
		to.making = func(name string) {
			if name != "" { // the service's journal has been copied
				to.making = nil
				require.NoError(t, s.DeleteStream("goes", false))
			}
		}
		require.NoError(t, s.backup(t.Context(), to))
		require.NoError(t, s.Close())
		s, err = openFiles(to.MemFiles, ServiceConfig{})
		require.NoError(t, err)
		_, err = s.Stream("goes")
		require.NoError(t, err)
		require.NoError(t, s.Close())
	})
}
