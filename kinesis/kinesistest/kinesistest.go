// Package kinesistest is a conformance suite: it says what an implementation of
// [kinesis.Stream] owes its users, one rule at a time, and tests it.
//
//	func TestConformance(t *testing.T) {
//		kinesistest.Run(t, kinesistest.Config{
//			VirtualTime: true,
//			New: func(t testing.TB, cfg kinesis.Config) kinesis.Stream { … },
//		})
//	}
//
// Every rule is a subtest with a name of its own. One that fails prints the rule in
// a sentence, so that an implementer learns what was expected without reading the
// suite. The rules are those of Amazon Kinesis Data Streams, as its developer guide and
// its API reference give them.
//
// The suite demands everything. What an implementation can not do, it admits in
// [Config.Lacks]; the rules that need it are skipped, and say so.
package kinesistest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/suite"
	"github.com/leat-go/leat/kinesis"
)

// Config says how to make streams, and what may be asked of them.
type Config struct {
	// New returns a new stream that is ready and has no records. Of cfg the rules use
	// ShardCount, RetentionPeriod and MaxRecordSize, with values that Kinesis allows. A
	// rule may ask for several streams. What New opens it closes with t.Cleanup; with
	// VirtualTime that happens inside the bubble. When it can not make a stream it calls
	// t.Fatal.
	New func(t testing.TB, cfg kinesis.Config) kinesis.Stream

	// Split and Merge split a shard of a stream that New made, and merge two, as
	// SplitShard and MergeShards do. They return when the stream takes the next change.
	// Nil skips the rules about resharding.
	Split func(ctx context.Context, s kinesis.Stream, shardID string, newStartingHashKey kinesis.HashKey) error
	Merge func(ctx context.Context, s kinesis.Stream, shardID, adjacentShardID string) error

	// VirtualTime runs every rule in a testing/synctest bubble of its own, with
	// New called inside: then days pass at once and the rules are exact about
	// time. The implementation must live in the bubble, without sockets.
	VirtualTime bool

	// Patience is how long a rule may wait in real time, without VirtualTime.
	// The rules that have to wait longer are skipped. Most need less than 10
	// seconds, those about retention a day.
	Patience time.Duration

	// Lacks is what the implementation can not do.
	Lacks Capability
}

// Capability is a set of abilities that some rules need.
type Capability uint

const (
	Waiting      Capability = 1 << iota // ReadRequest.Wait
	Timestamps                          // positions by time
	Retention                           // Config.RetentionPeriod
	RecordSizes                         // Config.MaxRecordSize, and a bound without it
	LargeBatches                        // more than 500 entries at a time
	LargeReads                          // more than 10,000 records at a time
	ByteLimits                          // ReadRequest.MaxBytes
	Lag                                 // Batch.MillisBehindLatest
)

var capabilityNames = []string{"Waiting", "Timestamps", "Retention", "RecordSizes", "LargeBatches", "LargeReads", "ByteLimits", "Lag"}

// String names the abilities of the set: "Waiting|Lag".
func (c Capability) String() string { return suite.NamesOf(uint(c), capabilityNames) }

// Run checks every rule in a subtest of t.
func Run(t *testing.T, cfg Config) {
	if cfg.New == nil {
		t.Fatal("kinesistest: Config.New is missing")
	}
	for _, r := range rules() {
		suite.Check(t, r.under(cfg), cfg.VirtualTime)
	}
}

// rule is one thing that a stream owes.
type rule struct {
	name     string
	says     string // in a sentence
	needs    Capability
	reshards bool          // needs Config.Split and Config.Merge
	waits    time.Duration // at most, in real time
	verify   func(c *checker)
}

func rules() []rule {
	var all []rule
	for _, subject := range [][]rule{
		putRules, boundRules, routingRules, sequenceRules, positionRules, timestampRules, readRules, lagRules,
		waitingRules, retentionRules, contextRules, splitRules, mergeRules, reshardingRules, lineageRules, concurrencyRules,
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
	case r.reshards && (cfg.Split == nil || cfg.Merge == nil):
		return "needs Config.Split and Config.Merge"
	case !cfg.VirtualTime && r.waits > cfg.Patience:
		return fmt.Sprintf("waits up to %v, Config.Patience is %v", r.waits, cfg.Patience)
	}
	return ""
}
