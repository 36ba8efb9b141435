// Package slab holds many values of one type in chunks and names each by a small
// number. A value costs no allocation and no pointer of its own, numbers can
// link values into lists, and chunks that empty are given back.
package slab

const (
	chunkBits = 7
	chunkSize = 1 << chunkBits
)

// Slab holds values of type T. Its zero value is empty and ready. It is not safe
// for concurrent use.
type Slab[T any] struct {
	chunks []*chunk[T] // nil where a chunk was given back
	open   []uint32    // the chunks with room, the last one first in use
	vacant []uint32    // numbers of the chunks that were given back
	live   int
}

type chunk[T any] struct {
	items [chunkSize]T
	free  [chunkSize]uint8 // a stack of the free places
	nfree int
	place int // in Slab.open
}

// Len counts the values.
func (s *Slab[T]) Len() int { return s.live }

// New adds a zero value. Its reference is never 0, so that 0 can mean none; it
// may be one that was freed before.
func (s *Slab[T]) New() (ref uint32, v *T) {
	if len(s.open) == 0 {
		s.grow()
	}
	number := s.open[len(s.open)-1]
	c := s.chunks[number]
	c.nfree--
	i := c.free[c.nfree]
	if c.nfree == 0 {
		s.open = s.open[:len(s.open)-1]
	}
	s.live++
	return number<<chunkBits | uint32(i) + 1, &c.items[i]
}

// At returns the value that ref names. It returns nil if the slab holds no such
// place; a place that was freed reads as a zero value, or as its next user's.
func (s *Slab[T]) At(ref uint32) *T {
	number := (ref - 1) >> chunkBits
	if ref == 0 || int(number) >= len(s.chunks) || s.chunks[number] == nil {
		return nil
	}
	return &s.chunks[number].items[(ref-1)&(chunkSize-1)]
}

// Free zeroes the value that ref names and takes its place back. The reference
// must be in use.
func (s *Slab[T]) Free(ref uint32) {
	number, i := (ref-1)>>chunkBits, (ref-1)&(chunkSize-1)
	c := s.chunks[number]
	var zero T
	c.items[i] = zero
	c.free[c.nfree] = uint8(i)
	c.nfree++
	s.live--
	if c.nfree == 1 {
		c.place = len(s.open)
		s.open = append(s.open, number)
	}
	if c.nfree == chunkSize && len(s.open) > 1 { // keep one, or a value that comes and goes would cost a chunk each time
		last := len(s.open) - 1
		s.open[c.place] = s.open[last]
		s.chunks[s.open[c.place]].place = c.place
		s.open = s.open[:last]
		s.chunks[number] = nil
		s.vacant = append(s.vacant, number)
	}
}

func (s *Slab[T]) grow() {
	c := &chunk[T]{nfree: chunkSize}
	for i := range c.free {
		c.free[i] = uint8(chunkSize - 1 - i)
	}
	var number uint32
	if n := len(s.vacant); n > 0 {
		number = s.vacant[n-1]
		s.vacant = s.vacant[:n-1]
		s.chunks[number] = c
	} else {
		number = uint32(len(s.chunks))
		s.chunks = append(s.chunks, c)
	}
	c.place = len(s.open)
	s.open = append(s.open, number)
}
