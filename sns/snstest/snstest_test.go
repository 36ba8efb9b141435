package snstest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/suite"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// A suite is worth what it finds: every fault below must break the rules it names,
// every rule must be broken by some fault, and a good topic must break none.
func TestEveryRuleCanFail(t *testing.T) {
	var bad []suite.Fault
	for _, f := range faults {
		some := rulesFor(f)
		if testing.Short() {
			some = slices.DeleteFunc(some, func(r suite.Rule) bool { return !slices.Contains(f.breaks, r.Name) })
		}
		bad = append(bad, suite.Fault{Name: f.name, Breaks: f.breaks, Rules: some})
	}
	suite.EveryRuleCanFail(t, rulesFor(fault{}), bad)
}

// Where there are no functions the subscribers are queues, and the rules that remain
// hold and fail as before.
func TestRulesWithQueuesForSubscribers(t *testing.T) {
	checked := 0
	for _, f := range []fault{{}, faultNamed("no messages"), faultNamed("no filters"), faultNamed("results in another order")} {
		var able []suite.Rule
		for _, r := range rules() {
			cfg := configOf(f)
			cfg.Lacks = Functions
			if cfg.unable(r) == "" {
				able = append(able, r.under(cfg))
			}
		}
		broken := suite.Broken(t, able)
		checked += len(able)
		if f.name == "" {
			require.Empty(t, broken)
		} else {
			require.NotEmpty(t, broken, f.name)
		}
	}
	require.Greater(t, checked, 100)
}

// Without virtual time the rules that need no waiting hold as well, and without a Flush
// those of a topic far away.
func TestRulesInRealTime(t *testing.T) {
	checked := 0
	for _, lacks := range []Capability{0, Functions | Once} {
		cfg := configOf(fault{})
		cfg.VirtualTime, cfg.Lacks = false, lacks
		for _, r := range rules() {
			if cfg.unable(r) == "" {
				require.Empty(t, suite.Outcome(t, r.under(cfg)), r.name)
				checked++
			}
		}
	}
	require.Greater(t, checked, len(rules())/2)
	if testing.Short() {
		return // a rule without a Flush waits a second for what should not come
	}
	cfg := configOf(fault{})
	cfg.VirtualTime, cfg.Flush = false, nil
	all := rules()
	short := all[slices.IndexFunc(all, func(r rule) bool { return r.name == "message/the publisher's map" })]
	require.Empty(t, suite.Outcome(t, short.under(cfg)))
	cfg.Lacks = Functions
	require.Empty(t, suite.Outcome(t, short.under(cfg)))
}

func TestRulesThatCanNotBeChecked(t *testing.T) {
	cfg := Config{Patience: time.Second, Lacks: FIFO | Filters}
	require.Equal(t, "needs FIFO, which Config.Lacks names", cfg.unable(rule{needs: FIFO | Order}))
	require.Equal(t, "needs FIFO|Filters, which Config.Lacks names", cfg.unable(rule{needs: FIFO | Filters}))
	require.Equal(t, "needs Config.NewQueue", cfg.unable(rule{queues: true}))
	require.Equal(t, "waits up to 1m0s, Config.Patience is 1s", cfg.unable(rule{waits: time.Minute}))
	require.Empty(t, cfg.unable(rule{needs: Order, waits: time.Second}))
	cfg.VirtualTime = true
	require.Empty(t, cfg.unable(rule{waits: time.Minute}))
	require.Equal(t, strings.Join(capabilityNames, "|"), (MessageLimits<<1 - 1).String())
}

func TestRulesExplainThemselves(t *testing.T) { suite.ExplainThemselves(t, rulesFor(fault{})) }

// The failures that Run would print are what an implementer reads, so they say what
// came and what was expected.
func TestFailuresSayWhatWasExpected(t *testing.T) {
	all := rules()
	at := slices.IndexFunc(all, func(r rule) bool { return r.name == "batch/some entries fail" })
	synctest.Test(t, func(t *testing.T) {
		require.Equal(t, "a batch with two bad entries: entries [2 4] failed, expected [1 3]", suite.Outcome(t, all[at].under(configOf(faultNamed("wrong indexes")))))
	})
}

func faultNamed(name string) fault {
	return faults[slices.IndexFunc(faults, func(f fault) bool { return f.name == name })]
}

// rulesFor returns the rules, each for topics of its own that have a fault.
func rulesFor(f fault) (all []suite.Rule) {
	for _, r := range rules() {
		all = append(all, r.under(configOf(f)))
	}
	return all
}

// configOf makes the suite's configuration for a topic with a fault.
func configOf(f fault) Config {
	made := 0
	name := func(fifo bool) string {
		made++
		return fmt.Sprint("name-", made, map[bool]string{true: ".fifo"}[fifo])
	}
	type home struct {
		topic  *sns.LocalTopic
		queues *sqs.Service
	}
	homes := make(map[sns.Topic]home)
	var last sns.Topic
	return Config{
		VirtualTime: true,
		Patience:    time.Second,
		New: func(t testing.TB, cfg sns.Config) sns.Topic {
			if last != nil && f.shared {
				return last
			}
			if f.config != nil {
				f.config(&cfg)
			}
			queues, err := sqs.NewService(sqs.ServiceConfig{})
			require.NoError(t, err)
			t.Cleanup(func() { queues.Close() })
			s, err := sns.NewService(sns.ServiceConfig{Queues: queues, Jitter: sns.NoJitter})
			require.NoError(t, err)
			t.Cleanup(func() { s.Close() })
			topic, err := s.CreateTopic(name(cfg.FIFO), cfg)
			require.NoError(t, err)
			last = topic
			if f.topic != nil {
				last = f.topic(topic)
			}
			homes[last] = home{topic, queues}
			return last
		},
		NewQueue: func(t testing.TB, topic sns.Topic, cfg sqs.Config) (sqs.Queue, string) {
			q, err := homes[topic].queues.CreateQueue(name(cfg.FIFO), cfg)
			require.NoError(t, err)
			if f.queue != nil {
				return f.queue(q), q.ARN()
			}
			return q, q.ARN()
		},
		Flush: func(ctx context.Context, topic sns.Topic) error {
			ctx, cancel := context.WithTimeout(ctx, 40*24*time.Hour)
			defer cancel()
			return homes[topic].topic.Flush(ctx)
		},
	}
}
