package kinesis_test

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// learn takes over the shards that the engine has made, once those that were there are
// as the model has them: exactly so many are open, which own every hash key once.
func (d *drive) learn(open int) []*modelShard {
	shards, err := d.stream.Shards(d.t.Context())
	require.NoError(d.t, err)
	var fresh []*modelShard
	for _, sh := range shards {
		known := d.model.shard(sh.ID)
		if known == nil {
			known = &modelShard{Shard: sh}
			require.Equal(d.t, fmt.Sprintf("shardId-%012d", len(d.model.shards)), sh.ID)
			d.model.shards = append(d.model.shards, known)
			fresh = append(fresh, known)
			for _, id := range []string{sh.ParentID, sh.AdjacentParentID} {
				parent := d.model.shard(id)
				require.Equal(d.t, id == "", parent == nil, "%s has the parent %q", sh.ID, id)
				if parent != nil {
					parent.children = append(parent.children, known)
					require.Positive(d.t, sh.StartingSequenceNumber.Compare(parent.StartingSequenceNumber), "%s starts after its parent %s", sh.ID, id)
				}
			}
		}
		if known.IsOpen() && !sh.IsOpen() {
			known.EndingSequenceNumber, known.closedAt = sh.EndingSequenceNumber, time.Now()
		}
	}
	ranges := d.model.open()
	require.Len(d.t, ranges, open)
	var next kinesis.HashKey
	for _, sh := range ranges {
		require.Equal(d.t, next, sh.HashKeyRange.Start, "the hash keys are owned once")
		require.GreaterOrEqual(d.t, sh.HashKeyRange.End.Compare(next), 0)
		next = plus(sh.HashKeyRange.End, 1)
	}
	require.Zero(d.t, next)
	for _, sh := range fresh {
		if len(sh.children) > 0 { // made and closed again by UpdateShardCount
			require.False(d.t, sh.IsOpen())
			sh.closedAt = time.Now()
		}
	}
	for _, sh := range d.model.shards {
		require.Equal(d.t, sh.IsOpen(), len(sh.children) == 0, "%s is closed if it has children", sh.ID)
		if len(sh.children) > 0 {
			d.inherited(sh)
		}
	}
	return fresh
}

// inherited checks that the children of a shard own its hash keys.
func (d *drive) inherited(sh *modelShard) {
	low, high := sh.children[0].HashKeyRange, sh.children[len(sh.children)-1].HashKeyRange
	if len(sh.children) == 2 {
		require.Equal(d.t, kinesis.HashKeyRange{Start: low.Start, End: high.End}, sh.HashKeyRange)
		require.Equal(d.t, high.Start, plus(low.End, 1))
		return
	}
	require.Len(d.t, sh.children, 1)
	require.True(d.t, low.Contains(sh.HashKeyRange.Start) && low.Contains(sh.HashKeyRange.End))
}

// plus returns k + n modulo 2^128.
func plus(k kinesis.HashKey, n uint64) kinesis.HashKey {
	if k.Lo += n; k.Lo < n {
		k.Hi++
	}
	return k
}

// compare holds everything that can be seen of the stream against the model.
func (d *drive) compare() {
	d.model.advance(time.Now())
	shards, err := d.stream.Shards(d.t.Context())
	require.NoError(d.t, err)
	var want []kinesis.Shard
	records := 0
	for _, sh := range d.model.listed() {
		want = append(want, sh.Shard)
		records += len(sh.kept())
	}
	require.Equal(d.t, want, shards)
	require.Equal(d.t, kinesis.Summary{OpenShards: len(d.model.open()), Shards: len(want), Records: int64(records), Bytes: d.model.bytes()}, d.stream.Summary())
}
