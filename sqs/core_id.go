package sqs

import (
	"crypto/rand"
	"encoding/binary"
)

// seeds are the random numbers of a queue, drawn once when it is created.
type seeds struct {
	tag uint64    // marks its receipt handles
	id  [2]uint64 // begin its message ids
}

func drawSeeds() seeds {
	var b [24]byte
	rand.Read(b[:]) // never fails
	return seeds{
		tag: binary.NativeEndian.Uint64(b[0:]),
		id:  [2]uint64{binary.NativeEndian.Uint64(b[8:]), binary.NativeEndian.Uint64(b[16:])},
	}
}

// messageID is a UUID.
type messageID struct{ high, low uint64 }

// newID returns the id of the message with a sequence number: a UUID of the
// random kind (version 4) that can be had again from the number alone, which is
// all that the deduplication window has to keep. Ids are not secrets.
func (c *core) newID(seq uint64) messageID {
	return messageID{
		high: mix(c.seeds.id[0]+seq)&^0xf000 | 0x4000,
		low:  mix(c.seeds.id[1]+seq)&^(3<<62) | 2<<62,
	}
}

// mix is the output function of SplitMix64 (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x *= 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
