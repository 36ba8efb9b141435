package sqs_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

func TestConsumerRunsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := consume(t, newQueueOf(t, sqs.Config{}), succeed, sqs.ConsumerConfig{})
		synctest.Wait()
		requireError(t, c.Run(t.Context()), sqs.ErrUnsupportedOperation, "runs once")
		c.close()
		requireError(t, c.Run(t.Context()), sqs.ErrUnsupportedOperation, "runs once")
		require.NoError(t, c.Close())
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for range 20 {
			require.NoError(t, c.Shutdown(ended), "there is nothing to wait for")
		}
	})
}

func TestConsumerEndsBeforeItRuns(t *testing.T) {
	for name, end := range map[string]func(*sqs.Consumer) error{
		"Close":    (*sqs.Consumer).Close,
		"Shutdown": func(c *sqs.Consumer) error { return c.Shutdown(t.Context()) },
	} {
		c, err := sqs.NewConsumer(newQueueOf(t, sqs.Config{}), succeed, sqs.ConsumerConfig{})
		require.NoError(t, err, name)
		require.NoError(t, end(c), name)
		require.NoError(t, end(c), name)
		require.NoError(t, c.Run(t.Context()), name)
	}
}

func TestConsumerShutdownLetsHandlersFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueueOf(t, sqs.Config{})
		send(t, q, bodies("a", "b", "c")...)
		c := consume(t, q, sqs.Each(func(ctx context.Context, m sqs.Message) error {
			time.Sleep(100 * time.Second)
			if m.Body == "b" {
				return errBoom
			}
			return ctx.Err()
		}), sqs.ConsumerConfig{Concurrency: 2})
		time.Sleep(time.Second)

		short, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		require.ErrorIs(t, c.Shutdown(short), context.DeadlineExceeded)
		require.Equal(t, 2, c.Stats().Held)

		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { require.NoError(t, c.Shutdown(context.Background())) })
		}
		wg.Wait()
		require.NoError(t, <-c.result)
		require.Equal(t, sqs.ConsumerStats{Received: 2, Succeeded: 1, Failed: 1, Extended: 12}, c.Stats())
		left := q.Peek(10)
		require.Len(t, left, 2)
		for _, m := range left {
			if m.Body == "b" {
				require.Equal(t, time.Second, time.Until(m.VisibleAt), "the failed one has its backoff")
			} else {
				require.Equal(t, sqs.StateVisible, m.State)
			}
		}
	})
}

func TestConsumerShutdownHandsBackInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newSpy(newQueueOf(t, sqs.Config{FIFO: true}))
		send(t, q, grouped("g", "a", "b", "c", "d")...)
		d := newDiary()
		handler := sqs.Each(func(_ context.Context, m sqs.Message) error {
			d.note("%s %d", m.Body, m.ReceiveCount)
			time.Sleep(5 * time.Second)
			return nil
		})
		c := consume(t, q, handler, sqs.ConsumerConfig{})
		time.Sleep(time.Second)
		second := consume(t, q, handler, sqs.ConsumerConfig{})
		require.NoError(t, c.Shutdown(t.Context()))
		require.NoError(t, <-c.result)
		require.Equal(t, sqs.ConsumerStats{Received: 4, Succeeded: 1, HandedBack: 3}, c.Stats())
		require.Equal(t, []string{"1s hide 0s: b c d"}, q.log("hide"))

		time.Sleep(time.Minute)
		require.Equal(t, []string{"0s a 1", "5s b 2", "10s c 2", "15s d 2"}, d.read())
		second.close()
	})
}

// Nothing is begun after Shutdown, even if the queue is slow to end its receive;
// and nothing is given back before that has ended, or it would be received again.
func TestConsumerShutdownWhileAReceiveLingers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newSpy(newQueueOf(t, sqs.Config{FIFO: true}))
		q.fault = func(ctx context.Context, op, _ string) error {
			if op == "receive" && len(q.log("receive")) > 1 {
				time.Sleep(10 * time.Second)
			}
			return nil
		}
		send(t, q, grouped("g", "a", "b")...)
		d := newDiary()
		c := consume(t, q, sqs.Each(func(_ context.Context, m sqs.Message) error {
			d.note("%s", m.Body)
			time.Sleep(2 * time.Second)
			return nil
		}), sqs.ConsumerConfig{})
		time.Sleep(time.Second)
		require.NoError(t, c.Shutdown(t.Context()))
		require.NoError(t, <-c.result)
		require.Equal(t, []string{"0s a"}, d.read())
		require.Equal(t, []string{"10s hide 0s: b"}, q.log("hide"))
	})
}

func TestConsumerCloseInterruptsHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueueOf(t, sqs.Config{})
		send(t, q, bodies("obeys", "succeeds", "panics", "waits")...)
		d := newDiary()
		c := consume(t, q, sqs.Each(func(ctx context.Context, m sqs.Message) error {
			<-ctx.Done()
			d.note("%s: %v", m.Body, context.Cause(ctx))
			time.Sleep(time.Second) // winding up takes its time
			switch m.Body {
			case "obeys":
				return ctx.Err()
			case "panics":
				panic("while winding up")
			}
			return nil
		}), sqs.ConsumerConfig{Concurrency: 3})
		time.Sleep(time.Minute)
		began := time.Now()
		stats := c.close()
		require.Equal(t, time.Second, time.Since(began))
		require.EqualValues(t, 3, stats.Received)
		require.EqualValues(t, 1, stats.Succeeded)
		require.EqualValues(t, 1, stats.Failed)
		require.EqualValues(t, 1, stats.HandedBack)
		lines := d.read()
		slices.Sort(lines)
		require.Equal(t, []string{
			"1m0s obeys: sqs: Run: The consumer is closed.",
			"1m0s panics: sqs: Run: The consumer is closed.",
			"1m0s succeeds: sqs: Run: The consumer is closed.",
		}, lines)
		ops, _ := c.reported()
		require.Equal(t, []string{"Handle panics"}, ops)
		require.ElementsMatch(t, []string{"obeys", "waits"}, textsOf(receive(t, q, sqs.ReceiveRequest{MaxMessages: 10})))
	})
}

func TestConsumerCloseWhileHandlersOfAGroupWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueueOf(t, sqs.Config{FIFO: true})
		send(t, q, grouped("g", "a", "b", "c")...)
		send(t, q, grouped("h", "x", "y", "z")...)
		var mu sync.Mutex
		var handled []string
		c := consume(t, q, func(ctx context.Context, batch []sqs.Message) error {
			mu.Lock()
			handled = append(handled, textsOf(batch)...)
			mu.Unlock()
			<-ctx.Done()
			return ctx.Err()
		}, sqs.ConsumerConfig{})
		time.Sleep(time.Second)
		require.EqualValues(t, 6, c.close().HandedBack)
		require.ElementsMatch(t, []string{"a", "x"}, handled)
		back := textsOf(receive(t, q, sqs.ReceiveRequest{MaxMessages: 10}))
		require.Equal(t, []string{"a", "b", "c"}, slices.DeleteFunc(slices.Clone(back), func(s string) bool { return s > "c" }))
		require.Equal(t, []string{"x", "y", "z"}, slices.DeleteFunc(back, func(s string) bool { return s < "x" }))
	})
}

type tenant struct{}

func TestConsumerRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueueOf(t, sqs.Config{})
		send(t, q, bodies("a")...)
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), tenant{}, "acme"))
		var value any
		c, err := sqs.NewConsumer(q, func(ctx context.Context, _ []sqs.Message) error {
			value = ctx.Value(tenant{})
			<-ctx.Done()
			return ctx.Err()
		}, sqs.ConsumerConfig{})
		require.NoError(t, err)
		time.AfterFunc(59*time.Second, cancel)
		require.ErrorIs(t, c.Run(ctx), context.Canceled)
		require.Equal(t, "acme", value)
		require.Equal(t, sqs.ConsumerStats{Received: 1, HandedBack: 1, Extended: 3}, c.Stats())
		require.Len(t, receive(t, q, sqs.ReceiveRequest{}), 1)
		require.NoError(t, c.Close())
	})
}

func TestConsumerRunEndsWithItsQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueueOf(t, sqs.Config{})
		send(t, q, bodies("a")...)
		c, err := sqs.NewConsumer(q, func(ctx context.Context, _ []sqs.Message) error {
			time.Sleep(time.Second)
			return ctx.Err()
		}, sqs.ConsumerConfig{})
		require.NoError(t, err)
		result := make(chan error)
		go func() { result <- c.Run(t.Context()) }()
		synctest.Wait()
		require.NoError(t, q.Close())
		require.ErrorIs(t, <-result, sqs.ErrClosed)
		require.Equal(t, sqs.ConsumerStats{Received: 1, Succeeded: 1, DeleteFailures: 1}, c.Stats())
		require.False(t, errors.Is(c.Shutdown(t.Context()), sqs.ErrClosed))
	})
}
