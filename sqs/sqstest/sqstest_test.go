package sqstest

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/suite"
	"github.com/leat-go/leat/sqs"
)

// A suite is worth what it finds: every fault below must break the rules it names,
// every rule must be broken by some fault, and a good queue must break none.
func TestEveryRuleCanFail(t *testing.T) {
	var bad []suite.Fault
	for _, f := range faults {
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
	cfg := Config{Patience: time.Second, Lacks: FIFO | Delays}
	require.Equal(t, "needs FIFO, which Config.Lacks names", cfg.unable(rule{needs: FIFO | Retention}))
	require.Equal(t, "needs FIFO|Delays, which Config.Lacks names", cfg.unable(rule{needs: FIFO | Delays}))
	require.Equal(t, "needs Config.NewWithDeadLetters", cfg.unable(rule{dead: true}))
	require.Equal(t, "waits up to 1m0s, Config.Patience is 1s", cfg.unable(rule{waits: time.Minute}))
	require.Empty(t, cfg.unable(rule{needs: Retention, waits: time.Second}))
	cfg.VirtualTime = true
	require.Empty(t, cfg.unable(rule{waits: time.Minute}))
	require.Equal(t, "FIFO|Delays|LongPolling|Retention|Attributes|AttemptIDs|FairQueues|LargeBatches|SubSecond|MessageLimits", (MessageLimits<<1 - 1).String())
}

func TestRulesExplainThemselves(t *testing.T) { suite.ExplainThemselves(t, rulesFor(fault{})) }

// rulesFor returns the rules, each for queues of its own that have a fault.
func rulesFor(f fault) (all []suite.Rule) {
	for _, r := range rules() {
		all = append(all, r.under(configOf(f)))
	}
	return all
}

func configOf(f fault) Config {
	made := 0
	create := func(t testing.TB, s *sqs.Service, cfg sqs.Config) (*sqs.LocalQueue, sqs.Queue) {
		if f.config != nil {
			f.config(&cfg)
		}
		made++
		name := fmt.Sprint("queue-", made)
		if cfg.FIFO {
			name += ".fifo"
		}
		q, err := s.CreateQueue(name, cfg)
		require.NoError(t, err)
		if f.queue == nil {
			return q, q
		}
		return q, f.queue(q)
	}
	service := func(t testing.TB) *sqs.Service {
		s, err := sqs.NewService(sqs.ServiceConfig{})
		require.NoError(t, err)
		t.Cleanup(func() { s.Close() })
		return s
	}
	var last sqs.Queue
	return Config{
		VirtualTime: true,
		New: func(t testing.TB, cfg sqs.Config) sqs.Queue {
			if last == nil || !f.shared {
				_, last = create(t, service(t), cfg)
			}
			return last
		},
		NewWithDeadLetters: func(t testing.TB, cfg sqs.Config, maxReceiveCount int) (source, dead sqs.Queue) {
			s := service(t)
			letters, dead := create(t, s, sqs.Config{FIFO: cfg.FIFO})
			cfg.RedrivePolicy = &sqs.RedrivePolicy{DeadLetterTargetARN: letters.ARN(), MaxReceiveCount: maxReceiveCount}
			_, source = create(t, s, cfg)
			return source, dead
		},
	}
}

// The failures that Run would print are what an implementer reads, so they say what
// came and what was expected.
func TestFailuresSayWhatWasExpected(t *testing.T) {
	all := rules()
	at := slices.IndexFunc(all, func(r rule) bool { return r.name == "batch/some entries fail" })
	i := slices.IndexFunc(faults, func(f fault) bool { return f.name == "wrong indexes" })
	synctest.Test(t, func(t *testing.T) {
		require.Equal(t, "a batch with two bad bodies: entries [2 4] failed, expected [1 3]", suite.Outcome(t, all[at].under(configOf(faults[i]))))
	})
}
