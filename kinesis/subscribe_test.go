package kinesis_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

const firstShard = "shardId-000000000000"

func putData(t testing.TB, s *kinesis.LocalStream, data ...string) {
	t.Helper()
	for _, d := range data {
		_, err := s.Put(t.Context(), kinesis.Entry{PartitionKey: "k", Data: []byte(d)})
		require.NoError(t, err)
	}
}

func subscribe(t testing.TB, c *kinesis.Consumer, p kinesis.Position) iter.Seq2[kinesis.Batch, error] {
	t.Helper()
	events, err := c.Subscribe(t.Context(), firstShard, p)
	require.NoError(t, err)
	return events
}

// An event is one of a subscription, with the time since its collection began.
type event struct {
	at  time.Duration
	got string // the data of the records, or of the error the text
}

// collect iterates to the end.
func collect(events iter.Seq2[kinesis.Batch, error]) (all []event, end error) {
	began := time.Now()
	for b, err := range events {
		if err != nil {
			all, end = append(all, event{time.Since(began), "error"}), err
			continue // that nothing comes after an error is part of what is tested
		}
		var data []string
		for _, r := range b.Records {
			data = append(data, string(r.Data))
		}
		all = append(all, event{time.Since(began), strings.Join(data, " ")})
	}
	return all, end
}

// A collection is what collect returns, later.
type collection struct {
	done chan struct{}
	all  []event
	end  error
}

func collecting(events iter.Seq2[kinesis.Batch, error]) *collection {
	c := &collection{done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.all, c.end = collect(events)
	}()
	return c
}

func TestSubscriptionsLastFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{})
		c := register(t, stream, "c")
		putData(t, stream, "a", "b")
		events := subscribe(t, c, kinesis.Position{})
		go func() {
			time.Sleep(7 * time.Second)
			putData(t, stream, "c")
		}()
		all, err := collect(events)
		require.NoError(t, err)
		want := []event{{0, "a b"}, {5 * time.Second, ""}, {7 * time.Second, "c"}}
		for at := 12 * time.Second; at < 5*time.Minute; at += 5 * time.Second {
			want = append(want, event{at, ""})
		}
		require.Equal(t, want, all)

		_, err = collect(events)
		wantFault(t, err, kinesis.ErrResourceInUse, "has been iterated over")
	})
}

// The five minutes are counted from the call, and also in between.
func TestSubscriptionsEndWhoeverIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{Relaxed: true})
		c := register(t, stream, "c")
		putData(t, stream, "a")
		events := subscribe(t, c, kinesis.Position{})
		time.Sleep(5 * time.Minute)
		all, err := collect(events)
		require.NoError(t, err)
		require.Empty(t, all)

		n := 0
		for _, err := range subscribe(t, c, kinesis.Position{}) {
			require.NoError(t, err)
			n++
			time.Sleep(5*time.Minute - time.Second)
			putData(t, stream, "b")
		}
		require.Equal(t, 2, n)
	})
}

func TestSubscriptionsGoOnWhereTheyEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{})
		c := register(t, stream, "c")
		var got []string
		at := kinesis.Position{Type: kinesis.Latest}
		for i := range 20 {
			events := subscribe(t, c, at)
			putData(t, stream, fmt.Sprint(i))
			for b, err := range events {
				require.NoError(t, err)
				at = b.Next
				for _, r := range b.Records {
					got = append(got, string(r.Data))
				}
				time.Sleep(5 * time.Second)
				break
			}
		}
		var want []string
		for i := range 20 {
			want = append(want, fmt.Sprint(i))
		}
		require.Equal(t, want, got)
	})
}

func TestSubscriptionPositions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{Relaxed: true})
		c := register(t, stream, "c")
		putData(t, stream, "a")
		time.Sleep(time.Second)
		since := time.Now()
		putData(t, stream, "b", "c")
		read, err := stream.Read(t.Context(), kinesis.ReadRequest{ShardID: firstShard})
		require.NoError(t, err)
		b := read.Records[1].SequenceNumber
		for _, row := range []struct {
			position kinesis.Position
			want     string
		}{
			{kinesis.Position{}, "a b c"}, {kinesis.Since(since), "b c"}, {kinesis.At(b), "b c"}, {kinesis.After(b), "c"},
			{kinesis.Position{Type: kinesis.Latest}, "d"}, // which is put after the call, and before the iteration
		} {
			events := subscribe(t, c, row.position)
			if row.want == "d" {
				putData(t, stream, "d")
			}
			all, err := first(events)
			require.NoError(t, err)
			require.Equal(t, row.want, all)
		}
		for name, row := range map[string]struct {
			shard    string
			position kinesis.Position
			sentinel error
			text     string
		}{
			"shard":    {"shardId-000000000001", kinesis.Position{}, kinesis.ErrResourceNotFound, "Could not find shard shardId-000000000001 in stream orders"},
			"no shard": {"", kinesis.Position{}, kinesis.ErrResourceNotFound, "Could not find shard"},
			"type":     {firstShard, kinesis.Position{Type: "x"}, kinesis.ErrInvalidArgument, "Type"},
			"future":   {firstShard, kinesis.Since(time.Now().Add(time.Hour)), kinesis.ErrInvalidArgument, "cannot be greater than the currentTimestampInMillis"},
			"number":   {firstShard, kinesis.Position{Type: kinesis.AtSequenceNumber}, kinesis.ErrInvalidArgument, "did not come from this stream"},
		} {
			_, err := c.Subscribe(t.Context(), row.shard, row.position)
			wantFault(t, err, row.sentinel, row.text)
			require.ErrorContains(t, err, "kinesis: Subscribe orders: ", name)
		}
	})
}

// first returns the data of the first event, and ends the subscription.
func first(events iter.Seq2[kinesis.Batch, error]) (string, error) {
	for b, err := range events {
		var data []string
		for _, r := range b.Records {
			data = append(data, string(r.Data))
		}
		return strings.Join(data, " "), err
	}
	return "", nil
}

const another = "Another active subscription exists for this consumer: 000000000000:orders:shardId-000000000000:c"

func TestSubscriptionsAreTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{ShardCount: 2})
		c, other := register(t, stream, "c"), register(t, stream, "other")
		began := time.Now()
		former := collecting(subscribe(t, c, kinesis.Position{}))
		subscribe(t, other, kinesis.Position{})
		_, err := c.Subscribe(t.Context(), "shardId-000000000001", kinesis.Position{})
		require.NoError(t, err, "another shard and another consumer do not matter")

		time.Sleep(5*time.Second - 1)
		for _, id := range []string{firstShard, "shardId-0"} {
			_, err = c.Subscribe(t.Context(), id, kinesis.Position{})
			wantFault(t, err, kinesis.ErrResourceInUse, another)
		}
		time.Sleep(time.Nanosecond)
		latter := subscribe(t, c, kinesis.Position{})
		<-former.done
		require.Equal(t, 5*time.Second, time.Since(began))
		wantFault(t, former.end, kinesis.ErrResourceInUse, another)
		require.Equal(t, event{5 * time.Second, "error"}, former.all[len(former.all)-1])

		time.Sleep(5 * time.Second)
		last := subscribe(t, c, kinesis.Position{})
		all, err := collect(latter)
		wantFault(t, err, kinesis.ErrResourceInUse, another)
		require.Equal(t, []event{{0, "error"}}, all, "nobody had iterated over it")

		_, err = stream.Put(t.Context(), kinesis.Entry{PartitionKey: "k", ExplicitHashKey: "0", Data: []byte("a")})
		require.NoError(t, err)
		got, err := first(last)
		require.NoError(t, err)
		require.Equal(t, "a", got)
		_, err = c.Subscribe(t.Context(), firstShard, kinesis.Position{})
		wantFault(t, err, kinesis.ErrResourceInUse, another) // though it has ended
		time.Sleep(5 * time.Second)
		got, err = first(subscribe(t, c, kinesis.Position{}))
		require.NoError(t, err)
		require.Equal(t, "a", got)
	})
}

// Who is at work on an event when the shard is taken over gets the error next.
func TestSubscriptionsAreTakenOverMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{Relaxed: true})
		c := register(t, stream, "c")
		putData(t, stream, "a")
		var got []string
		for b, err := range subscribe(t, c, kinesis.Position{}) {
			if err != nil {
				wantFault(t, err, kinesis.ErrResourceInUse, another)
				got = append(got, "error")
				continue
			}
			got = append(got, string(b.Records[0].Data))
			putData(t, stream, "b")
			require.Len(t, got, 1)
			subscribe(t, c, b.Next) // at once, as the stream is relaxed
		}
		require.Equal(t, []string{"a", "error"}, got)
	})
}

func TestSubscriptionsEndWithAReason(t *testing.T) {
	for name, row := range map[string]struct {
		end      func(service *kinesis.Service, stream *kinesis.LocalStream, cancel func())
		sentinel error
	}{
		"context":    {func(_ *kinesis.Service, _ *kinesis.LocalStream, cancel func()) { cancel() }, context.Canceled},
		"deregister": {func(_ *kinesis.Service, s *kinesis.LocalStream, _ func()) { s.DeregisterConsumer("c") }, kinesis.ErrResourceNotFound},
		"delete":     {func(s *kinesis.Service, _ *kinesis.LocalStream, _ func()) { s.DeleteStream("orders", true) }, kinesis.ErrResourceNotFound},
		"close":      {func(_ *kinesis.Service, s *kinesis.LocalStream, _ func()) { s.Close() }, kinesis.ErrClosed},
		"service":    {func(s *kinesis.Service, _ *kinesis.LocalStream, _ func()) { s.Close() }, kinesis.ErrClosed},
	} {
		synctest.Test(t, func(t *testing.T) {
			service, stream := streamIn(t, kinesis.Config{ShardCount: 3, EnforceLimits: true, MaxRecordSize: 10 << 20})
			c := register(t, stream, "c")
			_, err := stream.Put(t.Context(),
				kinesis.Entry{PartitionKey: "k", ExplicitHashKey: "0", Data: make([]byte, 8<<20)})
			require.NoError(t, err)
			time.Sleep(9 * time.Second)
			_, err = stream.Put(t.Context(),
				kinesis.Entry{PartitionKey: "k", ExplicitHashKey: "0", Data: make([]byte, 8<<20)})
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var waiting []*collection // for a record, for what the limits allow, and for nobody
			var idle iter.Seq2[kinesis.Batch, error]
			for _, shard := range []string{firstShard, "shardId-000000000001", "shardId-000000000002"} {
				events, err := c.Subscribe(ctx, shard, kinesis.Position{})
				require.NoError(t, err)
				if idle = events; len(waiting) < 2 {
					waiting = append(waiting, collecting(events))
				}
			}
			time.Sleep(time.Second)
			row.end(service, stream, cancel)
			synctest.Wait()
			waiting = append(waiting, collecting(idle))
			synctest.Wait()
			for i, w := range waiting {
				select {
				case <-w.done:
				default:
					require.Fail(t, "still waiting", "%s %d", name, i)
				}
				require.ErrorIs(t, w.end, row.sentinel, name)
				if row.sentinel != context.Canceled {
					require.ErrorContains(t, w.end, "kinesis: Subscribe orders: ", name)
				}
			}
			require.Len(t, waiting[0].all, 2, "the first of the large records, and the error")
			require.Len(t, waiting[1].all, 1)
			_, err = c.Subscribe(ctx, firstShard, kinesis.Position{})
			require.ErrorIs(t, err, row.sentinel, name)
		})
	}
}

func TestOnlyActiveConsumersSubscribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{TransitionTime: 10 * time.Second})
		time.Sleep(10 * time.Second)
		c := register(t, stream, "c")
		text := fmt.Sprintf("Consumer c with creation timestamp %d under stream: orders , account 000000000000 is not in ACTIVE status.", c.CreatedAt().Unix())
		_, err := c.Subscribe(t.Context(), firstShard, kinesis.Position{})
		wantFault(t, err, kinesis.ErrResourceInUse, text)
		time.Sleep(10 * time.Second)
		waiting := collecting(subscribe(t, c, kinesis.Position{}))
		time.Sleep(7 * time.Second)
		require.NoError(t, stream.StartEncryption("alias/a"))
		time.Sleep(5 * time.Second)
		require.NoError(t, stream.DeregisterConsumer("c"))
		<-waiting.done
		require.Equal(t, []event{{5 * time.Second, ""}, {10 * time.Second, ""}, {12 * time.Second, "error"}}, waiting.all, "an UPDATING stream does not matter")
		wantFault(t, waiting.end, kinesis.ErrResourceNotFound, "Consumer c, account 000000000000 not found.")
		_, err = c.Subscribe(t.Context(), firstShard, kinesis.Position{})
		wantFault(t, err, kinesis.ErrResourceInUse, text)
		time.Sleep(10 * time.Second)
		_, err = c.Subscribe(t.Context(), firstShard, kinesis.Position{})
		wantFault(t, err, kinesis.ErrResourceNotFound, "Consumer c, account 000000000000 not found.")
	})
}

func TestSubscriptionsEndWithTheShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{})
		c := register(t, stream, "c")
		putData(t, stream, "a")
		events := subscribe(t, c, kinesis.Position{})
		go func() {
			time.Sleep(time.Second)
			stream.SplitShard(firstShard, kinesis.HashKey{Hi: 1 << 63})
		}()
		var all []kinesis.Batch
		for b, err := range events {
			require.NoError(t, err)
			all = append(all, b)
		}
		require.Len(t, all, 2)
		require.Len(t, all[0].Records, 1)
		require.False(t, all[0].End)
		require.Empty(t, all[1].Records)
		require.True(t, all[1].End)
		ids := func(children []kinesis.ChildShard) (ids []string) {
			for _, child := range children {
				require.Equal(t, []string{firstShard}, child.ParentShards)
				ids = append(ids, child.ShardID)
			}
			return ids
		}
		require.Equal(t, []string{"shardId-000000000001", "shardId-000000000002"}, ids(all[1].ChildShards))

		time.Sleep(5 * time.Second)
		all = nil
		for b, err := range subscribe(t, c, kinesis.Position{}) {
			require.NoError(t, err)
			all = append(all, b)
		}
		require.Len(t, all, 1, "the records of a closed shard and its end come together")
		require.Len(t, all[0].Records, 1)
		require.Equal(t, []string{"shardId-000000000001", "shardId-000000000002"}, ids(all[0].ChildShards))

		time.Sleep(5 * time.Second)
		late := subscribe(t, c, kinesis.Position{})
		time.Sleep(4 * time.Minute)
		stream.Close()
		_, err := first(late)
		require.ErrorIs(t, err, kinesis.ErrClosed)
	})
}

func TestSubscriptionsOfShardsThatExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{})
		c := register(t, stream, "c")
		putData(t, stream, "a")
		require.NoError(t, stream.SplitShard(firstShard, kinesis.HashKey{Hi: 1}))
		time.Sleep(24*time.Hour - time.Minute)
		events := subscribe(t, c, kinesis.Position{})
		time.Sleep(2 * time.Minute)
		_, err := first(events)
		wantFault(t, err, kinesis.ErrResourceNotFound, "Could not find shard shardId-000000000000")
	})
}
