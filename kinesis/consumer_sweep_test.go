package kinesis

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A consumer does not remember subscriptions of shards that are long gone, but those
// that count.
func TestConsumersForgetSubscriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, err := New("s", Config{ShardCount: 200})
		require.NoError(t, err)
		c, err := stream.RegisterConsumer("c", nil)
		require.NoError(t, err)
		shards, err := stream.Shards(t.Context())
		require.NoError(t, err)
		subscribe := func(shard Shard) error {
			events, err := c.Subscribe(t.Context(), shard.ID, Position{})
			if err == nil {
				for range events {
					break
				}
			}
			return err
		}
		_, err = stream.Put(t.Context(), entriesOfAll(shards)...)
		require.NoError(t, err)
		for _, shard := range shards[:100] {
			require.NoError(t, subscribe(shard))
		}
		require.Len(t, c.subscriptions, 100)
		require.ErrorIs(t, subscribe(shards[0]), ErrResourceInUse)
		_, err = c.Subscribe(t.Context(), shards[100].ID, Position{}) // which lasts
		require.NoError(t, err)
		time.Sleep(subscriptionInterval)
		for _, shard := range shards[101:] {
			require.NoError(t, subscribe(shard))
		}
		require.Len(t, c.subscriptions, 100, "the first hundred are forgotten")
		require.NotNil(t, c.subscriptions[100])
		time.Sleep(maxSubscription)
		now := stream.registry.now()
		c.subscriptions[150].rate.use(now, 1)
		c.sweep(now)
		require.Len(t, c.subscriptions, 1, "what it got beyond the limit is still to be paid off")
		time.Sleep(time.Nanosecond)
		c.sweep(now + 1)
		require.Empty(t, c.subscriptions)
	})
}

func entriesOfAll(shards []Shard) (entries []Entry) {
	for _, shard := range shards {
		entries = append(entries, Entry{PartitionKey: "k", ExplicitHashKey: shard.HashKeyRange.Start.String()})
	}
	return entries
}
