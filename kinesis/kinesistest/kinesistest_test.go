package kinesistest

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/suite"
)

// A suite is worth what it finds: every fault must break the rules it names, every rule
// must be broken by some fault, and a good stream must break none.
func TestEveryRuleCanFail(t *testing.T) {
	var bad []suite.Fault
	for _, f := range slices.Concat(putFaults, readFaults, reshardFaults) {
		bad = append(bad, suite.Fault{Name: f.name, Breaks: f.breaks, Rules: rulesFor(f)})
	}
	suite.EveryRuleCanFail(t, rulesFor(fault{}), bad)
}

// Without virtual time the rules that need no waiting hold as well.
func TestRulesInRealTime(t *testing.T) {
	cfg := configOf(fault{})
	cfg.VirtualTime = false
	checked := 0
	for _, r := range rules() {
		if cfg.unable(r) == "" {
			require.Empty(t, suite.Outcome(t, r.under(cfg)), r.name)
			checked++
		}
	}
	require.Greater(t, checked, len(rules())/3)
}

func TestRulesThatCanNotBeChecked(t *testing.T) {
	cfg := Config{Patience: time.Second, Lacks: Waiting | Lag}
	require.Equal(t, "needs Waiting, which Config.Lacks names", cfg.unable(rule{needs: Waiting | Retention}))
	require.Equal(t, "needs Waiting|Lag, which Config.Lacks names", cfg.unable(rule{needs: Waiting | Lag}))
	require.Equal(t, "needs Config.Split and Config.Merge", cfg.unable(rule{reshards: true}))
	require.Equal(t, "waits up to 1m0s, Config.Patience is 1s", cfg.unable(rule{waits: time.Minute}))
	require.Empty(t, cfg.unable(rule{needs: Retention, waits: time.Second}))
	cfg.VirtualTime = true
	require.Empty(t, cfg.unable(rule{waits: time.Minute}))
	require.Equal(t, "Waiting|Timestamps|Retention|RecordSizes|LargeBatches|LargeReads|ByteLimits|Lag", (Lag<<1 - 1).String())
}

func TestRulesExplainThemselves(t *testing.T) { suite.ExplainThemselves(t, rulesFor(fault{})) }

// rulesFor returns the rules, each for streams of its own that have a fault.
func rulesFor(f fault) (all []suite.Rule) {
	for _, r := range rules() {
		all = append(all, suite.Rule{Name: r.name, Says: r.says, Verify: func(tb testing.TB) {
			r.under(configOf(f)).Verify(tb)
		}})
	}
	return all
}

// The failures that Run would print are what an implementer reads, so they say what
// came and what was expected.
func TestFailuresSayWhatWasExpected(t *testing.T) {
	all := rules()
	at := slices.IndexFunc(all, func(r rule) bool { return r.name == "put/some entries fail" })
	i := slices.IndexFunc(putFaults, func(f fault) bool { return f.name == "wrong indexes" })
	synctest.Test(t, func(t *testing.T) {
		require.Equal(t, "a batch with two bad entries: entries [2 4] failed, expected [1 3]", suite.Outcome(t, all[at].under(configOf(putFaults[i]))))
	})
}
