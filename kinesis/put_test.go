package kinesis_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

func TestPutRefuses(t *testing.T) {
	s := newStream(t, kinesis.Config{ShardCount: 2})
	for _, row := range []struct {
		entry kinesis.Entry
		says  string
	}{
		{kinesis.Entry{}, "The partition key is empty"},
		{kinesis.Entry{Data: []byte("d"), ExplicitHashKey: "0"}, "The partition key is empty"},
		{kinesis.Entry{PartitionKey: strings.Repeat("k", 257)}, "more than 256 characters"},
		{kinesis.Entry{PartitionKey: strings.Repeat("ü", 257)}, "more than 256 characters"},
		{kinesis.Entry{PartitionKey: "k", Data: make([]byte, 1<<20+1)}, "has 1048577 bytes"},
		{kinesis.Entry{PartitionKey: "k", ExplicitHashKey: "01"}, "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 01"},
		{kinesis.Entry{PartitionKey: "k", ExplicitHashKey: "340282366920938463463374607431768211456"}, "Specified value was 340282366920938463463374607431768211456"},
		{kinesis.Entry{PartitionKey: "k", ExplicitHashKey: strings.Repeat("9", 1000)}, strings.Repeat("9", 130)},
	} {
		put, err := s.Put(t.Context(), row.entry)
		wantFault(t, err, kinesis.ErrInvalidArgument, row.says)
		require.Equal(t, []kinesis.Put{{}}, put)
		var e *kinesis.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, "Put", e.Op)
		require.Equal(t, "orders", e.Stream)
		require.Less(t, len(err.Error()), 400, "what came is cut short")
	}
	require.Zero(t, s.Summary().Records)
}

// The failed entries of a batch are named in order, whatever was wrong with them.
func TestPutNamesWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{EnforceLimits: true})
		batch := keyed("k", "0", "1", "2", "3", "4", "5")
		batch[1].PartitionKey = ""
		batch[2].Data = make([]byte, 1<<20-100)
		batch[4].Data = make([]byte, 200) // there is no room for it any more
		batch[5].ExplicitHashKey = "x"
		put, err := s.Put(t.Context(), batch...)
		var failed *kinesis.BatchError
		require.ErrorAs(t, err, &failed)
		var indexes []int
		for _, f := range failed.Failed {
			indexes = append(indexes, f.Index)
			require.Zero(t, put[f.Index])
		}
		require.Equal(t, []int{1, 4, 5}, indexes)
		require.ErrorIs(t, failed.Failed[0].Err, kinesis.ErrInvalidArgument)
		require.ErrorIs(t, failed.Failed[1].Err, kinesis.ErrProvisionedThroughputExceeded)
		require.Equal(t, "Rate exceeded for shard shardId-000000000000 in stream orders under account 000000000000.",
			failed.Failed[1].Err.(*kinesis.Error).ErrorMessage())
		require.ErrorIs(t, failed.Failed[2].Err, kinesis.ErrInvalidArgument)
		got := readData(t, s, firstShard, kinesis.Position{})
		require.Equal(t, []string{"0", string(batch[2].Data), "3"}, got)
	})
}

// Data and keys of whatever length take their own room: records that were put together
// share memory, but no byte of it, nor could one grow into the next.
func TestPutCopies(t *testing.T) {
	s := newStream(t, kinesis.Config{MaxRecordSize: 4 << 20})
	var batch []kinesis.Entry
	for _, n := range []int{0, 1, 3, 4095, 0, 4096, 4097, 65535, 65536, 65537, 1 << 20, 3 << 20, 2, 262144, 262145} {
		batch = append(batch, kinesis.Entry{PartitionKey: "k", Data: []byte(strings.Repeat(string(rune('a'+len(batch))), n))})
	}
	mustPut(t, s, batch...)
	for i := range batch {
		for k := range batch[i].Data {
			batch[i].Data[k] ^= 0xff
		}
	}
	records := mustRead(t, s, firstShard, kinesis.Position{}).Records
	require.Len(t, records, len(batch))
	for i, r := range records {
		require.Equal(t, strings.Repeat(string(rune('a'+i)), len(batch[i].Data)), string(r.Data), "record %d", i)
		require.Equal(t, len(r.Data), cap(r.Data), "record %d", i)
	}
}

// Readers share the data: reading copies none.
func TestReadersShareData(t *testing.T) {
	s := newStream(t, kinesis.Config{})
	mustPut(t, s, keyed("k", "shared")...)
	first, second := mustRead(t, s, firstShard, kinesis.Position{}), mustRead(t, s, firstShard, kinesis.Position{})
	require.Same(t, &first.Records[0].Data[0], &second.Records[0].Data[0])
	require.NotSame(t, &first.Records[0], &second.Records[0], "the slice is the caller's")
}

// A put of a batch takes less than one allocation a record, and so does a read.
func TestAllocations(t *testing.T) {
	s := newStream(t, kinesis.Config{ShardCount: 4, RetentionBytes: 10 << 20})
	batch := make([]kinesis.Entry, 500)
	for i := range batch {
		batch[i] = kinesis.Entry{PartitionKey: strings.Repeat("k", 1+i%200), Data: make([]byte, 1024)}
	}
	perPut := testing.AllocsPerRun(100, func() {
		if _, err := s.Put(context.Background(), batch...); err != nil {
			t.Error(err)
		}
	})
	require.LessOrEqual(t, perPut, 50.0, "allocations for 500 records")
	req := kinesis.ReadRequest{ShardID: firstShard, Limit: 1000}
	perRead := testing.AllocsPerRun(100, func() {
		if _, err := s.Read(context.Background(), req); err != nil {
			t.Error(err)
		}
	})
	require.LessOrEqual(t, perRead, 3.0, "allocations for a read")
}

// What is not kept any more is let go: a stream that is bounded in bytes stays as small
// as it should, however much goes through it.
func TestPutLetsGo(t *testing.T) {
	s := newStream(t, kinesis.Config{ShardCount: 3, RetentionBytes: 1 << 20})
	batch := make([]kinesis.Entry, 100)
	for i := range batch {
		batch[i] = kinesis.Entry{PartitionKey: string(rune('a' + i%26)), Data: make([]byte, 1000)}
	}
	inUse := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := inUse()
	for range 1000 { // 100 MB in all
		mustPut(t, s, batch...)
	}
	after := inUse()
	require.Less(t, int64(after)-int64(before), int64(6<<20))
	require.LessOrEqual(t, s.Summary().Bytes, int64(1<<20))
	require.Greater(t, s.Summary().Bytes, int64(1<<20-1002))
}

// The arrival time of a record is when it was put, cut to milliseconds.
func TestArrivalTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{})
		start := time.Now()
		for range 3 {
			mustPut(t, s, keyed("k", "a", "b")...)
			time.Sleep(1700 * time.Microsecond)
		}
		var got []time.Duration
		for _, r := range mustRead(t, s, firstShard, kinesis.Position{}).Records {
			got = append(got, r.ArrivalTime.Sub(start))
		}
		require.Equal(t, []time.Duration{0, 0, time.Millisecond, time.Millisecond, 3 * time.Millisecond, 3 * time.Millisecond}, got)
	})
}
