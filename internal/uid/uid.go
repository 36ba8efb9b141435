package uid

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"
)

// ID is a UUID.
type ID struct{ High, Low uint64 }

// Seeds are the random numbers that the ids of a queue or topic begin with, drawn
// once when it is created.
type Seeds [2]uint64

// Draw returns new seeds.
func Draw() Seeds { return Seeds{Random(), Random()} }

// Random returns 64 random bits that nobody can guess.
func Random() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.NativeEndian.Uint64(b[:])
}

// ID returns the id of the message with a sequence number: a UUID of the random
// kind (version 4) that can be had again from the number alone, which is all that
// a deduplication window has to keep. Ids are not secrets.
func (s Seeds) ID(seq uint64) ID {
	return ID{
		High: mix(s[0]+seq)&^0xf000 | 0x4000,
		Low:  mix(s[1]+seq)&^(3<<62) | 2<<62,
	}
}

// mix is the output function of SplitMix64 (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x *= 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

const (
	// Chars is the length of an id's text.
	Chars = 36
	// SequenceChars is the length of a sequence number's text.
	SequenceChars = 20
	// sequenceBase makes every sequence number that long.
	sequenceBase = 10_000_000_000_000_000_000
)

// Append writes the id's text.
func (id ID) Append(dst []byte) []byte {
	dst = append(dst, "00000000-0000-0000-0000-000000000000"...)
	b := dst[len(dst)-Chars:]
	w0, w1 := HexDigits(uint32(id.High>>32)), HexDigits(uint32(id.High))
	w2, w3 := HexDigits(uint32(id.Low>>32)), HexDigits(uint32(id.Low))
	big := binary.BigEndian
	big.PutUint64(b[0:], w0)
	big.PutUint32(b[9:], uint32(w1>>32))
	big.PutUint32(b[14:], uint32(w1))
	big.PutUint32(b[19:], uint32(w2>>32))
	big.PutUint32(b[24:], uint32(w2))
	big.PutUint64(b[28:], w3)
	return dst
}

// String returns the id's text.
func (id ID) String() string { return string(id.Append(nil)) }

// AppendSequence writes a sequence number.
func AppendSequence(dst []byte, seq uint64) []byte {
	return strconv.AppendUint(dst, sequenceBase+seq, 10)
}
