package sqs_test

import (
	"cmp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sqs"
)

// driveDisk is where a drive's service keeps its journal.
type driveDisk struct {
	fsys *faultfs.Mem
	opts durable.Options
}

// onDisk runs the commands of a drive on a service on disk, which is closed, killed and
// opened again on the way. Its segments are so short that it is cleaned all the time.
func onDisk(t *testing.T, fifo bool, data []byte) driveCounts {
	d := &drive{t: t, data: data, fifo: fifo, disk: &driveDisk{fsys: faultfs.NewMem(1)}}
	d.disk.opts = durable.Options{
		SegmentSize:  2048,
		Sync:         []durable.Policy{durable.SyncEach, durable.SyncInterval, durable.SyncNever}[d.pick(3)],
		MemoryBudget: []int64{0, -1, 40}[d.pick(3)],
	}
	d.service = reopened(t, d.disk.fsys, d.disk.opts)
	defer func() { require.NoError(t, d.service.Close()) }()
	return d.run()
}

// reopen ends the process, well or not, and starts another.
func (d *drive) reopen() {
	d.reopened++
	if d.pick(2) == 0 {
		d.log("close")
		require.NoError(d.t, d.service.Close())
	} else {
		d.log("kill")
		time.Sleep(time.Second) // what rides is written by now
		synctest.Wait()
		d.disk.fsys.Kill()
		_ = d.service.Close() // only for what it holds in memory
	}
	d.service = reopened(d.t, d.disk.fsys, d.disk.opts)
	for _, l := range []*lane{d.main, d.dead} {
		if l.queue != nil {
			l.queue = queueOf(d.t, d.service, l.name)
			l.model.reopen(time.Now())
		}
	}
	d.linkDead()
}

// reopen gives the visible messages the places that they have after their queue was opened
// again, and forgets the attempt ids.
func (q *model) reopen(now time.Time) {
	q.advance(now)
	q.attempts, q.turns = nil, nil
	slices.SortFunc(q.messages, func(a, b *modelMessage) int { return cmp.Compare(a.arrival, b.arrival) })
	for _, m := range q.messages {
		if m.state == sqs.StateVisible {
			q.places++
			m.place = q.places
		}
	}
	clear(q.served)
	q.settle()
}

func FuzzDurableStandardModel(f *testing.F) { fuzzDurable(f, false) }
func FuzzDurableFIFOModel(f *testing.F)     { fuzzDurable(f, true) }

func fuzzDurable(f *testing.F, fifo bool) {
	for seed := range uint64(8) {
		f.Add(randomChoices(seed, 100))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1000 {
			t.Skip("a longer input finds nothing that several short ones do not")
		}
		synctest.Test(t, func(t *testing.T) { onDisk(t, fifo, data) })
	})
}

func TestDurableModelLongRuns(t *testing.T) {
	for _, fifo := range []bool{false, true} {
		var total driveCounts
		for seed := range uint64(10) {
			synctest.Test(t, func(t *testing.T) {
				defer func() {
					if t.Failed() {
						t.Logf("seed %d", seed)
					}
				}()
				total.add(onDisk(t, fifo, randomChoices(2000+seed, 8000)))
			})
		}
		t.Logf("%v; opened again %d times", total, total.reopened)
		require.Greater(t, total.reopened, 120)
		require.Greater(t, total.buried, 50)
	}
}
