package sns

import (
	"errors"
	"strings"
)

// checkSubscription returns every fault of a subscription to t, joined, but for those
// of its filter policy and of its address.
func checkSubscription(op string, t *LocalTopic, sub *Subscription) error {
	var found []error
	add := func(err *Error) {
		if err != nil {
			found = append(found, err)
		}
	}
	cfg, fault := t.config.Load(), faultsOf(op, "")
	switch sub.FilterPolicyScope {
	case "", FilterPolicyScopeMessageAttributes, FilterPolicyScopeMessageBody:
	default:
		add(badScope(faultsOf(op, "FilterPolicyScope"), string(sub.FilterPolicyScope)))
	}
	if sub.RawMessageDelivery && sub.Endpoint == nil && !supportsRaw(sub.Protocol) {
		add(fault("Delivery protocol [%s] does not support raw message delivery.", sub.Protocol))
	}
	if sub.Endpoint == nil && sub.Protocol == ProtocolFirehose && sub.SubscriptionRoleARN == "" {
		add(fault("SubscriptionRoleArn Reason: no value for required parameter"))
	}
	if cfg.maxMessageSize() > defaultMessageSize && sub.Endpoint == nil && !takesLarge(sub.Protocol) {
		add(fault("Delivery protocol [%s] does not support a MaximumMessageSize above %d.", sub.Protocol, defaultMessageSize))
	}
	if sub.RedrivePolicy != nil {
		add(checkRedrive(faultsOf(op, "RedrivePolicy"), cfg, sub))
	}
	if sub.DeliveryPolicy != nil {
		found = append(found, subscriptionPaths.check(faultsOf(op, "DeliveryPolicy"), sub.DeliveryPolicy)...)
	}
	if sub.ReplayPolicy != nil {
		add(checkReplay(faultsOf(op, "ReplayPolicy"), cfg, sub.ReplayPolicy))
	}
	return errors.Join(found...)
}

func supportsRaw(p Protocol) bool { return p == ProtocolSQS || p == ProtocolFirehose || isWeb(p) }

// takesLarge tells whether AWS delivers more than 262,144 bytes over a protocol.
// ("Publishing large messages" in the SNS Developer Guide.)
func takesLarge(p Protocol) bool {
	return p == ProtocolSQS || p == ProtocolFirehose || p == ProtocolLambda
}

// checkRedrive checks a dead-letter queue by its ARN; whether it is there shows when it
// is needed.
func checkRedrive(fault faults, cfg *Config, sub *Subscription) *Error {
	queue := sub.RedrivePolicy.DeadLetterTargetARN
	fifo := strings.HasSuffix(queue, ".fifo")
	switch {
	case !isARN(queue, "sqs"):
		return fault("deadLetterTargetArn is an invalid arn")
	case cfg.FIFO && !fifo && sub.Protocol == ProtocolSQS && strings.HasSuffix(sub.Address, ".fifo"):
		return fault("must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.")
	case !cfg.FIFO && fifo:
		return fault("must use a standard queue as DLQ for a Subscription to a standard Topic.")
	}
	return nil
}

func checkReplay(fault faults, cfg *Config, p *ReplayPolicy) *Error {
	switch {
	case cfg.ArchivePolicy == nil:
		return fault("can only be set for FIFO topics with an ArchivePolicy")
	case p.StartingPoint.IsZero():
		return fault("StartingPoint: no value for required parameter")
	case !p.EndingPoint.IsZero() && p.EndingPoint.Before(p.StartingPoint):
		return fault("EndingPoint must not be before StartingPoint")
	}
	return nil
}
