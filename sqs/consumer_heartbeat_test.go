package sqs_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

func TestConsumerExtendsVisibility(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newSpy(newQueueOf(t, sqs.Config{VisibilityTimeout: new(time.Second)}))
		send(t, q, bodies("a", "b", "c")...)
		c := consume(t, q, sqs.Each(func(_ context.Context, m sqs.Message) error {
			if m.Body == "a" {
				time.Sleep(65 * time.Second)
			} else {
				time.Sleep(20 * time.Second)
			}
			return nil
		}), sqs.ConsumerConfig{})
		time.Sleep(5 * time.Minute)
		require.Equal(t, []string{
			"15s hide 30s: a b c", "30s hide 30s: a", "45s hide 30s: a", "1m0s hide 30s: a",
		}, q.log("hide"))
		require.Equal(t, []string{"20s delete: b", "20s delete: c", "1m5s delete: a"}, sortedEqualTimes(q.log("delete")))
		require.Equal(t, sqs.ConsumerStats{Received: 3, Succeeded: 3, Extended: 6}, c.close())
	})
}

// sortedEqualTimes sorts calls of the same moment, whose order is open.
func sortedEqualTimes(calls []string) []string {
	moment := func(call string) string { at, _, _ := strings.Cut(call, " "); return at }
	slices.SortStableFunc(calls, func(a, b string) int {
		if moment(a) != moment(b) {
			return 0
		}
		return strings.Compare(a, b)
	})
	return calls
}

func TestConsumerExtendsWhatWaitsBehindItsGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newSpy(newQueueOf(t, sqs.Config{FIFO: true}))
		send(t, q, grouped("g", "a", "b", "c")...)
		d := newDiary()
		c := consume(t, q, sqs.Each(func(_ context.Context, m sqs.Message) error {
			d.note("%s %d", m.Body, m.ReceiveCount)
			time.Sleep(19 * time.Second)
			return nil
		}), sqs.ConsumerConfig{})
		time.Sleep(5 * time.Minute)
		require.Equal(t, []string{"0s a 1", "19s b 1", "38s c 1"}, d.read())
		require.Equal(t, []string{"15s hide 30s: a b c", "30s hide 30s: b c", "45s hide 30s: c"}, q.log("hide"))
		c.close()
	})
}

func TestConsumerTellsHandlerOfLostVisibility(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newSpy(newQueueOf(t, sqs.Config{}))
		q.fault = func(_ context.Context, op, _ string) error {
			if op == "hide 30s" {
				return errors.New("no network")
			}
			return nil
		}
		send(t, q, bodies("a")...)
		d := newDiary()
		c := consume(t, q, sqs.Each(func(ctx context.Context, m sqs.Message) error {
			d.note("begin %d", m.ReceiveCount)
			if m.ReceiveCount == 2 {
				return nil
			}
			<-ctx.Done()
			d.note("end: %v", context.Cause(ctx))
			return ctx.Err()
		}), sqs.ConsumerConfig{})
		time.Sleep(5 * time.Minute)

		require.Equal(t, []string{
			"15s hide 30s: a", "18s hide 30s: a", "21s hide 30s: a", "24s hide 30s: a",
		}, q.log("hide"), "tried until it was too late, and then not given back: it is not ours")
		lines := d.read()
		require.Equal(t, []string{"0s begin 1", "27s end: sqs: message visibility lost", "30s begin 2"}, lines)
		ops, errs := c.reported()
		require.Equal(t, []string{"Extend a", "Extend a", "Extend a", "Extend a", "Extend a", "Handle a"}, sortedOps(ops))
		lost := 0
		for _, err := range errs {
			if errors.Is(err, sqs.ErrVisibilityLost) {
				lost++
			}
		}
		require.Equal(t, 1, lost)
		require.Equal(t, sqs.ConsumerStats{Received: 2, Succeeded: 1, Failed: 1, Lost: 1}, c.close())
	})
}

func sortedOps(ops []string) []string {
	slices.Sort(ops)
	return ops
}

func TestConsumerSurvivesAFailedExtension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newSpy(newQueueOf(t, sqs.Config{}))
		failures := 2
		q.fault = func(_ context.Context, op, body string) error {
			if op == "hide 30s" && body == "b" && failures > 0 {
				failures--
				return errors.New("throttled")
			}
			return nil
		}
		send(t, q, bodies("a", "b")...)
		c := consume(t, q, func(ctx context.Context, _ []sqs.Message) error {
			time.Sleep(50 * time.Second)
			return ctx.Err()
		}, sqs.ConsumerConfig{BatchSize: 2})
		time.Sleep(5 * time.Minute)
		require.Equal(t, []string{
			"15s hide 30s: a b", "18s hide 30s: a b", "21s hide 30s: a b", "36s hide 30s: a b",
		}, q.log("hide"))
		require.Equal(t, sqs.ConsumerStats{Received: 2, Succeeded: 2, Extended: 6}, c.close())
	})
}

func TestConsumerGivesUpAtOnceWhenTheHandleIsNoGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueueOf(t, sqs.Config{})
		send(t, q, bodies("a")...)
		d := newDiary()
		c := consume(t, q, func(ctx context.Context, _ []sqs.Message) error {
			if err := q.Purge(); err != nil {
				return err
			}
			<-ctx.Done()
			d.note("%v", context.Cause(ctx))
			return nil
		}, sqs.ConsumerConfig{})
		time.Sleep(5 * time.Minute)
		require.Equal(t, []string{"15s sqs: message visibility lost"}, d.read())
		_, errs := c.reported()
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], sqs.ErrInvalidParameterValue)
		c.close()
	})
}

// An extension that hangs ends with the timeout that it should have renewed.
func TestConsumerDoesNotWaitForAnExtensionThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newSpy(newQueueOf(t, sqs.Config{}))
		q.fault = func(ctx context.Context, op, _ string) error {
			if op == "hide 30s" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		send(t, q, bodies("a", "b")...)
		d := newDiary()
		c := consume(t, q, sqs.Each(func(ctx context.Context, m sqs.Message) error {
			if m.ReceiveCount > 1 {
				return nil
			}
			if m.Body == "b" {
				time.Sleep(20 * time.Second)
				return errors.New("failed while the extension hangs")
			}
			<-ctx.Done()
			d.note("%s %v", m.Body, context.Cause(ctx))
			return nil
		}), sqs.ConsumerConfig{})
		time.Sleep(5 * time.Minute)
		require.Equal(t, []string{"27s a sqs: message visibility lost"}, d.read())
		require.Equal(t, []string{"15s hide 30s: a b", "27s hide 1s: b"}, q.log("hide"))
		ops, _ := c.reported()
		require.Equal(t, []string{"Extend a", "Handle b"}, sortedOps(ops), "b was settled when its extension failed")
		c.close()
	})
}

func TestConsumerRunWaitsForExtensions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newSpy(newQueueOf(t, sqs.Config{}))
		q.fault = func(ctx context.Context, op, _ string) error {
			if op == "hide 30s" {
				<-ctx.Done()
				time.Sleep(time.Second) // it takes a moment to notice
				q.note("extension ended")
			}
			return nil
		}
		send(t, q, bodies("a")...)
		c := consume(t, q, func(ctx context.Context, _ []sqs.Message) error { <-ctx.Done(); return nil }, sqs.ConsumerConfig{})
		time.Sleep(16 * time.Second)
		c.close()
		require.Equal(t, []string{"17s extension ended"}, q.log("ended"))
	})
}

func TestConsumerHoldsAMessageForTwelveHoursAtMost(t *testing.T) {
	for visibility, end := range map[time.Duration]string{
		30 * time.Second: "11h59m52s", 7 * time.Hour: "11h59m50s", 12 * time.Hour: "11h59m55s",
	} {
		t.Run(visibility.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueueOf(t, sqs.Config{})
				send(t, q, bodies("a")...)
				d := newDiary()
				c := consume(t, q, sqs.Each(func(ctx context.Context, m sqs.Message) error {
					if m.ReceiveCount > 1 {
						return nil
					}
					<-ctx.Done()
					d.note("%v", context.Cause(ctx))
					return ctx.Err()
				}), sqs.ConsumerConfig{VisibilityTimeout: visibility})
				time.Sleep(13 * time.Hour)
				require.Equal(t, []string{end + " sqs: message visibility lost"}, d.read())
				ops, errs := c.reported()
				require.Equal(t, []string{"Extend a", "Handle a"}, sortedOps(ops), "no extension was refused")
				require.True(t, slices.ContainsFunc(errs, func(err error) bool { return errors.Is(err, sqs.ErrVisibilityLost) }))
				stats := c.close()
				require.EqualValues(t, 1, stats.Lost)
				require.EqualValues(t, 1, stats.Succeeded)
			})
		})
	}
}
