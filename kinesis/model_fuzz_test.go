package kinesis_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// FuzzStreamModel looks for commands by which a stream and its model come to differ.
func FuzzStreamModel(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(randomChoices(seed, 100)) // short, for fuzzing spends long on minimizing what is not
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1000 {
			t.Skip("a longer input finds nothing that several short ones do not")
		}
		synctest.Test(t, func(t *testing.T) { runDrive(t, data) })
	})
}

// The long runs are always the same ones.
func TestStreamModelLongRuns(t *testing.T) {
	var total driveCounts
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			total.add(runDrive(t, randomChoices(1000+seed, 5000)))
		})
	}
	t.Log(total)
	for _, n := range []int{total.put, total.refused, total.throttled, total.read, total.waited, total.inVain, total.ends, total.splits, total.merges,
		total.rescales, total.changes, total.busy, total.followed, total.trimmed, total.evicted, total.expired} {
		require.Greater(t, n, 50, "the runs do what they are for: %v", total)
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
