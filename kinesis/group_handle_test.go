package kinesis_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// Each case is what a handler does with five records, at most four at a time, and what it
// and the dead letters then see.
func TestGroupRetries(t *testing.T) {
	named := func(indexes ...int) error {
		batch := &kinesis.BatchError{}
		for _, i := range indexes {
			batch.Failed = append(batch.Failed, kinesis.EntryError{Index: i, Err: errBoom})
		}
		return batch
	}
	type call func(ctx context.Context, b *kinesis.ShardBatch) error
	fails := func(err error) call { return func(context.Context, *kinesis.ShardBatch) error { return err } }
	after := func(i int, err error) call {
		return func(ctx context.Context, b *kinesis.ShardBatch) error {
			if err := b.Checkpoint(ctx, b.Records[i]); err != nil {
				return err
			}
			return err
		}
	}
	for _, c := range []struct {
		name     string
		calls    []call // the first ones; the others succeed
		attempts int
		dead     []error // what DeadLetter returns at first
		want     []string
		reported []string
	}{
		{name: "success", want: []string{"0s a1 a2 a3 a4", "0s a5"}},
		{name: "failure", calls: []call{fails(errBoom)}, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a1 a2 a3 a4 again 2", "1s a5"}},
		{name: "failures", calls: []call{fails(errBoom), fails(errBoom), fails(errBoom)}, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a1 a2 a3 a4 again 2", "3s a1 a2 a3 a4 again 3", "7s a1 a2 a3 a4 again 4", "7s a5"}},
		{name: "panic", calls: []call{func(context.Context, *kinesis.ShardBatch) error { panic("x") }}, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a1 a2 a3 a4 again 2", "1s a5"}},
		{name: "end of the goroutine", calls: []call{func(context.Context, *kinesis.ShardBatch) error { runtime.Goexit(); return nil }}, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a1 a2 a3 a4 again 2", "1s a5"}},
		{name: "one is named", calls: []call{fails(named(2))}, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a3 a4 again 2", "1s a5"}},
		{name: "the first that is named counts", calls: []call{fails(named(3, 1, 2))}, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a2 a3 a4 again 2", "1s a5"}},
		{name: "one that is not there is named", calls: []call{fails(named(1, 4))}, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a1 a2 a3 a4 again 2", "1s a5"}},
		{name: "none is named", calls: []call{fails(named())}, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a1 a2 a3 a4 again 2", "1s a5"}},
		{name: "a name wrapped", calls: []call{fails(fmt.Errorf("no: %w", named(2)))}, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a1 a2 a3 a4 again 2", "1s a5"}},
		{name: "progress starts the count anew", calls: []call{fails(errBoom), fails(named(1)), fails(named(1))}, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a1 a2 a3 a4 again 2", "2s a2 a3 a4 again 2", "3s a3 a4 again 2", "3s a5"}},
		{name: "checkpoint on the way", calls: []call{after(1, errBoom)}, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a3 a4 again 2", "1s a5"}},
		{name: "checkpoint of all, and then a failure", calls: []call{after(3, errBoom)}, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "0s a5"}},
		{name: "checkpoint beyond the failure", calls: []call{after(2, named(1))}, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a4 again 2", "1s a5"}},

		{name: "dead letter", calls: []call{fails(errBoom), fails(errBoom)}, attempts: 2, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a1 a2 a3 a4 again 2", "1s dead: a1 a2 a3 a4 (boom)", "1s a5"}},
		{name: "dead letter at once", calls: []call{fails(errBoom)}, attempts: 1, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "0s dead: a1 a2 a3 a4 (boom)", "0s a5"}},
		{name: "dead letter of the one that is named", calls: []call{fails(named(1)), fails(named(0))}, attempts: 2, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "1s a2 a3 a4 again 2", "1s dead: a2 (boom)", "1s a3 a4", "1s a5"}},
		{name: "dead letter of the last", calls: []call{fails(named(3))}, attempts: 1, reported: []string{"Handle"},
			want: []string{"0s a1 a2 a3 a4", "0s dead: a4 (boom)", "0s a5"}},
		{name: "dead letters that fail", calls: []call{fails(errBoom)}, attempts: 1, dead: []error{errBoom, errBoom}, reported: []string{"Handle", "DeadLetter"},
			want: []string{"0s a1 a2 a3 a4", "0s dead: a1 a2 a3 a4 (boom)", "1s dead: a1 a2 a3 a4 (boom) again 2", "3s dead: a1 a2 a3 a4 (boom) again 3", "3s a5"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
			put(t, stream, "a1", "a2", "a3", "a4", "a5")
			n := newNotes()
			again := func(b *kinesis.ShardBatch) string {
				if b.Attempt == 1 {
					return ""
				}
				return fmt.Sprintf(" again %d", b.Attempt)
			}
			cfg := kinesis.GroupConfig{Leases: store, MaxRecords: 4, MaxAttempts: c.attempts}
			if c.attempts > 0 {
				cfg.DeadLetter = func(_ context.Context, b *kinesis.ShardBatch, cause error) error {
					n.add("dead: %s (%v)%s", textsOf(b.Records), cause, again(b))
					if len(c.dead) == 0 {
						return nil
					}
					err := c.dead[0]
					c.dead = c.dead[1:]
					return err
				}
			}
			m := join(t, stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
				n.add("%s%s", textsOf(b.Records), again(b))
				if len(c.calls) == 0 {
					return nil
				}
				call := c.calls[0]
				c.calls = c.calls[1:]
				return call(ctx, b)
			}, cfg)
			time.Sleep(time.Minute)
			require.Equal(t, c.want, n.read(), c.name)
			for i, op := range c.reported {
				c.reported[i] = op + " 0"
			}
			require.Equal(t, c.reported, m.reported(), c.name)
			last := leasesOf(t, store)[0].Checkpoint
			stats := m.close()
			require.EqualValues(t, 5, stats.Records+stats.DeadLettered, c.name)

			var final kinesis.Checkpoint
			join(t, stream, func(_ context.Context, b *kinesis.ShardBatch) error {
				t.Errorf("%s: %s came again", c.name, textsOf(b.Records))
				return nil
			}, kinesis.GroupConfig{Leases: store}).close()
			final = leasesOf(t, store)[0].Checkpoint
			require.Equal(t, last, final, c.name)
		})
	}
}

// A shard that fails does not hold up another.
func TestGroupShardsDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := groupStream(t, 2)
		put(t, stream, "a1", "b1", "c1", "d1", "e1", "f1")
		var once sync.Once
		var stuck string
		n := newNotes()
		m := join(t, stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
			once.Do(func() { stuck = b.ShardID })
			if stuck == b.ShardID {
				time.Sleep(time.Hour)
				return nil
			}
			n.add("%d", len(b.Records))
			return nil
		}, kinesis.GroupConfig{MaxRecords: 1})
		time.Sleep(time.Second)
		require.NotEmpty(t, n.read())
		put(t, stream, "a1", "b1", "c1", "d1", "e1", "f1")
		time.Sleep(time.Second)
		require.NotEmpty(t, n.read())
		m.close()
	})
}

func TestGroupBackoffPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := groupStream(t, 1)
		put(t, stream, "a1")
		n := newNotes()
		m := join(t, stream, func(_ context.Context, b *kinesis.ShardBatch) error {
			n.add("%d", b.Attempt)
			if b.Attempt < 3 {
				return errBoom
			}
			return nil
		}, kinesis.GroupConfig{Backoff: func(int) time.Duration { panic("x") }})
		time.Sleep(time.Minute)
		require.Equal(t, []string{"0s 1", "1s 2", "3s 3"}, n.read())
		require.Equal(t, []string{"Handle 0", "Backoff 0"}, m.reported())
		m.close()
	})
}
