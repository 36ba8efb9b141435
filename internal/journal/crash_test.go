package journal

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/faultfs/faulttest"
)

// reuses counts how often a story's journal has used a file again.
var reuses int

// tell tells a story in which no time passes but when it sleeps.
func tell(t *testing.T, seed uint64, onCall func(faultfs.Call) faultfs.Fault) {
	synctest.Test(t, func(t *testing.T) { story(t, &model{}, seed, Policy(seed%3), onCall) })
}

// story runs a random workload that meets faults. It then goes through a kill and a
// crash, and checks each time what is left.
func story(t *testing.T, m *model, seed uint64, policy Policy, onCall func(faultfs.Call) faultfs.Fault) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	fsys := faultfs.NewMem(seed)
	fsys.SetReserves(seed%2 == 1)
	fsys.OnCall(func(c faultfs.Call) faultfs.Fault {
		f := onCall(c)
		if c.Op == "Rename" && c.Name == spareName {
			reuses++
		}
		return f
	})
	least, steps := synced, 25
	if policy == SyncNever && seed%2 == 0 {
		steps = 50 // many segments that are not synced
	}
	for range 3 {
		if j, err := m.open(t, fsys, policy, least); err == nil {
			least = acked
			err := m.run(j, rnd, policy, steps)
			require.NoError(t, wrong(err))
			if err == nil && rnd.IntN(2) == 0 && j.Close() == nil {
				m.look(policy)
				require.False(t, m.waiting())
				m.allSynced()
			}
		} else {
			require.NotErrorIs(t, err, ErrCorrupt)
		}
		if rnd.IntN(2) == 0 {
			fsys.Kill()
		} else {
			fsys.Crash()
			least = synced
		}
	}
	fsys.OnCall(nil)
	for range 3 { // what opening has found must not go away by another crash
		report, err := Scan(fsys, Config{})
		require.True(t, err == nil || errors.Is(err, fs.ErrNotExist), "%v", err)
		require.Empty(t, report.Dropped)
		j, err := m.open(t, fsys, policy, least)
		require.NoError(t, err)
		require.NoError(t, m.run(j, rnd, policy, 5))
		fsys.Crash()
		least = synced
	}
}

// wrong returns an error that no fault explains.
func wrong(err error) error {
	if errors.Is(err, ErrFailed) || errors.Is(err, faultfs.ErrPowerCut) {
		return nil
	}
	return err
}

func TestFaultAtEveryCall(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 3
	}
	for name, fault := range faulttest.Faults {
		t.Run(name, func(t *testing.T) {
			reuses = 0
			points := faulttest.EveryCall(t, seeds, faulttest.Step, fault, tell)
			t.Logf("%d points tried, files used again %d times", points, reuses)
			require.Positive(t, reuses)
		})
	}
}

// TestFaultsInARow has random faults, several in each story.
func TestFaultsInARow(t *testing.T) {
	stories := uint64(1500)
	if testing.Short() {
		stories = 300
	}
	kinds := []faultfs.Fault{{Cut: true}, {Err: syscall.EIO}, {Err: syscall.ENOSPC, Short: 70}, {Err: syscall.ENOSPC}, {Err: syscall.ENOSPC, Short: 1 << 20}}
	reuses = 0
	points := faulttest.InARow(t, stories, 40, kinds, tell)
	t.Logf("%d stories, %d faults, files used again %d times", stories, points, reuses)
	require.Positive(t, reuses)
}
