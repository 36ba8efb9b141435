package kinesis_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

func (d *drive) putSome() {
	batch := make([]kinesis.Entry, 1+d.pick(6))
	made := map[string]int{}
	for i := range batch {
		batch[i] = d.entry(made)
	}
	d.log("put %s", formatEntries(batch))
	now := time.Now()
	d.model.trim(now)
	put, err := d.stream.Put(d.t.Context(), batch...)
	require.Len(d.t, put, len(batch))
	want := make([]error, len(batch))
	for i, e := range batch {
		sh, r, fault := d.model.put(now, e)
		if want[i] = fault; fault != nil {
			require.Zero(d.t, put[i], "entry %d failed", i)
			if fault == kinesis.ErrProvisionedThroughputExceeded {
				d.throttled++
			}
			continue
		}
		require.Equal(d.t, sh.ID, put[i].ShardID, "entry %d", i)
		r.SequenceNumber = put[i].SequenceNumber
		d.number(sh, r)
		d.put++
	}
	d.model.evict()
	for _, w := range d.waiters {
		w.woken = w.woken || slices.ContainsFunc(put, func(p kinesis.Put) bool { return p.ShardID == w.shard.ID })
	}
	d.compareErrors(want, err)
	clear(batch[0].Data) // it is the caller's again
}

// entry chooses a record: some are bad ones. Its data says how many of its key were
// made before, so that order can be checked.
func (d *drive) entry(made map[string]int) kinesis.Entry {
	key := choose(d, driveKeys)
	d.sent[key]++
	e := kinesis.Entry{PartitionKey: key, Data: []byte(fmt.Sprintf("%s%05d", key, d.sent[key]))}
	switch d.pick(20) {
	case 0:
		e.PartitionKey = ""
	case 1:
		e.PartitionKey = strings.Repeat("ü", 257)
	case 2:
		e.ExplicitHashKey = "340282366920938463463374607431768211456"
	case 3:
		e.Data = append(e.Data, make([]byte, 34)...)
	case 4:
		e.Data = append(e.Data, make([]byte, 300)...)
	case 5, 6:
		open := d.model.open()
		sh := open[d.pick(len(open))]
		e.ExplicitHashKey = []kinesis.HashKey{sh.HashKeyRange.Start, sh.HashKeyRange.End}[d.pick(2)].String()
		e.PartitionKey = "x" + strings.Repeat("y", d.pick(2)*255) // in no order with others
		d.sent["x"]++
		e.Data = []byte(fmt.Sprintf("x%05d", d.sent["x"]))
	case 7, 8, 9:
		if d.model.limited && d.model.recordSize == 1<<20 {
			e.Data = append(e.Data, make([]byte, 600<<10)...)
		}
	}
	return e
}

// number checks a new record's sequence number: it is greater than those of its shard and
// of its key before it.
func (d *drive) number(sh *modelShard, r *modelRecord) {
	last := sh.StartingSequenceNumber
	if n := len(sh.records); n > 1 {
		last = sh.records[n-2].SequenceNumber
	}
	require.Positive(d.t, r.SequenceNumber.Compare(last), "the numbers of %s grow", sh.ID)
	if !strings.HasPrefix(r.PartitionKey, "x") {
		require.Positive(d.t, r.SequenceNumber.Compare(d.numbers[r.PartitionKey]), "the numbers of the key %q grow", r.PartitionKey)
		d.numbers[r.PartitionKey] = r.SequenceNumber
	}
}

// readSome reads from some position, good or bad.
func (d *drive) readSome() {
	sh := d.anyShard()
	now := time.Now()
	m, fault := d.position(now, sh)
	d.readFrom(sh, m, fault, []int{0, 1, 2, 5, 1000}[d.pick(5)], []int{0, 1, 20, 400}[d.pick(4)])
}

// anyShard returns a shard, mostly one that can be read.
func (d *drive) anyShard() *modelShard {
	if d.pick(8) == 0 {
		return choose(d, d.model.shards)
	}
	return choose(d, d.model.listed())
}

// position chooses a position in a shard, and returns the error that it deserves.
func (d *drive) position(now time.Time, sh *modelShard) (m mark, fault error) {
	d.model.advance(now)
	m.shard = sh
	switch d.pick(12) {
	case 0:
	case 1:
		m.position.Type = kinesis.TrimHorizon
	case 2:
		m.position.Type, m.index = kinesis.Latest, len(sh.records)
	case 3, 4, 5:
		if len(sh.records) == 0 {
			m.position = kinesis.At(sh.StartingSequenceNumber)
			break
		}
		i := d.pick(len(sh.records))
		if n := sh.records[i].SequenceNumber; d.pick(2) == 0 {
			m.position, m.index = kinesis.At(n), i
		} else {
			m.position, m.index = kinesis.After(n), i+1
		}
	case 6:
		m.position = kinesis.After(sh.StartingSequenceNumber)
		if !sh.IsOpen() {
			m.position, m.index = kinesis.At(sh.EndingSequenceNumber), len(sh.records)
		}
	case 7:
		other := choose(d, d.model.shards)
		if m.position = kinesis.At(other.StartingSequenceNumber); other != sh {
			fault = kinesis.ErrInvalidArgument
		}
	case 8:
		back := choose(d, driveSteps)
		m.position = kinesis.Since(now.Add(-back))
		m.index = sh.find(now.Add(-back))
	case 9:
		m.position = kinesis.Since(now.Add(time.Millisecond))
		fault = kinesis.ErrInvalidArgument
	case 10:
		if len(sh.records) > 0 {
			r := sh.records[d.pick(len(sh.records))]
			since := r.ArrivalTime.Add(time.Duration(d.pick(3)-1) * time.Microsecond)
			if since.After(now) {
				since = r.ArrivalTime
			}
			m.position, m.index = kinesis.Since(since), sh.find(since)
		}
	case 11:
		if len(d.marks) > 0 {
			m = d.marks[len(d.marks)-1-d.pick(min(len(d.marks), 50))]
			if m.shard != sh {
				m, fault = mark{shard: sh, position: m.position}, kinesis.ErrInvalidArgument
			}
		}
	}
	return m, fault
}

// readFrom reads and compares. It returns the batch as the model sees it, and the engine's
// Next; false if the read failed.
func (d *drive) readFrom(sh *modelShard, m mark, fault error, limit, maxBytes int) (b modelBatch, next mark, ok bool) {
	now := time.Now()
	d.model.advance(now)
	req := kinesis.ReadRequest{ShardID: sh.ID, Position: m.position, Limit: limit, MaxBytes: maxBytes}
	d.log("read %s from %s, record %d, at most %d and %d bytes", sh.ID, formatPosition(m.position), m.index, limit, maxBytes)
	got, err := d.stream.Read(d.t.Context(), req)
	switch {
	case sh.gone:
		fault = kinesis.ErrResourceNotFound
	case fault == nil && !d.model.allowsRead(now, sh):
		fault = kinesis.ErrProvisionedThroughputExceeded
		d.throttled++
	}
	d.reads++
	if fault != nil {
		require.ErrorIs(d.t, err, fault)
		require.Zero(d.t, got)
		return b, next, false
	}
	require.NoError(d.t, err)
	b = d.model.read(now, sh, m.index, orElse(limit, 10_000), orElse(maxBytes, 10<<20))
	return b, d.compareBatch(sh, b, got), true
}

func orElse(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// compareBatch holds a batch against the model's, and notes where it says to go on.
func (d *drive) compareBatch(sh *modelShard, want modelBatch, got kinesis.Batch) mark {
	require.Len(d.t, got.Records, len(want.records), "records read from %s", sh.ID)
	for i, r := range want.records {
		g := got.Records[i]
		require.Equal(d.t, r.SequenceNumber, g.SequenceNumber, "record %d read from %s", i, sh.ID)
		require.Equal(d.t, r.PartitionKey, g.PartitionKey)
		require.Equal(d.t, string(r.Data), string(g.Data))
		require.True(d.t, r.ArrivalTime.Equal(g.ArrivalTime), "%v arrived at %v, read %v", g.SequenceNumber, r.ArrivalTime, g.ArrivalTime)
	}
	d.read += len(got.Records)
	require.Equal(d.t, want.lag, got.MillisBehindLatest, "MillisBehindLatest")
	require.Equal(d.t, want.end, got.End, "the end of %s", sh.ID)
	var children []kinesis.ChildShard
	if want.end {
		d.ends++
		for _, child := range sh.children {
			parents := slices.DeleteFunc([]string{child.ParentID, child.AdjacentParentID}, func(id string) bool { return id == "" })
			children = append(children, kinesis.ChildShard{ShardID: child.ID, ParentShards: parents, HashKeyRange: child.HashKeyRange})
		}
	}
	require.Equal(d.t, children, got.ChildShards)
	next := mark{sh, got.Next, want.next}
	d.marks = append(d.marks, next)
	return next
}

// compareErrors holds an operation's error against the sentinel of each entry.
func (d *drive) compareErrors(want []error, err error) {
	got := make([]error, len(want))
	if batch, ok := errors.AsType[*kinesis.BatchError](err); ok {
		require.NotEmpty(d.t, batch.Failed)
		for i, f := range batch.Failed {
			require.True(d.t, i == 0 || batch.Failed[i-1].Index < f.Index, "failed entries are in order")
			got[f.Index] = f.Err
		}
	} else {
		require.NoError(d.t, err, "what is wrong with an entry is a BatchError")
	}
	for i := range want {
		if want[i] != nil {
			d.refused++
		}
		require.ErrorIs(d.t, got[i], want[i], "entry %d", i)
	}
}

func formatEntries(batch []kinesis.Entry) string {
	text := ""
	for _, e := range batch {
		text += fmt.Sprintf("{%.4q %s %.8q…%d}", e.PartitionKey, e.ExplicitHashKey, e.Data, len(e.Data))
	}
	return text
}

func formatPosition(p kinesis.Position) string {
	switch p.Type {
	case kinesis.AtTimestamp:
		return p.Timestamp.UTC().Format("since 01-02 15:04:05.999999999")
	case kinesis.AtSequenceNumber, kinesis.AfterSequenceNumber:
		return fmt.Sprintf("%s %v", p.Type, p.SequenceNumber)
	}
	return string(p.Type)
}
