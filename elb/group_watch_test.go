package elb

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// Nobody waits for a watcher: it misses the oldest changes, and is told how many.
func TestWatchSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, unchecked("g"))
		changes := g.Watch(t.Context())
		targets := addresses(2000)
		register(t, g, targets...)
		at, missed := 0, 0
		for c := range changes {
			missed += c.Missed
			require.Equal(t, targets[at+missed], c.Target)
			at++
			switch at {
			case 1:
				require.Equal(t, 2000-keptChanges, c.Missed)
			case 10: // it falls behind once more
				require.NoError(t, g.Deregister(targets[:100]...)) // two changes each
				require.Zero(t, c.Missed)
			case 11:
				require.Equal(t, 190, c.Missed)
			}
			if at+missed == 2000 {
				break
			}
		}
		require.Equal(t, 2000-keptChanges+190, missed)
	})
}

// A sequence begins where Watch was called, each time that it is ranged over, and ends with
// its context, with the loop or with the group.
func TestWatchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, unchecked("g"))
		targets := addresses(3)
		register(t, g, targets[0])
		ctx, cancel := context.WithCancel(t.Context())
		changes := g.Watch(ctx)
		register(t, g, targets[1:]...)
		for range 2 {
			var seen []*Target
			for c := range changes {
				if seen = append(seen, c.Target); len(seen) == 2 {
					break
				}
			}
			require.Equal(t, targets[1:], seen)
		}
		ended := 0
		for _, ctx := range []context.Context{ctx, t.Context()} {
			go func() {
				for range g.Watch(ctx) {
				}
				ended++
			}()
		}
		synctest.Wait()
		require.Zero(t, ended)
		cancel()
		synctest.Wait()
		require.Equal(t, 1, ended)
		for range changes {
			t.Error("a change after the context's end")
		}
		last := g.Watch(t.Context())
		require.NoError(t, g.Close())
		synctest.Wait()
		require.Equal(t, 2, ended)
		var states []HealthState
		for c := range last {
			states = append(states, c.To.State)
		}
		require.Equal(t, []HealthState{StateUnused, StateUnused, StateUnused}, states)
	})
}
