package journal

import (
	"encoding/binary"
	"hash/crc32"
)

// A frame is a batch in a segment:
//
//	 0  CRC32C of the rest, begun with the journal's id
//	 4  length of the payload in bytes
//	 8  number of the frame
//	16  number of the last frame that was synced when this one was written
//	24  CRC32C of the frame before
//	28  how many records there are
//	32  the payload: for each record its length as a varint, and its bytes
//
// All numbers are little-endian. The id in the checksum keeps a frame of another
// journal, which a record may well contain, from being taken for one of this. The
// checksum of the one before keeps a frame that a crash has left behind from
// being taken for one of now. What was synced is how damage is told from a crash.
//
// A frame without records has no payload if it closes the journal, and one of 4
// bytes if it stands for frames that Salvage dropped: its number is the last of
// theirs, and the payload the checksum that the next frame continues.
const frameHeader = 32

type frame struct {
	seq, synced       uint64
	crc, chain, count uint32
	payload           []byte
}

func (f frame) size() int { return frameHeader + len(f.payload) }

// gap tells whether the frame stands for dropped ones, and what the next one
// continues.
func (f frame) gap() (chain uint32, ok bool) {
	if f.count != 0 || len(f.payload) != 4 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(f.payload), true
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is the CRC32C of what belongs to a journal.
func checksum(id uint64, data []byte) uint32 {
	crc := ^uint32(0)
	for range 8 { // by hand, since a slice of the id would have to be allocated
		crc = castagnoli[byte(crc)^byte(id)] ^ crc>>8
		id >>= 8
	}
	return crc32.Update(^crc, castagnoli, data)
}

// appendFrame appends a frame of records that seal has to complete.
func appendFrame(b []byte, size int, records [][]byte) []byte {
	b = appendFrameHeader(b, size, len(records))
	for _, r := range records {
		b = binary.AppendUvarint(b, uint64(len(r)))
		b = append(b, r...)
	}
	return b
}

// appendFrameHeader appends what a frame begins with, as far as it is known.
func appendFrameHeader(b []byte, size, records int) []byte {
	var header [frameHeader]byte
	binary.LittleEndian.PutUint32(header[4:], uint32(size))
	binary.LittleEndian.PutUint32(header[28:], uint32(records))
	return append(b, header[:]...)
}

// payloadSize is the length of the payload of records.
func payloadSize(records [][]byte) int64 {
	size := int64(0)
	for _, r := range records {
		size += int64(len(r)) + 1
		for n := len(r); n >= 0x80; n >>= 7 {
			size++
		}
	}
	return size
}

// seal completes a frame at the beginning of b and returns its checksum and size.
func seal(b []byte, id, seq, synced uint64, chain uint32) (crc uint32, size int) {
	size = frameHeader + int(binary.LittleEndian.Uint32(b[4:]))
	binary.LittleEndian.PutUint64(b[8:], seq)
	binary.LittleEndian.PutUint64(b[16:], synced)
	binary.LittleEndian.PutUint32(b[24:], chain)
	crc = checksum(id, b[4:size])
	binary.LittleEndian.PutUint32(b, crc)
	return crc, size
}

// newGap returns a sealed frame that stands for dropped ones up to seq.
func newGap(id, seq uint64, chain, next uint32) []byte {
	b := binary.LittleEndian.AppendUint32(appendFrame(nil, 4, nil), next)
	seal(b, id, seq, 0, chain)
	return b
}

// parseFrame reads the frame at the beginning of b, which may be anything.
func parseFrame(b []byte, id uint64) (frame, bool) {
	if len(b) < frameHeader {
		return frame{}, false
	}
	size := binary.LittleEndian.Uint32(b[4:])
	f := frame{
		crc:    binary.LittleEndian.Uint32(b),
		seq:    binary.LittleEndian.Uint64(b[8:]),
		synced: binary.LittleEndian.Uint64(b[16:]),
		chain:  binary.LittleEndian.Uint32(b[24:]),
		count:  binary.LittleEndian.Uint32(b[28:]),
	}
	if uint64(size) > min(MaxBatch, uint64(len(b)-frameHeader)) || f.count > size ||
		f.count == 0 && size != 0 && size != 4 || f.seq == 0 || f.synced >= f.seq {
		return frame{}, false
	}
	end := frameHeader + int(size)
	f.payload = b[frameHeader:end:end]
	return f, checksum(id, b[4:end]) == f.crc
}

// records takes the payload apart, and appends the records, and their offsets from
// the beginning of the frame, to slices that are used again.
func (f frame) records(into [][]byte, offsets []uint32) ([][]byte, []uint32, bool) {
	rest, at := f.payload, uint32(frameHeader)
	for range f.count {
		n, used := binary.Uvarint(rest)
		if used <= 0 || n > uint64(len(rest)-used) {
			return into, offsets, false
		}
		end := used + int(n)
		into = append(into, rest[used:end:end])
		offsets = append(offsets, at+uint32(used))
		rest = rest[end:]
		at += uint32(end)
	}
	return into, offsets, f.count == 0 || len(rest) == 0
}
