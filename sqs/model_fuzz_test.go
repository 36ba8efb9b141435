package sqs_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// FuzzStandardModel looks for commands by which a standard queue and its model come
// to differ.
func FuzzStandardModel(f *testing.F) { fuzzModel(f, false) }

// FuzzFIFOModel does the same for a FIFO queue.
func FuzzFIFOModel(f *testing.F) { fuzzModel(f, true) }

func fuzzModel(f *testing.F, fifo bool) {
	for seed := range uint64(8) {
		f.Add(randomChoices(seed, 100)) // short, for fuzzing spends long on minimizing what is not
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1000 {
			t.Skip("a longer input finds nothing that several short ones do not")
		}
		synctest.Test(t, func(t *testing.T) { runDrive(t, fifo, data) })
	})
}

// The long runs are always the same ones.
func TestStandardModelLongRuns(t *testing.T) { longRuns(t, false) }
func TestFIFOModelLongRuns(t *testing.T)     { longRuns(t, true) }

func longRuns(t *testing.T, fifo bool) {
	var total driveCounts
	for seed := range uint64(24) {
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			total.add(runDrive(t, fifo, randomChoices(1000+seed, 8000)))
		})
	}
	t.Log(total)
	for _, n := range []int{total.sent, total.received, total.waited, total.deleted, total.changed, total.refused, total.timeouts, total.retired, total.buried} {
		require.Greater(t, n, 50, "the runs do what they are for: %v", total)
	}
	if fifo {
		require.Greater(t, total.duplicates, 50)
		require.Greater(t, total.retried, 20)
	} else {
		require.Greater(t, total.yielded, 50)
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
