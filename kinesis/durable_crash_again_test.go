package kinesis_test

import (
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/faultfs/faulttest"
)

// A stream is deleted, which finds no space, and made again, which fails at whatever call.
// The second needs the first to be on the disk before, so then there is the old stream
// with its records, or none, or a new one that is empty, and each of the three happens.
func TestDurableMadeAgain(t *testing.T) {
	const seeds = 6 // so that there are all sizes of segments, and all ways to end
	found := map[string]int{}
	for name, fault := range faulttest.Faults {
		t.Run(name, func(t *testing.T) {
			points := faulttest.EveryCall(t, seeds, 1, fault, func(t *testing.T, seed uint64, onCall func(faultfs.Call) faultfs.Fault) {
				synctest.Test(t, func(t *testing.T) {
					found[newCrashModel(t, seed).madeAgain(onCall)]++
				})
			})
			t.Logf("%d points tried", points)
		})
	}
	t.Logf("found %v", found)
	for _, what := range []string{"old", "none", "new"} {
		require.Positive(t, found[what], what)
	}
}

// madeAgain is a story in which onCall decides about the calls from when the stream is
// made again, numbered from 1. It says which stream is there in the end.
func (m *crashModel) madeAgain(onCall func(faultfs.Call) faultfs.Fault) string {
	const name = "b"
	want := m.streams[name]
	require.NoError(m.t, m.open())
	m.create(name, want)
	m.put(mustStream(m.t, m.service, name), want)
	old := want.made
	synctest.Wait() // nothing goes on aside any more
	full := true
	m.files.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
		if full && c.Op == "WriteAt" { // that of the service's journal comes first
			full, f.Err = false, syscall.ENOSPC
		}
		return f
	})
	m.delete(name, want)
	require.True(m.t, want.mayExist)

	synctest.Wait()
	before := m.files.Calls()
	m.files.OnCall(func(c faultfs.Call) faultfs.Fault {
		c.N -= before
		return onCall(c)
	})
	m.create(name, want)
	m.end()
	m.files.OnCall(nil)
	for range 2 { // what an opening has found does not go away
		require.NoError(m.t, m.open())
		m.end()
	}
	switch {
	case !want.exists:
		return "none"
	case want.made == old:
		return "old"
	}
	return "new"
}
