package kinesis_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// A member that dies without a word is succeeded once its leases have expired, and what it
// had not done comes again.
func TestGroupFailsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		n := newNotes()
		mine := faulty(store)
		a := join(t, stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
			n.add("a: %s in epoch %d", textsOf(b.Records), b.Epoch)
			if string(b.Records[0].Data) == "a3" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}, kinesis.GroupConfig{WorkerID: "a", Leases: mine})
		time.Sleep(time.Second)
		b := join(t, stream, func(_ context.Context, b *kinesis.ShardBatch) error {
			n.add("b: %s in epoch %d", textsOf(b.Records), b.Epoch)
			return nil
		}, kinesis.GroupConfig{WorkerID: "b", Leases: store})
		time.Sleep(18500 * time.Millisecond)
		put(t, stream, "a1", "a2")
		synctest.Wait()
		put(t, stream, "a3")
		synctest.Wait()
		require.Equal(t, []string{"20s a: a1 a2 in epoch 1", "20s a: a3 in epoch 1"}, n.read())
		mine.breakDown()
		closed := time.Now()
		require.Zero(t, a.close().Lost)
		require.Zero(t, time.Since(closed), "Close tries once")
		require.Equal(t, []string{"Release 0"}, a.reported())
		put(t, stream, "a4")
		time.Sleep(time.Minute)
		require.Equal(t, []string{"31s b: a3 a4 in epoch 2"}, n.read(), "the checkpoint renewed the lease, which b saw at 21 s")
		require.Equal(t, []string{"shardId-000000000000"}, b.Owned())
		b.close()
	})
}

// A member that can not reach the store stops before another one may begin, even in the
// midst of a batch.
func TestGroupStopsWhenItsLeaseMayBeLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		n := newNotes()
		mine := faulty(store)
		a := join(t, stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
			n.add("a begins with %s", textsOf(b.Records))
			<-ctx.Done()
			n.add("a is stopped: %v", context.Cause(ctx) == kinesis.ErrLeaseLost)
			wantFault(t, b.Checkpoint(t.Context(), b.Records[0]), kinesis.ErrLeaseLost, "belongs to another worker")
			return nil // it succeeds all the same
		}, kinesis.GroupConfig{WorkerID: "a", Leases: mine, MaxRecords: 1})
		time.Sleep(time.Second)
		resume := mine.pause()
		b := join(t, stream, telling(n, "b"), kinesis.GroupConfig{WorkerID: "b", Leases: store})
		put(t, stream, "a1", "a2")
		time.Sleep(15 * time.Second)
		require.Equal(t, []string{"1s a begins with a1", "9s a is stopped: true", "11s b: a1 a2"}, n.read())
		require.Empty(t, a.Owned())
		require.EqualValues(t, 1, a.Stats().Lost)
		require.Contains(t, a.reported(), "Lease 0")
		resume()
		time.Sleep(time.Minute)
		require.Empty(t, n.read(), "b keeps it")
		require.Empty(t, a.reported())
		a.close()
		b.close()
	})
}

// A store that fails for less than a failover time costs nothing but time.
func TestGroupBearsAStoreThatFails(t *testing.T) {
	for name, fail := range map[string]func(*leaseFaults) (mend func()){
		"errors": func(l *leaseFaults) func() { l.breakDown(); return l.mend },
		"hangs":  (*leaseFaults).pause,
	} {
		synctest.Test(t, func(t *testing.T) {
			stream, store := groupStream(t, 3), kinesis.NewMemoryLeases()
			n := newNotes()
			mine := faulty(store)
			a := join(t, stream, telling(n, "a"), kinesis.GroupConfig{WorkerID: "a", Leases: mine})
			time.Sleep(20500 * time.Millisecond)
			mend := fail(mine)
			b := join(t, stream, telling(n, "b"), kinesis.GroupConfig{WorkerID: "b", Leases: store, MaxLeases: 1})
			b.close() // has asked for one
			put(t, stream, "a1")
			synctest.Wait()
			require.Equal(t, []string{"21s a: a1"}, n.read(), name)
			put(t, stream, "a2")
			time.Sleep(7500 * time.Millisecond)
			require.Empty(t, n.read(), "%s: without a checkpoint nothing follows", name)
			mend()
			time.Sleep(4 * time.Second)
			require.Len(t, n.read(), 1, name)
			time.Sleep(time.Minute)
			require.Subset(t, []string{"Checkpoint 0", "Checkpoint 1", "Checkpoint 2", "Renew", "List"}, a.reported(), name)
			s := a.close()
			require.Zero(t, s.Lost, name)
			require.EqualValues(t, 2, s.Records, name)
		})
	}
}

// lossy is a store that does what it is asked to and then says that it failed.
type lossy struct {
	kinesis.LeaseStore
	lose atomic.Int64
}

func (l *lossy) Update(ctx context.Context, group string, updates ...kinesis.LeaseUpdate) error {
	err := l.LeaseStore.Update(ctx, group, updates...)
	if l.lose.Add(-1) >= 0 {
		return errBoom
	}
	return err
}

// When it is not known whether a change was made, the member looks.
func TestGroupBearsAnswersThatAreLost(t *testing.T) {
	for lose := range int64(6) {
		synctest.Test(t, func(t *testing.T) {
			stream := groupStream(t, 2)
			store := &lossy{LeaseStore: kinesis.NewMemoryLeases()}
			n := newNotes()
			store.lose.Store(lose)
			m := join(t, stream, telling(n, "m"), kinesis.GroupConfig{Leases: store})
			time.Sleep(time.Minute)
			put(t, stream, "a1")
			synctest.Wait()
			store.lose.Store(lose)
			time.Sleep(time.Minute)
			put(t, stream, "a2")
			synctest.Wait()
			store.lose.Store(lose)
			put(t, stream, "a3")
			time.Sleep(time.Minute)
			require.Equal(t, []string{"1m0s m: a1", "2m0s m: a2", "2m0s m: a3"}, n.read(), lose)
			s := m.close()
			require.Zero(t, s.Lost, lose)
		})
	}
}

// An answer that never comes costs a third of the failover time, not the lease.
func TestGroupBearsACallThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), faulty(kinesis.NewMemoryLeases())
		n := newNotes()
		m := join(t, stream, telling(n, "m"), kinesis.GroupConfig{Leases: store, MaxRecords: 1})
		time.Sleep(9 * time.Second)
		var hung atomic.Bool
		store.set(func(ctx context.Context, op string) error {
			if op == "Update" && hung.CompareAndSwap(false, true) {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		put(t, stream, "a1", "a2")
		time.Sleep(time.Minute)
		require.Equal(t, []string{"9s m: a1", "13s m: a2"}, n.read())
		require.Equal(t, []string{"Checkpoint 0"}, m.reported())
		require.Zero(t, m.close().Lost)
	})
}

// Whoever comes back under the same name goes on at once.
func TestGroupWorkerIDComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 4), kinesis.NewMemoryLeases()
		mine := faulty(store)
		a := join(t, stream, succeed, kinesis.GroupConfig{WorkerID: "a", Leases: mine})
		time.Sleep(time.Second)
		mine.breakDown()
		a.close()
		var old *kinesis.ShardBatch
		again := join(t, stream, func(_ context.Context, b *kinesis.ShardBatch) error {
			old = b
			time.Sleep(5 * time.Second)
			return nil
		}, kinesis.GroupConfig{WorkerID: "a", Leases: store})
		synctest.Wait()
		require.Len(t, again.Owned(), 4)

		// The one before may live on. It finds out.
		put(t, stream, "a1")
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, again.Shutdown(short), context.DeadlineExceeded)
		last := join(t, stream, succeed, kinesis.GroupConfig{WorkerID: "a", Leases: store})
		synctest.Wait()
		require.Len(t, last.Owned(), 4)
		wantFault(t, old.Checkpoint(t.Context(), old.Records[0]), kinesis.ErrLeaseLost, "another worker")
		again.shutdown()
		time.Sleep(time.Minute)
		require.Len(t, last.Owned(), 4)
		last.close()
	})
}

func TestGroupMaxLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 5), kinesis.NewMemoryLeases()
		a := join(t, stream, succeed, kinesis.GroupConfig{Leases: store, MaxLeases: 2})
		time.Sleep(time.Minute)
		require.Len(t, a.Owned(), 2)
		b := join(t, stream, succeed, kinesis.GroupConfig{Leases: store, MaxLeases: 2})
		time.Sleep(time.Minute)
		require.Len(t, a.Owned(), 2)
		require.Len(t, b.Owned(), 2)
		a.close()
		b.close()
	})
}

// A lease that somebody deletes is lost, and made anew at the initial position.
func TestGroupLeaseDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		n := newNotes()
		m := join(t, stream, telling(n, "m"), kinesis.GroupConfig{Leases: store})
		put(t, stream, "a1")
		time.Sleep(time.Second)
		require.NoError(t, store.Delete(t.Context(), "readers", leasesOf(t, store)...))
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"0s m: a1", "1m0s m: a1"}, n.read())
		require.Equal(t, []string{"Lease 0"}, m.reported())
		m.close()
	})
}
