package firehose

import "time"

// Metrics is a snapshot of a delivery stream's counters and gauges. Counters only
// grow, from its creation. IncomingRecords is always the sum of DroppedRecords,
// DeliveredRecords, ErrorOutputRecords, LostRecords and BufferedRecords.
type Metrics struct {
	IncomingRecords, IncomingBytes   int64 // accepted by Put, or read from the Source
	ThrottledRecords                 int64 // refused by Put because there was no room
	DeliveredRecords, DeliveredBytes int64 // taken by Sink, other than error output
	ErrorOutputRecords               int64 // failed, and taken by ErrorSink or Sink
	DroppedRecords                   int64 // by the transformation, on purpose
	LostRecords                      int64 // given up: OnDrop was told
	TransformFailedRecords           int64 // of which the transformation or the partitioning failed
	PartitionExceededRecords         int64 // that came when there were too many partitions
	BackupRecords, LostBackupRecords int64 // taken by Backup.Sink; given up

	Deliveries, FailedDeliveries           int64 // calls of sinks; those with an error
	Transformations, FailedTransformations int64 // calls of the function; those with an error

	BufferedRecords  int64         // that wait for the function, for Sink or for the error output
	BufferedBytes    int64         // as Config.MaxBuffered counts them
	ActivePartitions int           // with records on their way to Sink
	DataFreshness    time.Duration // since the oldest of BufferedRecords was accepted; zero if there is none
}

// Metrics returns the delivery stream's metrics as of now.
func (s *DeliveryStream) Metrics() Metrics {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.core
	m := c.counters
	m.BufferedRecords, m.BufferedBytes = int64(c.records), c.held
	m.ActivePartitions = c.active
	now := s.registry.now()
	oldest := now
	for _, l := range c.lanes {
		if l.stage == keeping {
			continue
		}
		for _, b := range l.queue {
			oldest = min(oldest, b.accepted)
		}
		if l.open != nil {
			oldest = min(oldest, l.open.accepted)
		}
	}
	m.DataFreshness = time.Duration(now - oldest)
	return m
}
