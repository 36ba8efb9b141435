package kinesis_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/faultfs/faulttest"
	"github.com/leat-go/leat/kinesis"
)

func newCrashModel(t *testing.T, seed uint64) *crashModel {
	files := kinesis.NewMemFiles(seed)
	files.Reserve()
	return &crashModel{
		t: t, rnd: rand.New(rand.NewPCG(seed, 3)), files: files, leases: [][]kinesis.Lease{{}},
		streams: map[string]*crashStream{"a": {}, "b": {}},
		options: durable.Options{SegmentSize: []int64{300, 1500, 0}[seed%3], MemoryBudget: []int64{-1, 1000, 0, 0}[seed%4]},
	}
}

// act does something, in order: what it says it did is what the model has.
func (m *crashModel) act() {
	name := []string{"a", "a", "a", "b"}[m.rnd.IntN(4)]
	want := m.streams[name]
	stream, err := m.service.Stream(name)
	if err != nil {
		require.ErrorIs(m.t, err, kinesis.ErrResourceNotFound)
		m.create(name, want)
		return
	}
	switch m.rnd.IntN(12) {
	case 0, 1, 2, 3, 4, 5:
		m.put(stream, want)
	case 6:
		m.reshard(stream, want)
	case 7:
		tags := map[string]string{fmt.Sprint(m.rnd.IntN(3)): fmt.Sprint(m.rnd.IntN(100))}
		all := maps.Clone(want.tags[len(want.tags)-1])
		maps.Copy(all, tags)
		if m.done(m.unlessGone(stream.Tag(tags))) {
			want.tags = [][]map[string]string{{all}}[0]
		} else {
			want.tags = append(want.tags, all)
			// One that could not be added changes nothing: the next may be without it.
			without := maps.Clone(want.tags[0])
			want.tags = append(want.tags, without)
		}
		want.tags[len(want.tags)-1] = stream.Tags()
	case 8:
		consumer := fmt.Sprint("consumer", m.rnd.IntN(3))
		if _, err := stream.RegisterConsumer(consumer, nil); strings.Contains(fmt.Sprint(err), "already exists") {
			if delete(want.consumers, consumer); m.done(m.unlessGone(stream.DeregisterConsumer(consumer))) {
				return
			}
		} else if m.done(m.unlessGone(err)) {
			want.consumers[consumer] = true
		}
	case 9:
		if name == "b" {
			m.delete(name, want)
		}
	case 10:
		m.lease()
	case 11:
		_ = m.compareRecords(stream, want, false)
	}
}

// unlessGone leaves out the errors of a stream that a delete has ended that failed.
func (m *crashModel) unlessGone(err error) error {
	if err != nil && strings.Contains(err.Error(), "not found") {
		return &kinesis.Error{Err: kinesis.ErrInternalFailure}
	}
	return err
}

func (m *crashModel) create(name string, want *crashStream) {
	m.made++
	made := fmt.Sprint(m.made)
	stream, err := m.service.CreateStream(name, kinesis.Config{RetentionBytes: crashRetention, Relaxed: true, Tags: map[string]string{madeTag: made}})
	if err != nil && strings.Contains(err.Error(), "already exists") {
		return // a delete failed
	}
	if !m.done(err) {
		want.mayExist = true
		want.others = append(want.others, made)
		return
	}
	*want = *newCrashStream(made)
	for _, sh := range shardsOf(m.t, stream) {
		want.shards[sh.ID] = sh
	}
}

func (m *crashModel) put(stream *kinesis.LocalStream, want *crashStream) {
	var batch []kinesis.Entry
	var records []*crashRecord
	for range 1 + m.rnd.IntN(4) {
		m.sent++
		data := fmt.Sprintf("%d%s", m.sent, strings.Repeat("x", m.rnd.IntN(150)))
		batch = append(batch, kinesis.Entry{PartitionKey: "k", Data: []byte(data), ExplicitHashKey: kinesis.HashKey{Hi: m.rnd.Uint64()}.String()})
		records = append(records, &crashRecord{data: data})
	}
	want.records = append(want.records, records...)
	puts, err := stream.Put(m.t.Context(), batch...)
	if !m.done(m.unlessGone(err)) {
		want.may = true
		return
	}
	for i, p := range puts {
		records[i].shard, records[i].number, records[i].sure = p.ShardID, p.SequenceNumber, true
	}
}

func (m *crashModel) reshard(stream *kinesis.LocalStream, want *crashStream) {
	shards, err := stream.Shards(m.t.Context())
	if err != nil {
		return
	}
	open := slices.DeleteFunc(shards, func(sh kinesis.Shard) bool { return !sh.IsOpen() })
	switch {
	case m.rnd.IntN(3) == 0:
		_, err = stream.UpdateShardCount(min(len(open)*2, 4))
	case len(open) < 4:
		sh := open[m.rnd.IntN(len(open))]
		err = stream.SplitShard(sh.ID, sh.HashKeyRange.Middle())
	default:
		slices.SortFunc(open, func(a, b kinesis.Shard) int { return a.HashKeyRange.Start.Compare(b.HashKeyRange.Start) })
		err = stream.MergeShards(open[0].ID, open[1].ID)
	}
	if strings.Contains(fmt.Sprint(err), "eligible") || strings.Contains(fmt.Sprint(err), "cannot scale") {
		return // one that failed is done, and not seen
	}
	if !m.done(m.unlessGone(err)) {
		want.may = true
		return
	}
	for _, sh := range shardsOf(m.t, stream) {
		want.shards[sh.ID] = sh
	}
}

func (m *crashModel) delete(name string, want *crashStream) {
	err := m.service.DeleteStream(name, true)
	if strings.Contains(fmt.Sprint(err), "not ACTIVE") {
		return
	}
	if !m.done(err) {
		want.mayExist = true
		return
	}
	*want = crashStream{mayExist: want.mayExist}
}

// lease creates a lease or counts one up.
func (m *crashModel) lease() {
	ctx := m.t.Context()
	store := m.service.Leases()
	now, err := store.List(ctx, "group")
	require.NoError(m.t, err)
	after := slices.Clone(now)
	if len(now) < 2 {
		l := kinesis.Lease{ShardID: fmt.Sprint("shard", len(now))}
		after = append(after, l)
		err = store.Create(ctx, "group", l)
	} else {
		i := m.rnd.IntN(2)
		after[i].Counter++
		err = store.Update(ctx, "group", kinesis.LeaseUpdate{From: now[i], To: after[i]})
	}
	if m.done(err) {
		m.leases = [][]kinesis.Lease{after}
	} else {
		m.leases = append(m.leases, after)
	}
}

// crashSums are what happened in stories: how many operations have failed, and how many
// records were compared.
type crashSums struct{ failed, checks int }

// tell is a random workload that meets faults, in several lives that end in one way or
// another.
func (s *crashSums) tell(t *testing.T, seed uint64, onCall func(faultfs.Call) faultfs.Fault) {
	synctest.Test(t, func(t *testing.T) {
		m := newCrashModel(t, seed)
		m.story(onCall)
		s.failed, s.checks = s.failed+m.failed, s.checks+m.checks
	})
}

func (m *crashModel) story(onCall func(faultfs.Call) faultfs.Fault) {
	t := m.t
	m.files.OnCall(onCall)
	for range 3 {
		if m.open() == nil {
			for range 12 {
				m.act()
				if m.rnd.IntN(6) == 0 {
					time.Sleep(150 * time.Millisecond)
				}
			}
		}
		m.end()
	}
	m.files.OnCall(nil)
	for range 2 { // what an opening has found does not go away
		require.NoError(t, m.open())
		for range 3 {
			failed := m.failed
			m.act()
			require.Equal(t, failed, m.failed, "nothing fails any more")
		}
		m.end()
	}
}

// end ends the process.
func (m *crashModel) end() {
	old := m.service
	how := m.rnd.IntN(3)
	if how == 0 && old != nil {
		_ = old.Close()
	}
	if how == 1 {
		m.files.Crash()
	} else {
		m.files.Kill()
	}
	if old != nil {
		_ = old.Close()
	}
	m.service = nil
	synctest.Wait()
}

// Whatever call fails, nothing that was acknowledged or seen is lost.
func TestDurableFaultAtEveryCall(t *testing.T) {
	seeds, step := uint64(4), faulttest.Step
	if testing.Short() {
		seeds, step = 1, 4
	}
	for name, fault := range faulttest.Faults {
		t.Run(name, func(t *testing.T) {
			var sums crashSums
			points := faulttest.EveryCall(t, seeds, step, fault, sums.tell)
			t.Logf("%d points tried, %d operations failed, %d records compared", points, sums.failed, sums.checks)
		})
	}
}

// TestDurableFaultsInARow has random faults, several in each story.
func TestDurableFaultsInARow(t *testing.T) {
	stories := uint64(600)
	if testing.Short() {
		stories = 150
	}
	kinds := []faultfs.Fault{{Cut: true}, {Err: syscall.EIO}, {Err: syscall.ENOSPC, Short: 70}, {Err: syscall.ENOSPC}, {Err: syscall.ENOSPC}, {Err: syscall.ENOSPC, Short: 1 << 20}}
	var sums crashSums
	points := faulttest.InARow(t, stories, 60, kinds, sums.tell)
	t.Logf("%d stories, %d faults, %d operations failed, %d records compared", stories, points, sums.failed, sums.checks)
}
