package snstest

import (
	"slices"
	"time"

	"github.com/leat-go/leat/sns"
)

var deadLetterRules = []rule{{
	name:   "dead letters/when retries end",
	says:   "What a subscriber has not taken when its retries end goes to its dead-letter queue as the envelope of the notification; what it took does not.",
	needs:  Functions | DeliveryPolicies,
	queues: true,
	waits:  10 * time.Second,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		dead, redrive := c.deadLetters(topic, standardQueue)
		in := c.reacting(topic, sns.Subscription{RedrivePolicy: redrive, DeliveryPolicy: policy(2, time.Second)}, func(n sns.Notification) error {
			if n.Message == "bad" {
				return errBoom
			}
			return nil
		})
		start := time.Now()
		published := c.publishTexts(topic, "good", "bad")
		in.arrive(4)
		m := c.take(topic, dead, 1)[0]
		c.Took(m.SentAt.Sub(start), 2*time.Second, "the way to the dead-letter queue")
		if e := c.unseal(m.Body); e.Message != "bad" || e.MessageID != published[1].MessageID || e.Type != "Notification" {
			c.Fatalf("published %q as %q, the dead letter is %+v", "bad", published[1].MessageID, e)
		}
	},
}, {
	name:   "dead letters/at once when permanent",
	says:   "What failed for good goes to the dead-letter queue at once.",
	needs:  Functions,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		dead, redrive := c.deadLetters(topic, standardQueue)
		c.reacting(topic, sns.Subscription{RedrivePolicy: redrive}, failing(100, sns.Permanent(errBoom)))
		start := time.Now()
		c.publishTexts(topic, "a")
		m := c.take(topic, dead, 1)[0]
		c.Took(m.SentAt.Sub(start), 0, "the way to the dead-letter queue")
		c.equal([]string{"a"}, []string{c.unseal(m.Body).Message}, "dead-lettered")
	},
}, {
	name:   "dead letters/of one subscription",
	says:   "Each subscription has dead letters of its own: those of others, and what others took, are not among them.",
	needs:  Functions,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		dead, redrive := c.deadLetters(topic, standardQueue)
		deader, another := c.deadLetters(topic, standardQueue)
		bad := func(text string) func(n sns.Notification) error {
			return func(n sns.Notification) error {
				if n.Message == text {
					return sns.Permanent(errBoom)
				}
				return nil
			}
		}
		c.reacting(topic, sns.Subscription{RedrivePolicy: redrive}, bad("a"))
		c.reacting(topic, sns.Subscription{RedrivePolicy: another}, bad("b"))
		c.reacting(topic, sns.Subscription{}, bad("c"))
		all := c.inbox(topic, sns.Subscription{})
		c.publishTexts(topic, "a", "b", "c")
		all.expect("a", "b", "c")
		c.equal([]string{"a"}, []string{c.unseal(c.take(topic, dead, 1)[0].Body).Message}, "dead-lettered by the first")
		c.equal([]string{"b"}, []string{c.unseal(c.take(topic, deader, 1)[0].Body).Message}, "dead-lettered by the second")
	},
}, {
	name:   "dead letters/raw",
	says:   "With RawMessageDelivery a dead letter is the message itself, with its attributes.",
	needs:  Functions,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		dead, redrive := c.deadLetters(topic, standardQueue)
		c.reacting(topic, sns.Subscription{RawMessageDelivery: true, RedrivePolicy: redrive}, failing(100, sns.Permanent(errBoom)))
		a := sns.Attribute{DataType: "Number", Value: "7"}
		c.publish(topic, sns.Entry{Message: "a", Attributes: map[string]sns.Attribute{"n": a}})
		if m := c.take(topic, dead, 1)[0]; m.Body != "a" || m.Attributes["n"] != a {
			c.Fatalf("published %q raw with the attribute %q, the dead letter is %q with %q", "a", a, m.Body, m.Attributes)
		}
	},
}, {
	name:   "dead letters/a bad queue",
	says:   "A redrive policy whose queue does not exist, or is FIFO although the topic is not, is ErrInvalidParameter.",
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		_, sub := c.queue(topic, standardQueue)
		sub.RedrivePolicy = &sns.RedrivePolicy{DeadLetterTargetARN: "nowhere"}
		_, err := topic.Subscribe(c.Context(), sub)
		c.FailedWith(err, "the dead-letter queue nowhere", sns.ErrInvalidParameter)
		if c.cfg.Lacks&FIFO != 0 {
			return
		}
		_, sub.RedrivePolicy = c.deadLetters(topic, fifoQueue)
		_, err = topic.Subscribe(c.Context(), sub)
		c.FailedWith(err, "a FIFO queue for dead letters", sns.ErrInvalidParameter)
	},
}}

var backlogRules = []rule{{
	name:   "backlog/is bounded",
	says:   "Of what waits for a subscriber that is stuck, MaxBacklog is kept, the oldest first; the rest is dead-lettered at once, and nothing is lost.",
	needs:  Functions | Backlogs,
	queues: true,
	verify: func(c *checker) {
		topic, g := c.topic(sns.Config{}), newGate(c)
		dead, redrive := c.deadLetters(topic, standardQueue)
		in := c.reacting(topic, sns.Subscription{MaxBacklog: 3, RedrivePolicy: redrive}, g.wait)
		other := c.inbox(topic, sns.Subscription{})
		texts := []string{"1", "2", "3", "4", "5", "6", "7", "8"}
		for _, text := range texts {
			c.publishTexts(topic, text)
			other.arrive(1)
			in.arrive(1)
		}
		other.arrive(len(texts))
		var letters []string
		if !c.eventually(func() bool {
			for _, m := range c.drain(dead) {
				letters = append(letters, c.unseal(m.Body).Message)
			}
			return len(letters) >= 4
		}) {
			c.Fatalf("of 8 messages for a stuck subscriber with a backlog of 3 only %q are dead-lettered", letters)
		}
		g.release()
		c.settle(topic)
		taken := textsOf(in.notifications())
		if len(taken) != 3 && len(taken) != 4 { // the one that is on its way may count or not
			c.Fatalf("of 8 messages a subscriber with a backlog of 3 got %q", taken)
		}
		c.equal(texts, append(taken, slices.Sorted(slices.Values(letters))...), "delivered and dead-lettered")
		other.expect(texts...)
	},
}}
