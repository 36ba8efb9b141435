package kinesis_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// A record is there for the retention period, counted from the millisecond of its
// arrival, and not a moment longer.
func TestRetention(t *testing.T) {
	for _, row := range []struct {
		set, want time.Duration
		relaxed   bool
	}{{0, day, false}, {day, day, false}, {100 * day, 100 * day, false}, {365 * day, 365 * day, false}, {50 * time.Millisecond, 50 * time.Millisecond, true}} {
		synctest.Test(t, func(t *testing.T) {
			s := newStream(t, kinesis.Config{RetentionPeriod: row.set, Relaxed: row.relaxed})
			require.Equal(t, row.want, s.Config().RetentionPeriod)
			mustPut(t, s, keyed("k", "1", "2")...)
			time.Sleep(row.want / 2)
			mustPut(t, s, keyed("k", "3")...)
			time.Sleep(row.want/2 - 1)
			require.Equal(t, []string{"1", "2", "3"}, readData(t, s, firstShard, kinesis.Position{}))
			require.EqualValues(t, 3, s.Summary().Records)
			time.Sleep(time.Nanosecond)
			require.Equal(t, []string{"3"}, readData(t, s, firstShard, kinesis.Position{}))
			require.EqualValues(t, 1, s.Summary().Records)
			require.EqualValues(t, 2, s.Summary().Bytes)
			time.Sleep(row.want / 2)
			require.Empty(t, readData(t, s, firstShard, kinesis.Position{}))
			require.Zero(t, s.Summary().Bytes)
		})
	}
}

// Where the oldest record is, is said by the number of the one before it, also when that
// is gone.
func TestPositionsAfterWhatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{})
		var put []kinesis.Put
		for range 3 {
			put = append(put, mustPut(t, s, keyed("k", "1")...)...)
			time.Sleep(10 * hour)
		}
		require.Len(t, readData(t, s, firstShard, kinesis.Position{}), 2)
		at, err := s.ResolvePosition(firstShard, kinesis.Position{})
		require.NoError(t, err)
		require.Equal(t, kinesis.After(put[0].SequenceNumber), at)
		time.Sleep(day)
		require.Equal(t, kinesis.After(put[2].SequenceNumber), mustRead(t, s, firstShard, at).Next)
	})
}

// A shorter period lets go at once, a longer one keeps what is there, and nothing comes
// back.
func TestRetentionChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{RetentionPeriod: 48 * hour})
		var put []kinesis.Put
		for i := range 4 {
			put = append(put, mustPut(t, s, keyed("k", fmt.Sprint(i))...)...)
			time.Sleep(12 * hour)
		} // they are 48, 36, 24 and 12 hours old
		require.Equal(t, []string{"1", "2", "3"}, readData(t, s, firstShard, kinesis.Position{}))
		require.NoError(t, s.SetRetentionPeriod(25*hour))
		require.Equal(t, []string{"2", "3"}, readData(t, s, firstShard, kinesis.Position{}))
		require.NoError(t, s.SetRetentionPeriod(365*day))
		require.Equal(t, []string{"2", "3"}, readData(t, s, firstShard, kinesis.At(put[0].SequenceNumber)))
		time.Sleep(364*day - 1)
		require.Equal(t, []string{"2", "3"}, readData(t, s, firstShard, kinesis.Position{}))
		time.Sleep(time.Nanosecond)
		require.Equal(t, []string{"3"}, readData(t, s, firstShard, kinesis.Position{}))
	})
}

func TestSettingsRefuse(t *testing.T) {
	s := newStream(t, kinesis.Config{})
	relaxed := newStream(t, kinesis.Config{Relaxed: true})
	for _, row := range []struct {
		err  error
		says string
	}{
		{s.SetRetentionPeriod(23 * hour), "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short."},
		{s.SetRetentionPeriod(-hour), "too short"},
		{s.SetRetentionPeriod(8761 * hour), "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long."},
		{s.SetRetentionPeriod(8760*hour + 1), "too long"},
		{s.SetRetentionPeriod(25*hour + time.Minute), "must be whole hours"},
		{s.SetMaxRecordSize(1<<20 - 1024), "must be 1 MiB to 10 MiB, in whole KiB"},
		{s.SetMaxRecordSize(10<<20 + 1024), "must be 1 MiB to 10 MiB"},
		{s.SetMaxRecordSize(1<<20 + 1), "in whole KiB"},
		{s.SetMode("ELASTIC", 0), `Mode is "ELASTIC"`},
		{relaxed.SetRetentionPeriod(0), "too short"},
		{relaxed.SetRetentionPeriod(366 * day), "too long"},
		{relaxed.SetMaxRecordSize(0), "MaxRecordSize is 0"},
		{relaxed.SetMaxRecordSize(11 << 20), "MaxRecordSize is 11534336"},
	} {
		wantFault(t, row.err, kinesis.ErrInvalidArgument, row.says)
	}
	require.Equal(t, day, s.Config().RetentionPeriod)
	require.Equal(t, 1<<20, s.Config().MaxRecordSize)
	require.NoError(t, relaxed.SetRetentionPeriod(time.Millisecond))
	require.NoError(t, relaxed.SetMaxRecordSize(1))
}

// The bound on bytes lets the oldest records of all shards go.
func TestRetentionByBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{ShardCount: 2, RetentionBytes: 30})
		to := func(shard int, data string) kinesis.Entry {
			return kinesis.Entry{PartitionKey: "k", ExplicitHashKey: []string{"0", kinesis.MaxHashKey.String()}[shard], Data: []byte(data)}
		}
		left := func() []string {
			return []string{strings.Join(readData(t, s, "0", kinesis.Position{}), " "), strings.Join(readData(t, s, "1", kinesis.Position{}), " ")}
		}
		var first kinesis.Put
		for i, d := range []string{"a23456789", "b23456789", "c23456789"} { // 10 bytes each, with the key
			p := mustPut(t, s, to(i%2, d))
			if i == 0 {
				first = p[0]
			}
			time.Sleep(time.Second)
		}
		require.Equal(t, []string{"a23456789 c23456789", "b23456789"}, left())
		mustPut(t, s, to(0, "")) // is a byte
		require.Equal(t, []string{"c23456789 ", "b23456789"}, left())
		require.Equal(t, []string{"c23456789", ""}, readData(t, s, firstShard, kinesis.After(first.SequenceNumber)))
		require.EqualValues(t, 21, s.Summary().Bytes)
		time.Sleep(time.Second)
		mustPut(t, s, to(1, "d2345678"))
		require.Equal(t, []string{"c23456789 ", "b23456789 d2345678"}, left(), "30 bytes are kept")
		mustPut(t, s, to(0, strings.Repeat("x", 28)))
		require.Equal(t, []string{strings.Repeat("x", 28), ""}, left())
		mustPut(t, s, to(1, strings.Repeat("y", 30)))
		require.Equal(t, []string{"", ""}, left(), "a record that is larger than all that is kept")
		p := mustPut(t, s, to(1, "z"))[0]
		require.Equal(t, []string{"z"}, readData(t, s, p.ShardID, kinesis.At(p.SequenceNumber)))
	})
}

// A closed shard is listed until nothing of it can be left, whoever reads or waits
// meanwhile. Its children go on.
func TestClosedShardsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, kinesis.Config{})
		mustPut(t, s, keyed("k", "1")...)
		time.Sleep(12 * hour)
		require.NoError(t, s.SplitShard(firstShard, kinesis.HashKey{Hi: 1 << 63}))
		time.Sleep(12 * hour)
		batch := mustRead(t, s, firstShard, kinesis.Position{})
		require.Empty(t, batch.Records, "its record is gone")
		require.True(t, batch.End)
		require.Len(t, batch.ChildShards, 2)
		time.Sleep(12*hour - 1)
		require.Len(t, shardsOf(t, s), 3)
		require.Equal(t, kinesis.Summary{OpenShards: 2, Shards: 3}, s.Summary())
		time.Sleep(time.Nanosecond)
		shards := shardsOf(t, s)
		require.Len(t, shards, 2)
		for _, sh := range shards {
			require.Equal(t, firstShard, sh.ParentID, "which is no more")
		}
		_, err := s.Read(t.Context(), kinesis.ReadRequest{ShardID: firstShard})
		wantFault(t, err, kinesis.ErrResourceNotFound, "Could not find shard shardId-000000000000")
		wantFault(t, s.SplitShard(firstShard, kinesis.HashKey{Hi: 7}), kinesis.ErrResourceNotFound, "Could not find shard")
		require.NoError(t, s.MergeShards("shardId-000000000001", "shardId-000000000002"))
		require.Equal(t, "shardId-000000000003", shardsOf(t, s)[2].ID, "no id is given again")
	})
}

// An idle stream has no timer or goroutine that would let go of records: they are gone
// when somebody looks. One that is forgotten without Close fails no bubble.
func TestIdleStreamHasNothingRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := kinesis.New("forgotten", kinesis.Config{Mode: kinesis.ModeOnDemand, EnforceLimits: true, TransitionTime: time.Second})
		require.NoError(t, err)
		time.Sleep(time.Second)
		p := mustPut(t, s, keyed("k", "1")...)[0]
		require.Equal(t, []string{"1"}, readData(t, s, p.ShardID, kinesis.Position{}))
	})
}
