package sdktest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// registerReader returns the ARN of a new consumer.
func registerReader(t testing.TB, c *awskinesis.Client) *string {
	t.Helper()
	return call(t, c.RegisterStreamConsumer, &awskinesis.RegisterStreamConsumerInput{
		StreamARN: aws.String(clicksARN), ConsumerName: aws.String("reader"),
	}).Consumer.ConsumerARN
}

func subscribeToShard(t testing.TB, c *awskinesis.Client, consumer *string, shard string, from types.ShardIteratorType) *awskinesis.SubscribeToShardEventStream {
	t.Helper()
	return subscribeFrom(t, c, consumer, shard, types.StartingPosition{Type: from})
}

func subscribeFrom(t testing.TB, c *awskinesis.Client, consumer *string, shard string, from types.StartingPosition) *awskinesis.SubscribeToShardEventStream {
	t.Helper()
	events := call(t, alone(c).SubscribeToShard, &awskinesis.SubscribeToShardInput{ConsumerARN: consumer, ShardId: &shard, StartingPosition: &from}).GetStream()
	t.Cleanup(func() { events.Close() })
	return events
}

// alone returns a client for one subscription. As of version 1.28.8 of smithy-go those of
// one client share a buffer that their events are decoded from, without a lock, and so
// get each other's bytes.
func alone(c *awskinesis.Client) *awskinesis.Client { return awskinesis.New(c.Options()) }

// nextEvent waits for an event, which must come.
func nextEvent(t testing.TB, events *awskinesis.SubscribeToShardEventStream) types.SubscribeToShardEvent {
	t.Helper()
	event, ok := <-events.Events()
	require.True(t, ok, "the events have ended: %v", events.Err())
	return event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
}

// requireEnd checks that the events have ended, and not with an error.
func requireEnd(t testing.TB, events *awskinesis.SubscribeToShardEventStream) {
	t.Helper()
	_, ok := <-events.Events()
	require.False(t, ok)
	require.NoError(t, events.Err())
}

// inClicks tells a story about the stream "clicks" in a bubble.
func inClicks(t *testing.T, cfg kinesis.ServiceConfig, shards int32, story func(t *testing.T, b *basin, c *awskinesis.Client, clicks *string)) {
	synctest.Test(t, func(t *testing.T) {
		b := newBasin(t, cfg)
		c := b.client()
		story(t, b, c, createStream(t, c, "clicks", shards))
	})
}

// TestAnHourOfSubscriptions reads a shard as enhanced fan-out is meant to be used: when
// the five minutes are over one subscribes again, from where the last event says.
func TestAnHourOfSubscriptions(t *testing.T) {
	inClicks(t, kinesis.ServiceConfig{}, 1, func(t *testing.T, b *basin, c *awskinesis.Client, clicks *string) {
		consumer := registerReader(t, c)
		start := time.Now()
		writer := make(chan struct{})
		go func() {
			defer close(writer)
			for range 360 {
				time.Sleep(10 * time.Second)
				putData(t, c, clicks, time.Since(start).String())
			}
		}()
		position := types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon}
		var records []types.Record
		events, lives := 0, 0
		for len(records) < 360 {
			began := time.Now()
			subscription := subscribeFrom(t, c, consumer, firstShard, position)
			lives++
			for event := range subscription.Events() {
				e := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
				records = append(records, e.Records...)
				position = types.StartingPosition{Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: e.ContinuationSequenceNumber}
				require.EqualValues(t, 0, *e.MillisBehindLatest)
				events++
			}
			require.NoError(t, subscription.Err())
			require.Equal(t, 5*time.Minute, time.Since(began))
		}
		<-writer
		for i, r := range records {
			require.Equal(t, (time.Duration(i+1) * 10 * time.Second).String(), string(r.Data))
		}
		require.Equal(t, lives, b.calls("SubscribeToShard"))
		t.Logf("%d records in %d events of %d subscriptions", len(records), events, lives)
	})
}

// TestAnEventComesAtOnce: a record the moment it is put, and every five seconds a sign of
// life.
func TestAnEventComesAtOnce(t *testing.T) {
	inClicks(t, kinesis.ServiceConfig{}, 1, func(t *testing.T, _ *basin, c *awskinesis.Client, clicks *string) {
		consumer := registerReader(t, c)
		old := putData(t, c, clicks, "old")
		events := subscribeToShard(t, c, consumer, firstShard, types.ShardIteratorTypeLatest)
		start := time.Now()
		event := nextEvent(t, events)
		require.Empty(t, event.Records)
		require.Equal(t, 5*time.Second, time.Since(start))
		require.NotNil(t, event.ContinuationSequenceNumber)
		time.AfterFunc(1234*time.Millisecond, func() { putData(t, c, clicks, "new") })
		event = nextEvent(t, events)
		require.Equal(t, []string{"new"}, dataOf(event.Records))
		require.Equal(t, event.Records[0].SequenceNumber, event.ContinuationSequenceNumber)
		require.Equal(t, 6234*time.Millisecond, time.Since(start))
		require.NoError(t, events.Close())

		time.Sleep(5 * time.Second)
		events = subscribeFrom(t, c, consumer, firstShard, types.StartingPosition{Type: types.ShardIteratorTypeAtTimestamp, Timestamp: &start})
		require.Equal(t, []string{"old", "new"}, dataOf(nextEvent(t, events).Records), "old came in the same moment")
		require.NoError(t, events.Close())
		time.Sleep(5 * time.Second)
		events = subscribeFrom(t, c, consumer, firstShard, types.StartingPosition{Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: &old[0]})
		require.Equal(t, []string{"new"}, dataOf(nextEvent(t, events).Records))
	})
}

// TestASubscriptionIsTakenOver: the first hears of it among its events, as the SDK's own
// error.
func TestASubscriptionIsTakenOver(t *testing.T) {
	inClicks(t, kinesis.ServiceConfig{}, 1, func(t *testing.T, b *basin, c *awskinesis.Client, clicks *string) {
		consumer := registerReader(t, c)
		first := subscribeToShard(t, c, consumer, firstShard, types.ShardIteratorTypeLatest)
		again := &awskinesis.SubscribeToShardInput{
			ConsumerARN: consumer, ShardId: aws.String(firstShard), StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
		}
		_, err := alone(c).SubscribeToShard(t.Context(), again)
		inUse, ok := errors.AsType[*types.ResourceInUseException](err)
		require.True(t, ok, "%v", err)
		const taken = "Another active subscription exists for this consumer: 000000000000:clicks:" + firstShard + ":reader"
		require.Equal(t, taken, inUse.ErrorMessage())
		require.Equal(t, 2, b.calls("SubscribeToShard"), "the SDK does not try again")

		time.Sleep(5*time.Second + time.Millisecond)
		second := subscribeToShard(t, c, consumer, firstShard, types.ShardIteratorTypeLatest)
		nextEvent(t, first) // from five seconds on, when the first was still alone
		_, ok = <-first.Events()
		require.False(t, ok)
		inUse, ok = errors.AsType[*types.ResourceInUseException](first.Err())
		require.True(t, ok, "%v", first.Err())
		require.Equal(t, taken, inUse.ErrorMessage())
		putData(t, c, clicks, "for the second")
		require.Equal(t, []string{"for the second"}, dataOf(nextEvent(t, second).Records))
	})
}

// TestWhatEndsASubscription: each has an error of its own, or none.
func TestWhatEndsASubscription(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(t *testing.T, b *basin, c *awskinesis.Client, consumer *string)
		code string // empty means that the events end without an error
	}{
		"the stream is deleted": {func(t *testing.T, _ *basin, c *awskinesis.Client, _ *string) {
			call(t, c.DeleteStream, &awskinesis.DeleteStreamInput{StreamARN: aws.String(clicksARN), EnforceConsumerDeletion: aws.Bool(true)})
		}, "ResourceNotFoundException"},
		"the consumer is deregistered": {func(t *testing.T, _ *basin, c *awskinesis.Client, consumer *string) {
			call(t, c.DeregisterStreamConsumer, &awskinesis.DeregisterStreamConsumerInput{ConsumerARN: consumer})
		}, "ResourceNotFoundException"},
		"the service is closed": {func(_ *testing.T, b *basin, _ *awskinesis.Client, _ *string) { b.service.Close() }, "InternalFailureException"},
		"the shard is split": {func(t *testing.T, _ *basin, c *awskinesis.Client, _ *string) {
			call(t, c.SplitShard, &awskinesis.SplitShardInput{StreamARN: aws.String(clicksARN), ShardToSplit: aws.String(firstShard), NewStartingHashKey: aws.String("2")})
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inClicks(t, kinesis.ServiceConfig{}, 1, func(t *testing.T, b *basin, c *awskinesis.Client, _ *string) {
				consumer := registerReader(t, c)
				events := subscribeToShard(t, c, consumer, firstShard, types.ShardIteratorTypeLatest)
				time.Sleep(time.Second)
				start := time.Now()
				test.end(t, b, c, consumer)
				if test.code == "" {
					event := nextEvent(t, events)
					require.Len(t, event.ChildShards, 2)
					require.Nil(t, event.ContinuationSequenceNumber)
					requireEnd(t, events)
				} else {
					_, ok := <-events.Events()
					require.False(t, ok)
					var failed smithy.APIError
					require.ErrorAs(t, events.Err(), &failed)
					require.Equal(t, test.code, failed.ErrorCode())
					require.NotEmpty(t, failed.ErrorMessage())
				}
				require.Zero(t, time.Since(start))
			})
		})
	}
}

// TestAReaderLeaves: whoever cancels the context of a subscription, or closes it, is gone
// from the service too: nothing is left behind in the bubble.
func TestAReaderLeaves(t *testing.T) {
	inClicks(t, kinesis.ServiceConfig{}, 1, func(t *testing.T, b *basin, c *awskinesis.Client, clicks *string) {
		consumer := registerReader(t, c)
		ctx, cancel := context.WithCancel(t.Context())
		out, err := alone(c).SubscribeToShard(ctx, &awskinesis.SubscribeToShardInput{
			ConsumerARN: consumer, ShardId: aws.String(firstShard), StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
		})
		require.NoError(t, err)
		events := out.GetStream()
		nextEvent(t, events)
		cancel()
		_, ok := <-events.Events()
		require.False(t, ok)
		require.ErrorIs(t, events.Err(), context.Canceled)
		events.Close() // says so again

		for range 3 {
			time.Sleep(5 * time.Second)
			events = subscribeToShard(t, c, consumer, firstShard, types.ShardIteratorTypeTrimHorizon)
			putData(t, c, clicks, "unread")
			require.NoError(t, events.Close())
		}
	})
}

func TestSubscriptionsThatAreRefused(t *testing.T) {
	inClicks(t, kinesis.ServiceConfig{TransitionTime: time.Second}, 1, func(t *testing.T, _ *basin, c *awskinesis.Client, _ *string) {
		consumer := registerReader(t, c)
		refused := func(consumer, shard string, from types.StartingPosition) error {
			t.Helper()
			_, err := c.SubscribeToShard(t.Context(), &awskinesis.SubscribeToShardInput{ConsumerARN: &consumer, ShardId: &shard, StartingPosition: &from})
			require.Error(t, err)
			return err
		}
		latest := types.StartingPosition{Type: types.ShardIteratorTypeLatest}
		_, ok := errors.AsType[*types.ResourceInUseException](refused(*consumer, firstShard, latest))
		require.True(t, ok, "the consumer is CREATING")
		time.Sleep(time.Second)
		_, ok = errors.AsType[*types.ResourceNotFoundException](refused(*consumer, "shardId-000000000009", latest))
		require.True(t, ok)
		_, ok = errors.AsType[*types.ResourceNotFoundException](refused(strings.Replace(*consumer, "reader", "nobody", 1), firstShard, latest))
		require.True(t, ok)
		_, ok = errors.AsType[*types.ValidationException](refused("reader", firstShard, latest))
		require.True(t, ok)
		_, ok = errors.AsType[*types.InvalidArgumentException](refused(*consumer, firstShard, types.StartingPosition{Type: types.ShardIteratorTypeAtSequenceNumber}))
		require.True(t, ok)
		tomorrow := types.StartingPosition{Type: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(time.Now().Add(24 * time.Hour))}
		_, ok = errors.AsType[*types.InvalidArgumentException](refused(*consumer, firstShard, tomorrow))
		require.True(t, ok)
	})
}
