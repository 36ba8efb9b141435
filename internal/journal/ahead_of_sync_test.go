package journal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// frameOf returns a frame with copies of records.
func frameOf(records ...string) *Frame {
	sizes := make([]int, len(records))
	for i, r := range records {
		sizes[i] = len(r)
	}
	frame, into := NewFrame(nil, sizes...)
	for i, r := range records {
		copy(into[i], r)
	}
	return frame
}

// TestFrame checks that a frame is a batch like others, in its order among them.
func TestFrame(t *testing.T) {
	for _, policy := range []Policy{SyncEach, SyncInterval, SyncNever} {
		fsys := faultfs.NewMem(1)
		j, _, err := reopen(fsys, Config{Sync: policy})
		require.NoError(t, err)
		long := strings.Repeat("long", 1000)
		_, err = j.Add([]byte("a"))
		require.NoError(t, err)
		frame, into := NewFrame([][]byte{nil}, 1, len(long), 0)
		require.Len(t, into, 4, "behind what was there")
		copy(into[1], "b")
		copy(into[2], long)
		second, err := j.AddFrame(frame)
		require.NoError(t, err)
		third, err := j.Add([]byte("c"))
		require.NoError(t, err)
		require.NotSame(t, second.group, third.group, "a frame does not grow, as it would be copied")
		empty, err := j.AddFrame(frameOf())
		require.NoError(t, err)
		require.Zero(t, empty)
		require.NoError(t, j.Sync())
		require.Equal(t, third.Commit().Seq, second.Commit().Seq+1)
		offsets := Offsets(nil, into[1:]...)
		got, err := j.Read(second.Place(offsets[1], len(long)), nil)
		require.NoError(t, err)
		require.Equal(t, long, string(got))
		require.Equal(t, long, string(into[2]), "what is written does not change")

		large, _ := NewFrame(nil, MaxBatch)
		_, err = j.AddFrame(large)
		require.ErrorIs(t, err, ErrTooLarge)
		require.NoError(t, j.Close())
		_, err = j.AddFrame(frameOf("x"))
		require.ErrorIs(t, err, ErrClosed)
		_, batches, err := reopen(fsys, Config{})
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b" + long, "c"}, batches)
	}
}

// TestWrittenWhileSynced checks that what is large is written while what came before
// is being synced, that what is small waits to be more, and that all are done in
// order.
func TestWrittenWhileSynced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := &slowSync{Mem: faultfs.NewMem(1)}
		j, _, err := reopen(fsys, Config{})
		require.NoError(t, err)
		began := time.Now()
		var mu sync.Mutex
		var written []time.Duration
		fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
			if mu.Lock(); c.Op == "WriteAt" {
				written = append(written, time.Since(began))
			}
			mu.Unlock()
			return f
		})
		fsys.syncs.Store(0)
		var done [5]time.Duration
		var wg sync.WaitGroup
		for i, size := range []int{1, much, much, 1, 1} {
			wg.Go(func() {
				_, err := j.Append(make([]byte, size))
				require.NoError(t, err)
				done[i] = time.Since(began)
			})
			synctest.Wait()
		}
		barrier := j.Barrier()
		require.NoError(t, barrier.Wait())
		wg.Wait()
		const ms = time.Millisecond
		require.Equal(t, []time.Duration{0, 0, 0, 2 * ms}, written)
		require.Equal(t, [5]time.Duration{ms, 2 * ms, 2 * ms, 3 * ms, 3 * ms}, done)
		require.EqualValues(t, 3, fsys.syncs.Load())
		require.Equal(t, 3*ms, time.Since(began))
		require.Zero(t, j.Barrier(), "there is nothing to wait for")
		require.NoError(t, j.Close())
	})
}

// TestFailsWhileSynced has a sync, or the write beside it, fail.
func TestFailsWhileSynced(t *testing.T) {
	for _, test := range []struct {
		name          string
		fault         faultfs.Fault
		at            string
		first, second error
	}{
		{"the sync", faultfs.Fault{Err: syscall.EIO}, "Sync", ErrFailed, ErrFailed},
		{"the write", faultfs.Fault{Err: syscall.EIO}, "WriteAt", ErrFailed, ErrFailed},
		{"no space", faultfs.Fault{Err: syscall.ENOSPC, Short: 1000}, "WriteAt", nil, ErrNoSpace},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fsys := &slowSync{Mem: faultfs.NewMem(1)}
				j, _, err := reopen(fsys, Config{})
				require.NoError(t, err)
				fsys.syncs.Store(0)
				first, err := j.AddFrame(frameOf(strings.Repeat("1", much)))
				require.NoError(t, err)
				var wg sync.WaitGroup
				wg.Go(func() { require.ErrorIs(t, first.Wait(), test.first) })
				synctest.Wait()
				fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
					if c.Op == test.at {
						f = test.fault
					}
					return f
				})
				second, err := j.AddFrame(frameOf(strings.Repeat("2", much)))
				require.NoError(t, err)
				barrier := j.Barrier()
				wg.Go(func() { require.ErrorIs(t, barrier.Wait(), test.second) })
				wg.Go(func() { require.ErrorIs(t, second.Wait(), test.second) })
				wg.Wait()
				require.EqualValues(t, 1, fsys.syncs.Load())
				if test.second == ErrNoSpace {
					requireDone(t, true, first)
					requireDone(t, false, second)
					fsys.OnCall(nil)
					require.NoError(t, j.Retry())
					requireDone(t, true, second)
					require.NoError(t, j.Close())
				} else {
					require.ErrorIs(t, j.Close(), ErrFailed)
				}
				fsys.Crash()
				fsys.OnCall(nil)
				_, got, err := reopen(fsys, Config{})
				require.NoError(t, err)
				if test.second == ErrNoSpace {
					require.Len(t, got, 2)
				}
			})
		})
	}
}

// TestRiderBeforeNoSpace checks that what was written is done although there is no
// space for what comes behind it.
func TestRiderBeforeNoSpace(t *testing.T) {
	fsys, j := full(t, Config{})
	fsys.SetSpace(500)
	rider, err := j.AddFrame(frameOf("rider"))
	require.NoError(t, err)
	waited, err := j.AddFrame(frameOf(strings.Repeat("w", 1000)))
	require.NoError(t, err)
	require.ErrorIs(t, waited.Wait(), ErrNoSpace)
	requireDone(t, true, rider)
	fsys.SetSpace(-1)
	require.NoError(t, j.Close())
	requireDone(t, true, waited)
}

// TestClosedWhileSynced closes a journal while one waits for a sync and another to be
// written.
func TestClosedWhileSynced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := &slowSync{Mem: faultfs.NewMem(1)}
		j, _, err := reopen(fsys, Config{})
		require.NoError(t, err)
		var wg sync.WaitGroup
		for _, size := range []int{much, much, 1} {
			wg.Go(func() {
				_, err := j.Append(make([]byte, size))
				require.NoError(t, err)
			})
			synctest.Wait()
		}
		require.NoError(t, j.Close())
		wg.Wait()
		fsys.Crash()
		_, got, err := reopen(fsys, Config{})
		require.NoError(t, err)
		require.Len(t, got, 3)
	})
}

// TestFaultsWhileSynced has some goroutines append at once, each of which writes
// without waiting for the others' syncs, until a fault, and looks for what was
// acknowledged.
func TestFaultsWhileSynced(t *testing.T) {
	stories := uint64(600)
	if testing.Short() {
		stories = 100
	}
	points, total := 0, 0
	for seed := range stories {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 11))
			fault := []faultfs.Fault{{Cut: true}, {Err: syscall.EIO}, {Err: syscall.EIO, Short: 100}, {Err: syscall.ENOSPC, Short: 70}}[rnd.IntN(4)]
			mem := faultfs.NewMem(seed)
			fsys := &slowSync{Mem: mem}
			j, _, err := reopen(fsys, Config{SegmentSize: 1 << uint(9+rnd.IntN(6))})
			require.NoError(t, err)
			j.much = 1 + rnd.IntN(1000)
			at := mem.Calls() + 1 + rnd.IntN(120)
			mem.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
				if c.N == at {
					points++
					return fault
				}
				return f
			})
			const writers = 4
			var acked [writers]int
			var wg sync.WaitGroup
			for w := range writers {
				seed := rnd.Uint64()
				wg.Go(func() {
					rnd := rand.New(rand.NewPCG(seed, 13))
					for i := range 20 {
						text := fmt.Sprintf("%d %d %s", w, i, strings.Repeat("x", rnd.IntN(400)))
						var err error
						if rnd.IntN(2) == 0 {
							_, err = j.Append([]byte(text))
						} else if ticket, addErr := j.AddFrame(frameOf(text)); addErr == nil {
							err = ticket.Wait()
						} else {
							err = addErr
						}
						if err != nil {
							require.True(t, errors.Is(err, ErrNoSpace) || errors.Is(err, ErrFailed), err)
							return
						}
						acked[w] = i + 1
						time.Sleep(time.Duration(rnd.IntN(2000)) * time.Microsecond)
					}
				})
			}
			wg.Wait()
			switch rnd.IntN(3) {
			case 0:
				_ = j.Close()
			case 1:
				mem.Kill()
			}
			mem.Crash()
			mem.OnCall(nil)
			var found [writers]int
			_, got, err := reopen(mem, Config{})
			require.NoError(t, err)
			for _, text := range got {
				var w, i int
				_, err := fmt.Sscanf(text, "%d %d", &w, &i)
				require.NoError(t, err)
				require.Equal(t, found[w], i, "in order, without gaps")
				found[w]++
			}
			for w := range writers {
				require.GreaterOrEqual(t, found[w], acked[w])
				total += acked[w]
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d stories, %d faults met, %d commits acknowledged", stories, points, total)
}
