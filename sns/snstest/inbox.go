package snstest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

var errBoom = errors.New("boom")

// inbox is a subscriber that keeps what it gets: a function, or a queue where the
// implementation has no functions.
type inbox struct {
	c     *checker
	topic sns.Topic
	id    sns.SubscriptionID
	queue sqs.Queue                      // nil if it is a function
	react func(n sns.Notification) error // what the function answers; nil for success

	mu   sync.Mutex
	seen []sns.Notification // all attempts; guarded by mu
	at   []time.Time        // when they came; guarded by mu
}

// inbox subscribes a new subscriber with the settings of sub.
func (c *checker) inbox(topic sns.Topic, sub sns.Subscription) *inbox {
	c.Helper()
	if c.cfg.Lacks&Functions != 0 {
		return c.queueInbox(topic, standardQueue, sub)
	}
	return c.reacting(topic, sub, nil)
}

// reacting subscribes a function that answers as react says.
func (c *checker) reacting(topic sns.Topic, sub sns.Subscription, react func(n sns.Notification) error) *inbox {
	c.Helper()
	in := &inbox{c: c, topic: topic, react: react}
	sub.Endpoint = sns.EndpointFunc(in.deliver)
	in.id = c.subscribe(topic, sub)
	return in
}

// queueInbox subscribes a new queue, which gets envelopes.
func (c *checker) queueInbox(topic sns.Topic, cfg sqs.Config, sub sns.Subscription) *inbox {
	c.Helper()
	q, named := c.queue(topic, cfg)
	sub.Protocol, sub.Address = named.Protocol, named.Address
	return &inbox{c: c, topic: topic, queue: q, id: c.subscribe(topic, sub)}
}

func (in *inbox) deliver(_ context.Context, n sns.Notification) error {
	in.mu.Lock()
	in.seen = append(in.seen, n)
	in.at = append(in.at, time.Now())
	in.mu.Unlock()
	if in.react == nil {
		return nil
	}
	return in.react(n)
}

// attempts returns everything that came, with the times.
func (in *inbox) attempts() ([]sns.Notification, []time.Time) {
	in.c.Helper()
	if in.queue != nil {
		for _, m := range in.c.drain(in.queue) {
			in.deliver(in.c.Context(), in.c.open(m))
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.seen), slices.Clone(in.at)
}

// notifications returns what came, each message once if the implementation may
// deliver it more often.
func (in *inbox) notifications() []sns.Notification {
	in.c.Helper()
	seen, _ := in.attempts()
	if in.c.cfg.Lacks&Once == 0 {
		return seen
	}
	known := make(map[string]bool)
	return slices.DeleteFunc(seen, func(n sns.Notification) bool {
		again := known[n.MessageID]
		known[n.MessageID] = true
		return again
	})
}

// arrive waits until n notifications are there.
func (in *inbox) arrive(n int) []sns.Notification {
	in.c.Helper()
	var got []sns.Notification
	if !in.c.eventually(func() bool { got = in.notifications(); return len(got) >= n }) {
		in.c.Fatalf("got %q, which is %d notifications of %d", textsOf(got), len(got), n)
	}
	return got
}

// get returns the n notifications of all that was published so far, and checks that
// there are no more.
func (in *inbox) get(n int) []sns.Notification {
	in.c.Helper()
	in.arrive(n)
	in.c.settle(in.topic)
	got := in.notifications()
	if len(got) != n {
		in.c.Fatalf("got %d notifications instead of %d: %q", len(got), n, textsOf(got))
	}
	return got
}

// expect checks that these texts came and no others, in whatever order.
func (in *inbox) expect(texts ...string) {
	in.c.Helper()
	in.c.settle(in.topic)
	in.c.eventually(func() bool { return len(in.notifications()) >= len(texts) })
	got := slices.Sorted(slices.Values(textsOf(in.notifications())))
	in.c.equal(slices.Sorted(slices.Values(texts)), got, "delivered")
}

// expectInOrder does so with regard to order.
func (in *inbox) expectInOrder(texts ...string) {
	in.c.Helper()
	in.expect(texts...)
	in.c.equal(texts, textsOf(in.notifications()), "delivered")
}

// drain receives and deletes what there is in a queue.
func (c *checker) drain(q sqs.Queue) []sqs.Message {
	c.Helper()
	var all []sqs.Message
	wait := time.Duration(0)
	if !c.cfg.VirtualTime && c.cfg.Flush == nil {
		wait = time.Second
	}
	for {
		messages, err := q.Receive(c.Context(), sqs.ReceiveRequest{MaxMessages: 10, Wait: &wait})
		if err != nil {
			c.Fatalf("Receive: %v", err)
		}
		if len(messages) == 0 {
			return all
		}
		for _, m := range messages {
			if err := q.Delete(c.Context(), m.ReceiptHandle); err != nil {
				c.Fatalf("Delete: %v", err)
			}
		}
		all = append(all, messages...)
	}
}

// take waits for n messages in a queue, and checks that there are no more.
func (c *checker) take(topic sns.Topic, q sqs.Queue, n int) []sqs.Message {
	c.Helper()
	c.settle(topic)
	var all []sqs.Message
	c.eventually(func() bool { all = append(all, c.drain(q)...); return len(all) >= n })
	if len(all) != n {
		c.Fatalf("%d messages in the queue instead of %d: %+v", len(all), n, all)
	}
	return all
}

// envelope is a notification as queues get it.
type envelope struct {
	Type, MessageID, TopicARN, Subject, Message, Timestamp, SignatureVersion, SequenceNumber string
	Signature, SigningCertURL, UnsubscribeURL                                                *string
	MessageAttributes                                                                        map[string]struct{ Type, Value string }
	Replayed                                                                                 any
}

func (c *checker) unseal(body string) envelope {
	c.Helper()
	var e envelope
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		c.Fatalf("a queue got %q, which is no envelope: %v", body, err)
	}
	return e
}

// open makes the notification of a message that holds an envelope.
func (c *checker) open(m sqs.Message) sns.Notification {
	c.Helper()
	e := c.unseal(m.Body)
	n := sns.Notification{
		Type: sns.NotificationType(e.Type), MessageID: e.MessageID, TopicARN: e.TopicARN, Subject: e.Subject, Message: e.Message,
		SequenceNumber: e.SequenceNumber, GroupID: m.GroupID, DeduplicationID: m.DeduplicationID, Replayed: e.Replayed != nil, Attempt: 1,
	}
	var err error
	if n.Timestamp, err = time.Parse(time.RFC3339, e.Timestamp); err != nil {
		c.Fatalf("the timestamp of an envelope: %v", err)
	}
	for name, a := range e.MessageAttributes {
		if n.Attributes == nil {
			n.Attributes = make(map[string]sns.Attribute)
		}
		if a.Type == "Binary" {
			b, err := base64.StdEncoding.DecodeString(a.Value)
			if err != nil {
				c.Fatalf("the binary attribute %s of an envelope: %v", name, err)
			}
			a.Value = string(b)
		}
		n.Attributes[name] = sns.Attribute{DataType: a.Type, Value: a.Value}
	}
	return n
}

func textsOf(notifications []sns.Notification) []string {
	var texts []string
	for _, n := range notifications {
		texts = append(texts, n.Message)
	}
	return texts
}
