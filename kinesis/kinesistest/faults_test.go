package kinesistest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/leat-go/leat/kinesis"
)

// fault makes a bad stream of a good one.
type fault struct {
	name   string
	breaks []string // rules, among others
	flaw   flaw     // of the naive stream
	config func(cfg *kinesis.Config)
	stream func(s kinesis.Stream) kinesis.Stream
	shared bool // by all who want a stream
}

// hooked is a stream whose operations are others where they are set.
type hooked struct {
	kinesis.Stream
	put    func(ctx context.Context, batch []kinesis.Entry) ([]kinesis.Put, error)
	shards func(ctx context.Context) ([]kinesis.Shard, error)
	read   func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error)
}

func (h hooked) Put(ctx context.Context, batch ...kinesis.Entry) ([]kinesis.Put, error) {
	if h.put == nil {
		return h.Stream.Put(ctx, batch...)
	}
	return h.put(ctx, slices.Clone(batch))
}

func (h hooked) Shards(ctx context.Context) ([]kinesis.Shard, error) {
	if h.shards == nil {
		return h.Stream.Shards(ctx)
	}
	return h.shards(ctx)
}

func (h hooked) Read(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
	if h.read == nil {
		return h.Stream.Read(ctx, req)
	}
	return h.read(ctx, req)
}

// putting alters entries before they are put.
func putting(alter func(e *kinesis.Entry)) func(s kinesis.Stream) kinesis.Stream {
	return func(s kinesis.Stream) kinesis.Stream {
		return hooked{Stream: s, put: func(ctx context.Context, batch []kinesis.Entry) ([]kinesis.Put, error) {
			for i := range batch {
				alter(&batch[i])
			}
			return s.Put(ctx, batch...)
		}}
	}
}

// answering alters what Put returns.
func answering(alter func(put []kinesis.Put)) func(s kinesis.Stream) kinesis.Stream {
	return func(s kinesis.Stream) kinesis.Stream {
		return hooked{Stream: s, put: func(ctx context.Context, batch []kinesis.Entry) ([]kinesis.Put, error) {
			put, err := s.Put(ctx, batch...)
			alter(put)
			return put, err
		}}
	}
}

// asking alters what is asked of a read.
func asking(alter func(req *kinesis.ReadRequest)) func(s kinesis.Stream) kinesis.Stream {
	return func(s kinesis.Stream) kinesis.Stream {
		return hooked{Stream: s, read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
			alter(&req)
			return s.Read(ctx, req)
		}}
	}
}

// reading alters what is read.
func reading(alter func(req kinesis.ReadRequest, b *kinesis.Batch)) func(s kinesis.Stream) kinesis.Stream {
	return func(s kinesis.Stream) kinesis.Stream {
		return hooked{Stream: s, read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
			b, err := s.Read(ctx, req)
			alter(req, &b)
			return b, err
		}}
	}
}

func eachRecord(alter func(r *kinesis.Record)) func(s kinesis.Stream) kinesis.Stream {
	return reading(func(_ kinesis.ReadRequest, b *kinesis.Batch) {
		for i := range b.Records {
			alter(&b.Records[i])
		}
	})
}

// refusing makes entries fail with which something is the matter.
func refusing(bad func(e kinesis.Entry) bool) func(s kinesis.Stream) kinesis.Stream {
	return func(s kinesis.Stream) kinesis.Stream {
		return hooked{Stream: s, put: func(ctx context.Context, batch []kinesis.Entry) ([]kinesis.Put, error) {
			if i := slices.IndexFunc(batch, bad); i >= 0 {
				return make([]kinesis.Put, len(batch)), &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: i, Err: kinesis.ErrInternalFailure}}}
			}
			return s.Put(ctx, batch...)
		}}
	}
}

// failing alters the errors of all operations.
func failing(alter func(err error) error) func(s kinesis.Stream) kinesis.Stream {
	return func(s kinesis.Stream) kinesis.Stream {
		return hooked{
			put: func(ctx context.Context, batch []kinesis.Entry) ([]kinesis.Put, error) {
				put, err := s.Put(ctx, batch...)
				return put, alter(err)
			},
			shards: func(ctx context.Context) ([]kinesis.Shard, error) {
				shards, err := s.Shards(ctx)
				return shards, alter(err)
			},
			read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
				b, err := s.Read(ctx, req)
				return b, alter(err)
			},
		}
	}
}

var putFaults = []fault{
	{name: "other data", breaks: []string{"put/any data"},
		stream: eachRecord(func(r *kinesis.Record) {
			if !utf8.Valid(r.Data) {
				r.Data = []byte("text")
			}
		})},
	{name: "results in another order", breaks: []string{"put/results line up", "sequence numbers/grow"},
		stream: answering(func(put []kinesis.Put) {
			if len(put) > 2 {
				slices.Reverse(put)
			}
		})},
	{name: "batches backwards", breaks: []string{"put/order", "put/some entries fail", "put/data is copied", "positions/trim horizon", "read/while records come", "concurrency/writers and readers"},
		flaw: flaw{reverse: true}},
	{name: "all or nothing", breaks: []string{"put/some entries fail", "bounds/partition keys", "bounds/size"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			return hooked{Stream: s, put: func(ctx context.Context, batch []kinesis.Entry) ([]kinesis.Put, error) {
				for i := range batch {
					if batch[i].PartitionKey == "" || len(batch[i].Data) > mebibyte {
						return make([]kinesis.Put, len(batch)), &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: i, Err: kinesis.ErrValidation}}}
					}
				}
				return s.Put(ctx, batch...)
			}}
		}},
	{name: "results of what failed", breaks: []string{"put/some entries fail", "put/one entry fails"},
		stream: answering(func(put []kinesis.Put) {
			for i := range put {
				put[i].ShardID = cmp.Or(put[i].ShardID, "shardId-000000000000")
			}
		})},
	{name: "no batch errors", breaks: []string{"put/one entry fails", "bounds/size", "routing/bad explicit hash keys"},
		stream: failing(func(err error) error {
			if batch, ok := errors.AsType[*kinesis.BatchError](err); ok {
				return batch.Failed[0].Err
			}
			return err
		})},
	{name: "wrong indexes", breaks: []string{"put/some entries fail", "put/one entry fails"},
		stream: failing(func(err error) error {
			if batch, ok := errors.AsType[*kinesis.BatchError](err); ok {
				for i := range batch.Failed {
					batch.Failed[i].Index++
				}
			}
			return err
		})},
	{name: "no empty batches", breaks: []string{"put/empty batch"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			return hooked{Stream: s, put: func(ctx context.Context, batch []kinesis.Entry) ([]kinesis.Put, error) {
				if len(batch) == 0 {
					return nil, kinesis.ErrValidation
				}
				return s.Put(ctx, batch...)
			}}
		}},
	{name: "data shared with the writer", breaks: []string{"put/data is copied"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			var kept sync.Map // of []byte, by sequence number
			return hooked{Stream: s,
				put: func(ctx context.Context, batch []kinesis.Entry) ([]kinesis.Put, error) {
					put, err := s.Put(ctx, batch...)
					for i := range put {
						kept.Store(put[i].SequenceNumber, batch[i].Data)
					}
					return put, err
				},
				read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
					b, err := s.Read(ctx, req)
					for i := range b.Records {
						// A reader may be here before the writer has come back from Put.
						if data, ok := kept.Load(b.Records[i].SequenceNumber); ok {
							b.Records[i].Data = data.([]byte)
						}
					}
					return b, err
				},
			}
		}},
	{name: "no empty data", breaks: []string{"put/any data"},
		stream: refusing(func(e kinesis.Entry) bool { return len(e.Data) == 0 })},
	{name: "one stream for all", breaks: []string{"put/streams are apart"}, shared: true},
	{name: "500 at most", breaks: []string{"put/more than 500"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			return hooked{Stream: s, put: func(ctx context.Context, batch []kinesis.Entry) ([]kinesis.Put, error) {
				if len(batch) > 500 {
					return nil, kinesis.ErrValidation
				}
				return s.Put(ctx, batch...)
			}}
		}},
	{name: "keys counted in bytes", breaks: []string{"bounds/partition keys"},
		stream: refusing(func(e kinesis.Entry) bool { return len(e.PartitionKey) > 256 })},
	{name: "a byte more", breaks: []string{"bounds/size", "bounds/MaxRecordSize"},
		config: func(cfg *kinesis.Config) { cfg.MaxRecordSize = cmp.Or(cfg.MaxRecordSize, mebibyte) + 1 }},
	{name: "a byte less", breaks: []string{"bounds/size", "bounds/MaxRecordSize"},
		stream: refusing(func(e kinesis.Entry) bool {
			n := len(e.PartitionKey) + len(e.Data)
			return n == mebibyte || n == 3*mebibyte
		})},
	{name: "always 1 MiB", breaks: []string{"bounds/MaxRecordSize"},
		config: func(cfg *kinesis.Config) { cfg.MaxRecordSize = 0 }},
	{name: "another keys' owner", breaks: []string{"put/read back", "lineage/every record once"},
		stream: eachRecord(func(r *kinesis.Record) {
			if r.PartitionKey != "k" {
				r.PartitionKey = "x"
			}
		})},
	{name: "a stream of one shard more", breaks: []string{"routing/even shards"},
		config: func(cfg *kinesis.Config) { cfg.ShardCount++ }},
	{name: "uneven shards", breaks: []string{"routing/even shards"}, flaw: flaw{unevenShards: true}},
	{name: "another sum", breaks: []string{"routing/by MD5"}, flaw: flaw{bySum: true}},
	{name: "no explicit hash keys", breaks: []string{"routing/explicit hash keys", "routing/bad explicit hash keys", "waiting/for the shard"},
		stream: putting(func(e *kinesis.Entry) { e.ExplicitHashKey = "" })},
	{name: "partition keys replaced", breaks: []string{"routing/explicit hash keys"},
		stream: putting(func(e *kinesis.Entry) {
			if e.ExplicitHashKey != "" {
				e.PartitionKey = e.ExplicitHashKey
			}
		})},
	{name: "the same numbers in each shard", breaks: []string{"sequence numbers/unique"}, flaw: flaw{sameNumbers: true}},
	{name: "numbers from the start on", breaks: []string{"sequence numbers/grow", "positions/the shard's start", "resharding/ending sequence numbers"}, flaw: flaw{numbersBegin: true}},
	{name: "arrivals to the second", breaks: []string{"sequence numbers/arrival"}, flaw: flaw{seconds: true}},
	{name: "arrivals to the microsecond", breaks: []string{"sequence numbers/arrival"}, flaw: flaw{micros: true}},
	{name: "no errors", breaks: []string{"put/one entry fails", "routing/bad explicit hash keys", "read/no such shard", "read/bad requests", "positions/bad ones", "timestamps/the future", "context/over already", "waiting/until the context ends"},
		stream: failing(func(error) error { return nil })},
	{name: "errors of its own", breaks: []string{"put/one entry fails", "routing/bad explicit hash keys", "read/no such shard", "read/bad requests", "positions/bad ones", "timestamps/the future", "context/over already", "retention/closed shards"},
		stream: failing(func(err error) error {
			if err != nil {
				return errors.New(err.Error())
			}
			return nil
		})},
	{name: "no context", breaks: []string{"context/over already", "waiting/until the context ends"},
		stream: func(s kinesis.Stream) kinesis.Stream {
			return hooked{
				put: func(ctx context.Context, batch []kinesis.Entry) ([]kinesis.Put, error) {
					return s.Put(context.WithoutCancel(ctx), batch...)
				},
				shards: func(ctx context.Context) ([]kinesis.Shard, error) { return s.Shards(context.WithoutCancel(ctx)) },
				read: func(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
					return s.Read(context.WithoutCancel(ctx), req)
				},
			}
		}},
}

// configOf makes naive streams that have a fault.
func configOf(f fault) Config {
	var mu sync.Mutex
	cores := make(map[kinesis.Stream]*naive)
	var last kinesis.Stream
	core := func(s kinesis.Stream) *naive {
		mu.Lock()
		defer mu.Unlock()
		return cores[s]
	}
	return Config{
		VirtualTime: true,
		New: func(t testing.TB, cfg kinesis.Config) kinesis.Stream {
			mu.Lock()
			defer mu.Unlock()
			if last != nil && f.shared {
				return last
			}
			if f.config != nil {
				f.config(&cfg)
			}
			n := newNaive(cfg, f.flaw)
			last = n
			if f.stream != nil {
				made := f.stream(n)
				if h, ok := made.(hooked); ok {
					if h.Stream == nil {
						h.Stream = n
					}
					last = &h
				} else {
					last = made
				}
			}
			cores[last] = n
			return last
		},
		Split: func(_ context.Context, s kinesis.Stream, shardID string, at kinesis.HashKey) error {
			return core(s).split(shardID, at)
		},
		Merge: func(_ context.Context, s kinesis.Stream, shardID, adjacentShardID string) error {
			return core(s).merge(shardID, adjacentShardID)
		},
	}
}
