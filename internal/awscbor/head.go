package awscbor

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/awsshape"
)

// Major types, RFC 8949 section 3.1.
const (
	majorUnsigned = iota
	majorNegative
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorSimple // and floats
)

// What the low five bits of a head say beyond lengths that they hold themselves.
const (
	info8      = 24 // the argument is in the next byte
	info16     = 25 // in the next two
	info32     = 26
	info64     = 27
	indefinite = 31 // the end is a break
)

// Items of one byte, and the only tag with a meaning here.
const (
	simpleFalse = 0xf4
	simpleTrue  = 0xf5
	simpleNull  = 0xf6
	undefined   = 0xf7
	breakCode   = 0xff

	tagTime = 1
)

// head is what a data item begins with.
type head struct {
	major, info byte
	arg         uint64 // a value, a count, the length of a string, or the bits of a float
}

func (h head) isNull() bool {
	return h.major == majorSimple && (h.info == simpleNull&31 || h.info == undefined&31)
}

func (h head) isFloat() bool {
	return h.major == majorSimple && info16 <= h.info && h.info <= info64
}

// float returns the value of a float.
func (h head) float() float64 {
	switch h.info {
	case info64:
		return math.Float64frombits(h.arg)
	case info32:
		return float64(math.Float32frombits(uint32(h.arg)))
	}
	// Half precision has a sign, five bits of exponent and ten of mantissa. Everything
	// it can hold, a double holds exactly.
	exponent, mantissa := int(h.arg>>10&31), float64(h.arg&1023)
	var f float64
	switch {
	case exponent == 0:
		f = math.Ldexp(mantissa, -24)
	case exponent < 31:
		f = math.Ldexp(mantissa+1024, exponent-25)
	case mantissa == 0:
		f = math.Inf(1)
	default:
		f = math.NaN()
	}
	if h.arg&0x8000 != 0 {
		f = -f
	}
	return f
}

func appendHead(dst []byte, major byte, arg uint64) []byte {
	major <<= 5
	switch {
	case arg < info8:
		return append(dst, major|byte(arg))
	case arg <= math.MaxUint8:
		return append(dst, major|info8, byte(arg))
	case arg <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, major|info16), uint16(arg))
	case arg <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, major|info32), uint32(arg))
	default:
		return binary.BigEndian.AppendUint64(append(dst, major|info64), arg)
	}
}

// head moves past the head of an item. The break is none.
func (d *decoder) head() (head, error) {
	if d.pos == len(d.data) {
		return head{}, awsshape.ErrMalformed
	}
	first := d.data[d.pos]
	d.pos++
	h := head{major: first >> 5, info: first & 31}
	switch {
	case h.info < info8:
		h.arg = uint64(h.info)
		return h, nil
	case h.info <= info64:
		raw, err := d.take(1 << (h.info - info8))
		if err != nil {
			return head{}, err
		}
		for _, b := range raw {
			h.arg = h.arg<<8 | uint64(b)
		}
		if h.major == majorSimple && h.info == info8 && h.arg < 32 {
			return head{}, awsshape.ErrMalformed // RFC 8949 section 3.3: these have a shorter form, and only that
		}
		return h, nil
	case h.info == indefinite && majorBytes <= h.major && h.major <= majorMap:
		return h, nil
	default:
		return head{}, awsshape.ErrMalformed
	}
}

// item moves past the head of an item and the tags in front of it.
func (d *decoder) item() (head, error) {
	for {
		h, err := d.head()
		if err != nil || h.major != majorTag {
			return h, err
		}
	}
}

// take moves past n bytes and returns them. Nothing can be appended to them in place.
func (d *decoder) take(n uint64) ([]byte, error) {
	if n > uint64(len(d.data)-d.pos) {
		return nil, awsshape.ErrMalformed
	}
	start := d.pos
	d.pos += int(n)
	return d.data[start:d.pos:d.pos], nil
}

// more tells whether an array or map goes on after i elements or entries, and moves
// past the break if it does not.
func (d *decoder) more(h head, i uint64) bool {
	if h.info != indefinite {
		return i < h.arg
	}
	if d.pos < len(d.data) && d.data[d.pos] == breakCode {
		d.pos++
		return false
	}
	return true // or the end, where the next head is missing
}

// str returns the content of a byte or text string whose head was read. It is a part
// of d.data if it came in one piece.
func (d *decoder) str(h head) ([]byte, error) {
	if h.info != indefinite {
		return d.piece(h)
	}
	whole := []byte{}
	for d.more(h, 0) {
		chunk, err := d.head()
		if err != nil {
			return nil, err
		}
		if chunk.major != h.major || chunk.info == indefinite {
			return nil, awsshape.ErrMalformed
		}
		b, err := d.piece(chunk)
		if err != nil {
			return nil, err
		}
		whole = append(whole, b...)
	}
	return whole, nil
}

// piece returns the content of a string or of a chunk, each of which is UTF-8 for
// itself if it is text (RFC 8949 section 3.2.3).
func (d *decoder) piece(h head) ([]byte, error) {
	b, err := d.take(h.arg)
	if err == nil && h.major == majorText && !utf8.Valid(b) {
		return nil, awsshape.ErrMalformed
	}
	return b, err
}

// skip moves past what is left of an item whose head was read.
func (d *decoder) skip(h head, depth int) error {
	switch h.major {
	case majorBytes, majorText:
		_, err := d.str(h)
		return err
	case majorArray, majorMap:
		if depth == maxDepth {
			return awsshape.ErrMalformed
		}
		for i := uint64(0); d.more(h, i); i++ {
			for range h.major - majorArray + 1 { // a map's entries are two items
				part, err := d.item()
				if err != nil {
					return err
				}
				if err := d.skip(part, depth+1); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
