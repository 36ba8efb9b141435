package kinesis_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

func TestMemoryLeases(t *testing.T) {
	ctx := t.Context()
	m := kinesis.NewMemoryLeases()
	list := func(group string) []kinesis.Lease {
		leases, err := m.List(ctx, group)
		require.NoError(t, err)
		return leases
	}
	require.Empty(t, list("a"))

	first := kinesis.Lease{ShardID: "1", Parents: []string{"0"}}
	require.NoError(t, m.Create(ctx, "a", kinesis.Lease{ShardID: "2"}, first))
	require.NoError(t, m.Create(ctx, "b", kinesis.Lease{ShardID: "1", Owner: "z"}))
	require.NoError(t, m.Create(ctx, "a", kinesis.Lease{ShardID: "1", Owner: "x"}, kinesis.Lease{ShardID: "3"}))
	require.Equal(t, []kinesis.Lease{first, {ShardID: "2"}, {ShardID: "3"}}, list("a"), "what is there stays")
	require.Equal(t, []kinesis.Lease{{ShardID: "1", Owner: "z"}}, list("b"))

	first.Parents[0] = "changed"
	got := list("a")[0]
	require.Equal(t, []string{"0"}, got.Parents)
	got.Parents[0] = "changed"
	require.Equal(t, []string{"0"}, list("a")[0].Parents)

	taken := kinesis.Lease{ShardID: "1", Owner: "x", Counter: 1, Parents: []string{"0"}}
	err := m.Update(ctx, "a",
		kinesis.LeaseUpdate{From: kinesis.Lease{ShardID: "2", Owner: "y"}, To: kinesis.Lease{ShardID: "2", Owner: "x", Counter: 1}},
		kinesis.LeaseUpdate{From: kinesis.Lease{ShardID: "1"}, To: taken},
		kinesis.LeaseUpdate{From: kinesis.Lease{ShardID: "1"}, To: kinesis.Lease{ShardID: "1", Owner: "late", Counter: 1}},
		kinesis.LeaseUpdate{From: kinesis.Lease{ShardID: "9"}, To: kinesis.Lease{ShardID: "9"}},
		kinesis.LeaseUpdate{From: kinesis.Lease{ShardID: "3"}, To: kinesis.Lease{ShardID: "2"}},
	)
	batch, ok := errors.AsType[*kinesis.BatchError](err)
	require.True(t, ok)
	var failed []int
	for _, f := range batch.Failed {
		failed = append(failed, f.Index)
		if f.Index != 4 {
			require.ErrorIs(t, f.Err, kinesis.ErrLeaseLost)
		} else {
			require.ErrorIs(t, f.Err, kinesis.ErrInvalidArgument)
		}
	}
	require.Equal(t, []int{0, 2, 3, 4}, failed)
	require.Equal(t, []kinesis.Lease{taken, {ShardID: "2"}, {ShardID: "3"}}, list("a"))

	err = m.Delete(ctx, "a", kinesis.Lease{ShardID: "2"}, kinesis.Lease{ShardID: "1"}, kinesis.Lease{ShardID: "3", Counter: 4}, kinesis.Lease{ShardID: "8"})
	require.ErrorIs(t, err, kinesis.ErrLeaseLost)
	batch, _ = errors.AsType[*kinesis.BatchError](err)
	require.Len(t, batch.Failed, 3)
	require.Equal(t, []kinesis.Lease{taken, {ShardID: "3"}}, list("a"))
	require.NoError(t, m.Delete(ctx, "a", taken, kinesis.Lease{ShardID: "3"}))
	require.Empty(t, list("a"))
	require.Len(t, list("b"), 1)

	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = m.List(ended, "b")
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, m.Create(ended, "b", kinesis.Lease{ShardID: "5"}), context.Canceled)
	require.ErrorIs(t, m.Update(ended, "b", kinesis.LeaseUpdate{From: list("b")[0], To: taken}), context.Canceled)
	require.ErrorIs(t, m.Delete(ended, "b", list("b")...), context.Canceled)
	require.Equal(t, []kinesis.Lease{{ShardID: "1", Owner: "z"}}, list("b"))
}

// A lease comes back from JSON as it went.
func TestLeaseJSON(t *testing.T) {
	stream := groupStream(t, 1)
	result, err := stream.Put(t.Context(), kinesis.Entry{PartitionKey: "a"})
	require.NoError(t, err)
	number := result[0].SequenceNumber
	for want, c := range map[string]kinesis.Checkpoint{
		`{}`:                      {},
		`{"Type":"TRIM_HORIZON"}`: {Type: kinesis.TrimHorizon},
		`{"Type":"SHARD_END"}`:    {Type: kinesis.ShardEnd},
		`{"Type":"AT_TIMESTAMP","Timestamp":"2026-11-21T00:00:00Z"}`: {Type: kinesis.AtTimestamp, Timestamp: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)},
		`{"Type":"AFTER_SEQUENCE_NUMBER","SequenceNumber":"` + number.String() + `","SubSequenceNumber":3}`: {
			Type: kinesis.AfterSequenceNumber, SequenceNumber: number, SubSequenceNumber: 3},
	} {
		lease := kinesis.Lease{
			ShardID: "shardId-000000000002", Owner: "w", Counter: 5, Epoch: 2, RequestedBy: "v", Checkpoint: c,
			Parents: []string{"shardId-000000000000"}, HashKeyRange: kinesis.HashKeyRange{Start: kinesis.HashKey{Lo: 7}, End: kinesis.MaxHashKey},
		}
		data, err := json.Marshal(lease)
		require.NoError(t, err)
		require.Contains(t, string(data), `"Checkpoint":`+want+`,`)
		var back kinesis.Lease
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, lease, back)
	}
	data, err := json.Marshal(kinesis.Lease{ShardID: "s"})
	require.NoError(t, err)
	require.JSONEq(t, `{"ShardID":"s","Counter":0,"Checkpoint":{},"HashKeyRange":{"Start":"0","End":"0"}}`, string(data))
}
