package sqs_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

func succeed(context.Context, []sqs.Message) error { return nil }

func TestNewConsumerNamesEveryFault(t *testing.T) {
	_, err := sqs.NewConsumer(nil, nil, sqs.ConsumerConfig{
		Concurrency: -1, BatchSize: -2, MaxMessages: -3, Wait: -4, VisibilityTimeout: 5,
	})
	requireError(t, err, sqs.ErrInvalidParameterValue, "queue is nil")
	for _, field := range []string{"handler is nil", "Concurrency is -1", "BatchSize is -2", "MaxMessages is -3", "Wait is -4ns", "VisibilityTimeout is 5ns"} {
		require.ErrorContains(t, err, field)
	}

	q := newQueueOf(t, sqs.Config{})
	for fault, cfg := range map[string]sqs.ConsumerConfig{
		"BatchSize is 11":             {BatchSize: 11},
		"VisibilityTimeout is 12h0m1": {VisibilityTimeout: 12*time.Hour + time.Second},
		"VisibilityTimeout is 999ms":  {VisibilityTimeout: 999 * time.Millisecond},
	} {
		_, err := sqs.NewConsumer(q, succeed, cfg)
		requireError(t, err, sqs.ErrInvalidParameterValue, fault)
	}
	_, err = sqs.NewConsumer(q, succeed, sqs.ConsumerConfig{
		BatchSize: 20, MaxMessages: 20, VisibilityTimeout: 12 * time.Hour,
	})
	require.NoError(t, err)
}

func TestConsumerBoundsConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueueOf(t, sqs.Config{})
		for i := range 50 {
			send(t, q, bodies(fmt.Sprint(i))...)
		}
		began := time.Now()
		var running, most, inFlight atomic.Int64
		c := consume(t, q, func(context.Context, []sqs.Message) error {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(time.Second)
			inFlight.Store(max(inFlight.Load(), int64(q.Metrics().ApproximateNumberOfMessagesNotVisible)))
			running.Add(-1)
			return nil
		}, sqs.ConsumerConfig{Concurrency: 3})
		for c.Stats().Succeeded < 50 {
			time.Sleep(100 * time.Millisecond)
		}
		require.Equal(t, 17*time.Second, time.Since(began).Truncate(time.Second))
		require.EqualValues(t, 3, most.Load())
		require.EqualValues(t, 3, inFlight.Load(), "messages that could not start were received")
		require.Equal(t, sqs.ConsumerStats{Received: 50, Succeeded: 50}, c.close())
	})
}

func TestConsumerReceivesWhatFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		local := newQueueOf(t, sqs.Config{})
		q := newSpy(local)
		send(t, q, bodies(strings.Split("abcdefg", "")...)...)
		d := newDiary()
		c := consume(t, q, func(_ context.Context, batch []sqs.Message) error {
			d.note("%s", strings.Join(textsOf(batch), " "))
			if batch[0].Body == "a" {
				time.Sleep(time.Second)
			} else {
				time.Sleep(3 * time.Second)
			}
			return nil
		}, sqs.ConsumerConfig{Concurrency: 2, BatchSize: 2, MaxMessages: 3, VisibilityTimeout: 7 * time.Second})
		time.Sleep(2 * time.Second)
		lines := d.read()
		slices.Sort(lines) // the order within a moment is open
		require.Equal(t, []string{"0s a b", "0s c", "1s d e"}, lines)
		require.Equal(t, []string{"0s receive 3 for 7s", "1s receive 2 for 7s"}, q.log("receive"))
		require.Equal(t, 2, local.Metrics().ApproximateNumberOfMessagesVisible)
		c.close()
		require.Empty(t, q.log("hide"))
	})
}

func TestConsumerBacksOff(t *testing.T) {
	for name, tc := range map[string]struct {
		backoff func(sqs.Message) time.Duration
		want    []string
	}{
		"by default doubles from a second": {nil, []string{"0s 1", "1s 2", "3s 3", "7s 4", "15s 5"}},
		"may be pinned": {func(sqs.Message) time.Duration { return 10 * time.Second },
			[]string{"0s 1", "10s 2", "20s 3", "30s 4", "40s 5"}},
		"may be negative": {func(sqs.Message) time.Duration { return -1 },
			[]string{"0s 1", "0s 2", "0s 3", "0s 4", "0s 5"}},
		"outlasts the visibility timeout": {sqs.ExponentialBackoff(time.Minute, 3*time.Minute),
			[]string{"0s 1", "1m0s 2", "3m0s 3", "6m0s 4", "9m0s 5"}},
		"may panic": {func(sqs.Message) time.Duration { panic("backoff") },
			[]string{"0s 1", "1s 2", "3s 3", "7s 4", "15s 5"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueueOf(t, sqs.Config{})
				send(t, q, bodies("a")...)
				d := newDiary()
				c := consume(t, q, sqs.Each(func(_ context.Context, m sqs.Message) error {
					d.note("%d", m.ReceiveCount)
					if m.ReceiveCount < 5 {
						return errors.New("not yet")
					}
					return nil
				}), sqs.ConsumerConfig{Backoff: tc.backoff})
				time.Sleep(15 * time.Minute)
				require.Equal(t, tc.want, d.read())
				require.Equal(t, sqs.ConsumerStats{Received: 5, Succeeded: 1, Failed: 4}, c.close())
			})
		})
	}
}

func TestExponentialBackoff(t *testing.T) {
	second, hour := time.Second, time.Hour
	for _, tc := range []struct {
		first, limit time.Duration
		count        int
		want         time.Duration
	}{
		{second, hour, 0, second}, {second, hour, 1, second}, {second, hour, 2, 2 * second}, {second, hour, 12, 2048 * second},
		{second, hour, 13, hour}, {second, hour, math.MaxInt, hour}, {hour, second, 1, second}, {0, hour, 3, 0},
		{1, 1<<63 - 1, 1000, 1<<63 - 1},
	} {
		require.Equal(t, tc.want, sqs.ExponentialBackoff(tc.first, tc.limit)(sqs.Message{ReceiveCount: tc.count}), "%+v", tc)
	}
}
