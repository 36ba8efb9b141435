package shard

import (
	"cmp"
	"crypto/md5"
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// A HashKey is an unsigned number of 128 bits by which a record finds its shard. The
// zero value is the smallest. HashKeys are comparable.
type HashKey struct{ Hi, Lo uint64 }

// MaxHashKey is the greatest hash key, 2¹²⁸-1.
var MaxHashKey = HashKey{1<<64 - 1, 1<<64 - 1}

const maxHashKeyDigits = 39

// KeyOf returns the hash key of a partition key: its MD5, the first byte the most
// significant. It allocates nothing.
func KeyOf(partitionKey string) HashKey {
	// The conversion []byte(partitionKey) would copy the key to the heap. Sum only reads.
	sum := md5.Sum(unsafe.Slice(unsafe.StringData(partitionKey), len(partitionKey)))
	return HashKey{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

// ParseHashKey reads an explicit hash key, which matches 0|[1-9]\d{0,38} and is below
// 2¹²⁸. (PutRecord, ExplicitHashKey, in the API reference.) It returns an [*Error] with
// [ErrSyntax] or [ErrTooLarge].
func ParseHashKey(decimal string) (HashKey, error) {
	w, err := parseDecimal(decimal, maxHashKeyDigits)
	if err == nil && w.hi != 0 {
		err = ErrTooLarge
	}
	if err != nil {
		return HashKey{}, &Error{What: "hash key", Text: decimal, Err: err}
	}
	return HashKey{w.mid, w.lo}, nil
}

// String returns the key in decimal, as ParseHashKey reads it.
func (k HashKey) String() string { return string(appendDecimal(nil, wide{0, k.Hi, k.Lo})) }

// AppendText appends what String returns. The error is nil.
func (k HashKey) AppendText(dst []byte) ([]byte, error) {
	return appendDecimal(dst, wide{0, k.Hi, k.Lo}), nil
}

// Compare returns -1, 0 or 1 as k is less than, equal to or greater than other.
func (k HashKey) Compare(other HashKey) int {
	if k.Hi != other.Hi {
		return cmp.Compare(k.Hi, other.Hi)
	}
	return cmp.Compare(k.Lo, other.Lo)
}

// Less tells whether k is less than other.
func (k HashKey) Less(other HashKey) bool {
	return k.Hi < other.Hi || k.Hi == other.Hi && k.Lo < other.Lo
}

// Add returns k + other, modulo 2¹²⁸.
func (k HashKey) Add(other HashKey) HashKey {
	lo, carry := bits.Add64(k.Lo, other.Lo, 0)
	hi, _ := bits.Add64(k.Hi, other.Hi, carry)
	return HashKey{hi, lo}
}

// Sub returns k - other, modulo 2¹²⁸.
func (k HashKey) Sub(other HashKey) HashKey {
	lo, borrow := bits.Sub64(k.Lo, other.Lo, 0)
	hi, _ := bits.Sub64(k.Hi, other.Hi, borrow)
	return HashKey{hi, lo}
}

// Half returns k/2, rounded down.
func (k HashKey) Half() HashKey { return HashKey{k.Hi >> 1, k.Lo>>1 | k.Hi<<63} }

// one is the step between two keys.
var one = HashKey{0, 1}
