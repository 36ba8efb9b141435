package elbtest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

// The pickers of package elb, and what they promise.
var good = map[string]struct {
	make     func() elb.SetPicker
	promises Promise
}{
	"RoundRobin":         {func() elb.SetPicker { return new(elb.RoundRobin) }, Even | InTurn},
	"WeightedRoundRobin": {func() elb.SetPicker { return new(elb.WeightedRoundRobin) }, Even | InTurn | Weighted},
	"LeastOutstanding":   {func() elb.SetPicker { return new(elb.LeastOutstanding) }, Even | Fewest},
	"WeightedRandom":     {func() elb.SetPicker { return new(elb.WeightedRandom) }, Even | Weighted},
	"PowerOfTwo":         {func() elb.SetPicker { return new(elb.PowerOfTwo) }, Even | Weighted},
	"ConsistentHash":     {func() elb.SetPicker { return new(elb.ConsistentHash) }, Even | Weighted | Sticky},
}

func TestPickersOfThisModule(t *testing.T) {
	for name, g := range good {
		t.Run(name, func(t *testing.T) { Run(t, configOf(g.make, g.promises)) })
	}
}

// A picker without SetTargets is checked as far as it goes.
func TestPickerOfFixedTargets(t *testing.T) {
	Run(t, Config{Promises: Even, New: func(_ testing.TB, targets []*elb.Target) elb.Picker {
		p := new(elb.RoundRobin)
		p.SetTargets(targets)
		return struct{ elb.Picker }{p}
	}})
}

// A suite is worth what it finds: every fault must break the rules it names, and every
// rule must be broken by some fault.
func TestEveryRuleCanFail(t *testing.T) {
	found := make(map[string]bool)
	for _, f := range faults {
		g := good[f.of]
		cfg := configOf(func() elb.SetPicker { return f.fault(g.make()) }, g.promises)
		some := rules()
		if testing.Short() {
			some = slices.DeleteFunc(some, func(r rule) bool { return !slices.Contains(f.breaks, r.name) })
		}
		broken := brokenBy(t, cfg, some)
		for _, name := range f.breaks {
			require.Contains(t, broken, name, f.name)
		}
		for _, name := range broken {
			found[name] = true
		}
	}
	var idle []string
	for _, r := range rules() {
		if !found[r.name] {
			idle = append(idle, r.name)
		}
	}
	require.Empty(t, idle, "no fault breaks these rules, so who knows whether they check anything")
	t.Logf("%d rules, each broken by at least one of %d faults", len(rules()), len(faults))
}

func TestRulesThatCanNotBeChecked(t *testing.T) {
	cfg := configOf(good["RoundRobin"].make, Even)
	require.Equal(t, "needs Sticky, which Config.Promises does not name", cfg.unable(t, rule{needs: Even | Sticky}))
	require.Empty(t, cfg.unable(t, rule{needs: Even, changes: true}))
	fixed := Config{New: func(testing.TB, []*elb.Target) elb.Picker { return struct{ elb.Picker }{} }}
	require.Equal(t, "needs an elb.SetPicker", fixed.unable(t, rule{changes: true}))
	require.Equal(t, strings.Join(promiseNames, "|"), (Sticky<<1 - 1).String())
}

func TestRulesExplainThemselves(t *testing.T) {
	names := make(map[string]bool)
	for _, r := range rules() {
		require.False(t, names[r.name], "%s twice", r.name)
		names[r.name] = true
		require.True(t, strings.HasSuffix(strings.TrimSuffix(r.says, ")"), "."), "%s says a sentence", r.name)
	}
}

// The failures that Run would print are what an implementer reads.
func TestFailuresSayWhatWasExpected(t *testing.T) {
	all := rules()
	r := all[slices.IndexFunc(all, func(r rule) bool { return r.name == "turns/in order" })]
	backwards := func() elb.SetPicker { return faultNamed("backwards").fault(new(elb.RoundRobin)) }
	require.Equal(t, "pick 1 is target-3, expected target-0", outcome(t, r, configOf(backwards, InTurn)))
}

func configOf(newPicker func() elb.SetPicker, promises Promise) Config {
	return Config{Promises: promises, New: func(_ testing.TB, targets []*elb.Target) elb.Picker {
		p := newPicker()
		p.SetTargets(targets)
		return p
	}}
}

// brokenBy returns those of some rules that a picker breaks.
func brokenBy(t *testing.T, cfg Config, some []rule) (names []string) {
	for _, r := range some {
		if cfg.unable(t, r) == "" && outcome(t, r, cfg) != "" {
			names = append(names, r.name)
		}
	}
	return names
}

// outcome verifies a rule and returns the failure, empty if there is none.
func outcome(t *testing.T, r rule, cfg Config) string {
	tb := &recorder{TB: t}
	done := make(chan struct{})
	go func() { // a failure ends its goroutine
		defer close(done)
		r.verify(&checker{TB: tb, cfg: cfg})
	}()
	<-done
	return tb.failure
}

// recorder keeps a failure to itself.
type recorder struct {
	testing.TB
	failure string
}

func (r *recorder) Fatal(args ...any) { r.Fatalf("%s", fmt.Sprint(args...)) }
func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
