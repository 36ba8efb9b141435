package faultfs

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// systems are the file systems that must behave alike.
func systems(t *testing.T) map[string]FS {
	dir, err := OpenDir(t.TempDir())
	require.NoError(t, err)
	return map[string]FS{"directory": dir, "memory": NewMem(1)}
}

func TestFiles(t *testing.T) {
	for name, fsys := range systems(t) {
		t.Run(name, func(t *testing.T) {
			_, err := fsys.Open("a", false)
			require.ErrorIs(t, err, fs.ErrNotExist)
			for _, bad := range []string{"", ".", "..", "a/b", "../a"} {
				_, err := fsys.Open(bad, true)
				require.Error(t, err, bad)
			}
			f, err := fsys.Open("a", true)
			require.NoError(t, err)
			_, err = f.WriteAt([]byte("world"), 6)
			require.NoError(t, err)
			_, err = f.WriteAt([]byte("hello"), 0)
			require.NoError(t, err)
			require.NoError(t, f.Sync())
			size, err := f.Size()
			require.NoError(t, err)
			require.Equal(t, int64(11), size)
			b := make([]byte, 20)
			n, err := f.ReadAt(b, 0)
			require.ErrorIs(t, err, io.EOF)
			require.Equal(t, "hello\x00world", string(b[:n]))
			require.NoError(t, f.Truncate(4))
			require.NoError(t, f.Truncate(6))
			n, err = f.ReadAt(b[:6], 0)
			require.NoError(t, err)
			require.Equal(t, "hell\x00\x00", string(b[:n]))
			_, err = f.ReadAt(b, 6)
			require.ErrorIs(t, err, io.EOF)

			_, err = fsys.Open("b", true)
			require.NoError(t, err)
			require.NoError(t, fsys.Rename("a", "b"))
			require.ErrorIs(t, fsys.Rename("a", "b"), fs.ErrNotExist)
			require.NoError(t, fsys.SyncDir())
			names, err := fsys.ReadDir()
			require.NoError(t, err)
			require.Equal(t, []string{"b"}, names)
			require.NoError(t, fsys.Remove("b"))
			require.ErrorIs(t, fsys.Remove("b"), fs.ErrNotExist)
			size, err = f.Size()
			require.NoError(t, err, "it is still open")
			require.Equal(t, int64(6), size)
			require.NoError(t, f.Close())

			lock, err := fsys.Lock("lock")
			require.NoError(t, err)
			_, err = fsys.Lock("lock")
			require.ErrorIs(t, err, ErrLocked)
			require.NoError(t, lock.Close())
			lock, err = fsys.Lock("lock")
			require.NoError(t, err)
			require.NoError(t, lock.Close())
			require.NoError(t, fsys.Close())
		})
	}
}

// TestCrash counts what crashes leave of a file: what was synced, always; what was
// not, as it was, as it should be, in part, and with gaps.
func TestCrash(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(400) {
		m := NewMem(seed)
		f, err := m.Open("a", true)
		require.NoError(t, err)
		_, err = f.WriteAt([]byte(strings.Repeat("s", 2*sector)), 0)
		require.NoError(t, err)
		require.NoError(t, f.Sync())
		require.NoError(t, m.SyncDir())
		_, err = f.WriteAt([]byte(strings.Repeat("1", sector)), 2*sector)
		require.NoError(t, err)
		_, err = f.WriteAt([]byte(strings.Repeat("2", sector)), 3*sector)
		require.NoError(t, err)
		m.Crash()
		_, err = f.Size()
		require.ErrorIs(t, err, ErrPowerCut, "the handle is dead")
		b, err := m.ReadFile("a")
		require.NoError(t, err)
		require.Equal(t, strings.Repeat("s", 2*sector), string(b[:2*sector]))
		rest := string(b[2*sector:]) + strings.Repeat("-", 4*sector-len(b))
		first, second := rest[:sector], rest[sector:]
		switch one, two := first == strings.Repeat("1", sector), second == strings.Repeat("2", sector); {
		case one && two:
			seen["both"]++
		case one:
			seen["the first"]++
		case two:
			seen["the second"]++
		default:
			seen["none"]++
		}
	}
	require.Len(t, seen, 4, "%v", seen)
	for what, n := range seen {
		require.Greater(t, n, 15, "%s: %v", what, seen)
	}
}

func TestNamesInACrash(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(200) {
		m := NewMem(seed)
		for _, name := range []string{"old", "gone"} {
			_, err := m.Open(name, true)
			require.NoError(t, err)
		}
		require.NoError(t, m.SyncDir())
		require.NoError(t, m.Remove("gone"))
		_, err := m.Open("new", true)
		require.NoError(t, err)
		m.Crash()
		names, err := m.ReadDir()
		require.NoError(t, err)
		seen[fmt.Sprint(names)]++
		again, err := m.ReadDir()
		require.NoError(t, err)
		m.Crash()
		require.Equal(t, names, again, "what a crash has left is durable")
	}
	require.Len(t, seen, 4, "%v", seen)
}

// TestFailedSync: what a failed sync has not written stays readable and is lost.
func TestFailedSync(t *testing.T) {
	m := NewMem(1)
	f, err := m.Open("a", true)
	require.NoError(t, err)
	require.NoError(t, m.SyncDir())
	_, err = f.WriteAt([]byte("lost"), 0)
	require.NoError(t, err)
	fail := func(op string) {
		m.OnCall(func(c Call) (f Fault) {
			if c.Op == op {
				f.Err = syscall.EIO
			}
			return f
		})
	}
	fail("Sync")
	require.ErrorIs(t, f.Sync(), syscall.EIO)
	m.OnCall(nil)
	require.NoError(t, f.Sync())
	b, err := m.ReadFile("a")
	require.NoError(t, err)
	require.Equal(t, "lost", string(b))
	_, err = m.Open("b", true)
	require.NoError(t, err)
	fail("SyncDir")
	require.ErrorIs(t, m.SyncDir(), syscall.EIO)
	m.OnCall(nil)
	require.NoError(t, m.SyncDir())
	m.Crash()
	b, err = m.ReadFile("a")
	require.NoError(t, err)
	require.NotContains(t, string(b), "lost")
	_, err = m.ReadFile("b")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// TestRepeatable does the same things with the same seed.
func TestRepeatable(t *testing.T) {
	one := func() (left []string) {
		m := NewMem(42)
		for i := range 20 {
			f, err := m.Open(fmt.Sprint(i%7), true)
			require.NoError(t, err)
			_, err = f.WriteAt([]byte(strings.Repeat("x", 50*i)), int64(i))
			require.NoError(t, err)
			if i%5 == 0 {
				m.Crash()
			}
		}
		m.Crash()
		names, err := m.ReadDir()
		require.NoError(t, err)
		for _, name := range names {
			b, err := m.ReadFile(name)
			require.NoError(t, err)
			left = append(left, name+string(b))
		}
		return left
	}
	want := one()
	require.NotEmpty(t, want)
	for range 5 {
		require.True(t, slices.Equal(want, one()))
	}
}

// TestProcess checks that a process that has ended does nothing any more.
func TestProcess(t *testing.T) {
	m := NewMem(1)
	dead := m.Process()
	f, err := dead.Open("a", true)
	require.NoError(t, err)
	lock, err := dead.Lock("lock")
	require.NoError(t, err)
	m.Kill()
	live := m.Process()
	require.ErrorIs(t, lock.Close(), ErrPowerCut)
	_, err = live.Lock("lock")
	require.NoError(t, err)
	calls := m.Calls()
	_, err = f.WriteAt([]byte("x"), 0)
	require.ErrorIs(t, err, ErrPowerCut)
	_, err = dead.Open("b", true)
	require.ErrorIs(t, err, ErrPowerCut)
	_, err = dead.ReadDir()
	require.ErrorIs(t, err, ErrPowerCut)
	_, err = dead.Lock("other")
	require.ErrorIs(t, err, ErrPowerCut)
	for _, err := range []error{dead.Rename("a", "b"), dead.Remove("a"), dead.SyncDir()} {
		require.ErrorIs(t, err, ErrPowerCut)
	}
	require.NoError(t, dead.Close())
	require.Equal(t, calls, m.Calls(), "they do not count")
	names, err := live.ReadDir()
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, names)
}
