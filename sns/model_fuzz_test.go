package sns_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// FuzzStandardModel looks for commands by which a standard topic and its model come
// to differ.
func FuzzStandardModel(f *testing.F) { fuzzModel(f, false, false) }

// FuzzFIFOModel does the same for a FIFO topic.
func FuzzFIFOModel(f *testing.F) { fuzzModel(f, true, false) }

// FuzzDurableModel does the same for topics that are on a disk, and opened again meanwhile.
func FuzzDurableModel(f *testing.F)     { fuzzModel(f, false, true) }
func FuzzDurableFIFOModel(f *testing.F) { fuzzModel(f, true, true) }

func fuzzModel(f *testing.F, fifo, durable bool) {
	for seed := range uint64(8) {
		f.Add(randomChoices(seed, 100)) // short, for fuzzing spends long on minimizing what is not
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1000 {
			t.Skip("a longer input finds nothing that several short ones do not")
		}
		synctest.Test(t, func(t *testing.T) { runDrive(t, fifo, driveDisk(durable), data) })
	})
}

// The long runs are always the same ones.
func TestStandardModelLongRuns(t *testing.T) { longRuns(t, false, false) }
func TestFIFOModelLongRuns(t *testing.T)     { longRuns(t, true, false) }

func TestDurableModelLongRuns(t *testing.T)     { longRuns(t, false, true) }
func TestDurableFIFOModelLongRuns(t *testing.T) { longRuns(t, true, true) }

func longRuns(t *testing.T, fifo, durable bool) {
	var total driveCounts
	for seed := range uint64(32) {
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			total.add(runDrive(t, fifo, driveDisk(durable), randomChoices(1000+seed, 4000)))
		})
		if t.Failed() {
			return
		}
	}
	t.Log(total)
	enough := map[string]int{
		"published": total.published, "refused": total.refused, "filtered": total.filtered, "delivered": total.delivered, "retried": total.retried,
		"throttled": total.throttled, "held": total.held, "dead": total.dead, "dropped": total.dropped, "overflowed": total.overflowed,
		"subscribed": total.subscribed, "unsubscribed": total.unsubscribed, "changed": total.changed, "flushed": total.flushed, "unflushed": total.unflushed,
	}
	if fifo {
		enough["duplicates"], enough["replayed"] = total.duplicates, total.replayed
	} else {
		enough["confirmed"], enough["restored"], enough["expired"] = total.confirmed, 10*total.restored, total.expired
	}
	if durable {
		enough["opened"] = total.opened
	}
	for what, n := range enough {
		require.Greater(t, n, 100, "the runs do what they are for: %s in %v", what, total)
	}
}

func randomChoices(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}
