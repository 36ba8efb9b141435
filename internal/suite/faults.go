package suite

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// Fault is a flaw that a suite has to find.
type Fault struct {
	Name   string
	Breaks []string // names of rules, among others
	Rules  []Rule   // verified of implementations that have it
}

// EveryRuleCanFail shows that a suite is worth what it finds. It fails the test unless
// every fault breaks the rules that it names, some fault breaks each of the rules in
// good, and good, which are verified of implementations without a fault, are not
// broken. Each rule is verified in a bubble of its own.
func EveryRuleCanFail(t *testing.T, good []Rule, faults []Fault) {
	t.Helper()
	if weakness := weaknessOf(good, faults, func(rules []Rule) []string { return Broken(t, rules) }); weakness != "" {
		t.Fatal(weakness)
	}
	t.Logf("%d rules, each broken by at least one of %d faults", len(good), len(faults))
}

// weaknessOf says why a suite is not worth much, empty if it is.
func weaknessOf(good []Rule, faults []Fault, brokenOf func(rules []Rule) []string) string {
	if broken := brokenOf(good); len(broken) > 0 {
		return fmt.Sprintf("an implementation without a fault breaks %q", broken)
	}
	found := make(map[string]bool)
	for _, f := range faults {
		broken := brokenOf(f.Rules)
		for _, name := range f.Breaks {
			if !slices.Contains(broken, name) {
				return fmt.Sprintf("the fault %q does not break %q, only %q", f.Name, name, broken)
			}
		}
		for _, name := range broken {
			found[name] = true
		}
	}
	var idle []string
	for _, r := range good {
		if !found[r.Name] {
			idle = append(idle, r.Name)
		}
	}
	if len(idle) > 0 {
		return fmt.Sprintf("no fault breaks these rules, so who knows whether they check anything: %q", idle)
	}
	return ""
}

// ExplainThemselves fails the test unless each rule has a name of its own and says a
// sentence.
func ExplainThemselves(tb testing.TB, rules []Rule) {
	tb.Helper()
	names := make(map[string]bool)
	for _, r := range rules {
		if names[r.Name] {
			tb.Fatalf("%s twice", r.Name)
		}
		names[r.Name] = true
		if !strings.HasSuffix(r.Says, ".") {
			tb.Fatalf("%s says no sentence: %q", r.Name, r.Says)
		}
	}
}

// Broken verifies each rule in a bubble of its own, also those that are said to be
// unable, and returns the names of those that are broken.
func Broken(t *testing.T, rules []Rule) (names []string) {
	t.Helper()
	for _, r := range rules {
		synctest.Test(t, func(t *testing.T) {
			if Outcome(t, r) != "" {
				names = append(names, r.Name)
			}
		})
	}
	return names
}

// Outcome verifies a rule and returns the failure, empty if there is none. What ends
// the rule with Fatal, Fatalf or Skipf is a failure of the rule, not of the test.
func Outcome(tb testing.TB, r Rule) string {
	tb.Helper()
	recorded := &recorder{TB: tb}
	done := make(chan struct{})
	go func() { // a failure ends its goroutine
		defer close(done)
		r.Verify(recorded)
	}()
	<-done
	return recorded.failure
}

// recorder keeps a failure to itself.
type recorder struct {
	testing.TB
	failure string
}

func (r *recorder) Fatal(args ...any)                { r.Fatalf("%s", fmt.Sprint(args...)) }
func (r *recorder) Skipf(format string, args ...any) { r.Fatalf("skipped: "+format, args...) }
func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
