package objectkey_test

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

// naiveEvaluate returns a regular expression for what a prefix becomes, where query keys
// are q and lambda keys l.
func naiveEvaluate(prefix string, at time.Time) string {
	var b strings.Builder
	end := 0
	for _, m := range anyExpression.FindAllStringSubmatchIndex(prefix, -1) {
		b.WriteString(regexp.QuoteMeta(prefix[end:m[0]]))
		end = m[1]
		switch namespace, value := prefix[m[2]:m[3]], prefix[m[4]:m[5]]; {
		case value == "random-string" && namespace == "firehose":
			b.WriteString("[0-9a-f]{11}")
		case namespace == "firehose":
			b.WriteString(string(objectkey.OpenSearchFailed))
		case namespace == "timestamp":
			b.WriteString(regexp.QuoteMeta(naiveTime(value, at)))
		case namespace == "partitionKeyFromQuery":
			b.WriteString("q")
		default:
			b.WriteString("l")
		}
	}
	return b.String() + regexp.QuoteMeta(prefix[end:])
}

func naiveTime(pattern string, at time.Time) string {
	var b strings.Builder
	for pattern != "" {
		if at := quoted.FindStringIndex(pattern); at != nil && at[0] == 0 {
			text := strings.ReplaceAll(pattern[1:at[1]-1], "''", "'")
			if at[1] == 2 {
				text = "'"
			}
			b.WriteString(text)
			pattern = pattern[at[1]:]
			continue
		}
		count := len(pattern) - len(strings.TrimLeft(pattern, pattern[:1]))
		if pattern[0] >= 0x80 {
			count = 1
		}
		b.WriteString(naiveField(pattern[0], count, at))
		pattern = pattern[count:]
	}
	return b.String()
}

// naiveLayouts are time's words for the fields of java.time.
var naiveLayouts = map[string]string{
	"M": "1", "MM": "01", "MMM": "Jan", "MMMM": "January", "d": "2", "dd": "02", "E": "Mon", "EE": "Mon", "EEE": "Mon", "EEEE": "Monday",
	"a": "PM", "h": "3", "hh": "03", "m": "4", "mm": "04", "s": "5", "ss": "05", "HH": "15", "DDD": "002", "yy": "06", "uu": "06",
	"XX": "Z0700", "XXX": "Z07:00", "xx": "-0700", "xxx": "-07:00", "Z": "-0700", "ZZ": "-0700", "ZZZ": "-0700",
}

func naiveField(letter byte, count int, at time.Time) string {
	if letter == 'L' {
		letter = 'M'
	}
	letters := strings.Repeat(string(rune(letter)), count)
	if layout, ok := naiveLayouts[letters]; ok {
		return at.Format(layout)
	}
	_, offset := at.Zone()
	midnight := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second + time.Duration(at.Nanosecond())
	number := func(n int) string { return fmt.Sprintf("%0*d", count, n) }
	zone := func(layout string) string {
		if offset%60 == 0 {
			layout = strings.TrimSuffix(strings.TrimSuffix(layout, "00"), ":")
		}
		return at.Format(layout)
	}
	switch letter {
	case 'y', 'u':
		return number(at.Year())
	case 'M':
		return at.Month().String()[:1]
	case 'E':
		return at.Weekday().String()[:1]
	case 'Q', 'q':
		quarter := (int(at.Month())-1)/3 + 1
		return []string{0: number(quarter), 1: fmt.Sprint("Q", quarter), 2: []string{"1st", "2nd", "3rd", "4th"}[quarter-1] + " quarter", 3: fmt.Sprint(quarter)}[max(count-2, 0)]
	case 'D':
		return number(at.YearDay())
	case 'H':
		return number(at.Hour())
	case 'K':
		return number(at.Hour() % 12)
	case 'k':
		if at.Hour() == 0 {
			return "24"
		}
		return number(at.Hour())
	case 'S':
		return at.Format(".000000000")[1 : 1+count]
	case 'A':
		return number(int(midnight.Milliseconds()))
	case 'n':
		return number(at.Nanosecond())
	case 'N':
		return number(int(midnight))
	case 'X', 'x':
		sign := map[byte]string{'X': "Z", 'x': "-"}[letter]
		switch {
		case count == 1 && offset%3600/60 == 0:
			return at.Format(sign + "07")
		case count == 1:
			return at.Format(sign + "0700")
		case count == 4:
			return zone(sign + "070000")
		}
		return zone(sign + "07:00:00")
	case 'Z':
		switch {
		case count == 5:
			return zone("Z07:00:00")
		case offset == 0:
			return "GMT"
		}
		return "GMT" + zone("-07:00:00")
	}
	return strings.Repeat(string([]byte{letter}), count)
}
