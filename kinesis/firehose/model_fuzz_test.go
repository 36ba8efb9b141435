package firehose_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// FuzzModel looks for commands by which a delivery stream and its model come to differ.
func FuzzModel(f *testing.F) {
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
func TestModelLongRuns(t *testing.T) {
	var total driveCounts
	for seed := range uint64(150) {
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			total.add(runDrive(t, randomChoices(1000+seed, 700)))
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("%+v", total)
	for _, n := range []int{total.put, total.throttled, total.dropped, total.delivered, total.failed, total.lost, total.flushes, total.retries} {
		require.Greater(t, n, 100, "the runs do what they are for: %+v", total)
	}
}

func (n *driveCounts) add(o driveCounts) {
	n.put += o.put
	n.throttled += o.throttled
	n.dropped += o.dropped
	n.delivered += o.delivered
	n.failed += o.failed
	n.lost += o.lost
	n.flushes += o.flushes
	n.retries += o.retries
}

func randomChoices(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}
