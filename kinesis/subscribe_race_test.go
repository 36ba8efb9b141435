package kinesis_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// Many subscribe, put, reshard and register at once; every record comes once to each
// of two consumers that follow all shards to their ends.
func TestSubscriptionsInARace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const records = 2000
		_, stream := streamIn(t, kinesis.Config{ShardCount: 2, Relaxed: true})
		consumers := []*kinesis.Consumer{register(t, stream, "a"), register(t, stream, "b")}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		counts := make([]map[string]int, len(consumers))
		var mu sync.Mutex // guards counts and followed
		followed := map[string]bool{}
		var all sync.WaitGroup
		var follow func(i int, shardID string)
		follow = func(i int, shardID string) {
			mu.Lock()
			seen := followed[fmt.Sprint(i, shardID)]
			followed[fmt.Sprint(i, shardID)] = true
			mu.Unlock()
			if seen {
				return // a merged shard has two parents
			}
			all.Go(func() {
				for at := (kinesis.Position{}); ; {
					events, err := consumers[i].Subscribe(ctx, shardID, at)
					if err != nil {
						return
					}
					for b, err := range events {
						if err != nil {
							break
						}
						mu.Lock()
						for _, r := range b.Records {
							counts[i][string(r.Data)]++
						}
						mu.Unlock()
						for _, child := range b.ChildShards {
							follow(i, child.ShardID)
						}
						if at = b.Next; b.End {
							return
						}
						if len(b.Records)%3 == 0 {
							break // and subscribe again
						}
					}
				}
			})
		}
		for i := range consumers {
			counts[i] = map[string]int{}
			follow(i, firstShard)
			follow(i, "shardId-000000000001")
		}
		for i, target := range []int{4, 3, 2, 4} {
			all.Go(func() {
				time.Sleep(time.Duration(i+1) * 10 * time.Millisecond)
				stream.UpdateShardCount(target)
				if c, err := stream.RegisterConsumer("x", nil); err == nil {
					c.Subscribe(ctx, firstShard, kinesis.Position{})
					stream.DeregisterConsumer("x")
				}
			})
		}
		for i := range records {
			putRecord(t, stream, fmt.Sprint(i))
			if i%20 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		time.Sleep(time.Minute)
		mu.Lock()
		for i := range consumers {
			require.Len(t, counts[i], records)
			for data, n := range counts[i] {
				require.Equal(t, 1, n, data)
			}
		}
		require.Greater(t, len(followed), 2*6, "the shards were split and merged")
		mu.Unlock()
		cancel()
		all.Wait()
	})
}

func putRecord(t testing.TB, s *kinesis.LocalStream, key string) {
	t.Helper()
	_, err := s.Put(t.Context(), kinesis.Entry{PartitionKey: key, Data: []byte(key)})
	require.NoError(t, err)
}
