package objectkey

import (
	"strconv"
	"time"
)

// A moment is a time in a zone, taken apart once for all the fields of a key.
type moment struct {
	at                   time.Time // in the zone
	year, day            int
	month                time.Month
	hour, minute, second int
}

func newMoment(at time.Time, zone *time.Location) moment {
	m := moment{at: at.In(zone)}
	m.year, m.month, m.day = m.at.Date()
	m.hour, m.minute, m.second = m.at.Clock()
	return m
}

// appendSuffix writes yyyy-MM-dd-HH-mm-ss.
func (m *moment) appendSuffix(dst []byte) []byte {
	dst = appendYear(dst, yearOfEra(m.year), 4)
	for _, n := range [...]int{int(m.month), m.day, m.hour, m.minute, m.second} {
		dst = appendNumber(append(dst, '-'), n, 2)
	}
	return dst
}

// appendField writes a field as java.time.format.DateTimeFormatter does, with the
// texts of Locale.ENGLISH.
func (m *moment) appendField(dst []byte, f field) []byte {
	switch f.letter {
	case 0:
		return append(dst, f.literal...)
	case 'y':
		return appendYear(dst, yearOfEra(m.year), f.count)
	case 'u':
		return appendYear(dst, m.year, f.count)
	case 'M', 'L':
		return appendNamed(dst, int(m.month), m.month.String(), f.count)
	case 'Q', 'q':
		return appendQuarter(dst, (int(m.month)+2)/3, f.count)
	case 'D':
		return appendNumber(dst, m.at.YearDay(), f.count)
	case 'd':
		return appendNumber(dst, m.day, f.count)
	case 'E':
		return appendNamed(dst, 0, m.at.Weekday().String(), max(f.count, 3))
	case 'a':
		return append(dst, "AP"[m.hour/12], 'M')
	case 'H':
		return appendNumber(dst, m.hour, f.count)
	case 'k':
		return appendNumber(dst, (m.hour+23)%24+1, f.count)
	case 'K':
		return appendNumber(dst, m.hour%12, f.count)
	case 'h':
		return appendNumber(dst, (m.hour+11)%12+1, f.count)
	case 'm':
		return appendNumber(dst, m.minute, f.count)
	case 's':
		return appendNumber(dst, m.second, f.count)
	case 'S':
		start := len(dst)
		return appendNumber(dst, m.at.Nanosecond(), 9)[:start+f.count]
	case 'A':
		return appendNumber(dst, int(m.sinceMidnight()/time.Millisecond), f.count)
	case 'n':
		return appendNumber(dst, m.at.Nanosecond(), f.count)
	case 'N':
		return appendNumber64(dst, int64(m.sinceMidnight()), f.count)
	}
	return m.appendOffset(dst, f)
}

// sinceMidnight is what the clock says, whatever the zone did with it that day.
func (m *moment) sinceMidnight() time.Duration {
	return time.Duration(m.hour*3600+m.minute*60+m.second)*time.Second + time.Duration(m.at.Nanosecond())
}

func yearOfEra(year int) int {
	if year < 1 {
		return 1 - year
	}
	return year
}

// appendYear writes two digits for two letters. For four letters and more, a year that
// needs more digits than there are letters has its sign.
func appendYear(dst []byte, year, count int) []byte {
	if count == 2 {
		return appendNumber(dst, max(year, -year)%100, 2)
	}
	start := len(dst)
	switch {
	case year < 0:
		return appendNumber(append(dst, '-'), -year, count)
	case count < 4:
		return appendNumber(dst, year, count)
	}
	dst = appendNumber(append(dst, '+'), year, count)
	if len(dst)-start > count+1 {
		return dst
	}
	copy(dst[start:], dst[start+1:])
	return dst[:len(dst)-1]
}

// appendNamed writes a number for one or two letters, a short name for three, the name
// for four, its first letter for five.
func appendNamed(dst []byte, number int, name string, count int) []byte {
	switch count {
	case 3:
		return append(dst, name[:3]...)
	case 4:
		return append(dst, name...)
	case 5:
		return append(dst, name[0])
	}
	return appendNumber(dst, number, count)
}

func appendQuarter(dst []byte, quarter, count int) []byte {
	switch count {
	case 3:
		return append(dst, 'Q', '0'+byte(quarter))
	case 4:
		return append(dst, [...]string{"1st", "2nd", "3rd", "4th"}[quarter-1]+" quarter"...)
	case 5:
		return append(dst, '0'+byte(quarter))
	}
	return appendNumber(dst, quarter, count)
}

// appendOffset writes the zone's distance from UTC.
func (m *moment) appendOffset(dst []byte, f field) []byte {
	_, seconds := m.at.Zone()
	count := f.count
	if f.letter == 'Z' && count == 4 {
		dst, count = append(dst, "GMT"...), 5
		if seconds == 0 {
			return dst
		}
	} else if f.letter == 'Z' && count < 4 {
		count = 2
	} else if seconds == 0 && f.letter != 'x' {
		return append(dst, 'Z')
	}
	colon, sign := count == 3 || count == 5, byte('+')
	if seconds < 0 {
		seconds, sign = -seconds, '-'
	}
	hours, minutes, rest := seconds/3600, seconds/60%60, seconds%60
	dst = appendNumber(append(dst, sign), hours, 2)
	if count == 1 && minutes == 0 {
		return dst
	}
	dst = appendPart(dst, minutes, colon)
	if count >= 4 && rest != 0 {
		dst = appendPart(dst, rest, colon)
	}
	return dst
}

func appendPart(dst []byte, n int, colon bool) []byte {
	if colon {
		dst = append(dst, ':')
	}
	return appendNumber(dst, n, 2)
}

func appendNumber(dst []byte, n, digits int) []byte { return appendNumber64(dst, int64(n), digits) }

// appendNumber64 writes n, which is not negative, with at least so many digits.
func appendNumber64(dst []byte, n int64, digits int) []byte {
	for limit := int64(10); digits > 1; digits-- {
		if n < limit {
			dst = append(dst, '0')
		}
		if limit > 1e17 {
			limit = 1<<63 - 1 // no number has more digits than that
		} else {
			limit *= 10
		}
	}
	return strconv.AppendInt(dst, n, 10)
}
