// Package suite runs the rules of conformance suites, such as sqs/sqstest, and shows
// that a suite finds what it is for.
package suite

import (
	"strings"
	"testing"
	"testing/synctest"
)

// Rule is one thing that an implementation owes.
type Rule struct {
	Name   string
	Says   string // in a sentence
	Unable string // why it can not be checked, empty if it can
	Verify func(tb testing.TB)
}

// Check checks a rule in a subtest of t that has its name, or skips it. With bubble
// the rule is verified in a testing/synctest bubble of its own. When it is broken the
// test says what the rule is.
func Check(t *testing.T, r Rule, bubble bool) {
	t.Helper()
	t.Run(r.Name, func(t *testing.T) {
		if r.Unable != "" {
			t.Skip(r.Unable)
		}
		verify := func(t *testing.T) {
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("The rule: %s", r.Says)
				}
			})
			r.Verify(t)
		}
		if bubble {
			synctest.Test(t, verify)
		} else {
			verify(t)
		}
	})
}

// NamesOf names the members of a set of bits, the lowest of which has the first name:
// "FIFO|Delays".
func NamesOf(set uint, names []string) string {
	var members []string
	for i, name := range names {
		if set&(1<<i) != 0 {
			members = append(members, name)
		}
	}
	return strings.Join(members, "|")
}
