package deadline

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The model is a slice that is sorted when asked.
func TestHeapAgainstSortedSlice(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var h Heap
		live := map[uint32]Entry{}
		isLive := func(e Entry) bool { return live[e.Ref] == e }
		sorted := func() []Entry {
			var all []Entry
			for _, e := range live {
				all = append(all, e)
			}
			slices.SortFunc(all, func(a, b Entry) int {
				if a.before(b) {
					return -1
				}
				return 1
			})
			return all
		}
		for ref := uint32(1); ref < 2000; ref++ {
			switch e := (Entry{At: rng.Int64N(100), Order: ref, Ref: ref}); {
			case rng.IntN(3) > 0:
				h.Push(e)
				live[ref] = e
			case rng.IntN(2) == 0:
				for _, victim := range sorted() {
					if rng.IntN(4) == 0 {
						delete(live, victim.Ref)
						if h.Forget() {
							h.Sweep(isLive)
						}
					}
				}
			default:
				for {
					e, ok := h.Min()
					if !ok {
						require.Empty(t, live)
						break
					}
					h.Pop()
					if isLive(e) {
						require.Equal(t, sorted()[0], e)
						delete(live, e.Ref)
						break
					}
				}
			}
		}
		var got []Entry
		for e := range h.Ascending() {
			if isLive(e) {
				got = append(got, e)
			}
		}
		require.Equal(t, sorted(), got)
	}
}

func TestAscendingStopsWhenToldTo(t *testing.T) {
	var h Heap
	for i := range int64(100) {
		h.Push(Entry{At: 100 - i})
	}
	var got []int64
	for e := range h.Ascending() {
		got = append(got, e.At)
		if len(got) == 3 {
			break
		}
	}
	require.Equal(t, []int64{1, 2, 3}, got)
}

func TestOrderMayWrap(t *testing.T) {
	var h Heap
	h.Push(Entry{Order: 1})
	h.Push(Entry{Order: ^uint32(0)})
	e, _ := h.Min()
	require.Equal(t, ^uint32(0), e.Order, "the number before the wrap comes first")
}

func TestForgetGivesMemoryBack(t *testing.T) {
	var h Heap
	for i := range int64(100_000) {
		h.Push(Entry{At: i, Ref: uint32(i)})
	}
	gone := uint32(0)
	for range 99_990 {
		gone++
		if h.Forget() {
			h.Sweep(func(e Entry) bool { return e.Ref >= gone })
		}
	}
	require.Less(t, cap(h.entries), 4000)
}
