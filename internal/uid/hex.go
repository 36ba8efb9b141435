package uid

// HexDigits returns the eight lower-case hexadecimal digits of v, the first in
// the top byte.
func HexDigits(v uint32) uint64 {
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	letters := (x + 0x0606060606060606) >> 4 & 0x0101010101010101 // 1 where a digit is over 9
	return x + 0x3030303030303030 + letters*('a'-'0'-10)
}

// ParseHexDigits is the inverse of HexDigits; ok is false for anything else.
func ParseHexDigits(digits uint64) (v uint32, ok bool) {
	x := digits&0x0f0f0f0f0f0f0f0f + 9*(digits>>6&0x0101010101010101)
	x = (x | x>>4) & 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	v = uint32(x | x>>16)
	return v, HexDigits(v) == digits
}
