package cloudwatch

import (
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/leat-go/leat/sns"
)

// read returns the metric as it is now. A source that panics has none.
func (a *Alarm) read() (m Metric, ok bool) {
	c := &a.cfg
	err := contain(func() error {
		m, ok = a.registry.Metric(c.Namespace, c.MetricName, c.Dimensions)
		return nil
	})
	if err != nil {
		c.Logger.ErrorContext(a.ctx, "cloudwatch: a source failed", "alarm", c.Name, "error", err)
	}
	return m, err == nil && ok && (c.Unit == "" || c.Unit == m.Unit)
}

// record notes changes of the state. The caller holds mu, and calls deliver afterwards.
func (a *Alarm) record(changes ...StateChange) {
	a.history = newest(append(a.history, changes...))
	a.pending = newest(append(a.pending, changes...))
}

// newest drops the oldest of too many changes.
func newest(changes []StateChange) []StateChange {
	if extra := len(changes) - maxHistory; extra > 0 {
		return slices.Delete(changes, 0, extra)
	}
	return changes
}

// deliver tells the changes that are not told yet, unless somebody else does.
func (a *Alarm) deliver() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.delivering {
		return
	}
	a.delivering = true
	defer func() { a.delivering = false }()
	for len(a.pending) > 0 {
		change := a.pending[0]
		a.pending = slices.Delete(a.pending, 0, 1)
		a.tellUnlocked(change)
	}
}

// tellUnlocked tells a change without the lock, and has it again afterwards, also if
// OnChange or an action ends the goroutine, as a test's FailNow does. The caller holds mu.
func (a *Alarm) tellUnlocked(change StateChange) {
	a.mu.Unlock()
	defer a.mu.Lock()
	a.tell(change)
}

// tell calls OnChange and takes the actions of a change. One that fails keeps none of the
// others from being taken; topics repeat deliveries themselves.
func (a *Alarm) tell(change StateChange) {
	c := &a.cfg
	if c.OnChange != nil {
		if err := contain(func() error { c.OnChange(change); return nil }); err != nil {
			c.Logger.ErrorContext(a.ctx, "cloudwatch: OnChange failed", "alarm", c.Name, "error", err)
		}
	}
	actions := map[State][]sns.Publisher{StateAlarm: c.AlarmActions, StateOK: c.OKActions, StateInsufficientData: c.InsufficientDataActions}[change.New]
	if c.ActionsDisabled || len(actions) == 0 {
		return
	}
	entry := a.entry(change)
	for _, action := range actions {
		err := contain(func() error {
			_, err := action.Publish(a.ctx, entry)
			return err
		})
		if err != nil {
			c.Logger.ErrorContext(a.ctx, "cloudwatch: an action failed", "alarm", c.Name, "state", change.New, "error", err)
		}
	}
}

// contain calls f and turns a panic into an error.
func contain(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("cloudwatch: panic: %v\n%s", v, debug.Stack())
		}
	}()
	return f()
}
