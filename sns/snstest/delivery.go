package snstest

import (
	"context"
	"strings"
	"time"

	"github.com/leat-go/leat/sns"
)

var deliveryRules = []rule{{
	name: "delivery/to every subscriber",
	says: "A message that was published is delivered once to every subscriber, with its text, subject and attributes, under the id that Publish returned.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		inboxes := []*inbox{c.inbox(topic, sns.Subscription{}), c.inbox(topic, sns.Subscription{}), c.inbox(topic, sns.Subscription{})}
		e := sns.Entry{Message: "hello", Subject: "greeting", Attributes: map[string]sns.Attribute{
			"color": {DataType: "String", Value: "red"}, "n": {DataType: "Number", Value: "1.5"}, "raw": {DataType: "Binary", Value: "\x00\xff"},
			"list": {DataType: "String.Array", Value: `["a",1,true,null]`},
		}}
		published := c.publish(topic, e)[0]
		for i, in := range inboxes {
			n := in.get(1)[0]
			if n.MessageID != published.MessageID || n.MessageID == "" || n.Message != e.Message || n.Subject != e.Subject {
				c.Fatalf("published %q on %q as %q, subscriber %d got %q on %q as %q", e.Message, e.Subject, published.MessageID, i, n.Message, n.Subject, n.MessageID)
			}
			c.sameAttributes(e.Attributes, n.Attributes)
		}
	},
}, {
	name: "delivery/facts",
	says: "A notification says that it is one, when its message was published, and by its ARN on which topic, and in the first attempt that it is the first; ids are unique; what was not given is not there.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		start := time.Now().Add(-time.Second) // SNS counts milliseconds
		published := c.publishTexts(topic, "a", "b")
		end := time.Now().Add(time.Second)
		if published[0].MessageID == published[1].MessageID {
			c.Fatalf("two messages have the id %q", published[0].MessageID)
		}
		for _, n := range in.get(2) {
			switch {
			case n.Type != sns.TypeNotification:
				c.Fatalf("the type is %q", n.Type)
			case !strings.HasPrefix(n.TopicARN, "arn:") || !strings.Contains(n.TopicARN, ":sns:"):
				c.Fatalf("the ARN of the topic is %q", n.TopicARN)
			case !strings.HasPrefix(string(in.id), n.TopicARN+":") || c.cfg.Lacks&Functions == 0 && n.SubscriptionARN != string(in.id):
				c.Fatalf("subscription %q of topic %q, notified as %q", in.id, n.TopicARN, n.SubscriptionARN)
			case n.Timestamp.Before(start) || n.Timestamp.After(end):
				c.Fatalf("published at %v, after %v and before %v", n.Timestamp, start, end)
			case n.Attempt != 1:
				c.Fatalf("the first attempt has the number %d", n.Attempt)
			case n.Subject != "" || len(n.Attributes) > 0 || n.SequenceNumber != "" || n.GroupID != "" || n.DeduplicationID != "" || n.Replayed || n.Token != "":
				c.Fatalf("a message of nothing but a text became %+v", n)
			}
		}
	},
}, {
	name:  "delivery/in order",
	says:  "A subscriber gets the messages in the order in which they were published, over any number of batches.",
	needs: Order,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in, slow := c.inbox(topic, sns.Subscription{}), c.inbox(topic, sns.Subscription{})
		slow.react = func(sns.Notification) error { time.Sleep(time.Millisecond); return nil }
		want := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}
		c.publishTexts(topic, want[:5]...)
		for _, text := range want[5:] {
			c.publishTexts(topic, text)
		}
		in.expectInOrder(want...)
		slow.expectInOrder(want...)
	},
}, {
	name: "delivery/nothing from before",
	says: "A subscription gets nothing that was published before it.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		old := c.inbox(topic, sns.Subscription{})
		c.publishTexts(topic, "before")
		in := c.inbox(topic, sns.Subscription{})
		c.publishTexts(topic, "after")
		in.expect("after")
		old.expect("before", "after")
	},
}, {
	name: "delivery/nobody there",
	says: "Publishing to a topic without subscriptions succeeds.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		if published := c.publishTexts(topic, "hello"); published[0].MessageID == "" {
			c.Fatal("the message has no id")
		}
		c.settle(topic)
	},
}, {
	name: "delivery/topics are apart",
	says: "What is published to one topic is not delivered to the subscribers of another.",
	verify: func(c *checker) {
		topic, other := c.topic(sns.Config{}), c.topic(sns.Config{})
		in, theirs := c.inbox(topic, sns.Subscription{}), c.inbox(other, sns.Subscription{})
		c.publishTexts(topic, "mine")
		in.expect("mine")
		theirs.expect()
	},
}, {
	name: "delivery/a context that is over",
	says: "With a context that is over Publish, Subscribe and Unsubscribe return its error and do nothing.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		ctx, cancel := context.WithCancel(c.Context())
		cancel()
		_, err := topic.Publish(ctx, entries("late")...)
		c.FailedWith(err, "Publish", context.Canceled)
		if c.cfg.Lacks&Functions == 0 {
			late := &inbox{c: c, topic: topic}
			_, err = topic.Subscribe(ctx, sns.Subscription{Endpoint: sns.EndpointFunc(late.deliver)})
			c.FailedWith(err, "Subscribe", context.Canceled)
			defer late.expect()
		}
		c.FailedWith(topic.Unsubscribe(ctx, in.id), "Unsubscribe", context.Canceled)
		c.publishTexts(topic, "in time")
		in.expect("in time")
	},
}}

// sameAttributes checks what became of the attributes of a message.
func (c *checker) sameAttributes(want, got map[string]sns.Attribute) {
	c.Helper()
	if len(got) != len(want) {
		c.Fatalf("published with the attributes %q, delivered with %q", want, got)
	}
	for name, a := range want {
		if got[name] != a {
			c.Fatalf("attribute %s was published as %q and delivered as %q", name, a, got[name])
		}
	}
}
