package kinesis_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/kinesis"
)

// crowd is some who use a stream at once until the power is cut, and what they know then.
type crowd struct {
	stream *kinesis.LocalStream
	ctx    context.Context
	stop   context.CancelFunc

	mu     sync.Mutex
	acked  map[kinesis.Put]string          // data
	seen   map[kinesis.Put]string          // by readers
	tips   map[string]kinesis.Position     // where those are that have read all
	ended  map[string][]kinesis.ChildShard // shards whose end a reader saw
	listed map[string]kinesis.Shard        // that somebody saw
	early  error                           // what failed before the power was cut
}

// put puts records until that fails.
func (c *crowd) put(id int) {
	rnd := rand.New(rand.NewPCG(uint64(id), 1))
	for i := 0; c.ctx.Err() == nil; i++ {
		batch := make([]kinesis.Entry, 1+rnd.IntN(4))
		for k := range batch {
			batch[k] = kinesis.Entry{PartitionKey: fmt.Sprint("key", rnd.IntN(20)), Data: []byte(fmt.Sprint(id, "/", i, "/", k))}
		}
		puts, err := c.stream.Put(c.ctx, batch...)
		if err != nil {
			c.over(err)
			return
		}
		c.mu.Lock()
		for k, p := range puts {
			c.acked[p] = string(batch[k].Data)
		}
		c.mu.Unlock()
	}
}

// read reads a shard, and then its children, as they come.
func (c *crowd) read(wg *sync.WaitGroup, shard string) {
	next := kinesis.Position{}
	for c.ctx.Err() == nil {
		b, err := c.stream.Read(c.ctx, kinesis.ReadRequest{ShardID: shard, Position: next, Wait: time.Second, Limit: 7})
		if err != nil {
			c.over(err)
			return
		}
		c.mu.Lock()
		for _, r := range b.Records {
			c.seen[kinesis.Put{ShardID: shard, SequenceNumber: r.SequenceNumber}] = string(r.Data)
		}
		c.tips[shard] = b.Next
		if b.End {
			_, again := c.ended[shard]
			c.ended[shard] = b.ChildShards
			for _, child := range b.ChildShards {
				if !again && child.ParentShards[0] == shard {
					wg.Go(func() { c.read(wg, child.ShardID) })
				}
			}
		}
		c.mu.Unlock()
		if b.End {
			return
		}
		next = b.Next
	}
}

// reshard splits shards and merges them again.
func (c *crowd) reshard() {
	for i := 0; c.ctx.Err() == nil; i++ {
		if _, err := c.stream.UpdateShardCount(2 + 2*(i%2)); err != nil {
			c.over(err)
		}
		if err := c.stream.Tag(map[string]string{"i": fmt.Sprint(i)}); err != nil {
			c.over(err)
		}
	}
}

// look looks at the shards.
func (c *crowd) look() {
	for c.ctx.Err() == nil {
		shards, err := c.stream.Shards(c.ctx)
		if err != nil {
			c.over(err)
			return
		}
		c.mu.Lock()
		for _, sh := range shards {
			if !sh.IsOpen() || c.listed[sh.ID].ID == "" {
				c.listed[sh.ID] = sh
			}
		}
		c.mu.Unlock()
		runtime.Gosched()
	}
}

// over ends it all because something failed.
func (c *crowd) over(err error) {
	defer c.stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() == nil && !errors.Is(err, kinesis.ErrInternalFailure) {
		c.early = errors.Join(c.early, err)
	}
}

// Whatever readers saw of records and of the ends of shards, and whatever was
// acknowledged, is there after a crash, however many were at it.
func TestDurableCrowd(t *testing.T) {
	rounds := uint64(150)
	if testing.Short() {
		rounds = 30
	}
	acked, seen, ends := 0, 0, 0
	for seed := range rounds {
		synctest.Test(t, func(t *testing.T) {
			files := kinesis.NewMemFiles(seed)
			options := durable.Options{SegmentSize: []int64{1000, 5000, 0}[seed%3], MemoryBudget: []int64{-1, 300, 0}[seed/3%3]}
			s := mustOpen(t, files, options)
			stream, err := s.CreateStream("stream", kinesis.Config{ShardCount: 2, Relaxed: true})
			require.NoError(t, err)
			c := &crowd{
				stream: stream, acked: map[kinesis.Put]string{}, seen: map[kinesis.Put]string{},
				tips: map[string]kinesis.Position{}, ended: map[string][]kinesis.ChildShard{}, listed: map[string]kinesis.Shard{},
			}
			c.ctx, c.stop = context.WithCancel(t.Context())
			rnd := rand.New(rand.NewPCG(seed, 4))
			left := 50 + rnd.IntN(600)
			files.OnCall(func(faultfs.Call) (f faultfs.Fault) {
				left--
				f.Cut = left == 0
				return f
			})
			var wg sync.WaitGroup
			for id := range 3 {
				wg.Go(func() { c.put(id) })
			}
			wg.Go(c.reshard)
			wg.Go(c.look)
			for i := range 2 {
				wg.Go(func() { c.read(&wg, fmt.Sprintf("shardId-%012d", i)) })
			}
			wg.Wait()
			require.NoError(t, c.early, "nothing fails before the power is cut")
			if seed%4 == 0 {
				files.Kill()
			} else {
				files.Crash()
			}
			_ = s.Close()
			files.OnCall(nil)

			s = mustOpen(t, files, options)
			stream = mustStream(t, s, "stream")
			there := map[kinesis.Put]string{}
			shards := map[string]kinesis.Shard{}
			for _, sh := range shardsOf(t, stream) {
				shards[sh.ID] = sh
				b := mustRead(t, stream, sh.ID, kinesis.Position{})
				for _, r := range b.Records {
					there[kinesis.Put{ShardID: sh.ID, SequenceNumber: r.SequenceNumber}] = string(r.Data)
				}
				if next, ok := c.tips[sh.ID]; ok {
					mustRead(t, stream, sh.ID, next) // what a reader has stored can be gone on from
				}
				if children, ok := c.ended[sh.ID]; ok {
					require.True(t, b.End, "a reader saw the end of %s", sh.ID)
					require.Equal(t, children, b.ChildShards)
				}
			}
			for id := range maps.Keys(c.ended) {
				require.Contains(t, shards, id)
			}
			for id, saw := range c.listed {
				got := shards[id]
				if saw.IsOpen() {
					got.EndingSequenceNumber = saw.EndingSequenceNumber
				}
				require.Equal(t, saw, got, "somebody saw %s", id)
			}
			for p, data := range c.acked {
				require.Equal(t, data, there[p], "acknowledged: %v", p)
			}
			for p, data := range c.seen {
				require.Equal(t, data, there[p], "seen: %v", p)
			}
			acked, seen, ends = acked+len(c.acked), seen+len(c.seen), ends+len(c.ended)
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d crashes: %d records acknowledged, %d seen, %d ends of shards seen", rounds, acked, seen, ends)
	require.NotZero(t, ends)
}
