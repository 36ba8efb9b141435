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
)

// reuses counts how often a story's journal has used a file again.
var reuses int

// tell tells a story in which no time passes but when it sleeps.
func tell(t *testing.T, seed uint64, policy Policy, onCall func(faultfs.Call) faultfs.Fault) (calls int, met bool) {
	synctest.Test(t, func(t *testing.T) { calls, met = story(t, &model{}, seed, policy, onCall) })
	return calls, met
}

// story runs a random workload that meets a fault at a call, and says how many
// calls there were. It then goes through a kill and a crash, and checks
// each time what is left.
func story(t *testing.T, m *model, seed uint64, policy Policy, onCall func(faultfs.Call) faultfs.Fault) (calls int, met bool) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	fsys := faultfs.NewMem(seed)
	fsys.SetReserves(seed%2 == 1)
	fsys.OnCall(func(c faultfs.Call) faultfs.Fault {
		f := onCall(c)
		if c.Op == "Rename" && c.Name == spareName {
			reuses++
		}
		met = met || f != faultfs.Fault{}
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
		calls = fsys.Calls()
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
	return calls, met
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
	for name, fault := range faultfs.Faults {
		t.Run(name, func(t *testing.T) {
			points := 0
			reuses = 0
			for seed := range seeds {
				policy := Policy(seed % 3)
				for at := 1 + int(seed)%faultfs.Step; ; at += faultfs.Step {
					_, met := tell(t, seed, policy, func(c faultfs.Call) (f faultfs.Fault) {
						if c.N == at {
							f = fault
						}
						return f
					})
					if t.Failed() {
						t.Fatalf("seed %d, call %d", seed, at)
					}
					if !met {
						break
					}
					points++
				}
			}
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
	points := 0
	reuses = 0
	for seed := range stories {
		rnd := rand.New(rand.NewPCG(seed, 9))
		tell(t, seed, Policy(seed%3), func(c faultfs.Call) (f faultfs.Fault) {
			if rnd.IntN(40) == 0 {
				points++
				return kinds[rnd.IntN(len(kinds))]
			}
			return f
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d stories, %d faults, files used again %d times", stories, points, reuses)
	require.Positive(t, reuses)
}
