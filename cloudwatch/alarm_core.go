package cloudwatch

import (
	"slices"
	"time"
)

// core is what an alarm knows. It is a state machine without lock, clock or I/O: the same
// calls, with the same times, leave it in the same state. Times are nanoseconds since 1970.
type core struct {
	rule      rule
	statistic Statistic
	period    int64
	explicit  bool // M was said

	sampler sampler
	end     int64       // of the period that is under way
	points  []Datapoint // of the periods before, oldest first, at most as many as matter

	state  State
	reason string
	since  time.Time
}

// initialReason is AWS's.
const initialReason = "Unchecked: Initial alarm creation"

// newCore returns the core of an alarm that begins when the metric is as given.
func newCore(cfg *AlarmConfig, now int64, m Metric, ok bool) *core {
	c := &core{
		rule: cfg.rule(), statistic: cfg.Statistic, period: int64(cfg.Period), explicit: cfg.DatapointsToAlarm > 0,
		state: StateInsufficientData, reason: initialReason, since: time.Unix(0, now),
	}
	c.end = now - now%c.period + c.period
	_, c.sampler.window.keep = cfg.Statistic.percentile()
	c.sampler.begin(m, ok)
	return c
}

// tick takes a sample of the metric at a time, ends the periods that are over by then, and
// returns the changes of the state, oldest first.
func (c *core) tick(at int64, m Metric, ok bool) (changes []StateChange) {
	if gone := (at - c.end) / c.period; gone > int64(c.rule.span()) {
		// Nobody called for a long time, as when the machine slept. What is too long ago
		// to matter is left out.
		changes = c.finish(changes)
		c.end += (gone - int64(c.rule.span())) * c.period
	}
	for c.end < at {
		changes = c.finish(changes)
	}
	c.sampler.take(m, ok)
	if c.end == at {
		changes = c.finish(changes)
	}
	return changes
}

// finish ends the period.
func (c *core) finish(changes []StateChange) []StateChange {
	p := Datapoint{Start: time.Unix(0, c.end-c.period).UTC()}
	value, ok := c.sampler.end(c.statistic)
	p.Value, p.Missing = value, !ok
	if len(c.points) == c.rule.span() {
		c.points = slices.Delete(c.points, 0, 1)
	}
	c.points = append(c.points, p)
	at := time.Unix(0, c.end)
	c.end += c.period

	v := c.rule.evaluate(c.points)
	if v.keep || v.state == c.state {
		return changes
	}
	return append(changes, c.set(at, v.state, c.rule.reason(&v, c.explicit)))
}

// set changes the state.
func (c *core) set(at time.Time, state State, reason string) StateChange {
	change := StateChange{Time: at, Old: c.state, New: state, Reason: reason}
	c.state, c.reason, c.since = state, reason, at
	return change
}
