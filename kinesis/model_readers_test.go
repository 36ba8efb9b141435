package kinesis_test

import (
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// waiter is a Read that waits.
type waiter struct {
	shard    *modelShard
	from     int // the index of the record to go on from
	limit    int
	deadline time.Time
	woken    bool // a record came, or the shard was closed
	done     chan struct{}
	batch    kinesis.Batch // set when done
	err      error
}

// wait begins to wait for a record.
func (d *drive) wait() {
	sh := choose(d, d.model.open())
	for _, w := range d.waiters {
		if w.shard == sh && d.model.limited {
			return // which of the two would be the first to use up the limit is open
		}
	}
	now := time.Now()
	m, fault := d.position(now, sh)
	w := &waiter{shard: sh, from: m.index, limit: 1 + d.pick(5), done: make(chan struct{})}
	length := []time.Duration{time.Nanosecond, 1500*time.Millisecond + 7, time.Minute + 7, time.Hour + 7}[d.pick(4)]
	w.deadline = now.Add(length)
	req := kinesis.ReadRequest{ShardID: sh.ID, Position: m.position, Limit: w.limit, Wait: length}
	d.log("wait %v for %s from %s, record %d, at most %d", length, sh.ID, formatPosition(m.position), m.index, w.limit)
	go func() {
		defer close(w.done)
		w.batch, w.err = d.stream.Read(d.t.Context(), req)
	}()
	d.reads++
	if fault != nil {
		<-w.done
		require.ErrorIs(d.t, w.err, fault)
		return
	}
	w.woken = true
	d.waiters = append(d.waiters, w)
}

// over tells whether a waiter is done, once everything that goes on now has happened, and
// compares what it got.
func (d *drive) over(w *waiter) bool {
	now := time.Now()
	d.model.advance(now)
	var want modelBatch
	late := !now.Before(w.deadline)
	if !w.woken && !late {
		select {
		case <-w.done:
			require.Fail(d.t, "a wait ended for nothing", "%+v, %v", w.batch, w.err)
		default:
		}
		return false
	}
	if w.woken {
		w.woken = false
		if !d.model.allowsRead(now, w.shard) {
			<-w.done
			require.ErrorIs(d.t, w.err, kinesis.ErrProvisionedThroughputExceeded)
			d.throttled++
			return true
		}
		want = d.model.read(now, w.shard, w.from, w.limit, 10<<20)
		w.from = max(want.next, w.from)
		if len(want.records) == 0 && !want.end && !late {
			return false
		}
	}
	<-w.done
	require.NoError(d.t, w.err)
	if want.next = max(want.next, w.from); len(want.records) == 0 && !want.end {
		d.inVain++
	} else {
		d.waited++
	}
	d.compareBatch(w.shard, want, w.batch)
	return true
}

// follower reads all shards, each when its parents were read to the end.
type follower struct {
	positions map[string]mark
	ended     map[string]bool
	seen      map[string]bool
	last      map[string]int // number of the newest record, by key
	progress  int
}

// follow reads a batch from one of the shards that a follower has come to.
func (d *drive) follow(f *follower, limit int) {
	d.model.advance(time.Now())
	var ready []*modelShard
	listed := map[string]bool{}
	for _, sh := range d.model.listed() {
		listed[sh.ID] = true
		if f.ended[sh.ID] || listed[sh.ParentID] && !f.ended[sh.ParentID] || listed[sh.AdjacentParentID] && !f.ended[sh.AdjacentParentID] {
			continue
		}
		ready = append(ready, sh)
	}
	sh := ready[f.progress%len(ready)]
	at, began := f.positions[sh.ID]
	if !began {
		at = mark{shard: sh}
	}
	b, next, ok := d.readFrom(sh, at, nil, limit, 0)
	if !ok {
		return // it was throttled
	}
	f.positions[sh.ID], f.ended[sh.ID] = next, b.end
	for _, r := range b.records {
		id := string(r.Data) + "/" + r.SequenceNumber.String()
		require.False(d.t, f.seen[id], "%s is read twice", id)
		f.seen[id] = true
		if strings.HasPrefix(r.PartitionKey, "x") {
			continue
		}
		number, err := strconv.Atoi(strings.TrimRight(strings.TrimPrefix(string(r.Data), r.PartitionKey), "\x00"))
		require.NoError(d.t, err)
		require.Greater(d.t, number, f.last[r.PartitionKey], "the order of the key %q", r.PartitionKey)
		f.last[r.PartitionKey] = number
	}
	f.progress++
}
