package objectkey_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

// TestPatterns has what java.time.format.DateTimeFormatter writes, in Locale.ENGLISH.
func TestPatterns(t *testing.T) {
	var (
		afternoon = time.Date(2018, 8, 27, 15, 4, 5, 67_890_123, time.UTC) // a Monday
		midnight  = time.Date(2021, 1, 2, 0, 0, 0, 0, time.UTC)            // a Saturday
		noon      = time.Date(987, 12, 31, 12, 59, 59, 999_999_999, time.UTC)
		far       = time.Date(12345, 2, 1, 1, 0, 0, 0, time.UTC)
		ancient   = time.Date(-4, 2, 1, 23, 0, 0, 0, time.UTC)
	)
	for _, c := range []struct {
		at      time.Time
		pattern string
		want    string
	}{
		{afternoon, "yyyy-MM-dd HH:mm:ss", "2018-08-27 15:04:05"},
		{afternoon, "y yy yyy yyyyy yyyyyyyy", "2018 18 2018 02018 00002018"},
		{noon, "y yy yyy yyyy u uuuu", "987 87 987 0987 987 0987"},
		{far, "y yy yyyy yyyyy uuuu", "12345 45 +12345 12345 +12345"},
		{ancient, "y yyyy u uu uuu uuuu", "5 0005 -4 04 -004 -0004"},
		{afternoon, "M MM MMM MMMM MMMMM L LL LLL LLLL LLLLL", "8 08 Aug August A 8 08 Aug August A"},
		{afternoon, "Q QQ QQQ QQQQ QQQQQ", "3 03 Q3 3rd quarter 3"},
		{midnight, "q qq qqq qqqq qqqqq", "1 01 Q1 1st quarter 1"},
		{afternoon, "D DD DDD", "239 239 239"},
		{midnight, "D DD DDD d dd", "2 02 002 2 02"},
		{afternoon, "E EE EEE EEEE EEEEE", "Mon Mon Mon Monday M"},
		{afternoon, "a h hh K KK H HH k kk", "PM 3 03 3 03 15 15 15 15"},
		{midnight, "a h hh K KK H HH k kk", "AM 12 12 0 00 0 00 24 24"},
		{noon, "a h hh K KK H HH k kk", "PM 12 12 0 00 12 12 12 12"},
		{afternoon, "m mm s ss", "4 04 5 05"},
		{afternoon, "S SS SSS SSSSSS SSSSSSSSS", "0 06 067 067890 067890123"},
		{afternoon, "A AAAAAAAAAA n nnnnnnnnnn N", "54245067 0054245067 67890123 0067890123 54245067890123"},
		{afternoon, "X XX XXX XXXX XXXXX", "Z Z Z Z Z"},
		{afternoon, "x xx xxx xxxx xxxxx", "+00 +0000 +00:00 +0000 +00:00"},
		{afternoon, "Z ZZ ZZZ ZZZZ ZZZZZ", "+0000 +0000 +0000 GMT Z"},
		{afternoon, "'T'HH''mm'o''clock'", "T15'04o'clock"},
		{afternoon, "''''", "'"},
		{afternoon, "''", "'"},
		{afternoon, "'[{#'yyyy", "[{#2018"},
		{afternoon, "yyyy年MM月dd日", "2018年08月27日"},
		{afternoon, "./-_=:,", "./-_=:,"},
	} {
		require.Equal(t, c.want, evaluate(t, "", c.pattern, c.at), c.pattern)
	}
	for zone, want := range map[string]string{
		"Asia/Tokyo":       "+09 +0900 +09:00 +0900 +09:00|+09|+0900 GMT+09:00 +09:00",
		"Asia/Kolkata":     "+0530 +0530 +05:30 +0530 +05:30|+0530|+0530 GMT+05:30 +05:30",
		"America/St_Johns": "-0230 -0230 -02:30 -0230 -02:30|-0230|-0230 GMT-02:30 -02:30",
		"UTC":              "Z Z Z Z Z|+00|+0000 GMT Z",
	} {
		require.Equal(t, want, evaluate(t, zone, "X XX XXX XXXX XXXXX'|'x'|'Z ZZZZ ZZZZZ", afternoon), zone)
	}
	local := time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC) // London was 75 seconds behind then
	require.Equal(t, "-0001 -00:01 -000115 -00:01:15", evaluate(t, "Europe/London", "XX XXX XXXX XXXXX", local))
}

// evaluate returns what a timestamp expression becomes.
func evaluate(t *testing.T, zone, pattern string, at time.Time) string {
	t.Helper()
	x := compile(t, objectkey.Config{
		Stream: "st.", CustomTimeZone: zone,
		Prefix: "!{timestamp:" + pattern + "}", ErrorOutputPrefix: "!{firehose:error-output-type}",
	})
	key, err := x.Key(objectkey.KeyInput{Time: at})
	require.NoError(t, err)
	return prefixOf(t, key)
}

func TestRefusedPatterns(t *testing.T) {
	for pattern, why := range map[string]string{
		"":                      "the pattern is empty",
		"'a":                    "incomplete string literal",
		"'''":                   "incomplete string literal",
		"yyyy'":                 "incomplete string literal",
		strings.Repeat("y", 20): "too many pattern letters: y, 20 times",
		"MMMMMM":                "too many pattern letters: M, 6 times",
		"DDDD":                  "too many pattern letters: D, 4 times",
		"ddd":                   "too many pattern letters: d, 3 times",
		"HHH":                   "too many pattern letters: H, 3 times",
		"aa":                    "too many pattern letters: a, 2 times",
		"SSSSSSSSSS":            "too many pattern letters: S, 10 times",
		"XXXXXX":                "too many pattern letters: X, 6 times",
		"YYYY":                  "pattern letter Y: the week-based year depends on a locale; the year is yyyy",
		"ww":                    "pattern letter w: ",
		"W":                     "pattern letter W: ",
		"e":                     "pattern letter e: ",
		"c":                     "pattern letter c: ",
		"F":                     "pattern letter F: ",
		"B":                     "pattern letter B: ",
		"G":                     "pattern letter G: ",
		"g":                     "pattern letter g: ",
		"VV":                    "pattern letter V: ",
		"v":                     "pattern letter v: ",
		"z":                     "pattern letter z: ",
		"O":                     "pattern letter O: ",
		"ppH":                   "pattern letter p: ",
		"yyyy[MM]":              `the pattern has '[' outside of single quotes`,
		"#":                     `the pattern has '#' outside of single quotes`,
		"yyyy{":                 `the pattern has '{' outside of single quotes`,
		"C":                     "unknown pattern letter: C",
		"T":                     "unknown pattern letter: T",
		"r":                     "unknown pattern letter: r",
	} {
		_, err := objectkey.Compile(objectkey.Config{Stream: "s", Prefix: "!{timestamp:" + pattern + "}", ErrorOutputPrefix: "!{firehose:error-output-type}"})
		require.Equal(t, []string{"Prefix: " + lead + "Invalid conversion character used in the value of the expression in Prefix"}, faultsOf(t, err))
		fault, ok := errors.AsType[*objectkey.Fault](err)
		require.True(t, ok)
		require.Contains(t, fault.Detail, why, pattern)
	}
}

// TestWidths finds out how much room Compile leaves for a field, and compares it with
// the longest text that the field has.
func TestWidths(t *testing.T) {
	var times []time.Time
	for _, year := range []int{1, 1800, 2018, 9999} {
		for month := time.January; month <= time.December; month++ {
			for day := 21; day <= 27; day++ { // every weekday
				times = append(times, time.Date(year, month, day, 23, 59, 59, 999_999_999, time.UTC))
			}
		}
	}
	for letters, most := range map[string]int{"yuAnN": 19, "MLQqEXxZ": 5, "D": 3, "dHkKhms": 2, "a": 1, "S": 9} {
		for _, letter := range letters {
			for count := 1; count <= most; count++ {
				expression := "!{timestamp:" + strings.Repeat(string(letter), count) + "}"
				var x *objectkey.Template
				room := 512 + 1
				for err := errors.New("not tried"); err != nil; {
					room--
					x, err = objectkey.Compile(objectkey.Config{
						Stream: "st.", CustomTimeZone: "Europe/London",
						Prefix: strings.Repeat("-", room) + expression, ErrorOutputPrefix: "!{firehose:error-output-type}",
					})
				}
				longest := 0
				for _, at := range times {
					key, err := x.Key(objectkey.KeyInput{Time: at})
					require.NoError(t, err, expression)
					longest = max(longest, len(prefixOf(t, key)))
				}
				require.Equal(t, 512, longest, expression)
			}
		}
	}
}
