package kinesis_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

func TestNewProducerNamesEveryFault(t *testing.T) {
	_, err := kinesis.NewProducer(nil, kinesis.ProducerConfig{
		BatchRecords: 501, BatchBytes: 10<<20 + 1, Linger: new(time.Duration(-1)), Concurrency: -1, AggregateBytes: 63,
		MaxBufferedBytes: -1, TTL: -2, RequestTimeout: -1, Backoff: -1, CloseTimeout: new(time.Duration(-1)),
	})
	require.ErrorIs(t, err, kinesis.ErrInvalidArgument)
	for _, fault := range []string{"stream is nil", "BatchRecords is 501", "BatchBytes is 10485761", "Linger is -1ns", "Concurrency is -1",
		"AggregateBytes is 63", "MaxBufferedBytes is -1", "TTL is -2ns", "RequestTimeout is -1ns", "Backoff is -1ns", "CloseTimeout is -1ns"} {
		require.ErrorContains(t, err, fault)
	}
	_, err = kinesis.NewProducer(newPutScript(nil), kinesis.ProducerConfig{Backoff: 2, MaxBackoff: 1})
	require.ErrorContains(t, err, "Backoff is 2ns")
	_, err = kinesis.NewProducer(newPutScript(nil), kinesis.ProducerConfig{BatchRecords: 500, BatchBytes: 10 << 20, Backoff: time.Minute, AggregateBytes: 1 << 20})
	require.NoError(t, err)
}

func TestProducerRefuses(t *testing.T) {
	p := newProducer(t, newPutScript(nil), kinesis.ProducerConfig{MaxBufferedBytes: 20 << 20})
	for name, e := range map[string]kinesis.Entry{
		"no key":            {},
		"long key":          {PartitionKey: strings.Repeat("ä", 257)},
		"hash key":          {PartitionKey: "k", ExplicitHashKey: "01"},
		"too large for all": {PartitionKey: "k", Data: make([]byte, 10<<20)},
	} {
		called := func(kinesis.Put, error) { t.Error("called back") }
		for _, err := range []error{p.Add(t.Context(), e, called), p.TryAdd(e, called)} {
			require.ErrorIs(t, err, kinesis.ErrInvalidArgument, name)
			require.Contains(t, err.Error(), "Add", name)
		}
	}
	small := newProducer(t, newPutScript(nil), kinesis.ProducerConfig{MaxBufferedBytes: 300})
	require.ErrorContains(t, small.Add(t.Context(), kinesis.Entry{PartitionKey: "k", Data: make([]byte, 44)}, nil), "MaxBufferedBytes is 300")
	require.NoError(t, small.Add(t.Context(), kinesis.Entry{PartitionKey: "k", Data: make([]byte, 43)}, nil))
	require.NoError(t, small.Close())
	require.NoError(t, p.Close())
	require.Zero(t, p.Stats())
}

func TestProducerBatches(t *testing.T) {
	add := func(n, size int) func(t *testing.T, p *kinesis.Producer) {
		return func(t *testing.T, p *kinesis.Producer) {
			for range n {
				require.NoError(t, p.Add(t.Context(), kinesis.Entry{PartitionKey: "k", Data: make([]byte, size)}, nil))
			}
		}
	}
	for name, tc := range map[string]struct {
		cfg  kinesis.ProducerConfig
		add  func(t *testing.T, p *kinesis.Producer)
		want []string // when: entries
	}{
		"one lingers":                   {kinesis.ProducerConfig{}, add(1, 10), []string{"100ms: 1"}},
		"as long as it is told":         {kinesis.ProducerConfig{Linger: new(time.Second)}, add(2, 10), []string{"1s: 2"}},
		"500 do not":                    {kinesis.ProducerConfig{}, add(501, 10), []string{"0s: 500", "100ms: 1"}},
		"nor as many as are told":       {kinesis.ProducerConfig{BatchRecords: 3}, add(7, 10), []string{"0s: 3", "0s: 3", "100ms: 1"}},
		"5 MiB do not":                  {kinesis.ProducerConfig{}, add(6, 1<<20-1), []string{"0s: 5", "100ms: 1"}},
		"nor as many bytes as are told": {kinesis.ProducerConfig{BatchBytes: 22}, add(5, 10), []string{"0s: 2", "0s: 2", "100ms: 1"}},
		"a bound is not exceeded":       {kinesis.ProducerConfig{BatchBytes: 21}, add(3, 10), []string{"0s: 1", "0s: 1", "100ms: 1"}},
		"a large one goes alone":        {kinesis.ProducerConfig{BatchBytes: 5}, add(2, 10), []string{"0s: 1", "0s: 1"}},
		"none lingers": {kinesis.ProducerConfig{Linger: new(time.Duration(0)), Concurrency: 1},
			func(t *testing.T, p *kinesis.Producer) {
				for range 3 {
					add(1, 10)(t, p)
					synctest.Wait()
				}
			}, []string{"0s: 1", "0s: 1", "0s: 1"}},
		"nor for one that backs off": {kinesis.ProducerConfig{Backoff: 20 * time.Second},
			func(t *testing.T, p *kinesis.Producer) {
				require.NoError(t, p.Add(t.Context(), kinesis.Entry{PartitionKey: "k", Data: []byte("fails once")}, nil))
				elapse(5 * time.Second)
				add(1, 10)(t, p)
				elapse(time.Second)
				require.EqualValues(t, 1, p.Stats().Accepted)
			}, nil},
		"one that failed does not linger again": {kinesis.ProducerConfig{Linger: new(10 * time.Second), Backoff: time.Second},
			func(t *testing.T, p *kinesis.Producer) {
				require.NoError(t, p.Add(t.Context(), kinesis.Entry{PartitionKey: "k", Data: []byte("fails once")}, nil))
				elapse(10 * time.Second)
				add(1, 10)(t, p)
				elapse(2 * time.Second)
				require.EqualValues(t, 2, p.Stats().Accepted, "nor does what came meanwhile")
			}, nil},
		"the oldest counts": {kinesis.ProducerConfig{},
			func(t *testing.T, p *kinesis.Producer) {
				for range 4 {
					add(1, 10)(t, p)
					time.Sleep(40 * time.Millisecond)
				}
			}, []string{"100ms: 3", "220ms: 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newPutScript(func(_ context.Context, call int, batch []kinesis.Entry) error {
					if call == 0 {
						return refuseEntries(batch, map[string]error{"fails once": kinesis.ErrInternalFailure})
					}
					return nil
				})
				p := newProducer(t, s, tc.cfg)
				tc.add(t, p)
				elapse(time.Minute)
				at, data := s.log()
				var got []string
				for i := range at {
					got = append(got, fmt.Sprintf("%v: %d", at[i], len(data[i])))
				}
				// What is due at once goes out in requests that run at once.
				if tc.want != nil {
					require.ElementsMatch(t, tc.want, got)
				}
				requireBalanced(t, p)
			})
		})
	}
}

func TestProducerBoundsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(func(context.Context, int, []kinesis.Entry) error { time.Sleep(time.Second); return nil })
		p := newProducer(t, s, kinesis.ProducerConfig{BatchRecords: 10, Concurrency: 3})
		for i := range 100 {
			require.NoError(t, p.Add(t.Context(), kinesis.Entry{PartitionKey: fmt.Sprint(i)}, nil))
		}
		began := time.Now()
		require.NoError(t, p.Flush(t.Context()))
		require.Equal(t, 4*time.Second, time.Since(began))
		require.Equal(t, 3, s.most)
		require.EqualValues(t, 10, requireBalanced(t, p).Requests)
	})
}

// An idle producer is simply garbage: a goroutine that is left would fail the bubble.
func TestProducerWithoutCloseHasNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, aggregate := range []bool{false, true} {
			s := newPutScript(func(_ context.Context, call int, batch []kinesis.Entry) error {
				if call == 0 {
					return kinesis.ErrInternalFailure
				}
				return nil
			})
			p := newProducer(t, s, kinesis.ProducerConfig{Aggregate: aggregate})
			newPutOutcomes().add(t, p, "k", "a", "b")
			synctest.Wait()
			requireNoGoroutine(t, "while it lingers")
			elapse(110 * time.Millisecond)
			require.EqualValues(t, 1, p.Stats().Requests)
			requireNoGoroutine(t, "while it backs off")
			elapse(time.Second)
			require.EqualValues(t, 2, requireBalanced(t, p).Accepted)
			requireNoGoroutine(t, "while it is idle")
		}
	})
}

// requireNoGoroutine checks that no goroutine is a producer's.
func requireNoGoroutine(t *testing.T, when string) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	require.NotContains(t, string(stacks), "kinesis.(*Producer)", when)
}

func TestProducerCopiesData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(nil)
		p := newProducer(t, s, kinesis.ProducerConfig{})
		data := []byte("before")
		require.NoError(t, p.Add(t.Context(), kinesis.Entry{PartitionKey: "k", Data: data}, nil))
		copy(data, "after!")
		require.NoError(t, p.Close())
		require.Equal(t, []string{"before"}, s.taken())
	})
}

func TestProducerPut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(func(ctx context.Context, _ int, batch []kinesis.Entry) error {
			if string(batch[0].Data) == "slow" {
				time.Sleep(time.Second)
			}
			return refuseEntries(batch, map[string]error{"bad": kinesis.ErrValidation})
		})
		p := newProducer(t, s, kinesis.ProducerConfig{})
		puts, err := p.Put(t.Context(), kinesis.Entry{PartitionKey: "k", Data: []byte("good")},
			kinesis.Entry{}, kinesis.Entry{PartitionKey: "k", Data: []byte("bad")})
		batch, ok := errors.AsType[*kinesis.BatchError](err)
		require.True(t, ok)
		require.Len(t, batch.Failed, 2)
		require.Equal(t, 1, batch.Failed[0].Index)
		require.ErrorIs(t, batch.Failed[0].Err, kinesis.ErrInvalidArgument)
		require.Equal(t, 2, batch.Failed[1].Index)
		require.ErrorIs(t, batch.Failed[1].Err, kinesis.ErrValidation)
		require.Equal(t, []kinesis.Put{{ShardID: "shardId-000000000000"}, {}, {}}, puts)

		puts, err = p.Put(t.Context())
		require.NoError(t, err)
		require.Empty(t, puts)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err = p.Put(ctx, kinesis.Entry{PartitionKey: "k", Data: []byte("slow")})
		require.Equal(t, context.DeadlineExceeded, err)
		_, err = p.Put(ctx, kinesis.Entry{PartitionKey: "k", Data: []byte("late")})
		require.Equal(t, context.DeadlineExceeded, err)
		require.NoError(t, p.Close())
		require.Equal(t, []string{"good", "slow"}, s.taken())
		_, err = p.Put(t.Context(), kinesis.Entry{PartitionKey: "k"})
		require.ErrorIs(t, err, kinesis.ErrClosed)
	})
}
