// Package sqstest is a conformance suite: it says what an implementation of
// [sqs.Queue] owes its users, one rule at a time, and tests it.
//
//	func TestConformance(t *testing.T) {
//		sqstest.Run(t, sqstest.Config{
//			VirtualTime: true,
//			New: func(t testing.TB, cfg sqs.Config) sqs.Queue { … },
//		})
//	}
//
// Every rule is a subtest with a name of its own. One that fails prints the rule in
// a sentence, so that an implementer learns what was expected without reading the
// suite. The rules are those of Amazon SQS, as its developer guide, its API reference
// and its answers give them; where SQS promises little, such as the order of a
// standard queue, so do the rules.
//
// The suite demands everything. What an implementation can not do, it admits in
// [Config.Lacks]; the rules that need it are skipped, and say so.
package sqstest

import (
	"fmt"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/suite"
	"github.com/leat-go/leat/sqs"
)

// Config says how to make queues, and what may be asked of them.
type Config struct {
	// New returns a new and empty queue. Of cfg the rules use FIFO,
	// VisibilityTimeout, Delay, MessageRetentionPeriod, ReceiveMessageWaitTime,
	// MaximumMessageSize, ContentBasedDeduplication and DeduplicationScope, with
	// values that SQS allows, durations in whole seconds. A rule may ask for
	// several queues. What New opens it closes with t.Cleanup; with VirtualTime
	// that happens inside the bubble. When it can not make a queue it calls
	// t.Fatal.
	New func(t testing.TB, cfg sqs.Config) sqs.Queue

	// NewWithDeadLetters returns a new queue and, of the same type, the
	// dead-letter queue that its messages move to after maxReceiveCount
	// receives. Nil skips the rules about dead letters.
	NewWithDeadLetters func(t testing.TB, cfg sqs.Config, maxReceiveCount int) (source, dead sqs.Queue)

	// VirtualTime runs every rule in a testing/synctest bubble of its own, with
	// New called inside: then days pass at once and the rules are exact about
	// time. The implementation must live in the bubble, without sockets.
	VirtualTime bool

	// Patience is how long a rule may wait in real time, without VirtualTime.
	// The rules that have to wait longer are skipped. Most need less than 10
	// seconds, those about deduplication and retention some minutes.
	Patience time.Duration

	// Lacks is what the implementation can not do.
	Lacks Capability
}

// Capability is a set of abilities that some rules need.
type Capability uint

const (
	FIFO          Capability = 1 << iota // FIFO queues: order, groups, deduplication
	Delays                               // Config.Delay and Entry.Delay
	LongPolling                          // ReceiveRequest.Wait and Config.ReceiveMessageWaitTime
	Retention                            // Config.MessageRetentionPeriod
	Attributes                           // Entry.Attributes and Entry.TraceHeader
	AttemptIDs                           // ReceiveRequest.AttemptID, on FIFO queues
	FairQueues                           // Entry.GroupID on standard queues: noisy groups wait
	LargeBatches                         // more than ten entries, handles and messages at a time
	SubSecond                            // durations that are no whole seconds
	MessageLimits                        // Config.MaximumMessageSize and what else bounds a message
)

var capabilityNames = []string{"FIFO", "Delays", "LongPolling", "Retention", "Attributes", "AttemptIDs", "FairQueues", "LargeBatches", "SubSecond", "MessageLimits"}

// String names the abilities of the set: "FIFO|Delays".
func (c Capability) String() string { return suite.NamesOf(uint(c), capabilityNames) }

// Run checks every rule in a subtest of t.
func Run(t *testing.T, cfg Config) {
	if cfg.New == nil {
		t.Fatal("sqstest: Config.New is missing")
	}
	for _, r := range rules() {
		suite.Check(t, r.under(cfg), cfg.VirtualTime)
	}
}

// rule is one thing that a queue owes.
type rule struct {
	name   string
	says   string // in a sentence
	needs  Capability
	dead   bool          // needs a dead-letter queue
	waits  time.Duration // at most, in real time
	verify func(c *checker)
}

func rules() []rule {
	var all []rule
	for _, subject := range [][]rule{
		deliveryRules, messageRules, attributeRules, visibilityRules, handleRules, waitingRules, batchRules, delayRules,
		fifoRules, deduplicationRules, fifoRequestRules, deadLetterRules, fairnessRules, concurrencyRules,
	} {
		all = append(all, subject...)
	}
	return all
}

// under returns the rule for an implementation that cfg makes.
func (r rule) under(cfg Config) suite.Rule {
	return suite.Rule{Name: r.name, Says: r.says, Unable: cfg.unable(r), Verify: func(tb testing.TB) {
		r.verify(&checker{Checks: suite.Checks{TB: tb, Virtual: cfg.VirtualTime}, cfg: cfg})
	}}
}

// unable returns why a rule can not be checked, empty if it can.
func (cfg *Config) unable(r rule) string {
	switch lacking := r.needs & cfg.Lacks; {
	case lacking != 0:
		return fmt.Sprintf("needs %v, which Config.Lacks names", lacking)
	case r.dead && cfg.NewWithDeadLetters == nil:
		return "needs Config.NewWithDeadLetters"
	case !cfg.VirtualTime && r.waits > cfg.Patience:
		return fmt.Sprintf("waits up to %v, Config.Patience is %v", r.waits, cfg.Patience)
	}
	return ""
}
