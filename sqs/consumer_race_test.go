package sqs_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

// Several consumers, producers among them, on a queue that fails one call in ten:
// every message is handled with success at least once, and none is left.
func TestConsumersLoseNothing(t *testing.T) {
	const producers, each = 4, 500
	for _, fifo := range []bool{false, true} {
		t.Run(map[bool]string{false: "standard", true: "FIFO"}[fifo], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				local := newQueueOf(t, sqs.Config{FIFO: fifo})
				q := newSpy(local)
				var mu sync.Mutex
				rng := rand.New(rand.NewPCG(3, 4))
				chance := func(n int) bool {
					mu.Lock()
					defer mu.Unlock()
					return rng.IntN(n) == 0
				}
				faults := 0
				q.fault = func(context.Context, string, string) error {
					if !chance(10) {
						return nil
					}
					mu.Lock()
					defer mu.Unlock()
					faults++
					return errBoom
				}

				var wg sync.WaitGroup
				for p := range producers {
					wg.Go(func() {
						for n := range each {
							send(t, q, sqs.Entry{Body: strconv.Itoa(p*each + n), GroupID: strconv.Itoa(n % 20)})
							time.Sleep(10 * time.Millisecond)
						}
					})
				}
				handled := map[string]int{}
				handler := func(ctx context.Context, batch []sqs.Message) error {
					if chance(10) {
						panic(errBoom)
					}
					if chance(20) {
						time.Sleep(time.Minute)
					}
					var failed []int
					for i, m := range batch {
						if chance(10) {
							failed = append(failed, i)
							continue
						}
						mu.Lock()
						handled[m.Body]++
						mu.Unlock()
					}
					if failed != nil {
						return failing(failed...)
					}
					return nil
				}
				var total sqs.ConsumerStats
				for first := true; first || local.Metrics().NumberOfMessagesDeleted < producers*each; first = false {
					var consumers []*consumption
					for i := range 3 {
						consumers = append(consumers, consume(t, q, handler, sqs.ConsumerConfig{
							BatchSize: 1 + 2*i, VisibilityTimeout: time.Duration(2+10*i) * time.Second,
						}))
					}
					time.Sleep(10 * time.Minute)
					for _, c := range consumers {
						add(&total, c.close())
					}
				}
				wg.Wait()
				require.Len(t, handled, producers*each)
				require.Empty(t, local.Peek(1))
				require.GreaterOrEqual(t, total.Succeeded, int64(producers*each))
				t.Logf("%d messages, %d faults: %+v", producers*each, faults, total)
			})
		})
	}
}

// Stats, Shutdown and Close come from anywhere, at any moment.
func TestConsumerLifecycleRaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueueOf(t, sqs.Config{})
		for range 200 {
			send(t, q, bodies("a", "b", "c")...)
			c, err := sqs.NewConsumer(q, func(ctx context.Context, _ []sqs.Message) error { return ctx.Err() }, sqs.ConsumerConfig{})
			require.NoError(t, err)
			var wg sync.WaitGroup
			for _, f := range []func(){
				func() { require.NoError(t, c.Run(t.Context())) },
				func() { require.NoError(t, c.Shutdown(t.Context())) },
				func() { require.NoError(t, c.Close()) },
				func() { c.Stats() },
			} {
				wg.Go(f)
			}
			wg.Wait()
			s := c.Stats()
			require.Equal(t, s.Received, s.Succeeded+s.Failed+s.HandedBack)
		}
	})
}
