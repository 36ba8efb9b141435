package elb

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// traceNow is 67891233 in seconds, in hexadecimal digits.
var traceNow = time.Unix(0x67891233, 999)

func TestTraceID(t *testing.T) {
	const (
		root = "Root=1-67891233-abcdef012345678912345678"
		self = "Self=1-67891200-12456789abcdef012345678a"
		id   = "1-67891233-[0-9a-f]{24}"
	)
	tests := map[string]struct {
		sent []string
		want string // a regular expression
	}{
		// The examples of the User Guide.
		"none":            {nil, "Root=" + id},
		"Root":            {[]string{root}, "Self=" + id + ";" + root},
		"custom field":    {[]string{root + ";CalledFrom=app"}, "Self=" + id + ";" + root + ";CalledFrom=app"},
		"Self":            {[]string{self + ";" + root}, "Self=" + id + ";" + root},
		"Self in between": {[]string{"A=1;" + self + ";" + root + ";B=2"}, "Self=" + id + ";A=1;" + root + ";B=2"},

		"Self after":        {[]string{root + "; " + self}, "Self=" + id + ";" + root},
		"Self first, space": {[]string{self + "; " + root}, "Self=" + id + ";" + root},
		"several":           {[]string{self + ";" + root + ";" + self}, "Self=" + id + ";" + root},
		"Self alone":        {[]string{self}, "Self=" + id},
		"Root, of X-Ray":    {[]string{root + "; Parent=53995c3f42cd8ad8; Sampled=1"}, "Self=" + id + ";" + root + "; Parent=53995c3f42cd8ad8; Sampled=1"},
		"malformed Root":    {[]string{"Root=x"}, "Self=" + id + ";Root=x"},
		"no Root":           {[]string{"CalledFrom=app"}, "Root=" + id + ";CalledFrom=app"},
		"names alike":       {[]string{"Selfish=1;root=2"}, "Root=" + id + ";Selfish=1;root=2"},
		"names without =":   {[]string{"Root;Self;A"}, "Self=" + id + ";Root;A"},
		"empty":             {[]string{""}, "Root=" + id},
		"no fields":         {[]string{";"}, "Root=" + id + ";;"},
		"two lines":         {[]string{root, "A=1"}, "Self=" + id + ";" + root},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := http.Header{"Accept": {"*/*"}}
			if test.sent != nil {
				h[traceHeader] = test.sent
			}
			require.Regexp(t, "^"+test.want+"$", traceID(h, traceNow))
		})
	}
	require.NotEqual(t, traceID(nil, traceNow), traceID(nil, traceNow))
}

func TestALargeHeaderLosesItsTrace(t *testing.T) {
	h := http.Header{traceHeader: {"Root=x;A=1"}, "X": {""}}
	h["X"][0] = strings.Repeat("x", maxTracedHeader-headerSize(h))
	require.True(t, strings.HasSuffix(traceID(h, traceNow), ";Root=x;A=1"))
	h["X"][0] += "x"
	require.Regexp(t, "^Root=1-67891233-[0-9a-f]{24}$", traceID(h, traceNow))
}

func FuzzTraceID(f *testing.F) {
	for _, sent := range []string{"", "Root=1-67891233-abcdef012345678912345678", "Self=;Root=;A", "; Self = 1;Self=2", "Selfish"} {
		f.Add(sent)
	}
	form := regexp.MustCompile(`^(Self|Root)=1-67891233-[0-9a-f]{24}(;|$)`)
	fields := func(trace string) (others []string, selves int) {
		for field := range strings.SplitSeq(trace, ";") {
			field = strings.Trim(field, " ")
			if key, _, _ := strings.Cut(field, "="); key == "Self" {
				selves++
			} else if field != "" {
				others = append(others, field)
			}
		}
		return others, selves
	}
	f.Fuzz(func(t *testing.T, sent string) {
		h := http.Header{traceHeader: {sent}}
		got := traceID(h, traceNow)
		m := form.FindStringSubmatch(got)
		require.NotNil(t, m, got)
		if headerSize(h) > maxTracedHeader {
			require.Len(t, got, traceSize)
			return
		}
		want, _ := fields(sent)
		rest, selves := fields(got[len(m[0]):])
		require.Equal(t, want, rest, "all but Self stays, in its order")
		require.Zero(t, selves)
		again := traceID(http.Header{traceHeader: {got}}, traceNow)
		require.Equal(t, "Self=", again[:5])
	})
}

func BenchmarkTraceID(b *testing.B) {
	for name, h := range map[string]http.Header{
		"none": {},
		"Root": {traceHeader: {"Root=1-67891233-abcdef012345678912345678;CalledFrom=app"}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				traceID(h, traceNow)
			}
		})
	}
}
