package objectkey_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

var (
	anyExpression = regexp.MustCompile(`!\{([^:}]*):([^}]*)\}`)
	quoted        = regexp.MustCompile(`'(?:[^']|'')*'`)
)

// FuzzCompile compares with a naive model, made of regular expressions, fmt and
// time.Format, which prefixes are right and what they become.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		"", "a/", "!{timestamp:yyyy/MM/dd/HH/}", "x!{timestamp:u'y'''E''Q}", "!{firehose:random-string}", "!{", "!{a:b}", "!{timestamp:MMMMMM}",
		"!{partitionKeyFromQuery:q}!{partitionKeyFromLambda:}", "!{timestamp:yyyyMMMEEEaKkhHmsSAnNXxZ}", "!{timestamp:ZZZZ XXXXX xx qqqq LLLL D}é",
		strings.Repeat("!{timestamp:yyyyyyyyyyyyyyyyyyy}", 26), strings.Repeat("€", 300), "!{timestamp:!{x:y}}", "!{timestamp:NNN''''}",
	} {
		f.Add(s, "!{firehose:error-output-type}/", int64(1), false)
		f.Add(s, "", int64(1e18), true)
		f.Add("", s+"!{firehose:error-output-type}", int64(5e18), false)
	}
	zones := []string{"", "Asia/Tokyo", "America/St_Johns", "Europe/London"}
	f.Fuzz(func(t *testing.T, prefix, failures string, seed int64, dynamic bool) {
		zone := zones[uint64(seed)%uint64(len(zones))]
		x, err := objectkey.Compile(objectkey.Config{Stream: "st.", Prefix: prefix, ErrorOutputPrefix: failures, DynamicPartitioning: dynamic, CustomTimeZone: zone})
		if err != nil {
			texts := faultsOf(t, err)
			if !strings.Contains(fmt.Sprint(texts), "cannot be greater than 512") && !strings.Contains(fmt.Sprint(texts), "have more than 1024 bytes") {
				require.False(t, naiveValid(prefix, failures, dynamic), texts)
			}
			return
		}
		require.True(t, naiveValid(prefix, failures, dynamic), "compiled")
		location, _ := time.LoadLocation(zone)
		seconds := uint64(seed) % (9998 * 365 * 86400) // from the year 1 on
		at := time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(seconds/86400)).Add(time.Duration(seconds%86400)*time.Second + time.Duration(uint64(seed)%1e9))
		in := objectkey.KeyInput{Time: at, Query: map[string]string{}, Lambda: map[string]string{}}
		query, lambda := x.PartitionKeys()
		for _, name := range query {
			in.Query[name] = "q"
		}
		for _, name := range lambda {
			in.Lambda[name] = "l"
		}
		_, err = x.Partition(in)
		require.NoError(t, err)
		key, err := x.Key(in)
		require.NoError(t, err)
		failed, err := x.ErrorKey(objectkey.OpenSearchFailed, in)
		require.NoError(t, err)
		wantGood, wantBad := naiveDefaults(prefix, failures)
		for got, want := range map[string]string{key: wantGood, failed: wantBad} {
			require.LessOrEqual(t, len(got), 1024)
			require.True(t, utf8.ValidString(got))
			pattern := "^" + naiveEvaluate(want, at.In(location)) + `st\.-1-` + at.In(location).Format("2006-01-02-15-04-05") + "-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
			require.Regexp(t, pattern, got)
		}
	})
}

func naiveDefaults(prefix, failures string) (good, bad string) {
	const hour = "!{timestamp:yyyy/MM/dd/HH/}"
	good, bad = prefix, failures
	if !strings.Contains(prefix, "!{timestamp:") {
		good += hour
	}
	if failures == "" {
		bad = prefix
	}
	if !strings.Contains(bad, "!{") {
		bad += "!{firehose:error-output-type}/" + hour
	}
	return good, bad
}

func naiveValid(prefix, failures string, dynamic bool) bool {
	inPrefix, inFailures := naiveNamespaces(prefix), naiveNamespaces(failures)
	if inPrefix == nil || inFailures == nil {
		return false
	}
	partitioned := inPrefix["partitionKeyFromQuery"] || inPrefix["partitionKeyFromLambda"]
	switch {
	case inPrefix["firehose:error-output-type"], partitioned != dynamic, inFailures["partitionKeyFromQuery"], inFailures["partitionKeyFromLambda"]:
		return false
	case len(inFailures) > 0:
		return inFailures["firehose:error-output-type"]
	case len(inPrefix) > 0:
		return failures != ""
	}
	return true
}

// naiveNamespaces returns nil if the prefix is wrong by itself.
func naiveNamespaces(prefix string) map[string]bool {
	if utf8.RuneCountInString(prefix) > 1024 || !utf8.ValidString(prefix) || regexp.MustCompile("[\x00-\x1f\x7f]").MatchString(prefix) {
		return nil
	}
	found := map[string]bool{}
	for _, m := range anyExpression.FindAllStringSubmatch(prefix, -1) {
		if strings.Contains(m[0][1:], "!{") {
			return nil
		}
		switch {
		case m[1] == "firehose" && (m[2] == "random-string" || m[2] == "error-output-type"):
			found[m[1]+":"+m[2]] = true
		case m[1] == "timestamp" && naivePattern(m[2]), strings.HasPrefix(m[1], "partitionKeyFrom") && m[2] != "":
			if m[1] != "timestamp" && m[1] != "partitionKeyFromQuery" && m[1] != "partitionKeyFromLambda" {
				return nil
			}
			found[m[1]] = true
		default:
			return nil
		}
	}
	if strings.Contains(anyExpression.ReplaceAllString(prefix, "\n"), "!{") {
		return nil
	}
	return found
}

func naivePattern(pattern string) bool {
	if pattern == "" {
		return false
	}
	rest := quoted.ReplaceAllString(pattern, " ")
	if strings.ContainsAny(rest, "'[]{}#BCFGIJOPRTUVWYbcefgijloprtvwz") {
		return false
	}
	for letters, most := range map[string]int{"yuAnN": 19, "MLQqEXxZ": 5, "D": 3, "dHkKhms": 2, "a": 1, "S": 9} {
		for _, letter := range letters {
			if strings.Contains(rest, strings.Repeat(string(letter), most+1)) {
				return false
			}
		}
	}
	return true
}
