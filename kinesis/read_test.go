package kinesis_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

func TestReadRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{ShardCount: 2})
		put := mustPut(t, s, kinesis.Entry{PartitionKey: "k", ExplicitHashKey: "0"})[0]
		other := shardsOf(t, s)[1].ID
		foreign := fmt.Sprintf("StartingSequenceNumber %v used in GetShardIterator on shard %s in stream orders under account 000000000000 is invalid because it did not come from this stream.",
			put.SequenceNumber, other)
		for _, row := range []struct {
			req  kinesis.ReadRequest
			want error
			says string
		}{
			{kinesis.ReadRequest{}, kinesis.ErrResourceNotFound, "Could not find shard  in stream orders under account 000000000000."},
			{kinesis.ReadRequest{ShardID: "shardId-000000000002"}, kinesis.ErrResourceNotFound, "Could not find shard shardId-000000000002 in stream orders under account 000000000000."},
			{kinesis.ReadRequest{ShardID: "shardId-x"}, kinesis.ErrResourceNotFound, "Could not find shard shardId-x"},
			{kinesis.ReadRequest{ShardID: other, Position: kinesis.At(put.SequenceNumber)}, kinesis.ErrInvalidArgument, foreign},
			{kinesis.ReadRequest{ShardID: other, Position: kinesis.After(put.SequenceNumber)}, kinesis.ErrInvalidArgument, foreign},
			{kinesis.ReadRequest{ShardID: other, Position: kinesis.At(kinesis.SequenceNumber{})}, kinesis.ErrInvalidArgument, ""},
			{kinesis.ReadRequest{ShardID: other, Position: kinesis.Position{Type: "OLDEST"}}, kinesis.ErrInvalidArgument, `"OLDEST"`},
			{kinesis.ReadRequest{ShardID: other, Position: kinesis.Since(time.Now().Add(time.Millisecond))}, kinesis.ErrInvalidArgument,
				"The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: 946684800001, currentTimestampInMillis: 946684800000"},
			{kinesis.ReadRequest{ShardID: other, Limit: -1}, kinesis.ErrInvalidArgument, "must not be negative"},
			{kinesis.ReadRequest{ShardID: other, MaxBytes: -1}, kinesis.ErrInvalidArgument, "must not be negative"},
			{kinesis.ReadRequest{ShardID: other, Wait: -1}, kinesis.ErrInvalidArgument, "must not be negative"},
		} {
			if row.req.Wait == 0 {
				row.req.Wait = time.Hour
			}
			batch, err := s.Read(t.Context(), row.req)
			wantFault(t, err, row.want, row.says)
			require.Zero(t, batch)
			require.Zero(t, time.Now().Nanosecond(), "what is refused waits for nothing")
		}
	})
}

// A shard may be called by its number, as AWS allows it.
func TestShardsByNumber(t *testing.T) {
	s := newStream(t, kinesis.Config{ShardCount: 2})
	mustPut(t, s, kinesis.Entry{PartitionKey: "k", ExplicitHashKey: kinesis.MaxHashKey.String(), Data: []byte("d")})
	for _, id := range []string{"shardId-000000000001", "shardId-1", "1", "shard-01"} {
		require.Equal(t, []string{"d"}, readData(t, s, id, kinesis.Position{}), id)
	}
}

// A number that no record has yet is refused, although it may be one some day.
func TestReadRefusesTheFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, twin := newStream(t, kinesis.Config{}), newStream(t, kinesis.Config{}) // their numbers are the same
		number := mustPut(t, twin, keyed("k", "1", "2")...)[1].SequenceNumber
		mustPut(t, s, keyed("k", "1")...)
		for _, p := range []kinesis.Position{kinesis.At(number), kinesis.After(number)} {
			_, err := s.Read(t.Context(), kinesis.ReadRequest{ShardID: firstShard, Position: p})
			wantFault(t, err, kinesis.ErrInvalidArgument, "did not come from this stream")
		}
		require.Equal(t, number, mustPut(t, s, keyed("k", "2")...)[0].SequenceNumber)
		require.Equal(t, []string{"2"}, readData(t, s, firstShard, kinesis.At(number)))
	})
}

// ResolvePosition gives a position that stays where it is, as an iterator does.
func TestResolvePosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{})
		put := mustPut(t, s, keyed("k", "1", "2")...)
		time.Sleep(time.Second)
		put = append(put, mustPut(t, s, keyed("k", "3")...)...)
		resolve := func(p kinesis.Position) kinesis.Position {
			at, err := s.ResolvePosition(firstShard, p)
			require.NoError(t, err)
			require.Equal(t, kinesis.AfterSequenceNumber, at.Type)
			return at
		}
		for _, row := range []struct {
			from kinesis.Position
			want []string
		}{
			{kinesis.Position{}, []string{"1", "2", "3"}},
			{kinesis.Position{Type: kinesis.TrimHorizon}, []string{"1", "2", "3"}},
			{kinesis.Position{Type: kinesis.Latest}, []string{}},
			{kinesis.At(put[1].SequenceNumber), []string{"2", "3"}},
			{kinesis.After(put[1].SequenceNumber), []string{"3"}},
			{kinesis.Since(time.Now().Add(-time.Second)), []string{"1", "2", "3"}},
			{kinesis.Since(time.Now()), []string{"3"}},
		} {
			at := resolve(row.from)
			require.Equal(t, row.want, readData(t, s, firstShard, at), "%+v", row.from)
			require.Equal(t, at, resolve(at), "it is where it was")
		}
		latest := resolve(kinesis.Position{Type: kinesis.Latest})
		mustPut(t, s, keyed("k", "4")...)
		require.Equal(t, []string{"4"}, readData(t, s, firstShard, latest))
		_, err := s.ResolvePosition("shardId-000000000001", kinesis.Position{})
		wantFault(t, err, kinesis.ErrResourceNotFound, "Could not find shard shardId-000000000001")
		_, err = s.ResolvePosition(firstShard, kinesis.Since(time.Now().Add(time.Hour)))
		wantFault(t, err, kinesis.ErrInvalidArgument, "timestampInMillis")
	})
}

// Those who wait learn of it at once when the stream ends.
func TestReadersOfAStreamThatEnds(t *testing.T) {
	for _, row := range []struct {
		name string
		end  func(*kinesis.Service, *kinesis.LocalStream) error
		want error
	}{
		{"closed", func(_ *kinesis.Service, s *kinesis.LocalStream) error { return s.Close() }, kinesis.ErrClosed},
		{"deleted", func(all *kinesis.Service, s *kinesis.LocalStream) error { return all.DeleteStream(s.Name(), false) }, kinesis.ErrResourceNotFound},
		{"service closed", func(all *kinesis.Service, _ *kinesis.LocalStream) error { return all.Close() }, kinesis.ErrClosed},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all, s := streamIn(t, kinesis.Config{ShardCount: 2})
				waiting := []<-chan begun{begin(t, s, firstShard, kinesis.Position{}), begin(t, s, firstShard, kinesis.Position{}), begin(t, s, shardsOf(t, s)[1].ID, kinesis.Position{})}
				time.Sleep(time.Second)
				require.NoError(t, row.end(all, s))
				for _, done := range waiting {
					got := <-done
					require.ErrorIs(t, got.err, row.want)
					require.Equal(t, time.Second, got.took)
				}
				_, err := s.Read(t.Context(), kinesis.ReadRequest{ShardID: firstShard})
				require.ErrorIs(t, err, row.want)
				_, err = s.Put(t.Context(), keyed("k", "d")...)
				require.ErrorIs(t, err, row.want)
				_, err = s.Shards(t.Context())
				require.ErrorIs(t, err, row.want)
				require.ErrorIs(t, s.SplitShard(firstShard, kinesis.HashKey{Hi: 7}), row.want)
				require.Zero(t, s.Summary())
				require.NoError(t, s.Close(), "again")
			})
		})
	}
}

// A Read that waits is woken by records of its shard alone, and leaves nothing behind.
func TestWaitingLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{})
		var waiting []<-chan begun
		for range 1000 {
			waiting = append(waiting, begin(t, s, firstShard, kinesis.Position{Type: kinesis.Latest}))
		}
		time.Sleep(time.Minute)
		mustPut(t, s, keyed("k", "1", "2")...)
		for _, done := range waiting {
			got := <-done
			require.NoError(t, got.err)
			require.Equal(t, []string{"1", "2"}, dataIn(got.batch))
			require.Equal(t, time.Minute, got.took)
		}
	}) // a goroutine that was left would fail the bubble
}

func TestListShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{ShardCount: 3})
		start := time.Now()
		time.Sleep(time.Hour)
		require.NoError(t, s.SplitShard("shardId-000000000000", shardsOf(t, s)[0].HashKeyRange.Middle())) // into 3 and 4
		time.Sleep(time.Hour)
		require.NoError(t, s.MergeShards("shardId-000000000001", "shardId-000000000002")) // into 5
		time.Sleep(time.Hour)
		list := func(req kinesis.ShardListRequest) (ids []int, more bool) {
			page, err := s.ListShards(req)
			require.NoError(t, err)
			for _, sh := range page.Shards {
				var id int
				fmt.Sscanf(sh.ID, "shardId-%d", &id)
				ids = append(ids, id)
			}
			return ids, page.HasMore
		}
		since := func(typ kinesis.ShardFilterType, d time.Duration) kinesis.ShardFilter {
			return kinesis.ShardFilter{Type: typ, Timestamp: start.Add(d)}
		}
		for _, row := range []struct {
			filter kinesis.ShardFilter
			want   []int
		}{
			{kinesis.ShardFilter{}, []int{0, 1, 2, 3, 4, 5}},
			{kinesis.ShardFilter{Type: kinesis.FilterFromTrimHorizon}, []int{0, 1, 2, 3, 4, 5}},
			{kinesis.ShardFilter{Type: kinesis.FilterAtTrimHorizon}, []int{0, 1, 2}},
			{kinesis.ShardFilter{Type: kinesis.FilterAtLatest}, []int{3, 4, 5}},
			{kinesis.ShardFilter{Type: kinesis.FilterAfterShardID, ShardID: "shardId-000000000003"}, []int{4, 5}},
			{kinesis.ShardFilter{Type: kinesis.FilterAfterShardID, ShardID: "shardId-000000000009"}, nil},
			{since(kinesis.FilterAtTimestamp, 0), []int{0, 1, 2}},
			{since(kinesis.FilterAtTimestamp, -time.Hour), []int{0, 1, 2}},
			{since(kinesis.FilterAtTimestamp, time.Hour-time.Millisecond), []int{0, 1, 2}},
			{since(kinesis.FilterAtTimestamp, time.Hour), []int{1, 2, 3, 4}},
			{since(kinesis.FilterAtTimestamp, 2*time.Hour), []int{3, 4, 5}},
			{since(kinesis.FilterFromTimestamp, 90*time.Minute), []int{1, 2, 3, 4, 5}},
			{since(kinesis.FilterFromTimestamp, 150*time.Minute), []int{3, 4, 5}},
		} {
			got, more := list(kinesis.ShardListRequest{Filter: row.filter})
			require.Equal(t, row.want, got, "%+v", row.filter)
			require.False(t, more)
			var paged []int
			for req := (kinesis.ShardListRequest{Filter: row.filter, Limit: 2}); ; {
				page, more := list(req)
				paged = append(paged, page...)
				require.LessOrEqual(t, len(page), 2)
				if !more {
					break
				}
				req.ExclusiveStartShard = fmt.Sprintf("shardId-%012d", page[1])
			}
			require.Equal(t, row.want, paged, "%+v, in pages", row.filter)
		}
		for _, req := range []kinesis.ShardListRequest{
			{Limit: -1}, {Limit: 10_001}, {Filter: kinesis.ShardFilter{Type: "ALL"}}, {Filter: kinesis.ShardFilter{Type: kinesis.FilterAfterShardID, ShardID: "x"}},
			{Filter: since(kinesis.FilterAtTimestamp, 4*time.Hour)}, {Filter: since(kinesis.FilterFromTimestamp, 4*time.Hour)},
		} {
			_, err := s.ListShards(req)
			require.ErrorIs(t, err, kinesis.ErrInvalidArgument, "%+v", req)
		}
		time.Sleep(23 * time.Hour) // 26 hours after the beginning: the merge alone is not a day old
		got, _ := list(kinesis.ShardListRequest{Filter: kinesis.ShardFilter{Type: kinesis.FilterAtTrimHorizon}})
		require.Equal(t, []int{3, 4, 5}, got)
	})
}
