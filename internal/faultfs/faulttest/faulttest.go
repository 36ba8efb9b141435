// Package faulttest has the calls of a file system fail in the tests of what stands on it:
// it tells a story again and again, each time with other faults.
package faulttest

import (
	"math/rand/v2"
	"testing"

	"github.com/leat-go/leat/internal/faultfs"
)

// Story runs a workload on a file system whose calls, numbered from 1, onCall decides about,
// lets it crash, opens it again, and fails the test if what is there is not what should be.
// With the same seed it makes the same calls until one of them fails.
type Story[T testing.TB] func(t T, seed uint64, onCall func(faultfs.Call) faultfs.Fault)

// EveryCall lets each call of a story fail, or if step is not 1 each step-th: it tells the
// story of each seed below seeds once for each of these calls. It returns how many
// they were. If a telling fails the test, it is the last, and the log says which it was.
func EveryCall[T testing.TB](t T, seeds uint64, step int, fault faultfs.Fault, tell Story[T]) (points int) {
	var seed uint64
	var at int
	defer func() { // the end of a bubble that failed is that of the test
		if t.Failed() {
			t.Logf("seed %d, call %d", seed, at)
		}
	}()
	for ; seed < seeds; seed++ {
		for at = 1 + int(seed)%step; ; at += step {
			met := false
			tell(t, seed, func(c faultfs.Call) (f faultfs.Fault) {
				if c.N == at {
					met, f = true, fault
				}
				return f
			})
			if t.Failed() {
				t.FailNow()
			}
			if !met {
				break
			}
			points++
		}
	}
	return points
}

// InARow lets one call in so many fail, by chance and in one of the given ways, several in
// each telling: it tells the stories of all seeds below stories. It returns how many
// calls have failed. If a telling fails the test, it is the last, and the log says which
// it was.
func InARow[T testing.TB](t T, stories uint64, oneIn int, faults []faultfs.Fault, tell Story[T]) (points int) {
	var seed uint64
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	for ; seed < stories; seed++ {
		rnd := rand.New(rand.NewPCG(seed, 9))
		tell(t, seed, func(faultfs.Call) (f faultfs.Fault) {
			if rnd.IntN(oneIn) == 0 {
				points++
				f = faults[rnd.IntN(len(faults))]
			}
			return f
		})
		if t.Failed() {
			t.FailNow()
		}
	}
	return points
}
