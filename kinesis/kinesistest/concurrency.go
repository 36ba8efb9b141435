package kinesistest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/leat-go/leat/kinesis"
)

var concurrencyRules = []rule{{
	name:  "concurrency/writers and readers",
	says:  "With many writers and readers at once every reader gets every record once, and those of a key in order.",
	waits: 10 * time.Second,
	verify: func(c *checker) {
		s := c.stream(3)
		c.traffic(s, nil)
	},
}, {
	name:     "concurrency/resharding",
	says:     "It is the same when the stream is resharded meanwhile.",
	reshards: true,
	waits:    30 * time.Second,
	verify: func(c *checker) {
		s := c.stream(2)
		c.traffic(s, func(round int) error {
			shards, err := s.Shards(c.Context())
			if err != nil {
				return err
			}
			var open []kinesis.Shard
			for _, sh := range shards {
				if sh.IsOpen() {
					open = append(open, sh)
				}
			}
			if round%2 == 0 {
				return c.cfg.Split(c.Context(), s, open[0].ID, open[0].HashKeyRange.Middle())
			}
			child := open[len(open)-1] // its sibling is the one before it
			return c.cfg.Merge(c.Context(), s, open[len(open)-2].ID, child.ID)
		})
	},
}}

const (
	trafficWriters = 4
	trafficRecords = 60 // of each writer
	trafficReaders = 3
)

// traffic writes and reads at once, and checks what each reader gets. Reshard, if there
// is one, is called now and then with 0, 1 and so on.
func (c *checker) traffic(s kinesis.Stream, reshard func(round int) error) {
	c.Helper()
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	var (
		working sync.WaitGroup
		mu      sync.Mutex
		problem error // guarded by mu
	)
	stop := func(err error) bool {
		mu.Lock()
		defer mu.Unlock()
		if problem == nil && err != nil {
			problem = err
			cancel()
		}
		return problem != nil
	}
	for w := range trafficWriters {
		working.Go(func() {
			for n := 0; n < trafficRecords; n += 3 {
				var batch []kinesis.Entry
				for i := n; i < n+3; i++ {
					batch = append(batch, entries(fmt.Sprint("writer ", w), fmt.Sprintf("%04d", i))...)
				}
				if _, err := s.Put(ctx, batch...); stop(err) {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	if reshard != nil {
		working.Go(func() {
			for round := range 4 {
				time.Sleep(35 * time.Millisecond)
				if stop(reshard(round)) {
					return
				}
			}
		})
	}
	readers := make([]*reader, trafficReaders)
	for i := range readers {
		readers[i] = &reader{stream: s, got: make(map[string][]string), positions: make(map[string]kinesis.Position)}
		working.Go(func() { stop(readers[i].readAll(ctx, trafficWriters*trafficRecords)) })
	}
	working.Wait()
	if problem != nil {
		c.Fatal(problem)
	}
	for i, r := range readers {
		for w := range trafficWriters {
			c.equal(numbered(trafficRecords), r.got[fmt.Sprint("writer ", w)], fmt.Sprintf("what reader %d got of writer %d", i, w))
		}
	}
}

// reader reads a stream, shard by shard, parents before their children.
type reader struct {
	stream    kinesis.Stream
	got       map[string][]string // by partition key
	positions map[string]kinesis.Position
	ended     map[string]bool
	count     int
}

// readAll reads until it has so many records.
func (r *reader) readAll(ctx context.Context, n int) error {
	r.ended = make(map[string]bool)
	for idle := 0; r.count < n; {
		before := r.count
		shards, err := r.stream.Shards(ctx)
		if err != nil {
			return err
		}
		known := make(map[string]bool)
		for _, sh := range shards {
			known[sh.ID] = true
			ready := (!known[sh.ParentID] || r.ended[sh.ParentID]) && (!known[sh.AdjacentParentID] || r.ended[sh.AdjacentParentID])
			if !ready || r.ended[sh.ID] {
				continue
			}
			if err := r.readSome(ctx, sh.ID); err != nil {
				return err
			}
		}
		if idle++; r.count > before {
			idle = 0
		}
		if idle == 200 {
			return fmt.Errorf("a reader got only %d records of %d", r.count, n)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if r.count > n {
		return fmt.Errorf("a reader got %d records, only %d were put", r.count, n)
	}
	return nil
}

func (r *reader) readSome(ctx context.Context, shardID string) error {
	batch, err := r.stream.Read(ctx, kinesis.ReadRequest{ShardID: shardID, Position: r.positions[shardID], Limit: 5})
	if err != nil {
		return err
	}
	r.count += len(batch.Records)
	for _, record := range batch.Records {
		r.got[record.PartitionKey] = append(r.got[record.PartitionKey], string(record.Data))
	}
	r.positions[shardID], r.ended[shardID] = batch.Next, batch.End
	return nil
}
