package kinesis_test

import (
	"slices"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// model is a stream that is too simple to be wrong: a slice of shards with slices of
// records, and a scan of them for every question. What it says is written from the rules
// of Kinesis; model_drive_test.go holds the engine against it. It learns sequence
// numbers from the engine.
type model struct {
	retention      time.Duration
	retentionBytes int64
	recordSize     int
	transition     time.Duration
	limited        bool

	shards   []*modelShard // all there ever were
	puts     int
	updating time.Time // until then

	trimmed, evicted, expired int // how often it happened: records by time and by bytes, shards
}

type modelShard struct {
	kinesis.Shard
	children []*modelShard
	closedAt time.Time
	gone     bool // expired
	records  []*modelRecord
	in, out  [2]modelDebt // of records or reads, and of bytes
}

type modelRecord struct {
	kinesis.Record
	place int // among all that were put
	gone  bool
}

func (r *modelRecord) size() int { return len(r.Data) + len(r.PartitionKey) }

// modelDebt is how much of a limit was used and not yet made good by time.
type modelDebt struct {
	owed time.Duration
	at   time.Time
}

func (d *modelDebt) pay(now time.Time) time.Duration {
	d.owed = max(0, d.owed-now.Sub(d.at))
	d.at = now
	return d.owed
}

// modelCost returns how long something takes of which there are so many a second.
func modelCost(n int, perSecond int64) time.Duration {
	return time.Duration(int64(n) * int64(time.Second) / perSecond)
}

// advance lets go of what is too old, and of the oldest of what is too much.
func (m *model) advance(now time.Time) {
	m.trim(now)
	m.evict()
}

// trim forgets by time. Records and shards end with the millisecond in which they become
// as old as the retention period.
func (m *model) trim(now time.Time) {
	old := func(t time.Time) bool {
		return t.Truncate(time.Millisecond).Add(m.retention).Compare(now.Truncate(time.Millisecond)) <= 0
	}
	for _, sh := range m.shards {
		for _, r := range sh.records {
			if !r.gone && old(r.ArrivalTime) {
				r.gone = true
				m.trimmed++
			}
		}
		if !sh.gone && !sh.IsOpen() && old(sh.closedAt) {
			sh.gone = true
			m.expired++
		}
	}
}

// evict forgets by bytes, what was put first.
func (m *model) evict() {
	for m.retentionBytes > 0 && m.bytes() > m.retentionBytes {
		var oldest *modelRecord
		for _, sh := range m.shards {
			if kept := sh.kept(); len(kept) > 0 && (oldest == nil || kept[0].place < oldest.place) {
				oldest = kept[0]
			}
		}
		oldest.gone = true
		m.evicted++
	}
}

func (m *model) bytes() (n int64) {
	for _, sh := range m.shards {
		for _, r := range sh.kept() {
			n += int64(r.size())
		}
	}
	return n
}

func (sh *modelShard) kept() []*modelRecord {
	return slices.DeleteFunc(slices.Clone(sh.records), func(r *modelRecord) bool { return r.gone })
}

// listed returns the shards that can be read.
func (m *model) listed() []*modelShard {
	return slices.DeleteFunc(slices.Clone(m.shards), func(sh *modelShard) bool { return sh.gone })
}

func (m *model) open() []*modelShard {
	open := slices.DeleteFunc(slices.Clone(m.shards), func(sh *modelShard) bool { return !sh.IsOpen() })
	slices.SortFunc(open, func(a, b *modelShard) int { return a.HashKeyRange.Start.Compare(b.HashKeyRange.Start) })
	return open
}

func (m *model) shard(id string) *modelShard {
	if i := slices.IndexFunc(m.shards, func(sh *modelShard) bool { return sh.ID == id }); i >= 0 {
		return m.shards[i]
	}
	return nil
}

// put returns the error that an entry deserves, or the shard that it went to and the
// record without its number.
func (m *model) put(now time.Time, e kinesis.Entry) (*modelShard, *modelRecord, error) {
	key := kinesis.HashKeyOf(e.PartitionKey)
	if e.ExplicitHashKey != "" {
		var err error
		if key, err = kinesis.ParseHashKey(e.ExplicitHashKey); err != nil {
			return nil, nil, kinesis.ErrInvalidArgument
		}
	}
	if n := len([]rune(e.PartitionKey)); n == 0 || n > 256 || len(e.Data) > m.recordSize {
		return nil, nil, kinesis.ErrInvalidArgument
	}
	open := m.open()
	sh := open[slices.IndexFunc(open, func(sh *modelShard) bool { return sh.HashKeyRange.Contains(key) })]
	if m.limited {
		record, bytes := modelCost(1, 1000), modelCost(len(e.Data)+len(e.PartitionKey), 1<<20)
		if sh.in[0].pay(now)+record > time.Second || sh.in[1].pay(now)+min(bytes, time.Second) > time.Second {
			return nil, nil, kinesis.ErrProvisionedThroughputExceeded
		}
		sh.in[0].owed += record
		sh.in[1].owed += bytes
	}
	m.puts++
	r := &modelRecord{place: m.puts, Record: kinesis.Record{PartitionKey: e.PartitionKey, Data: slices.Clone(e.Data), ArrivalTime: now.Truncate(time.Millisecond)}}
	sh.records = append(sh.records, r)
	return sh, r, nil
}

// allowsRead tells whether a shard may be read now, and counts it as read if so.
func (m *model) allowsRead(now time.Time, sh *modelShard) bool {
	if !m.limited {
		return true
	}
	if sh.out[0].pay(now)+modelCost(1, 5) > time.Second || sh.out[1].pay(now) >= time.Second {
		return false
	}
	sh.out[0].owed += modelCost(1, 5)
	return true
}

// modelBatch is what a read returns, and the index of the record to go on from.
type modelBatch struct {
	records []*modelRecord
	next    int
	end     bool
	lag     int64
}

// read reads a shard from the record with an index on, the first having 0.
func (m *model) read(now time.Time, sh *modelShard, from, limit, maxBytes int) (b modelBatch) {
	bytes := 0
	b.next = from
	for i, r := range sh.records {
		if i < from || r.gone {
			continue
		}
		if len(b.records) == limit || len(b.records) > 0 && bytes+r.size() > maxBytes {
			last := b.records[len(b.records)-1]
			b.lag = max(1, now.UnixMilli()-last.ArrivalTime.UnixMilli())
			break
		}
		bytes += r.size()
		b.records = append(b.records, r)
		b.next = i + 1
	}
	b.end = b.lag == 0 && !sh.IsOpen()
	if m.limited {
		cost := modelCost(bytes, 2<<20)
		if cost >= time.Second {
			cost += time.Second
		}
		sh.out[1].pay(now)
		sh.out[1].owed += cost
	}
	return b
}

// find returns the index of the first record since the millisecond of a time.
func (sh *modelShard) find(since time.Time) int {
	since = since.Truncate(time.Millisecond)
	for i, r := range sh.records {
		if !r.gone && !r.ArrivalTime.Before(since) {
			return i
		}
	}
	return len(sh.records)
}
