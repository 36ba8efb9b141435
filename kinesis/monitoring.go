package kinesis

import (
	"slices"
	"strings"
)

// shardLevelMetrics are the names of the metrics that a stream can have for every
// shard, in the order in which leat returns them.
var shardLevelMetrics = []string{
	"IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords",
	"WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds",
}

const allMetrics = "ALL"

// EnableEnhancedMonitoring adds metrics, 1 to 7 of IncomingBytes, IncomingRecords,
// OutgoingBytes, OutgoingRecords, WriteProvisionedThroughputExceeded,
// ReadProvisionedThroughputExceeded, IteratorAgeMilliseconds and ALL, to those that
// the stream says it has for every shard. It returns the metrics before and after;
// both are the caller's. leat measures none of them. The stream is UPDATING
// afterwards. It fails with ErrValidation, ErrResourceNotFound, and with
// ErrResourceInUse unless the stream is ACTIVE. (EnableEnhancedMonitoring.)
func (s *LocalStream) EnableEnhancedMonitoring(metrics ...string) (current, desired []string, err error) {
	return s.monitor("EnableEnhancedMonitoring", metrics, true)
}

// DisableEnhancedMonitoring takes metrics from those that the stream says it has; it
// is EnableEnhancedMonitoring in all else. Metrics that the stream does not have are no
// error. (DisableEnhancedMonitoring.)
func (s *LocalStream) DisableEnhancedMonitoring(metrics ...string) (current, desired []string, err error) {
	return s.monitor("DisableEnhancedMonitoring", metrics, false)
}

func (s *LocalStream) monitor(op string, metrics []string, enable bool) (current, desired []string, err error) {
	switch n := len(metrics); {
	case n < 1:
		return nil, nil, located(op, s.name, malformed("1 validation error detected: Value '[]' at 'shardLevelMetrics' failed to satisfy constraint: Member must have length greater than or equal to 1"))
	case n > len(shardLevelMetrics):
		return nil, nil, located(op, s.name, malformed("1 validation error detected: Value at 'shardLevelMetrics' failed to satisfy constraint: Member must have length less than or equal to %d", len(shardLevelMetrics)))
	}
	named, err := metricsNamed(metrics)
	if err != nil {
		return nil, nil, located(op, s.name, err)
	}
	err = s.change(op, func(c *Config) error {
		current = append([]string{}, c.ShardLevelMetrics...)
		desired = []string{}
		for _, metric := range shardLevelMetrics {
			if slices.Contains(named, metric) && enable || slices.Contains(current, metric) && (enable || !slices.Contains(named, metric)) {
				desired = append(desired, metric)
			}
		}
		c.ShardLevelMetrics = slices.Clone(desired)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return current, desired, nil
}

// metricsNamed returns the metrics that names, ALL among them, stand for, each once
// and in the order of shardLevelMetrics.
func metricsNamed(names []string) ([]string, error) {
	for _, name := range names {
		if name != allMetrics && !slices.Contains(shardLevelMetrics, name) {
			return nil, malformed("1 validation error detected: Value '[%.100s]' at 'shardLevelMetrics' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [%s, %s]]",
				name, strings.Join(shardLevelMetrics, ", "), allMetrics)
		}
	}
	if slices.Contains(names, allMetrics) {
		return slices.Clone(shardLevelMetrics), nil
	}
	var named []string
	for _, metric := range shardLevelMetrics {
		if slices.Contains(names, metric) {
			named = append(named, metric)
		}
	}
	return named, nil
}
