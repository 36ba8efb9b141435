package kinesis_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/kinesis"
)

// A group goes on from its checkpoints when the process has crashed: no record is left out,
// and only those are handled again that came after the last checkpoint.
func TestDurableGroupResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := kinesis.NewMemFiles(1)
		handled := map[string]int{}
		sent, again := 0, 0
		for life := range 5 {
			s := mustOpen(t, files, durable.Options{SegmentSize: 5000, MemoryBudget: 1000})
			stream, err := s.Stream("clicks")
			if life == 0 {
				stream, err = s.CreateStream("clicks", kinesis.Config{ShardCount: 2, Relaxed: true})
			}
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			var mu sync.Mutex
			seen := map[string]bool{}
			group, err := kinesis.NewGroup(stream, kinesis.Each(func(_ context.Context, r kinesis.UserRecord) error {
				mu.Lock()
				defer mu.Unlock()
				handled[string(r.Data)]++
				seen[string(r.Data)] = true
				return nil
			}), kinesis.GroupConfig{Name: "counters", WorkerID: "ann", Leases: s.Leases(), FailoverTime: time.Second})
			require.NoError(t, err)
			stopped := make(chan error)
			go func() { stopped <- group.Run(ctx) }()
			for i := range 30 {
				mustPut(t, stream, keyed(fmt.Sprint("key", i), fmt.Sprint(sent))...)
				sent++
				if i == 15 && life%2 == 1 {
					shards := shardsOf(t, stream)
					open := shards[len(shards)-1]
					require.NoError(t, stream.SplitShard(open.ID, open.HashKeyRange.Middle()))
				}
				time.Sleep(100 * time.Millisecond)
			}
			time.Sleep(10 * time.Second)
			mu.Lock()
			require.Len(t, handled, sent, "life %d", life)
			again += len(seen) - 30
			mu.Unlock()
			files.Crash()
			cancel()
			<-stopped
			_ = s.Close()
		}
		t.Logf("%d records, %d handled again", sent, again)
		require.Less(t, again, 10)
	})
}
