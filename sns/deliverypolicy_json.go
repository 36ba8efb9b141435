package sns

import (
	"encoding/json"
	"time"
)

// retryJSON is a RetryPolicy as AWS writes it.
type retryJSON struct {
	MinDelayTarget     *int            `json:"minDelayTarget,omitempty"`
	MaxDelayTarget     *int            `json:"maxDelayTarget,omitempty"`
	NumRetries         *int            `json:"numRetries,omitempty"`
	NumMaxDelayRetries int             `json:"numMaxDelayRetries,omitempty"`
	NumNoDelayRetries  int             `json:"numNoDelayRetries,omitempty"`
	NumMinDelayRetries int             `json:"numMinDelayRetries,omitempty"`
	BackoffFunction    BackoffFunction `json:"backoffFunction,omitempty"`
}

// fullRetryJSON is a retryJSON that writes zeros, too.
type fullRetryJSON struct {
	MinDelayTarget     int             `json:"minDelayTarget"`
	MaxDelayTarget     int             `json:"maxDelayTarget"`
	NumRetries         int             `json:"numRetries"`
	NumMaxDelayRetries int             `json:"numMaxDelayRetries"`
	NumNoDelayRetries  int             `json:"numNoDelayRetries"`
	NumMinDelayRetries int             `json:"numMinDelayRetries"`
	BackoffFunction    BackoffFunction `json:"backoffFunction"`
}

type throttleJSON struct {
	MaxReceivesPerSecond *int `json:"maxReceivesPerSecond,omitempty"`
}

type requestJSON struct {
	HeaderContentType string `json:"headerContentType,omitempty"`
}

// deliveryJSON is a DeliveryPolicy as AWS writes it for a subscription, with null for
// what there is not.
type deliveryJSON[R any] struct {
	Retry      *R              `json:"healthyRetryPolicy"`
	Sickly     json.RawMessage `json:"sicklyRetryPolicy"` // of old, and always null
	Throttle   *throttleJSON   `json:"throttlePolicy"`
	Request    *requestJSON    `json:"requestPolicy"`
	Guaranteed bool            `json:"guaranteed"` // of old, and always false
}

// topicDeliveryJSON is a TopicDeliveryPolicy as AWS writes it.
type topicDeliveryJSON[R any] struct {
	HTTP topicHTTPJSON[R] `json:"http"`
}

type topicHTTPJSON[R any] struct {
	Retry       *R              `json:"defaultHealthyRetryPolicy,omitempty"`
	Sickly      json.RawMessage `json:"defaultSicklyRetryPolicy,omitempty"` // of old
	NoOverrides bool            `json:"disableSubscriptionOverrides"`
	Throttle    *throttleJSON   `json:"defaultThrottlePolicy,omitempty"`
	Request     *requestJSON    `json:"defaultRequestPolicy,omitempty"`
}

// render writes a subscription's delivery policy.
func (p *DeliveryPolicy) render() string {
	out := deliveryJSON[fullRetryJSON]{Throttle: p.throttleJSON(), Request: p.requestJSON()}
	if p.HealthyRetryPolicy != nil {
		out.Retry = p.HealthyRetryPolicy.full()
	}
	return marshal(out)
}

// render writes a topic's delivery policy: what it sets.
func (p *TopicDeliveryPolicy) render() string {
	var out topicDeliveryJSON[retryJSON]
	out.HTTP = topicHTTPJSON[retryJSON]{NoOverrides: p.DisableSubscriptionOverrides, Throttle: p.throttleJSON(), Request: p.requestJSON()}
	if r := p.HealthyRetryPolicy; r != nil {
		out.HTTP.Retry = &retryJSON{
			MinDelayTarget: wholeSeconds(r.MinDelayTarget), MaxDelayTarget: wholeSeconds(r.MaxDelayTarget),
			NumRetries: r.NumRetries, NumMaxDelayRetries: r.NumMaxDelayRetries,
			NumNoDelayRetries: r.NumNoDelayRetries, NumMinDelayRetries: r.NumMinDelayRetries,
			BackoffFunction: r.BackoffFunction,
		}
	}
	return marshal(out)
}

// renderEffective writes what counts for a topic's subscriptions without a policy.
func (p *TopicDeliveryPolicy) renderEffective() string {
	e := effectiveDeliveryPolicy(nil, p).withDefaults()
	var out topicDeliveryJSON[fullRetryJSON]
	out.HTTP = topicHTTPJSON[fullRetryJSON]{Retry: e.HealthyRetryPolicy.full(), Throttle: e.throttleJSON(), Request: e.requestJSON()}
	out.HTTP.NoOverrides = p != nil && p.DisableSubscriptionOverrides
	return marshal(out)
}

// effectiveDeliveryPolicy returns what counts for an HTTP or HTTPS subscription: part by
// part its own policy, else the topic's. What neither sets is zero.
func effectiveDeliveryPolicy(sub *DeliveryPolicy, topic *TopicDeliveryPolicy) DeliveryPolicy {
	var e DeliveryPolicy
	if topic != nil {
		e = topic.DeliveryPolicy
	}
	if sub == nil || topic != nil && topic.DisableSubscriptionOverrides {
		return e
	}
	if sub.HealthyRetryPolicy != nil {
		e.HealthyRetryPolicy = sub.HealthyRetryPolicy
	}
	if sub.MaxReceivesPerSecond != 0 {
		e.MaxReceivesPerSecond = sub.MaxReceivesPerSecond
	}
	if sub.HeaderContentType != "" {
		e.HeaderContentType = sub.HeaderContentType
	}
	return e
}

func (p DeliveryPolicy) withDefaults() DeliveryPolicy {
	if p.HealthyRetryPolicy == nil {
		p.HealthyRetryPolicy = &RetryPolicy{}
	}
	if p.HeaderContentType == "" {
		p.HeaderContentType = defaultContentType
	}
	return p
}

func (p *DeliveryPolicy) throttleJSON() *throttleJSON {
	if p.MaxReceivesPerSecond == 0 {
		return nil
	}
	return &throttleJSON{&p.MaxReceivesPerSecond}
}

func (p *DeliveryPolicy) requestJSON() *requestJSON {
	if p.HeaderContentType == "" {
		return nil
	}
	return &requestJSON{p.HeaderContentType}
}

// full returns a valid policy with its defaults.
func (p *RetryPolicy) full() *fullRetryJSON {
	s := p.schedule()
	return &fullRetryJSON{
		int(s.min / time.Second), int(s.max / time.Second),
		s.noDelay + s.minDelay + s.backoff + s.maxDelay, s.maxDelay, s.noDelay, s.minDelay, s.function,
	}
}

func wholeSeconds(d time.Duration) *int {
	if d == 0 {
		return nil
	}
	return new(int(d / time.Second))
}

// marshal writes JSON that can not fail: of strings, numbers and structs of them.
func marshal(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
