package sqs_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

// start runs a Receive and returns where its messages and error will be.
func start(t *testing.T, ctx context.Context, q sqs.Queue, req sqs.ReceiveRequest) func() ([]sqs.Message, error) {
	t.Helper()
	type result struct {
		messages []sqs.Message
		err      error
	}
	done := make(chan result, 1)
	go func() {
		m, err := q.Receive(ctx, req)
		done <- result{m, err}
	}()
	return func() ([]sqs.Message, error) {
		r := <-done
		return r.messages, r.err
	}
}

func TestWaitersAreServedFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := create(t, newService(t, sqs.ServiceConfig{}), "q", sqs.Config{})
		var results []func() ([]sqs.Message, error)
		for range 5 {
			results = append(results, start(t, t.Context(), q, sqs.ReceiveRequest{Wait: new(time.Minute)}))
			synctest.Wait()
		}
		begin := time.Now()
		send(t, q, bodies("1", "2", "3", "4", "5")...)
		for i, result := range results {
			messages, err := result()
			require.NoError(t, err)
			require.Equal(t, []string{string(rune('1' + i))}, textsOf(messages))
		}
		require.Zero(t, time.Since(begin), "a waiting receiver gets a message at once")
	})
}

func TestWaitEndsWithTheTimeoutTheContextOrTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, sqs.ServiceConfig{})
		q := create(t, s, "q", sqs.Config{ReceiveMessageWaitTime: 20 * time.Second})
		begin := time.Now()
		require.Empty(t, receive(t, q, sqs.ReceiveRequest{}))
		require.Equal(t, 20*time.Second, time.Since(begin), "the queue's own wait time")

		begin = time.Now()
		require.Empty(t, receive(t, q, sqs.ReceiveRequest{Wait: new(time.Duration(0))}))
		require.Zero(t, time.Since(begin), "a wait of zero is the request's own")

		ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, context.Canceled)
		defer cancel()
		_, err := q.Receive(ctx, sqs.ReceiveRequest{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 3*time.Second, time.Since(begin))
		_, err = q.Receive(ctx, sqs.ReceiveRequest{})
		require.ErrorIs(t, err, context.DeadlineExceeded, "a context that is over does nothing")
		require.EqualValues(t, 3, q.Metrics().NumberOfEmptyReceives)

		waiting := start(t, t.Context(), q, sqs.ReceiveRequest{})
		synctest.Wait()
		require.NoError(t, s.DeleteQueue("q"))
		_, err = waiting()
		require.ErrorIs(t, err, sqs.ErrQueueDoesNotExist)

		q = create(t, s, "r", sqs.Config{ReceiveMessageWaitTime: 20 * time.Second})
		waiting = start(t, t.Context(), q, sqs.ReceiveRequest{})
		synctest.Wait()
		require.NoError(t, q.Close())
		require.NoError(t, q.Close())
		_, err = waiting()
		require.ErrorIs(t, err, sqs.ErrClosed)
		_, err = q.Send(t.Context(), bodies("x")...)
		require.ErrorIs(t, err, sqs.ErrClosed)
		require.Empty(t, q.Peek(1))
	})
}

// What becomes visible by itself wakes a waiting receiver at that very moment.
func TestWaiterIsWokenByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := create(t, newService(t, sqs.ServiceConfig{}), "q", sqs.Config{VisibilityTimeout: new(7 * time.Second)})
		begin := time.Now()
		send(t, q, sqs.Entry{Body: "delayed", Delay: new(5 * time.Second)}, sqs.Entry{Body: "now"})
		require.Equal(t, []string{"now"}, textsOf(receive(t, q, sqs.ReceiveRequest{Wait: new(20 * time.Second)})))
		require.Equal(t, []string{"delayed"}, textsOf(receive(t, q, sqs.ReceiveRequest{Wait: new(20 * time.Second)})))
		require.Equal(t, 5*time.Second, time.Since(begin), "the delay ended")
		require.Equal(t, []string{"now"}, textsOf(receive(t, q, sqs.ReceiveRequest{Wait: new(20 * time.Second)})))
		require.Equal(t, 7*time.Second, time.Since(begin), "the visibility timeout ended")

		waiting := start(t, t.Context(), q, sqs.ReceiveRequest{Wait: new(20 * time.Second)})
		synctest.Wait()
		handle := receive(t, q, sqs.ReceiveRequest{Wait: new(time.Second)})
		require.Empty(t, handle, "others come first")
		messages, err := waiting()
		require.NoError(t, err)
		require.Equal(t, []string{"delayed"}, textsOf(messages))
		require.Equal(t, 12*time.Second, time.Since(begin))
		waiting = start(t, t.Context(), q, sqs.ReceiveRequest{})
		_, _ = waiting()
		require.NoError(t, q.ChangeVisibility(t.Context(), 0, messages[0].ReceiptHandle))
		require.Equal(t, []string{"delayed"}, textsOf(receive(t, q, sqs.ReceiveRequest{})), "given back at once")
	})
}

// Those who wait are served before a newcomer, also with what became visible in the
// moment when it came.
func TestNewcomersDoNotOvertake(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			q := create(t, newService(t, sqs.ServiceConfig{}), "q", sqs.Config{})
			send(t, q, sqs.Entry{Body: "1", Delay: new(5 * time.Second)})
			first := start(t, t.Context(), q, sqs.ReceiveRequest{Wait: new(time.Minute)})
			synctest.Wait()
			time.Sleep(5 * time.Second)
			require.Empty(t, receive(t, q, sqs.ReceiveRequest{}))
			messages, err := first()
			require.NoError(t, err)
			require.Len(t, messages, 1)
		})
	}
}

// At the limit of messages in flight a delete lets the next receiver go on.
func TestDeleteMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := create(t, newService(t, sqs.ServiceConfig{}), "q", sqs.Config{MaxInFlight: 1})
		first := start(t, t.Context(), q, sqs.ReceiveRequest{Wait: new(time.Minute)})
		synctest.Wait()
		second := start(t, t.Context(), q, sqs.ReceiveRequest{Wait: new(time.Minute)})
		synctest.Wait()
		send(t, q, bodies("1", "2")...)
		messages, err := first()
		require.NoError(t, err)
		_, err = q.Receive(t.Context(), sqs.ReceiveRequest{})
		requireError(t, err, sqs.ErrOverLimit, "Too many messages")
		time.Sleep(time.Second)
		require.NoError(t, q.Delete(t.Context(), messages[0].ReceiptHandle))
		begin := time.Now()
		messages, err = second()
		require.NoError(t, err)
		require.Equal(t, []string{"2"}, textsOf(messages))
		require.Zero(t, time.Since(begin))
	})
}

// A FIFO group that retention unblocks wakes the receiver that waits for it.
func TestWaiterIsWokenByRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := create(t, newService(t, sqs.ServiceConfig{}), "q.fifo", sqs.Config{FIFO: true, MessageRetentionPeriod: time.Minute, VisibilityTimeout: new(time.Hour)})
		begin := time.Now()
		send(t, q, sqs.Entry{Body: "1", GroupID: "g", DeduplicationID: "1"})
		require.Len(t, receive(t, q, sqs.ReceiveRequest{}), 1)
		time.Sleep(30 * time.Second)
		send(t, q, sqs.Entry{Body: "2", GroupID: "g", DeduplicationID: "2"})
		require.Equal(t, []string{"2"}, textsOf(receive(t, q, sqs.ReceiveRequest{Wait: new(time.Hour)})))
		require.Equal(t, time.Minute, time.Since(begin))
	})
}

func TestReceiveRequestLimits(t *testing.T) {
	q := create(t, newService(t, sqs.ServiceConfig{}), "q", sqs.Config{})
	for _, row := range []struct {
		req  sqs.ReceiveRequest
		text string
	}{
		{sqs.ReceiveRequest{MaxMessages: -1}, "MaxNumberOfMessages"},
		{sqs.ReceiveRequest{Wait: new(-time.Second)}, "Value -1 for parameter WaitTimeSeconds"},
		{sqs.ReceiveRequest{VisibilityTimeout: new(-time.Second)}, "Value -1 for parameter VisibilityTimeout"},
		{sqs.ReceiveRequest{VisibilityTimeout: new(12*time.Hour + time.Second)}, "Value 43201 for parameter VisibilityTimeout"},
		{sqs.ReceiveRequest{AttemptID: "a b"}, "ReceiveRequestAttemptId can only include"},
	} {
		_, err := q.Receive(t.Context(), row.req)
		requireError(t, err, sqs.ErrInvalidParameterValue, row.text)
	}
	err := q.ChangeVisibility(t.Context(), 12*time.Hour+1)
	requireError(t, err, sqs.ErrInvalidParameterValue, "VisibilityTimeout")
}

// An idle queue owns no goroutine and no timer, so nobody has to close it.
func TestAForgottenQueueIsGarbage(t *testing.T) {
	collected := make(chan struct{})
	func() {
		q, err := sqs.New("q", sqs.Config{})
		require.NoError(t, err)
		runtime.AddCleanup(q, func(struct{}) { close(collected) }, struct{}{})
		send(t, q, sqs.Entry{Body: "1", Delay: new(time.Minute)})
		require.Empty(t, receive(t, q, sqs.ReceiveRequest{Wait: ms(1)}))
	}()
	for range 10 {
		runtime.GC()
	}
	select {
	case <-collected:
	case <-time.After(10 * time.Second):
		t.Fatal("something still holds the queue")
	}
}

func TestDeadLetterChainsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, sqs.ServiceConfig{})
		a := create(t, s, "a", sqs.Config{})
		b := create(t, s, "b", sqs.Config{RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: a.ARN(), MaxReceiveCount: 1}})
		require.NoError(t, a.SetAttributes(map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + b.ARN() + `","maxReceiveCount":"1"}`}))
		send(t, a, bodies("ball")...)
		now := sqs.ReceiveRequest{VisibilityTimeout: new(time.Duration(0))}
		for round := range 4 {
			for i, q := range []*sqs.LocalQueue{a, b} {
				got := receive(t, q, now)
				require.Len(t, got, 1, "each queue gives it once before it goes on")
				require.Equal(t, 2*round+i+1, got[0].ReceiveCount)
				require.Empty(t, receive(t, q, now))
			}
		}
		require.Equal(t, b.ARN(), a.Peek(1)[0].DeadLetterSource)
	})
}

func TestMessagesStayWhenTheDeadLetterQueueIsGone(t *testing.T) {
	s := newService(t, sqs.ServiceConfig{})
	dead := create(t, s, "dead", sqs.Config{})
	q := create(t, s, "q", sqs.Config{VisibilityTimeout: new(time.Duration(0)), RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 1}})
	send(t, q, bodies("m")...)
	require.Len(t, receive(t, q, sqs.ReceiveRequest{}), 1)
	require.NoError(t, s.DeleteQueue("dead"))
	require.NoError(t, q.SetAttributes(map[string]string{"DelaySeconds": "1"}), "other attributes can still be changed")
	require.Equal(t, 2, receive(t, q, sqs.ReceiveRequest{})[0].ReceiveCount)
	require.Len(t, receive(t, q, sqs.ReceiveRequest{}), 1)
}

// A dead letter that is older than its queue keeps messages is not delivered there.
func TestDeadLetterThatIsTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, sqs.ServiceConfig{})
		dead := create(t, s, "dead", sqs.Config{MessageRetentionPeriod: time.Minute})
		q := create(t, s, "q", sqs.Config{RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 1}})
		send(t, q, bodies("old")...)
		require.Len(t, receive(t, q, sqs.ReceiveRequest{}), 1)
		time.Sleep(2 * time.Minute)
		waiting := start(t, t.Context(), dead, sqs.ReceiveRequest{Wait: new(time.Second)})
		synctest.Wait()
		require.Empty(t, receive(t, q, sqs.ReceiveRequest{}))
		messages, err := waiting()
		require.NoError(t, err)
		require.Empty(t, messages)
	})
}

// A receive moves any number of exhausted messages out of its way.
func TestManyDeadLettersAtOnce(t *testing.T) {
	s := newService(t, sqs.ServiceConfig{})
	dead := create(t, s, "dead", sqs.Config{})
	q := create(t, s, "q", sqs.Config{VisibilityTimeout: new(time.Duration(0))})
	const n = 1000
	for range n {
		send(t, q, bodies("exhausted")...)
	}
	require.Len(t, receive(t, q, sqs.ReceiveRequest{MaxMessages: n}), n)
	require.NoError(t, q.SetAttributes(map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + dead.ARN() + `","maxReceiveCount":1}`}))
	send(t, q, bodies("fresh")...)
	require.Equal(t, []string{"fresh"}, textsOf(receive(t, q, sqs.ReceiveRequest{})))
	require.Equal(t, n, dead.Metrics().ApproximateNumberOfMessagesVisible)
	require.Zero(t, dead.Metrics().NumberOfMessagesSent, "dead letters are not counted as sent")
}
