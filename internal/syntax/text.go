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
		switch rest := s[i:]; {
		case len(rest) >= 64 && isPlain(rest):
			i += 64
			continue
		case len(rest) >= 8 && oddBytes(Word(rest))&tops == 0:
			i += 8
			continue
		}
		for end := min(i+8, len(s)); i < end; {
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

const spaces, tops = 0x2020202020202020, 0x8080808080808080

// oddBytes has a top bit set if a byte of w is a control character below ' ', which
// borrows into it, or not ASCII, which has it.
func oddBytes(w uint64) uint64 { return w | (w - spaces) }

// isPlain tells whether the next 64 bytes have nothing odd, as is so of nearly all text.
func isPlain(s string) bool {
	_ = s[63]
	seen := oddBytes(Word(s)) | oddBytes(Word(s[8:])) | oddBytes(Word(s[16:])) | oddBytes(Word(s[24:])) |
		oddBytes(Word(s[32:])) | oddBytes(Word(s[40:])) | oddBytes(Word(s[48:])) | oddBytes(Word(s[56:]))
	return seen&tops == 0
}

// Word reads eight bytes; the compiler makes one load of it.
func Word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
