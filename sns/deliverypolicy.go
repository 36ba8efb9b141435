package sns

import "time"

// DeliveryPolicy says how often a failed delivery is repeated, how fast an endpoint
// is called, and as what an HTTP endpoint gets its messages. ("Creating an HTTP/S
// delivery policy" in the SNS Developer Guide.)
type DeliveryPolicy struct {
	// HealthyRetryPolicy is the schedule of retries. Nil means its defaults.
	HealthyRetryPolicy *RetryPolicy
	// MaxReceivesPerSecond bounds the deliveries of a subscription, retries
	// included. Zero means no bound.
	MaxReceivesPerSecond int
	// HeaderContentType is the Content-Type of notifications. Empty means
	// "text/plain; charset=UTF-8".
	HeaderContentType string
}

// TopicDeliveryPolicy is the delivery policy of a topic: what its HTTP and HTTPS
// subscriptions do that have none of their own.
type TopicDeliveryPolicy struct {
	DeliveryPolicy
	// DisableSubscriptionOverrides makes the topic's policy count for all.
	DisableSubscriptionOverrides bool
}

// RetryPolicy is a schedule of retries in four phases: at once, at the minimum
// delay, at growing delays, and at the maximum delay. All of them together may take
// 3,600 seconds.
type RetryPolicy struct {
	// NumRetries counts all retries, 0 to 100. Nil means 3. Those that the other
	// numbers leave are the third phase's.
	NumRetries *int
	// NumNoDelayRetries counts the first phase's retries, made at once.
	NumNoDelayRetries int
	// NumMinDelayRetries counts the second phase's, MinDelayTarget apart.
	NumMinDelayRetries int
	// NumMaxDelayRetries counts the fourth phase's, MaxDelayTarget apart.
	NumMaxDelayRetries int
	// MinDelayTarget is where delays start, 1 second to MaxDelayTarget, in whole
	// seconds. Zero means 20 seconds.
	MinDelayTarget time.Duration
	// MaxDelayTarget is where they end, up to 3,600 seconds, in whole seconds.
	// Zero means 20 seconds.
	MaxDelayTarget time.Duration
	// BackoffFunction says how delays grow in between. Empty means BackoffLinear.
	BackoffFunction BackoffFunction
}

// BackoffFunction is how the delays of the third phase grow from the least to the
// greatest. AWS names the functions and shows them as curves; the formulas are leat's.
// With retries 1 to n, of minimum a and maximum b:
//
//	linear       a + (b-a)·(i-1)/(n-1)
//	arithmetic   a + (b-a)·(i-1)·i / ((n-1)·n)
//	geometric    a·(b/a)^((i-1)/(n-1))
//	exponential  a·2^(i-1), at most b
type BackoffFunction string

// The backoff functions.
const (
	BackoffLinear      BackoffFunction = "linear"
	BackoffArithmetic  BackoffFunction = "arithmetic"
	BackoffGeometric   BackoffFunction = "geometric"
	BackoffExponential BackoffFunction = "exponential"
)
