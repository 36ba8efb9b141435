package shard

import (
	"math/bits"
	"sort"
)

// A Router finds the open shard that a hash key belongs to. It does not change and may
// be used by many goroutines at once; when shards are split or merged a new one is made.
type Router struct {
	starts []HashKey // of the ranges, in order
	// first has for each value of the key's top bits the range that holds the first key
	// with them, and one more, the last range. There are two to four values for every
	// range, so that with even ranges there is hardly more than one range to choose from.
	first []uint32
	shift uint // of HashKey.Hi, to its top bits
}

// NewRouter makes a router of the ranges of the open shards. It returns an [*Error] with
// [ErrCover] if they do not hold every hash key exactly once, in order. It keeps a copy of
// the ranges' starts.
func NewRouter(open []Range) (*Router, error) {
	if err := Cover(open); err != nil {
		return nil, err
	}
	top := bits.Len(uint(len(open))) // 2^top is more than len(open), and at most its double
	if len(open) == 1 {
		top = 0
	} else {
		top++
	}
	r := &Router{starts: make([]HashKey, len(open)), first: make([]uint32, 1<<top+1), shift: uint(64 - top)}
	for i, o := range open {
		r.starts[i] = o.Start
	}
	at := 0
	for v := range 1 << top {
		key := HashKey{Hi: uint64(v) << r.shift}
		at += sort.Search(len(open)-at, func(i int) bool { return key.Less(r.starts[at+i]) }) - 1
		r.first[v] = uint32(at)
	}
	r.first[1<<top] = uint32(len(open) - 1)
	return r, nil
}

// Find returns the index of the range that holds a key. It takes about as long for one
// range as for ten thousand that are even, and grows with the logarithm of the number
// of ranges if they are not.
func (r *Router) Find(key HashKey) int {
	v := key.Hi >> r.shift
	low, high := int(r.first[v]), int(r.first[v+1])
	for low < high {
		middle := int(uint(low+high+1) >> 1)
		if key.Less(r.starts[middle]) {
			high = middle - 1
		} else {
			low = middle
		}
	}
	return low
}
