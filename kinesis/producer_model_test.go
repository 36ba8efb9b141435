package kinesis_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/internal/kpl"
)

// hostileStream is a stream that fails at random in every way that a stream may, and checks
// that its producer keeps to what it promised.
type hostileStream struct {
	*kinesis.LocalStream
	t   *testing.T
	cfg kinesis.ProducerConfig

	mu      sync.Mutex
	random  *rand.Rand
	calm    bool            // no failures any more
	running int             // calls
	busy    map[string]bool // keys in requests under way, if those must keep order
	silent  int             // calls of Shards in a row that had no answer
	unsure  map[string]bool // data of requests that were applied and failed
}

var errNetwork = errors.New("connection reset")

func (f *hostileStream) draw(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calm {
		return n - 1
	}
	return f.random.IntN(n)
}

func (f *hostileStream) Put(ctx context.Context, batch ...kinesis.Entry) ([]kinesis.Put, error) {
	f.enter(batch)
	defer f.leave(batch)
	time.Sleep(time.Duration(f.draw(100)) * time.Millisecond)
	switch f.draw(20) {
	case 0:
		return nil, errNetwork
	case 1:
		return nil, &kinesis.Error{Op: "Put", Err: kinesis.ErrProvisionedThroughputExceeded}
	case 2:
		<-ctx.Done()
		return nil, ctx.Err()
	case 3: // it takes the batch, and nobody hears of it
		f.doubt(batch)
		_, _ = f.LocalStream.Put(ctx, batch...)
		return nil, errNetwork
	case 4:
		f.doubt(batch)
		_, _ = f.LocalStream.Put(ctx, batch...)
		<-ctx.Done()
		return nil, ctx.Err()
	}

	var passed []kinesis.Entry
	var places []int
	var failed []kinesis.EntryError
	for i, e := range batch {
		fault := f.draw(6)
		switch {
		case strings.HasSuffix(string(e.Data), "poison"):
			failed = append(failed, kinesis.EntryError{Index: i, Err: &kinesis.Error{Op: "Put", Err: kinesis.ErrValidation}})
		case fault == 0:
			failed = append(failed, kinesis.EntryError{Index: i, Err: &kinesis.Error{Op: "Put", Err: kinesis.ErrInternalFailure}})
		case fault == 1:
			failed = append(failed, kinesis.EntryError{Index: i, Err: &kinesis.Error{Op: "Put", Err: kinesis.ErrProvisionedThroughputExceeded}})
		default:
			passed, places = append(passed, e), append(places, i)
		}
	}
	put, err := f.LocalStream.Put(ctx, passed...)
	if err != nil {
		return nil, err
	}
	puts := make([]kinesis.Put, len(batch))
	for i, p := range put {
		puts[places[i]] = p
	}
	if failed != nil {
		return puts, &kinesis.BatchError{Failed: failed}
	}
	return puts, nil
}

func (f *hostileStream) Shards(ctx context.Context) ([]kinesis.Shard, error) {
	time.Sleep(time.Duration(f.draw(100)) * time.Millisecond)
	fault := f.draw(5)
	f.mu.Lock()
	defer f.mu.Unlock()
	// No oftener in a row than a producer that must know the shards puts up with.
	if f.silent++; fault == 0 && f.silent < 3 {
		return nil, errNetwork
	}
	f.silent = 0
	return f.LocalStream.Shards(ctx)
}

// usersOf returns the records of entries.
func usersOf(batch []kinesis.Entry) (users []kpl.User) {
	for _, e := range batch {
		if parts, err := kpl.Unpack(e.Data); err == nil {
			users = append(users, parts...)
		} else {
			users = append(users, kpl.User{PartitionKey: e.PartitionKey, Data: e.Data})
		}
	}
	return users
}

func (f *hostileStream) enter(batch []kinesis.Entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running++
	require.LessOrEqual(f.t, f.running, f.cfg.Concurrency)
	require.NotEmpty(f.t, batch)
	require.LessOrEqual(f.t, len(batch), f.cfg.BatchRecords)
	size := 0
	keys := map[string]bool{}
	for _, e := range batch {
		size += len(e.PartitionKey) + len(e.Data)
		if kpl.IsAggregated(e.Data) {
			require.LessOrEqual(f.t, len(e.Data), f.cfg.AggregateBytes)
		}
		entry := map[string]bool{}
		for _, u := range usersOf([]kinesis.Entry{e}) {
			require.False(f.t, f.cfg.Ordered && (keys[u.PartitionKey] || f.busy[u.PartitionKey]), "a key is in two entries at once")
			entry[u.PartitionKey] = true
		}
		maps.Copy(keys, entry)
	}
	require.True(f.t, size <= f.cfg.BatchBytes || len(batch) == 1)
	maps.Copy(f.busy, keys)
}

func (f *hostileStream) leave(batch []kinesis.Entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running--
	for _, u := range usersOf(batch) {
		delete(f.busy, u.PartitionKey)
	}
}

func (f *hostileStream) doubt(batch []kinesis.Entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, u := range usersOf(batch) {
		f.unsure[string(u.Data)] = true
	}
}

// TestProducerAgainstFaults checks at random what a producer promises: each record is
// told of once; what is accepted is in the stream, and once unless a request's outcome
// was unknown; what failed for good is not; the order of a key is kept if asked for;
// memory, requests and their sizes are bounded.
func TestProducerAgainstFaults(t *testing.T) {
	var told, doubled, misrouted int64
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stats, twice := againstFaults(t, seed)
				told += stats.Added
				misrouted += stats.Misrouted
				doubled += int64(twice)
			})
		})
	}
	t.Logf("%d records, %d doubled, %d misrouted", told, doubled, misrouted)
	if !t.Failed() {
		require.Positive(t, doubled)
		require.Positive(t, misrouted)
	}
}

func againstFaults(t *testing.T, seed uint64) (kinesis.ProducerStats, int) {
	random := rand.New(rand.NewPCG(seed, 2))
	_, local := streamIn(t, kinesis.Config{ShardCount: 1 + random.IntN(4), Relaxed: true})
	cfg := kinesis.ProducerConfig{
		BatchRecords:     1 + random.IntN(50),
		BatchBytes:       100 + random.IntN(2000),
		Linger:           new(time.Duration(random.IntN(3)) * 100 * time.Millisecond),
		Concurrency:      1 + random.IntN(4),
		Ordered:          seed%2 == 0,
		Aggregate:        seed%4 < 2,
		AggregateBytes:   64 + random.IntN(1000),
		MaxBufferedBytes: 1000 + random.IntN(100_000),
		TTL:              time.Duration(1+random.IntN(60)) * time.Second,
		RequestTimeout:   500 * time.Millisecond,
		CloseTimeout:     new(time.Duration(random.IntN(3)) * time.Minute),
		Backoff:          10 * time.Millisecond,
	}
	s := &hostileStream{LocalStream: local, t: t, cfg: cfg, random: rand.New(rand.NewPCG(seed, 3)), busy: map[string]bool{}, unsure: map[string]bool{}}
	p := newProducer(t, s, cfg)
	o := newPutOutcomes()

	var group sync.WaitGroup
	const producers, records, keys = 3, 200, 4
	taken := make([]map[string]bool, producers)
	for g := range producers {
		random := rand.New(rand.NewPCG(seed, uint64(10+g)))
		taken[g] = map[string]bool{}
		group.Go(func() {
			for i := range records {
				e := kinesis.Entry{PartitionKey: fmt.Sprintf("%d/%d", g, random.IntN(keys))}
				text := fmt.Sprintf("%s %d ", e.PartitionKey, i)
				if random.IntN(40) == 0 && !cfg.Aggregate {
					text += "poison"
				}
				e.Data = []byte(text)
				var err error
				switch random.IntN(10) {
				case 0:
					err = p.TryAdd(e, o.done(text))
				case 1:
					ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
					err = p.Add(ctx, e, o.done(text))
					cancel()
				default:
					err = p.Add(t.Context(), e, o.done(text))
				}
				if err == nil {
					taken[g][text] = true
				}
				if b := p.Stats(); b.BufferedBytes > int64(cfg.MaxBufferedBytes) || b.Added != b.Accepted+b.Failed+int64(b.Buffered) {
					t.Errorf("%+v", b)
				}
				switch random.IntN(50) {
				case 0:
					_ = p.Flush(t.Context())
				case 1:
					time.Sleep(time.Duration(random.IntN(1000)) * time.Millisecond)
				case 2:
					_, _ = local.UpdateShardCount(1 + random.IntN(4)) // not every change is allowed
				}
			}
		})
	}
	group.Wait()
	s.mu.Lock()
	s.calm = seed%3 == 0
	s.mu.Unlock()
	if seed%5 == 0 {
		_ = p.Close() // it may give some up
	} else {
		require.NoError(t, p.Shutdown(t.Context()))
	}

	stats := requireBalanced(t, p)
	require.Empty(t, o.twice)
	users, _ := readUsers(t, s.LocalStream)
	copies := map[string]int{}
	last := map[string]int{}
	for _, u := range users {
		copies[string(u.Data)]++
		var place int
		_, err := fmt.Sscanf(strings.TrimPrefix(string(u.Data), u.PartitionKey), "%d", &place)
		require.NoError(t, err)
		if cfg.Ordered && copies[string(u.Data)] == 1 { // an aggregated run may come again
			require.GreaterOrEqual(t, place, last[u.PartitionKey], "order of %s", u.PartitionKey)
			last[u.PartitionKey] = place
		}
	}
	n, twice := 0, 0
	for g := range producers {
		for text := range taken[g] {
			n++
			require.Contains(t, o.of, text, "nothing was said of it")
			switch err := o.of[text]; {
			case err == nil:
				require.GreaterOrEqual(t, copies[text], 1, "%q is lost", text)
			case errors.Is(err, kinesis.ErrRecordExpired), errors.Is(err, kinesis.ErrClosed):
				// Where Close came before the stream's shards it cannot be known.
				require.True(t, copies[text] == 0 || s.unsure[text] || strings.Contains(err.Error(), "resharded"), "%q", text)
			default:
				require.ErrorIs(t, err, kinesis.ErrValidation)
				require.True(t, strings.HasSuffix(text, "poison"))
			}
			if copies[text] > 1 {
				twice++
				require.True(t, s.unsure[text], "%q is doubled", text)
			}
			delete(copies, text)
		}
	}
	require.Empty(t, copies, "in the stream, but never added")
	require.EqualValues(t, n, stats.Added)
	require.Len(t, o.told(), n)
	return stats, twice
}

// A stream with its limits enforced gets everything, once and in order, as fast as it
// takes it.
func TestProducerWithinLimits(t *testing.T) {
	for _, cfg := range []kinesis.ProducerConfig{{TTL: time.Hour}, {TTL: time.Hour, Ordered: true}, {TTL: time.Hour, Ordered: true, Aggregate: true}} {
		t.Run(fmt.Sprintf("ordered=%v/aggregate=%v", cfg.Ordered, cfg.Aggregate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, s := streamIn(t, kinesis.Config{ShardCount: 2, EnforceLimits: true})
				p := newProducer(t, s, cfg)
				o := newPutOutcomes()
				began := time.Now()
				const n, keys = 20_000, 2000
				for i := range n {
					o.add(t, p, fmt.Sprint("key-", i%keys), fmt.Sprint(i))
				}
				require.NoError(t, p.Shutdown(t.Context()))
				took := time.Since(began)
				require.Len(t, o.told(), n)
				stats := requireBalanced(t, p)
				require.EqualValues(t, n, stats.Accepted)
				if cfg.Aggregate {
					require.Less(t, took, time.Second)
				} else {
					require.Positive(t, stats.Retried)
					require.Less(t, took, 30*time.Second, "2 shards take 2,000 records a second")
				}
				t.Log(took, stats)

				users, _ := readUsers(t, patientReader{s})
				require.Len(t, users, n)
				last := map[string]int{}
				for _, u := range users {
					var place int
					_, err := fmt.Sscan(string(u.Data), &place)
					require.NoError(t, err)
					if cfg.Ordered && place > 0 {
						require.True(t, last[u.PartitionKey] < place)
					}
					last[u.PartitionKey] = place
				}
			})
		})
	}
}

// patientReader is a stream whose reads keep within the limits of a shard.
type patientReader struct{ kinesis.Stream }

func (p patientReader) Read(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
	time.Sleep(10 * time.Second)
	return p.Stream.Read(ctx, req)
}
