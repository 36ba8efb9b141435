package kinesis_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// stuck answers no call before its context ends.
func stuck(ctx context.Context, _ int, _ []kinesis.Entry) error {
	<-ctx.Done()
	return ctx.Err()
}

func slowly(context.Context, int, []kinesis.Entry) error {
	time.Sleep(time.Second)
	return nil
}

func TestProducerFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(slowly)
		p := newProducer(t, s, kinesis.ProducerConfig{Linger: new(time.Hour), TTL: 2 * time.Hour})
		require.NoError(t, p.Flush(t.Context()), "there is nothing")
		o := newPutOutcomes()
		o.add(t, p, "k", "a", "b")
		began := time.Now()
		go func() {
			time.Sleep(500 * time.Millisecond)
			o.add(t, p, "k", "c") // does not matter to the first Flush, and lingers
			time.Sleep(100 * time.Millisecond)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			require.Equal(t, context.DeadlineExceeded, p.Flush(ctx))
		}()
		require.NoError(t, p.Flush(t.Context()))
		require.Equal(t, time.Second, time.Since(began))
		require.Equal(t, []string{"a", "b"}, o.told())
		elapse(time.Second)
		require.Equal(t, []string{"a", "b", "c"}, o.told(), "a Flush that nobody waits for any more goes on")
		require.NoError(t, p.Flush(t.Context()))
		require.Equal(t, 2*time.Second, time.Since(began))
		requireBalanced(t, p)
	})
}

// Flush waits for the records that are retried, and for the callbacks.
func TestProducerFlushWaitsForAll(t *testing.T) {
	for _, ordered := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newPutScript(func(_ context.Context, call int, batch []kinesis.Entry) error {
				if call < 3 {
					return refuseEntries(batch, map[string]error{"a": kinesis.ErrInternalFailure})
				}
				return nil
			})
			p := newProducer(t, s, kinesis.ProducerConfig{Ordered: ordered})
			told := false
			require.NoError(t, p.Add(t.Context(), kinesis.Entry{PartitionKey: "k", Data: []byte("a")}, func(kinesis.Put, error) {
				time.Sleep(20 * time.Second)
				told = true
			}))
			newPutOutcomes().add(t, p, "k", "b", "c")
			require.NoError(t, p.Flush(t.Context()))
			require.True(t, told)
			require.EqualValues(t, 3, requireBalanced(t, p).Accepted)
		})
	}
}

func TestProducerIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(slowly)
		const weight = 1 + 99 + 256
		p := newProducer(t, s, kinesis.ProducerConfig{Linger: new(time.Hour), TTL: 2 * time.Hour, MaxBufferedBytes: 10*weight + 20})
		e := kinesis.Entry{PartitionKey: "k", Data: make([]byte, 99)}
		for range 10 {
			require.NoError(t, p.TryAdd(e, nil))
		}
		err := p.TryAdd(e, nil)
		require.ErrorIs(t, err, kinesis.ErrBufferFull)
		require.ErrorContains(t, err, "TryAdd")
		stats := p.Stats()
		require.Equal(t, 10, stats.Buffered)
		require.EqualValues(t, 10*weight, stats.BufferedBytes)

		// An Add that waits for room makes some, rather than wait for Linger too.
		began := time.Now()
		require.NoError(t, p.Add(t.Context(), e, nil))
		require.Equal(t, time.Second, time.Since(began))
		require.EqualValues(t, 10, p.Stats().Accepted)
		require.Equal(t, 1, p.Stats().Buffered)
		elapse(time.Second)
		require.Equal(t, 1, p.Stats().Buffered, "it lingers again")

		for range 9 {
			require.NoError(t, p.TryAdd(e, nil))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		require.Equal(t, context.DeadlineExceeded, p.Add(ctx, e, nil))
		require.Equal(t, context.DeadlineExceeded, p.Add(ctx, e, nil), "it had ended before")
		require.NoError(t, p.Close())
		require.EqualValues(t, 20, requireBalanced(t, p).Accepted)
	})
}

func TestProducerCloseFreesThoseWhoWait(t *testing.T) {
	for name, end := range map[string]func(p *kinesis.Producer) error{
		"Close":    (*kinesis.Producer).Close,
		"Shutdown": func(p *kinesis.Producer) error { return p.Shutdown(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newProducer(t, newPutScript(slowly), kinesis.ProducerConfig{MaxBufferedBytes: 300})
				e := kinesis.Entry{PartitionKey: "k"}
				require.NoError(t, p.Add(t.Context(), e, nil))
				errs := make(chan error)
				for range 3 {
					go func() { errs <- p.Add(t.Context(), e, nil) }()
				}
				synctest.Wait()
				began := time.Now()
				go func() { errs <- end(p) }()
				for range 3 {
					err := <-errs
					require.ErrorIs(t, err, kinesis.ErrClosed)
					require.ErrorContains(t, err, "Add")
				}
				require.Zero(t, time.Since(began))
				require.NoError(t, <-errs)
				require.EqualValues(t, 1, requireBalanced(t, p).Accepted)
				require.ErrorIs(t, p.TryAdd(e, nil), kinesis.ErrClosed)
			})
		})
	}
}

func TestProducerEndsFirstAndTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, first := range []string{"Close", "Shutdown"} {
			p := newProducer(t, newPutScript(nil), kinesis.ProducerConfig{Aggregate: true})
			if first == "Close" {
				require.NoError(t, p.Close())
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			require.NoError(t, p.Shutdown(ended), "there is nothing to wait for")
			require.NoError(t, p.Close())
			require.NoError(t, p.Shutdown(t.Context()))
			require.NoError(t, p.Flush(t.Context()))
			require.ErrorIs(t, p.Add(t.Context(), kinesis.Entry{PartitionKey: "k"}, nil), kinesis.ErrClosed)
			require.Zero(t, p.Stats())
		}
	})
}

func TestProducerClose(t *testing.T) {
	type story struct {
		cfg     kinesis.ProducerConfig
		answer  func(context.Context, int, []kinesis.Entry) error
		takes   time.Duration
		givenUp int
	}
	for name, tc := range map[string]story{
		"sends what is left":         {takes: 0},
		"waits for the answer":       {answer: slowly, takes: time.Second},
		"waits no longer than 5 s":   {answer: stuck, takes: 5 * time.Second, givenUp: 3},
		"or than it is told":         {cfg: kinesis.ProducerConfig{CloseTimeout: new(2 * time.Second)}, answer: stuck, takes: 2 * time.Second, givenUp: 3},
		"or not at all":              {cfg: kinesis.ProducerConfig{CloseTimeout: new(time.Duration(0))}, givenUp: 3},
		"also while it would retry":  {cfg: kinesis.ProducerConfig{Backoff: time.Hour, MaxBackoff: time.Hour, TTL: 2 * time.Hour}, answer: failing, takes: 5 * time.Second, givenUp: 3},
		"retries while it may":       {answer: failingOnce, takes: time.Second},
		"also keys that wait":        {cfg: kinesis.ProducerConfig{Ordered: true}, answer: stuck, takes: 5 * time.Second, givenUp: 3},
		"does not wait for expiries": {cfg: kinesis.ProducerConfig{TTL: time.Second}, answer: failing, takes: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newPutScript(tc.answer)
				p := newProducer(t, s, tc.cfg)
				o := newPutOutcomes()
				o.add(t, p, "k", "a", "b", "c")
				began := time.Now()
				err := p.Close()
				require.InDelta(t, tc.takes, time.Since(began), float64(time.Second-1))
				require.LessOrEqual(t, time.Since(began), tc.takes)
				require.Len(t, o.told(), 3, "callbacks come before the end of Close")
				if tc.givenUp == 0 {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, kinesis.ErrClosed)
					require.ErrorContains(t, err, fmt.Sprintf("given up: %d.", tc.givenUp))
					for _, err := range o.of {
						require.ErrorIs(t, err, kinesis.ErrClosed)
					}
				}
				require.Equal(t, err, p.Close())
				requireBalanced(t, p)
			})
		})
	}
}

func failing(_ context.Context, _ int, batch []kinesis.Entry) error {
	return refuseEntries(batch, map[string]error{"a": kinesis.ErrInternalFailure, "b": kinesis.ErrInternalFailure, "c": kinesis.ErrInternalFailure})
}

func failingOnce(ctx context.Context, call int, batch []kinesis.Entry) error {
	if call == 0 {
		return failing(ctx, call, batch)
	}
	return nil
}

func TestProducerShutdownThatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(stuck)
		p := newProducer(t, s, kinesis.ProducerConfig{TTL: time.Hour, RequestTimeout: time.Hour})
		o := newPutOutcomes()
		o.add(t, p, "k", "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.Equal(t, context.DeadlineExceeded, p.Shutdown(ctx))
		require.Empty(t, o.told(), "delivery goes on")
		began := time.Now()
		require.ErrorIs(t, p.Close(), kinesis.ErrClosed)
		require.Zero(t, time.Since(began), "Shutdown has waited enough")
		require.ErrorIs(t, o.err("a"), kinesis.ErrClosed)
		require.ErrorIs(t, o.err("a"), context.Canceled)
		require.NoError(t, p.Shutdown(ctx))
	})
}

// What the stream accepted although its context had ended is accepted.
func TestProducerCloseBelievesTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProducer(t, newPutScript(func(ctx context.Context, _ int, _ []kinesis.Entry) error {
			<-ctx.Done()
			return nil
		}), kinesis.ProducerConfig{})
		o := newPutOutcomes()
		o.add(t, p, "k", "a")
		require.NoError(t, p.Close())
		require.NoError(t, o.err("a"))
	})
}

func TestProducerCloseWhileShardsAreAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := make(chan struct{})
		s := newPutScript(nil)
		s.shards = func() ([]kinesis.Shard, error) {
			<-asked
			return nil, errors.New("too late")
		}
		p := newProducer(t, s, kinesis.ProducerConfig{Aggregate: true, CloseTimeout: new(time.Duration(0))})
		o := newPutOutcomes()
		o.add(t, p, "k", "a")
		elapse(time.Second)
		closed := make(chan error)
		go func() { closed <- p.Close() }()
		synctest.Wait()
		require.ErrorIs(t, o.err("a"), kinesis.ErrClosed)
		select {
		case <-closed:
			t.Fatal("Close did not wait")
		default:
		}
		close(asked)
		require.ErrorIs(t, <-closed, kinesis.ErrClosed)
	})
}
