package kinesis_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/internal/kpl"
)

// userRecord is a record as a reader that unpacks sees it.
type userRecord struct {
	kpl.User
	shard      kinesis.Shard
	aggregated bool
}

// readUsers reads a whole stream as the Kinesis Client Library does: parents first, and
// without the aggregated records that do not belong to their shard.
func readUsers(t testing.TB, s kinesis.Stream) (users []userRecord, dropped int) {
	t.Helper()
	shards, err := s.Shards(t.Context())
	require.NoError(t, err)
	for _, sh := range shards {
		var batch kinesis.Batch
		for batch.Next = (kinesis.Position{}); ; {
			batch, err = s.Read(t.Context(), kinesis.ReadRequest{ShardID: sh.ID, Position: batch.Next})
			require.NoError(t, err)
			for _, r := range batch.Records {
				parts, err := kpl.Unpack(r.Data)
				if err != nil {
					users = append(users, userRecord{kpl.User{PartitionKey: r.PartitionKey, Data: r.Data}, sh, false})
					continue
				}
				require.Greater(t, len(parts), 1, "a single record is put plain")
				belongs := true
				for _, u := range parts {
					key := kinesis.HashKeyOf(u.PartitionKey)
					if u.ExplicitHashKey != "" {
						key, err = kinesis.ParseHashKey(u.ExplicitHashKey)
						require.NoError(t, err)
					}
					belongs = belongs && sh.HashKeyRange.Contains(key)
				}
				if !belongs {
					dropped += len(parts)
					continue
				}
				for _, u := range parts {
					users = append(users, userRecord{u, sh, true})
				}
			}
			if batch.End || len(batch.Records) == 0 {
				break
			}
		}
	}
	return users, dropped
}

func TestProducerAggregates(t *testing.T) {
	for _, ordered := range []bool{false, true} {
		t.Run(fmt.Sprint("ordered=", ordered), func(t *testing.T) { aggregates(t, ordered) })
	}
}

func aggregates(t *testing.T, ordered bool) {
	synctest.Test(t, func(t *testing.T) {
		_, s := streamIn(t, kinesis.Config{ShardCount: 4})
		spied := &sizes{Stream: s}
		p := newProducer(t, spied, kinesis.ProducerConfig{Aggregate: true, Ordered: ordered})
		want := map[string]kinesis.Entry{}
		for i := range 20_000 {
			e := kinesis.Entry{PartitionKey: fmt.Sprint("user-", i%300), Data: []byte(fmt.Sprint(i, " ", string(make([]byte, i%100))))}
			if i%10 == 0 {
				e.ExplicitHashKey = kinesis.HashKey{Hi: rand.Uint64(), Lo: rand.Uint64()}.String()
			}
			if i%5000 == 0 {
				e.Data = append(e.Data, make([]byte, 60_000)...)
			}
			want[string(e.Data)] = e
			require.NoError(t, p.Add(t.Context(), e, func(put kinesis.Put, err error) {
				require.NoError(t, err)
				require.NotEmpty(t, put.ShardID)
				require.False(t, put.SequenceNumber.IsZero())
			}))
		}
		require.NoError(t, p.Shutdown(t.Context()))
		users, dropped := readUsers(t, s)
		require.Zero(t, dropped)
		require.Len(t, users, len(want))
		for _, u := range users {
			e, ok := want[string(u.Data)]
			require.True(t, ok, "twice, or never put")
			delete(want, string(u.Data))
			require.Equal(t, e.PartitionKey, u.PartitionKey)
			require.False(t, u.aggregated && len(e.Data) > 50_000)
			if u.aggregated {
				require.Equal(t, e.ExplicitHashKey, u.ExplicitHashKey)
			}
		}
		require.LessOrEqual(t, spied.largest, 51200)
		stats := requireBalanced(t, p)
		if !ordered {
			require.InDelta(t, 20_000-4, stats.Aggregated, 20, "but for the odd one that was alone")
			require.Less(t, stats.StreamRecords, int64(60))
		}
		require.Zero(t, stats.Misrouted)
		require.EqualValues(t, s.Summary().Records, stats.StreamRecords)
	})
}

// sizes is a stream that notes the size of the largest aggregated record.
type sizes struct {
	kinesis.Stream
	largest int
}

func (s *sizes) Put(ctx context.Context, batch ...kinesis.Entry) ([]kinesis.Put, error) {
	for _, e := range batch {
		if kpl.IsAggregated(e.Data) {
			s.largest = max(s.largest, len(e.Data))
		}
	}
	return s.Stream.Put(ctx, batch...)
}

func TestProducerPutsOneRecordPlain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(nil)
		p := newProducer(t, s, kinesis.ProducerConfig{Aggregate: true})
		newPutOutcomes().add(t, p, "k", "a")
		require.NoError(t, p.Close())
		require.Equal(t, []string{"a"}, s.taken())
		require.Equal(t, "k", s.calls[0].batch[0].PartitionKey)
		require.Zero(t, p.Stats().Aggregated)
	})
}

// The run of a key that is ready goes out in one aggregated record, and the next run
// waits for its answer.
func TestProducerAggregatesRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(slowly)
		p := newProducer(t, s, kinesis.ProducerConfig{Aggregate: true, Ordered: true, AggregateBytes: 1000})
		o := newPutOutcomes()
		for i := range 100 {
			o.add(t, p, "k", fmt.Sprintf("%04d", i))
		}
		require.NoError(t, p.Shutdown(t.Context()))
		next := 0
		for _, data := range s.taken() {
			users, err := kpl.Unpack([]byte(data))
			require.NoError(t, err)
			for _, u := range users {
				require.Equal(t, fmt.Sprintf("%04d", next), string(u.Data))
				next++
			}
		}
		require.Equal(t, 100, next)
		require.Less(t, len(s.taken()), 5)
		require.Equal(t, 1, s.most)
		for i, text := range o.told() {
			require.Equal(t, fmt.Sprintf("%04d", i), text)
		}
	})
}

// When an aggregated run fails, its first record is retried and the rest goes after it.
func TestProducerRetriesRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(func(_ context.Context, call int, batch []kinesis.Entry) error {
			if call < 2 {
				return &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: 0, Err: kinesis.ErrProvisionedThroughputExceeded}}}
			}
			return nil
		})
		p := newProducer(t, s, kinesis.ProducerConfig{Aggregate: true, Ordered: true})
		o := newPutOutcomes()
		o.add(t, p, "a", "a0", "a1", "a2")
		o.add(t, p, "b", "b0", "b1")
		elapse(110 * time.Millisecond)
		o.add(t, p, "a", "a3")
		require.NoError(t, p.Shutdown(t.Context()))
		require.Len(t, s.taken(), 1)
		users, err := kpl.Unpack([]byte(s.taken()[0]))
		require.NoError(t, err)
		var got []string
		for _, u := range users {
			got = append(got, string(u.Data))
		}
		require.Equal(t, []string{"a0", "a1", "a2", "a3", "b0", "b1"}, got)
		require.Equal(t, got, o.told())
		require.EqualValues(t, 5+6, requireBalanced(t, p).Retried)
	})
}

func TestProducerWithoutShardsPutsPlain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(nil)
		asked := 0
		s.shards = func() ([]kinesis.Shard, error) {
			asked++
			switch asked {
			case 1:
				return nil, errors.New("no permission")
			case 2:
				return []kinesis.Shard{{ID: "shardId-000000000000"}}, nil // does not own all keys
			}
			return []kinesis.Shard{{ID: "shardId-000000000000", HashKeyRange: kinesis.HashKeyRange{End: kinesis.MaxHashKey}}}, nil
		}
		var reported []string
		p := newProducer(t, s, kinesis.ProducerConfig{Aggregate: true, MaxBackoff: 10 * time.Second, OnError: func(err error) {
			reported = append(reported, err.Error())
		}})
		o := newPutOutcomes()
		for i := range 7 {
			o.add(t, p, "k", fmt.Sprint(2*i), fmt.Sprint(2*i+1))
			elapse(4 * time.Second)
		}
		require.NoError(t, p.Close())
		_, data := s.log()
		require.Equal(t, [][]string{{"0", "1"}, {"2", "3"}, {"4", "5"}, {"6", "7"}, {"8", "9"}, {"10", "11"}}, data[:6])
		users, err := kpl.Unpack([]byte(data[6][0]))
		require.NoError(t, err)
		require.Len(t, users, 2)
		require.Equal(t, 3, asked)
		require.Len(t, reported, 2)
		require.Contains(t, reported[0], "Shards: no permission")
	})
}

// A stream that names a shard that it does not list gets what it accepted a second time,
// and nothing aggregated for a while.
func TestProducerWithUnknownShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(nil)
		s.shards = func() ([]kinesis.Shard, error) {
			return []kinesis.Shard{{ID: "shardId-000000000001", HashKeyRange: kinesis.HashKeyRange{End: kinesis.MaxHashKey}}}, nil
		}
		var reported []error
		p := newProducer(t, s, kinesis.ProducerConfig{Aggregate: true, OnError: func(err error) { reported = append(reported, err) }})
		o := newPutOutcomes()
		o.add(t, p, "k", "a", "b")
		require.NoError(t, p.Flush(t.Context()))
		o.add(t, p, "k", "c", "d")
		require.NoError(t, p.Shutdown(t.Context()))
		require.Len(t, s.taken(), 5)
		require.Equal(t, []string{"a", "b", "c", "d"}, s.taken()[1:])
		require.EqualValues(t, 2, requireBalanced(t, p).Misrouted)
		require.Len(t, reported, 1)
		require.ErrorContains(t, reported[0], "shardId-000000000000")
	})
}

// Nothing is sent while it is known that the known shards are not the right ones.
func TestProducerWaitsForShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPutScript(nil)
		asked := 0
		s.shards = func() ([]kinesis.Shard, error) {
			if asked++; asked > 1 {
				time.Sleep(5 * time.Second)
			}
			return []kinesis.Shard{{ID: fmt.Sprintf("shardId-00000000000%d", 2-asked), HashKeyRange: kinesis.HashKeyRange{End: kinesis.MaxHashKey}}}, nil
		}
		p := newProducer(t, s, kinesis.ProducerConfig{Aggregate: true})
		o := newPutOutcomes()
		o.add(t, p, "k", "a", "b")
		elapse(time.Second)
		o.add(t, p, "k", "c", "d")
		elapse(3 * time.Second)
		require.Len(t, s.taken(), 1)
		require.NoError(t, p.Shutdown(t.Context()))
		require.Len(t, s.taken(), 2)
		require.Equal(t, []string{"a", "b", "c", "d"}, o.told())
		require.Zero(t, p.Stats().Misrouted, "the other shard owns them all")
		require.Equal(t, 2, asked)
	})
}

// Records are aggregated while their stream is split and merged: each is read once by a
// reader that drops what is in a shard where it does not belong.
func TestProducerAcrossReshards(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 1))
				_, s := streamIn(t, kinesis.Config{ShardCount: 3, Relaxed: true})
				p := newProducer(t, s, kinesis.ProducerConfig{Aggregate: true, Ordered: seed%2 == 0, AggregateBytes: 2000})
				o := newPutOutcomes()
				const n = 5000
				for i := range n {
					o.add(t, p, fmt.Sprint("key-", random.IntN(50)), fmt.Sprint(i))
					if random.IntN(20) == 0 {
						time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
					}
					if random.IntN(200) == 0 {
						_, err := s.UpdateShardCount(2 + random.IntN(3))
						require.NoError(t, err)
						time.Sleep(time.Duration(random.IntN(2)) * time.Second) // sequence numbers have seconds
					}
				}
				require.NoError(t, p.Shutdown(t.Context()))
				users, dropped := readUsers(t, s)
				require.Len(t, users, n)
				last := map[string]int{}
				seen := map[string]bool{}
				for _, u := range users {
					require.False(t, seen[string(u.Data)], "twice")
					seen[string(u.Data)] = true
					var number int
					_, err := fmt.Sscan(string(u.Data), &number)
					require.NoError(t, err)
					if seed%2 == 0 {
						require.GreaterOrEqual(t, number, last[u.PartitionKey])
					}
					last[u.PartitionKey] = number
				}
				stats := requireBalanced(t, p)
				require.EqualValues(t, n, stats.Accepted)
				require.EqualValues(t, dropped, stats.Misrouted)
				require.Positive(t, dropped, "the test says nothing")
			})
		})
	}
}
