package sns

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxDisplayName   = 100
	leastMessageSize = 1024
	mostMessageSize  = 1 << 20
)

// checkConfig returns every fault of a configuration, whose defaults need not be
// filled in, joined.
func checkConfig(op string, cfg *Config) error {
	var found []error
	oneOf := func(attribute, value string, allowed ...string) {
		if value != "" && !slices.Contains(allowed, value) {
			found = append(found, faultsOf(op, attribute)("Invalid value [%s]. Must be %s.", value, strings.Join(allowed, " or ")))
		}
	}
	add := func(err *Error) {
		if err != nil {
			found = append(found, err)
		}
	}
	if utf8.RuneCountInString(cfg.DisplayName) > maxDisplayName {
		add(faultsOf(op, "DisplayName")("Must be at most %d characters long.", maxDisplayName))
	}
	oneOf("SignatureVersion", cfg.SignatureVersion, "1", "2")
	oneOf("TracingConfig", cfg.TracingConfig, "PassThrough", "Active")
	if n := cfg.MaximumMessageSize; n != 0 && (n < leastMessageSize || n > mostMessageSize) {
		add(badSize(faultsOf(op, "MaximumMessageSize"), strconv.Itoa(n)))
	}
	if cfg.Policy != "" {
		add(checkPolicy(faultsOf(op, ""), cfg.Policy))
	}
	if cfg.DeliveryPolicy != nil {
		found = append(found, topicPaths.check(faultsOf(op, "DeliveryPolicy"), &cfg.DeliveryPolicy.DeliveryPolicy)...)
	}
	add(checkDataProtectionPolicy(cfg.DataProtectionPolicy))
	for _, name := range slices.Sorted(maps.Keys(cfg.Feedback)) {
		value := cfg.Feedback[name]
		switch {
		case !isFeedback(name):
			add(faultsOf(op, "")("Unknown attribute %s", name))
		case strings.HasSuffix(name, "SampleRate") && !isPercentage(value):
			add(faultsOf(op, name)("%s value provided is not an integer between 0-100", value))
		}
	}
	if cfg.MaxFilterPolicies < 0 {
		add(invalid("MaxFilterPolicies Reason: it must not be negative"))
	}
	if !cfg.FIFO {
		only := func(attribute string, set bool) {
			if set {
				add(faultsOf(op, "")("%s can only be set for FIFO topics", attribute))
			}
		}
		only("ContentBasedDeduplication", cfg.ContentBasedDeduplication)
		only("FifoThroughputScope", cfg.FIFOThroughputScope != "")
		only("ArchivePolicy", cfg.ArchivePolicy != nil)
		return errors.Join(found...)
	}
	oneOf("FifoThroughputScope", string(cfg.FIFOThroughputScope), "Topic", "MessageGroup")
	if p := cfg.ArchivePolicy; p != nil && (p.MessageRetentionPeriod < day || p.MessageRetentionPeriod > maxArchiveDays*day || p.MessageRetentionPeriod%day != 0) {
		add(archiveFault(faultsOf(op, "ArchivePolicy")))
	}
	return errors.Join(found...)
}
