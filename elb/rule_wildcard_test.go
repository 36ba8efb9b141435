package elb

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWildcard(t *testing.T) {
	for _, c := range []struct {
		pattern       string
		escapes, fold bool
		matches, not  []string
	}{
		{pattern: "", matches: []string{""}, not: []string{"a"}},
		{pattern: "a", matches: []string{"a"}, not: []string{"", "A", "aa", "b"}},
		{pattern: "?", matches: []string{"a", "?", "\x00", "\xff"}, not: []string{"", "aa", "é"}},
		{pattern: "*", matches: []string{"", "a", "a/b?c"}},
		{pattern: "**", matches: []string{"", "a"}},
		{pattern: "*?*", matches: []string{"a", "ab"}, not: []string{""}},
		{pattern: "a*", matches: []string{"a", "ab"}, not: []string{"", "ba"}},
		{pattern: "*a", matches: []string{"a", "ba"}, not: []string{"", "ab"}},
		{pattern: "a*a", matches: []string{"aa", "aba"}, not: []string{"a", "ab"}},
		{pattern: "a*b*c", matches: []string{"abc", "abbcc", "axbxc"}, not: []string{"ac", "acb", "abcd"}},
		{pattern: "*ab*ab*", matches: []string{"abab", "xabxabx"}, not: []string{"ab", "aba", "aab"}},
		{pattern: "*aab*", matches: []string{"aaab"}, not: []string{"aba"}},
		{pattern: "*a?c*", matches: []string{"aabcc", "abc"}, not: []string{"ac", "abbc"}},
		{pattern: "a?*?b", matches: []string{"axyb", "axyzb"}, not: []string{"ab", "axb"}},
		{pattern: "aB*", fold: true, matches: []string{"ab", "AB", "Abx"}, not: []string{"xab"}},
		{pattern: "*Z", fold: true, matches: []string{"z", "aZ"}, not: []string{"[", "\x1a"}},
		{pattern: "k", fold: true, matches: []string{"K"}, not: []string{"\u212a"}},
		{pattern: `\*a\?`, escapes: true, matches: []string{"*a?"}, not: []string{"xa?", "*ax", `\*a\?`}},
		{pattern: `\**`, escapes: true, matches: []string{"*", "*x"}, not: []string{"", "x"}},
		{pattern: `\*`, matches: []string{`\`, `\x`}, not: []string{"*"}},
	} {
		w := compileWildcard(c.pattern, c.escapes, c.fold)
		for _, text := range c.matches {
			require.True(t, w.match(text), "%q matches %q", c.pattern, text)
		}
		for _, text := range c.not {
			require.False(t, w.match(text), "%q does not match %q", c.pattern, text)
		}
	}
}

// A matcher that tries again at each star would be busy for years.
func TestWildcardTakesNoExponentialTime(t *testing.T) {
	began := time.Now()
	text := strings.Repeat("a", 16<<10)
	for _, fold := range []bool{false, true} {
		w := compileWildcard(strings.Repeat("*a", 60)+"*b*", false, fold)
		require.False(t, w.match(text))
		require.True(t, w.match(text+"b"))
		w = compileWildcard("*"+strings.Repeat("a", 100)+"?b*", false, fold)
		require.False(t, w.match(text))
		require.True(t, w.match(text+"xb"))
	}
	require.Less(t, time.Since(began), 5*time.Second)
}

// asRegexp says in a regular expression what a pattern means.
func asRegexp(pattern string, escapes, fold bool) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("(?s")
	if fold {
		b.WriteString("i")
	}
	b.WriteString(")^")
	for i := 0; i < len(pattern); i++ {
		switch {
		case escapes && pattern[i] == '\\' && i+1 < len(pattern) && strings.IndexByte("*?", pattern[i+1]) >= 0:
			i++
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		case pattern[i] == '*':
			b.WriteString(".*")
		case pattern[i] == '?':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	return regexp.MustCompile(b.String() + "$")
}

// smallText maps what the fuzzer makes to few characters, so that patterns match often.
func smallText(s, characters string) string {
	b := []byte(s[:min(len(s), 24)])
	for i := range b {
		b[i] = characters[int(b[i])%len(characters)]
	}
	return string(b)
}

func checkWildcard(t require.TestingT, pattern, text string, escapes, fold bool) bool {
	pattern, text = smallText(pattern, `aaaB***?\`), smallText(text, `aaaaaAb*?`)
	want := asRegexp(pattern, escapes, fold).MatchString(text)
	w := compileWildcard(pattern, escapes, fold)
	require.Equal(t, want, w.match(text), "pattern %q, text %q, escapes %t, fold %t", pattern, text, escapes, fold)
	return want
}

func TestWildcardAgainstRegexp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	random := func(n int) string {
		b := make([]byte, r.IntN(n))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return string(b)
	}
	matched, not := 0, 0
	for range 60_000 {
		if checkWildcard(t, random(8), random(9), r.IntN(2) == 0, r.IntN(2) == 0) {
			matched++
		} else {
			not++
		}
	}
	t.Logf("%d matched, %d did not", matched, not)
	require.Greater(t, matched, 10_000)
	require.Greater(t, not, 10_000)
}

func FuzzWildcard(f *testing.F) {
	f.Add("a*b?c", "abbbc", true, true)
	f.Add(`\*?**`, "*aab", true, false)
	f.Fuzz(func(t *testing.T, pattern, text string, escapes, fold bool) {
		checkWildcard(t, pattern, text, escapes, fold)
	})
}
