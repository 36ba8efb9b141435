package suite

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// holds is a rule that nothing breaks, fails one that everything does.
func holds(name string) Rule { return Rule{Name: name, Says: "It holds.", Verify: func(testing.TB) {}} }

func fails(name string) Rule {
	return Rule{Name: name, Says: "It fails.", Verify: func(tb testing.TB) { tb.Fatalf("%s: %d", name, 1) }}
}

func TestCheck(t *testing.T) {
	var years []int
	r := Rule{Name: "a rule", Verify: func(tb testing.TB) {
		require.Equal(t, "TestCheck/a_rule", tb.Name())
		years = append(years, time.Now().UTC().Year())
	}}
	Check(t, r, true)
	require.Equal(t, []int{2000}, years, "in a bubble")
	t.Run("real", func(t *testing.T) {
		Check(t, Rule{Verify: func(testing.TB) { years = append(years, time.Now().UTC().Year()) }}, false)
	})
	require.Greater(t, years[1], 2000)
	r.Unable = "needs more"
	Check(t, r, true)
	require.Len(t, years, 2, "it is skipped")
}

func TestNamesOf(t *testing.T) {
	names := []string{"a", "b", "c"}
	require.Empty(t, NamesOf(0, names))
	require.Equal(t, "b", NamesOf(2, names))
	require.Equal(t, "a|c", NamesOf(5, names))
}

func TestOutcome(t *testing.T) {
	require.Empty(t, Outcome(t, holds("a")))
	require.Equal(t, "a: 1", Outcome(t, fails("a")))
	require.Equal(t, "b c", Outcome(t, Rule{Verify: func(tb testing.TB) { tb.Fatal("b ", "c") }}))
	require.Equal(t, "skipped: d", Outcome(t, Rule{Verify: func(tb testing.TB) { tb.Skipf("%s", "d") }}))
	require.Equal(t, []string{"a", "c"}, Broken(t, []Rule{fails("a"), holds("b"), fails("c")}))
}

func TestEveryRuleCanFail(t *testing.T) {
	good := []Rule{holds("a"), holds("b")}
	first := Fault{Name: "first", Breaks: []string{"a"}, Rules: []Rule{fails("a"), holds("b")}}
	second := Fault{Name: "second", Rules: []Rule{holds("a"), fails("b")}}
	EveryRuleCanFail(t, good, []Fault{first, second})
	for want, c := range map[string]struct {
		good   []Rule
		faults []Fault
	}{
		`an implementation without a fault breaks ["b"]`:                                   {[]Rule{holds("a"), fails("b")}, []Fault{first, second}},
		`the fault "harmless" does not break "b", only ["a"]`:                              {good, []Fault{second, {"harmless", []string{"a", "b"}, first.Rules}}},
		`no fault breaks these rules, so who knows whether they check anything: ["b"]`:     {good, []Fault{first}},
		`no fault breaks these rules, so who knows whether they check anything: ["a" "b"]`: {good, nil},
	} {
		require.Equal(t, want, weaknessOf(c.good, c.faults, func(rules []Rule) []string { return Broken(t, rules) }))
	}
}

func TestExplainThemselves(t *testing.T) {
	explain := func(rules ...Rule) string {
		return Outcome(t, Rule{Verify: func(tb testing.TB) { ExplainThemselves(tb, rules) }})
	}
	require.Empty(t, explain(holds("a"), holds("b")))
	require.Equal(t, "a twice", explain(holds("a"), holds("b"), holds("a")))
	require.Equal(t, `b says no sentence: "It"`, explain(holds("a"), Rule{Name: "b", Says: "It"}))
}
