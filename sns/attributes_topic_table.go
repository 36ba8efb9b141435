package sns

import (
	"slices"
	"strconv"
	"strings"
)

// topicAttribute is one of a topic's attributes that can be set, under AWS's name.
type topicAttribute struct {
	name   string
	create bool // by CreateTopic only
	fifo   bool // on FIFO topics only
	// standard is the value that counts where none is set.
	standard string
	// get returns the value, empty if it is unset.
	get func(c *Config) string
	// set parses a value, and checks no more than that it can be parsed.
	set func(fault faults, c *Config, value string) error
}

// topicAttributes lists them, but for those of delivery status logging.
var topicAttributes = []topicAttribute{
	{
		name: "FifoTopic", create: true, standard: "false",
		get: func(c *Config) string { return trueOnly(c.FIFO) },
		set: func(fault faults, c *Config, value string) error { return setBool(fault, &c.FIFO, value) },
	},
	topicText("DisplayName", func(c *Config) *string { return &c.DisplayName }),
	topicText("Policy", func(c *Config) *string { return &c.Policy }),
	{
		name: "DeliveryPolicy",
		get: func(c *Config) string {
			if c.DeliveryPolicy == nil {
				return ""
			}
			return c.DeliveryPolicy.render()
		},
		set: func(fault faults, c *Config, value string) (err error) {
			c.DeliveryPolicy = nil
			if value != "" {
				c.DeliveryPolicy, err = parseTopicDeliveryPolicy(fault, value)
			}
			return err
		},
	},
	topicText("KmsMasterKeyId", func(c *Config) *string { return &c.KMSMasterKeyID }),
	topicText("SignatureVersion", func(c *Config) *string { return &c.SignatureVersion }).or("1"),
	topicText("TracingConfig", func(c *Config) *string { return &c.TracingConfig }).or("PassThrough"),
	{
		name: "MaximumMessageSize", standard: strconv.Itoa(defaultMessageSize),
		get: func(c *Config) string {
			if c.MaximumMessageSize == 0 {
				return ""
			}
			return strconv.Itoa(c.MaximumMessageSize)
		},
		set: func(fault faults, c *Config, value string) error {
			n, err := strconv.Atoi(value)
			if err != nil || n == 0 {
				return badSize(fault, value)
			}
			c.MaximumMessageSize = n
			return nil
		},
	},
	{
		name: "ContentBasedDeduplication", fifo: true, standard: "false",
		get: func(c *Config) string { return strconv.FormatBool(c.ContentBasedDeduplication) },
		set: func(fault faults, c *Config, value string) error {
			return setBool(fault, &c.ContentBasedDeduplication, value)
		},
	},
	topicText("FifoThroughputScope", func(c *Config) *string { return (*string)(&c.FIFOThroughputScope) }).or("Topic").onFIFO(),
	{
		name: "ArchivePolicy", fifo: true,
		get: func(c *Config) string {
			if c.ArchivePolicy == nil {
				return ""
			}
			return c.ArchivePolicy.render()
		},
		set: func(fault faults, c *Config, value string) (err error) {
			c.ArchivePolicy, err = parseArchivePolicy(fault, value)
			return err
		},
	},
	{
		name: "DataProtectionPolicy", create: true,
		get: func(c *Config) string { return c.DataProtectionPolicy },
		set: topicText("", func(c *Config) *string { return &c.DataProtectionPolicy }).set,
	},
}

func topicText(name string, field func(*Config) *string) topicAttribute {
	return topicAttribute{
		name: name,
		get:  func(c *Config) string { return *field(c) },
		set: func(_ faults, c *Config, value string) error {
			*field(c) = value
			return nil
		},
	}
}

func (a topicAttribute) or(standard string) topicAttribute {
	a.standard = standard
	return a
}

func (a topicAttribute) onFIFO() topicAttribute {
	a.fifo = true
	return a
}

// feedbackAttribute is an attribute of delivery status logging.
func feedbackAttribute(name string) topicAttribute {
	return topicAttribute{
		name: name,
		get:  func(c *Config) string { return c.Feedback[name] },
		set: func(_ faults, c *Config, value string) error {
			c.Feedback = merged(c.Feedback, map[string]string{name: value})
			if value == "" && strings.HasSuffix(name, "SampleRate") {
				c.Feedback[name] = "" // for checkConfig to refuse
			}
			return nil
		},
	}
}

var (
	feedbackKinds = []string{"HTTP", "Firehose", "Lambda", "Application", "SQS"}
	feedbackEnds  = []string{"SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"}
)

func isFeedback(name string) bool {
	return slices.ContainsFunc(feedbackKinds, func(kind string) bool {
		end, ok := strings.CutPrefix(name, kind)
		return ok && slices.Contains(feedbackEnds, end)
	})
}

func findTopicAttribute(name string) (topicAttribute, bool) {
	if i := slices.IndexFunc(topicAttributes, func(a topicAttribute) bool { return a.name == name }); i >= 0 {
		return topicAttributes[i], true
	}
	return feedbackAttribute(name), isFeedback(name)
}

func trueOnly(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func badSize(fault faults, value string) *Error {
	return fault("Invalid value [%s]. Must be an integer between %d and %d.", value, leastMessageSize, mostMessageSize)
}

func setBool(fault faults, b *bool, value string) error {
	if !isBool(value) {
		return fault("Invalid value [%s]. Must be true or false.", value)
	}
	*b = strings.EqualFold(value, "true")
	return nil
}
