package sns_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// Shutdown waits for what was accepted, retries included, and takes nothing new; its
// context cuts that short.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		policy := &sns.DeliveryPolicy{HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: new(1), MinDelayTarget: 20 * time.Second}}
		for _, patience := range []time.Duration{time.Minute, 5 * time.Second} {
			topic, _ := newTopic(t, sns.Config{})
			r := &recorder{react: refusing}
			subscribe(t, topic, sns.Subscription{Endpoint: r, DeliveryPolicy: policy})
			publish(t, topic, texts("a")...)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			began, done := time.Now(), make(chan error, 1)
			go func() { done <- topic.Shutdown(ctx) }()
			synctest.Wait()
			_, err := topic.Publish(t.Context(), texts("b")...)
			require.ErrorIs(t, err, sns.ErrClosed)
			_, err = topic.Subscribe(t.Context(), sns.Subscription{Endpoint: r})
			require.ErrorIs(t, err, sns.ErrClosed)
			if err := <-done; patience == time.Minute {
				require.NoError(t, err)
				require.Equal(t, 20*time.Second, time.Since(began))
				require.Equal(t, []string{"a", "a"}, r.texts())
			} else {
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, patience, time.Since(began))
				time.Sleep(time.Hour)
				require.Equal(t, []string{"a"}, r.texts(), "what waited for a retry is dropped")
			}
			require.NoError(t, topic.Shutdown(t.Context()))
			require.NoError(t, topic.Close())
		}
	})
}

// Close ends the contexts of deliveries, returns when they have, and may come first,
// last, and several times.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unused, _ := newTopic(t, sns.Config{})
		require.NoError(t, unused.Close())
		require.NoError(t, unused.Close())
		require.NoError(t, unused.Flush(t.Context()))
		require.Empty(t, unused.Subscriptions())

		topic, _ := newTopic(t, sns.Config{})
		ended := false
		s := subscribe(t, topic, sns.Subscription{Endpoint: sns.EndpointFunc(func(ctx context.Context, _ sns.Notification) error {
			<-ctx.Done()
			time.Sleep(3 * time.Second) // to tidy up
			ended = true
			return ctx.Err()
		})})
		publish(t, topic, texts("a", "b", "c")...)
		synctest.Wait()
		flushed := make(chan error, 1)
		go func() { flushed <- topic.Flush(t.Context()) }()
		synctest.Wait()
		began := time.Now()
		require.NoError(t, topic.Close())
		require.True(t, ended, "Close waits for the delivery")
		require.Equal(t, 3*time.Second, time.Since(began))
		require.NoError(t, <-flushed, "and lets nobody wait")
		require.Equal(t, int64(1), s.Stats().Attempts)
		require.Equal(t, int64(3), s.Stats().Dropped)
		_, err := topic.Publish(t.Context(), texts("d")...)
		require.ErrorIs(t, err, sns.ErrClosed)
		require.ErrorIs(t, topic.Unsubscribe(t.Context(), s.ID()), sns.ErrClosed)
	})
}

// An endpoint may use its topic: publish to it, subscribe, end its own subscription.
func TestEndpointsThatUseTheirTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic, queues := newTopic(t, sns.Config{})
		all := &recorder{}
		subscribe(t, topic, sns.Subscription{Endpoint: all})
		var self sns.SubscriptionID
		self, err := topic.Subscribe(t.Context(), sns.Subscription{Endpoint: sns.EndpointFunc(func(ctx context.Context, n sns.Notification) error {
			if len(n.Message) < 5 {
				publish(t, topic, texts(n.Message+"x")...)
				return nil
			}
			q := createQueue(t, queues, "q")
			subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSQS, Address: q.ARN(), RawMessageDelivery: true})
			publish(t, topic, texts("the end")...)
			require.Equal(t, []string{"the end"}, bodies(t, q))
			return topic.Unsubscribe(ctx, self)
		})})
		require.NoError(t, err)
		publish(t, topic, texts("x")...)
		synctest.Wait()
		require.NoError(t, topic.Flush(t.Context()))
		require.Equal(t, []string{"x", "xx", "xxx", "xxxx", "xxxxx", "the end"}, all.texts())
		require.Len(t, topic.Subscriptions(), 2)
	})
}

// Two topics may feed queues that are each other's dead letters, and a queue may be the
// subscriber and the dead-letter queue at once.
func TestQueuesInTwoRoles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic, queues := newTopic(t, sns.Config{})
		q := createQueue(t, queues, "q")
		subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSQS, Address: q.ARN(), RawMessageDelivery: true, RedrivePolicy: &sns.RedrivePolicy{DeadLetterTargetARN: q.ARN()}})
		e := sns.Entry{Message: "many attributes", Attributes: map[string]sns.Attribute{}}
		for i := range 11 {
			e.Attributes[fmt.Sprint("a", i)] = sns.Attribute{DataType: "String", Value: "v"}
		}
		publish(t, topic, e)
		require.NoError(t, topic.Flush(t.Context()))
		letters := drain(t, q)
		require.Len(t, letters, 1, "what can not be delivered is not lost")
		require.Contains(t, letters[0].Body, "many attributes")
	})
}

// A queue that is gone is a lasting failure: its messages become dead letters at once.
func TestQueueThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic, queues := newTopic(t, sns.Config{})
		q, dead := createQueue(t, queues, "q"), createQueue(t, queues, "dead")
		byARN := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSQS, Address: q.ARN(), RedrivePolicy: &sns.RedrivePolicy{DeadLetterTargetARN: dead.ARN()}})
		require.NoError(t, q.Close())
		publish(t, topic, texts("a")...)
		require.Equal(t, []string{"a"}, lettersOf(t, dead))
		require.ErrorIs(t, byARN.Stats().LastError, sqs.ErrQueueDoesNotExist)

		// Without its dead-letter queue there is no place left.
		require.NoError(t, dead.Close())
		publish(t, topic, texts("b")...)
		require.NoError(t, topic.Flush(t.Context()))
		require.Equal(t, int64(1), byARN.Stats().Dropped)
		require.Equal(t, int64(1), byARN.Stats().DeadLettered)
		require.Equal(t, int64(1), topic.Metrics().NumberOfNotificationsFailedToRedriveToDlq)

		// A queue of that name made anew is found again.
		q = createQueue(t, queues, "q")
		publish(t, topic, texts("c")...)
		require.Equal(t, int64(1), byARN.Stats().Delivered)
		require.Len(t, drain(t, q), 1)
	})
}
