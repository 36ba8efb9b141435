package kinesis_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/kinesis"
)

// crashModel is a durable service that is too simple to be wrong: what was acknowledged,
// what may have happened because an operation failed, and what a reader has seen. It
// demands that what was acknowledged or seen is there, as it was, and nothing that nobody
// did.
type crashModel struct {
	t       *testing.T
	rnd     *rand.Rand
	files   *kinesis.MemFiles
	options durable.Options
	service *kinesis.Service
	streams map[string]*crashStream
	leases  [][]kinesis.Lease // what may be stored for the group; the last is what should be
	sent    int
	made    int // streams, also those of which that failed
	failed  int // operations
	checks  int // records that were compared after opening
}

// crashStream is a stream of a name.
type crashStream struct {
	exists, mayExist bool     // acknowledged; or perhaps
	may              bool     // whether an operation failed since the last opening
	made             string   // the tag of the one that exists
	others           []string // of those that could not be made since the last opening: one may be there instead
	shards           map[string]kinesis.Shard
	records          []*crashRecord // in the order in which they were put
	tags             []map[string]string
	consumers        map[string]bool // acknowledged
}

// madeTag is the tag that says which stream of a name it is.
const madeTag = "made"

// newCrashStream is one that was just made.
func newCrashStream(made string) *crashStream {
	return &crashStream{exists: true, made: made, tags: []map[string]string{{madeTag: made}}, shards: map[string]kinesis.Shard{}, consumers: map[string]bool{}}
}

type crashRecord struct {
	shard  string
	number kinesis.SequenceNumber // zero if the put failed, and nobody has seen it
	data   string
	sure   bool // it was acknowledged, or seen
}

const crashRetention = 4000 // bytes

// size is what a record counts.
func (r *crashRecord) size() int { return len(r.data) + 1 }

// open opens the service. It returns an error if a fault has prevented that.
func (m *crashModel) open() error {
	var err error
	m.service, err = kinesis.OpenIn(m.files, kinesis.ServiceConfig{Durable: m.options})
	if err != nil {
		require.NotErrorIs(m.t, err, durable.ErrCorrupt)
		require.ErrorIs(m.t, err, kinesis.ErrInternalFailure)
		return err
	}
	return m.compare()
}

// compare holds the service, which was just opened, against the model, and adopts what
// may be: an opening makes durable what it finds. It returns an error if a fault has come
// over it.
func (m *crashModel) compare() error {
	for name, want := range m.streams {
		stream, err := m.service.Stream(name)
		if want.mayExist && err != nil {
			*want = crashStream{}
		} else if want.mayExist && stream.Tags()[madeTag] != want.made {
			made := stream.Tags()[madeTag]
			require.Contains(m.t, want.others, made, "stream %s is not one that could not be made", name)
			*want = *newCrashStream(made)
			want.may = true // its shards are not known
		}
		want.mayExist, want.others = false, nil
		require.Equal(m.t, want.exists, err == nil, "stream %s: %v", name, err)
		if err == nil {
			if err := m.compareStream(stream, want); err != nil {
				return err
			}
		}
	}
	stored, err := m.service.Leases().List(m.t.Context(), "group")
	require.NoError(m.t, err)
	found := slices.ContainsFunc(m.leases, func(l []kinesis.Lease) bool { return fmt.Sprint(l) == fmt.Sprint(stored) })
	require.True(m.t, found, "stored are the leases %v; it can be %v", stored, m.leases)
	m.leases = [][]kinesis.Lease{stored}
	return nil
}

func (m *crashModel) compareStream(stream *kinesis.LocalStream, want *crashStream) error {
	shards := map[string]kinesis.Shard{}
	for _, sh := range shardsOf(m.t, stream) {
		shards[sh.ID] = sh
	}
	for id, sh := range want.shards {
		got := shards[id]
		if want.may && sh.IsOpen() {
			got.EndingSequenceNumber = sh.EndingSequenceNumber
		}
		require.Equal(m.t, sh, got, "shard %s", id)
	}
	require.True(m.t, want.may || len(shards) == len(want.shards), "there are shards that nobody made")
	want.shards = shards
	tags := stream.Tags()
	require.True(m.t, slices.ContainsFunc(want.tags, func(may map[string]string) bool { return maps.Equal(may, tags) }), "tags %v; it can be %v", tags, want.tags)
	want.tags = []map[string]string{tags}
	for name := range want.consumers {
		_, err := stream.Consumer(name)
		require.NoError(m.t, err)
	}
	if err := m.compareRecords(stream, want, true); err != nil {
		return err
	}
	want.may = false
	return nil
}

// compareRecords reads all of a stream. After an opening what is not there will never be.
func (m *crashModel) compareRecords(stream *kinesis.LocalStream, want *crashStream, opened bool) error {
	byData := map[string]*crashRecord{}
	for _, r := range want.records {
		byData[r.data] = r
	}
	there := map[*crashRecord]bool{}
	shards, err := stream.Shards(m.t.Context()) // also those whose opening failed, and came true later
	if err != nil {
		return err
	}
	for _, sh := range shards {
		id := sh.ID
		b, err := stream.Read(m.t.Context(), kinesis.ReadRequest{ShardID: id})
		if err != nil {
			require.NotErrorIs(m.t, err, durable.ErrCorrupt)
			require.True(m.t, !opened || errors.Is(err, kinesis.ErrInternalFailure))
			return err
		}
		last := -1
		for i, got := range b.Records {
			r := byData[string(got.Data)]
			require.NotNil(m.t, r, "nobody put %q", got.Data)
			require.Equal(m.t, "k", got.PartitionKey)
			require.True(m.t, r.number.IsZero() || r.number == got.SequenceNumber && r.shard == id, "%q was in %s at %v, and is in %s at %v", r.data, r.shard, r.number, id, got.SequenceNumber)
			require.False(m.t, there[r], "%q is there twice", r.data)
			require.True(m.t, i == 0 || b.Records[i-1].SequenceNumber.Compare(got.SequenceNumber) < 0)
			place := slices.Index(want.records, r)
			require.Greater(m.t, place, last, "the order of %s", id)
			last = place
			there[r], r.sure, r.number, r.shard = true, true, got.SequenceNumber, id
			m.checks++
		}
	}
	// Records may have gone that are older than others, which fill the stream.
	bytes := 0
	for _, r := range slices.Backward(want.records) {
		if there[r] {
			bytes += r.size()
			continue
		}
		if r.sure {
			require.Greater(m.t, bytes+r.size(), crashRetention, "%q in %s at %v is gone", r.data, r.shard, r.number)
			bytes = crashRetention // what is older may be gone as well
		}
	}
	if opened {
		want.records = slices.DeleteFunc(want.records, func(r *crashRecord) bool { return !there[r] })
	}
	return nil
}

// done looks at what became of an operation. It reports false if it failed, which it
// may if a fault has come. Reads must not fail for that.
func (m *crashModel) done(err error) bool {
	if err == nil {
		return true
	}
	m.failed++
	require.ErrorIs(m.t, err, kinesis.ErrInternalFailure)
	if !errors.Is(err, durable.ErrNoSpace) && !errors.Is(err, durable.ErrFailed) {
		require.Error(m.t, errors.Unwrap(err))
	}
	return false
}
