package firehose_test

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
)

func newSource(t *testing.T, shards int) *kinesis.LocalStream {
	t.Helper()
	source, err := kinesis.New("source", kinesis.Config{ShardCount: shards, Relaxed: true})
	require.NoError(t, err)
	t.Cleanup(func() { source.Close() })
	return source
}

func feedTo(t *testing.T, source kinesis.Stream, key, data string) {
	t.Helper()
	_, err := source.Put(t.Context(), kinesis.Entry{PartitionKey: key, Data: []byte(data)})
	require.NoError(t, err)
}

// fed is a configuration with a source, partitioned by what is before the colon.
func fed(sink firehose.Sink, source kinesis.Stream) firehose.Config {
	cfg := partitioned(sink)
	cfg.Source = source
	return cfg
}

// A stream that is resharded meanwhile: every record is delivered once, in order for
// each key, and with the time of its arrival in the source.
func TestSourceAcrossReshard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newSource(t, 2)
		feedTo(t, source, "k0", "k0:before;")
		sink := newSpy(func(_ context.Context, n int, _ *firehose.Delivery) error {
			if n%5 == 1 {
				return errDown
			}
			time.Sleep(100 * time.Millisecond)
			return nil
		})
		stream := open(t, "s", fed(sink, source))
		require.Equal(t, firehose.KinesisStreamAsSource, stream.Type())
		want := map[string]string{}
		for i := range 300 {
			key := fmt.Sprintf("k%d", i%7)
			record := fmt.Sprintf("%s:%03d;", key, i)
			want[key] += record
			feedTo(t, source, key, record)
			switch i {
			case 50:
				resize(t, source, 4)
			case 100:
				resize(t, source, 3)
			case 200:
				resize(t, source, 2)
			}
			time.Sleep(37 * time.Millisecond)
		}
		time.Sleep(time.Second)
		require.NoError(t, stream.Flush(t.Context()))
		got := map[string]string{}
		for _, c := range sink.all() {
			if c.err == nil {
				key, _, _ := strings.Cut(c.body, ":")
				got[key] += c.body
			}
		}
		require.Equal(t, want, got)
		require.Equal(t, int64(300), stream.Metrics().DeliveredRecords)
		requireBalance(t, stream.Metrics())
		require.NoError(t, stream.Shutdown(t.Context()))
	})
}

func resize(t *testing.T, source *kinesis.LocalStream, shards int) {
	t.Helper()
	_, err := source.UpdateShardCount(shards)
	require.NoError(t, err)
}

// AWS begins after the newest record; SourcePosition says otherwise.
func TestSourcePosition(t *testing.T) {
	for name, c := range map[string]struct {
		position *kinesis.Position
		want     string
	}{
		"default":  {nil, "d"},
		"latest":   {&kinesis.Position{Type: kinesis.Latest}, "d"},
		"horizon":  {&kinesis.Position{}, "abcd"},
		"time":     {new(kinesis.Since(midnight.Add(time.Second))), "bcd"},
		"far back": {new(kinesis.Since(midnight.Add(-time.Hour))), "abcd"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := newSource(t, 1)
				feedTo(t, source, "k", "a")
				time.Sleep(time.Second)
				resize(t, source, 2) // a parent with records, and children
				feedTo(t, source, "k", "b")
				resize(t, source, 1)
				feedTo(t, source, "k", "c")
				sink := newSpy(nil)
				cfg := small(sink)
				cfg.Source, cfg.SourcePosition = source, c.position
				stream := open(t, "s", cfg)
				feedTo(t, source, "k", "d")
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				require.Equal(t, []string{c.want}, sink.taken())
				if c.want == "abcd" {
					require.Contains(t, sink.all()[0].key, "2000-01-01-00-00-00", "the arrival in the source")
				}
				require.NoError(t, stream.Close())
			})
		})
	}
}

// Aggregated records are taken apart; delimiters are added to each.
func TestSourceAggregated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newSource(t, 1)
		sink, backup := newSpy(nil), newSpy(nil)
		cfg := small(sink)
		cfg.Source = source
		cfg.AppendDelimiter = true
		cfg.Backup = &firehose.Backup{Sink: backup}
		stream := open(t, "s", cfg)
		// Two records, "one" and "two", of the partition key "k".
		message := "\x0a\x01k\x1a\x07\x08\x00\x1a\x03one\x1a\x07\x08\x00\x1a\x03two"
		sum := md5.Sum([]byte(message))
		feedTo(t, source, "k", "\xF3\x89\x9A\xC2"+message+string(sum[:]))
		feedTo(t, source, "k", "\xF3\x89\x9A\xC2 only looks like it, and is one record")
		synctest.Wait()
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, int64(3), stream.Metrics().IncomingRecords)
		require.Equal(t, "one\ntwo\n", sink.taken()[0])
		require.Len(t, backup.taken(), 1)
		require.True(t, strings.HasPrefix(backup.taken()[0], "onetwo\xF3"))
	})
}

func TestSourceRefusesPut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := fed(newSpy(nil), newSource(t, 1))
		stream := open(t, "s", cfg)
		_, err := stream.Put(t.Context(), []byte("a:"))
		requireError(t, err, firehose.ErrInvalidArgument, "This operation is not permitted on KinesisStreamAsSource delivery stream type.")
		requireError(t, stream.StartEncryption("", ""), firehose.ErrInvalidArgument, "source")
	})
}

// When too much waits to be delivered, the source is not read on; nothing is lost.
func TestSourceWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newSource(t, 1)
		sink := newSpy(slow(time.Second))
		cfg := small(sink)
		cfg.Source = source
		cfg.Buffering.Size = 1 << 20
		cfg.MaxBuffered = 1 << 20
		stream := open(t, "s", cfg)
		data := strings.Repeat("x", 1<<19)
		for range 20 {
			feedTo(t, source, "k", data)
		}
		var most int64
		for range 200 {
			synctest.Wait()
			most = max(most, stream.Metrics().BufferedBytes)
			time.Sleep(100 * time.Millisecond)
		}
		require.Less(t, most, int64(3<<20))
		require.Equal(t, int64(20), stream.Metrics().DeliveredRecords)
	})
}

// flaky is a source that fails some of its reads.
type flaky struct {
	kinesis.Stream
	reads atomic.Int64
	fail  func(n int64) error
}

func (f *flaky) Read(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
	if err := f.fail(f.reads.Add(1)); err != nil {
		return kinesis.Batch{}, err
	}
	return f.Stream.Read(ctx, req)
}

func TestSourceFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &flaky{Stream: newSource(t, 1), fail: func(n int64) error { return only(n%2 == 0, errors.New("source is down")) }}
		sink := newSpy(nil)
		cfg := small(sink)
		cfg.Source = source
		stream := open(t, "s", cfg)
		for i := range 20 {
			feedTo(t, source, "k", fmt.Sprintf("%02d", i))
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, "00010203040506070809"+"10111213141516171819", strings.Join(sink.taken(), ""))
	})
}

// A source that fails at creation fails it; one that is closed ends the feed, but not
// the deliveries.
func TestSourceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("source is down")
		cfg := small(newSpy(nil))
		cfg.Source = &flaky{Stream: newSource(t, 1), fail: func(int64) error { return down }}
		_, err := firehose.New("s", cfg)
		require.ErrorIs(t, err, down)

		source := newSource(t, 2)
		sink := newSpy(nil)
		cfg.Sink, cfg.Source = sink, source
		stream := open(t, "s", cfg)
		feedTo(t, source, "k", "a")
		synctest.Wait()
		require.NoError(t, source.Close())
		require.NoError(t, stream.Shutdown(t.Context()))
		require.Equal(t, []string{"a"}, sink.taken())
	})
}

// A source that says at once that it has nothing is not asked without end.
func TestSourceWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &impatient{Stream: newSource(t, 1)}
		cfg := small(newSpy(nil))
		cfg.Source = source
		stream := open(t, "s", cfg)
		time.Sleep(10 * time.Minute)
		require.Less(t, source.reads.Load(), int64(40))
		require.NoError(t, stream.Close())
	})
}

type impatient struct {
	kinesis.Stream
	reads atomic.Int64
}

func (i *impatient) Read(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
	i.reads.Add(1)
	req.Wait = 0
	return i.Stream.Read(ctx, req)
}

// scripted is a source of one shard whose reads are told beforehand.
type scripted struct {
	kinesis.Stream
	mu    sync.Mutex
	reads []func() (kinesis.Batch, error)
}

func (s *scripted) Shards(context.Context) ([]kinesis.Shard, error) {
	return []kinesis.Shard{{ID: "shard"}}, nil
}

func (s *scripted) Read(ctx context.Context, _ kinesis.ReadRequest) (kinesis.Batch, error) {
	s.mu.Lock()
	if len(s.reads) > 0 {
		read := s.reads[0]
		s.reads = s.reads[1:]
		s.mu.Unlock()
		return read()
	}
	s.mu.Unlock()
	<-ctx.Done()
	return kinesis.Batch{}, ctx.Err()
}

func reads(records ...kinesis.Record) func() (kinesis.Batch, error) {
	return func() (kinesis.Batch, error) { return kinesis.Batch{Records: records}, nil }
}

// The times of a source may be in any order, and none at all.
func TestSourceTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := func(data string, year int) kinesis.Record {
			return kinesis.Record{Data: []byte(data), ArrivalTime: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)}
		}
		sink := newSpy(failing(1, &firehose.PartialError{Failed: []int{0, 2}, Err: errDown}))
		cfg := small(sink)
		var drops []dropped
		cfg.OnDrop = onDrop(&drops)
		cfg.Prefix = strings.Repeat("p", 512-len("yyyy/MM/dd/HH/"))
		cfg.ErrorOutputPrefix = "failed/"
		cfg.SourcePosition = &kinesis.Position{}
		cfg.Source = &scripted{reads: []func() (kinesis.Batch, error){
			reads(at("a", 1990), at("b", 1970), at("c", 1980)),
			reads(at("0123456789", 20_000)),
		}}
		stream := open(t, "s", cfg)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Contains(t, sink.all()[0].key, "-1970-")
		require.Contains(t, sink.all()[1].key, "-1980-", "the oldest that is left")
		require.Len(t, sink.all(), 2)
		require.Len(t, drops, 1, "with five digits of a year the key is too long")
		require.Equal(t, []string{"0123456789"}, drops[0].records)
		requireBalance(t, stream.Metrics())
	})
}

// A shard that is gone ends its part of the feed, and its children are read.
func TestSourceShardGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(nil)
		cfg := small(sink)
		cfg.SourcePosition = &kinesis.Position{}
		cfg.Source = &scripted{reads: []func() (kinesis.Batch, error){
			reads(kinesis.Record{Data: []byte("a")}),
			func() (kinesis.Batch, error) {
				return kinesis.Batch{}, &kinesis.Error{Err: kinesis.ErrResourceNotFound}
			},
		}}
		stream := open(t, "s", cfg)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Equal(t, []string{"a"}, sink.taken())
		require.NoError(t, stream.Shutdown(t.Context()))
	})
}

// What a read brings while the stream is shut down is delivered, too.
func TestSourceReadDuringShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(nil)
		cfg := small(sink)
		cfg.SourcePosition = &kinesis.Position{}
		cfg.Source = &scripted{reads: []func() (kinesis.Batch, error){func() (kinesis.Batch, error) {
			time.Sleep(10 * time.Second) // which does not end with ctx
			return kinesis.Batch{Records: []kinesis.Record{{Data: []byte("late")}}}, nil
		}}}
		stream := open(t, "s", cfg)
		synctest.Wait()
		require.NoError(t, stream.Shutdown(t.Context()))
		require.Equal(t, []string{"late"}, sink.taken())
		require.Equal(t, seconds(10), sink.times())
	})
}

// What it brings while the stream is closed stays in the source.
func TestSourceReadDuringClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := small(newSpy(nil))
		cfg.SourcePosition = &kinesis.Position{}
		cfg.Source = &scripted{reads: []func() (kinesis.Batch, error){func() (kinesis.Batch, error) {
			time.Sleep(10 * time.Second)
			return kinesis.Batch{Records: []kinesis.Record{{Data: []byte("late")}}}, nil
		}}}
		stream := open(t, "s", cfg)
		synctest.Wait()
		require.NoError(t, stream.Close())
		require.Zero(t, stream.Metrics().IncomingRecords)
	})
}

// delayed is a source one of whose shards is read slowly.
type delayed struct {
	kinesis.Stream
	shard string
}

func (d *delayed) Read(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
	if req.ShardID == d.shard && req.Wait > 0 {
		time.Sleep(10 * time.Second)
	}
	return d.Stream.Read(ctx, req)
}

// A shard that two were merged into is read when both are read to their ends.
func TestSourceMergeBehindSlowParent(t *testing.T) {
	for _, slow := range []string{"shardId-000000000000", "shardId-000000000001"} {
		synctest.Test(t, func(t *testing.T) {
			source := newSource(t, 2)
			sink := newSpy(nil)
			cfg := fed(sink, &delayed{source, slow})
			cfg.Buffering.Size = 1000
			stream := open(t, "s", cfg)
			want := map[string]string{}
			feed := func(n int) {
				for k := range 6 {
					record := fmt.Sprintf("k%d:%d;", k, n)
					want[record[:2]] += record
					feedTo(t, source, record[:2], record)
				}
			}
			feed(1)
			resize(t, source, 1)
			feed(2)
			time.Sleep(30 * time.Second)
			synctest.Wait()
			require.NoError(t, stream.Flush(t.Context()))
			got := map[string]string{}
			for _, body := range sink.taken() {
				got[body[:2]] += body
			}
			require.Equal(t, want, got)
		})
	}
}
