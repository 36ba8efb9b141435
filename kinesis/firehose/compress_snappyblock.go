package firehose

import (
	"encoding/binary"
	"math/bits"
)

const (
	snappyTableBits = 14
	// snappyCatch is how long a match is looked for, and the least length of one.
	snappyCatch = 4
	// snappyMargin are the bytes at the end of a block in which no match begins, so
	// that eight can be read wherever one does.
	snappyMargin = 8
)

// snappyTable says where the four bytes of a hash were seen last.
type snappyTable [1 << snappyTableBits]uint16

// appendSnappy appends src, of at most snappyBlock bytes, compressed. It is the plain
// way to do so: at every place the last one with the same four bytes is looked at, and
// what is the same there is copied. (format_description.txt of google/snappy.)
func appendSnappy(dst, src []byte, table *snappyTable) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(src)))
	if len(src) < snappyMargin+snappyCatch {
		return appendLiteral(dst, src)
	}
	clear(table[:])
	literal := 0 // where the bytes begin that are not written yet
	for i := 1; i <= len(src)-snappyMargin; {
		word := binary.LittleEndian.Uint32(src[i:])
		slot := &table[word*0x9E3779B1>>(32-snappyTableBits)]
		candidate := int(*slot)
		*slot = uint16(i)
		if binary.LittleEndian.Uint32(src[candidate:]) != word {
			i += 1 + (i-literal)>>6 // ever faster over what does not compress
			continue
		}
		n := snappyCatch + sameBytes(src[candidate+snappyCatch:], src[i+snappyCatch:])
		dst = appendLiteral(dst, src[literal:i])
		dst = appendCopy(dst, i-candidate, n)
		i += n
		literal = i
	}
	return appendLiteral(dst, src[literal:])
}

// sameBytes returns how many bytes at the beginning of a are those of b, which is not
// longer.
func sameBytes(a, b []byte) int {
	n := 0
	for len(b)-n >= 8 {
		if diff := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); diff != 0 {
			return n + bits.TrailingZeros64(diff)/8
		}
		n += 8
	}
	for n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// appendLiteral appends bytes as they are: a tag with their number less one, of which
// 60 and 61 mean that it follows in one byte and in two.
func appendLiteral(dst, literal []byte) []byte {
	switch n := len(literal) - 1; {
	case n < 0:
		return dst
	case n < 60:
		dst = append(dst, byte(n<<2))
	case n < 1<<8:
		dst = append(dst, 60<<2, byte(n))
	default:
		dst = append(dst, 61<<2, byte(n), byte(n>>8))
	}
	return append(dst, literal...)
}

// appendCopy appends the copying of n bytes from offset bytes before. A copy is of 1 to
// 64 bytes; those of 4 to 11 from less than 2,048 before are a byte shorter to write.
func appendCopy(dst []byte, offset, n int) []byte {
	for ; n > 64; n -= 64 {
		dst = append(dst, 63<<2|2, byte(offset), byte(offset>>8))
	}
	if 4 <= n && n <= 11 && offset < 1<<11 {
		return append(dst, byte(offset>>8<<5|(n-4)<<2|1), byte(offset))
	}
	return append(dst, byte((n-1)<<2|2), byte(offset), byte(offset>>8))
}
