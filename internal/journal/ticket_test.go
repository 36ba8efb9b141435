package journal

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

func requireDone(t *testing.T, want bool, tickets ...Ticket) {
	t.Helper()
	for i, ticket := range tickets {
		done, err := ticket.Done()
		require.NoError(t, err, i)
		require.Equal(t, want, done, i)
		require.Equal(t, want, ticket.Commit() != Commit{}, i)
	}
}

// TestRiders checks that adding does no I/O, that who waits writes for all that came
// before, and that the timer writes what nobody waits for.
func TestRiders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := &slowSync{Mem: faultfs.NewMem(1)}
		j, _, err := reopen(fsys, Config{})
		require.NoError(t, err)
		calls := fsys.Calls()
		var riders []Ticket
		for i := range 3 {
			ticket, err := j.Add([]byte{byte(i)})
			require.NoError(t, err)
			riders = append(riders, ticket)
		}
		require.Equal(t, calls, fsys.Calls())
		requireDone(t, false, riders...)
		require.Zero(t, riders[0].Place(33, 1))
		waited, err := j.Add([]byte("waited for"))
		require.NoError(t, err)
		fsys.syncs.Store(0)
		require.NoError(t, waited.Wait())
		require.NoError(t, waited.Wait(), "again")
		requireDone(t, true, append(riders, waited)...)
		require.EqualValues(t, 1, fsys.syncs.Load())
		for i, ticket := range append(riders, waited) {
			require.Equal(t, uint64(i+1), ticket.Commit().Seq)
		}

		late, err := j.Add([]byte("late"))
		require.NoError(t, err)
		time.Sleep(maxLate - 2*time.Millisecond)
		requireDone(t, false, late)
		later, err := j.Add([]byte("later"))
		require.NoError(t, err)
		time.Sleep(4 * time.Millisecond)
		requireDone(t, true, late, later)
		calls = fsys.Calls()
		time.Sleep(time.Hour)
		require.Equal(t, calls, fsys.Calls(), "there is nothing to do")
		fsys.Crash()
		_, got, err := reopen(fsys, Config{})
		require.NoError(t, err)
		require.Len(t, got, 6)
	})
}

// TestMuchAdded checks that what nobody waits for is written at once if it is much.
func TestMuchAdded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, _, err := reopen(faultfs.NewMem(1), Config{})
		require.NoError(t, err)
		began := time.Now()
		record := make([]byte, 100_000)
		var first, last Ticket
		for i := range 11 {
			if last, err = j.Add(record); i == 0 {
				first = last
			}
			require.NoError(t, err)
		}
		synctest.Wait()
		requireDone(t, true, first, last)
		require.Zero(t, time.Since(began))
		require.NoError(t, j.Close())
	})
}

// TestBarrier checks that a barrier waits for what came before, written by anybody,
// and costs nothing if there is nothing.
func TestBarrier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := &slowSync{Mem: faultfs.NewMem(1)}
		j, _, err := reopen(fsys, Config{})
		require.NoError(t, err)
		calls := fsys.Calls()
		require.Zero(t, j.Barrier())
		require.NoError(t, j.Barrier().Wait())
		done, err := Ticket{}.Done()
		require.True(t, done)
		require.NoError(t, err)
		acked, err := Ticket{}.Acked()
		require.True(t, acked)
		require.NoError(t, err)
		empty, err := j.Add()
		require.NoError(t, err)
		require.Zero(t, empty)
		require.Equal(t, calls, fsys.Calls())

		rider, err := j.Add([]byte("rider"))
		require.NoError(t, err)
		barrier := j.Barrier()
		require.NoError(t, barrier.Wait())
		requireDone(t, true, rider)
		require.Zero(t, barrier.Commit())

		ticket, err := j.Add([]byte("slow"))
		require.NoError(t, err)
		go func() { _ = ticket.Wait() }()
		synctest.Wait() // it is being synced
		barrier = j.Barrier()
		acked, _ = barrier.Acked()
		require.False(t, acked)
		require.NoError(t, barrier.Wait())
		requireDone(t, true, ticket)
		require.NoError(t, j.Close())
		require.ErrorIs(t, j.Barrier().Wait(), ErrClosed)
		require.ErrorIs(t, j.Retry(), ErrClosed)
		_, err = j.Add([]byte("x"))
		require.ErrorIs(t, err, ErrClosed)
	})
}

// TestCloseWrites checks that Close writes what nobody has waited for, under each
// policy, and that tickets know.
func TestCloseWrites(t *testing.T) {
	for _, policy := range []Policy{SyncEach, SyncInterval, SyncNever} {
		fsys := faultfs.NewMem(1)
		j, _, err := reopen(fsys, Config{Sync: policy})
		require.NoError(t, err)
		ticket, err := j.Add([]byte("rider"))
		require.NoError(t, err)
		require.NoError(t, j.Close())
		requireDone(t, true, ticket)
		fsys.Crash()
		_, got, err := reopen(fsys, Config{})
		require.NoError(t, err)
		require.Equal(t, []string{"rider"}, got)
	}
}

// TestNeverWaits checks what SyncNever keeps in memory, and how long.
func TestNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := &slowSync{Mem: faultfs.NewMem(1)}
		j, _, err := reopen(fsys, Config{Sync: SyncNever})
		require.NoError(t, err)
		calls := fsys.Calls()
		fsys.syncs.Store(0)
		record := make([]byte, 1000)
		var tickets []Ticket
		for fsys.Calls() == calls {
			ticket, err := j.Add(record)
			require.NoError(t, err)
			acked, err := ticket.Acked()
			require.NoError(t, err)
			require.True(t, acked)
			require.NoError(t, ticket.Wait())
			tickets = append(tickets, ticket)
			synctest.Wait()
		}
		require.Equal(t, (maxBuffered+1032)/1034, len(tickets))
		require.Equal(t, calls+1, fsys.Calls())
		requireDone(t, true, tickets...)
		at, err := j.Append(record)
		require.NoError(t, err)
		require.Zero(t, at)
		last := j.Barrier()
		require.NoError(t, last.Wait())
		done, _ := last.Done()
		require.False(t, done)
		time.Sleep(maxLate + 1)
		done, _ = last.Done()
		require.True(t, done)
		require.Zero(t, fsys.syncs.Load())
		fsys.Kill()
	})
}

// leastAllocs is the least of some counts: whatever else allocates meanwhile is not meant.
func leastAllocs(f func()) float64 {
	least := testing.AllocsPerRun(1000, f)
	for range 4 {
		least = min(least, testing.AllocsPerRun(1000, f))
	}
	return least
}

// TestAllocations checks that a batch costs no allocation besides those of
// its group, and that waiting for what is done costs none.
func TestAllocations(t *testing.T) {
	j, err := OpenDir(t.TempDir(), Config{Sync: SyncInterval})
	require.NoError(t, err)
	record := bytes.Repeat([]byte("r"), 100)
	_, err = j.Append(record)
	require.NoError(t, err)
	records := [][]byte{record, record}
	require.LessOrEqual(t, leastAllocs(func() {
		_, _ = j.Add(records...)
		ticket, _ := j.Add(records...)
		_ = ticket.Wait()
	}), 1.0, "the group")
	ticket, err := j.Add(records...)
	require.NoError(t, err)
	require.NoError(t, ticket.Wait())
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_, _ = ticket.Done()
		_ = ticket.Wait()
		_ = ticket.Place(33, 100)
		_ = j.Barrier().Wait()
	}))
	require.NoError(t, j.Close())
}

func TestOffsets(t *testing.T) {
	records := [][]byte{{}, []byte("a"), make([]byte, 127), make([]byte, 128), make([]byte, 16383), make([]byte, 16384), []byte("z")}
	frame := appendFrame(nil, int(payloadSize(records)), records)
	f := frameWithout(frame)
	_, want, ok := f.records(nil, nil)
	require.True(t, ok)
	require.Equal(t, want, Offsets(nil, records...))
	require.Len(t, frame, frameHeader+int(payloadSize(records)))
	for i, at := range want {
		require.Equal(t, records[i], frame[at:at+uint32(len(records[i]))], fmt.Sprint(i))
	}
}

// frameWithout is a frame whose checksum is not looked at.
func frameWithout(b []byte) frame {
	seal(b, 1, 1, 0, 0)
	f, _ := parseFrame(b, 1)
	return f
}

// TestNeverIsBounded checks that those who add faster than the disk writes wait,
// even if nobody has to.
func TestNeverIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := &slowSync{Mem: faultfs.NewMem(1), slow: map[string]time.Duration{segmentName(1): time.Hour}}
		j, _, err := reopen(fsys, Config{Sync: SyncNever})
		require.NoError(t, err)
		began := time.Now()
		_, err = j.Add([]byte("x"))
		require.NoError(t, err)
		go func() { require.NoError(t, j.Sync()) }()
		synctest.Wait() // what is added now waits for an hour
		added := 0
		for time.Since(began) == 0 {
			ticket, err := j.Add(make([]byte, 10_000))
			require.NoError(t, err)
			require.NoError(t, ticket.Wait())
			added += 10_000
		}
		require.InDelta(t, maxWaiting, added, 20_000)
		require.NoError(t, j.Close())
	})
}
