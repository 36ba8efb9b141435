package kinesishttp

import (
	"slices"
	"strings"
)

type enhancedMonitoringInput struct {
	StreamName        *string
	StreamARN         *string
	ShardLevelMetrics []string
}

type enhancedMonitoringOutput struct {
	StreamName               string
	StreamARN                string
	CurrentShardLevelMetrics *[]string
	DesiredShardLevelMetrics *[]string
}

var metricNames = []string{
	"IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords", "WriteProvisionedThroughputExceeded",
	"ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds", "ALL",
}

func enableEnhancedMonitoring(c *call, in *enhancedMonitoringInput) (*enhancedMonitoringOutput, error) {
	return c.monitor(in, true)
}

func disableEnhancedMonitoring(c *call, in *enhancedMonitoringInput) (*enhancedMonitoringOutput, error) {
	return c.monitor(in, false)
}

func (c *call) monitor(in *enhancedMonitoringInput, enable bool) (*enhancedMonitoringOutput, error) {
	var v validation
	v.stream(in.StreamName, in.StreamARN)
	metrics := v.Texts("shardLevelMetrics", in.ShardLevelMetrics).Required().Lengths(1, 7)
	for _, name := range in.ShardLevelMetrics {
		if !slices.Contains(metricNames, name) {
			metrics.Fail("Member must satisfy constraint: [Member must satisfy enum value set: [" + strings.Join(metricNames, ", ") + "]]")
			break
		}
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, err := c.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	change := s.EnableEnhancedMonitoring
	if !enable {
		change = s.DisableEnhancedMonitoring
	}
	before, after, err := change(in.ShardLevelMetrics...)
	if err != nil {
		return nil, err
	}
	return &enhancedMonitoringOutput{s.Name(), s.ARN(), listOf(before), listOf(after)}, nil
}
