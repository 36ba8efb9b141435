package sns

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// Attributes returns the topic's attributes under AWS's names; the map is the caller's.
// What is unset is left out, but for the policies that count then. It fails with
// ErrNotFound or ErrClosed. (GetTopicAttributes.)
func (t *LocalTopic) Attributes() (map[string]string, error) {
	if err := t.open("GetTopicAttributes"); err != nil {
		return nil, err
	}
	cfg := t.config.Load()
	attributes := merged(cfg.Feedback, nil)
	for _, a := range topicAttributes {
		if value := a.get(cfg); value != "" && (cfg.FIFO || !a.fifo) {
			attributes[a.name] = value
		}
	}
	delete(attributes, "DataProtectionPolicy") // has an operation of its own
	waiting, live := 0, t.Subscriptions()
	for _, s := range live {
		if s.Pending() {
			waiting++
		}
	}
	maps.Copy(attributes, map[string]string{
		"TopicArn":                t.ARN(),
		"Owner":                   t.account,
		"DisplayName":             cfg.DisplayName,
		"Policy":                  t.policy(cfg),
		"EffectiveDeliveryPolicy": cfg.DeliveryPolicy.renderEffective(),
		"SubscriptionsPending":    strconv.Itoa(waiting),
		"SubscriptionsConfirmed":  strconv.Itoa(len(live) - waiting),
		"SubscriptionsDeleted":    strconv.Itoa(t.SubscriptionsDeleted()),
	})
	if begin := t.BeginningArchiveTime(); !begin.IsZero() {
		attributes["BeginningArchiveTime"] = timestamp(begin)
	}
	return attributes, nil
}

// SetAttribute changes an attribute of the topic under AWS's name: DisplayName, Policy,
// DeliveryPolicy, KmsMasterKeyId, SignatureVersion, TracingConfig, MaximumMessageSize, those of delivery
// status logging ("HTTPSuccessFeedbackRoleArn", …), and on FIFO topics
// ContentBasedDeduplication, FifoThroughputScope and ArchivePolicy. Config says which of
// them have an effect. An empty value restores the default, and so does "{}" for
// ArchivePolicy. It fails with ErrInvalidParameter, ErrNotFound or ErrClosed, and then
// changes nothing. (SetTopicAttributes.)
func (t *LocalTopic) SetAttribute(name, value string) error {
	const op = "SetTopicAttributes"
	return t.change(op, func(cfg Config) (Config, error) {
		return applyTopicAttributes(op, cfg, map[string]string{name: value})
	})
}

// applyTopicAttributes returns cfg changed by attributes under AWS's names. op is
// "CreateTopic" or "SetTopicAttributes", whose texts differ.
func applyTopicAttributes(op string, cfg Config, attributes map[string]string) (Config, error) {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a, ok := findTopicAttribute(name)
		switch {
		case !ok && op == "CreateTopic":
			return cfg, invalid("Attributes Reason: Unknown attribute %s", name)
		case !ok, a.create && op != "CreateTopic":
			return cfg, invalid("AttributeName")
		}
		if err := a.set(faultsOf(op, name), &cfg, attributes[name]); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}

// differing tells whether an existing topic's attributes differ from those given to
// CreateTopic again, which can be parsed.
func differing(given map[string]string, old *Config) bool {
	for name, value := range given {
		a, _ := findTopicAttribute(name)
		asked := Config{}
		a.set(faultsOf("", name), &asked, value)
		if cmp.Or(a.get(&asked), a.standard) != cmp.Or(a.get(old), a.standard) {
			return true
		}
	}
	return false
}
