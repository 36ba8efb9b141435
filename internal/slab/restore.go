package slab

import "iter"

// Reach returns the value that ref names, in a slab that is being filled with values
// whose references are known, and makes the place if there is none. Between the first
// Reach and [Slab.Settle] no other method but At and All may be called. ref is not 0.
func (s *Slab[T]) Reach(ref uint32) *T {
	number := int((ref - 1) >> chunkBits)
	for len(s.chunks) <= number {
		s.chunks = append(s.chunks, nil)
	}
	if s.chunks[number] == nil {
		s.chunks[number] = new(chunk[T])
	}
	return &s.chunks[number].items[(ref-1)&(chunkSize-1)]
}

// Settle ends what Reach began: the places whose values are live are in use, and the
// others, which must be zero, are free.
func (s *Slab[T]) Settle(live func(*T) bool) {
	s.open, s.vacant, s.live = nil, nil, 0
	for number, c := range s.chunks {
		if c != nil {
			c.nfree = 0
			for i := chunkSize - 1; i >= 0; i-- {
				if !live(&c.items[i]) {
					c.free[c.nfree] = uint8(i)
					c.nfree++
				}
			}
			s.live += chunkSize - c.nfree
		}
		switch {
		case c == nil || c.nfree == chunkSize:
			s.chunks[number] = nil
			s.vacant = append(s.vacant, uint32(number))
		case c.nfree > 0:
			c.place = len(s.open)
			s.open = append(s.open, uint32(number))
		}
	}
}

// All yields every place that there is, free ones too, in the order of their
// references.
func (s *Slab[T]) All() iter.Seq2[uint32, *T] {
	return func(yield func(uint32, *T) bool) {
		for number := range s.chunks {
			for ref, v := range s.Chunk(number) {
				if !yield(ref, v) {
					return
				}
			}
		}
	}
}

// Chunks returns how many chunks there are, so that a caller can look at them all in
// steps.
func (s *Slab[T]) Chunks() int { return len(s.chunks) }

// Chunk yields the places of one chunk, from 0, as All does.
func (s *Slab[T]) Chunk(number int) iter.Seq2[uint32, *T] {
	return func(yield func(uint32, *T) bool) {
		if number >= len(s.chunks) || s.chunks[number] == nil {
			return
		}
		c := s.chunks[number]
		for i := range c.items {
			if !yield(uint32(number)<<chunkBits|uint32(i)+1, &c.items[i]) {
				return
			}
		}
	}
}
