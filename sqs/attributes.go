package sqs

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Attributes returns the queue's attributes under AWS's names, as
// GetQueueAttributes does when asked for All. What is unset is left out.
func (q *LocalQueue) Attributes() map[string]string {
	q.admin.Lock()
	cfg, modified := q.config.Load(), q.modifiedAt
	q.admin.Unlock()
	m := q.Metrics()
	attributes := map[string]string{
		"QueueArn":                              q.ARN(),
		"CreatedTimestamp":                      strconv.FormatInt(q.createdAt.Unix(), 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(modified.Unix(), 10),
		"ApproximateNumberOfMessages":           strconv.Itoa(m.ApproximateNumberOfMessagesVisible),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(m.ApproximateNumberOfMessagesNotVisible),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(m.ApproximateNumberOfMessagesDelayed),
	}
	for _, a := range settable {
		if value := a.get(cfg); value != "" && (cfg.FIFO || !a.fifo) {
			attributes[a.name] = value
		}
	}
	return attributes
}

// SetAttributes changes attributes of the queue under AWS's names, all of them
// or, on an error, none. It takes effect at once: a new retention period for all
// messages, a new delay for messages sent from now on and, on a FIFO queue, for
// those still delayed. An empty Policy, RedrivePolicy, RedriveAllowPolicy or
// KmsMasterKeyId removes it. It fails with ErrInvalidAttributeName,
// ErrInvalidAttributeValue or ErrInvalidParameterValue. (SetQueueAttributes.)
func (q *LocalQueue) SetAttributes(attributes map[string]string) error {
	return q.administer("SetAttributes", func() (receipt, error) { return q.setAttributes("SetAttributes", attributes) })
}

// administer holds admin while f changes something, and then waits for that.
func (q *LocalQueue) administer(op string, f func() (receipt, error)) error {
	if err := q.registry.store.ready(); err != nil {
		return q.refused(op, err)
	}
	q.admin.Lock()
	done, err := f()
	q.admin.Unlock()
	if err != nil {
		return err
	}
	return q.acknowledge(op, done)
}

// setAttributes is SetAttributes for those who hold admin.
func (q *LocalQueue) setAttributes(op string, attributes map[string]string) (receipt, error) {
	cfg, err := changed(*q.config.Load(), attributes)
	if _, given := attributes["RedrivePolicy"]; given && err == nil { // one that is there may have lost its queue since
		err = q.registry.checkRedrive(q.ARN(), &cfg)
	}
	if err != nil {
		return receipt{}, located(op, q.name, err)
	}
	now, err := q.enter(op)
	if err != nil {
		return receipt{}, err
	}
	q.config.Store(&cfg)
	q.core.settings = cfg.settings()
	q.core.advance(now)
	q.modifiedAt = time.Unix(0, now)
	q.tell()
	return q.leaveSoon(now), nil // admin is held
}

// changed returns a configuration with attributes changed, valid and with its
// defaults.
func changed(old Config, attributes map[string]string) (Config, error) {
	if !old.FIFO {
		if err := refuseFIFO(attributes); err != nil {
			return old, err
		}
	}
	cfg, err := applyAttributes(old, attributes)
	switch {
	case err != nil:
		return old, err
	case cfg.FIFO != old.FIFO:
		return old, &Error{Err: ErrInvalidAttributeValue, Message: "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."}
	}
	cfg = cfg.withDefaults()
	return cfg, cfg.validate()
}

// applyAttributes sets attributes, in a fixed order, on a configuration.
func applyAttributes(cfg Config, attributes map[string]string) (Config, error) {
	if cfg.VisibilityTimeout != nil {
		cfg.VisibilityTimeout = new(*cfg.VisibilityTimeout) // set writes through it
	}
	if attributes["KmsMasterKeyId"] != "" && strings.EqualFold(attributes["SqsManagedSseEnabled"], "true") {
		return cfg, &Error{Err: ErrInvalidAttributeName, Message: "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."}
	}
	known := 0
	for _, a := range settable {
		value, given := attributes[a.name]
		if !given {
			continue
		}
		known++
		if err := a.set(&cfg, value); err != nil {
			return cfg, err
		}
	}
	if known < len(attributes) {
		for _, name := range slices.Sorted(maps.Keys(attributes)) {
			if !slices.ContainsFunc(settable, func(a attribute) bool { return a.name == name }) {
				return cfg, &Error{Err: ErrInvalidAttributeName, Message: "Unknown Attribute " + name + "."}
			}
		}
	}
	return cfg, nil
}

// refuseFIFO returns the error for attributes that only a FIFO queue has.
func refuseFIFO(attributes map[string]string) error {
	for _, a := range settable {
		if _, given := attributes[a.name]; given && a.fifo {
			return fifoOnly(a.name)
		}
	}
	return nil
}

func fifoOnly(name string) *Error {
	err := &Error{Err: ErrInvalidAttributeName, Message: "You can specify the " + name + " only when FifoQueue is set to true."}
	if name == "ContentBasedDeduplication" || name == "FifoQueue" {
		err.Message = "Unknown Attribute " + name + "."
	}
	return err
}

// differing returns the name of an attribute that is among given and differs
// between two configurations that have their defaults.
func differing(given []string, a, b *Config) string {
	for _, attr := range settable {
		if slices.Contains(given, attr.name) && attr.get(a) != attr.get(b) {
			return attr.name
		}
	}
	return ""
}

// given names the attributes that a configuration without its defaults sets.
func (c *Config) given() (names []string) {
	for name, set := range map[string]bool{
		"DelaySeconds":                  c.Delay != 0,
		"MaximumMessageSize":            c.MaximumMessageSize != 0,
		"MessageRetentionPeriod":        c.MessageRetentionPeriod != 0,
		"Policy":                        c.Policy != "",
		"ReceiveMessageWaitTimeSeconds": c.ReceiveMessageWaitTime != 0,
		"VisibilityTimeout":             c.VisibilityTimeout != nil,
		"RedrivePolicy":                 c.RedrivePolicy != nil,
		"RedriveAllowPolicy":            c.RedriveAllowPolicy != nil,
		"KmsMasterKeyId":                c.KMSMasterKeyID != "",
		"KmsDataKeyReusePeriodSeconds":  c.KMSDataKeyReusePeriod != 0,
		"SqsManagedSseEnabled":          c.SQSManagedSSE != nil,
		"FifoQueue":                     c.FIFO,
		"ContentBasedDeduplication":     c.ContentBasedDeduplication,
		"DeduplicationScope":            c.DeduplicationScope != "",
		"FifoThroughputLimit":           c.FIFOThroughputLimit != "",
	} {
		if set {
			names = append(names, name)
		}
	}
	return names
}
