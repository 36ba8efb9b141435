package kinesis

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/journal"
	"github.com/leat-go/leat/kinesis/internal/shard"
)

// someFacts is one of each kind.
func someFacts(t testing.TB) [][]byte {
	number, err := ParseSequenceNumber("49590338271490256608559692538361571095921575989136588898")
	require.NoError(t, err)
	record := make([]byte, sizeOnDisk(3, 4))
	encodeRecord(record, "key", []byte("data"))
	stampRecord(record, 7, 8, 9)
	c := newCore(3, time.Hour.Nanoseconds(), &Config{RetentionPeriod: time.Hour})
	c.split(2*time.Hour.Nanoseconds(), c.open[1], c.open[1].keys.Middle())
	set := settings{
		arn: arn{"r", "a", "n"}, createdAt: 5, state: lifecycle{6, 7}, changes: []int64{8, 9}, tags: map[string]string{"a": "b", "c": ""},
		config: Config{
			Mode: ModeOnDemand, ShardCount: 4, RetentionPeriod: 5 * time.Hour, RetentionBytes: 6, MaxRecordSize: 7, EnforceLimits: true, Relaxed: true,
			TransitionTime: 8, KMSKeyID: "key", ShardLevelMetrics: []string{"x", "y"}, WarmThroughputMiBps: 9, Policy: "{}",
		},
	}
	row := consumerRow{"c", 1, 2, 3, "{}", map[string]string{"k": "v"}}
	return [][]byte{
		record, set.fact(), shardsFact(factShards, c.next, c.shards[:2]), shardsFact(factTable, c.next, c.shards), row.fact(),
		streamRow{5, arn{"r", "a", "n"}}.fact(), streamGoneFact(6),
		accountFact(place{"r", "a"}, AccountSettings{CommitmentStatus: CommitmentEnabled, StartedAt: time.Unix(5, 6)}),
		leaseFact("g", &Lease{
			ShardID: "s", Owner: "o", Counter: 1, Epoch: 2, RequestedBy: "r", Parents: []string{"p", "q"},
			Checkpoint:   Checkpoint{Type: AfterSequenceNumber, SequenceNumber: number, SubSequenceNumber: 3, Timestamp: time.Unix(4, 5)},
			HashKeyRange: HashKeyRange{HashKey{1, 2}, HashKey{3, 4}},
		}),
		leaseGoneFact("g", "s"),
	}
}

// encodeAgain decodes a fact and encodes what it says; nil if there is no such fact.
func encodeAgain(t testing.TB, f []byte) []byte {
	switch f[0] {
	case factRecord:
		s, ok := decodeStamp(f)
		key, data, sound := decodeRecord(f, s)
		if !ok || !sound {
			return nil
		}
		b := make([]byte, sizeOnDisk(len(key), len(data)))
		encodeRecord(b, string(key), data)
		stampRecord(b, s.shard, s.index, s.arrived)
		return b
	case factSettings:
		if s, err := decodeSettings(f); err == nil {
			return s.fact()
		}
	case factShards, factTable:
		next, rows, err := decodeShards(f)
		if err != nil {
			return nil
		}
		c := emptyCore(&coreDisk{})
		c.restoreShards(next, rows, f[0] == factTable)
		var shards []*shardState
		seen := map[int]bool{}
		for _, row := range rows {
			if seen[row.index] {
				return nil // the later row has changed what the earlier one said
			}
			seen[row.index] = true
			sh := c.byIndex[row.index]
			require.NotNil(t, sh)
			sh.gone = row.gone
			for range row.next - row.oldest {
				if row.next-row.oldest > 100 {
					return nil
				}
				sh.log.restore(0, journal.Place{})
			}
			sh.next = row.next
			shards = append(shards, sh)
		}
		return shardsFact(f[0], next, shards)
	case factConsumer:
		if c, err := decodeConsumer(f); err == nil {
			return c.fact()
		}
	case factStream:
		if s, err := decodeStream(f); err == nil {
			return s.fact()
		}
	case factStreamGone:
		if n, err := decodeStreamGone(f); err == nil {
			return streamGoneFact(n)
		}
	case factAccount:
		if at, a, err := decodeAccount(f); err == nil {
			return accountFact(at, a)
		}
	case factLease:
		if g, l, err := decodeLease(f); err == nil {
			return leaseFact(g, &l)
		}
	case factLeaseGone:
		if g, id, err := decodeLeaseGone(f); err == nil {
			return leaseGoneFact(g, id)
		}
	}
	return nil
}

func TestFactsRoundTrip(t *testing.T) {
	for _, f := range someFacts(t) {
		require.Equal(t, f, encodeAgain(t, f), "%s", describe(f))
		for n := 1; n < len(f); n++ {
			require.Nil(t, encodeAgain(t, f[:n]), "cut at %d: %s", n, describe(f))
		}
		if f[0] != factRecord { // which has a sum
			require.Nil(t, encodeAgain(t, append(f[:len(f):len(f)], 0)), "longer: %s", describe(f))
		}
	}
	require.Contains(t, describe([]byte{200}), "written by a newer version")
}

// A record that was changed on the disk is not taken for what it was.
func TestRecordIsChecked(t *testing.T) {
	record := someFacts(t)[0]
	want := recordStampOf{7, 8, 9}
	for i := range record {
		record[i] ^= 4
		_, _, ok := decodeRecord(record, want)
		require.False(t, ok, "byte %d", i)
		record[i] ^= 4
	}
	_, _, ok := decodeRecord(record, want)
	require.True(t, ok)
}

// FuzzFacts looks for facts that make a panic, or that say another thing when they are
// written again.
func FuzzFacts(f *testing.F) {
	for _, fact := range someFacts(f) {
		f.Add([]byte(fact))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		_ = describe(b)
		again := encodeAgain(t, b)
		if again == nil {
			return
		}
		require.Equal(t, again, encodeAgain(t, again), "%s", describe(b))
	})
}

// FuzzRestore gives a core facts in any order; it must not panic, and what comes of them
// must be whole.
func FuzzRestore(f *testing.F) {
	for n := range byte(8) {
		f.Add([]byte{n, 1, 0, 5, 2, 1, 1, 9, 3, 0, 2, 2, 4, 1, 1})
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 300 {
			return
		}
		live := newCore(2, 1e9, &Config{RetentionPeriod: time.Hour})
		facts := [][]byte{shardsFact(factTable, live.next, live.shards)}
		for _, b := range script {
			now := int64(1e9) * int64(len(facts)+2)
			switch b % 3 {
			case 0:
				sh := live.open[int(b)%len(live.open)]
				sh.next++
			case 1:
				if sh := live.open[int(b)%len(live.open)]; sh.keys.CanSplit(sh.keys.Middle()) {
					live.split(now, sh, sh.keys.Middle())
				}
			case 2:
				facts = append(facts, shardsFact([]byte{factTable, factShards}[b/3%2], live.next, live.shards[:len(live.shards)-int(b)%len(live.shards)]))
			}
		}
		c := emptyCore(&coreDisk{})
		for i, b := range script {
			f := facts[int(b)%len(facts)]
			next, rows, err := decodeShards(f)
			require.NoError(t, err)
			c.restoreShards(next, rows, f[0] == factTable)
			stamp := recordStampOf{int(b) % 7, int64(i%5) + 1, int64(i)}
			_ = c.restoreRecord(stamp, journal.Place{Segment: 1, Offset: uint32(i), Size: 50}, b%2 == 0)
		}
		_, err := c.restored(1e15, true)
		require.NoError(t, err)
		require.NoError(t, shard.Cover(rangesOf(c.open)))
		for _, sh := range c.shards {
			require.EqualValues(t, sh.next, sh.tip)
			require.GreaterOrEqual(t, sh.oldest(), int64(1))
		}
		c.configure(&Config{RetentionPeriod: time.Hour})
		c.advance(1e18)
		require.Zero(t, c.records)
		require.Zero(t, c.disk.cold)
	})
}
