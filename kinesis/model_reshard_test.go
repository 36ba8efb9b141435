package kinesis_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

const driveMostShards = 12

func (d *drive) split() {
	if len(d.model.open()) >= driveMostShards {
		d.merge()
		return
	}
	sh := d.anyShard()
	keys := sh.HashKeyRange
	c := d.pick(10)
	key := keys.Middle()
	switch c {
	case 0:
		key = keys.Start
	case 1:
		key = plus(keys.Start, 1)
	case 2:
		key = keys.End
	case 3:
		key = plus(keys.End, 1)
	case 4:
		key = plus(keys.Start, 2)
	}
	d.model.advance(time.Now())
	d.log("split %s at %v", sh.ID, key)
	err := d.stream.SplitShard(sh.ID, key)
	two := plus(keys.Start, 2).Compare(key) <= 0 && plus(keys.Start, 2).Compare(keys.Start) > 0
	switch {
	case sh.gone:
		d.denied(err, kinesis.ErrResourceNotFound)
	case !sh.IsOpen():
		d.denied(err, kinesis.ErrResourceInUse)
	case !two || key.Compare(keys.End) >= 0:
		d.denied(err, kinesis.ErrInvalidArgument)
	case d.active(err):
		d.splits++
		children := d.resharded(len(d.model.open())+1, 2)
		require.Equal(d.t, kinesis.HashKeyRange{Start: key, End: keys.End}, children[1].HashKeyRange)
		for _, child := range children {
			require.Equal(d.t, sh.ID, child.ParentID)
			require.Empty(d.t, child.AdjacentParentID)
		}
	}
}

func (d *drive) merge() {
	open := d.model.open()
	at, with := d.pick(len(open)), 0
	switch with = at + 1; d.pick(8) {
	case 0:
		with = at
	case 1:
		with = max(at-1, 0)
	case 2:
		with = at + 2
	}
	if with >= len(open) {
		return
	}
	a, b := open[at], open[with]
	if d.pick(10) == 0 {
		a = d.anyShard()
	}
	d.model.advance(time.Now())
	d.log("merge %s and %s", a.ID, b.ID)
	err := d.stream.MergeShards(a.ID, b.ID)
	switch {
	case a.gone:
		d.denied(err, kinesis.ErrResourceNotFound)
	case !a.IsOpen():
		d.denied(err, kinesis.ErrResourceInUse)
	case plus(a.HashKeyRange.End, 1) != b.HashKeyRange.Start || a.HashKeyRange.End == kinesis.MaxHashKey:
		d.denied(err, kinesis.ErrInvalidArgument)
	case d.active(err):
		d.merges++
		child := d.resharded(len(open)-1, 1)[0]
		require.Equal(d.t, [2]string{a.ID, b.ID}, [2]string{child.ParentID, child.AdjacentParentID})
	}
}

func (d *drive) rescale() {
	n := len(d.model.open())
	target := n + d.pick(2*n+2) - n
	if target > driveMostShards {
		target = (n + 1) / 2
	}
	d.log("from %d to %d shards", n, target)
	before, err := d.stream.UpdateShardCount(target)
	switch {
	case target < 1:
		d.denied(err, kinesis.ErrInvalidArgument)
	case target > 2*n || 2*target < n:
		d.denied(err, kinesis.ErrLimitExceeded)
	case d.active(err):
		require.Equal(d.t, n, before)
		d.rescales++
		d.resharded(target, -1)
		for _, sh := range d.model.open() {
			require.NotEqual(d.t, sh.HashKeyRange.Start, sh.HashKeyRange.End)
		}
		require.Equal(d.t, target, d.stream.Config().ShardCount)
	}
}

// resharded takes over the shards that were made, so many unless that is negative, and
// wakes up those who wait at a shard that was closed.
func (d *drive) resharded(open, made int) []*modelShard {
	fresh := d.learn(open)
	if made >= 0 {
		require.Len(d.t, fresh, made)
	}
	for _, w := range d.waiters {
		w.woken = w.woken || !w.shard.IsOpen()
	}
	return fresh
}

// denied checks that a change was refused, and for what.
func (d *drive) denied(err, fault error) {
	require.ErrorIs(d.t, err, fault)
	d.refused++
}

// active tells whether a change was made: not while the stream is UPDATING.
func (d *drive) active(err error) bool {
	if time.Now().Before(d.model.updating) {
		require.ErrorIs(d.t, err, kinesis.ErrResourceInUse)
		require.Equal(d.t, kinesis.StatusUpdating, d.stream.Status())
		d.busy++
		return false
	}
	require.NoError(d.t, err)
	d.model.updating = time.Now().Add(d.model.transition)
	return true
}

// configure changes the settings of the stream.
func (d *drive) configure() {
	now := time.Now()
	d.model.advance(now)
	if d.pick(2) == 0 {
		size := choose(d, driveSizes)
		d.log("set MaxRecordSize to %d", size)
		if d.active(d.stream.SetMaxRecordSize(size)) {
			d.model.recordSize = size
			d.changes++
		}
		return
	}
	retention := choose(d, driveRetentions)
	d.log("set RetentionPeriod to %v", retention)
	if d.active(d.stream.SetRetentionPeriod(retention)) {
		d.model.retention = retention
		d.model.advance(now)
		d.changes++
	}
}

// rare asks for what can not be.
func (d *drive) rare() {
	switch d.pick(4) {
	case 0:
		_, err := d.stream.Read(d.t.Context(), kinesis.ReadRequest{ShardID: "shardId-000000009999"})
		d.denied(err, kinesis.ErrResourceNotFound)
	case 1:
		_, err := d.stream.Read(d.t.Context(), kinesis.ReadRequest{ShardID: d.anyShard().ID, Limit: -1})
		d.denied(err, kinesis.ErrInvalidArgument)
	case 2:
		d.denied(d.stream.SetRetentionPeriod(0), kinesis.ErrInvalidArgument)
	case 3:
		d.denied(d.stream.SetMaxRecordSize(11<<20), kinesis.ErrInvalidArgument)
	}
}
