package faultfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFaults(t *testing.T) {
	m := NewMem(1)
	m.OnCall(func(c Call) (f Fault) {
		switch c.N {
		case 2:
			f = Fault{Err: syscall.EIO, Short: 3}
		case 4:
			f.Cut = true
		}
		return f
	})
	f, err := m.Open("a", true)
	require.NoError(t, err)
	n, err := f.WriteAt([]byte("hello"), 0)
	require.ErrorIs(t, err, syscall.EIO)
	require.Equal(t, 3, n)
	size, err := f.Size()
	require.NoError(t, err)
	require.Equal(t, int64(3), size)
	require.ErrorIs(t, f.Truncate(1), ErrPowerCut)
	_, err = m.ReadDir()
	require.ErrorIs(t, err, ErrPowerCut)
	require.Equal(t, 4, m.Calls())
	m.Crash()
	_, err = m.ReadDir()
	require.NoError(t, err)
}

func TestSpace(t *testing.T) {
	m := NewMem(1)
	f, err := m.Open("a", true)
	require.NoError(t, err)
	m.SetSpace(8)
	n, err := f.WriteAt([]byte("0123456789"), 0)
	require.True(t, IsNoSpace(err), "%v", err)
	require.Equal(t, 8, n)
	_, err = f.WriteAt([]byte("over"), 4)
	require.NoError(t, err, "it takes no new space")
	require.NoError(t, f.Truncate(2))
	_, err = f.WriteAt([]byte("again"), 2)
	require.NoError(t, err)
	require.NoError(t, m.Remove("a"))
	f, err = m.Open("b", true)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("12345678"), 0)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("9"), 8)
	require.True(t, IsNoSpace(err))
	m.SetSpace(-1)
	_, err = f.WriteAt([]byte("9"), 8)
	require.NoError(t, err)
	require.False(t, IsNoSpace(syscall.EIO))
	require.False(t, IsNoSpace(nil))
}

// TestReserve makes files longer by zeros, on systems that can.
func TestReserve(t *testing.T) {
	for name, fsys := range systems(t) {
		t.Run(name, func(t *testing.T) {
			if mem, ok := fsys.(*Mem); ok {
				f, err := mem.Open("a", true)
				require.NoError(t, err)
				require.ErrorIs(t, f.Reserve(0, 10), errors.ErrUnsupported)
				mem.SetReserves(true)
			}
			f, err := fsys.Open("a", true)
			require.NoError(t, err)
			_, err = f.WriteAt([]byte("four"), 0)
			require.NoError(t, err)
			if err := f.Reserve(4, 8192); errors.Is(err, errors.ErrUnsupported) {
				t.Skip("this system can not reserve space")
			} else {
				require.NoError(t, err)
			}
			require.NoError(t, f.Sync())
			size, err := f.Size()
			require.NoError(t, err)
			require.EqualValues(t, 8192, size)
			b := make([]byte, size)
			_, err = f.ReadAt(b, 0)
			require.NoError(t, err)
			require.Equal(t, append([]byte("four"), make([]byte, 8188)...), b)
			require.NoError(t, f.Truncate(4))
			require.NoError(t, f.Close())
		})
	}
	mem := NewMem(1)
	mem.SetReserves(true)
	f, err := mem.Open("a", true)
	require.NoError(t, err)
	mem.SetSpace(10)
	require.True(t, IsNoSpace(f.Reserve(0, 11)))
	_, err = f.WriteAt(make([]byte, 10), 0)
	require.NoError(t, err, "what there is space for is reserved")
	_, err = f.WriteAt(make([]byte, 11), 0)
	require.True(t, IsNoSpace(err))
}

func TestOpenDirMakesAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "c")
	for range 2 {
		fsys, err := OpenDir(path)
		require.NoError(t, err)
		_, err = fsys.Open("file", true)
		require.NoError(t, err)
		require.NoError(t, fsys.Close())
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	_, err = OpenDir(filepath.Join(path, "file"))
	require.Error(t, err, "it is a file")
	_, err = OpenDir(filepath.Join(path, "file", "below"))
	require.Error(t, err)
	t.Chdir(path)
	fsys, err := OpenDir("d/e")
	require.NoError(t, err)
	require.NoError(t, fsys.Close())
	fsys, err = OpenDir(".")
	require.NoError(t, err)
	require.NoError(t, fsys.Close())
}

func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a"), []byte("contents"), 0o400))
	fsys, err := OpenDirReadOnly(dir)
	require.NoError(t, err)
	f, err := fsys.Open("a", false)
	require.NoError(t, err)
	b := make([]byte, 8)
	_, err = f.ReadAt(b, 0)
	require.NoError(t, err)
	require.Equal(t, "contents", string(b))
	_, err = f.WriteAt(b, 0)
	_, createErr := fsys.Open("b", true)
	for _, err := range []error{err, createErr, f.Truncate(0), f.Reserve(8, 16), f.Sync(), fsys.Rename("a", "b"), fsys.Remove("a"), fsys.SyncDir()} {
		require.ErrorIs(t, err, fs.ErrPermission)
	}
	_, err = fsys.Open("../a", false)
	require.ErrorIs(t, err, fs.ErrInvalid)
	_, err = fsys.Lock("../a")
	require.ErrorIs(t, err, fs.ErrInvalid)
	lock, err := fsys.Lock("lock")
	require.NoError(t, err)
	require.NoError(t, lock.Close())
	names, err := fsys.ReadDir()
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, names)
	require.NoError(t, f.Close())

	writable, err := OpenDir(dir)
	require.NoError(t, err)
	lock, err = writable.Lock("lock")
	require.NoError(t, err)
	_, err = fsys.Lock("lock")
	require.ErrorIs(t, err, ErrLocked)
	require.NoError(t, lock.Close())
	shared, err := fsys.Lock("lock")
	require.NoError(t, err)
	again, err := fsys.Lock("lock")
	require.NoError(t, err)
	require.NoError(t, again.Close())
	_, err = writable.Lock("lock")
	require.ErrorIs(t, err, ErrLocked)
	require.NoError(t, shared.Close())
	require.NoError(t, fsys.Close())
	_, err = OpenDirReadOnly(filepath.Join(dir, "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}
