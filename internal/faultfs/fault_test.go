package faultfs

import (
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
