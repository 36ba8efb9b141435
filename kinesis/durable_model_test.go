package kinesis_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/kinesis"
)

// durableDrive is a drive's stream on a disk, which is closed and opened again, in good
// order and not: nothing must show of it.
type durableDrive struct {
	files                     *kinesis.MemFiles
	service                   *kinesis.Service
	options                   durable.Options
	reopened, killed, crashed int
}

var (
	driveBudgets  = []int64{-1, 300, 0}
	driveSegments = []int64{256, 2000, 20_000, 0}
)

func (dd *durableDrive) create(d *drive, cfg kinesis.Config) *kinesis.LocalStream {
	dd.options = durable.Options{MemoryBudget: choose(d, driveBudgets), SegmentSize: choose(d, driveSegments)}
	d.log("options %+v", dd.options)
	dd.open(d)
	d.t.Cleanup(func() { dd.service.Close() })
	stream, err := dd.service.CreateStream("stream", cfg)
	require.NoError(d.t, err)
	return stream
}

func (dd *durableDrive) open(d *drive) {
	var err error
	dd.service, err = kinesis.OpenIn(dd.files, kinesis.ServiceConfig{Durable: dd.options})
	require.NoError(d.t, err)
	require.Empty(d.t, dd.service.Recovery().Dropped)
}

// reopen ends the process in one way or another, and opens the service again. What was
// used up of limits does not survive.
func (dd *durableDrive) reopen(d *drive) {
	if len(d.waiters) > 0 {
		return
	}
	switch d.pick(3) {
	case 0:
		d.log("close and open")
		require.NoError(d.t, dd.service.Close())
		dd.reopened++
	case 1:
		d.log("kill")
		dd.files.Kill()
		dd.killed++
	case 2:
		d.log("crash")
		dd.files.Crash()
		dd.crashed++
	}
	_ = dd.service.Close() // of a process that is no more
	dd.open(d)
	d.stream = mustStream(d.t, dd.service, "stream")
	for _, sh := range d.model.shards {
		sh.in, sh.out = [2]modelDebt{}, [2]modelDebt{}
	}
}

// FuzzDurableModel looks for commands by which a durable stream and its model come to
// differ.
func FuzzDurableModel(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(randomChoices(seed, 100))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1000 {
			t.Skip("a longer input finds nothing that several short ones do not")
		}
		synctest.Test(t, func(t *testing.T) {
			driveOn(t, &drive{data: data, disk: &durableDrive{files: kinesis.NewMemFiles(uint64(len(data)))}})
		})
	})
}

func TestDurableModelLongRuns(t *testing.T) {
	var total driveCounts
	reopened, killed, crashed := 0, 0, 0
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			dd := &durableDrive{files: kinesis.NewMemFiles(seed)}
			total.add(driveOn(t, &drive{data: randomChoices(2000+seed, 4000), disk: dd}))
			reopened, killed, crashed = reopened+dd.reopened, killed+dd.killed, crashed+dd.crashed
		})
	}
	t.Logf("closed %d times, killed %d, crashed %d; %v", reopened, killed, crashed, total)
	for _, n := range []int{reopened, killed, crashed, total.put, total.read, total.waited, total.ends, total.splits, total.merges,
		total.rescales, total.changes, total.followed, total.trimmed, total.evicted, total.expired} {
		require.Greater(t, n, 50, "the runs do what they are for: %v", total)
	}
}
