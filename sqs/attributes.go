package sqs

import (
	"maps"
	"slices"
	"strconv"
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
	q.admin.Lock()
	defer q.admin.Unlock()
	return q.setAttributes("SetAttributes", attributes)
}

func (q *LocalQueue) setAttributes(op string, attributes map[string]string) error {
	old := q.config.Load()
	cfg, err := applyAttributes(*old, attributes)
	if err == nil && cfg.FIFO != old.FIFO {
		err = &Error{Err: ErrInvalidAttributeValue, Message: "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."}
	}
	if err == nil {
		cfg = cfg.withDefaults()
		err = cfg.validate()
	}
	if _, given := attributes["RedrivePolicy"]; given && err == nil { // one that is there may have lost its queue since
		err = q.registry.checkRedrive(q.ARN(), &cfg)
	}
	if err != nil {
		return located(op, q.name, err)
	}
	now, err := q.enter(op)
	if err != nil {
		return err
	}
	q.config.Store(&cfg)
	q.core.settings = cfg.settings()
	q.core.advance(now)
	q.leave(now)
	q.modifiedAt = time.Unix(0, now)
	return nil
}

// applyAttributes sets attributes, in a fixed order, on a configuration.
func applyAttributes(cfg Config, attributes map[string]string) (Config, error) {
	if cfg.VisibilityTimeout != nil {
		cfg.VisibilityTimeout = new(*cfg.VisibilityTimeout) // set writes through it
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

// differing returns the name of an attribute that is among given and differs
// between two configurations that have their defaults.
func differing(given map[string]string, a, b *Config) string {
	for _, attr := range settable {
		if _, ok := given[attr.name]; ok && attr.get(a) != attr.get(b) {
			return attr.name
		}
	}
	return ""
}

// attributesOf returns the attributes that a user's configuration, without its
// defaults, sets.
func attributesOf(cfg Config) map[string]string {
	full, zero := cfg.withDefaults(), Config{FIFO: cfg.FIFO}.withDefaults()
	given := map[string]string{}
	for _, a := range settable {
		if value := a.get(&full); value != a.get(&zero) {
			given[a.name] = value
		}
	}
	if cfg.FIFO {
		given["FifoQueue"] = "true"
	}
	return given
}

// located says of an error, or of each of several that are joined, where it
// happened.
func located(op, queue string, err error) error {
	switch e := err.(type) {
	case *Error:
		e.Op, e.Queue = op, queue
	case interface{ Unwrap() []error }:
		for _, each := range e.Unwrap() {
			located(op, queue, each)
		}
	}
	return err
}
