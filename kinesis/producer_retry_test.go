package kinesis_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

func TestProducerRetriesOnlyWhatMayHelp(t *testing.T) {
	foreign := errors.New("connection reset")
	for name, tc := range map[string]struct {
		err   error // of the entry "b", at first
		whole bool  // of the request, rather
		want  [][]string
		fails bool
	}{
		"throttled":            {kinesis.ErrProvisionedThroughputExceeded, false, [][]string{{"a", "b", "c"}, {"b"}}, false},
		"internal failure":     {kinesis.ErrInternalFailure, false, [][]string{{"a", "b", "c"}, {"b"}}, false},
		"unknown":              {foreign, false, [][]string{{"a", "b", "c"}, {"b"}}, false},
		"invalid":              {kinesis.ErrInvalidArgument, false, [][]string{{"a", "b", "c"}}, true},
		"malformed":            {kinesis.ErrValidation, false, [][]string{{"a", "b", "c"}}, true},
		"all throttled":        {kinesis.ErrProvisionedThroughputExceeded, true, [][]string{{"a", "b", "c"}, {"a", "b", "c"}}, false},
		"all unknown":          {foreign, true, [][]string{{"a", "b", "c"}, {"a", "b", "c"}}, false},
		"no stream":            {kinesis.ErrResourceNotFound, true, [][]string{{"a", "b", "c"}}, true},
		"stream closed":        {kinesis.ErrClosed, true, [][]string{{"a", "b", "c"}}, true},
		"one spoils a request": {kinesis.ErrValidation, true, [][]string{{"a", "b", "c"}, {"a"}, {"b"}, {"c"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newPutScript(func(_ context.Context, call int, batch []kinesis.Entry) error {
					switch {
					case call > 0:
						return nil
					case tc.whole:
						return &kinesis.Error{Op: "Put", Err: tc.err}
					}
					return refuseEntries(batch, map[string]error{"b": tc.err})
				})
				var reported []string
				p := newProducer(t, s, kinesis.ProducerConfig{Concurrency: 1, OnError: func(err error) {
					reported = append(reported, err.(*kinesis.ProducerError).Op)
				}})
				o := newPutOutcomes()
				o.add(t, p, "k", "a", "b", "c")
				require.NoError(t, p.Shutdown(t.Context()))
				_, got := s.log()
				require.Equal(t, tc.want, got)
				for _, text := range []string{"a", "b", "c"} {
					if tc.fails && (tc.whole || text == "b") {
						require.ErrorIs(t, o.err(text), tc.err)
					} else {
						require.NoError(t, o.err(text))
					}
				}
				if tc.whole {
					require.Equal(t, []string{"Put"}, reported)
				} else {
					require.Empty(t, reported)
				}
				stats := requireBalanced(t, p)
				require.EqualValues(t, 3, stats.Added)
				total := 0
				for _, call := range got[1:] {
					total += len(call)
				}
				require.EqualValues(t, total, stats.Retried)
			})
		})
	}
}

func TestProducerIsolatesWhatSpoilsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(func(_ context.Context, _ int, batch []kinesis.Entry) error {
			for _, e := range batch {
				if string(e.Data) == "b" {
					return &kinesis.Error{Err: kinesis.ErrValidation}
				}
			}
			return nil
		})
		p := newProducer(t, s, kinesis.ProducerConfig{})
		o := newPutOutcomes()
		o.add(t, p, "k", "a", "b", "c")
		require.NoError(t, p.Close())
		require.ElementsMatch(t, []string{"a", "c"}, s.taken())
		require.ErrorIs(t, o.err("b"), kinesis.ErrValidation)
		require.NoError(t, o.err("a"))
	})
}

func TestProducerBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(func(_ context.Context, _ int, batch []kinesis.Entry) error {
			return refuseEntries(batch, map[string]error{"a": kinesis.ErrProvisionedThroughputExceeded})
		})
		p := newProducer(t, s, kinesis.ProducerConfig{Linger: new(time.Duration(0)), Backoff: time.Second, MaxBackoff: 5 * time.Second, TTL: time.Minute})
		o := newPutOutcomes()
		o.add(t, p, "k", "a")
		elapse(2 * time.Minute)
		at, _ := s.log()
		for i, most := range []int{1, 2, 4, 5, 5, 5} {
			pause := at[i+1] - at[i]
			require.LessOrEqual(t, pause, time.Duration(most)*time.Second)
			require.GreaterOrEqual(t, pause, time.Duration(most)*time.Second/2)
			require.NotZero(t, pause%time.Millisecond, "half of it is random")
		}
		// It is given up when it would not be tried any more, not later.
		require.LessOrEqual(t, o.when("a"), time.Minute)
		require.GreaterOrEqual(t, o.when("a"), 55*time.Second)
		require.Equal(t, o.when("a"), at[len(at)-1])
		err := o.err("a")
		require.ErrorIs(t, err, kinesis.ErrRecordExpired)
		require.ErrorIs(t, err, kinesis.ErrProvisionedThroughputExceeded)
		require.Contains(t, err.Error(), fmt.Sprintf("within 1m0s, in %d attempts", len(at)))
		stats := requireBalanced(t, p)
		require.EqualValues(t, 1, stats.Expired)
		require.EqualValues(t, len(at)-1, stats.Retried)
	})
}

// What failed together is retried together, and shares its request with what is new.
func TestProducerRetriesInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(func(_ context.Context, call int, batch []kinesis.Entry) error {
			if call == 0 {
				return refuseEntries(batch, map[string]error{"a": kinesis.ErrInternalFailure, "c": kinesis.ErrInternalFailure})
			}
			return nil
		})
		p := newProducer(t, s, kinesis.ProducerConfig{Backoff: 10 * time.Millisecond})
		o := newPutOutcomes()
		o.add(t, p, "k", "a", "b", "c")
		elapse(101 * time.Millisecond)
		o.add(t, p, "k", "d")
		elapse(time.Second)
		_, got := s.log()
		require.Equal(t, [][]string{{"a", "b", "c"}, {"a", "c", "d"}}, got)
	})
}

func TestProducerExpiresWhatItCouldNotSend(t *testing.T) {
	for _, ordered := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newPutScript(func(ctx context.Context, _ int, _ []kinesis.Entry) error {
				<-ctx.Done()
				return ctx.Err()
			})
			p := newProducer(t, s, kinesis.ProducerConfig{Concurrency: 1, BatchRecords: 1, TTL: 10 * time.Second, RequestTimeout: 4 * time.Second, Ordered: ordered})
			o := newPutOutcomes()
			const n = 5000
			for i := range n {
				o.add(t, p, "k", fmt.Sprint(i))
			}
			elapse(time.Minute)
			require.Len(t, o.told(), n)
			order := o.told()
			for i := range n {
				require.ErrorIs(t, o.err(fmt.Sprint(i)), kinesis.ErrRecordExpired)
				require.LessOrEqual(t, o.when(fmt.Sprint(i)), 14*time.Second)
				if ordered {
					require.Equal(t, fmt.Sprint(i), order[i])
				}
			}
			require.ErrorIs(t, o.err("0"), context.DeadlineExceeded)
			require.ErrorContains(t, o.err("4999"), "in 0 attempts.")
			require.EqualValues(t, n, requireBalanced(t, p).Expired)
		})
	}
}

func TestProducerKeepsOrderPerKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(func(_ context.Context, call int, batch []kinesis.Entry) error {
			if call < 2 {
				return refuseEntries(batch, map[string]error{"a1": kinesis.ErrProvisionedThroughputExceeded})
			}
			return refuseEntries(batch, map[string]error{"a2": kinesis.ErrInvalidArgument})
		})
		p := newProducer(t, s, kinesis.ProducerConfig{Ordered: true, Backoff: time.Second})
		o := newPutOutcomes()
		for i := range 4 {
			o.add(t, p, "a", fmt.Sprint("a", i))
			o.add(t, p, "b", fmt.Sprint("b", i))
		}
		elapse(500 * time.Millisecond)
		require.Equal(t, []string{"a0", "b0", "b1", "b2", "b3"}, s.taken(), "b waits for a")
		elapse(time.Minute)
		require.Equal(t, []string{"a0", "b0", "b1", "b2", "b3", "a1", "a3"}, s.taken())
		require.ErrorIs(t, o.err("a2"), kinesis.ErrInvalidArgument)
		_, got := s.log()
		require.Equal(t, [][]string{{"a0", "b0"}, {"a1", "b1"}, {"b2"}, {"b3"}, {"a1"}, {"a2"}, {"a3"}}, got)
	})
}

// A callback holds up the later records of its key, and no other's.
func TestProducerCallsBackInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(nil)
		p := newProducer(t, s, kinesis.ProducerConfig{Ordered: true, Linger: new(time.Duration(0))})
		o := newPutOutcomes()
		require.NoError(t, p.Add(t.Context(), kinesis.Entry{PartitionKey: "a", Data: []byte("a0")}, func(put kinesis.Put, err error) {
			time.Sleep(time.Second)
			o.done("a0")(put, err)
		}))
		o.add(t, p, "a", "a1")
		o.add(t, p, "b", "b0", "b1")
		require.NoError(t, p.Shutdown(t.Context()))
		require.Equal(t, []string{"b0", "b1", "a0", "a1"}, o.told())
	})
}

func TestProducerSurvivesCallbacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(func(_ context.Context, call int, batch []kinesis.Entry) error {
			if call == 0 {
				return errors.New("network")
			}
			return refuseEntries(batch, map[string]error{"lost": kinesis.ErrValidation})
		})
		var mu sync.Mutex
		var reported []*kinesis.ProducerError
		p := newProducer(t, s, kinesis.ProducerConfig{Ordered: true, OnError: func(err error) {
			mu.Lock()
			defer mu.Unlock()
			reported = append(reported, err.(*kinesis.ProducerError))
			panic("OnError")
		}})
		o := newPutOutcomes()
		add := func(key, data string, done func(kinesis.Put, error)) {
			require.NoError(t, p.Add(t.Context(), kinesis.Entry{PartitionKey: key, Data: []byte(data)}, done))
		}
		add("a", "a0", func(kinesis.Put, error) { panic(context.Canceled) })
		add("b", "b0", func(kinesis.Put, error) { runtime.Goexit() }) // as FailNow does
		add("c", "lost", nil)
		add("c", "c1", nil)
		o.add(t, p, "a", "a1")
		o.add(t, p, "b", "b1")
		require.NoError(t, p.Shutdown(t.Context()))
		require.ElementsMatch(t, []string{"a1", "b1"}, o.told())
		require.Len(t, reported, 3)
		require.Equal(t, "Put", reported[0].Op)
		require.Empty(t, reported[0].PartitionKey)
		require.Equal(t, "Done", reported[1].Op)
		require.ErrorIs(t, reported[1], context.Canceled)
		panicked, ok := errors.AsType[*kinesis.PanicError](reported[1])
		require.True(t, ok)
		require.Equal(t, context.Canceled, panicked.Value)
		require.Equal(t, "Put", reported[2].Op)
		require.Equal(t, "c", reported[2].PartitionKey)
		require.ErrorIs(t, reported[2], kinesis.ErrValidation)
		require.EqualValues(t, 1, requireBalanced(t, p).Failed)
	})
}

// A stream that breaks its rules, or ends its goroutine as a test's does, loses nothing.
func TestProducerSurvivesStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(func(_ context.Context, call int, _ []kinesis.Entry) error {
			switch call {
			case 0:
				runtime.Goexit()
			case 1:
				return &kinesis.BatchError{}
			case 2:
				return &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: 7, Err: kinesis.ErrValidation}, {Index: -1}}}
			}
			return nil
		})
		shards := s.shards
		s.shards = func() ([]kinesis.Shard, error) {
			s.shards = shards
			runtime.Goexit()
			return nil, nil
		}
		var mu sync.Mutex
		var ops []string
		p := newProducer(t, s, kinesis.ProducerConfig{Aggregate: true, OnError: func(err error) {
			mu.Lock()
			defer mu.Unlock()
			ops = append(ops, err.(*kinesis.ProducerError).Op)
		}})
		o := newPutOutcomes()
		o.add(t, p, "k", "a", "b")
		require.NoError(t, p.Shutdown(t.Context()))
		require.Equal(t, []string{"a", "b"}, o.told())
		require.NoError(t, o.err("a"))
		require.Equal(t, []string{"Put", "Put"}, ops)
		_, got := s.log()
		require.Equal(t, [][]string{{"a", "b"}, {"a", "b"}, {"a", "b"}}, got)
	})
}
