// Package elbtest is a conformance suite: it says what an implementation of
// [elb.Picker] owes its users, one rule at a time, and tests it.
//
//	func TestConformance(t *testing.T) {
//		elbtest.Run(t, elbtest.Config{
//			New: func(t testing.TB, targets []*elb.Target) elb.Picker {
//				p := new(MyPicker)
//				p.SetTargets(targets)
//				return p
//			},
//			Promises: elbtest.Even | elbtest.Weighted,
//		})
//	}
//
// Every rule is a subtest with a name of its own. One that fails prints the rule in a
// sentence, so that an implementer learns what was expected without reading the suite.
//
// Most rules bind every picker. What else an algorithm is chosen for, it says in
// [Config.Promises]; the rules about what it does not promise are skipped, and say so.
// A picker with a SetTargets must obey the rules of [elb.SetPicker] too.
//
// The suite draws no random numbers, but those it gives as flows are the same each time.
// Where a picker's choices are random, shares may be off by a fifth, which is six
// standard deviations and more.
package elbtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/leat-go/leat/elb"
)

// Config says how to make pickers, and what may be asked of them.
type Config struct {
	// New returns a new picker of these targets, which may be none, and among which
	// may be nils and repetitions. A rule may ask for several. What New opens it
	// closes with t.Cleanup. When it can not make a picker it calls t.Fatal.
	New func(t testing.TB, targets []*elb.Target) elb.Picker

	// Promises is what the algorithm promises besides what every picker owes.
	Promises Promise
}

// Promise is a set of things that an algorithm promises.
type Promise uint

// The promises.
const (
	Even     Promise = 1 << iota // targets of the same weight have the same share
	Weighted                     // shares are in proportion to Target.Weight
	InTurn                       // targets are chosen in the order in which they are set
	Fewest                       // a target with the fewest requests outstanding is chosen
	Sticky                       // requests with the same Flow go to the same target
)

var promiseNames = []string{"Even", "Weighted", "InTurn", "Fewest", "Sticky"}

// String names the promises of the set: "Even|Sticky".
func (p Promise) String() string {
	var names []string
	for i, name := range promiseNames {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "|")
}

// Run checks every rule in a subtest of t.
func Run(t *testing.T, cfg Config) {
	if cfg.New == nil {
		t.Fatal("elbtest: Config.New is missing")
	}
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			if reason := cfg.unable(t, r); reason != "" {
				t.Skip(reason)
			}
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("The rule: %s", r.says)
				}
			})
			r.verify(&checker{TB: t, cfg: cfg})
		})
	}
}

// rule is one thing that a picker owes.
type rule struct {
	name    string
	says    string // in a sentence
	needs   Promise
	changes bool // needs an elb.SetPicker
	verify  func(c *checker)
}

func rules() []rule {
	var all []rule
	for _, subject := range [][]rule{pickRules, avoidRules, spreadRules, turnRules, loadRules, flowRules, changeRules, concurrencyRules} {
		all = append(all, subject...)
	}
	return all
}

// unable returns why a rule can not be checked, empty if it can.
func (cfg *Config) unable(t testing.TB, r rule) string {
	if lacking := r.needs &^ cfg.Promises; lacking != 0 {
		return fmt.Sprintf("needs %v, which Config.Promises does not name", lacking)
	}
	if _, ok := cfg.New(t, nil).(elb.SetPicker); r.changes && !ok {
		return "needs an elb.SetPicker"
	}
	return ""
}
