package kinesis

import "time"

// Metrics is a snapshot of a stream's counters and gauges under the names that AWS gives
// them in CloudWatch, without the points. Counters only grow, from the stream's creation, or
// from when its service was opened. Bytes are of data and partition keys.
type Metrics struct {
	IncomingRecords, IncomingBytes     int64 // accepted by Put
	WriteProvisionedThroughputExceeded int64 // entries that Put refused for a shard's limits

	GetRecordsSuccess                 int64 // looks at a shard by Read; a waiting one looks again when it is woken
	GetRecordsRecords                 int64 // that Read returned, to every reader
	GetRecordsBytes                   int64
	ReadProvisionedThroughputExceeded int64 // looks that were refused for a shard's limits

	SubscribeToShardEventRecords int64 // that Subscribe returned, to every consumer
	SubscribeToShardEventBytes   int64

	// GetRecordsIteratorAge is a gauge: how long ago the oldest of the records came that
	// the latest Read of their shard left unread, of all shards that were ever read; zero if
	// there is none. AWS has the age of what was read last, which stands still when nobody
	// reads any more, where this one grows.
	GetRecordsIteratorAge time.Duration
}

// Metrics returns the stream's metrics as of now; of a stream that is gone the counters.
func (s *LocalStream) Metrics() Metrics {
	now, err := s.enter("Metrics")
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.metrics
	}
	defer s.mu.Unlock()
	m := s.metrics
	oldest := now / int64(time.Millisecond)
	newest := oldest
	for _, sh := range s.core.shards {
		if place := max(sh.unread-sh.oldest(), 0); sh.unread > 0 && place < sh.tip-sh.oldest() {
			oldest = min(oldest, sh.log.arrived(int(place)))
		}
	}
	m.GetRecordsIteratorAge = time.Duration(newest-oldest) * time.Millisecond
	return m
}

// countRead counts a look of op at a shard, before the record with an index. The caller
// holds mu.
func (s *LocalStream) countRead(op string, sh *shardState, next int64, records, size int) {
	m := &s.metrics
	if op == "Peek" {
		return
	}
	if op != "Read" {
		m.SubscribeToShardEventRecords += int64(records)
		m.SubscribeToShardEventBytes += int64(size)
		return
	}
	m.GetRecordsSuccess++
	m.GetRecordsRecords += int64(records)
	m.GetRecordsBytes += int64(size)
	sh.unread = next
}
