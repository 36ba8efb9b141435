package kinesistest

import (
	"context"
	"sync"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// editing alters the list of shards.
func editing(alter func(sh *kinesis.Shard)) func(s kinesis.Stream) kinesis.Stream {
	return func(s kinesis.Stream) kinesis.Stream {
		return hooked{Stream: s, shards: func(ctx context.Context) ([]kinesis.Shard, error) {
			shards, err := s.Shards(ctx)
			for i := range shards {
				alter(&shards[i])
			}
			return shards, err
		}}
	}
}

var reshardFaults = []fault{
	{name: "closed shards at once gone", breaks: []string{"split/children", "merge/child", "lineage/every record once"}, flaw: flaw{dropsClosed: true}},
	{name: "split one key too high", breaks: []string{"split/children"}, flaw: flaw{shiftedSplit: true}},
	{name: "closed shards take records", breaks: []string{"split/records go to the children", "merge/records go to the child"}, flaw: flaw{oldRanges: true}},
	{name: "splits anywhere", breaks: []string{"split/bad requests"}, flaw: flaw{looseSplit: true}},
	{name: "merges anything", breaks: []string{"merge/bad requests"}, flaw: flaw{looseMerge: true}},
	{name: "one parent only", breaks: []string{"merge/child"}, flaw: flaw{oneParent: true}},
	{name: "a merge moves records", breaks: []string{"lineage/end of merged shards", "lineage/every record once"}, flaw: flaw{childrenTakeOver: true}},
	{name: "ids again", breaks: []string{"resharding/shards"}, flaw: flaw{reusesIDs: true}},
	{name: "the newest shards first", breaks: []string{"resharding/shards", "routing/even shards"}, flaw: flaw{newestFirst: true}},
	{name: "numbers that start again", breaks: []string{"resharding/sequence numbers"}, flaw: flaw{restartNumbers: true}},
	{name: "ends amid the records", breaks: []string{"resharding/ending sequence numbers"}, flaw: flaw{closeAtHalf: true}},
	{name: "no end", breaks: []string{"lineage/end of a split shard", "lineage/end while waiting", "lineage/every record once", "concurrency/resharding"}, flaw: flaw{wakesNobody: true}},
	{name: "a child is lost", breaks: []string{"lineage/end of a split shard", "lineage/every record once"}, flaw: flaw{lostChild: true}},
	{name: "end too early", breaks: []string{"lineage/end of a split shard", "lineage/every record once"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			return hooked{Stream: s, read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
				b, err := s.Read(ctx, req)
				if last, lastErr := s.Read(ctx, kinesis.ReadRequest{ShardID: req.ShardID, Position: kinesis.Position{Type: kinesis.Latest}}); lastErr == nil && last.End {
					b.End, b.ChildShards = true, last.ChildShards
				}
				return b, err
			}}
		}},
	{name: "children with their parents' records", breaks: []string{"lineage/the children's positions", "lineage/every record once"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			return hooked{Stream: s, read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
				b, err := s.Read(ctx, req)
				shards, _ := s.Shards(ctx)
				for _, sh := range shards {
					if sh.ID == req.ShardID && sh.ParentID != "" && req.Position.Type == "" {
						older, _ := s.Read(ctx, kinesis.ReadRequest{ShardID: sh.ParentID})
						b.Records = append(older.Records, b.Records...)
					}
				}
				return b, err
			}}
		}},
	{name: "children without parents", breaks: []string{"split/children", "merge/child"},
		stream: editing(func(sh *kinesis.Shard) { sh.ParentID, sh.AdjacentParentID = "", "" })},
	{name: "no ends", breaks: []string{"split/children", "resharding/ending sequence numbers"},
		stream: editing(func(sh *kinesis.Shard) { sh.EndingSequenceNumber = kinesis.SequenceNumber{} })},
	{name: "loses what comes at once", breaks: []string{"concurrency/writers and readers"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			var mu sync.Mutex
			last := time.Time{}
			return hooked{Stream: s, put: func(ctx context.Context, batch []kinesis.Entry) ([]kinesis.Put, error) {
				mu.Lock()
				again := !last.IsZero() && time.Since(last) == 0
				last = time.Now()
				mu.Unlock()
				if again && len(batch) == 3 {
					batch = batch[:2]
				}
				put, err := s.Put(ctx, batch...)
				return append(put, make([]kinesis.Put, 3)...)[:max(len(batch), len(put))], err
			}}
		}},
}
