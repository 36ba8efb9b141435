package sdktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

// TestWorkersWithinTheLimits runs a producer and a consumer such as programs have, that
// know nothing of limits but to try again, against shards that have AWS's: 8 MiB go
// through two shards, of which each takes 1 MiB a second, and more readers than a shard
// serves all get them in order.
func TestWorkersWithinTheLimits(t *testing.T) {
	inClicks(t, kinesis.ServiceConfig{EnforceLimits: true}, 2, func(t *testing.T, b *basin, c *awskinesis.Client, clicks *string) {
		const records, size = 8 << 10, 1 << 10 // data and key of each
		start := time.Now()
		var wrote time.Duration
		rejected := 0
		var wg sync.WaitGroup
		wg.Go(func() {
			rejected = produce(t, c, clicks, records, size)
			wrote = time.Since(start)
		})
		workers := make([]*worker, 4) // two for each shard, each of which asks four times a second
		for i := range workers {
			workers[i] = &worker{shard: fmt.Sprintf("shardId-%012d", i%2)}
			wg.Go(func() { workers[i].run(t, c, clicks, records/2) })
		}
		wg.Wait()

		throttled := 0
		for _, w := range workers {
			require.Len(t, w.numbers, records/2)
			require.True(t, slices.IsSorted(w.numbers), "those of a shard have as many digits each")
			throttled += w.throttled
		}
		require.Greater(t, rejected, 0)
		require.GreaterOrEqual(t, wrote, 3*time.Second, "a second's worth at once, and then 1 MiB a second")
		require.Less(t, wrote, 60*time.Second)
		reads := b.calls("GetRecords")
		most := 2 * 5 * int(time.Since(start)/time.Second+2)
		served := 0
		for _, w := range workers {
			served += w.served
		}
		require.LessOrEqual(t, served, most, "five reads a second of each shard")
		require.Greater(t, reads, served, "the SDK tried again")
		t.Logf("%d MiB in %v: %d entries were rejected in %d PutRecords; of %d GetRecords %d were served, and %d of the workers' own got no answer in three tries",
			records*size>>20, wrote, rejected, b.calls("PutRecords"), reads, served, throttled)
	})
}

// produce puts records, half to each of two shards, and what is rejected again until it
// is not. It returns how many were.
func produce(t *testing.T, c *awskinesis.Client, stream *string, records, size int) (rejected int) {
	for sent := 0; sent < records; {
		var batch []types.PutRecordsRequestEntry
		for ; sent < records && len(batch) < 500; sent++ {
			hashKey := []string{"0", kinesis.MaxHashKey.String()}[sent%2]
			batch = append(batch, types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), ExplicitHashKey: &hashKey, Data: make([]byte, size-1)})
		}
		for len(batch) > 0 {
			out, err := c.PutRecords(t.Context(), &awskinesis.PutRecordsInput{StreamName: stream, Records: batch})
			if err != nil {
				t.Error(err)
				return rejected
			}
			var again []types.PutRecordsRequestEntry
			for i, r := range out.Records {
				if r.ErrorCode == nil {
					continue
				}
				if *r.ErrorCode != "ProvisionedThroughputExceededException" {
					t.Error(*r.ErrorCode, *r.ErrorMessage)
				}
				again = append(again, batch[i])
			}
			if len(again) != int(*out.FailedRecordCount) {
				t.Errorf("%d entries failed, FailedRecordCount is %d", len(again), *out.FailedRecordCount)
			}
			rejected += len(again)
			if batch = again; len(again) > 0 {
				time.Sleep(100 * time.Millisecond)
			}
		}
	}
	return rejected
}

// worker reads a shard four times a second until it has what it wants.
type worker struct {
	shard     string
	numbers   []string
	served    int
	throttled int // times that the SDK gave up
}

func (w *worker) run(t *testing.T, c *awskinesis.Client, stream *string, want int) {
	it, err := c.GetShardIterator(t.Context(), &awskinesis.GetShardIteratorInput{
		StreamName: stream, ShardId: &w.shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		t.Error(err)
		return
	}
	for next := it.ShardIterator; len(w.numbers) < want; time.Sleep(250 * time.Millisecond) {
		out, err := c.GetRecords(t.Context(), &awskinesis.GetRecordsInput{ShardIterator: next})
		if _, ok := errors.AsType[*types.ProvisionedThroughputExceededException](err); ok {
			w.throttled++
			continue
		}
		if err != nil {
			t.Error(err)
			return
		}
		w.served++
		for _, r := range out.Records {
			w.numbers = append(w.numbers, *r.SequenceNumber)
		}
		next = out.NextShardIterator
	}
}

// TestTheSDKTriesAgain: what it does by itself about throttling and failures, in virtual
// time, and what it leaves to its caller.
func TestTheSDKTriesAgain(t *testing.T) {
	for _, test := range []struct {
		fault kinesishttp.Fault
		calls int  // of GetRecords
		fails bool // in the end
	}{
		{kinesishttp.Fault{Op: "GetRecords", Code: "ProvisionedThroughputExceededException", Times: 2}, 3, false},
		{kinesishttp.Fault{Op: "GetRecords", Code: "ProvisionedThroughputExceededException"}, 3, true},
		{kinesishttp.Fault{Op: "GetRecords", Code: "LimitExceededException", Times: 1}, 2, false},
		{kinesishttp.Fault{Op: "GetRecords", Code: "InternalFailure", Status: 500, Times: 2}, 3, false},
		{kinesishttp.Fault{Op: "GetRecords", Code: "ServiceUnavailable", Status: 503, Times: 2}, 3, false},
		{kinesishttp.Fault{Op: "GetRecords", Code: "ExpiredIteratorException", Times: 1}, 1, true},
		{kinesishttp.Fault{Op: "GetRecords", Code: "KMSThrottlingException", Times: 1}, 1, true},
		{kinesishttp.Fault{Op: "GetRecords", Delay: time.Minute, Times: 1}, 1, false},
	} {
		t.Run(fmt.Sprintf("%s %d", test.fault.Code, test.fault.Times), func(t *testing.T) {
			inClicks(t, kinesis.ServiceConfig{}, 1, func(t *testing.T, b *basin, c *awskinesis.Client, clicks *string) {
				it := iteratorOf(t, c, clicks, firstShard)
				_, err := b.handler.Faults().Add(test.fault)
				require.NoError(t, err)
				start := time.Now()
				_, err = c.GetRecords(t.Context(), &awskinesis.GetRecordsInput{ShardIterator: it})
				require.Equal(t, test.fails, err != nil, "%v", err)
				if err != nil {
					require.ErrorContains(t, err, test.fault.Code)
				}
				require.Equal(t, test.calls, b.calls("GetRecords"))
				require.GreaterOrEqual(t, time.Since(start), test.fault.Delay)
			})
		})
	}
}

// TestADeadlineDuringACall ends it for the client and the service.
func TestADeadlineDuringACall(t *testing.T) {
	inClicks(t, kinesis.ServiceConfig{}, 1, func(t *testing.T, b *basin, c *awskinesis.Client, clicks *string) {
		_, err := b.handler.Faults().Add(kinesishttp.Fault{Op: "PutRecord", Delay: time.Hour})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err = c.PutRecord(ctx, &awskinesis.PutRecordInput{StreamName: clicks, PartitionKey: aws.String("k"), Data: []byte("late")})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start))
		synctest.Wait()
		b.handler.Faults().Reset()
		require.Empty(t, call(t, c.GetRecords, &awskinesis.GetRecordsInput{ShardIterator: iteratorOf(t, c, clicks, firstShard)}).Records)
	})
}
