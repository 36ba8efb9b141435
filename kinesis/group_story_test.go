package kinesis_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// story is a group under which everything changes, and what its handlers saw.
type story struct {
	t      *testing.T
	stream *kinesis.LocalStream
	leases *kinesis.MemoryLeases

	members []*storyMember // of the test's goroutine
	born    int

	mu      sync.Mutex
	rng     *rand.Rand
	put     map[string]int    // records by key
	handled map[string]int    // by key, without repetitions
	running map[string]string // the worker by shard
	epochs  map[string]int64  // of the last batch by shard
	broken  []string
	batches int
	again   int // records that were handled before
	failed  int
	cut     int // batches that were interrupted
}

type storyMember struct {
	*member
	store *leaseFaults
}

func (s *story) roll(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rng.IntN(n)
}

func (s *story) breaks(format string, args ...any) {
	s.broken = append(s.broken, time.Now().Format("04:05.000 ")+fmt.Sprintf(format, args...))
}

func (s *story) join() {
	s.born++
	id := fmt.Sprintf("w%d", s.born)
	store := faulty(s.leases)
	s.members = append(s.members, &storyMember{join(s.t, s.stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
		return s.handle(ctx, id, b)
	}, kinesis.GroupConfig{
		WorkerID: id, Leases: store, MaxRecords: 1 + s.roll(20), ShardSyncInterval: time.Duration(5+s.roll(50)) * time.Second,
	}), store})
}

// handle takes its time, fails now and then, and stops when it is told to.
func (s *story) handle(ctx context.Context, id string, b *kinesis.ShardBatch) error {
	s.mu.Lock()
	if other := s.running[b.ShardID]; other != "" {
		s.breaks("%s got %s while %s had it", id, b.ShardID, other)
	}
	if b.Epoch < s.epochs[b.ShardID] {
		s.breaks("%s got %s in epoch %d after %d", id, b.ShardID, b.Epoch, s.epochs[b.ShardID])
	}
	s.running[b.ShardID], s.epochs[b.ShardID] = id, b.Epoch
	s.batches++
	pause := time.Duration(s.rng.IntN(200)) * time.Millisecond
	if s.rng.IntN(40) == 0 {
		pause = time.Duration(s.rng.IntN(15)) * time.Second // more than a lease may last that is asked for
	}
	stop := len(b.Records)
	if s.rng.IntN(10) == 0 {
		stop = s.rng.IntN(stop)
	}
	named := s.rng.IntN(2) == 0
	s.mu.Unlock()

	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[b.ShardID] = ""
	if ctx.Err() != nil {
		s.cut++
		return context.Cause(ctx)
	}
	for _, r := range b.Records[:stop] {
		n, _ := strconv.Atoi(string(r.Data))
		switch next := s.handled[r.PartitionKey]; {
		case n > next:
			s.breaks("%s got %s of key %s after %d, from %s", id, r.Data, r.PartitionKey, next-1, b.ShardID)
		case n < next:
			s.again++
		default:
			s.handled[r.PartitionKey]++
		}
	}
	switch {
	case stop == len(b.Records):
		return nil
	case named:
		s.failed++
		return &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: stop, Err: errBoom}}}
	}
	s.failed++
	panic(errBoom)
}

// produce puts records under a hundred keys until the story is over.
func (s *story) produce(over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case <-time.After(100 * time.Millisecond):
		}
		var batch []kinesis.Entry
		s.mu.Lock()
		for range s.rng.IntN(10) {
			key := strconv.Itoa(s.rng.IntN(100))
			batch = append(batch, kinesis.Entry{PartitionKey: key, Data: []byte(strconv.Itoa(s.put[key]))})
			s.put[key]++
		}
		s.mu.Unlock()
		_, err := s.stream.Put(s.t.Context(), batch...)
		require.NoError(s.t, err)
	}
}

func (s *story) open() (open []kinesis.Shard) {
	shards, err := s.stream.Shards(s.t.Context())
	require.NoError(s.t, err)
	for _, sh := range shards {
		if sh.IsOpen() {
			open = append(open, sh)
		}
	}
	return open
}

// leave ends a member in one of four ways, and another takes its place.
func (s *story) leave(counts map[string]int) {
	i := s.roll(len(s.members))
	m := s.members[i]
	s.members = append(s.members[:i:i], s.members[i+1:]...)
	switch s.roll(3) {
	case 0:
		counts["shut down"]++
		m.shutdown()
	case 1:
		counts["closed"]++
		m.close()
	default:
		counts["killed"]++
		m.store.breakDown() // so that it can not give its leases up
		m.close()
	}
}

// disturb does one thing.
func (s *story) disturb(counts map[string]int) {
	open := s.open()
	sh := open[s.roll(len(open))]
	switch s.roll(8) {
	case 0, 1:
		if len(s.members) > 3 {
			s.leave(counts)
		}
	case 2:
		if len(s.members) < 8 {
			counts["joined"]++
			s.join()
		}
	case 3:
		counts["paused"]++
		resume := s.members[s.roll(len(s.members))].store.pause()
		time.AfterFunc(time.Duration(s.roll(40))*time.Second, resume)
	case 4, 5:
		if len(open) < 24 {
			counts["split"]++
			require.NoError(s.t, s.stream.SplitShard(sh.ID, sh.HashKeyRange.Middle()))
		}
	case 6:
		for _, other := range open {
			if other.HashKeyRange.Start.Compare(sh.HashKeyRange.End) > 0 && s.stream.MergeShards(sh.ID, other.ID) == nil {
				counts["merged"]++
				break
			}
		}
	case 7:
		target := max(len(open)/2, min(16+s.roll(9), 2*len(open)))
		counts["rescaled"]++
		_, err := s.stream.UpdateShardCount(target)
		require.NoError(s.t, err)
	}
}

// changes counts how often leases have changed hands, or were asked for.
func (s *story) changes() (n int64) {
	for _, m := range s.members {
		stats := m.Stats()
		n += stats.Taken + stats.Asked + stats.HandedOver + stats.Lost
	}
	return n
}

// Workers come, go, hang and die, and the stream is resharded all the while.
func TestGroupStory(t *testing.T) {
	seeds := 6
	if testing.Short() {
		seeds = 2
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &story{
					t: t, stream: groupStream(t, 20), leases: kinesis.NewMemoryLeases(),
					rng: rand.New(rand.NewPCG(seed, 5)), put: map[string]int{}, handled: map[string]int{}, running: map[string]string{},
					epochs: map[string]int64{},
				}
				began := time.Now()
				for range 5 {
					s.join()
				}
				over := make(chan struct{})
				var producer sync.WaitGroup
				producer.Go(func() { s.produce(over) })
				counts := map[string]int{}
				for range 100 {
					time.Sleep(time.Duration(s.roll(10_000)) * time.Millisecond)
					s.disturb(counts)
				}
				close(over)
				producer.Wait()
				var handled map[string]int
				for idle := 0; idle < 2; { // a worker may have a backlog, which holds up the shards that follow
					before := s.changes()
					time.Sleep(2 * time.Minute)
					require.Less(t, time.Since(began), 2*time.Hour, "leases still change hands, or records are not handled")
					s.mu.Lock()
					handled = maps.Clone(s.handled)
					s.mu.Unlock()
					if idle++; s.changes() != before || !maps.Equal(handled, s.put) {
						idle = 0
					}
				}
				s.mu.Lock()
				broken := s.broken
				s.mu.Unlock()
				require.Empty(t, broken)
				total := 0
				for _, n := range handled {
					total += n
				}
				open := map[string]bool{}
				for _, sh := range s.open() {
					open[sh.ID] = true
				}
				load := map[string]int{}
				for _, m := range s.members {
					load[m.WorkerID()] = 0
				}
				for _, l := range leasesOf(t, s.leases) {
					require.True(t, open[l.ShardID], "the lease of %s is to be deleted: %+v", l.ShardID, l)
					require.Contains(t, load, l.Owner)
					load[l.Owner]++
				}
				least, most := len(open), 0
				sum := kinesis.GroupStats{}
				for _, m := range s.members {
					require.Len(t, m.Owned(), load[m.WorkerID()])
				}
				for _, m := range s.members {
					own := load[m.WorkerID()]
					least, most = min(least, own), max(most, own)
					stats := m.close()
					sum.Lost += stats.Lost
					sum.HandedOver += stats.HandedOver
				}
				require.LessOrEqual(t, most-least, 1, "%v", load)
				t.Logf("%d records, %d batches, %d failed, %d interrupted, %d records again; %v; %d workers with %d to %d of %d shards; of these workers %d leases handed over, %d lost",
					total, s.batches, s.failed, s.cut, s.again, counts, len(load), least, most, len(open), sum.HandedOver, sum.Lost)
			})
		})
	}
}
