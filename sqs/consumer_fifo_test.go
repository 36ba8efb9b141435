package sqs_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

func TestConsumerRunsGroupsInParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueueOf(t, sqs.Config{FIFO: true})
		for _, g := range []string{"g", "h", "i"} {
			send(t, q, grouped(g, g+"1", g+"2", g+"3")...)
		}
		began := time.Now()
		c := consume(t, q, func(context.Context, []sqs.Message) error { time.Sleep(time.Second); return nil }, sqs.ConsumerConfig{})
		for c.Stats().Succeeded < 9 {
			time.Sleep(10 * time.Millisecond)
		}
		require.InDelta(t, 3, time.Since(began).Seconds(), 0.1)
		c.close()
	})
}

func TestConsumerDoesNotSerialiseTenants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueueOf(t, sqs.Config{})
		send(t, q, grouped("tenant", "a", "b", "c", "d")...)
		began := time.Now()
		c := consume(t, q, func(context.Context, []sqs.Message) error { time.Sleep(time.Second); return nil }, sqs.ConsumerConfig{})
		for c.Stats().Succeeded < 4 {
			time.Sleep(10 * time.Millisecond)
		}
		require.InDelta(t, 1, time.Since(began).Seconds(), 0.1)
		c.close()
	})
}

func TestConsumerHandsBackWhatIsBehindAFailure(t *testing.T) {
	for _, batchSize := range []int{1, 3} {
		t.Run(fmt.Sprint("batches of ", batchSize), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newSpy(newQueueOf(t, sqs.Config{FIFO: true}))
				send(t, q, grouped("g", "a", "b", "c", "d", "e")...)
				d := newDiary()
				c := consume(t, q, sqs.Each(func(_ context.Context, m sqs.Message) error {
					d.note("%s %d", m.Body, m.ReceiveCount)
					if m.Body == "b" && m.ReceiveCount < 3 {
						return errBoom
					}
					return nil
				}), sqs.ConsumerConfig{BatchSize: batchSize})
				time.Sleep(time.Minute)
				// b fails, returns alone after a second, fails again, and is received
				// with the rest two seconds later.
				require.Equal(t, []string{"0s a 1", "0s b 1", "1s b 2", "3s b 3", "3s c 2", "3s d 2", "3s e 2"}, d.read())
				require.ElementsMatch(t, []string{"0s hide 1s: b", "0s hide 2s: c d e", "1s hide 2s: b"}, q.log("hide"))
				require.Equal(t, sqs.ConsumerStats{Received: 10, Succeeded: 5, Failed: 2, HandedBack: 3}, c.close())
			})
		})
	}
}

// One bad message must not take those behind it to the dead-letter queue.
func TestConsumerDeadLettersOnlyTheBadMessage(t *testing.T) {
	for _, receives := range []int{2, 3, 5} {
		t.Run(strconv.Itoa(receives), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, sqs.ServiceConfig{})
				dead := create(t, s, "dead.fifo", sqs.Config{FIFO: true})
				q := create(t, s, "jobs.fifo", sqs.Config{FIFO: true, ContentBasedDeduplication: true, RedrivePolicy: &sqs.RedrivePolicy{
					DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: receives,
				}})
				send(t, q, grouped("g", "a", "bad", "c", "d", "e", "f")...)
				var handled []string
				c := consume(t, q, sqs.Each(func(_ context.Context, m sqs.Message) error {
					if m.Body == "bad" {
						return errBoom
					}
					handled = append(handled, m.Body)
					return nil
				}), sqs.ConsumerConfig{})
				time.Sleep(time.Hour)
				stats := c.close()
				require.Equal(t, "a c d e f", strings.Join(handled, " "))
				require.EqualValues(t, receives, stats.Failed)
				letters := dead.Peek(10)
				require.Len(t, letters, 1)
				require.Equal(t, "bad", letters[0].Body)
			})
		})
	}
}

// What is behind a message that could not be deleted, or was lost, is not handled
// before it has come back.
func TestConsumerDoesNotOvertakeAMessageThatReturns(t *testing.T) {
	t.Run("undeleted", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			q := newSpy(newQueueOf(t, sqs.Config{FIFO: true}))
			q.fault = func(_ context.Context, op, body string) error {
				if op == "delete" && body == "a" && time.Since(q.began) < 10*time.Second {
					return errBoom
				}
				return nil
			}
			send(t, q, grouped("g", "a", "b")...)
			d := newDiary()
			c := consume(t, q, sqs.Each(func(_ context.Context, m sqs.Message) error {
				d.note("%s %d", m.Body, m.ReceiveCount)
				return nil
			}), sqs.ConsumerConfig{})
			time.Sleep(time.Minute)
			require.Equal(t, []string{"0s a 1", "30s a 2", "30s b 2"}, d.read())
			require.Equal(t, sqs.ConsumerStats{Received: 4, Succeeded: 3, HandedBack: 1, DeleteFailures: 1}, c.close())
		})
	})
	t.Run("lost", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			q := newSpy(newQueueOf(t, sqs.Config{FIFO: true}))
			q.fault = func(_ context.Context, op, body string) error {
				if op == "hide 30s" && body == "a" && time.Since(q.began) < 30*time.Second {
					return errBoom
				}
				return nil
			}
			send(t, q, grouped("g", "a", "b")...)
			d := newDiary()
			c := consume(t, q, sqs.Each(func(_ context.Context, m sqs.Message) error {
				d.note("%s %d", m.Body, m.ReceiveCount)
				if m.Body == "a" && m.ReceiveCount == 1 {
					time.Sleep(40 * time.Second) // it does not heed its context
				}
				return nil
			}), sqs.ConsumerConfig{})
			time.Sleep(2 * time.Minute)
			lines := d.read()
			require.Equal(t, []string{"0s a 1", "40s a 2"}, lines[:2])
			require.Equal(t, "b", strings.Fields(lines[2])[1])
			require.Len(t, lines, 3)
			stats := c.close()
			require.EqualValues(t, 1, stats.Lost)
			require.EqualValues(t, 1, stats.DeleteFailures, "the first handle of a has expired")
		})
	})
}

// A message may be lost before its turn has come. generous returns more than the
// consumer asks for, so that a whole group waits.
func TestConsumerDoesNotHandleWhatWasLostWhileItWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newSpy(generous{newQueueOf(t, sqs.Config{FIFO: true})})
		q.fault = func(_ context.Context, op, body string) error {
			if op == "hide 30s" && strings.Contains("b x y", body) && time.Since(q.began) < 20*time.Second {
				return sqs.ErrMessageNotInflight
			}
			return nil
		}
		send(t, q, grouped("g", "a", "b", "c")...)
		send(t, q, grouped("h", "x", "y")...)
		d := newDiary()
		c := consume(t, q, sqs.Each(func(_ context.Context, m sqs.Message) error {
			d.note("%s %d", m.Body, m.ReceiveCount)
			if m.Body == "a" {
				time.Sleep(25 * time.Second)
			}
			return nil
		}), sqs.ConsumerConfig{Concurrency: 1})
		time.Sleep(5 * time.Minute)
		require.Equal(t, []string{"0s a 1", "30s b 2", "30s x 2", "30s c 2", "30s y 2"}, d.read())
		require.Equal(t, []string{"15s hide 30s: a b c x y", "15s hide 0s: c"}, q.log("hide"))
		require.Equal(t, sqs.ConsumerStats{Received: 9, Succeeded: 5, HandedBack: 4, Extended: 2, Lost: 3}, c.close())
	})
}

type generous struct{ sqs.Queue }

func (q generous) Receive(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
	req.MaxMessages = 10
	return q.Queue.Receive(ctx, req)
}
