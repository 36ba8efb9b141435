package kinesis

import (
	"errors"
	"time"
)

// validate returns every fault of a configuration that has its defaults, joined.
func (c *Config) validate() error {
	var faults []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, invalid(format, args...))
		}
	}
	require(c.Mode == ModeProvisioned || c.Mode == ModeOnDemand, "Mode is %q; it must be PROVISIONED or ON_DEMAND.", c.Mode)
	require(0 < c.ShardCount && c.ShardCount <= maxShardCount, "ShardCount is %d; it must be 1 to %d.", c.ShardCount, maxShardCount)
	require(c.Mode != ModeOnDemand || c.ShardCount == onDemandShards, "ShardCount is %d; an on-demand stream begins with %d.", c.ShardCount, onDemandShards)
	require(c.RetentionBytes >= 0, "RetentionBytes is %d; it must not be negative.", c.RetentionBytes)
	require(c.TransitionTime >= 0, "TransitionTime is %v; it must not be negative.", c.TransitionTime)
	require(0 <= c.WarmThroughputMiBps && c.WarmThroughputMiBps <= maxWarmThroughput, "WarmThroughputMiBps is %d; it must be 0 to %d.", c.WarmThroughputMiBps, maxWarmThroughput)
	_, metrics := metricsNamed(c.ShardLevelMetrics)
	for _, err := range []error{
		c.checkRetention(c.RetentionPeriod), c.checkRecordSize(c.MaxRecordSize),
		metrics, unlessEmpty(c.KMSKeyID, checkKeyID), unlessEmpty(c.Policy, checkPolicy), checkTags(c.Tags),
	} {
		if err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

func unlessEmpty(value string, check func(string) error) error {
	if value == "" {
		return nil
	}
	return check(value)
}

// checkRetention has AWS's texts. (IncreaseStreamRetentionPeriod.)
func (c *Config) checkRetention(d time.Duration) error {
	switch {
	case d > maxRetention:
		return invalid("Maximum allowed retention period is 8760 hours. Requested retention period (%d hours) is too long.", (d+time.Hour-1)/time.Hour)
	case d < defaultRetention && !(c.Relaxed && d >= time.Millisecond):
		return invalid("Minimum allowed retention period is 24 hours. Requested retention period (%d hours) is too short.", d/time.Hour)
	case d%time.Hour != 0 && !c.Relaxed:
		return invalid("RetentionPeriod is %v; it must be whole hours.", d)
	}
	return nil
}

func (c *Config) checkRecordSize(bytes int) error {
	if bytes > maxRecordSize || bytes < defaultRecordSize && !(c.Relaxed && bytes > 0) || bytes%1024 != 0 && !c.Relaxed {
		return invalid("MaxRecordSize is %d bytes; it must be 1 MiB to 10 MiB, in whole KiB.", bytes)
	}
	return nil
}
