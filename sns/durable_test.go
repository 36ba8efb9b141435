package sns_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// What was set stays set.
func TestReopenedSettings(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		s := w.open()
		q, dead := createQueue(t, w.queues, "q"), createQueue(t, w.queues, "dead")
		topic, err := s.CreateTopicWithAttributes("news", map[string]string{"DisplayName": "News", "KmsMasterKeyId": "alias/x"}, map[string]string{"a": "1"})
		require.NoError(t, err)
		require.NoError(t, topic.Tag(map[string]string{"b": "2"}))
		require.NoError(t, topic.Untag("a"))
		require.NoError(t, topic.SetAttribute("SignatureVersion", "2"))
		created, err := topic.Attributes()
		require.NoError(t, err)
		west, err := s.As("123456789012", "eu-west-1")
		require.NoError(t, err)
		_, err = west.CreateTopic("news", sns.Config{})
		require.NoError(t, err)
		gone := createTopic(t, s, "gone", sns.Config{})
		require.NoError(t, s.DeleteTopic(gone.ARN()))

		plain := subscribe(t, topic, sns.Subscription{Endpoint: sns.QueueEndpoint(q), RawMessageDelivery: true, FilterPolicy: `{"color":["red"]}`, DeadLetterQueue: dead})
		policied := subscribe(t, topic, sns.Subscription{
			Protocol: sns.ProtocolSQS, Address: dead.ARN(), MaxBacklog: 7, InOrder: true,
			FilterPolicy: `{"color":["blue"]}`, FilterPolicyScope: sns.FilterPolicyScopeMessageBody,
			RedrivePolicy:  &sns.RedrivePolicy{DeadLetterTargetARN: q.ARN()},
			DeliveryPolicy: drivePolicies[1].policy,
		})
		waiting := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolHTTP, Address: "http://example.com/a"})
		left := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSQS, Address: "arn:aws:sqs:us-east-1:000000000000:other"})
		require.NoError(t, topic.Unsubscribe(t.Context(), left.ID()))
		require.NoError(t, plain.SetAttribute("SubscriptionRoleArn", "role"))
		want := map[sns.SubscriptionID]map[string]string{}
		for _, sub := range []*sns.LocalSubscription{plain, policied, waiting} {
			want[sub.ID()], err = sub.Attributes()
			require.NoError(t, err)
		}
		config, token := policied.Config(), waiting.Token()

		for _, again := range []func() *sns.Service{w.reopen, w.crash, w.crash} {
			s = again()
			require.True(t, s.Durable())
			topic = w.topic("news")
			got, err := topic.Attributes()
			require.NoError(t, err)
			created["SubscriptionsConfirmed"], created["SubscriptionsPending"] = "2", "1"
			require.Equal(t, created, got)
			require.Equal(t, map[string]string{"b": "2"}, topic.Tags())
			_, err = s.Topic("gone")
			require.ErrorIs(t, err, sns.ErrNotFound)
			west, err = s.As("123456789012", "eu-west-1")
			require.NoError(t, err)
			_, err = west.Topic("news")
			require.NoError(t, err)
			require.Len(t, topic.Subscriptions(), 3)
			for id, attributes := range want {
				sub, err := topic.Subscription(id)
				require.NoError(t, err)
				got, err := sub.Attributes()
				require.NoError(t, err)
				require.Equal(t, attributes, got)
			}
			sub, err := topic.Subscription(policied.ID())
			require.NoError(t, err)
			require.Equal(t, config, sub.Config())
			sub, err = topic.Subscription(waiting.ID())
			require.NoError(t, err)
			require.Equal(t, token, sub.Token())
			sub, err = topic.Subscription(plain.ID())
			require.NoError(t, err)
			require.Same(t, dead, sub.Config().DeadLetterQueue)
			id, err := topic.Subscribe(t.Context(), sns.Subscription{Endpoint: sns.QueueEndpoint(q), RawMessageDelivery: true})
			require.NoError(t, err)
			require.Equal(t, plain.ID(), id, "the same endpoint is the same subscription")
		}
		w.end()
	})
}

// A notification that waits for a retry is tried again when it was to be, as often as it
// was to be.
func TestRetryAcrossOpen(t *testing.T) {
	for name, again := range map[string]func(*world) *sns.Service{"close": (*world).reopen, "crash": (*world).crash} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, 2)
				broken := &recorder{react: refusing}
				w.found["x"] = broken
				s := w.open()
				start := time.Now()
				sub := subscribe(t, createTopic(t, s, "topic", sns.Config{}), sns.Subscription{Protocol: sns.ProtocolLambda, Address: "x", Endpoint: broken})
				publish(t, w.topic("topic"), sns.Entry{Message: "m", Attributes: map[string]sns.Attribute{"a": {DataType: "Number", Value: "1"}}, Subject: "s"})
				// Attempts 1 to 4 at once, 5 to 7 a second apart, then after 1, 2, 4, 8, 16 s, and 20 s from then on.
				schedule := func(n int) (all []time.Duration) {
					at := time.Duration(0)
					all = append(all, 0)
					for i := range n - 1 {
						at += driveManaged.delays[min(i, len(driveManaged.delays)-1)]
						all = append(all, at)
					}
					return all
				}
				wants := schedule(14)
				for i := 4; i < 13; i++ { // in the middle of each pause
					time.Sleep(time.Until(start.Add((wants[i-1] + wants[i]) / 2)))
					synctest.Wait()
					if again != nil {
						time.Sleep(150 * time.Millisecond) // the fact that it is to be tried again rides
						again(w)
					}
					topic := w.topic("topic")
					got, err := topic.Subscription(sub.ID())
					require.NoError(t, err)
					require.Equal(t, 1, got.Stats().Backlog)
					require.Equal(t, 1, got.Stats().Retrying)
				}
				time.Sleep(time.Until(start.Add(wants[13])))
				synctest.Wait()
				require.Equal(t, wants, since(start, broken.attempts()))
				for i, a := range broken.attempts() {
					require.Equal(t, i+1, a.n.Attempt)
					require.Equal(t, "m", a.n.Message)
					require.Equal(t, "s", a.n.Subject)
					require.Equal(t, broken.attempts()[0].n.MessageID, a.n.MessageID)
					require.Equal(t, broken.attempts()[0].n.Timestamp.UnixNano(), a.n.Timestamp.UnixNano())
					require.Equal(t, map[string]sns.Attribute{"a": {DataType: "Number", Value: "1"}}, a.n.Attributes)
				}
				w.end()
			})
		})
	}
}

// Tokens confirm what they were sent for, before and after, for two days.
func TestConfirmationsAcrossOpen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 3)
		net := &web{}
		w.cfg.Transport, w.cfg.Resolve = net, nil
		topic := createTopic(t, w.open(), "topic", sns.Config{})
		a := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolHTTP, Address: "http://a.example/"})
		b := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolHTTP, Address: "http://b.example/"})
		never := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolHTTP, Address: "http://c.example/"})
		synctest.Wait()
		require.Len(t, net.requests, 3)
		w.crash()
		topic = w.topic("topic")
		_, err := topic.Confirm(a.Token(), true)
		require.NoError(t, err)
		_, err = topic.Confirm(b.Token(), false)
		require.NoError(t, err)
		old := b.Token()
		require.NoError(t, topic.Unsubscribe(t.Context(), b.ID()))
		synctest.Wait()
		time.Sleep(time.Second)
		w.crash()
		topic = w.topic("topic")
		publish(t, topic, texts("one")...)
		synctest.Wait()
		require.Len(t, net.notifications(), 1)
		_, err = topic.Confirm(old, false)
		require.ErrorIs(t, err, sns.ErrInvalidParameter, "the token of before it was unsubscribed")
		var goodbye webRequest
		for _, r := range net.requests {
			if r.kind == string(sns.TypeUnsubscribeConfirmation) {
				goodbye = r
			}
		}
		token := between(goodbye.body, `"Token" : "`, `"`)
		id, err := topic.Confirm(token, false)
		require.NoError(t, err)
		require.Equal(t, b.ID(), id)
		w.reopen()
		topic = w.topic("topic")
		publish(t, topic, texts("two")...)
		synctest.Wait()
		require.Len(t, net.notifications(), 3)
		got, err := topic.Subscription(a.ID())
		require.NoError(t, err)
		require.True(t, got.AuthenticateOnUnsubscribe())
		require.Len(t, topic.Subscriptions(), 3)
		time.Sleep(48 * time.Hour)
		w.reopen()
		topic = w.topic("topic")
		require.Len(t, topic.Subscriptions(), 2, "one was not confirmed in time")
		_, err = topic.Confirm(never.Token(), false)
		require.ErrorIs(t, err, sns.ErrInvalidParameter)
		w.end()
	})
}

func between(s, begin, end string) string {
	_, s, _ = strings.Cut(s, begin)
	s, _, _ = strings.Cut(s, end)
	return s
}

// A FIFO topic knows duplicates, goes on numbering, and can replay.
func TestFIFOAcrossOpen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 4)
		topic := createTopic(t, w.open(), "topic.fifo", sns.Config{FIFO: true, ArchivePolicy: &sns.ArchivePolicy{MessageRetentionPeriod: 24 * time.Hour}})
		start := time.Now()
		entry := func(i int) sns.Entry {
			return sns.Entry{Message: fmt.Sprint(i), GroupID: "g", DeduplicationID: fmt.Sprint(i)}
		}
		var firsts []sns.Published
		for i := range 20 {
			firsts = append(firsts, publish(t, topic, entry(i))...)
			time.Sleep(time.Second)
		}
		for _, again := range []func() *sns.Service{w.reopen, w.crash} {
			again()
			topic = w.topic("topic.fifo")
			for i := range 20 {
				require.Equal(t, firsts[i], publish(t, topic, entry(i))[0], "a duplicate")
			}
		}
		next := publish(t, topic, entry(20))[0]
		require.Equal(t, "10000000000000000021", next.SequenceNumber)
		time.Sleep(5 * time.Minute)
		w.crash()
		topic = w.topic("topic.fifo")
		again := publish(t, topic, entry(0))[0]
		require.NotEqual(t, firsts[0], again, "after five minutes it is another message")
		require.Equal(t, "10000000000000000022", again.SequenceNumber)

		slow := &recorder{react: func(n sns.Notification) error {
			if n.Message == "7" && time.Since(start) < 20*time.Minute {
				return errBoom
			}
			return nil
		}}
		w.found["slow"] = slow
		sub := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "slow", Endpoint: slow, ReplayPolicy: &sns.ReplayPolicy{StartingPoint: start.Add(5 * time.Second)}})
		publish(t, topic, entry(30))
		time.Sleep(time.Minute)
		require.Equal(t, "In progress", sub.ReplayStatus())
		w.crash()
		topic = w.topic("topic.fifo")
		publish(t, topic, entry(31))
		time.Sleep(time.Minute)
		w.reopen()
		time.Sleep(20 * time.Minute)
		var got []string
		for _, a := range slow.attempts() {
			require.Equal(t, a.n.Message != "30" && a.n.Message != "31", a.n.Replayed, a.n.Message)
			if len(got) == 0 || got[len(got)-1] != a.n.Message {
				got = append(got, a.n.Message)
			}
		}
		want := []string{}
		for i := 5; i <= 20; i++ {
			want = append(want, fmt.Sprint(i))
		}
		require.Equal(t, append(want, "0", "30", "31"), got)
		sub, err := w.topic("topic.fifo").Subscription(sub.ID())
		require.NoError(t, err)
		require.Equal(t, "Completed", sub.ReplayStatus())
		time.Sleep(24 * time.Hour)
		w.reopen()
		late := &recorder{}
		w.found["late"] = late
		subscribe(t, w.topic("topic.fifo"), sns.Subscription{Protocol: sns.ProtocolLambda, Address: "late", Endpoint: late, ReplayPolicy: &sns.ReplayPolicy{StartingPoint: start}})
		synctest.Wait()
		require.Empty(t, late.attempts(), "too old")
		w.end()
	})
}

// A dead letter on its way arrives.
func TestDeadLettersAcrossOpen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 5)
		broken := &recorder{react: func(sns.Notification) error { return sns.Permanent(errBoom) }}
		w.found["x"] = broken
		topic := createTopic(t, w.open(), "topic", sns.Config{})
		dead := createQueue(t, w.queues, "dead")
		require.NoError(t, dead.SetAttributes(map[string]string{"MaximumMessageSize": "1024"}))
		subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "x", Endpoint: broken, RedrivePolicy: &sns.RedrivePolicy{DeadLetterTargetARN: dead.ARN()}})
		publish(t, topic, texts("m")...)
		time.Sleep(time.Second)
		require.Len(t, drain(t, dead), 1)
		w.crash()
		time.Sleep(time.Hour)
		require.Empty(t, drain(t, dead), "it was moved long before the crash")
		require.Len(t, broken.attempts(), 1)
		w.end()
	})
}

// What was closed can be opened again, but not twice at once; and it says what it is.
func TestOpenClose(t *testing.T) {
	dir := t.TempDir()
	s, err := sns.Open(dir, sns.ServiceConfig{})
	require.NoError(t, err)
	topic := createTopic(t, s, "topic", sns.Config{})
	_, err = sns.Open(dir, sns.ServiceConfig{})
	require.ErrorIs(t, err, durable.ErrLocked)
	require.NoError(t, topic.Close())
	_, err = topic.Publish(t.Context(), texts("m")...)
	require.ErrorIs(t, err, sns.ErrClosed)
	_, err = s.CreateTopic("topic", sns.Config{})
	require.NoError(t, err, "the topic is there, though closed")

	backup := t.TempDir()
	require.NoError(t, s.Backup(t.Context(), backup))
	require.ErrorIs(t, s.Backup(t.Context(), backup), durable.ErrInvalid)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	_, err = s.CreateTopic("other", sns.Config{})
	require.ErrorIs(t, err, sns.ErrClosed)

	for _, dir := range []string{dir, backup} {
		var out bytes.Buffer
		require.NoError(t, sns.Print(&out, dir))
		require.Contains(t, out.String(), "topic 1: arn:aws:sns:us-east-1:000000000000:topic, ")
		s, err = sns.Open(dir, sns.ServiceConfig{})
		require.NoError(t, err)
		topic, err = s.Topic("topic")
		require.NoError(t, err)
		publish(t, topic, texts("m")...)
		require.Zero(t, s.Recovery())
		require.NoError(t, s.Close())
	}
	_, err = sns.Open(dir, sns.ServiceConfig{Durable: durable.Options{SegmentSize: 1}})
	require.ErrorIs(t, err, durable.ErrInvalid)
	require.Equal(t, "InternalError", err.(*sns.Error).ErrorCode())

	m := newService(t, sns.ServiceConfig{})
	require.False(t, m.Durable())
	require.ErrorIs(t, m.Backup(t.Context(), t.TempDir()), durable.ErrInvalid)
	require.Zero(t, m.Recovery())
}

// An endpoint that could not be found again is refused.
func TestEndpointsThatCanNotBeStored(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 6)
		w.cfg.Resolve = nil
		topic := createTopic(t, w.open(), "topic", sns.Config{})
		elsewhere, err := sqs.New("q", sqs.Config{})
		require.NoError(t, err)
		defer elsewhere.Close()
		inside := createQueue(t, w.queues, "q")
		f := sns.EndpointFunc(func(_ context.Context, _ sns.Notification) error { return nil })
		for _, sub := range []sns.Subscription{
			{Endpoint: f}, {Endpoint: f, Protocol: sns.ProtocolLambda, Address: "f"}, {Endpoint: f, Protocol: sns.ProtocolHTTP, Address: "http://example.com/"},
			{Endpoint: sns.QueueEndpoint(elsewhere)}, {Endpoint: sns.QueueEndpoint(&brokenQueue{})},
			{Endpoint: sns.QueueEndpoint(inside), DeadLetterQueue: elsewhere},
		} {
			_, err := topic.Subscribe(t.Context(), sub)
			require.ErrorIs(t, err, sns.ErrInvalidParameter)
			require.ErrorContains(t, err, "again", "%+v", sub)
		}
		require.Empty(t, topic.Subscriptions())
		subscribe(t, topic, sns.Subscription{Endpoint: sns.QueueEndpoint(inside), DeadLetterQueue: inside})
		w.end()

		// A function is found, or given again.
		w.cfg.Functions = func(arn string) (sns.Endpoint, error) { return w.found[arn], nil }
		broken, given := &recorder{react: refusing}, &recorder{}
		topic = createTopic(t, w.open(), "topic2", sns.Config{})
		sub := sns.Subscription{Endpoint: broken, Protocol: sns.ProtocolLambda, Address: "f"}
		s := subscribe(t, topic, sub)
		publish(t, topic, texts("m")...)
		time.Sleep(10 * time.Second)
		w.reopen()
		topic = w.topic("topic2")
		time.Sleep(time.Minute)
		sub.Endpoint = given
		id, err := topic.Subscribe(t.Context(), sub)
		require.NoError(t, err)
		require.Equal(t, s.ID(), id)
		time.Sleep(time.Minute)
		require.Equal(t, []string{"m"}, given.texts())
		w.end()
	})
}
