package kinesis_test

import (
	"context"
	"crypto/md5"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/internal/kpl"
)

// aggregate packs texts as the Kinesis Producer Library does, each under its first letter.
func aggregate(texts ...string) []byte {
	var p kpl.Packer
	for _, text := range texts {
		p.Add(text[:1], "", []byte(text))
	}
	return p.Bytes()
}

func putPacked(t *testing.T, s kinesis.Stream, data ...[]byte) {
	t.Helper()
	for _, d := range data {
		_, err := s.Put(t.Context(), kinesis.Entry{PartitionKey: "a", Data: d})
		require.NoError(t, err)
	}
}

func TestGroupUnpacks(t *testing.T) {
	broken := aggregate("x1", "x2")
	broken[len(broken)-1]++
	empty := append([]byte{0xf3, 0x89, 0x9a, 0xc2}, 0x08, 0)
	sum := md5.Sum(empty[4:])
	empty = append(empty, sum[:]...)
	for _, keep := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			stream := groupStream(t, 1)
			putPacked(t, stream, []byte("plain"), aggregate("b1", "c1", "b2"), broken, empty, aggregate("d1"))
			var got []string
			var arrived []time.Time
			m := join(t, stream, func(_ context.Context, b *kinesis.ShardBatch) error {
				for _, r := range b.Records {
					data := string(r.Data)
					if kpl.IsAggregated(r.Data) {
						data = "packed"
					}
					got = append(got, fmt.Sprintf("%s %s %d %t", r.PartitionKey, data, r.SubSequenceNumber, r.Aggregated))
					arrived = append(arrived, r.ArrivalTime)
				}
				return nil
			}, kinesis.GroupConfig{KeepAggregated: keep})
			synctest.Wait()
			if keep {
				require.Equal(t, []string{"a plain 0 false", "a packed 0 false", "a packed 0 false", "a packed 0 false", "a packed 0 false"}, got)
			} else {
				require.Equal(t, []string{"a plain 0 false", "b b1 0 true", "c c1 1 true", "b b2 2 true", "a packed 0 false", "d d1 0 true"}, got)
			}
			for _, at := range arrived {
				require.False(t, at.IsZero())
			}
			require.Empty(t, m.reported())
			m.close()
		})
	}
}

// A checkpoint may lie within an aggregated record; reading goes on there.
func TestGroupCheckpointsWithinAggregates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 1), kinesis.NewMemoryLeases()
		n := newNotes()
		putPacked(t, stream, []byte("plain"), aggregate("b1", "b2", "b3", "b4"), []byte("last"))
		mine := faulty(store)
		a := join(t, stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
			n.add("a: %s", textsOf(b.Records))
			require.NoError(t, b.Checkpoint(ctx, b.Records[2]))
			return errBoom
		}, kinesis.GroupConfig{Leases: mine, MaxRecords: 2, Backoff: func(int) time.Duration { return time.Hour }})
		time.Sleep(time.Second)
		require.Equal(t, []string{"0s a: plain b1 b2 b3 b4"}, n.read())
		lease := leasesOf(t, store)[0]
		require.Equal(t, 1, lease.Checkpoint.SubSequenceNumber)
		a.shutdown()
		b := join(t, stream, telling(n, "b"), kinesis.GroupConfig{Leases: store, MaxRecords: 2})
		synctest.Wait()
		require.Equal(t, []string{"1s b: b3 b4 last"}, n.read())
		b.shutdown()
		c := join(t, stream, telling(n, "c"), kinesis.GroupConfig{Leases: store})
		synctest.Wait()
		require.Empty(t, n.read())
		c.close()
	})
}

// Parts that belong in another shard are left out: whoever put them puts them again.
func TestGroupDropsPartsOfOtherShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, store := groupStream(t, 2), kinesis.NewMemoryLeases()
		n := newNotes()
		var p kpl.Packer
		p.Add("x", "0", []byte("low"))
		p.Add("x", kinesis.MaxHashKey.String(), []byte("high"))
		p.Add("x", "no number", []byte("by key"))
		high := kinesis.HashKeyOf("x").Compare(middle) >= 0
		for _, explicit := range []string{"0", kinesis.MaxHashKey.String()} {
			_, err := stream.Put(t.Context(), kinesis.Entry{PartitionKey: "a", ExplicitHashKey: explicit, Data: p.Bytes()})
			require.NoError(t, err)
		}
		m := join(t, stream, telling(n, "m"), kinesis.GroupConfig{Leases: store})
		synctest.Wait()
		want := []string{"0s m: low by key", "0s m: high"}
		if high {
			want = []string{"0s m: low", "0s m: high by key"}
		}
		require.ElementsMatch(t, want, n.read())
		require.ElementsMatch(t, []string{"Unpack 0", "Unpack 1"}, m.reported())
		require.EqualValues(t, 3, m.Stats().Dropped)
		for _, l := range leasesOf(t, store) {
			require.Equal(t, 2, l.Checkpoint.SubSequenceNumber, "all of it is done")
		}
		m.close()
	})
}
