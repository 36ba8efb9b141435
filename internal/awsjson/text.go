package awsjson

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/awsshape"
)

// text reads a string.
func (d *decoder) text() (string, error) {
	raw, escaped, err := d.quoted()
	if err != nil {
		return "", err
	}
	if !escaped {
		return string(raw), nil
	}
	return unescape(raw)
}

// name reads a string that is a name. It may refer to d.data.
func (d *decoder) name() ([]byte, error) {
	raw, escaped, err := d.quoted()
	if err != nil || !escaped {
		return raw, err
	}
	s, err := unescape(raw)
	return []byte(s), err
}

// quoted returns what is between the quotes of a string, its escapes as they
// are.
func (d *decoder) quoted() (raw []byte, escaped bool, err error) {
	if d.next() != '"' {
		return nil, false, awsshape.ErrMalformed
	}
	rest := d.data[d.pos+1:]
	end := bytes.IndexByte(rest, '"')
	if end < 0 {
		return nil, false, awsshape.ErrMalformed
	}
	if slash := bytes.IndexByte(rest[:end], '\\'); slash >= 0 {
		escaped = true
		for end = slash; end < len(rest) && rest[end] != '"'; end++ {
			if rest[end] == '\\' {
				end++
			}
		}
		if end >= len(rest) {
			return nil, false, awsshape.ErrMalformed
		}
	}
	if raw = rest[:end]; hasControl(raw) {
		return nil, false, awsshape.ErrMalformed
	}
	d.pos += end + 2
	return raw, escaped, nil
}

// hasControl tells whether b has a byte below ' '.
func hasControl(b []byte) bool {
	// Eight bytes at a time: taking ' ' from a byte below it borrows into its top
	// bit. Bytes whose top bit was set to begin with do not count, and a byte that
	// only the borrow of its neighbour brings below has that neighbour to blame.
	const spaces, tops = 0x2020202020202020, 0x8080808080808080
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		if (w-spaces)&^w&tops != 0 {
			return true
		}
		b = b[8:]
	}
	for _, c := range b {
		if c < ' ' {
			return true
		}
	}
	return false
}

// unescape resolves the escapes of a string, which has at least one.
func unescape(raw []byte) (string, error) {
	var b strings.Builder
	b.Grow(len(raw))
	for {
		n := bytes.IndexByte(raw, '\\')
		if n < 0 {
			b.Write(raw)
			return b.String(), nil
		}
		b.Write(raw[:n])
		c := raw[n+1] // quoted saw to it that this is there
		raw = raw[n+2:]
		switch c {
		case '"', '\\', '/':
			b.WriteByte(c)
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'u':
			r, ok := hex4(raw)
			if !ok {
				return "", awsshape.ErrMalformed
			}
			raw = raw[4:]
			if utf16.IsSurrogate(r) {
				low, ok := lowSurrogate(raw)
				if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
					raw = raw[6:]
				}
			}
			b.WriteRune(r)
		default:
			return "", awsshape.ErrMalformed
		}
	}
}

func lowSurrogate(raw []byte) (rune, bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return utf8.RuneError, false
	}
	return hex4(raw[2:])
}

func hex4(raw []byte) (rune, bool) {
	if len(raw) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range raw[:4] {
		switch {
		case digit(c):
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
