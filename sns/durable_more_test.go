package sns_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// While the queues are closed nothing is lost: neither what is for them, nor the dead
// letters, which do not go to their endpoint again.
func TestClosedQueuesAreWaitedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 21)
		w.cfg.Resolve = nil
		broken := &recorder{react: func(sns.Notification) error { return sns.Permanent(errBoom) }}
		w.cfg.Functions = func(string) (sns.Endpoint, error) { return broken, nil }
		topic := createTopic(t, w.open(), "topic", sns.Config{})
		q, dead := createQueue(t, w.queues, "q"), createQueue(t, w.queues, "dead")
		subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSQS, Address: q.ARN()})
		subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "f", Endpoint: broken, RedrivePolicy: &sns.RedrivePolicy{DeadLetterTargetARN: dead.ARN()}})
		require.NoError(t, w.queues.Close())
		publish(t, topic, texts("m")...)
		time.Sleep(time.Minute)
		require.Len(t, broken.attempts(), 1)
		for _, again := range []func() *sns.Service{w.crash, w.reopen} {
			again()
			time.Sleep(time.Minute)
		}
		queues, err := sqs.NewService(sqs.ServiceConfig{})
		require.NoError(t, err)
		w.cfg.Queues = queues
		q, dead = createQueue(t, queues, "q"), createQueue(t, queues, "dead")
		w.crash()
		time.Sleep(time.Minute)
		require.Len(t, drain(t, q), 1)
		require.Len(t, drain(t, dead), 1)
		require.Len(t, broken.attempts(), 1)
		w.end()
		require.NoError(t, queues.Close())
	})
}

// What is before a replay in a lane stays there, and an archive that was ended is not there
// again.
func TestReplayAcrossOpenKeepsItsPlace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 22)
		var out atomic.Bool
		out.Store(true)
		e := &recorder{react: func(sns.Notification) error {
			if out.Load() {
				return errBoom
			}
			return nil
		}}
		w.found["e"] = e
		topic := createTopic(t, w.open(), "topic.fifo", sns.Config{FIFO: true, ContentBasedDeduplication: true, ArchivePolicy: &sns.ArchivePolicy{MessageRetentionPeriod: 24 * time.Hour}})
		start := time.Now()
		entry := func(text string) sns.Entry { return sns.Entry{Message: text, GroupID: "g"} }
		publish(t, topic, entry("lost"))
		time.Sleep(time.Second)
		require.NoError(t, topic.SetAttribute("ArchivePolicy", ""))
		require.NoError(t, topic.SetAttribute("ArchivePolicy", `{"MessageRetentionPeriod":"1"}`))
		time.Sleep(time.Second)
		w.crash()
		topic = w.topic("topic.fifo")
		sub := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "e", Endpoint: e})
		for _, text := range []string{"a", "b", "c"} {
			publish(t, topic, entry(text))
		}
		for range 2 { // the second takes the place of the first
			time.Sleep(time.Second)
			require.NoError(t, sub.SetAttribute("ReplayPolicy", fmt.Sprintf(`{"PointType":"Timestamp","StartingPoint":%q}`, start.Add(-time.Duration(time.Now().Second())*time.Second).UTC().Format("2006-01-02T15:04:05.000Z"))))
		}
		publish(t, topic, entry("d"))
		w.crash()
		seen := len(e.attempts())
		out.Store(false)
		time.Sleep(time.Hour)
		require.Equal(t, "a b c a b c d", strings.Join(e.texts()[seen:], " "))
		w.end()
	})
}

// A topic that is closed alone keeps what it has while the log is cleaned.
func TestClosedTopicIsKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 23)
		broken := &recorder{react: refusing}
		w.found["e"] = broken
		s := w.open()
		topic, other := createTopic(t, s, "topic", sns.Config{}), createTopic(t, s, "other", sns.Config{})
		subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "e", Endpoint: broken})
		publish(t, topic, texts("m")...)
		time.Sleep(time.Second)
		require.NoError(t, topic.Close())
		for i := range 500 {
			require.NoError(t, other.SetAttribute("DisplayName", fmt.Sprint(i)))
		}
		synctest.Wait()
		for i := range 60 { // cleaning may have ended while the others went on, and looks again after a while
			require.NoError(t, other.SetAttribute("DisplayName", fmt.Sprint("last ", i)))
			synctest.Wait()
		}
		size, _ := s.LogSize()
		require.Less(t, size, int64(8*4096))
		seen := len(broken.attempts())
		w.crash()
		time.Sleep(time.Hour)
		require.Greater(t, len(broken.attempts()), seen)

		topic = w.topic("topic")
		require.NoError(t, topic.Close())
		require.NoError(t, w.service.DeleteTopic(topic.ARN()))
		seen = len(broken.attempts())
		w.crash()
		time.Sleep(time.Hour)
		require.Len(t, broken.attempts(), seen)
		_, err := w.service.Topic("topic")
		require.ErrorIs(t, err, sns.ErrNotFound)
		w.end()
	})
}

// Numbers are not given again, and what is gone stays so, whether the log has been cleaned
// or not.
func TestNumbersAcrossOpen(t *testing.T) {
	for _, segment := range []int64{1 << 20, 1024} {
		t.Run(fmt.Sprint(segment), func(t *testing.T) {
			dir := t.TempDir()
			cfg := sns.ServiceConfig{Durable: durable.Options{SegmentSize: segment, Sync: durable.SyncNever}}
			numbers := map[string]bool{}
			for life := range 4 {
				s, err := sns.Open(dir, cfg)
				require.NoError(t, err)
				_, err = s.Topic(fmt.Sprint("gone", life-1))
				require.ErrorIs(t, err, sns.ErrNotFound)
				topic := createTopic(t, s, "topic.fifo", sns.Config{FIFO: true, ContentBasedDeduplication: true})
				require.Empty(t, topic.Subscriptions())
				gone := createTopic(t, s, fmt.Sprint("gone", life), sns.Config{})
				sub := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSQS, Address: "arn:aws:sqs:us-east-1:000000000000:q.fifo"})
				other := createTopic(t, s, "other", sns.Config{})
				kept := s.MetaFacts()
				var out bytes.Buffer
				require.NoError(t, s.Backup(t.Context(), t.TempDir()))
				copied := t.TempDir()
				require.NoError(t, s.Backup(t.Context(), copied))
				require.NoError(t, sns.Print(&out, copied))
				found := regexp.MustCompile(`subscription (\d+) of topic \d+: ` + string(sub.ID())).FindStringSubmatch(out.String())
				require.NotNil(t, found)
				require.False(t, numbers[found[1]], "subscription %s again", found[1])
				numbers[found[1]] = true
				require.NoError(t, topic.Unsubscribe(t.Context(), sub.ID()))
				require.NoError(t, s.DeleteTopic(gone.ARN()))
				require.Equal(t, kept-2, s.MetaFacts())
				published := publish(t, topic, sns.Entry{Message: fmt.Sprint(life), GroupID: "g"})[0]
				require.Equal(t, fmt.Sprintf("1000000000000000000%d", life+1), published.SequenceNumber)
				for i := range 100 {
					require.NoError(t, other.SetAttribute("DisplayName", fmt.Sprint(i)))
				}
				require.NoError(t, s.Close())
			}
		})
	}
}

// The sequence goes on when nothing of a topic's messages is left.
func TestSequenceAcrossOpen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 24)
		topic := createTopic(t, w.open(), "topic.fifo", sns.Config{FIFO: true, ContentBasedDeduplication: true})
		plain := createTopic(t, w.service, "plain", sns.Config{})
		waiting := subscribe(t, plain, sns.Subscription{Protocol: sns.ProtocolEmail, Address: "a@example.com"})
		kept := w.service.MetaFacts()
		for i := range 20 {
			publish(t, topic, sns.Entry{Message: fmt.Sprint(i), GroupID: "g"})
		}
		time.Sleep(49 * time.Hour)
		require.Empty(t, plain.Subscriptions(), "%s was not confirmed", waiting.ID())
		for i := range 300 {
			require.NoError(t, topic.SetAttribute("DisplayName", fmt.Sprint(i)))
		}
		subscribe(t, plain, sns.Subscription{Protocol: sns.ProtocolEmail, Address: "b@example.com"})
		require.Equal(t, kept, w.service.MetaFacts(), "what has expired is not kept")
		synctest.Wait()
		w.crash()
		got := publish(t, w.topic("topic.fifo"), sns.Entry{Message: "x", GroupID: "g"})[0]
		require.Equal(t, "10000000000000000021", got.SequenceNumber)
		w.end()
	})
}
