package faulttest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/faultfs/faulttest"
)

// telling is a story of 3 calls, and of 2 more with seed 1: the seed, and which calls have
// failed.
type telling struct {
	seed   uint64
	failed string
}

func tell(seed uint64, onCall func(faultfs.Call) faultfs.Fault) telling {
	told := telling{seed: seed}
	for n := 1; n <= 3+2*int(seed); n++ {
		if f := onCall(faultfs.Call{N: n}); f.Err != nil {
			told.failed += fmt.Sprintf("%d%v", n, f.Err)
		}
	}
	return told
}

var errA, errB = errors.New("a"), errors.New("b")

func TestEveryCall(t *testing.T) {
	for step, want := range map[int][]telling{
		1: {{0, "1a"}, {0, "2a"}, {0, "3a"}, {0, ""}, {1, "1a"}, {1, "2a"}, {1, "3a"}, {1, "4a"}, {1, "5a"}, {1, ""}},
		2: {{0, "1a"}, {0, "3a"}, {0, ""}, {1, "2a"}, {1, "4a"}, {1, ""}},
		5: {{0, "1a"}, {0, ""}, {1, "2a"}, {1, ""}},
	} {
		var got []telling
		points := faulttest.EveryCall(t, 2, step, faultfs.Fault{Err: errA}, func(_ *testing.T, seed uint64, onCall func(faultfs.Call) faultfs.Fault) {
			got = append(got, tell(seed, onCall))
		})
		require.Equal(t, want, got)
		require.Equal(t, len(want)-2, points, "the last of each seed has met none")
	}
}

func TestInARow(t *testing.T) {
	faults := []faultfs.Fault{{Err: errA}, {Err: errB}}
	var first []telling
	for range 2 { // the same each time
		var got []telling
		failed := 0
		points := faulttest.InARow(t, 60, 3, faults, func(_ *testing.T, seed uint64, onCall func(faultfs.Call) faultfs.Fault) {
			got = append(got, tell(seed%2, onCall))
			failed += len(got[len(got)-1].failed) / 2
		})
		require.Len(t, got, 60)
		require.Equal(t, failed, points)
		require.InDelta(t, 80, points, 30) // of 240 calls
		require.Contains(t, got, telling{1, "3b4a"}, "several, and of both kinds")
		if first == nil {
			first = got
		}
		require.Equal(t, first, got)
	}
}

// tb is a test that fails without the one that runs.
type tb struct {
	testing.TB
	failed bool
	log    []string
}

func (t *tb) Failed() bool                    { return t.failed }
func (t *tb) FailNow()                        { t.failed = true; panic(t) }
func (t *tb) Logf(format string, args ...any) { t.log = append(t.log, fmt.Sprintf(format, args...)) }

// A telling that fails is the last, whether it ends the test or goes on, and is named.
func TestTellingsThatFail(t *testing.T) {
	for _, ends := range []bool{true, false} {
		for name, run := range map[string]func(t *tb, tell faulttest.Story[*tb]){
			"seed 1, call 4": func(t *tb, tell faulttest.Story[*tb]) { faulttest.EveryCall(t, 9, 2, faultfs.Fault{Err: errA}, tell) },
			"seed 1": func(t *tb, tell faulttest.Story[*tb]) {
				faulttest.InARow(t, 9, 1, []faultfs.Fault{{Err: errA}}, tell)
			},
		} {
			fails := &tb{}
			told := 0
			require.PanicsWithValue(t, fails, func() {
				run(fails, func(fails *tb, seed uint64, onCall func(faultfs.Call) faultfs.Fault) {
					told++
					require.False(t, fails.failed)
					if got := tell(seed, onCall); seed == 1 && got.failed != "2a" {
						if fails.failed = true; ends {
							fails.FailNow()
						}
					}
				})
			})
			require.Equal(t, []string{name}, fails.log)
			require.Equal(t, map[string]int{"seed 1, call 4": 5, "seed 1": 2}[name], told)
		}
	}
}
