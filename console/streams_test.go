package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/console"
	"github.com/leat-go/leat/kinesis"
)

// put puts n records of 10 bytes, data and partition key, at a hash key.
func put(t *testing.T, s *kinesis.LocalStream, n int, hashKey string) {
	for range n {
		_, err := s.Put(t.Context(), kinesis.Entry{PartitionKey: "k", ExplicitHashKey: hashKey, Data: []byte("123456789")})
		require.NoError(t, err)
	}
}

// A stream's rates are those since somebody looked last, a few seconds at least where
// people keep looking, and none where nobody did for long.
func TestStreamRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.console(console.Config{})
		rate := func() object {
			r, _ := data[object](t, c, "/streams/clicks")["rate"].(object)
			return r
		}
		require.Nil(t, rate(), "there is nothing to compare with")
		put(t, w.clicks, 20, "0")
		time.Sleep(100 * time.Millisecond)
		require.Nil(t, rate(), "a moment is no time to compare over")
		time.Sleep(1900 * time.Millisecond)
		require.Equal(t, object{"overSeconds": 2.0, "recordsInPerSecond": 10.0, "bytesInPerSecond": 100.0, "recordsOutPerSecond": 0.0, "bytesOutPerSecond": 0.0,
			"entriesRefusedPerSecond": 0.0, "readsRefusedPerSecond": 0.0}, rate())
		_, err := w.clicks.Read(t.Context(), kinesis.ReadRequest{ShardID: "shardId-000000000000"})
		require.NoError(t, err)
		for range 10 {
			time.Sleep(2 * time.Second)
			put(t, w.clicks, 6, "0")
			r := rate()
			over := r["overSeconds"].(float64)
			require.True(t, over >= 4 && over <= 12, "%v", over)
		}
		require.Equal(t, 3.0, rate()["recordsInPerSecond"])
		require.Equal(t, 0.0, rate()["recordsOutPerSecond"], "that was before")
		require.Contains(t, get(t, c, "/streams/clicks"), `3/s <span class="dim">30 B/s</span>`)
		time.Sleep(2 * time.Minute)
		require.Nil(t, rate(), "what somebody saw long ago says nothing about now")
		time.Sleep(2 * time.Second)
		require.Equal(t, 0.0, rate()["recordsInPerSecond"])
	})
}

// The shards are drawn on the range of hash keys, open ones above closed ones, and the
// busiest has the strongest colour.
func TestStreamShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.console(console.Config{})
		put(t, w.clicks, 5, "0")
		shards, err := w.clicks.Shards(t.Context())
		require.NoError(t, err)
		require.NoError(t, w.clicks.SplitShard(shards[0].ID, shards[0].HashKeyRange.Middle()))
		time.Sleep(20 * time.Second)
		put(t, w.clicks, 40, "0")
		put(t, w.clicks, 10, shards[1].HashKeyRange.Start.String())
		page := get(t, c, "/streams/clicks")
		for _, want := range []string{
			`viewBox="0 0 1000 51"`,
			`<rect x="0.000" y="0" width="250.000" height="36" class="open heat4"><title>shardId-000000000002: 25 % of the range, 4 records/s`,
			`<rect x="250.000" y="0" width="250.000" height="36" class="open heat0">`,
			`<rect x="500.000" y="0" width="500.000" height="36" class="open heat1">`,
			`<rect x="0.000" y="39" width="500.000" height="12" class="closed"><title>shardId-000000000000: 50 % of the range, closed`,
		} {
			require.Contains(t, page, want)
		}
		d := data[object](t, c, "/streams/clicks")
		shard := at(t, d, "shardList", "items", 2).(object)
		require.Len(t, shard["endingHashKey"], 38)
		delete(shard, "endingHashKey")
		require.Equal(t, object{"id": "shardId-000000000002", "open": true, "parents": "shardId-000000000000", "startingHashKey": "0",
			"share": 0.25, "records": 40.0, "recordsInPerSecond": 4.0, "oldest": time.Now().UTC().Format(time.RFC3339Nano)}, shard)
		require.Equal(t, "fraud", at(t, d, "registeredConsumers", 0, "name"))
		require.Equal(t, true, at(t, data[object](t, c, "/streams/clicks?shard=shardId-000000000000"), "peek", "end"))
	})
}

// Records are looked at page by page.
func TestPeekAtRecords(t *testing.T) {
	w := newWorld(t)
	c := w.console(console.Config{})
	put(t, w.clicks, 25, "0")
	from, seen, pages := "", map[any]bool{}, 0
	for {
		peek := data[object](t, c, "/streams/clicks?shard=shardId-000000000000&from="+from)["peek"].(object)
		for _, r := range peek["records"].([]any) {
			seen[at(t, r, "sequenceNumber")] = true
			require.Equal(t, "123456789", at(t, r, "data", "text"))
		}
		pages++
		next, more := peek["next"].(string)
		if !more {
			break
		}
		require.Contains(t, get(t, c, "/streams/clicks?shard=shardId-000000000000&from="+from), "from="+next)
		from = next
	}
	require.Len(t, seen, 25)
	require.Equal(t, 3, pages)
	require.Len(t, data[object](t, c, "/streams/clicks?shard=shardId-000000000000&from=recent&peek=1000")["peek"].(object)["records"], 25)
}

// A group is as far behind as there are records after its checkpoints.
func TestGroupLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.console(console.Config{})
		shards, err := w.clicks.Shards(t.Context())
		require.NoError(t, err)
		put(t, w.clicks, 3, "0")
		time.Sleep(time.Minute)
		put(t, w.clicks, 4, "0")
		put(t, w.clicks, 2, shards[1].HashKeyRange.Start.String())
		b, err := w.clicks.Peek(shards[0].ID, kinesis.Position{}, 5)
		require.NoError(t, err)
		require.NoError(t, w.leases.Create(t.Context(), "counters",
			kinesis.Lease{ShardID: shards[1].ID},
			kinesis.Lease{ShardID: shards[0].ID, Owner: "one", Checkpoint: kinesis.Checkpoint{Type: kinesis.AfterSequenceNumber, SequenceNumber: b.Records[1].SequenceNumber}},
			kinesis.Lease{ShardID: "shardId-000000000077", Owner: "one", Checkpoint: kinesis.Checkpoint{Type: kinesis.ShardEnd}},
			kinesis.Lease{ShardID: "shardId-000000000078", Owner: "two", Checkpoint: kinesis.Checkpoint{Type: kinesis.AtTimestamp, Timestamp: time.Now().Add(time.Hour)}},
		))
		time.Sleep(time.Second)
		group := at(t, data[object](t, c, "/streams/clicks"), "groups", 0)
		require.Equal(t, []any{"one", "two"}, at(t, group, "members"))
		require.Equal(t, object{"group": "counters", "records": 7.0, "ageSeconds": 61.0}, at(t, group, "lag"))
		require.Equal(t, 5.0, at(t, group, "leases", 0, "recordsBehind"))
		require.Equal(t, 61.0, at(t, group, "leases", 0, "ageSeconds"))
		require.Equal(t, 2.0, at(t, group, "leases", 1, "recordsBehind"))
		require.Equal(t, "SHARD_END", at(t, group, "leases", 2, "checkpoint"))
		require.Contains(t, get(t, c, "/"), "7, 1m 1s")

		w.sources.Groups[0].Leases = brokenStore{}
		page := get(t, c, "/streams/clicks")
		require.Contains(t, page, "the table is gone")
		w.sources.Groups = append(w.sources.Groups, console.Group{Name: "nobody", Stream: w.clicks}, console.Group{Name: "nothing", Leases: w.leases})
		get(t, c, "/streams/clicks")
	})
}

type brokenStore struct{ kinesis.LeaseStore }

func (brokenStore) List(context.Context, string) ([]kinesis.Lease, error) {
	return nil, errors.New("the table is gone")
}

// A stream that is being made has no shards yet; its page is there already.
func TestStreamInTheMaking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.console(console.Config{})
		_, err := w.streams.CreateStream("slow", kinesis.Config{TransitionTime: 10 * time.Second})
		require.NoError(t, err)
		page := get(t, c, "/streams/slow")
		require.Contains(t, page, "CREATING")
		require.NotContains(t, page, "<svg")
		time.Sleep(11 * time.Second)
		require.Contains(t, get(t, c, "/streams/slow"), "<svg")
		require.NoError(t, w.streams.DeleteStream("slow", false))
		require.Contains(t, get(t, c, "/streams/"), "DELETING")
		a := ask(c, http.MethodGet, "/streams/slow", nil)
		require.True(t, a.status == http.StatusOK || a.status == http.StatusNotFound, "%d", a.status)
		time.Sleep(11 * time.Second)
		require.Equal(t, http.StatusNotFound, ask(c, http.MethodGet, "/streams/slow", nil).status)
	})
}

// Many shards are drawn up to a bound, and listed by pages.
func TestManyShards(t *testing.T) {
	w := newWorld(t)
	_, err := w.streams.CreateStream("wide", kinesis.Config{ShardCount: 700})
	require.NoError(t, err)
	c := w.console(console.Config{})
	page := get(t, c, "/streams/wide")
	require.Equal(t, 256, strings.Count(page, "<rect"))
	require.Contains(t, page, "444 more are not drawn")
	require.Less(t, len(page), 200_000)
	after, seen := "", 0
	for {
		l := data[object](t, c, "/streams/wide?after="+after)["shardList"].(object)
		for _, s := range l["items"].([]any) {
			require.Equal(t, fmt.Sprintf("shardId-%012d", seen), at(t, s, "id"))
			seen++
		}
		next, more := l["next"].(string)
		if !more {
			break
		}
		after = next
	}
	require.Equal(t, 700, seen)
}
