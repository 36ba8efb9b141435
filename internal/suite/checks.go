package suite

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// Checks is what the rules of all suites check by.
type Checks struct {
	testing.TB
	// Virtual tells that time is a bubble's, and so exact. In real time a second more or
	// less does not count, for clocks and networks are not exact.
	Virtual bool
}

// JustBefore sleeps until nearly d after start: a second before it in real time.
func (c *Checks) JustBefore(start time.Time, d time.Duration) {
	margin := time.Second
	if c.Virtual {
		margin = 1
	}
	time.Sleep(time.Until(start.Add(d - margin)))
}

// After sleeps until d after start: a second longer in real time.
func (c *Checks) After(start time.Time, d time.Duration) {
	if !c.Virtual {
		d += time.Second
	}
	time.Sleep(time.Until(start.Add(d)))
}

// Took checks that something took as long as it should.
func (c *Checks) Took(elapsed, d time.Duration, what string) {
	c.Helper()
	if c.Virtual && elapsed != d || elapsed < d-time.Second || elapsed > d+2*time.Second {
		c.Fatalf("%s took %v instead of %v", what, elapsed, d)
	}
}

// FailedWith checks that err is one of some conditions.
func (c *Checks) FailedWith(err error, what string, conditions ...error) {
	c.Helper()
	if !slices.ContainsFunc(conditions, func(s error) bool { return errors.Is(err, s) }) {
		c.Fatalf("%s: the error is %v, expected one for which errors.Is finds %v", what, err, conditions)
	}
}
