package slab

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSlabAgainstMap(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var s Slab[int]
		model := map[uint32]int{}
		for step := range 20_000 {
			grow := 6
			if step/5000%2 == 1 {
				grow = 3 // a phase in which it shrinks
			}
			if rng.IntN(10) < grow {
				ref, v := s.New()
				if _, used := model[ref]; used || ref == 0 || *v != 0 {
					t.Fatalf("New returned %d, which holds %d (in use: %v)", ref, *v, used)
				}
				*v = step + 1
				model[ref] = step + 1
			} else {
				for ref := range model {
					s.Free(ref)
					delete(model, ref)
					break
				}
			}
		}
		require.Equal(t, len(model), s.Len())
		for ref, want := range model {
			require.Equal(t, want, *s.At(ref))
		}
	}
}

func TestEmptyChunksAreGivenBack(t *testing.T) {
	var s Slab[[64]byte]
	var refs []uint32
	for range 100 * chunkSize {
		ref, _ := s.New()
		refs = append(refs, ref)
	}
	for _, ref := range refs {
		s.Free(ref)
	}
	held := 0
	for _, c := range s.chunks {
		if c != nil {
			held++
		}
	}
	require.Equal(t, 1, held)
	for range 100 * chunkSize {
		s.New()
	}
	require.Len(t, s.chunks, 100, "the numbers of chunks that were given back are used again")
}

func TestAtOfAnUnknownReference(t *testing.T) {
	var s Slab[int]
	require.Nil(t, s.At(0))
	require.Nil(t, s.At(1))
	require.Nil(t, s.At(^uint32(0)))
}
