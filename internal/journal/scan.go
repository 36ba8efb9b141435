package journal

import (
	"bytes"
	"encoding/binary"
)

// scanner goes through the frames of a segment.
type scanner struct {
	id      uint64
	data    []byte // the segment, header included
	off     int    // of the next frame
	at      place  // behind the last frame
	synced  uint64 // the last frame that is known to have been synced
	records [][]byte
	offsets []uint32 // of the records from the beginning of their frame
}

// next returns the frame at the scanner's offset and moves behind it, if it is
// one and continues the last one. Its records are in s.records.
func (s *scanner) next() (frame, bool) {
	f, ok := parseFrame(s.data[s.off:], s.id)
	if !ok || f.chain != s.at.chain {
		return frame{}, false
	}
	after := place{f.seq, f.crc}
	if chain, isGap := f.gap(); isGap {
		if f.seq < s.at.seq {
			return frame{}, false
		}
		after.chain = chain
	} else if f.seq != s.at.seq+1 {
		return frame{}, false
	}
	if s.records, s.offsets, ok = f.records(s.records[:0], s.offsets[:0]); !ok {
		return frame{}, false
	}
	s.at, s.off = after, s.off+f.size()
	s.synced = max(s.synced, f.synced)
	return f, true
}

// find returns the offset of the first frame behind the scanner's offset that is
// newer than the last one and for which ok holds, or -1. Other frames, and what lies
// in them, it leaves out: they may be megabytes of what a file that is used again
// held before.
func (s *scanner) find(ok func(frame) bool) int {
	for off := s.off; off+frameHeader <= len(s.data); off++ {
		// A look at the number first: the checksum of what is no frame would cost
		// as much as its length pretends.
		seq := binary.LittleEndian.Uint64(s.data[off+8:])
		newer := seq > s.at.seq
		if seq == 0 || newer && (off == s.off || seq-s.at.seq > 1<<40) {
			continue
		}
		if f, is := parseFrame(s.data[off:], s.id); is {
			if newer && ok(f) {
				return off
			}
			off += f.size() - 1
		}
	}
	return -1
}

// torn returns how many bytes behind the scanner's offset are of frames that a crash
// has torn: all, but for the zeros at the end of what was reserved. If the file was
// used before then it is as many as can be told: up to the end of the last newer
// frame that is whole, or of the one that would be the next if its beginning is there.
func (s *scanner) torn(flags uint32) int64 {
	from := max(s.off, segmentHeader)
	switch {
	case flags&flagReused != 0:
	case flags&flagReserved != 0:
		return int64(len(bytes.TrimRight(s.data[from:], "\x00")))
	default:
		return int64(len(s.data) - from)
	}
	end := from
	if b := s.data[from:]; len(b) >= frameHeader &&
		binary.LittleEndian.Uint64(b[8:]) == s.at.seq+1 && binary.LittleEndian.Uint32(b[24:]) == s.at.chain {
		end += min(frameHeader+int(binary.LittleEndian.Uint32(b[4:])), len(b))
	}
	newer := *s
	newer.off = from - 1
	for {
		off := newer.find(func(frame) bool { return true })
		if off < 0 {
			return int64(max(end, newer.off+1) - from)
		}
		f, _ := parseFrame(s.data[off:], s.id)
		newer.off = off + f.size() - 1
	}
}

// canFollow tells whether a frame can be read on with after a gap: its records can
// be read, and there is a number for the frame that stands for the gap.
func (s *scanner) canFollow(f frame) bool {
	_, _, ok := f.records(nil, nil)
	return ok && (f.seq > 1 || f.chain == s.at.chain)
}

// claimed tells whether a frame in what is left says that the missing one was
// synced. If none does, this may be what a crash has left.
func (s *scanner) claimed() bool {
	return s.find(func(f frame) bool { return f.synced > s.at.seq }) >= 0
}

// proven returns the offset of the first frame that is not known to be synced.
func proven(segment []byte, synced uint64) int {
	off := segmentHeader
	for off < len(segment) && binary.LittleEndian.Uint64(segment[off+8:]) <= synced {
		off += frameHeader + int(binary.LittleEndian.Uint32(segment[off+4:]))
	}
	return off
}
