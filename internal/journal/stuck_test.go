package journal

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// full returns a journal without space for more.
func full(t *testing.T, cfg Config) (*faultfs.Mem, *Journal) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, cfg)
	require.NoError(t, err)
	_, err = j.Append([]byte("first"))
	require.NoError(t, err)
	require.NoError(t, j.Sync())
	fsys.SetSpace(10)
	return fsys, j
}

// TestStuck follows what waits for space: it is written before what is added later,
// and its tickets are done then.
func TestStuck(t *testing.T) {
	for _, policy := range []Policy{SyncEach, SyncInterval} {
		synctest.Test(t, func(t *testing.T) {
			fsys, j := full(t, Config{Sync: policy})
			rider, err := j.Add([]byte("rider"))
			require.NoError(t, err)
			waited, err := j.Add([]byte("waited for"))
			require.NoError(t, err)
			require.False(t, j.Stuck())
			for range 2 {
				require.ErrorIs(t, waited.Wait(), ErrNoSpace)
				require.True(t, j.Stuck())
			}
			requireDone(t, false, rider, waited)
			require.ErrorIs(t, j.Barrier().Wait(), ErrNoSpace)
			require.ErrorIs(t, j.Retry(), ErrNoSpace)
			more, err := j.Add([]byte("more"))
			require.NoError(t, err)
			time.Sleep(time.Second)
			requireDone(t, false, more)
			fsys.SetSpace(-1)
			require.NoError(t, j.Retry())
			require.False(t, j.Stuck())
			requireDone(t, true, rider, waited, more)
			require.NoError(t, waited.Wait())
			_, err = j.Append([]byte("last"))
			require.NoError(t, err)
			if policy == SyncInterval {
				time.Sleep(time.Second)
			}
			fsys.Crash()
			var places []Commit
			var got []string
			_, err = Open(fsys, Config{Batch: func(b Batch) error {
				got, places = append(got, string(b.Records[0])), append(places, b.Commit)
				return nil
			}})
			require.NoError(t, err)
			require.Equal(t, []string{"first", "rider", "waited for", "more", "last"}, got)
			require.Equal(t, places[1:4], []Commit{rider.Commit(), waited.Commit(), more.Commit()})
		})
	}
}

// TestEveryoneIsTold has many wait for space at once.
func TestEveryoneIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys, j := full(t, Config{})
		for range 3 {
			var wg sync.WaitGroup
			for i := range 50 {
				wg.Go(func() {
					_, err := j.Append(fmt.Append(nil, i))
					require.ErrorIs(t, err, ErrNoSpace)
				})
			}
			wg.Wait()
		}
		fsys.SetSpace(-1)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { require.NoError(t, j.Retry()) })
		}
		wg.Wait()
		require.NoError(t, j.Close())
		_, got, err := reopen(fsys, Config{})
		require.NoError(t, err)
		require.Len(t, got, 151)
	})
}

// TestStuckIsBounded checks that what waits for space does not take more and more
// memory, and that nothing of it is lost.
func TestStuckIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys, j := full(t, Config{})
		record := make([]byte, 200_000)
		n := 0
		var err error
		for err == nil && n < 1000 {
			if _, err = j.Add(record); err == nil {
				n++
			}
			synctest.Wait()
		}
		require.ErrorIs(t, err, ErrNoSpace)
		require.InDelta(t, maxStuck/200_000, n, 3)
		fsys.SetSpace(5_000_000)
		require.ErrorIs(t, j.Retry(), ErrNoSpace)
		before := j.Size()
		require.Greater(t, before, int64(3_900_000), "what there is space for is written")
		_, err = j.Add(record)
		require.NoError(t, err)
		synctest.Wait() // who writes in the background would say that there was none
		fsys.SetSpace(-1)
		require.NoError(t, j.Retry())
		require.NoError(t, j.Close())
		_, got, err := reopen(fsys, Config{})
		require.NoError(t, err)
		require.Len(t, got, n+2)
	})
}

// TestCloseWithoutSpace checks that Close tries again, and says what is lost.
func TestCloseWithoutSpace(t *testing.T) {
	fsys, j := full(t, Config{})
	ticket, err := j.Add([]byte(strings.Repeat("x", 100)))
	require.NoError(t, err)
	require.ErrorIs(t, ticket.Wait(), ErrNoSpace)
	require.ErrorIs(t, j.Close(), ErrNoSpace)
	done, err := ticket.Done()
	require.True(t, done)
	require.ErrorIs(t, err, ErrNoSpace)
	require.ErrorIs(t, ticket.Wait(), ErrNoSpace)
	require.Zero(t, ticket.Commit())

	fsys.SetSpace(-1)
	j, got, err := reopen(fsys, Config{})
	require.NoError(t, err, "the directory was given up")
	require.Equal(t, []string{"first"}, got)
	fsys.SetSpace(0)
	_, err = j.Append([]byte("second"))
	require.ErrorIs(t, err, ErrNoSpace)
	fsys.SetSpace(-1)
	require.NoError(t, j.Close())
	_, got, err = reopen(fsys, Config{})
	require.NoError(t, err)
	require.Equal(t, []string{"first", "second"}, got)
}

// TestStuckThenFailed checks that those who wait for space learn that it is no use.
func TestStuckThenFailed(t *testing.T) {
	fsys, j := full(t, Config{})
	ticket, err := j.Add([]byte(strings.Repeat("x", 100)))
	require.NoError(t, err)
	require.ErrorIs(t, ticket.Wait(), ErrNoSpace)
	fsys.OnCall(func(faultfs.Call) faultfs.Fault { return faultfs.Fault{Err: syscall.EIO} })
	require.ErrorIs(t, j.Retry(), ErrFailed)
	done, err := ticket.Done()
	require.True(t, done)
	require.ErrorIs(t, err, ErrFailed)
	_, err = j.Add([]byte("x"))
	require.ErrorIs(t, err, ErrFailed)
	require.ErrorIs(t, j.Barrier().Wait(), ErrFailed)
	require.ErrorIs(t, j.Close(), ErrFailed)
}
