package kinesis

import (
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/faultfs/faulttest"
)

// pausedFiles waits for a second when the file of a snapshot has been made.
type pausedFiles struct{ *MemFiles }

func (p pausedFiles) open(name string) (faultfs.FS, error) {
	fs, err := p.MemFiles.open(name)
	return faulttest.Paused{FS: fs, Prefix: "snapshot-"}, err
}

// The directory of a new stream can not be made durable while the service's journal makes
// a snapshot in the same one. That may lose the snapshot's name, so the journal has to
// know of it: else it gives up what it had before for a file that is not there after a
// crash.
func TestCreateFailsDuringSnapshot(t *testing.T) {
	for _, cause := range []error{syscall.EIO, syscall.ENOSPC} {
		synctest.Test(t, func(t *testing.T) {
			files := pausedFiles{NewMemFiles(1)}
			s, err := openFiles(files, ServiceConfig{})
			require.NoError(t, err)
			stream, err := s.CreateStream("stays", Config{ShardCount: 1})
			require.NoError(t, err)
			_, err = stream.Put(t.Context(), Entry{PartitionKey: "k", Data: []byte("x")})
			require.NoError(t, err)
			go s.registry.trim(1)
			synctest.Wait()

			own := files.Directory("")
			own.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
				if c.Op == "SyncDir" {
					f.Err = cause
				}
				return f
			})
			_, err = s.CreateStream("fails", Config{ShardCount: 1})
			require.ErrorIs(t, err, ErrInternalFailure)
			own.OnCall(files.call)
			time.Sleep(time.Second)
			synctest.Wait()
			files.Crash()
			_ = s.Close()

			s, err = openFiles(files, ServiceConfig{})
			require.NoError(t, err)
			stream, err = s.Stream("stays")
			require.NoError(t, err)
			require.EqualValues(t, 1, stream.Summary().Records)
			_, err = s.Stream("fails")
			require.ErrorIs(t, err, ErrResourceNotFound)
			require.NoError(t, s.Close())
		})
	}
}

// A stream could not be made, and that could not be told, as there was no space: the next
// one of its name is the only one of which the service's journal knows from then on.
func TestOlderOfAName(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, ServiceConfig{})
	require.NoError(t, err)
	older, err := s.CreateStream("orders", Config{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	AppendFact(t, dir, streamRow{2, arn{older.region, older.account, "orders"}}.fact())
	AppendFact(t, dir, streamGoneFact(2))

	s, err = Open(dir, ServiceConfig{})
	require.NoError(t, err)
	_, err = s.Stream("orders")
	require.ErrorIs(t, err, ErrResourceNotFound, "it does not come back when the newer one is deleted")
	require.NoDirExists(t, filepath.Join(dir, directoryOf(1)))
	newer, err := s.CreateStream("orders", Config{})
	require.NoError(t, err)
	require.EqualValues(t, 3, newer.disk.number)
	require.NoError(t, s.Close())
}
