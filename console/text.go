package console

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// seconds is a duration that is a number of seconds in JSON.
type seconds time.Duration

// MarshalJSON never fails.
func (s seconds) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Duration(s).Seconds())
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *seconds) UnmarshalJSON(text []byte) error {
	var f float64
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	*s = seconds(math.Round(f * float64(time.Second)))
	return nil
}

func (s seconds) String() string { return shortDuration(time.Duration(s)) }

// shortDuration writes a duration for people, in two units at most: "3m 20s".
func shortDuration(d time.Duration) string {
	const day = 24 * time.Hour
	two := func(large, small time.Duration, a, b string) string {
		text := fmt.Sprintf("%d%s", d/large, a)
		if rest := d % large / small; rest > 0 {
			text += fmt.Sprintf(" %d%s", rest, b)
		}
		return text
	}
	switch {
	case d < 0:
		return "-" + shortDuration(-d)
	case d >= day:
		return two(day, time.Hour, "d", "h")
	case d >= time.Hour:
		return two(time.Hour, time.Minute, "h", "m")
	case d >= time.Minute:
		return two(time.Minute, time.Second, "m", "s")
	case d >= 10*time.Second:
		return d.Truncate(time.Second).String()
	case d >= time.Second:
		return d.Truncate(100 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Truncate(time.Millisecond).String()
	default:
		return d.Truncate(time.Microsecond).String()
	}
}

// count writes a whole number in groups of three digits.
func count[N ~int | ~int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// bytesText writes a number of bytes for people.
func bytesText(n float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	for n >= 1000 && len(units) > 1 {
		n, units = n/1024, units[1:]
	}
	return rateText(n) + " " + units[0]
}

// rateText writes a number with three digits or so.
func rateText(n float64) string {
	switch {
	case n >= 100 || n == math.Trunc(n):
		return count(int64(math.Round(n)))
	case n >= 10:
		return strconv.FormatFloat(n, 'f', 1, 64)
	default:
		return strconv.FormatFloat(n, 'f', 2, 64)
	}
}

// excerpt is the beginning of a text, or of bytes that are none, for people to see.
type excerpt struct {
	Text      string `json:"text"`
	Hex       bool   `json:"hex,omitzero"` // whether Text has the bytes in hexadecimal, since they are no text
	Size      int    `json:"size"`         // of all, in bytes
	Truncated bool   `json:"truncated,omitzero"`
}

// budget bounds what a page shows of bodies, in bytes: of each, and of all together.
type budget struct{ each, all int }

// take returns as much of a body as there is room for.
func (b *budget) take(body string) excerpt {
	e := excerpt{Size: len(body)}
	most := min(b.each, b.all)
	if len(body) > most {
		e.Truncated = true
		for body = body[:most]; len(body) > 0 && most-len(body) < utf8.UTFMax; body = body[:len(body)-1] {
			if r, n := utf8.DecodeLastRuneInString(body); r != utf8.RuneError || n > 1 {
				break
			}
		}
	}
	b.all -= len(body)
	e.Text = body
	if e.Hex = !isText(body); e.Hex {
		e.Text = hex.EncodeToString([]byte(body))
	}
	return e
}

// isText tells whether a body can be read: UTF-8 without control characters.
func isText(body string) bool {
	if !utf8.ValidString(body) {
		return false
	}
	return !strings.ContainsFunc(body, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t'
	})
}
