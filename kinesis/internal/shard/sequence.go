package shard

import (
	"cmp"
	"math"
)

// A SequenceNumber is the number of a record in its shard, in version 2 of AWS's layout:
// 186 bits, which are these 47 hexadecimal digits.
//
//	2          1 digit
//	created    9 digits, the second since 1970 in which the shard was created
//	low nibble 1 digit, the last one of the shard's index
//	index      16 digits, the record's index, of which the first bit is 0
//	zero       2 digits
//	put        9 digits, the second since 1970 in which the record was put
//	shard      8 digits, the shard's index, of which the first bit is 0
//	2          1 digit, the version
//
// The zero value is no number of any record, and less than all of them.
type SequenceNumber struct{ w wide }

// MaxSequenceIndex is the greatest index, which no record has but the number that closes
// a shard.
const MaxSequenceIndex = math.MaxInt64

// MaxSecond is the last second that a sequence number can hold; it is in the year 4147.
const MaxSecond = 1<<36 - 1

const (
	layoutMark     = 2 // the first digit
	layoutVersion  = 2
	layoutPrevious = 1
)

// MakeSequenceNumber puts a number together of the second in which the shard was
// created, the shard's index, the record's index and the second in which it was put.
// What is negative counts as 0, what is beyond [MaxSecond] or [MaxIndex] as that.
func MakeSequenceNumber(created int64, shard int, index, put int64) SequenceNumber {
	c := uint64(min(max(created, 0), MaxSecond))
	s := uint64(min(max(shard, 0), MaxIndex))
	i := uint64(max(index, 0))
	p := uint64(min(max(put, 0), MaxSecond))
	return SequenceNumber{wide{
		hi:  layoutMark<<56 | c<<20 | s&0xf<<16 | i>>48,
		mid: i<<16 | p>>28,
		lo:  p<<36 | s<<4 | layoutVersion,
	}}
}

// First returns the number with which a shard starts, its StartingSequenceNumber, which
// has the index 0. No record comes before it.
func First(created int64, shard int) SequenceNumber {
	return MakeSequenceNumber(created, shard, 0, created)
}

// Last returns the number that closes a shard in a second, its EndingSequenceNumber. It
// is greater than those of all its records.
func Last(created int64, shard int, closed int64) SequenceNumber {
	return MakeSequenceNumber(created, shard, MaxSequenceIndex, closed)
}

// Created is the second since 1970 in which the shard was created.
func (n SequenceNumber) Created() int64 { return int64(n.w.hi >> 20 & MaxSecond) }

// Shard is the index of the shard.
func (n SequenceNumber) Shard() int { return int(n.w.lo >> 4 & math.MaxUint32) }

// Index is the index of the record in its shard.
func (n SequenceNumber) Index() int64 { return int64(n.w.hi<<48 | n.w.mid>>16) }

// Put is the second since 1970 in which the record was put.
func (n SequenceNumber) Put() int64 { return int64(n.w.mid&0xff<<28 | n.w.lo>>36) }

// IsZero tells whether n is the zero value.
func (n SequenceNumber) IsZero() bool { return n == SequenceNumber{} }

// Compare returns -1, 0 or 1 as n is less than, equal to or greater than other.
func (n SequenceNumber) Compare(other SequenceNumber) int {
	switch {
	case n.w.hi != other.w.hi:
		return cmp.Compare(n.w.hi, other.w.hi)
	case n.w.mid != other.w.mid:
		return cmp.Compare(n.w.mid, other.w.mid)
	default:
		return cmp.Compare(n.w.lo, other.w.lo)
	}
}

// String returns the number in decimal, 56 digits; 0 for the zero value.
func (n SequenceNumber) String() string {
	var text [maxDigits]byte
	return string(appendDecimal(text[:0], n.w))
}

// AppendText appends what String returns. It allocates nothing if dst has room for 56
// bytes, and the error is nil.
func (n SequenceNumber) AppendText(dst []byte) ([]byte, error) { return appendDecimal(dst, n.w), nil }
