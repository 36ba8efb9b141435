package kpl

import "encoding/binary"

// The wire types of protocol buffers. ("Encoding" in the Protocol Buffers Documentation.)
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wireGroup  = 3
	wireEnd    = 4
	wire32     = 5
)

const (
	maxNumber = 1<<29 - 1 // the largest number of a field
	// maxDepth bounds the groups within groups of unknown fields. It is the limit of Java's
	// implementation, and so of the Kinesis Client Library.
	maxDepth = 100
)

// A scanner goes through the fields of a message: those of data from pos to its end. A message
// within another is scanned in the same data, cut off behind it, so that pos always counts from
// the beginning of the record.
type scanner struct {
	data []byte
	pos  int
}

// A field is one that a scanner came past.
type field struct {
	number   uint64
	wire     uint8
	value    uint64 // of a varint
	from, to int    // where bytes are
}

// is tells whether f is the field of a number and wire type. A field of a known number but
// another type counts as unknown.
func (f *field) is(number uint64, wire uint8) bool { return f.number == number && f.wire == wire }

func (s *scanner) more() bool { return s.pos < len(s.data) }

// next moves past the next field. It tells whether there is a whole one; if not, pos is where
// the fault is.
func (s *scanner) next(f *field) bool {
	return s.tag(f) && s.content(f, 0)
}

func (s *scanner) tag(f *field) bool {
	start := s.pos
	tag, ok := s.varint()
	f.number, f.wire = tag>>3, uint8(tag&7)
	if !ok || f.number == 0 || f.number > maxNumber {
		s.pos = start
		return false
	}
	return true
}

func (s *scanner) content(f *field, depth int) (ok bool) {
	switch f.wire {
	case wireVarint:
		f.value, ok = s.varint()
		return ok
	case wire64:
		return s.skip(8)
	case wireBytes:
		n, ok := s.varint()
		f.from = s.pos
		ok = ok && s.skip(n)
		f.to = s.pos
		return ok
	case wireGroup:
		return depth < maxDepth && s.group(f.number, depth+1)
	case wire32:
		return s.skip(4)
	}
	return false
}

// group moves past a group whose start tag has been read, including its end tag.
func (s *scanner) group(number uint64, depth int) bool {
	for {
		var f field
		switch {
		case !s.tag(&f):
			return false
		case f.wire == wireEnd:
			return f.number == number
		case !s.content(&f, depth):
			return false
		}
	}
}

func (s *scanner) skip(n uint64) bool {
	if n > uint64(len(s.data)-s.pos) {
		return false
	}
	s.pos += int(n)
	return true
}

func (s *scanner) varint() (uint64, bool) {
	if s.pos < len(s.data) && s.data[s.pos] < 0x80 {
		s.pos++
		return uint64(s.data[s.pos-1]), true
	}
	v, n := binary.Uvarint(s.data[s.pos:])
	if n <= 0 {
		return 0, false
	}
	s.pos += n
	return v, true
}
