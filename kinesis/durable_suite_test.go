package kinesis_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesistest"
)

// A durable stream owes its users what one in memory does, whatever it has in memory.
func TestDurableConformance(t *testing.T) {
	for name, options := range map[string]durable.Options{
		"in memory and on disk":   {},
		"only on disk":            {MemoryBudget: -1, SegmentSize: 1 << 20},
		"written when it pleases": {Sync: durable.SyncNever},
		"synced now and then":     {Sync: durable.SyncInterval, MemoryBudget: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			kinesistest.Run(t, kinesistest.Config{
				VirtualTime: true,
				New: func(t testing.TB, cfg kinesis.Config) kinesis.Stream {
					s, err := kinesis.OpenIn(kinesis.NewMemFiles(1), kinesis.ServiceConfig{Durable: options})
					require.NoError(t, err)
					t.Cleanup(func() { require.NoError(t, s.Close()) })
					stream, err := s.CreateStream("stream", cfg)
					require.NoError(t, err)
					return stream
				},
				Split: func(_ context.Context, s kinesis.Stream, shardID string, at kinesis.HashKey) error {
					return s.(*kinesis.LocalStream).SplitShard(shardID, at)
				},
				Merge: func(_ context.Context, s kinesis.Stream, shardID, adjacentShardID string) error {
					return s.(*kinesis.LocalStream).MergeShards(shardID, adjacentShardID)
				},
			})
		})
	}
}

func TestDurableLeasesConformance(t *testing.T) {
	kinesistest.Leases(t, func(t testing.TB) kinesis.LeaseStore {
		return mustOpen(t, kinesis.NewMemFiles(1), durable.Options{}).Leases()
	})
	t.Run("in memory", func(t *testing.T) {
		kinesistest.Leases(t, func(t testing.TB) kinesis.LeaseStore {
			s, err := kinesis.NewService(kinesis.ServiceConfig{})
			require.NoError(t, err)
			require.Same(t, s.Leases(), s.Leases())
			return s.Leases()
		})
	})
}

// reopenedLeases is a store whose service is closed and opened again before each List.
type reopenedLeases struct {
	t       testing.TB
	files   *kinesis.MemFiles
	service *kinesis.Service
	kinesis.LeaseStore
}

func (r *reopenedLeases) List(ctx context.Context, group string) ([]kinesis.Lease, error) {
	if ctx.Err() == nil {
		r.files.Crash()
		_ = r.service.Close()
		r.service = mustOpen(r.t, r.files, durable.Options{SegmentSize: 2000})
		r.LeaseStore = r.service.Leases()
	}
	return r.LeaseStore.List(ctx, group)
}

// What a lease store returned survives a crash.
func TestDurableLeasesSurvive(t *testing.T) {
	files := kinesis.NewMemFiles(1)
	s := mustOpen(t, files, durable.Options{SegmentSize: 2000})
	r := &reopenedLeases{t, files, s, s.Leases()}
	ctx := t.Context()
	want := map[string]kinesis.Lease{}
	for i := range 300 {
		id := []string{"shardId-000000000000", "shardId-000000000001", "shardId-000000000002"}[i%3]
		old, ok := want[id]
		switch {
		case !ok:
			want[id] = kinesis.Lease{ShardID: id, Parents: []string{"shardId-000000000009"}, HashKeyRange: kinesis.HashKeyRange{End: kinesis.MaxHashKey}}
			require.NoError(t, r.Create(ctx, "group", want[id]))
		case i%40 == 39:
			require.NoError(t, r.Delete(ctx, "group", old))
			delete(want, id)
		default:
			l := old
			l.Counter++
			l.Owner, l.Epoch, l.RequestedBy = "worker", int64(i), "other"
			number, err := kinesis.ParseSequenceNumber("49590338271490256608559692538361571095921575989136588898")
			require.NoError(t, err)
			l.Checkpoint = kinesis.Checkpoint{Type: kinesis.AfterSequenceNumber, SequenceNumber: number, SubSequenceNumber: i, Timestamp: time.Unix(int64(i), 5)}
			require.NoError(t, r.Update(ctx, "group", kinesis.LeaseUpdate{From: old, To: l}))
			require.ErrorIs(t, r.Update(ctx, "group", kinesis.LeaseUpdate{From: old, To: l}), kinesis.ErrLeaseLost)
			want[id] = l
		}
		if i%7 != 0 {
			continue
		}
		got, err := r.List(ctx, "group")
		require.NoError(t, err)
		require.Len(t, got, len(want))
		for _, l := range got {
			require.Equal(t, want[l.ShardID], l)
		}
	}
	require.Less(t, len(filesIn(files.Directory(""))), 8, "the service's journal is cleaned")
	require.NoError(t, r.service.Close())
	require.ErrorIs(t, r.LeaseStore.Create(ctx, "group", kinesis.Lease{ShardID: "x"}), kinesis.ErrClosed)
}
