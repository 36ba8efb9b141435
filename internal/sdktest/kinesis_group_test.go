package sdktest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// TestAGroupOverTheSDK has leat's Producer and Group, which take any kinesis.Stream, work
// on one that is far away, as they would on AWS: through the SDK, against shards with
// limits, while the stream is resharded, a worker joins and another leaves. Nothing is
// lost, and the records of a key come in their order.
func TestAGroupOverTheSDK(t *testing.T) {
	inStream(t, kinesis.ServiceConfig{EnforceLimits: true, TransitionTime: 3 * time.Second}, 2, func(t *testing.T, b *basin, s *streamOverSDK) {
		const keys, rounds = 20, 90
		seen := &sightings{first: make(map[string][]int), known: make(map[string]bool)}
		leases := kinesis.NewMemoryLeases()
		join := func(id string) (leave func()) {
			g, err := kinesis.NewGroup(s, seen.handle, kinesis.GroupConfig{Name: "readers", WorkerID: id, Leases: leases, ShardSyncInterval: 10 * time.Second})
			require.NoError(t, err)
			done := make(chan error, 1)
			go func() { done <- g.Run(context.Background()) }()
			return func() {
				if err := g.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
				<-done
			}
		}
		leaveA, leaveB := join("a"), join("b")
		p, err := kinesis.NewProducer(s, kinesis.ProducerConfig{Ordered: true, Aggregate: true, TTL: time.Minute})
		require.NoError(t, err)

		var leaveC func()
		for round := range rounds { // one a second
			for key := range keys {
				entry := kinesis.Entry{PartitionKey: fmt.Sprint("key ", key), Data: fmt.Appendf(nil, "%d", round)}
				require.NoError(t, p.Add(t.Context(), entry, func(_ kinesis.Put, err error) {
					if err != nil {
						t.Error(err)
					}
				}))
			}
			switch round {
			case 10:
				resize(t, s, 4)
			case 25:
				leaveC = join("c")
			case 40:
				call(t, s.client.SplitShard, &awskinesis.SplitShardInput{
					StreamName: &s.name, ShardToSplit: openShards(t, s)[0].ShardId, NewStartingHashKey: aws.String("12345"),
				})
			case 50:
				leaveA()
			case 60:
				resize(t, s, 3)
			}
			time.Sleep(time.Second)
		}
		require.NoError(t, p.Shutdown(t.Context()))
		time.Sleep(2 * time.Minute)
		leaveB()
		leaveC()
		synctest.Wait()

		want := make([]int, rounds)
		for i := range want {
			want[i] = i
		}
		for key := range keys {
			require.Equal(t, want, seen.first[fmt.Sprint("key ", key)])
		}
		shards := shardsOf(t, s)
		require.Greater(t, len(shards), 8)
		t.Logf("%d records over %d shards in %d PutRecords and %d GetRecords; %d were handled twice",
			keys*rounds, len(shards), b.calls("PutRecords"), b.calls("GetRecords"), seen.again)
	})
}

// sightings is what the members of a group have handled between them.
type sightings struct {
	mu    sync.Mutex
	first map[string][]int // the numbers of each key as they came for the first time; guarded by mu
	known map[string]bool  // guarded by mu
	again int              // guarded by mu
}

func (s *sightings) handle(_ context.Context, b *kinesis.ShardBatch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range b.Records {
		number, err := strconv.Atoi(string(r.Data))
		if err != nil {
			return err
		}
		if id := r.PartitionKey + " " + string(r.Data); s.known[id] {
			s.again++
		} else {
			s.known[id] = true
			s.first[r.PartitionKey] = append(s.first[r.PartitionKey], number)
		}
	}
	return nil
}

func resize(t *testing.T, s *streamOverSDK, shards int32) {
	t.Helper()
	awaitStream(t, s.client, s.name)
	call(t, s.client.UpdateShardCount, &awskinesis.UpdateShardCountInput{
		StreamName: &s.name, TargetShardCount: &shards, ScalingType: types.ScalingTypeUniformScaling,
	})
}

// openShards returns those that take records, in the order of their hash keys.
func openShards(t *testing.T, s *streamOverSDK) []types.Shard {
	t.Helper()
	open := call(t, s.client.ListShards, &awskinesis.ListShardsInput{
		StreamName: &s.name, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest},
	}).Shards
	slices.SortFunc(open, func(a, b types.Shard) int {
		x, y := *a.HashKeyRange.StartingHashKey, *b.HashKeyRange.StartingHashKey
		return cmp.Or(len(x)-len(y), strings.Compare(x, y))
	})
	return open
}
