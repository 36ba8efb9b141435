package kinesis_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/kinesis"
)

// Under the policies that do not sync at once the loss of power takes away what came last,
// and leaves the rest as it was, without gaps; the end of the process takes away nothing
// under SyncInterval.
func TestDurableUnsynced(t *testing.T) {
	seeds := uint64(200)
	if testing.Short() {
		seeds = 50
	}
	crashes, lost, trimmed := 0, 0, 0
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			rnd := rand.New(rand.NewPCG(seed, 1))
			files := kinesis.NewMemFiles(seed)
			options := durable.Options{
				Sync: []durable.Policy{durable.SyncInterval, durable.SyncNever}[seed%2], SegmentSize: []int64{400, 3000}[seed/2%2], MemoryBudget: []int64{-1, 0}[seed/4%2],
			}
			s := mustOpen(t, files, options)
			_, err := s.CreateStream("stream", kinesis.Config{RetentionBytes: 5000, Relaxed: true})
			require.NoError(t, err)
			require.NoError(t, s.Close()) // which syncs that there is the stream
			s = mustOpen(t, files, options)
			stream := mustStream(t, s, "stream")
			var data []string // all that was put and not lost
			numbers := map[string]kinesis.Put{}
			for range 5 {
				for range 20 + rnd.IntN(60) {
					switch rnd.IntN(12) {
					case 0:
						shards := shardsOf(t, stream)
						if open := shards[len(shards)-1]; len(shards) < 30 {
							require.NoError(t, stream.SplitShard(open.ID, open.HashKeyRange.Middle()))
						}
					case 1:
						time.Sleep(time.Duration(rnd.IntN(200)) * time.Millisecond)
					case 2:
						require.NoError(t, stream.SetMaxRecordSize(1<<20+1024*rnd.IntN(5)))
					default:
						text := fmt.Sprint(len(numbers), strings.Repeat("x", rnd.IntN(100)))
						key := kinesis.HashKey{Hi: rnd.Uint64()}
						numbers[text] = mustPut(t, stream, kinesis.Entry{PartitionKey: "k", Data: []byte(text), ExplicitHashKey: key.String()})[0]
						data = append(data, text)
					}
				}
				killed := rnd.IntN(2) == 0
				if killed {
					files.Kill()
				} else {
					files.Crash()
				}
				crashes++
				_ = s.Close()
				s = mustOpen(t, files, options)
				stream = mustStream(t, s, "stream")
				there := map[string]bool{}
				for _, sh := range shardsOf(t, stream) {
					for _, r := range mustRead(t, stream, sh.ID, kinesis.Position{}).Records {
						require.Equal(t, kinesis.Put{ShardID: sh.ID, SequenceNumber: r.SequenceNumber}, numbers[string(r.Data)])
						there[string(r.Data)] = true
					}
				}
				first, last := -1, -1
				for i, text := range data {
					if there[text] {
						if first < 0 {
							first = i
						}
						last = i
					}
				}
				if first > 0 {
					trimmed++
				}
				for _, text := range data[max(first, 0) : last+1] {
					require.True(t, there[text], "there is a gap: %q", text)
				}
				if killed && options.Sync == durable.SyncInterval {
					require.Equal(t, len(data)-1, last, "nothing is lost with the process")
				}
				lost += len(data) - 1 - last
				data = data[max(first, 0) : last+1]
			}
			require.NoError(t, s.Close())
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("%d crashes: %d records lost; the oldest were gone %d times", crashes, lost, trimmed)
	require.NotZero(t, lost)
	require.NotZero(t, trimmed)
}
