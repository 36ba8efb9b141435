package journal

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

// Place is where a record is in a journal. The zero Place is nowhere. Places stay
// right when the journal is opened again, unless Salvage has dropped something.
type Place struct {
	Segment uint32 // the number of the segment that has it, from 1
	Offset  uint32 // where it begins in that segment, in bytes
	Size    uint32 // its length in bytes
}

// Offsets appends the offset of each record of a batch from the beginning of the
// batch, in bytes, as Ticket.Place wants it.
func Offsets(into []uint32, records ...[]byte) []uint32 {
	at := uint32(frameHeader)
	for _, r := range records {
		at += uvarintLen(len(r))
		into = append(into, at)
		at += uint32(len(r))
	}
	return into
}

// uvarintLen is the length in bytes of a number as a varint.
func uvarintLen(n int) uint32 { return uint32(bits.Len(uint(n)|1)+6) / 7 }

// Place returns where a record of the batch is.
func (b Batch) Place(i int) Place {
	return Place{uint32(b.Segment), uint32(b.Offset) + b.offsets[i], uint32(len(b.Records[i]))}
}

// SumSize is the length in bytes of what AppendSum appends.
const SumSize = 4

// AppendSum completes the record at the end of a buffer, which begins at an offset,
// with a checksum of it: what is read back alone has not been checked otherwise.
func AppendSum(b []byte, from int) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[from:], castagnoli))
}

// CheckSum takes off what AppendSum has appended, and tells whether the rest is
// what it was then.
func CheckSum(record []byte) (rest []byte, ok bool) {
	n := len(record) - SumSize
	if n < 0 {
		return nil, false
	}
	return record[:n:n], crc32.Checksum(record[:n], castagnoli) == binary.LittleEndian.Uint32(record[n:])
}
