package syntax

import "unicode/utf8"

const maxFIFOID = 128

// IsFIFOID tells whether s is 1 to 128 letters, digits and punctuation
// characters of ASCII.
func IsFIFOID(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return 0 < len(s) && len(s) <= maxFIFOID
}

// AllowedText tells whether s is valid UTF-8 made of the characters that SQS
// and SNS allow: #x9 #xA #xD #x20–#xD7FF #xE000–#xFFFD #x10000–#x10FFFF.
func AllowedText(s string) bool {
	for i := 0; i < len(s); {
		if len(s)-i >= block && isPlain(s[i:i+block]) {
			i += block
			continue
		}
		for end := min(i+block, len(s)); i < end; {
			if c := s[i]; c < utf8.RuneSelf {
				if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
					return false
				}
				i++
				continue
			}
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 || r == 0xFFFE || r == 0xFFFF {
				return false
			}
			i += size
		}
	}
	return true
}

const block = 64

// isPlain tells whether a block is all printable ASCII, as nearly all text is: a
// byte below ' ' borrows into its top bit, one above '~' has it set.
func isPlain(s string) bool {
	const spaces, tops = 0x2020202020202020, 0x8080808080808080
	w0, w1, w2, w3 := Word(s), Word(s[8:]), Word(s[16:]), Word(s[24:])
	seen := w0 | w1 | w2 | w3 | (w0 - spaces) | (w1 - spaces) | (w2 - spaces) | (w3 - spaces)
	w0, w1, w2, w3 = Word(s[32:]), Word(s[40:]), Word(s[48:]), Word(s[56:])
	seen |= w0 | w1 | w2 | w3 | (w0 - spaces) | (w1 - spaces) | (w2 - spaces) | (w3 - spaces)
	return seen&tops == 0
}

// Word reads eight bytes; the compiler makes one load of it.
func Word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
