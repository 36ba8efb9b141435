package kinesis

import (
	"time"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// settings is what a stream's journal knows of it besides records, shards and consumers.
type settings struct {
	arn       arn
	createdAt int64 // in nanoseconds since 1970
	state     lifecycle
	changes   []int64
	config    Config // without Tags and Logger
	tags      map[string]string
}

func (s *settings) fact() fact {
	c := &s.config
	f := fact{factSettings}.string(s.arn.region).string(s.arn.account).string(s.arn.name).int(s.createdAt).int(s.state.created).int(s.state.updated).ints(s.changes)
	f = f.string(string(c.Mode)).int(int64(c.ShardCount)).int(int64(c.RetentionPeriod)).int(c.RetentionBytes).int(int64(c.MaxRecordSize))
	f = f.bool(c.EnforceLimits).bool(c.Relaxed).int(int64(c.TransitionTime))
	f = f.string(c.KMSKeyID).strings(c.ShardLevelMetrics).int(int64(c.WarmThroughputMiBps)).string(c.Policy)
	return f.tags(s.tags)
}

func decodeSettings(b []byte) (s settings, err error) {
	r := readFact(b)
	s.arn = arn{region: r.Text(), account: r.Text(), name: r.Text()}
	s.createdAt = r.Int()
	s.state, s.changes = lifecycle{created: r.Int(), updated: r.Int()}, r.ints()
	c := &s.config
	c.Mode, c.ShardCount = StreamMode(r.Text()), int(r.within(1, maxShardCount))
	c.RetentionPeriod, c.RetentionBytes = time.Duration(r.within(1, int64(maxRetention))), r.Int()
	c.MaxRecordSize = int(r.within(1, maxRecordSize))
	c.EnforceLimits, c.Relaxed, c.TransitionTime = r.Bool(), r.Bool(), time.Duration(r.Int())
	c.KMSKeyID, c.ShardLevelMetrics, c.WarmThroughputMiBps, c.Policy = r.Text(), r.strings(), int(r.Int()), r.Text()
	s.tags = r.tags()
	return s, r.err()
}

// shardRow is what a journal knows of a shard. The rest follows from it.
type shardRow struct {
	index            int
	parent, adjacent int // -1 for none
	keys             shard.Range
	created          int64 // the second
	openedAt         int64 // in milliseconds
	closedAt         int64 // in nanoseconds; 0 while open
	oldest, next     int64 // indexes of records
	gone             int64 // in milliseconds
}

// row returns the shard as it is.
func (sh *shardState) row() shardRow {
	parent, adjacent := -1, -1
	if index, ok := indexOf(sh.parent); ok {
		parent = index
	}
	if index, ok := indexOf(sh.adjacent); ok {
		adjacent = index
	}
	return shardRow{sh.index, parent, adjacent, sh.keys, sh.created, sh.openedAt, sh.closedAt, sh.oldest(), sh.next, sh.gone}
}

// shardsFact is a fact of a kind about shards. All shards have indexes below next.
func shardsFact(kind byte, next int, shards []*shardState) fact {
	f := fact{kind}.int(int64(next)).uint(uint64(len(shards)))
	for _, sh := range shards {
		r := sh.row()
		f = f.int(int64(r.index)).int(int64(r.parent)).int(int64(r.adjacent))
		f = f.fixed(r.keys.Start.Hi).fixed(r.keys.Start.Lo).fixed(r.keys.End.Hi).fixed(r.keys.End.Lo)
		f = f.int(r.created).int(r.openedAt).int(r.closedAt).int(r.oldest).int(r.next).int(r.gone)
	}
	return f
}

func decodeShards(b []byte) (next int, rows []shardRow, err error) {
	r := readFact(b)
	next = int(r.within(0, shard.MaxIndex))
	for range r.Count(1) {
		row := shardRow{
			index: int(r.within(0, shard.MaxIndex)), parent: int(r.within(-1, shard.MaxIndex)), adjacent: int(r.within(-1, shard.MaxIndex)),
			keys: shard.Range{Start: shard.HashKey{Hi: r.fixed(), Lo: r.fixed()}, End: shard.HashKey{Hi: r.fixed(), Lo: r.fixed()}},
		}
		row.created, row.openedAt, row.closedAt = r.within(0, shard.MaxSecond), r.within(0, maxMillis), r.Int()
		row.oldest, row.next, row.gone = r.within(1, maxIndex), r.within(1, maxIndex), r.Int()
		if row.keys.End.Less(row.keys.Start) || row.closedAt < 0 || row.oldest > row.next || row.index >= next {
			r.Fail()
		}
		if r.Bad {
			return 0, nil, errFact
		}
		rows = append(rows, row)
	}
	return next, rows, r.err()
}

// consumerRow is what a journal knows of a registered consumer.
type consumerRow struct {
	name                string
	createdAt, activeAt int64 // in nanoseconds since 1970
	goneAt              int64 // 0 unless it was deregistered
	policy              string
	tags                map[string]string
}

func (c *consumerRow) fact() fact {
	return fact{factConsumer}.string(c.name).int(c.createdAt).int(c.activeAt).int(c.goneAt).string(c.policy).tags(c.tags)
}

func decodeConsumer(b []byte) (c consumerRow, err error) {
	r := readFact(b)
	c = consumerRow{name: r.Text(), createdAt: r.Int(), activeAt: r.Int(), goneAt: r.Int(), policy: r.Text(), tags: r.tags()}
	return c, r.err()
}
