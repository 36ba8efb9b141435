package sns

import (
	"math"
	"time"
)

// schedule says when a failed delivery is tried again: the four phases of a delivery
// policy, as numbers of retries.
type schedule struct {
	noDelay, minDelay, backoff, maxDelay int
	min, max                             time.Duration
	function                             BackoffFunction
}

// The fixed schedules. ("Message delivery retries" in the SNS Developer Guide.)
var (
	// managedSchedule is that of the endpoints AWS manages: queues, functions,
	// delivery streams.
	managedSchedule = schedule{3, 2, 10, 100_000, time.Second, 20 * time.Second, BackoffExponential}
	// customerSchedule is that of mail, text messages and mobile push.
	customerSchedule = schedule{0, 2, 10, 38, 10 * time.Second, 600 * time.Second, BackoffExponential}
)

const (
	defaultRetries = 3
	defaultDelay   = 20 * time.Second
)

// scheduleFor returns the schedule of a subscription's retries.
func scheduleFor(sub *Subscription, topic *Config) schedule {
	policy := deliveryPolicyFor(sub, topic)
	switch {
	case policy.HealthyRetryPolicy != nil:
		return policy.HealthyRetryPolicy.schedule()
	case isWeb(sub.Protocol):
		return (&RetryPolicy{}).schedule()
	case sub.Protocol == ProtocolEmail || sub.Protocol == ProtocolEmailJSON || sub.Protocol == ProtocolSMS || sub.Protocol == ProtocolApplication:
		return customerSchedule
	default:
		return managedSchedule
	}
}

// deliveryPolicyFor returns the policy that counts for a subscription: its own, and
// for HTTP and HTTPS what the topic's adds.
func deliveryPolicyFor(sub *Subscription, topic *Config) DeliveryPolicy {
	switch {
	case isWeb(sub.Protocol):
		return effectiveDeliveryPolicy(sub.DeliveryPolicy, topic.DeliveryPolicy)
	case sub.DeliveryPolicy != nil:
		return *sub.DeliveryPolicy
	default:
		return DeliveryPolicy{}
	}
}

func isWeb(p Protocol) bool { return p == ProtocolHTTP || p == ProtocolHTTPS }

// schedule counts the phases of a policy that was validated.
func (p *RetryPolicy) schedule() schedule {
	s := schedule{
		noDelay: p.NumNoDelayRetries, minDelay: p.NumMinDelayRetries, maxDelay: p.NumMaxDelayRetries,
		min: p.MinDelayTarget, max: p.MaxDelayTarget, function: p.BackoffFunction,
	}
	retries := defaultRetries
	if p.NumRetries != nil {
		retries = *p.NumRetries
	}
	s.backoff = retries - s.noDelay - s.minDelay - s.maxDelay
	if s.min == 0 {
		s.min = defaultDelay
	}
	if s.max == 0 {
		s.max = defaultDelay
	}
	if s.function == "" {
		s.function = BackoffLinear
	}
	return s
}

// delays lists the delays of a policy, as they are without jitter.
func (p *RetryPolicy) delays() []time.Duration {
	s := p.schedule()
	var all []time.Duration
	for retry := 1; ; retry++ {
		d, _, ok := s.delay(retry)
		if !ok {
			return all
		}
		all = append(all, d)
	}
}

// delay returns how long to wait before a retry, the first of which is 1. backoff
// tells whether it is one of the third phase, which jitter varies. ok is false when
// there are no more.
func (s *schedule) delay(retry int) (d time.Duration, backoff, ok bool) {
	i := retry - s.noDelay
	if i <= 0 {
		return 0, false, true
	}
	if i <= s.minDelay {
		return s.min, false, true
	}
	i -= s.minDelay
	if i <= s.backoff {
		return s.grown(i), true, true
	}
	return s.max, false, i-s.backoff <= s.maxDelay
}

// grown returns the delay of the i-th retry of the backoff phase, from 1.
func (s *schedule) grown(i int) time.Duration {
	if s.function == BackoffExponential {
		if i > 12 || s.min<<(i-1) > s.max { // 2^12 seconds are more than an hour
			return s.max
		}
		return s.min << (i - 1)
	}
	if s.backoff == 1 {
		return s.min
	}
	step, last := float64(i-1), float64(s.backoff-1)
	span := float64(s.max - s.min)
	switch s.function {
	case BackoffArithmetic:
		return s.min + time.Duration(math.Round(span*step*(step+1)/(last*(last+1))))
	case BackoffGeometric:
		return time.Duration(math.Round(float64(s.min) * math.Pow(float64(s.max)/float64(s.min), step/last)))
	default:
		return s.min + time.Duration(math.Round(span*step/last))
	}
}
