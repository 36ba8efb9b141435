package sdktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/smithy-go"

	"github.com/leat-go/leat/sns"
)

// attributesOfSubscription writes a subscription's settings as Subscribe takes them.
func attributesOfSubscription(sub *sns.Subscription) map[string]string {
	attributes := make(map[string]string)
	set := func(name, value string) {
		if value != "" {
			attributes[name] = value
		}
	}
	set("FilterPolicy", sub.FilterPolicy)
	set("FilterPolicyScope", string(sub.FilterPolicyScope))
	set("SubscriptionRoleArn", sub.SubscriptionRoleARN)
	if sub.RawMessageDelivery {
		set("RawMessageDelivery", "true")
	}
	if p := sub.RedrivePolicy; p != nil {
		set("RedrivePolicy", redriveTo(p.DeadLetterTargetARN))
	}
	if p := sub.DeliveryPolicy; p != nil {
		set("DeliveryPolicy", deliveryPolicyJSON(p))
	}
	if p := sub.ReplayPolicy; p != nil {
		replay := map[string]string{"PointType": "Timestamp", "StartingPoint": timestamp(p.StartingPoint)}
		if !p.EndingPoint.IsZero() {
			replay["EndingPoint"] = timestamp(p.EndingPoint)
		}
		set("ReplayPolicy", toJSON(replay))
	}
	return attributes
}

func deliveryPolicyJSON(p *sns.DeliveryPolicy) string {
	policy := make(map[string]any)
	if r := p.HealthyRetryPolicy; r != nil {
		retry := map[string]any{
			"numNoDelayRetries": r.NumNoDelayRetries, "numMinDelayRetries": r.NumMinDelayRetries, "numMaxDelayRetries": r.NumMaxDelayRetries,
		}
		if r.NumRetries != nil {
			retry["numRetries"] = *r.NumRetries
		}
		if r.MinDelayTarget > 0 {
			retry["minDelayTarget"] = seconds(r.MinDelayTarget)
		}
		if r.MaxDelayTarget > 0 {
			retry["maxDelayTarget"] = seconds(r.MaxDelayTarget)
		}
		if r.BackoffFunction != "" {
			retry["backoffFunction"] = r.BackoffFunction
		}
		policy["healthyRetryPolicy"] = retry
	}
	if p.MaxReceivesPerSecond > 0 {
		policy["throttlePolicy"] = map[string]int{"maxReceivesPerSecond": p.MaxReceivesPerSecond}
	}
	if p.HeaderContentType != "" {
		policy["requestPolicy"] = map[string]string{"headerContentType": p.HeaderContentType}
	}
	return toJSON(policy)
}

// attributesOfTopic writes what the suite sets of a topic as CreateTopic takes it.
func attributesOfTopic(cfg sns.Config) map[string]string {
	attributes := make(map[string]string)
	if cfg.FIFO {
		attributes["FifoTopic"] = "true"
		attributes["ContentBasedDeduplication"] = strconv.FormatBool(cfg.ContentBasedDeduplication)
	}
	if cfg.FIFOThroughputScope != "" {
		attributes["FifoThroughputScope"] = string(cfg.FIFOThroughputScope)
	}
	if p := cfg.ArchivePolicy; p != nil {
		attributes["ArchivePolicy"] = toJSON(map[string]int{"MessageRetentionPeriod": int(p.MessageRetentionPeriod / (24 * time.Hour))})
	}
	return attributes
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func toJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// topicErrorOf makes an error of the SDK's one of package sns. What SNS did not say,
// such as the end of a context, stays as it is.
func topicErrorOf(op string, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) || topicSentinels[api.ErrorCode()] == nil {
		return fmt.Errorf("sns: %s: %w", op, err)
	}
	return topicWireError(op, api.ErrorCode(), api.ErrorMessage())
}

func topicWireError(op, code, message string) error {
	sentinel := topicSentinels[code]
	if sentinel == nil {
		return fmt.Errorf("sns: %s: %s: %s", op, code, message)
	}
	return &sns.Error{Op: op, Err: sentinel, Message: message}
}

var topicSentinels = map[string]error{
	"BatchRequestTooLong":         sns.ErrInvalidParameter, // for a batch of one: larger ones are cut to fit
	"InvalidParameter":            sns.ErrInvalidParameter,
	"ParameterValueInvalid":       sns.ErrInvalidParameterValue,
	"ValidationError":             sns.ErrValidation,
	"NotFound":                    sns.ErrNotFound,
	"ResourceNotFound":            sns.ErrResourceNotFound,
	"AuthorizationError":          sns.ErrAuthorization,
	"SubscriptionLimitExceeded":   sns.ErrSubscriptionLimitExceeded,
	"FilterPolicyLimitExceeded":   sns.ErrFilterPolicyLimitExceeded,
	"EndpointDisabled":            sns.ErrEndpointDisabled,
	"PlatformApplicationDisabled": sns.ErrPlatformApplicationDisabled,
	"Throttled":                   sns.ErrThrottled,
}

// aboutAMessage tells a fault of the caller's entries from one of the topic, the
// endpoint or the way there.
func aboutAMessage(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch topicSentinels[api.ErrorCode()] {
	case sns.ErrInvalidParameter, sns.ErrInvalidParameterValue, sns.ErrValidation:
		return true
	}
	return false
}
