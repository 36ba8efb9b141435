package sns

import (
	"maps"
	"slices"
	"strconv"

	"github.com/leat-go/leat/internal/syntax"
)

// Attributes returns the subscription's attributes under AWS's names; the map is the
// caller's. What is unset is left out. It fails with ErrNotFound or ErrClosed.
// (GetSubscriptionAttributes.)
func (s *LocalSubscription) Attributes() (map[string]string, error) {
	t := s.Topic()
	if _, err := t.Subscription(s.ID()); err != nil {
		return nil, located("GetSubscriptionAttributes", string(s.ID()), err)
	}
	sub, waiting := s.Config(), s.Pending()
	attributes := map[string]string{
		"SubscriptionArn":              string(s.ID()),
		"TopicArn":                     t.ARN(),
		"Owner":                        s.Owner(),
		"SubscriptionPrincipal":        "arn:" + syntax.Partition(t.region) + ":iam::" + s.Owner() + ":root",
		"Protocol":                     string(sub.Protocol),
		"Endpoint":                     sub.Address,
		"PendingConfirmation":          strconv.FormatBool(waiting),
		"ConfirmationWasAuthenticated": strconv.FormatBool(!waiting && (!mustConfirm(sub.Protocol) || s.AuthenticateOnUnsubscribe())),
		"RawMessageDelivery":           strconv.FormatBool(sub.RawMessageDelivery),
	}
	if !isNothing(sub.FilterPolicy) {
		attributes["FilterPolicy"] = sub.FilterPolicy
		attributes["FilterPolicyScope"] = string(sub.FilterPolicyScope)
	}
	if sub.RedrivePolicy != nil {
		attributes["RedrivePolicy"] = sub.RedrivePolicy.render()
	}
	if sub.DeliveryPolicy != nil {
		attributes["DeliveryPolicy"] = sub.DeliveryPolicy.render()
	}
	if isWeb(sub.Protocol) {
		effective := effectiveDeliveryPolicy(sub.DeliveryPolicy, t.Config().DeliveryPolicy).withDefaults()
		attributes["EffectiveDeliveryPolicy"] = effective.render()
	}
	if sub.ReplayPolicy != nil {
		attributes["ReplayPolicy"] = sub.ReplayPolicy.render()
		attributes["ReplayStatus"] = s.ReplayStatus()
	}
	if sub.SubscriptionRoleARN != "" {
		attributes["SubscriptionRoleArn"] = sub.SubscriptionRoleARN
	}
	return attributes, nil
}

// SetAttribute changes an attribute of the subscription under AWS's name: FilterPolicy,
// FilterPolicyScope, RawMessageDelivery, RedrivePolicy, DeliveryPolicy, ReplayPolicy or
// SubscriptionRoleArn. An empty value removes a policy, and so does "{}" for all but
// DeliveryPolicy. It fails with ErrInvalidParameter, ErrFilterPolicyLimitExceeded,
// ErrNotFound or ErrClosed, and then changes nothing. (SetSubscriptionAttributes.)
func (s *LocalSubscription) SetAttribute(name, value string) error {
	const op = "SetSubscriptionAttributes"
	return s.change(op, func(sub Subscription) (Subscription, error) {
		return applySubscriptionAttributes(op, sub, map[string]string{name: value})
	})
}

// ApplySubscriptionAttributes returns sub changed by attributes under the names of
// LocalSubscription.SetAttribute, as Subscribe on AWS takes them. It checks that they
// can be parsed; Topic.Subscribe checks the rest. It fails with ErrInvalidParameter.
func ApplySubscriptionAttributes(sub Subscription, attributes map[string]string) (Subscription, error) {
	changed, err := applySubscriptionAttributes("Subscribe", sub, attributes)
	if err != nil {
		return sub, located("Subscribe", sub.Address, err)
	}
	return changed, nil
}

func applySubscriptionAttributes(op string, sub Subscription, attributes map[string]string) (_ Subscription, err error) {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value, fault := attributes[name], faultsOf(op, name)
		switch name {
		case "FilterPolicy":
			if sub.FilterPolicy = value; isNothing(value) {
				sub.FilterPolicy = ""
			}
		case "FilterPolicyScope":
			if sub.FilterPolicyScope = FilterPolicyScope(value); value == "" {
				err = badScope(fault, value)
			}
		case "RawMessageDelivery":
			err = setBool(fault, &sub.RawMessageDelivery, value)
		case "RedrivePolicy":
			sub.RedrivePolicy, err = parseRedrivePolicy(fault, value)
		case "DeliveryPolicy":
			sub.DeliveryPolicy = nil
			if value != "" {
				sub.DeliveryPolicy, err = parseDeliveryPolicy(fault, value)
			}
		case "ReplayPolicy":
			sub.ReplayPolicy, err = parseReplayPolicy(fault, value)
		case "SubscriptionRoleArn":
			sub.SubscriptionRoleARN = value
		default:
			err = faultsOf(op, "")("AttributeName")
		}
		if err != nil {
			return sub, err
		}
	}
	return sub, nil
}

func badScope(fault faults, value string) *Error {
	return fault("Invalid value [%s]. Please use either MessageBody or MessageAttributes", value)
}
