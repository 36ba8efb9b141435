package kinesis_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// Writers, readers that follow the lineage of the shards, readers that wait, onlookers,
// and somebody who splits, merges and changes the shard count work on one stream at once.
// Every reader gets every record once, and those of a key in order.
func TestRace(t *testing.T) {
	const writers, readers, keys = 4, 3, 20
	perKey := 2000
	if testing.Short() {
		perKey = 200
	}
	s := newStream(t, kinesis.Config{ShardCount: 2, Relaxed: true})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var written, resharded, looked atomic.Int64
	var writing, all sync.WaitGroup
	for w := range writers { // each key has one writer, or there would be no order to keep
		writing.Go(func() {
			for n := 1; n <= perKey; n++ {
				var batch []kinesis.Entry
				for k := w; k < keys; k += writers {
					batch = append(batch, keyed(fmt.Sprint("key ", k), strconv.Itoa(n))...)
				}
				if _, err := s.Put(ctx, batch...); err != nil {
					t.Errorf("put: %v", err)
					return
				}
				written.Add(int64(len(batch)))
				for resharded.Load() < written.Load()/300 {
					runtime.Gosched()
				}
			}
		})
	}
	done := make(chan struct{})
	all.Go(func() {
		rng := rand.New(rand.NewPCG(1, 2))
		for next := int64(0); ; {
			select {
			case <-done:
				return
			default:
			}
			if written.Load() < next {
				runtime.Gosched()
				continue
			}
			reshardOnce(t, s, rng)
			next = resharded.Add(1) * 300
		}
	})
	all.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				sum := s.Summary()
				if sum.OpenShards < 1 || sum.Shards < sum.OpenShards || sum.Records < 0 {
					t.Errorf("a stream with %+v", sum)
				}
				looked.Add(1)
				runtime.Gosched()
			}
		}
	})
	logs := make([]*lineageLog, readers)
	for i := range logs {
		logs[i] = &lineageLog{last: map[string]int{}}
		all.Go(func() { logs[i].follow(ctx, t, s, keys*perKey) })
	}
	writing.Wait()
	close(done)
	all.Wait()
	for _, l := range logs {
		for k := range keys {
			require.Equal(t, perKey, l.last[fmt.Sprint("key ", k)])
		}
	}
	t.Logf("%d records written, read by %d readers, through %d changes of the shards, of which %d are there, %d looks", written.Load(), readers, resharded.Load(), s.Summary().Shards, looked.Load())
}

// reshardOnce splits, merges or changes the shard count.
func reshardOnce(t testing.TB, s *kinesis.LocalStream, rng *rand.Rand) {
	open := openOf(t, s)
	var err error
	switch i := rng.IntN(len(open)); {
	case len(open) > 6:
		_, err = s.UpdateShardCount((len(open) + 1) / 2)
	case rng.IntN(2) == 0:
		err = s.SplitShard(open[i].ID, open[i].HashKeyRange.Middle())
	default:
		for _, other := range open {
			if other.HashKeyRange.Start == plus(open[i].HashKeyRange.End, 1) && other.ID != open[i].ID && open[i].HashKeyRange.End != kinesis.MaxHashKey {
				err = s.MergeShards(open[i].ID, other.ID)
			}
		}
	}
	if err != nil {
		t.Errorf("resharding: %v", err)
	}
}

// lineageLog is what a reader of all shards read: the newest of each key.
type lineageLog struct {
	mu    sync.Mutex
	last  map[string]int // guarded by mu
	count int            // guarded by mu
	wait  sync.WaitGroup
	full  context.CancelFunc
}

// follow reads n records: each shard in a goroutine of its own, begun when its parents
// were read to the end.
func (l *lineageLog) follow(ctx context.Context, t testing.TB, s *kinesis.LocalStream, n int) {
	ctx, l.full = context.WithCancel(ctx)
	defer l.full()
	parents := map[string]int{} // read to their end, by child
	var begin func(id string)
	begin = func(id string) {
		l.wait.Go(func() {
			for _, child := range l.readShard(ctx, t, s, id, n) {
				l.mu.Lock()
				parents[child.ShardID]++
				ready := parents[child.ShardID] == len(child.ParentShards)
				l.mu.Unlock()
				if ready {
					begin(child.ShardID)
				}
			}
		})
	}
	for _, sh := range shardsOf(t, s) {
		if sh.ParentID == "" {
			begin(sh.ID)
		}
	}
	l.wait.Wait()
}

func (l *lineageLog) readShard(ctx context.Context, t testing.TB, s *kinesis.LocalStream, id string, n int) []kinesis.ChildShard {
	req := kinesis.ReadRequest{ShardID: id, Limit: 50, Wait: time.Minute}
	for {
		batch, err := s.Read(ctx, req)
		if err != nil {
			if ctx.Err() == nil || ctx.Err() == context.DeadlineExceeded {
				t.Errorf("read %s: %v", id, err)
			}
			return nil
		}
		l.mu.Lock()
		for _, r := range batch.Records {
			if i, err := strconv.Atoi(string(r.Data)); err != nil || i != l.last[r.PartitionKey]+1 {
				t.Errorf("%s: read %q after %d", r.PartitionKey, r.Data, l.last[r.PartitionKey])
			}
			l.last[r.PartitionKey]++
		}
		if l.count += len(batch.Records); l.count == n {
			l.full()
		}
		l.mu.Unlock()
		if batch.End {
			return batch.ChildShards
		}
		req.Position = batch.Next
	}
}

// Closing meanwhile: whatever happens, nobody gets an error but the one that says so,
// and nobody hangs.
func TestRaceClose(t *testing.T) {
	var put, read, closed atomic.Int64
	for range 10 {
		service, s := streamIn(t, kinesis.Config{ShardCount: 4, Relaxed: true, RetentionBytes: 1 << 16, RetentionPeriod: time.Millisecond})
		var all sync.WaitGroup
		ended := func(err error) bool {
			if err == nil {
				return false
			}
			if !errors.Is(err, kinesis.ErrClosed) {
				t.Errorf("ended by %v", err)
			}
			closed.Add(1)
			return true
		}
		for i := range 3 {
			all.Go(func() {
				for {
					if _, err := s.Put(t.Context(), keyed(strings.Repeat("k", i+1), "a", "b", "c")...); ended(err) {
						return
					}
					put.Add(3)
				}
			})
			all.Go(func() {
				req := kinesis.ReadRequest{ShardID: fmt.Sprintf("shardId-%012d", i), Wait: time.Minute}
				for {
					batch, err := s.Read(t.Context(), req)
					if ended(err) {
						return
					}
					read.Add(int64(len(batch.Records)))
					req.Position = batch.Next
				}
			})
		}
		all.Go(func() {
			for {
				if _, err := s.Shards(t.Context()); ended(err) {
					return
				}
				if ended(s.SetRetentionPeriod(time.Millisecond)) {
					return
				}
			}
		})
		for start := put.Load(); put.Load() < start+1000; {
			runtime.Gosched()
		}
		require.NoError(t, service.Close())
		all.Wait()
	}
	t.Logf("%d put, %d read, %d ended by a close", put.Load(), read.Load(), closed.Load())
}
