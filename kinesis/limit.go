package kinesis

import "time"

// The limits of a shard. ("Quotas and limits" in the Kinesis Data Streams Developer
// Guide.)
const (
	shardWriteBytes   = 1 << 20 // a second
	shardWriteRecords = 1000    // a second
	shardReadBytes    = 2 << 20 // a second
	shardReads        = 5       // a second
)

// meter is how much of a rate is used up, as the moment until which everything used so
// far will have taken, in nanoseconds since 1970. A second's worth may be used at once.
type meter int64

// allows tells whether so many nanoseconds' worth may be used now.
func (m meter) allows(now, cost int64) bool {
	return max(int64(m), now)+cost-now <= int64(time.Second)
}

func (m *meter) use(now, cost int64) { *m = meter(max(int64(*m), now) + cost) }

// costOf is how many nanoseconds n of a rate take.
func costOf(n int, perSecond int64) int64 { return int64(n) * int64(time.Second) / perSecond }

// writeLimit is what a shard takes.
type writeLimit struct{ records, bytes meter }

// take uses the limit for one record, if it is not exceeded. A record larger than a
// second's worth, which there may be since UpdateMaxRecordSize, needs the whole second
// and is paid off after.
func (l *writeLimit) take(now int64, size int) bool {
	record, bytes := costOf(1, shardWriteRecords), costOf(size, shardWriteBytes)
	if !l.records.allows(now, record) || !l.bytes.allows(now, min(bytes, int64(time.Second))) {
		return false
	}
	l.records.use(now, record)
	l.bytes.use(now, bytes)
	return true
}

// readLimit is what the readers of a shard, apart from registered consumers, get.
type readLimit struct{ reads, bytes meter }

// take uses the limit for one read, if it is not exceeded.
func (l *readLimit) take(now int64) bool {
	read := costOf(1, shardReads)
	if !l.reads.allows(now, read) || !l.bytes.allows(now, 1) {
		return false
	}
	l.reads.use(now, read)
	return true
}

// charge accounts for the bytes of a read: one of 10 MiB keeps the others off for five
// seconds. (GetRecords in the API reference.) What is left of a second's worth counts
// for smaller reads only.
func (l *readLimit) charge(now int64, size int) {
	cost := costOf(size, shardReadBytes)
	if cost >= int64(time.Second) {
		cost += int64(time.Second)
	}
	l.bytes.use(now, cost)
}
