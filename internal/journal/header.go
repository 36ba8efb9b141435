package journal

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// version is the format that this package writes, and the only one it reads.
const version = 1

const (
	manifestName = "manifest"
	lockName     = "lock"
	repairName   = "repair.tmp"
	spareName    = "spare.tmp"
)

func segmentName(n uint64) string  { return fmt.Sprintf("segment-%016d", n) }
func snapshotName(n uint64) string { return fmt.Sprintf("snapshot-%016d", n) }

// numberIn returns the number in a name that begins with prefix.
func numberIn(name, prefix string) (uint64, bool) {
	digits, ok := strings.CutPrefix(name, prefix)
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, ok && err == nil
}

// Every file begins with what it is:
//
//	 0  magic
//	 8  format version, which is the same for all files
//	12  CRC32C of the rest of the header, and of what belongs to it
//	16  id of the journal
const (
	segmentMagic  = "leatsegm"
	snapshotMagic = "leatsnap"
	manifestMagic = "leatmani"
	headerStart   = 24
)

// appendHeader appends the beginning of a file's header; sealHeader completes it.
func appendHeader(b []byte, magic string, id uint64) []byte {
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint32(b, 0)
	return binary.LittleEndian.AppendUint64(b, id)
}

func sealHeader(b []byte) []byte {
	binary.LittleEndian.PutUint32(b[12:], checksum(0, b[16:]))
	return b
}

// checkHeader checks a header with all that its checksum covers.
func checkHeader(b []byte, size int, magic, file string, offset int64) (id uint64, err error) {
	switch {
	case len(b) < size || len(b) < headerStart:
		return 0, corrupt(file, offset, "the header is cut off")
	case string(b[:8]) != magic:
		return 0, corrupt(file, offset, "it does not begin with %q", magic)
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != version {
		return 0, &Error{Op: "Open", File: file, Err: ErrVersion,
			Detail: fmt.Sprintf("it has version %d, and this program reads version %d", v, version)}
	}
	if binary.LittleEndian.Uint32(b[12:]) != checksum(0, b[16:]) {
		return 0, corrupt(file, offset, "the checksum of the header is wrong")
	}
	return binary.LittleEndian.Uint64(b[16:]), nil
}

// segmentHeader is the length of what a segment begins with.
const segmentHeader = headerStart + 8 + 8 + 4 + 4

// place is a place in the sequence of frames: the one behind a frame.
type place struct {
	seq   uint64 // of the frame before
	chain uint32 // its checksum
}

// A segment's flags.
const (
	// flagLoose: what was before its frames may not have been synced, so that a
	// crash may have torn the segment before too.
	flagLoose = 1
	// flagReused: behind its frames there may be what its file held before, as
	// another segment: frames that are good, and older than the journal's first.
	flagReused = 2
	// flagReserved: behind its frames there may be zeros, for which there is space.
	flagReserved = 4
)

// newSegment returns the beginning of a segment whose frames begin at a place.
func newSegment(id, number uint64, at place, flags uint32) []byte {
	b := appendHeader(make([]byte, 0, segmentHeader), segmentMagic, id)
	b = binary.LittleEndian.AppendUint64(b, number)
	b = binary.LittleEndian.AppendUint64(b, at.seq)
	b = binary.LittleEndian.AppendUint32(b, at.chain)
	b = binary.LittleEndian.AppendUint32(b, flags)
	return sealHeader(b)
}

// parseSegment reads what a segment begins with.
func parseSegment(b []byte, id, number uint64) (begins place, flags uint32, err error) {
	name := segmentName(number)
	if len(b) > segmentHeader {
		b = b[:segmentHeader]
	}
	found, err := checkHeader(b, segmentHeader, segmentMagic, name, 0)
	if err != nil {
		return place{}, 0, err
	}
	if n := binary.LittleEndian.Uint64(b[24:]); found != id || n != number {
		return place{}, 0, corrupt(name, 0, "it is segment %d of journal %016x", n, found)
	}
	begins = place{binary.LittleEndian.Uint64(b[32:]), binary.LittleEndian.Uint32(b[40:])}
	return begins, binary.LittleEndian.Uint32(b[44:]), nil
}
