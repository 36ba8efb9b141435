package kinesis_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

func succeed(context.Context, *kinesis.ShardBatch) error { return nil }

func TestGroupConfigFaults(t *testing.T) {
	stream := groupStream(t, 1)
	store := kinesis.NewMemoryLeases()
	dead := func(context.Context, *kinesis.ShardBatch, error) error { return nil }
	for text, cfg := range map[string]kinesis.GroupConfig{
		"Name is \"\"":                  {Leases: store},
		"Name is \"a b\"":               {Name: "a b"},
		"FailoverTime is 99ms":          {FailoverTime: 99 * time.Millisecond},
		"FailoverTime is 1h0m1s":        {FailoverTime: time.Hour + time.Second},
		"ShardSyncInterval is -1ns":     {ShardSyncInterval: -1},
		"MaxLeases is -1":               {MaxLeases: -1},
		"MaxRecords is -1":              {MaxRecords: -1},
		"Wait is -1ns":                  {Wait: -1},
		"MaxAttempts is -1":             {MaxAttempts: -1},
		"MaxAttempts is 3":              {MaxAttempts: 3},
		"MaxAttempts is 0":              {DeadLetter: dead},
		`InitialPosition is of type "A`: {InitialPosition: kinesis.At(kinesis.SequenceNumber{})},
	} {
		_, err := kinesis.NewGroup(stream, succeed, cfg)
		require.ErrorIs(t, err, kinesis.ErrInvalidArgument)
		require.ErrorContains(t, err, text)
	}
	_, err := kinesis.NewGroup(nil, nil, kinesis.GroupConfig{Wait: -1})
	require.ErrorContains(t, err, "The stream is nil.")
	require.ErrorContains(t, err, "The handler is nil.")
	require.Equal(t, 2, strings.Count(err.Error(), "\n"), "all faults at once")

	g, err := kinesis.NewGroup(stream, succeed, kinesis.GroupConfig{MaxAttempts: 1, DeadLetter: dead})
	require.NoError(t, err)
	require.Len(t, g.WorkerID(), 36)
}

func TestGroupRunsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := join(t, groupStream(t, 1), succeed, kinesis.GroupConfig{})
		synctest.Wait()
		wantFault(t, m.Run(t.Context()), kinesis.ErrResourceInUse, "runs once")
		m.close()
		wantFault(t, m.Run(t.Context()), kinesis.ErrResourceInUse, "runs once")
		require.NoError(t, m.Close())
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for range 20 {
			require.NoError(t, m.Shutdown(ended), "there is nothing to wait for")
		}
	})
}

func TestGroupEndsBeforeItRuns(t *testing.T) {
	for name, end := range map[string]func(*kinesis.Group) error{
		"Close":    (*kinesis.Group).Close,
		"Shutdown": func(g *kinesis.Group) error { return g.Shutdown(t.Context()) },
	} {
		g, err := kinesis.NewGroup(groupStream(t, 1), succeed, kinesis.GroupConfig{})
		require.NoError(t, err, name)
		require.NoError(t, end(g), name)
		require.NoError(t, end(g), name)
		require.NoError(t, g.Run(t.Context()), name)
	}
}

func TestGroupShutdownLetsHandlersFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		put(t, stream, "a1", "a2")
		n := newNotes()
		m := join(t, stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
			n.add("%s", textsOf(b.Records))
			time.Sleep(30 * time.Second)
			return ctx.Err()
		}, kinesis.GroupConfig{Leases: store, MaxRecords: 1})
		time.Sleep(time.Second)
		short, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		require.ErrorIs(t, m.Shutdown(short), context.DeadlineExceeded)
		m.shutdown()
		require.Equal(t, 30*time.Second, time.Since(n.began))
		require.Equal(t, []string{"0s a1"}, n.read())
		require.Empty(t, m.reported())
		lease := leasesOf(t, store)[0]
		require.Empty(t, lease.Owner, "given up")
		require.Equal(t, kinesis.AfterSequenceNumber, lease.Checkpoint.Type)

		next := join(t, stream, telling(n, "next"), kinesis.GroupConfig{Leases: store})
		synctest.Wait()
		require.Equal(t, []string{"30s next: a2"}, n.read())
		next.close()
	})
}

func TestGroupCloseInterruptsHandlers(t *testing.T) {
	for name, end := range map[string]func(*member, context.CancelFunc) error{
		"Close":  func(m *member, _ context.CancelFunc) error { return m.Close() },
		"Cancel": func(_ *member, cancel context.CancelFunc) error { cancel(); return nil },
	} {
		synctest.Test(t, func(t *testing.T) {
			stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
			put(t, stream, "a1", "a2")
			var cause error
			m := &member{t: t, result: make(chan error, 1)}
			var err error
			m.Group, err = kinesis.NewGroup(stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
				require.NoError(t, b.Checkpoint(ctx, b.Records[0]))
				<-ctx.Done()
				cause = context.Cause(ctx)
				time.Sleep(time.Second)
				return cause
			}, kinesis.GroupConfig{Name: "readers", Leases: store, OnError: func(err error) { t.Error(err) }})
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() { m.result <- m.Run(ctx) }()
			synctest.Wait()
			require.NoError(t, end(m, cancel))
			err = <-m.result
			if name == "Close" {
				require.NoError(t, err)
				require.ErrorIs(t, cause, kinesis.ErrClosed)
			} else {
				require.ErrorIs(t, err, context.Canceled)
			}
			lease := leasesOf(t, store)[0]
			require.Empty(t, lease.Owner, "given up")
			n := newNotes()
			next := join(t, stream, telling(n, "next"), kinesis.GroupConfig{Leases: store})
			synctest.Wait()
			require.Equal(t, []string{"0s next: a2"}, n.read())
			next.close()
		})
	}
}

// What a handler did before it was interrupted is not done again.
func TestGroupCloseKeepsWhatIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		put(t, stream, "a1", "a2", "a3")
		m := join(t, stream, kinesis.Each(func(ctx context.Context, r kinesis.UserRecord) error {
			if string(r.Data) == "a2" {
				<-ctx.Done()
			}
			return ctx.Err()
		}), kinesis.GroupConfig{Leases: store})
		synctest.Wait()
		require.EqualValues(t, 1, m.close().Records)
		require.Empty(t, m.reported())
		n := newNotes()
		next := join(t, stream, telling(n, "next"), kinesis.GroupConfig{Leases: store})
		synctest.Wait()
		require.Equal(t, []string{"0s next: a2 a3"}, n.read())
		next.close()
	})
}

// The stream's end is the group's.
func TestGroupEndsWithItsStream(t *testing.T) {
	for name, want := range map[string]error{"close": kinesis.ErrClosed, "delete": kinesis.ErrResourceNotFound} {
		synctest.Test(t, func(t *testing.T) {
			service, stream := streamIn(t, kinesis.Config{ShardCount: 3})
			m := join(t, stream, succeed, kinesis.GroupConfig{})
			time.Sleep(time.Second)
			require.Len(t, m.Owned(), 3)
			if name == "close" {
				require.NoError(t, stream.Close())
			} else {
				require.NoError(t, service.DeleteStream(stream.Name(), true))
			}
			require.ErrorIs(t, <-m.result, want, name)
			require.Empty(t, m.Owned())
			require.NoError(t, m.Close())
		})
	}
}

// A stream that is being created, or comes later, has no shards yet.
func TestGroupWaitsForShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, err := kinesis.New("slow", kinesis.Config{ShardCount: 2, TransitionTime: 30 * time.Second})
		require.NoError(t, err)
		m := join(t, stream, succeed, kinesis.GroupConfig{})
		time.Sleep(29 * time.Second)
		require.Empty(t, m.Owned())
		time.Sleep(2 * time.Second)
		require.Len(t, m.Owned(), 2)
		m.close()
	})
}

// Idle members cost goroutines by the shard, and nothing polls the stream.
func TestGroupIdles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := &streamFaults{Stream: groupStream(t, 10)}
		store := faulty(kinesis.NewMemoryLeases())
		before := runtime.NumGoroutine()
		m := join(t, stream, succeed, kinesis.GroupConfig{Leases: store})
		time.Sleep(time.Second)
		require.LessOrEqual(t, runtime.NumGoroutine()-before, 10+2)
		reads, lists, updates := stream.reads.Load(), store.count("List"), store.count("Update")
		time.Sleep(10 * time.Minute)
		require.Equal(t, 10*30, int(stream.reads.Load()-reads), "ten waiting reads, each 20 seconds")
		require.Equal(t, 60*2+10, store.count("List")-lists)
		require.Equal(t, 60*3, store.count("Update")-updates, "all leases at once")
		m.close()
	})
}

func TestShardBatchOfNoGroup(t *testing.T) {
	var seen []string
	h := kinesis.Each(func(_ context.Context, r kinesis.UserRecord) error {
		seen = append(seen, r.PartitionKey)
		if r.PartitionKey == "b" {
			return errBoom
		}
		return nil
	})
	b := &kinesis.ShardBatch{}
	for _, key := range []string{"a", "b", "c"} {
		b.Records = append(b.Records, kinesis.UserRecord{Record: kinesis.Record{PartitionKey: key}})
	}
	batch, ok := errors.AsType[*kinesis.BatchError](h(t.Context(), b))
	require.True(t, ok)
	require.Equal(t, []kinesis.EntryError{{Index: 1, Err: errBoom}}, batch.Failed)
	require.Equal(t, []string{"a", "b"}, seen)
	require.NoError(t, b.Checkpoint(t.Context(), b.Records[0]))
}

// Stats, Owned, Shutdown and Close come from anywhere, at any moment.
func TestGroupLifecycleRaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 4), kinesis.NewMemoryLeases()
		for i := range 200 {
			put(t, stream, "a", "b", "c")
			g, err := kinesis.NewGroup(stream, func(ctx context.Context, _ *kinesis.ShardBatch) error { return ctx.Err() },
				kinesis.GroupConfig{Name: "readers", Leases: store})
			require.NoError(t, err)
			var wg sync.WaitGroup
			wg.Go(func() { require.NoError(t, g.Run(t.Context())) })
			if i%2 == 0 {
				synctest.Wait()
			}
			for _, f := range []func(){
				func() { require.NoError(t, g.Shutdown(t.Context())) },
				func() { require.NoError(t, g.Close()) },
				func() { g.Stats() },
				func() { g.Owned() },
			} {
				wg.Go(f)
			}
			wg.Wait()
			require.Zero(t, g.Stats().Leases)
			for _, l := range leasesOf(t, store) {
				require.Empty(t, l.Owner)
			}
		}
	})
}
