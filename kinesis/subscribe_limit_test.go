package kinesis_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// Each consumer has 2 MiB a second of each shard, whatever the readers take.
func TestSubscriptionsKeepToTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{EnforceLimits: true, MaxRecordSize: 10 << 20, RetentionPeriod: 48 * time.Hour})
		for range 10 {
			_, err := stream.Put(t.Context(), kinesis.Entry{PartitionKey: "k", Data: make([]byte, 1<<20-1)})
			require.NoError(t, err)
			time.Sleep(time.Second)
		}
		_, err := stream.Put(t.Context(), kinesis.Entry{PartitionKey: "k", Data: make([]byte, 10<<20-1)})
		require.NoError(t, err)
		time.Sleep(10 * time.Second)
		_, err = stream.Put(t.Context(), kinesis.Entry{PartitionKey: "k", Data: make([]byte, 1)})
		require.NoError(t, err)
		time.Sleep(time.Hour)

		arrivals := func(c *kinesis.Consumer) (at []string) {
			began := time.Now()
			n := 0
			for b, err := range subscribe(t, c, kinesis.Position{}) {
				require.NoError(t, err)
				at = append(at, fmt.Sprint(len(b.Records), " after ", time.Since(began).Round(time.Millisecond)))
				if n += len(b.Records); n == 12 {
					break
				}
			}
			return at
		}
		want := []string{
			"2 after 0s", "2 after 1s", "2 after 2s", "2 after 3s", "2 after 4s", // a second's worth each
			"1 after 5s", // 10 MiB wait until all is paid off
			"1 after 9s", // and are paid off later
		}
		consumers := []*kinesis.Consumer{register(t, stream, "c"), register(t, stream, "d")}
		got := make([][]string, 2)
		done := make(chan struct{})
		for i, c := range consumers {
			go func() {
				got[i] = arrivals(c)
				done <- struct{}{}
			}()
		}
		<-done
		<-done
		require.Equal(t, want, got[0])
		require.Equal(t, want, got[1])
		_, err = stream.Read(t.Context(), kinesis.ReadRequest{ShardID: firstShard})
		require.NoError(t, err, "what the consumers take is not the readers'")

		before := time.Now()
		_, err = first(subscribe(t, consumers[0], kinesis.Position{}))
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(before).Round(time.Millisecond), "another subscription goes on paying")
	})
}

// What the limit delays beyond the five minutes is for the next subscription.
func TestSubscriptionsEndWhileTheLimitHoldsThemUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stream := streamIn(t, kinesis.Config{EnforceLimits: true, MaxRecordSize: 10 << 20})
		for range 2 {
			_, err := stream.Put(t.Context(), kinesis.Entry{PartitionKey: "k", Data: make([]byte, 10<<20-1)})
			require.NoError(t, err)
			time.Sleep(11 * time.Second)
		}
		c := register(t, stream, "c")
		events := subscribe(t, c, kinesis.Position{})
		time.Sleep(297 * time.Second)
		began := time.Now()
		var last kinesis.Position
		for b, err := range events {
			require.NoError(t, err)
			require.Zero(t, last, "there is one event")
			require.Len(t, b.Records, 1)
			last = b.Next
		}
		require.Equal(t, 3*time.Second, time.Since(began))
		for b, err := range subscribe(t, c, last) {
			require.NoError(t, err)
			require.Len(t, b.Records, 1)
			break
		}
		require.Equal(t, 5*time.Second, time.Since(began).Round(time.Millisecond))
	})
}
