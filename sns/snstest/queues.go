package snstest

import (
	"encoding/json"
	"time"

	"github.com/leat-go/leat/sns"
)

var queueRules = []rule{{
	name:   "queues/envelope",
	says:   "A queue gets a JSON object with Type, MessageId, TopicArn, Subject, Message, Timestamp in milliseconds, SignatureVersion, Signature, SigningCertURL, UnsubscribeURL and MessageAttributes, and no message attributes beside it; without a subject and attributes those keys are missing.",
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		q, sub := c.queue(topic, standardQueue)
		c.subscribe(topic, sub)
		published := c.publish(topic, sns.Entry{Message: `quoted "text"`, Subject: "s", Attributes: map[string]sns.Attribute{
			"a": {DataType: "String", Value: "v"}, "b": {DataType: "Binary", Value: "bytes"},
		}})[0]
		m := c.take(topic, q, 1)[0]
		e := c.unseal(m.Body)
		switch {
		case e.Type != "Notification" || e.MessageID != published.MessageID || e.Subject != "s" || e.Message != `quoted "text"`:
			c.Fatalf("published as %q, the queue got %s", published.MessageID, m.Body)
		case e.SignatureVersion == "" || e.Signature == nil || e.SigningCertURL == nil || e.UnsubscribeURL == nil:
			c.Fatalf("parts of the envelope are missing: %s", m.Body)
		case len(e.MessageAttributes) != 2 || e.MessageAttributes["a"].Value != "v" || e.MessageAttributes["b"].Type != "Binary" || e.MessageAttributes["b"].Value != "Ynl0ZXM=":
			c.Fatalf("the attributes in the envelope are %v", e.MessageAttributes)
		case len(m.Attributes) > 0:
			c.Fatalf("beside the envelope there are the attributes %v", m.Attributes)
		}
		if _, err := time.Parse("2006-01-02T15:04:05.000Z", e.Timestamp); err != nil {
			c.Fatalf("the timestamp: %v", err)
		}
		c.publishTexts(topic, "bare")
		var keys map[string]any
		m = c.take(topic, q, 1)[0]
		if err := json.Unmarshal([]byte(m.Body), &keys); err != nil {
			c.Fatal(err)
		}
		for _, key := range []string{"Subject", "MessageAttributes"} {
			if _, ok := keys[key]; ok {
				c.Fatalf("the message has none and its envelope has %s: %s", key, m.Body)
			}
		}
	},
}, {
	name:   "queues/raw",
	says:   "With RawMessageDelivery a queue gets the text as the body and the attributes as message attributes.",
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		q, sub := c.queue(topic, standardQueue)
		sub.RawMessageDelivery = true
		c.subscribe(topic, sub)
		attributes := map[string]sns.Attribute{"a": {DataType: "String", Value: "v"}, "n": {DataType: "Number", Value: "7"}, "b": {DataType: "Binary", Value: "\x00\xff"}}
		c.publish(topic, sns.Entry{Message: "text", Subject: "s", Attributes: attributes})
		m := c.take(topic, q, 1)[0]
		if m.Body != "text" {
			c.Fatalf("the body is %q", m.Body)
		}
		c.sameAttributes(attributes, m.Attributes)
	},
}, {
	name:   "queues/too many attributes",
	says:   "A raw message with more than ten attributes, which a queue does not take, is not delivered to it; an envelope with them is.",
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		q, sub := c.queue(topic, standardQueue)
		sub.RawMessageDelivery = true
		c.subscribe(topic, sub)
		in := c.queueInbox(topic, standardQueue, sns.Subscription{})
		e := sns.Entry{Message: "many", Attributes: make(map[string]sns.Attribute)}
		for name := 'a'; name <= 'k'; name++ {
			e.Attributes[string(name)] = sns.Attribute{DataType: "String", Value: "v"}
		}
		c.publish(topic, e)
		c.sameAttributes(e.Attributes, in.get(1)[0].Attributes)
		c.publishTexts(topic, "few")
		in.expect("many", "few")
		c.equal([]string{"few"}, []string{c.take(topic, q, 1)[0].Body}, "delivered raw")
	},
}, {
	name:   "queues/a group",
	says:   "The group of a message of a standard topic is handed on to standard queues.",
	needs:  FairQueues,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		q, sub := c.queue(topic, standardQueue)
		c.subscribe(topic, sub)
		c.publish(topic, sns.Entry{Message: "a", GroupID: "tenant-1"})
		if m := c.take(topic, q, 1)[0]; m.GroupID != "tenant-1" {
			c.Fatalf("published in the group %q, received in %q", "tenant-1", m.GroupID)
		}
	},
}, {
	name:   "queues/FIFO refused",
	says:   "A FIFO queue can not subscribe to a standard topic: that is ErrInvalidParameter.",
	needs:  FIFO,
	queues: true,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		q, sub := c.queue(topic, fifoQueue)
		_, err := topic.Subscribe(c.Context(), sub)
		c.FailedWith(err, "Subscribe", sns.ErrInvalidParameter)
		c.publishTexts(topic, "a")
		c.take(topic, q, 0)
	},
}}
