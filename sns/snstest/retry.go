package snstest

import (
	"time"

	"github.com/leat-go/leat/sns"
)

// policy returns a delivery policy of n retries, delay apart.
func policy(n int, delay time.Duration) *sns.DeliveryPolicy {
	return &sns.DeliveryPolicy{HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: &n, MinDelayTarget: delay, MaxDelayTarget: delay}}
}

// failing returns a reaction that fails the first n attempts at each message, with err.
func failing(n int, err error) func(n sns.Notification) error {
	return func(m sns.Notification) error {
		if m.Attempt <= n {
			return err
		}
		return nil
	}
}

// elapsed checks when the attempts of a subscriber came, counted from the first.
func (in *inbox) elapsed(want ...time.Duration) {
	in.c.Helper()
	seen, at := in.attempts()
	if len(seen) != len(want) {
		in.c.Fatalf("%d attempts instead of %d, at %v", len(seen), len(want), at)
	}
	for i, d := range want {
		if seen[i].Attempt != i+1 {
			in.c.Fatalf("attempt %d has the number %d", i+1, seen[i].Attempt)
		}
		in.c.Took(at[i].Sub(at[0]), d, "the time to the next attempt")
	}
}

var retryRules = []rule{{
	name:  "retry/until it is taken",
	says:  "When an endpoint fails, the same notification is delivered to it again until it succeeds, and counts its attempts; then it is not delivered again.",
	needs: Functions,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.reacting(topic, sns.Subscription{}, failing(2, errBoom))
		published := c.publishTexts(topic, "a")[0]
		in.arrive(3)
		c.settle(topic)
		seen, _ := in.attempts()
		if len(seen) != 3 {
			c.Fatalf("%d attempts at a message that was taken at the third", len(seen))
		}
		for i, n := range seen {
			if n.Attempt != i+1 || n.MessageID != published.MessageID || n.Message != "a" || !n.Timestamp.Equal(seen[0].Timestamp) {
				c.Fatalf("attempt %d is %+v, the message was published as %q", i+1, n, published.MessageID)
			}
		}
	},
}, {
	name:  "retry/schedule of functions",
	says:  "A function is tried again three times at once, twice after a second, and then after 1, 2, 4, … seconds.",
	needs: Functions,
	waits: 15 * time.Second,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.reacting(topic, sns.Subscription{}, failing(8, errBoom))
		c.publishTexts(topic, "a")
		in.arrive(9)
		c.settle(topic)
		in.elapsed(0, 0, 0, 0, time.Second, 2*time.Second, 3*time.Second, 5*time.Second, 9*time.Second)
	},
}, {
	name:  "retry/as the subscription says",
	says:  "A subscription's own delivery policy says how often and when it is tried again; then the notification is given up.",
	needs: Functions | DeliveryPolicies,
	waits: 10 * time.Second,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		never := c.reacting(topic, sns.Subscription{DeliveryPolicy: policy(0, time.Second)}, failing(100, errBoom))
		often := c.reacting(topic, sns.Subscription{DeliveryPolicy: policy(3, 2*time.Second)}, failing(100, errBoom))
		c.publishTexts(topic, "a")
		often.arrive(4)
		c.settle(topic)
		never.elapsed(0)
		often.elapsed(0, 2*time.Second, 4*time.Second, 6*time.Second)
	},
}, {
	name:  "retry/not when it is permanent",
	says:  "A failure marked by sns.Permanent is not tried again, even if the error is wrapped.",
	needs: Functions,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.reacting(topic, sns.Subscription{}, failing(1, sns.Permanent(errBoom)))
		c.publishTexts(topic, "a", "b")
		in.arrive(2)
		c.settle(topic)
		seen, _ := in.attempts()
		c.equal([]string{"a", "b"}, textsOf(seen), "attempted")
	},
}, {
	name:  "retry/does not hold up others",
	says:  "While one message of a standard topic waits to be tried again, later ones are delivered, to this subscriber and to others.",
	needs: Functions,
	waits: 10 * time.Second,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.reacting(topic, sns.Subscription{}, func(n sns.Notification) error {
			if n.Message == "bad" && n.Attempt < 6 {
				return errBoom
			}
			return nil
		})
		other := c.inbox(topic, sns.Subscription{})
		start := time.Now()
		c.publishTexts(topic, "bad", "good")
		in.arrive(5)
		c.settle(topic)
		seen, at := in.attempts()
		for i, n := range seen {
			if n.Message == "good" {
				c.Took(at[i].Sub(start), 0, "the delivery of the message after a failed one")
			} else if n.Attempt == 6 {
				c.Took(at[i].Sub(start), 2*time.Second, "the last attempt")
			}
		}
		if len(seen) != 7 {
			c.Fatalf("%d attempts instead of 7", len(seen))
		}
		other.expect("bad", "good")
	},
}, {
	name:  "retry/in order",
	says:  "A subscription with InOrder delivers no later message while one waits to be tried again.",
	needs: Functions | InOrder,
	waits: 10 * time.Second,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.reacting(topic, sns.Subscription{InOrder: true}, func(n sns.Notification) error {
			if n.Message == "bad" && n.Attempt < 5 {
				return errBoom
			}
			return nil
		})
		c.publishTexts(topic, "a", "bad", "b", "c")
		in.arrive(8)
		c.settle(topic)
		seen, _ := in.attempts()
		c.equal([]string{"a", "bad", "bad", "bad", "bad", "bad", "b", "c"}, textsOf(seen), "attempted")
	},
}, {
	name:  "retry/ends with the subscription",
	says:  "What waits to be tried again ends when its subscription does.",
	needs: Functions,
	waits: 10 * time.Second,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.reacting(topic, sns.Subscription{}, failing(100, errBoom))
		c.publishTexts(topic, "a")
		in.arrive(5)
		c.unsubscribe(topic, in.id)
		before, _ := in.attempts()
		c.settle(topic)
		time.Sleep(5 * time.Second)
		if after, _ := in.attempts(); len(after) > len(before)+1 { // one may have been on its way
			c.Fatalf("%d attempts before Unsubscribe, %d after", len(before), len(after))
		}
	},
}}
