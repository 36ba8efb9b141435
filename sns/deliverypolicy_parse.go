package sns

import (
	"encoding/json"
	"strings"
	"time"
)

// faults makes errors about an attribute of an operation. Where attributes come with
// other parameters, AWS says that it means one of them.
type faults func(format string, args ...any) *Error

func faultsOf(op, attribute string) faults {
	prefix := attribute
	if attribute != "" {
		prefix += ": "
	}
	if op == "CreateTopic" || op == "Subscribe" {
		prefix = "Attributes Reason: " + prefix
	}
	return func(format string, args ...any) *Error {
		return invalid("%s"+format, append([]any{prefix}, args...)...)
	}
}

// deliveryPaths are the names that the parts of a delivery policy have in faults.
type deliveryPaths struct{ retry, throttle, request string }

var (
	subscriptionPaths = deliveryPaths{"healthyRetryPolicy", "throttlePolicy", "requestPolicy"}
	topicPaths        = deliveryPaths{"http.defaultHealthyRetryPolicy", "http.defaultThrottlePolicy", "http.defaultRequestPolicy"}
)

// parseDeliveryPolicy reads the JSON of a subscription's delivery policy.
func parseDeliveryPolicy(fault faults, text string) (*DeliveryPolicy, error) {
	var parsed deliveryJSON[retryJSON]
	if err := decodeObject(fault, text, &parsed); err != nil {
		return nil, err
	}
	return subscriptionPaths.policy(fault, parsed.Retry, parsed.Throttle, parsed.Request)
}

// parseTopicDeliveryPolicy reads the JSON of a topic's delivery policy.
func parseTopicDeliveryPolicy(fault faults, text string) (*TopicDeliveryPolicy, error) {
	var parsed topicDeliveryJSON[retryJSON]
	if err := decodeObject(fault, text, &parsed); err != nil {
		return nil, err
	}
	h := &parsed.HTTP
	policy, err := topicPaths.policy(fault, h.Retry, h.Throttle, h.Request)
	if err != nil {
		return nil, err
	}
	return &TopicDeliveryPolicy{*policy, h.NoOverrides}, nil
}

// decodeObject reads a JSON object without unknown members.
func decodeObject(fault faults, text string, into any) error {
	if !isJSONObject(text) {
		return fault("failed to parse JSON.")
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		if _, name, ok := strings.Cut(err.Error(), "unknown field "); ok {
			return fault("Unexpected JSON member: %s", strings.Trim(name, `"`))
		}
		return fault("failed to parse JSON.")
	}
	return nil
}

// policy makes a DeliveryPolicy of its parts. It refuses zeros that a DeliveryPolicy
// would take for the default, and what does not fit into a time.Duration; checkDelivery
// does the rest.
func (p deliveryPaths) policy(fault faults, retry *retryJSON, throttle *throttleJSON, request *requestJSON) (*DeliveryPolicy, error) {
	policy := &DeliveryPolicy{}
	if retry != nil {
		r := &RetryPolicy{
			NumRetries:         retry.NumRetries,
			NumNoDelayRetries:  retry.NumNoDelayRetries,
			NumMinDelayRetries: retry.NumMinDelayRetries,
			NumMaxDelayRetries: retry.NumMaxDelayRetries,
			BackoffFunction:    retry.BackoffFunction,
		}
		if err := p.target(fault, "minDelayTarget", retry.MinDelayTarget, &r.MinDelayTarget); err != nil {
			return nil, err
		}
		if err := p.target(fault, "maxDelayTarget", retry.MaxDelayTarget, &r.MaxDelayTarget); err != nil {
			return nil, err
		}
		policy.HealthyRetryPolicy = r
	}
	if throttle != nil && throttle.MaxReceivesPerSecond != nil {
		if policy.MaxReceivesPerSecond = *throttle.MaxReceivesPerSecond; policy.MaxReceivesPerSecond < 1 {
			return nil, fault("%s.maxReceivesPerSecond must be greater than or equal to 1", p.throttle)
		}
	}
	if request != nil {
		policy.HeaderContentType = request.HeaderContentType
	}
	return policy, nil
}

func (p deliveryPaths) target(fault faults, name string, seconds *int, d *time.Duration) error {
	switch {
	case seconds == nil:
		return nil
	case *seconds < 1:
		return fault("%s.%s must be greater than or equal to 1", p.retry, name)
	case *seconds > maxSchedule:
		return fault("%s.%s must be less than or equal to %d", p.retry, name, maxSchedule)
	}
	*d = time.Duration(*seconds) * time.Second
	return nil
}
