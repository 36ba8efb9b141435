package slab

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is put back under its old references is as it was, and the slab goes on as any
// other.
func TestReachAndSettle(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var before Slab[int]
	model := map[uint32]int{}
	for i := range 5000 {
		ref, v := before.New()
		*v = i + 1
		model[ref] = i + 1
	}
	for ref := range model {
		if rng.IntN(3) > 0 || ref < 1000 { // whole chunks are empty
			before.Free(ref)
			delete(model, ref)
		}
	}
	var s Slab[int]
	*s.Reach(4999) = 7 // is not live in the end
	for ref, v := range model {
		*s.Reach(ref) = v
	}
	if model[4999] == 0 {
		*s.Reach(4999) = 0
	}
	s.Settle(func(v *int) bool { return *v != 0 })
	require.Equal(t, len(model), s.Len())
	for range 5000 {
		ref, v := s.New()
		require.Zero(t, *v)
		require.NotContains(t, model, ref)
		*v = 1_000_000
		model[ref] = *v
	}
	found := map[uint32]int{}
	for ref, v := range s.All() {
		if *v != 0 {
			found[ref] = *v
		}
	}
	require.Equal(t, model, found)
	for ref := range model {
		s.Free(ref)
	}
	require.Zero(t, s.Len())
	for number := range s.Chunks() {
		for _, v := range s.Chunk(number) {
			require.Zero(t, *v)
		}
	}
}
