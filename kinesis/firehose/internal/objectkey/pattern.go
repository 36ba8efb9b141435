package objectkey

import (
	"fmt"
	"strings"
)

// A field is a run of one letter of a timestamp's pattern, or a literal.
type field struct {
	literal string // if letter is 0
	letter  byte
	count   int // how often the letter stands there, 1 to maxCount
}

// maxCount bounds the runs of letters, as java.time does.
const maxCount = 19

// A letterRule says which counts of a letter there are, and how many bytes a field
// can have at most in the years 1 to 9999.
type letterRule struct {
	most   int
	widest [6]int // by count, the last for five and more
}

// letterRules has the letters that mean the same whatever the locale and that write no
// name of a zone. The counts are those of java.time.format.DateTimeFormatter.
var letterRules = map[byte]letterRule{
	'y': {maxCount, [6]int{0, 4, 2, 4, 4, 4}},
	'u': {maxCount, [6]int{0, 4, 2, 4, 4, 4}},
	'M': {5, [6]int{0, 2, 2, 3, 9, 1}},
	'L': {5, [6]int{0, 2, 2, 3, 9, 1}},
	'Q': {5, [6]int{0, 1, 2, 2, 11, 1}},
	'q': {5, [6]int{0, 1, 2, 2, 11, 1}},
	'D': {3, [6]int{0, 3, 3, 3}},
	'd': {2, [6]int{0, 2, 2}},
	'E': {5, [6]int{0, 3, 3, 3, 9, 1}},
	'a': {1, [6]int{0, 2}},
	'H': {2, [6]int{0, 2, 2}},
	'k': {2, [6]int{0, 2, 2}},
	'K': {2, [6]int{0, 2, 2}},
	'h': {2, [6]int{0, 2, 2}},
	'm': {2, [6]int{0, 2, 2}},
	's': {2, [6]int{0, 2, 2}},
	'S': {9, [6]int{0, 1, 2, 3, 4, 5}},
	'A': {maxCount, [6]int{0, 8, 8, 8, 8, 8}},
	'n': {maxCount, [6]int{0, 9, 9, 9, 9, 9}},
	'N': {maxCount, [6]int{0, 14, 14, 14, 14, 14}},
	'X': {5, [6]int{0, 5, 5, 6, 7, 9}},
	'x': {5, [6]int{0, 5, 5, 6, 7, 9}},
	'Z': {5, [6]int{0, 5, 5, 5, 12, 9}},
}

// refusedLetters are letters of Java's that have a meaning, but none that a key should
// depend on.
var refusedLetters = map[byte]string{
	'Y': "the week-based year depends on a locale; the year is yyyy",
	'w': "the week of a year depends on a locale",
	'W': "the week of a month depends on a locale",
	'e': "the number of a weekday depends on a locale; its name is EEE",
	'c': "the number of a weekday depends on a locale; its name is EEE",
	'F': "the week of a month means different things in different versions of Java",
	'B': "the period of a day depends on a locale",
	'G': "eras are not supported",
	'g': "Julian days are not supported",
	'V': "zones are written as offsets only: X, x or Z",
	'v': "zones are written as offsets only: X, x or Z",
	'z': "zones are written as offsets only: X, x or Z",
	'O': "zones are written as offsets only: X, x or Z",
	'p': "padding is not supported",
}

// parsePattern compiles the pattern of a timestamp. If it is refused, why says the
// reason.
func parsePattern(pattern string) (fields []field, why string) {
	if pattern == "" {
		return nil, "the pattern is empty"
	}
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c == '\'':
			text, rest, ok := cutQuoted(pattern[i:])
			if !ok {
				return nil, "the pattern ends with an incomplete string literal"
			}
			fields = appendLiteral(fields, text)
			i = len(pattern) - len(rest)
		case isLetter(c):
			count := len(pattern) - i - len(strings.TrimLeft(pattern[i:], string(c)))
			if why := checkLetter(c, count); why != "" {
				return nil, why
			}
			fields = append(fields, field{letter: c, count: count})
			i += count
		case strings.IndexByte("[]{}#", c) >= 0:
			return nil, fmt.Sprintf("the pattern has %q outside of single quotes", c)
		default:
			fields = appendLiteral(fields, pattern[i:i+1])
			i++
		}
	}
	return fields, ""
}

// cutQuoted cuts off what is between single quotes. Two quotes in a row are a quote, and
// so are quotes with nothing between them.
func cutQuoted(s string) (text, rest string, ok bool) {
	s = s[1:]
	for {
		before, after, found := strings.Cut(s, "'")
		if !found {
			return "", "", false
		}
		text += before
		switch {
		case strings.HasPrefix(after, "'"):
			text, s = text+"'", after[1:]
		case text == "":
			return "'", after, true
		default:
			return text, after, true
		}
	}
}

func appendLiteral(fields []field, text string) []field {
	if n := len(fields); n > 0 && fields[n-1].letter == 0 {
		fields[n-1].literal += text
		return fields
	}
	return append(fields, field{literal: text})
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func checkLetter(c byte, count int) (why string) {
	rule, ok := letterRules[c]
	switch {
	case ok && count > rule.most:
		return fmt.Sprintf("too many pattern letters: %c, %d times", c, count)
	case ok:
		return ""
	case refusedLetters[c] != "":
		return fmt.Sprintf("pattern letter %c: %s", c, refusedLetters[c])
	}
	return fmt.Sprintf("unknown pattern letter: %c", c)
}

// widest returns how many bytes the field of a letter has at most in the years 1 to
// 9999. Letters that can stand more than five times are numbers, with so many digits at
// least.
func (f field) widest() int {
	rule := letterRules[f.letter]
	most := rule.widest[min(f.count, 5)]
	if rule.most > 5 {
		return max(most, f.count)
	}
	return most
}
