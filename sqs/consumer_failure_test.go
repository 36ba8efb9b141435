package sqs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

var errBoom = errors.New("boom")

func failing(indexes ...int) error {
	e := &sqs.BatchError{}
	for _, i := range indexes {
		e.Failed = append(e.Failed, sqs.EntryError{Index: i, Err: errBoom})
	}
	return e
}

func TestConsumerTakesTheHandlersWord(t *testing.T) {
	for name, tc := range map[string]struct {
		result      func() error
		back        string // what is delivered again
		failed      int64
		handedBack  int64
		reportsBoom bool
	}{
		"nil":                                  {result: func() error { return nil }},
		"some failed":                          {func() error { return failing(1, 3) }, "b d", 2, 0, true},
		"all failed":                           {func() error { return errBoom }, "a b c d", 4, 0, true},
		"a wrapped BatchError is not ours":     {func() error { return fmt.Errorf("sending: %w", failing(1)) }, "a b c d", 4, 0, true},
		"an index beyond the batch":            {func() error { return failing(1, 4) }, "a b c d", 4, 0, true},
		"a negative index":                     {func() error { return failing(-1) }, "a b c d", 4, 0, true},
		"a BatchError that names none":         {func() error { return failing() }, "a b c d", 4, 0, false},
		"a nil BatchError":                     {func() error { return (*sqs.BatchError)(nil) }, "a b c d", 4, 0, false},
		"an entry without an error":            {func() error { return &sqs.BatchError{Failed: []sqs.EntryError{{Index: 2}}} }, "a b c d", 4, 0, false},
		"all skipped":                          {func() error { return sqs.ErrSkipped }, "a b c d", 0, 4, false},
		"one skipped":                          {func() error { return &sqs.BatchError{Failed: []sqs.EntryError{{Index: 2, Err: sqs.ErrSkipped}}} }, "c", 0, 1, false},
		"a panic":                              {func() error { panic(errBoom) }, "a b c d", 4, 0, true},
		"a goroutine that ends, as by FailNow": {func() error { runtime.Goexit(); return nil }, "a b c d", 4, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueueOf(t, sqs.Config{})
				send(t, q, bodies("a", "b", "c", "d")...)
				var again []string
				c := consume(t, q, func(_ context.Context, batch []sqs.Message) error {
					if batch[0].ReceiveCount == 1 {
						return tc.result()
					}
					again = append(again, textsOf(batch)...)
					return nil
				}, sqs.ConsumerConfig{Concurrency: 1, BatchSize: 4})
				time.Sleep(time.Minute)
				stats := c.close()
				require.Equal(t, tc.back, strings.Join(again, " "))
				require.Equal(t, tc.failed, stats.Failed)
				require.Equal(t, tc.handedBack, stats.HandedBack)
				require.EqualValues(t, 4, stats.Succeeded)
				require.Zero(t, q.Metrics().ApproximateNumberOfMessagesVisible+q.Metrics().ApproximateNumberOfMessagesNotVisible)

				ops, errs := c.reported()
				if tc.failed == 0 {
					require.Empty(t, ops)
					return
				}
				require.Equal(t, []string{"Handle " + tc.back}, ops)
				require.Equal(t, tc.reportsBoom, errors.Is(errs[0], errBoom))
			})
		})
	}
}

func TestEachSkipsTheRestWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var handled []string
	err := sqs.Each(func(_ context.Context, m sqs.Message) error {
		handled = append(handled, m.Body)
		cancel()
		return nil
	})(ctx, []sqs.Message{{Body: "a"}, {Body: "b"}, {Body: "c"}})
	require.Equal(t, []string{"a"}, handled)
	require.Equal(t, &sqs.BatchError{Failed: []sqs.EntryError{{Index: 1, Err: sqs.ErrSkipped}, {Index: 2, Err: sqs.ErrSkipped}}}, err)
}

func TestConsumerReportsPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueueOf(t, sqs.Config{})
		sent := send(t, q, bodies("a")...)
		var logged bytes.Buffer
		c := consume(t, q, sqs.Each(func(_ context.Context, m sqs.Message) error {
			if m.ReceiveCount == 1 {
				panic("no " + m.Body)
			}
			return nil
		}), sqs.ConsumerConfig{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		time.Sleep(time.Minute)
		c.close()
		_, errs := c.reported()
		require.Len(t, errs, 1)
		require.EqualError(t, errs[0], "sqs: consumer: Handle message "+sent[0].MessageID+": sqs: panic: no a")
		p, ok := errors.AsType[*sqs.PanicError](errs[0])
		require.True(t, ok)
		require.Equal(t, "no a", p.Value)
		require.Contains(t, string(p.Stack), "consumer_failure_test.go")
		require.Contains(t, logged.String(), "level=ERROR")
		require.Contains(t, logged.String(), sent[0].MessageID)
	})
}

func TestConsumerSurvivesAPanicOfOnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueueOf(t, sqs.Config{})
		send(t, q, bodies("a")...)
		c, err := sqs.NewConsumer(q, sqs.Each(func(_ context.Context, m sqs.Message) error {
			if m.ReceiveCount == 1 {
				return errBoom
			}
			return nil
		}), sqs.ConsumerConfig{OnError: func(error) { panic("oops") }})
		require.NoError(t, err)
		go c.Run(t.Context())
		time.Sleep(time.Minute)
		require.NoError(t, c.Close())
		require.Equal(t, sqs.ConsumerStats{Received: 2, Succeeded: 1, Failed: 1}, c.Stats())
	})
}

func TestConsumerRepeatsAReceiveThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newSpy(newQueueOf(t, sqs.Config{}))
		var failures atomic.Int64
		failures.Store(9)
		q.fault = func(_ context.Context, op, _ string) error {
			if op == "receive" && failures.Add(-1) >= 0 {
				return errBoom
			}
			return nil
		}
		send(t, q, bodies("a")...)
		d := newDiary()
		c := consume(t, q, func(context.Context, []sqs.Message) error { d.note("handled"); return nil }, sqs.ConsumerConfig{})
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"1m31.75s handled"}, d.read()) // 250 ms, 500 ms, 1, 2, 4, 8, 16, 30, 30 s
		ops, _ := c.reported()
		require.Len(t, ops, 9)
		failures.Store(1) // for the receive after the one that waits now
		send(t, q, bodies("b")...)
		synctest.Wait()
		send(t, q, bodies("c")...)
		time.Sleep(time.Second)
		lines := d.read()
		require.Equal(t, "2m0s handled", lines[1])
		require.Equal(t, "2m0.25s handled", lines[2], "a success was in between, so the pauses begin anew")
		c.close()
	})
}

// A receive that fails and one that hurries must both leave off when it is over.
func TestConsumerStopsWhileItPauses(t *testing.T) {
	for name, err := range map[string]error{"failing": errBoom, "hurrying": nil} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := &hasty{Queue: newQueueOf(t, sqs.Config{}), err: err}
				c := consume(t, q, succeed, sqs.ConsumerConfig{})
				time.Sleep(time.Hour + time.Millisecond)
				require.Less(t, q.receives.Load(), int64(150), "the queue was asked in a busy loop")
				began := time.Now()
				c.close()
				require.Zero(t, time.Since(began))
			})
		})
	}
}

// hasty is a queue that does not wait.
type hasty struct {
	sqs.Queue
	err      error
	receives atomic.Int64
}

func (q *hasty) Receive(context.Context, sqs.ReceiveRequest) ([]sqs.Message, error) {
	q.receives.Add(1)
	return nil, q.err
}
