// Package snstest is a conformance suite: it says what an implementation of
// [sns.Topic] owes its users, one rule at a time, and tests it.
//
//	func TestConformance(t *testing.T) {
//		snstest.Run(t, snstest.Config{
//			VirtualTime: true,
//			New:      func(t testing.TB, cfg sns.Config) sns.Topic { … },
//			NewQueue: func(t testing.TB, topic sns.Topic, cfg sqs.Config) (sqs.Queue, string) { … },
//			Flush:    func(ctx context.Context, topic sns.Topic) error { … },
//		})
//	}
//
// Every rule is a subtest with a name of its own. One that fails prints the rule in
// a sentence, so that an implementer learns what was expected without reading the
// suite. The rules are those of Amazon SNS, as its developer guide, its API reference
// and its answers give them, and what package sns promises on top of them.
//
// The suite demands everything. What an implementation can not do, it admits in
// [Config.Lacks]; the rules that need it are skipped, and say so. An adapter of a
// topic far away lacks [Functions] first of all: then the subscribers of the suite
// are queues.
package snstest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/suite"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// Config says how to make topics, and what may be asked of them.
type Config struct {
	// New returns a new topic without subscriptions. Of cfg the rules use FIFO,
	// ContentBasedDeduplication, FIFOThroughputScope and ArchivePolicy. A rule may
	// ask for several topics. What New opens it closes with t.Cleanup; with
	// VirtualTime that happens inside the bubble. When it can not make a topic it
	// calls t.Fatal.
	New func(t testing.TB, cfg sns.Config) sns.Topic

	// NewQueue returns a new and empty queue that a topic made by New can deliver
	// to, and the ARN by which a Subscription with ProtocolSQS and a RedrivePolicy
	// name it. Of cfg the rules use FIFO. Nil skips the rules about queues and dead
	// letters.
	NewQueue func(t testing.TB, topic sns.Topic, cfg sqs.Config) (q sqs.Queue, arn string)

	// Flush returns when everything that topic has accepted is delivered,
	// dead-lettered or given up. Nil means that the rules wait for what is to come,
	// and a second more for what is not.
	Flush func(ctx context.Context, topic sns.Topic) error

	// VirtualTime runs every rule in a testing/synctest bubble of its own, with
	// New called inside: then hours pass at once and the rules are exact about
	// time. The implementation must live in the bubble, without sockets, and must
	// not vary the delays of its retries by chance.
	VirtualTime bool

	// Patience is how long a rule may wait in real time, without VirtualTime.
	// The rules that have to wait longer are skipped. Most need less than 10
	// seconds, the one about the end of deduplication some minutes.
	Patience time.Duration

	// Lacks is what the implementation can not do.
	Lacks Capability
}

// Capability is a set of abilities that some rules need.
type Capability uint

// The abilities.
const (
	Functions        Capability = 1 << iota // Subscription.Endpoint: Go code as an endpoint
	FIFO                                    // FIFO topics: order, groups, deduplication
	Once                                    // a message that was accepted is not delivered again
	Order                                   // standard topics keep the order per subscription
	Filters                                 // Subscription.FilterPolicy
	DeliveryPolicies                        // Subscription.DeliveryPolicy, for any endpoint
	InOrder                                 // Subscription.InOrder
	Backlogs                                // Subscription.MaxBacklog
	Archive                                 // Config.ArchivePolicy and Subscription.ReplayPolicy
	FairQueues                              // Entry.GroupID on standard topics
	LargeBatches                            // more than ten entries at a time
	MessageLimits                           // 262,144 bytes a message
)

var capabilityNames = []string{"Functions", "FIFO", "Once", "Order", "Filters", "DeliveryPolicies", "InOrder", "Backlogs", "Archive", "FairQueues", "LargeBatches", "MessageLimits"}

// String names the abilities of the set: "FIFO|Filters".
func (c Capability) String() string { return suite.NamesOf(uint(c), capabilityNames) }

// Run checks every rule in a subtest of t.
func Run(t *testing.T, cfg Config) {
	switch {
	case cfg.New == nil:
		t.Fatal("snstest: Config.New is missing")
	case cfg.NewQueue == nil && cfg.Lacks&Functions != 0:
		t.Fatal("snstest: without Functions there are no subscribers but those of Config.NewQueue, which is missing")
	}
	for _, r := range rules() {
		suite.Check(t, r.under(cfg), cfg.VirtualTime)
	}
}

// rule is one thing that a topic owes.
type rule struct {
	name   string
	says   string // in a sentence
	needs  Capability
	queues bool          // needs Config.NewQueue
	waits  time.Duration // at most, in real time
	verify func(c *checker)
}

func rules() []rule {
	var all []rule
	for _, subject := range [][]rule{
		deliveryRules, slowRules, messageRules, batchRules, subscriptionRules, filterRules, retryRules, backlogRules, deadLetterRules,
		queueRules, fifoRules, deduplicationRules, replayRules, concurrencyRules,
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
	case r.queues && cfg.NewQueue == nil:
		return "needs Config.NewQueue"
	case !cfg.VirtualTime && r.waits > cfg.Patience:
		return fmt.Sprintf("waits up to %v, Config.Patience is %v", r.waits, cfg.Patience)
	}
	return ""
}
