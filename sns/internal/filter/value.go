package filter

import (
	"strconv"
	"strings"
)

// A kind says what a JSON value is.
type kind uint8

const (
	kindMalformed kind = iota // an attribute that is not what its type says
	kindString
	kindNumber // within ±10⁹
	kindFar    // a number beyond
	kindTrue
	kindFalse
	kindNull
	kindArray
	kindObject
)

// A value is a leaf of a message, or what a condition compares it with. Equal
// values are equal Go values, so that a value can be a map's key.
type value struct {
	text  string // a string; of a kindFar, its digits in one form
	fixed int64  // a number in units of 10⁻⁵
	kind  kind
}

// decimals are the digits after the decimal point that count, and farthest is the
// largest number that is compared by its size. ("Filter policy constraints" in the
// SNS Developer Guide.)
const (
	decimals = 5
	farthest = 1_000_000_000 * 100_000
)

// parseNumber reads a decimal number as JSON has it, or as loosely as SQS lets an
// attribute be: "+1", ".5" and "1." are numbers too.
func parseNumber(s string) (v value, ok bool) {
	rest, negative := s, false
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		rest, negative = rest[1:], rest[0] == '-'
	}
	whole := countDigits(rest)
	end := whole
	if end < len(rest) && rest[end] == '.' {
		end++
		end += countDigits(rest[end:])
	}
	mantissa := rest[:end]
	if whole == 0 && end < 2 {
		return value{}, false
	}
	exponent, ok := parseExponent(rest[end:])
	if !ok {
		return value{}, false
	}

	var fixed int64
	inexact := false
	place := whole - 1 + exponent // the power of ten that the digit is worth
	for i := range len(mantissa) {
		switch c := mantissa[i]; {
		case c == '.':
			continue
		case place < -decimals:
			inexact = inexact || c != '0'
		case place > 9 && c != '0':
			return far(mantissa, negative, whole+exponent), true
		case place <= 9:
			fixed = fixed*10 + int64(c-'0')
		}
		place--
	}
	if place >= 9 {
		place = 9 // nothing but zeros
	}
	for ; place >= -decimals; place-- {
		fixed *= 10
	}
	if fixed > farthest || fixed == farthest && inexact {
		return far(mantissa, negative, whole+exponent), true
	}
	if negative {
		fixed = -fixed
		if inexact {
			fixed--
		}
	}
	return value{kind: kindNumber, fixed: fixed}, true
}

// far is the number 0.digits × 10^point in the one form that all ways of writing it
// share, wherever mantissa has its decimal point.
func far(mantissa string, negative bool, point int) value {
	digits := strings.Replace(mantissa, ".", "", 1)
	significant := strings.TrimLeft(digits, "0")
	point -= len(digits) - len(significant)
	text := strings.TrimRight(significant, "0") + "e" + strconv.Itoa(point)
	if negative {
		text = "-" + text
	}
	return value{kind: kindFar, text: text}
}

// parseExponent reads what follows a mantissa, which may be nothing. Exponents that
// no mantissa can make up for are all the same.
func parseExponent(s string) (exponent int, ok bool) {
	if s == "" {
		return 0, true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return 0, false
	}
	s = s[1:]
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if s == "" || countDigits(s) < len(s) {
		return 0, false
	}
	const most = 1 << 26
	for i := range len(s) {
		exponent = min(exponent*10+int(s[i]-'0'), most)
	}
	if negative {
		exponent = -exponent
	}
	return exponent, true
}

func countDigits(s string) int {
	n := 0
	for n < len(s) && s[n]-'0' <= 9 {
		n++
	}
	return n
}
