package shard

import (
	"fmt"
	"math/bits"
)

// MaxShards is the most shards that [Even] and [Plan] count up to. AWS itself stops at
// 10,000, which is for the engine to enforce.
const MaxShards = 1 << 20

// A Range is the hash keys of a shard, from Start to End, both included. Start is not
// greater than End. The zero value holds the key 0 alone.
type Range struct{ Start, End HashKey }

// Even returns the ranges of the n shards of a new stream, in order: each has ⌊2¹²⁸/n⌋
// keys, and the last what is left as well. It returns nil unless n is between 1 and
// [MaxShards].
//
// That the size is rounded and not each start follows the one published stream in which
// that makes a difference: of its six shards the last starts 3 keys before ⌊5·2¹²⁸/6⌋.
func Even(n int) []Range {
	if n < 1 || n > MaxShards {
		return nil
	}
	ranges := make([]Range, n)
	width := evenWidth(n)
	var start HashKey
	for i := range ranges {
		next := start.Add(width)
		ranges[i] = Range{start, next.Sub(one)}
		start = next
	}
	ranges[n-1].End = MaxHashKey
	return ranges
}

// Contains tells whether the range holds a key.
func (r Range) Contains(k HashKey) bool { return !k.Less(r.Start) && !r.End.Less(k) }

// Adjacent tells whether one of the ranges begins right after the other ends, as those
// of shards that are merged have to. (MergeShards in the API reference.)
func (r Range) Adjacent(other Range) bool {
	return r.End.Less(other.Start) && other.Start.Sub(r.End) == one ||
		other.End.Less(r.Start) && r.Start.Sub(other.End) == one
}

// Join returns the range of two that are [Range.Adjacent], in either order.
func (r Range) Join(other Range) Range {
	if other.Start.Less(r.Start) {
		return Range{other.Start, r.End}
	}
	return Range{r.Start, other.End}
}

// CanSplit tells whether a shard with this range can be split at a key: it is greater
// than Start plus one and less than End, in the words of AWS's refusal, which leaves at
// least two keys on either side.
func (r Range) CanSplit(key HashKey) bool {
	return r.Start.Less(key) && key.Sub(r.Start) != one && key.Less(r.End)
}

// Split returns the parts below a key and from it on. The key is one that
// [Range.CanSplit] accepts.
func (r Range) Split(key HashKey) (below, from Range) {
	return Range{r.Start, key.Sub(one)}, Range{key, r.End}
}

// Middle returns the key that splits the range in halves, (Start+End)/2 rounded down.
func (r Range) Middle() HashKey { return r.Start.Add(r.End.Sub(r.Start).Half()) }

// String returns the range as two decimal numbers.
func (r Range) String() string { return fmt.Sprintf("[%v, %v]", r.Start, r.End) }

// Cover checks that the ranges hold every hash key exactly once, in order. It returns an
// [*Error] with [ErrCover] that names the first range that is out of place.
func Cover(ranges []Range) error {
	if len(ranges) == 0 {
		return &Error{What: "ranges", Text: "none", Err: ErrCover}
	}
	var next HashKey
	for i, r := range ranges {
		last := i == len(ranges)-1
		if r.Start != next || r.End.Less(r.Start) || last != (r.End == MaxHashKey) {
			return &Error{What: "ranges", Text: r.String(), Err: ErrCover}
		}
		next = r.End.Add(one)
	}
	return nil
}

// evenWidth is 2¹²⁸/n, rounded down, or 0 if n is 1, which is the same modulo 2¹²⁸.
func evenWidth(n int) HashKey {
	d := uint64(n)
	if d == 1 {
		return HashKey{}
	}
	hi, r := bits.Div64(1, 0, d)
	lo, _ := bits.Div64(r, 0, d)
	return HashKey{hi, lo}
}
