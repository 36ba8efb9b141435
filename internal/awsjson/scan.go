package awsjson

import (
	"bytes"
	"math"
	"strconv"

	"github.com/leat-go/leat/internal/awsshape"
)

// maxDepth bounds the nesting of values that are skipped. No request of AWS's
// comes near it.
const maxDepth = 100

// next returns the byte that the next token begins with, 0 at the end.
func (d *decoder) next() byte {
	d.space()
	if d.pos < len(d.data) {
		return d.data[d.pos]
	}
	return 0
}

func (d *decoder) space() {
	for d.pos < len(d.data) {
		switch d.data[d.pos] {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return
		}
	}
}

// more tells whether another element follows and moves to it, past the comma, or
// past the closing bracket.
func (d *decoder) more(first bool, bracket byte) (bool, error) {
	switch b := d.next(); {
	case b == bracket:
		d.pos++
		return false, nil
	case first && b != 0:
		return true, nil
	case b == ',' && !first:
		d.pos++
		if d.next() == bracket {
			return false, awsshape.ErrMalformed
		}
		return true, nil
	default:
		return false, awsshape.ErrMalformed
	}
}

func (d *decoder) colon() error {
	if d.next() != ':' {
		return awsshape.ErrMalformed
	}
	d.pos++
	return nil
}

func (d *decoder) literal(word string) error {
	if !bytes.HasPrefix(d.data[d.pos:], []byte(word)) {
		return awsshape.ErrMalformed
	}
	d.pos += len(word)
	return nil
}

// number moves past a number and returns it.
func (d *decoder) number() ([]byte, error) {
	start := d.pos
	if d.peek() == '-' {
		d.pos++
	}
	if d.peek() == '0' {
		d.pos++
	} else if !d.digits() {
		return nil, awsshape.ErrMalformed
	}
	if d.peek() == '.' {
		d.pos++
		if !d.digits() {
			return nil, awsshape.ErrMalformed
		}
	}
	if b := d.peek(); b == 'e' || b == 'E' {
		d.pos++
		if b := d.peek(); b == '+' || b == '-' {
			d.pos++
		}
		if !d.digits() {
			return nil, awsshape.ErrMalformed
		}
	}
	return d.data[start:d.pos], nil
}

// integer reads a number of so many bits. AWS cuts off a fraction.
func (d *decoder) integer(bits int) (int64, error) {
	raw, err := d.number()
	if err != nil {
		return 0, err
	}
	if n, err := strconv.ParseInt(string(raw), 10, bits); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	limit := math.Ldexp(1, bits-1)
	if f = math.Trunc(f); err != nil || f < -limit || f >= limit {
		return 0, awsshape.ErrOutOfRange
	}
	return int64(f), nil
}

// digits moves past digits, and tells whether there was one.
func (d *decoder) digits() bool {
	start := d.pos
	for digit(d.peek()) {
		d.pos++
	}
	return d.pos > start
}

// peek returns the byte at hand, 0 at the end.
func (d *decoder) peek() byte {
	if d.pos < len(d.data) {
		return d.data[d.pos]
	}
	return 0
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

// skip moves past a value of whatever kind.
func (d *decoder) skip(depth int) error {
	switch b := d.next(); {
	case depth > maxDepth:
		return awsshape.ErrMalformed
	case b == '"':
		_, err := d.text() // escapes must be valid even where nobody reads them
		return err
	case b == '-' || digit(b):
		_, err := d.number()
		return err
	case b == 't':
		return d.literal("true")
	case b == 'f':
		return d.literal("false")
	case b == 'n':
		return d.literal("null")
	case b == '[' || b == '{':
		d.pos++
		for first := true; ; first = false {
			more, err := d.more(first, b+2) // ']' and '}' are two after their openings
			if err != nil || !more {
				return err
			}
			if b == '{' {
				if _, err := d.name(); err != nil {
					return err
				}
				if err := d.colon(); err != nil {
					return err
				}
			}
			if err := d.skip(depth + 1); err != nil {
				return err
			}
		}
	default:
		return awsshape.ErrMalformed
	}
}
