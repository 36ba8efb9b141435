package sqs

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	maxVisibility = 12 * time.Hour
	maxDelay      = 15 * time.Minute
	maxReceives   = 1000
)

// withDefaults returns a copy, sharing nothing, with every default filled in.
func (c Config) withDefaults() Config {
	if c.VisibilityTimeout == nil {
		c.VisibilityTimeout = new(30 * time.Second)
	} else {
		c.VisibilityTimeout = new(*c.VisibilityTimeout)
	}
	if c.RedrivePolicy != nil {
		c.RedrivePolicy = new(*c.RedrivePolicy)
	}
	if c.RedriveAllowPolicy != nil {
		c.RedriveAllowPolicy = &RedriveAllowPolicy{c.RedriveAllowPolicy.Permission, slices.Clone(c.RedriveAllowPolicy.SourceQueueARNs)}
	}
	if c.MessageRetentionPeriod == 0 {
		c.MessageRetentionPeriod = 4 * 24 * time.Hour
	}
	if c.MaximumMessageSize == 0 {
		c.MaximumMessageSize = 1 << 20
	}
	if c.FIFO && c.DeduplicationScope == "" {
		c.DeduplicationScope = DeduplicationScopeQueue
	}
	if c.FIFO && c.FIFOThroughputLimit == "" {
		c.FIFOThroughputLimit = FIFOThroughputPerQueue
	}
	if c.KMSMasterKeyID != "" {
		c.SQSManagedSSE = new(false) // a queue is encrypted in one way
	} else {
		c.SQSManagedSSE = new(c.SQSManagedSSE == nil || *c.SQSManagedSSE)
	}
	if c.KMSDataKeyReusePeriod == 0 {
		c.KMSDataKeyReusePeriod = 5 * time.Minute
	}
	if c.MaxInFlight == 0 {
		c.MaxInFlight = 120_000
	}
	return c
}

// settings returns what the core wants to know of a configuration that has its
// defaults.
func (c *Config) settings() settings {
	return settings{
		fifo:        c.FIFO,
		byGroup:     c.DeduplicationScope == DeduplicationScopeMessageGroup,
		delay:       int64(c.Delay),
		retention:   int64(c.MessageRetentionPeriod),
		maxInFlight: c.MaxInFlight,
	}
}

// validate returns every fault of a configuration that has its defaults, joined.
func (c *Config) validate() error {
	var faults []error
	fault := func(sentinel error, format string, args ...any) {
		faults = append(faults, &Error{Err: sentinel, Message: fmt.Sprintf(format, args...)})
	}
	between := func(name string, v, low, high int64) {
		if v < low || v > high {
			fault(ErrInvalidAttributeValue, "Invalid value for the parameter %s.", name)
		}
	}
	strict := func(low int64) int64 {
		if c.Relaxed {
			return 1
		}
		return low
	}
	between("VisibilityTimeout", int64(*c.VisibilityTimeout), 0, int64(maxVisibility))
	between("DelaySeconds", int64(c.Delay), 0, int64(maxDelay))
	between("MessageRetentionPeriod", int64(c.MessageRetentionPeriod), strict(int64(time.Minute)), int64(14*24*time.Hour))
	between("ReceiveMessageWaitTimeSeconds", int64(c.ReceiveMessageWaitTime), 0, int64(20*time.Second))
	between("MaximumMessageSize", int64(c.MaximumMessageSize), strict(1024), 1<<20)
	between("KmsDataKeyReusePeriodSeconds", int64(c.KMSDataKeyReusePeriod), strict(int64(time.Minute)), int64(24*time.Hour))
	if c.MaxInFlight < 0 {
		fault(ErrInvalidAttributeValue, "MaxInFlight must not be negative.")
	}
	if !c.FIFO {
		if c.ContentBasedDeduplication {
			faults = append(faults, fifoOnly("ContentBasedDeduplication"))
		}
		if c.DeduplicationScope != "" {
			faults = append(faults, fifoOnly("DeduplicationScope"))
		}
		if c.FIFOThroughputLimit != "" {
			faults = append(faults, fifoOnly("FifoThroughputLimit"))
		}
	} else {
		if c.DeduplicationScope != DeduplicationScopeQueue && c.DeduplicationScope != DeduplicationScopeMessageGroup {
			fault(ErrInvalidAttributeValue, "Invalid value for the parameter DeduplicationScope.")
		}
		switch {
		case c.FIFOThroughputLimit != FIFOThroughputPerQueue && c.FIFOThroughputLimit != FIFOThroughputPerMessageGroupID:
			fault(ErrInvalidAttributeValue, "Invalid value for the parameter FifoThroughputLimit.")
		case c.FIFOThroughputLimit == FIFOThroughputPerMessageGroupID && c.DeduplicationScope != DeduplicationScopeMessageGroup:
			fault(ErrInvalidAttributeValue, "The perMessageGroupId value for FifoThroughputLimit is allowed only when the value for DeduplicationScope is messageGroup.")
		}
	}
	if c.Policy != "" && !isJSONObject(c.Policy) {
		fault(ErrInvalidAttributeValue, "Invalid value for the parameter Policy.")
	}
	if p := c.RedrivePolicy; p != nil {
		switch {
		case p.DeadLetterTargetARN == "":
			fault(ErrInvalidParameterValue, "%s Redrive policy does not contain mandatory attribute: deadLetterTargetArn.", redriveFault(p))
		case p.MaxReceiveCount < 1 || p.MaxReceiveCount > maxReceives:
			fault(ErrInvalidParameterValue, "%s Invalid value for maxReceiveCount: %d, valid values are from 1 to 1000 both inclusive.", redriveFault(p), p.MaxReceiveCount)
		}
	}
	if p := c.RedriveAllowPolicy; p != nil && !p.valid() {
		fault(ErrInvalidParameterValue, "Value %s for parameter RedriveAllowPolicy is invalid.", p)
	}
	return errors.Join(faults...)
}

func (p *RedriveAllowPolicy) valid() bool {
	switch p.Permission {
	case RedriveAllowAll, RedriveDenyAll:
		return len(p.SourceQueueARNs) == 0
	case RedriveByQueue:
		return 1 <= len(p.SourceQueueARNs) && len(p.SourceQueueARNs) <= 10
	default:
		return false
	}
}

// redriveFault begins AWS's text of every fault of a RedrivePolicy.
func redriveFault(p *RedrivePolicy) string {
	return fmt.Sprintf("Value %s for parameter RedrivePolicy is invalid. Reason:", p)
}

func isJSONObject(s string) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal([]byte(s), &object) == nil && object != nil
}
