package sqs_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

func TestConsumerDeletes(t *testing.T) {
	refused := &sqs.Error{Op: "Delete", Err: sqs.ErrReceiptHandleInvalid}
	for name, tc := range map[string]struct {
		fault    error
		failures int
		deletes  []string
		reported []string
		handled  []string
	}{
		"at once": {nil, 0, []string{"0s delete: a b"}, nil, []string{"0s a b"}},
		"again what may have failed by chance": {errBoom, 2,
			[]string{"0s delete: a b", "250ms delete: b", "750ms delete: b"}, nil, []string{"0s a b"}},
		"until it gives up, and the message returns": {errBoom, 3,
			[]string{"0s delete: a b", "250ms delete: b", "750ms delete: b", "30s delete: b"},
			[]string{"Delete b"}, []string{"0s a b", "30s b"}},
		"not again what is refused": {refused, 1,
			[]string{"0s delete: a b", "30s delete: b"}, []string{"Delete b"}, []string{"0s a b", "30s b"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newSpy(newQueueOf(t, sqs.Config{}))
				failures := tc.failures
				q.fault = func(_ context.Context, op, body string) error {
					if op != "delete" || body != "b" || failures == 0 {
						return nil
					}
					failures--
					return tc.fault
				}
				send(t, q, bodies("a", "b")...)
				d := newDiary()
				c := consume(t, q, func(_ context.Context, batch []sqs.Message) error {
					d.note("%s", strings.Join(textsOf(batch), " "))
					return nil
				}, sqs.ConsumerConfig{BatchSize: 2})
				time.Sleep(5 * time.Minute)
				require.Equal(t, tc.deletes, q.log("delete"))
				require.Equal(t, tc.handled, d.read())
				ops, _ := c.reported()
				require.Equal(t, tc.reported, ops)
				require.EqualValues(t, len(tc.reported), c.close().DeleteFailures)
			})
		})
	}
}

func TestConsumerLeavesAMessageItCanNotGiveBackToItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newSpy(newQueueOf(t, sqs.Config{}))
		q.fault = func(_ context.Context, op, _ string) error {
			if op == "hide 1s" {
				return errBoom
			}
			return nil
		}
		send(t, q, bodies("a")...)
		d := newDiary()
		c := consume(t, q, sqs.Each(func(_ context.Context, m sqs.Message) error {
			d.note("%d", m.ReceiveCount)
			if m.ReceiveCount == 1 {
				return errBoom
			}
			return nil
		}), sqs.ConsumerConfig{})
		time.Sleep(time.Minute)
		require.Equal(t, []string{"0s 1", "30s 2"}, d.read())
		require.Equal(t, []string{"0s hide 1s: a", "250ms hide 1s: a", "750ms hide 1s: a"}, q.log("hide"))
		ops, _ := c.reported()
		require.Equal(t, []string{"Return a", "Handle a"}, ops)
		c.close()
	})
}

func TestConsumerDoesNotWaitForADeleteThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newSpy(newQueueOf(t, sqs.Config{}))
		q.fault = func(ctx context.Context, op, _ string) error {
			if op == "delete" && time.Since(q.began) == 0 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		send(t, q, bodies("a", "b")...)
		c := consume(t, q, func(context.Context, []sqs.Message) error { return nil }, sqs.ConsumerConfig{BatchSize: 2})
		time.Sleep(time.Minute)
		require.Equal(t, []string{"0s delete: a b", "30s delete: a b"}, q.log("delete"))
		_, errs := c.reported()
		require.Len(t, errs, 1)
		require.EqualError(t, errs[0], "sqs: consumer: Delete: 2 entries failed, first entry 0: context deadline exceeded")
		c.close()
	})
}
