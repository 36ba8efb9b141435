package sqs

import (
	"strconv"
	"strings"
	"time"
)

// attribute is one of the attributes that a user can set, under AWS's name.
type attribute struct {
	name string
	fifo bool // shown on FIFO queues only
	// get returns the value, empty if it is unset.
	get func(c *Config) string
	// set parses a value, and checks no more than that it can be parsed; an
	// empty value restores the default where AWS allows that.
	set func(c *Config, value string) error
}

// settable lists them in the order of the SetQueueAttributes page.
var settable = []attribute{
	duration("DelaySeconds", 0, func(c *Config) *time.Duration { return &c.Delay }),
	{
		name: "MaximumMessageSize",
		get:  func(c *Config) string { return strconv.Itoa(c.MaximumMessageSize) },
		set: func(c *Config, value string) error {
			n, err := strconv.Atoi(value)
			if err != nil || n == 0 {
				return badValue("MaximumMessageSize")
			}
			c.MaximumMessageSize = n
			return nil
		},
	},
	duration("MessageRetentionPeriod", 1, func(c *Config) *time.Duration { return &c.MessageRetentionPeriod }),
	text("Policy", func(c *Config) *string { return &c.Policy }),
	duration("ReceiveMessageWaitTimeSeconds", 0, func(c *Config) *time.Duration { return &c.ReceiveMessageWaitTime }),
	duration("VisibilityTimeout", 0, func(c *Config) *time.Duration {
		if c.VisibilityTimeout == nil {
			c.VisibilityTimeout = new(time.Duration)
		}
		return c.VisibilityTimeout
	}),
	{
		name: "RedrivePolicy",
		get: func(c *Config) string {
			if c.RedrivePolicy == nil {
				return ""
			}
			return c.RedrivePolicy.String()
		},
		set: func(c *Config, value string) (err error) {
			c.RedrivePolicy = nil
			if value != "" {
				c.RedrivePolicy, err = parseRedrivePolicy(value)
			}
			return err
		},
	},
	{
		name: "RedriveAllowPolicy",
		get: func(c *Config) string {
			if c.RedriveAllowPolicy == nil {
				return ""
			}
			return c.RedriveAllowPolicy.String()
		},
		set: func(c *Config, value string) (err error) {
			c.RedriveAllowPolicy = nil
			if value != "" {
				c.RedriveAllowPolicy, err = parseRedriveAllowPolicy(value)
			}
			return err
		},
	},
	{
		name: "KmsMasterKeyId",
		get:  func(c *Config) string { return c.KMSMasterKeyID },
		set: func(c *Config, value string) error {
			c.KMSMasterKeyID = value
			if value != "" {
				c.SQSManagedSSE = new(false)
			}
			return nil
		},
	},
	{
		name: "KmsDataKeyReusePeriodSeconds",
		get: func(c *Config) string {
			if c.KMSMasterKeyID == "" {
				return "" // AWS shows it beside a key only
			}
			return seconds(c.KMSDataKeyReusePeriod)
		},
		set: duration("KmsDataKeyReusePeriodSeconds", 1, func(c *Config) *time.Duration { return &c.KMSDataKeyReusePeriod }).set,
	},
	{
		name: "SqsManagedSseEnabled",
		get:  func(c *Config) string { return strconv.FormatBool(c.SQSManagedSSE != nil && *c.SQSManagedSSE) },
		set: func(c *Config, value string) error {
			b, err := parseBool("SqsManagedSseEnabled", value)
			if b {
				c.KMSMasterKeyID = ""
			}
			c.SQSManagedSSE = &b
			return err
		},
	},
	{
		name: "FifoQueue", fifo: true,
		get: func(c *Config) string { return strconv.FormatBool(c.FIFO) },
		set: func(c *Config, value string) error {
			b, err := parseBool("FifoQueue", value)
			c.FIFO = b
			return err
		},
	},
	{
		name: "ContentBasedDeduplication", fifo: true,
		get: func(c *Config) string { return strconv.FormatBool(c.ContentBasedDeduplication) },
		set: func(c *Config, value string) error {
			b, err := parseBool("ContentBasedDeduplication", value)
			c.ContentBasedDeduplication = b
			return err
		},
	},
	text("DeduplicationScope", func(c *Config) *string { return (*string)(&c.DeduplicationScope) }).onFIFO(),
	text("FifoThroughputLimit", func(c *Config) *string { return (*string)(&c.FIFOThroughputLimit) }).onFIFO(),
}

func (a attribute) onFIFO() attribute {
	a.fifo = true
	return a
}

func text(name string, field func(*Config) *string) attribute {
	return attribute{
		name: name,
		get:  func(c *Config) string { return *field(c) },
		set: func(c *Config, value string) error {
			*field(c) = value
			return nil
		},
	}
}

// duration is an attribute in whole seconds. It refuses less than least: zero
// would read as "the default" in a Config.
func duration(name string, least int64, field func(*Config) *time.Duration) attribute {
	return attribute{
		name: name,
		get:  func(c *Config) string { return seconds(*field(c)) },
		set: func(c *Config, value string) error {
			n, err := strconv.ParseInt(value, 10, 32)
			if err != nil || n < least {
				return badValue(name)
			}
			*field(c) = time.Duration(n) * time.Second
			return nil
		},
	}
}

func parseBool(name, value string) (bool, error) {
	switch strings.ToLower(value) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, badValue(name)
	}
}

func badValue(name string) error {
	return &Error{Err: ErrInvalidAttributeValue, Message: "Invalid value for the parameter " + name + "."}
}
