package elb

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

const (
	matcherCodes   = 1000 // 0 to 999
	maxMatcherText = 1024 // bytes
)

// Matcher is a set of statuses: those with which a target passes a health check. The
// zero Matcher is empty. Matchers of the same statuses are equal.
type Matcher struct {
	set [(matcherCodes + 63) / 64]uint64
}

// ParseMatcher reads a list of statuses and of ranges of them, such as "200", "200,202" or
// "200-299,404". Statuses are numbers from 0 to 999. It fails with a [*HealthCheckError].
func ParseMatcher(text string) (Matcher, error) {
	var m Matcher
	if len(text) > maxMatcherText {
		return Matcher{}, badMatcher("a list of %d bytes; the limit is %d", len(text), maxMatcherText)
	}
	for item := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(item, "-")
		if !isRange {
			to = from
		}
		low, ok := matcherCode(from)
		high, alsoOK := matcherCode(to)
		if !ok || !alsoOK || low > high {
			return Matcher{}, badMatcher("%q is neither a status nor a range of them", item)
		}
		for code := low; code <= high; code++ {
			m.set[code/64] |= 1 << (code % 64)
		}
	}
	return m, nil
}

func badMatcher(format string, args ...any) error {
	return &HealthCheckError{"Matcher", fmt.Sprintf(format, args...)}
}

func matcherCode(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 16)
	return int(n), err == nil && n < matcherCodes && len(text) <= 3
}

// Match tells whether a status is in the set.
func (m Matcher) Match(code int) bool {
	return code >= 0 && code < matcherCodes && m.set[code/64]&(1<<(code%64)) != 0
}

// String returns the shortest list of the set's statuses: "200-299,404".
func (m Matcher) String() string {
	var b strings.Builder
	for code := m.next(0); code < matcherCodes; {
		last := code
		for m.Match(last + 1) {
			last++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(code))
		if last > code {
			b.WriteString("-" + strconv.Itoa(last))
		}
		code = m.next(last + 1)
	}
	return b.String()
}

// next is the set's first status from code on; matcherCodes if there is none.
func (m Matcher) next(code int) int {
	for ; code < matcherCodes; code = (code/64 + 1) * 64 {
		if word := m.set[code/64] >> (code % 64); word != 0 {
			return code + bits.TrailingZeros64(word)
		}
	}
	return matcherCodes
}

// within tells whether all statuses are between two.
func (m Matcher) within(low, high int) bool {
	return m.next(0) >= low && m.next(high+1) == matcherCodes
}
