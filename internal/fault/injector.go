package fault

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Injector holds the rules of one endpoint. The zero value has none and is ready
// to use; it must not be copied after its first use. All methods may be called
// concurrently, also while calls are being served. Without rules a call costs one
// atomic load.
type Injector struct {
	mu    sync.Mutex                 // serializes changes of rules
	rules atomic.Pointer[[]*counter] // copied on change; nil when there are none
}

// Add puts rule after the rules that are there already, for the calls that start
// from now on. It returns a function that takes the rule away again, which may be
// called at any time and more than once. A rule that can not be meant leads to a
// [*RuleError], and the injector stays as it was.
func (i *Injector) Add(rule Rule) (remove func(), err error) {
	if err := rule.validate(); err != nil {
		return nil, err
	}
	c := &counter{rule: rule.complete()}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.store(append(slices.Clone(i.load()), c))
	return func() { i.remove(c) }, nil
}

// Reset takes all rules away. Calls that a rule is delaying already go on waiting.
func (i *Injector) Reset() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.store(nil)
}

// Apply is what the endpoint asks before it serves a call of operation op. It waits
// as long as the rules say and returns the [*Fault] to answer with, nil to serve
// the call, or ctx's error when ctx ended during the wait.
//
// The rules are tried in the order they were added. The delays of those that strike
// add up. The first that strikes with an error decides: the rules after it neither
// see nor count the call.
func (i *Injector) Apply(ctx context.Context, op string) error {
	rules := i.load()
	if len(rules) == 0 {
		return nil
	}
	var delay time.Duration
	var fault error
	for _, c := range rules {
		if c.rule.Op != "" && c.rule.Op != op {
			continue
		}
		strikes, spent := c.next()
		if spent {
			i.remove(c)
		}
		if !strikes {
			continue
		}
		delay += c.rule.Delay
		if c.rule.Code != "" {
			fault = &Fault{Op: op, Code: c.rule.Code, Message: c.rule.Message, Status: c.rule.Status}
			break
		}
	}
	if err := wait(ctx, delay); err != nil {
		return err
	}
	return fault
}

func (i *Injector) load() []*counter {
	if p := i.rules.Load(); p != nil {
		return *p
	}
	return nil
}

// store replaces the rules. The caller holds i.mu.
func (i *Injector) store(rules []*counter) {
	if len(rules) == 0 {
		i.rules.Store(nil)
		return
	}
	i.rules.Store(&rules)
}

func (i *Injector) remove(c *counter) {
	i.mu.Lock()
	defer i.mu.Unlock()
	rules := i.load()
	if at := slices.Index(rules, c); at >= 0 {
		i.store(slices.Delete(slices.Clone(rules), at, at+1))
	}
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
