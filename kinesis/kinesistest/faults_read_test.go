package kinesistest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// atPosition alters positions of a type.
func atPosition(of kinesis.PositionType, alter func(p *kinesis.Position)) func(s kinesis.Stream) kinesis.Stream {
	return asking(func(req *kinesis.ReadRequest) {
		if req.Position.Type == of {
			alter(&req.Position)
		}
	})
}

var readFaults = []fault{
	{name: "latest is the beginning", breaks: []string{"positions/latest", "waiting/in vain", "waiting/for a put", "waiting/until the context ends"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			return hooked{Stream: s, read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
				if req.Position.Type == kinesis.Latest || req.Wait == 20*time.Second {
					req.Position = kinesis.Position{}
					ctx = context.WithoutCancel(ctx)
				}
				return s.Read(ctx, req)
			}}
		}},
	{name: "the beginning is the latest", breaks: []string{"positions/trim horizon", "lineage/the children's positions", "lineage/every record once"},
		stream: asking(func(req *kinesis.ReadRequest) {
			if req.Position.Type == "" {
				req.Position.Type = kinesis.Latest
			}
		})},
	{name: "next stays at the latest", breaks: []string{"positions/latest", "positions/latest of an empty shard", "waiting/in vain"},
		stream: reading(func(req kinesis.ReadRequest, b *kinesis.Batch) {
			if len(b.Records) == 0 {
				b.Next = kinesis.Position{Type: kinesis.Latest}
			}
		})},
	{name: "at is after", breaks: []string{"positions/at a sequence number"},
		stream: atPosition(kinesis.AtSequenceNumber, func(p *kinesis.Position) { p.Type = kinesis.AfterSequenceNumber })},
	{name: "after is at", breaks: []string{"positions/after a sequence number", "read/at most Limit"},
		stream: atPosition(kinesis.AfterSequenceNumber, func(p *kinesis.Position) { p.Type = kinesis.AtSequenceNumber })},
	{name: "only numbers of records", breaks: []string{"positions/the shard's start", "sequence numbers/text"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			return hooked{Stream: s, read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
				shards, err := s.Shards(ctx)
				for _, sh := range shards {
					if sh.StartingSequenceNumber == req.Position.SequenceNumber {
						return kinesis.Batch{}, kinesis.ErrInvalidArgument
					}
				}
				if err != nil {
					return kinesis.Batch{}, err
				}
				return s.Read(ctx, req)
			}}
		}},
	{name: "positions that are not data", breaks: []string{"positions/stored"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			var mu sync.Mutex
			given := map[kinesis.Position]kinesis.Position{}
			return hooked{Stream: s, read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
				mu.Lock()
				if p, ok := given[req.Position]; ok {
					req.Position = p
				}
				mu.Unlock()
				b, err := s.Read(ctx, req)
				mu.Lock()
				defer mu.Unlock()
				token := kinesis.Position{Timestamp: time.Now().Add(time.Duration(len(given)))} // equal only to itself, with its monotonic clock
				given[token] = b.Next
				b.Next = token
				return b, err
			}}
		}},
	{name: "any shard's sequence numbers", breaks: []string{"positions/bad ones"}, flaw: flaw{foreignNumbers: true}},
	{name: "since is until", breaks: []string{"timestamps/since"},
		stream: atPosition(kinesis.AtTimestamp, func(p *kinesis.Position) { p.Timestamp = p.Timestamp.Add(time.Millisecond) })},
	{name: "times to the next second", breaks: []string{"timestamps/since", "timestamps/within a millisecond"},
		stream: atPosition(kinesis.AtTimestamp, func(p *kinesis.Position) { p.Timestamp = p.Timestamp.Add(time.Second - 1).Truncate(time.Second) })},
	{name: "times rounded up", breaks: []string{"timestamps/within a millisecond"},
		stream: atPosition(kinesis.AtTimestamp, func(p *kinesis.Position) { p.Timestamp = p.Timestamp.Add(time.Millisecond - 1) })},
	{name: "no positions by time", breaks: []string{"timestamps/after the newest", "timestamps/since", "timestamps/the future"},
		stream: atPosition(kinesis.AtTimestamp, func(p *kinesis.Position) { *p = kinesis.Position{} })},
	{name: "always waits", breaks: []string{"read/an empty shard"},
		stream: asking(func(req *kinesis.ReadRequest) { req.Wait = 20 * time.Second })},
	{name: "one more than asked for", breaks: []string{"read/at most Limit"},
		stream: asking(func(req *kinesis.ReadRequest) {
			if req.Limit > 0 {
				req.Limit++
			}
		})},
	{name: "skips one", breaks: []string{"read/at most Limit", "read/while records come"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			return hooked{Stream: s, read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
				b, err := s.Read(ctx, req)
				if req.Limit > 0 && len(b.Records) == req.Limit {
					more, err := s.Read(ctx, kinesis.ReadRequest{ShardID: req.ShardID, Position: b.Next, Limit: 1})
					b.Next = more.Next
					return b, err
				}
				return b, err
			}}
		}},
	{name: "reads once", breaks: []string{"read/removes nothing", "positions/latest"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			var read sync.Map // by sequence number
			return hooked{Stream: s, read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
				b, err := s.Read(ctx, req)
				b.Records = slices.DeleteFunc(b.Records, func(r kinesis.Record) bool {
					_, again := read.LoadOrStore(r.SequenceNumber, true)
					return again
				})
				return b, err
			}}
		}},
	{name: "records shared by readers", breaks: []string{"read/removes nothing"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			var kept sync.Map // of []kinesis.Record, by shard
			return hooked{Stream: s, read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
				b, err := s.Read(ctx, req)
				if len(b.Records) == 3 {
					records, _ := kept.LoadOrStore(req.ShardID, b.Records)
					b.Records = records.([]kinesis.Record)
				}
				return b, err
			}}
		}},
	{name: "records of all shards", breaks: []string{"read/one shard only"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			return hooked{Stream: s, read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
				b, err := s.Read(ctx, req)
				if shards, _ := s.Shards(ctx); len(shards) == 3 && req.Position.Type == "" && shards[0].ID != req.ShardID && req.Wait == 0 {
					req.ShardID = shards[0].ID
					other, _ := s.Read(ctx, req)
					b.Records = append(b.Records, other.Records...)
				}
				return b, err
			}}
		}},
	{name: "10,000 at most", breaks: []string{"read/10,000 records"},
		stream: asking(func(req *kinesis.ReadRequest) { req.Limit = min(req.Limit, 10_000) })},
	{name: "no bound of bytes", breaks: []string{"read/at most MaxBytes", "read/10 MiB"},
		stream: asking(func(req *kinesis.ReadRequest) { req.MaxBytes = 1 << 40 })},
	{name: "bytes of the data", breaks: []string{"read/at most MaxBytes"},
		stream: asking(func(req *kinesis.ReadRequest) {
			if req.MaxBytes > 100 {
				req.MaxBytes++
			}
		})},
	{name: "any shard", breaks: []string{"read/no such shard"},
		stream: asking(func(req *kinesis.ReadRequest) {
			if req.ShardID != "" {
				req.ShardID = "shardId-000000000000"
			}
		})},
	{name: "anything goes", breaks: []string{"read/bad requests"},
		stream: asking(func(req *kinesis.ReadRequest) {
			req.Limit, req.MaxBytes, req.Wait = max(req.Limit, 0), max(req.MaxBytes, 0), max(req.Wait, 0)
		})},
	{name: "a lag of everyone", breaks: []string{"lag/of one who has read all", "read/an empty shard", "lineage/end of a split shard"},
		stream: reading(func(_ kinesis.ReadRequest, b *kinesis.Batch) { b.MillisBehindLatest++ })},
	{name: "no lag", breaks: []string{"lag/of one who has not"},
		stream: reading(func(_ kinesis.ReadRequest, b *kinesis.Batch) { b.MillisBehindLatest = 0 })},
	{name: "no waiting", breaks: []string{"waiting/in vain", "waiting/for the shard", "waiting/several", "waiting/until the context ends", "lineage/end while waiting"},
		stream: asking(func(req *kinesis.ReadRequest) { req.Wait = 0 })},
	{name: "waits for all", breaks: []string{"waiting/not if there is a record"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			return hooked{Stream: s, read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
				b, err := s.Read(ctx, req)
				if req.Wait > 0 && len(b.Records) < req.Limit {
					select {
					case <-time.After(2 * time.Second):
					case <-ctx.Done():
					}
				}
				return b, err
			}}
		}},
	{name: "a record wakes one", breaks: []string{"waiting/several", "waiting/for a put"}, flaw: flaw{wakesOne: true}},
	{name: "a retention of half a day", breaks: []string{"retention/a day", "retention/as the stream says", "retention/closed shards"}, flaw: flaw{trimsToHalf: true}},
	{name: "always a day", breaks: []string{"retention/as the stream says"},
		config: func(cfg *kinesis.Config) { cfg.RetentionPeriod = 0 }},
	{name: "keeps everything", breaks: []string{"retention/a day", "retention/as the stream says", "retention/a reader who is late", "retention/closed shards"}, flaw: flaw{trimsNothing: true}},
	{name: "an error for who is late", breaks: []string{"retention/a reader who is late", "retention/a day"}, flaw: flaw{strictPositions: true}},
	{name: "closed shards for ever", breaks: []string{"retention/closed shards"}, flaw: flaw{keepsClosed: true}},
}
