package snstest

import (
	"github.com/leat-go/leat/sns"
)

var subscriptionRules = []rule{{
	name: "subscription/ends",
	says: "After Unsubscribe a subscriber gets nothing that is published from then on; others go on.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in, other := c.inbox(topic, sns.Subscription{}), c.inbox(topic, sns.Subscription{})
		c.publishTexts(topic, "before")
		in.get(1)
		c.unsubscribe(topic, in.id)
		c.publishTexts(topic, "after")
		other.expect("before", "after")
		in.expect("before")
	},
}, {
	name: "subscription/ends twice",
	says: "To end a subscription that is gone is no error.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		c.unsubscribe(topic, in.id)
		c.unsubscribe(topic, in.id)
	},
}, {
	name: "subscription/ids",
	says: "Subscriptions of different endpoints have different ids.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		a, b := c.inbox(topic, sns.Subscription{}), c.inbox(topic, sns.Subscription{})
		if a.id == b.id {
			c.Fatalf("two subscribers are both %q", a.id)
		}
	},
}, {
	name:   "subscription/the same again",
	says:   "The same endpoint subscribed again with the same settings is the same subscription, with the same id, and gets each message once.",
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		q, sub := c.queue(topic, standardQueue)
		id := c.subscribe(topic, sub)
		if again := c.subscribe(topic, sub); again != id {
			c.Fatalf("subscribed as %q, and again as %q", id, again)
		}
		(&inbox{c: c, topic: topic, queue: q}).publishTo("a", "b")
	},
}, {
	name:   "subscription/the same with other settings",
	says:   "The same endpoint subscribed again with other settings is ErrInvalidParameter, and leaves the subscription as it was.",
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		q, sub := c.queue(topic, standardQueue)
		c.subscribe(topic, sub)
		sub.RawMessageDelivery = true
		_, err := topic.Subscribe(c.Context(), sub)
		c.FailedWith(err, "Subscribe", sns.ErrInvalidParameter)
		(&inbox{c: c, topic: topic, queue: q}).publishTo("a")
	},
}, {
	name:   "subscription/after an end",
	says:   "An endpoint that was unsubscribed can subscribe again, with other settings too, as a new subscription.",
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		q, sub := c.queue(topic, standardQueue)
		sub.RawMessageDelivery = true
		id := c.subscribe(topic, sub)
		c.unsubscribe(topic, id)
		c.publishTexts(topic, "meanwhile")
		sub.RawMessageDelivery = false
		if again := c.subscribe(topic, sub); again == id {
			c.Fatalf("the new subscription is %q like the one that ended", again)
		}
		(&inbox{c: c, topic: topic, queue: q}).publishTo("a")
	},
}, {
	name: "subscription/bad ones",
	says: "A subscription without an endpoint, of an unknown protocol, or with an address that does not suit its protocol is ErrInvalidParameter.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		for _, sub := range []sns.Subscription{
			{}, {Protocol: "pigeon", Address: "loft"}, {Protocol: sns.ProtocolSQS, Address: "https://example.com/q"},
			{Protocol: sns.ProtocolHTTPS, Address: "http://example.com/"}, {Protocol: sns.ProtocolEmail, Address: "nobody"},
		} {
			id, err := topic.Subscribe(c.Context(), sub)
			c.FailedWith(err, "Subscribe of "+string(sub.Protocol)+" "+sub.Address, sns.ErrInvalidParameter)
			if id != "" {
				c.Fatalf("Subscribe failed and returned the id %q", id)
			}
		}
	},
}}

// publishTo publishes texts and expects them, and nothing else.
func (in *inbox) publishTo(texts ...string) {
	in.c.Helper()
	in.c.publishTexts(in.topic, texts...)
	in.expect(texts...)
}
