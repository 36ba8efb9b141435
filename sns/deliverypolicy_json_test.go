package sns

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzDeliveryPolicies reads anything; what is valid must be read again as it is
// written.
func FuzzDeliveryPolicies(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"http":null}`, `{"healthyRetryPolicy":{}}`,
		`{"healthyRetryPolicy":{"numRetries":10,"numNoDelayRetries":1,"minDelayTarget":5,"maxDelayTarget":60,"backoffFunction":"geometric"},"guaranteed":true}`,
		`{"throttlePolicy":{"maxReceivesPerSecond":1},"requestPolicy":{"headerContentType":"text/xml"},"sicklyRetryPolicy":null}`,
		`{"http":{"defaultHealthyRetryPolicy":{"numRetries":0},"disableSubscriptionOverrides":true,"defaultThrottlePolicy":{},"defaultRequestPolicy":{}}}`,
	} {
		f.Add(seed)
	}
	fault := faultsOf("", "DeliveryPolicy")
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := parseDeliveryPolicy(fault, text); err == nil && subscriptionPaths.check(fault, p) == nil {
			written := p.render()
			again, err := parseDeliveryPolicy(fault, written)
			require.NoError(t, err)
			require.Equal(t, written, again.render())
			require.Equal(t, scheduleOf(p), scheduleOf(again))
		}
		if p, err := parseTopicDeliveryPolicy(fault, text); err == nil && topicPaths.check(fault, &p.DeliveryPolicy) == nil {
			again, err := parseTopicDeliveryPolicy(fault, p.render())
			require.NoError(t, err)
			require.Equal(t, p, again)
			effective, err := parseTopicDeliveryPolicy(fault, p.renderEffective())
			require.NoError(t, err)
			require.Equal(t, scheduleOf(&p.DeliveryPolicy), scheduleOf(&effective.DeliveryPolicy))
		}
	})
}

func scheduleOf(p *DeliveryPolicy) schedule {
	full := p.withDefaults()
	return full.HealthyRetryPolicy.schedule()
}
