package cloudwatch

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/leat-go/leat/internal/syntax"
)

// Alarm watches a metric of a registry: it samples it, makes a datapoint of each period,
// decides from the newest of them which state it is in, and publishes when that changes.
// All methods may be called concurrently.
//
// It begins when it is created, in the state INSUFFICIENT_DATA, and goes on until Close. In
// between it has a timer, which a program that forgets it keeps; it has a goroutine only
// while that fires. Actions and OnChange are called there, one change after another; a slow
// one delays the changes after it, but neither samples nor states.
type Alarm struct {
	registry  *Registry
	cfg       AlarmConfig // with defaults
	createdAt time.Time   // and the time on the monotonic clock from which others are told

	ctx     context.Context // of the actions, until Close
	cancel  context.CancelFunc
	running sync.WaitGroup // what Close waits for; increased under mu while not closed

	mu         sync.Mutex
	core       *core         // guarded by mu
	due        int64         // when the next sample is, in nanoseconds since 1970; guarded by mu
	timer      *time.Timer   // guarded by mu
	closed     bool          // guarded by mu
	history    []StateChange // oldest first; guarded by mu
	pending    []StateChange // that are not told yet; guarded by mu
	delivering bool          // somebody tells them; guarded by mu
}

// StateChange is a change of an alarm's state.
type StateChange struct {
	Time     time.Time
	Old, New State
	Reason   string // in AWS's words
}

// AlarmStatus is what an alarm knows.
type AlarmStatus struct {
	State  State
	Reason string    // of the state
	Since  time.Time // when it came into the state

	// Datapoints are the newest periods, newest first, with those that are missing, at
	// most two more than EvaluationPeriods.
	Datapoints []Datapoint
}

// maxHistory bounds the changes that an alarm remembers, and those that wait for its
// actions.
const maxHistory = 100

// NewAlarm starts an alarm on a metric, which need not exist yet. It fails with an [*Error]
// for each fault of cfg, joined: ErrMissingParameter, ErrInvalidParameterValue or
// ErrInvalidParameterCombination. There may be several alarms of a name. (PutMetricAlarm.)
func NewAlarm(r *Registry, cfg AlarmConfig) (*Alarm, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if r == nil {
		return nil, &Error{Op: "NewAlarm", Name: cfg.Name, Err: ErrMissingParameter, Message: "An alarm needs a registry."}
	}
	a := &Alarm{registry: r, cfg: cfg, createdAt: time.Now()}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	m, ok := a.read()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.core = newCore(&cfg, a.now(), m, ok)
	a.schedule()
	r.enroll(a)
	return a, nil
}

// Name returns the alarm's name.
func (a *Alarm) Name() string { return a.cfg.Name }

// ARN returns the alarm's Amazon Resource Name.
func (a *Alarm) ARN() string {
	return "arn:" + syntax.Partition(a.cfg.Region) + ":cloudwatch:" + a.cfg.Region + ":" + a.cfg.Account + ":alarm:" + a.cfg.Name
}

// Config returns the alarm's configuration with every default filled in, but for
// DatapointsToAlarm. What its slices and maps hold must not be changed.
func (a *Alarm) Config() AlarmConfig { return a.cfg }

// State returns the state that the alarm is in.
func (a *Alarm) State() State {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.core.state
}

// Status returns what the alarm knows. (DescribeAlarms.)
func (a *Alarm) Status() AlarmStatus {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.core
	points := slices.Clone(c.points)
	slices.Reverse(points)
	return AlarmStatus{State: c.state, Reason: c.reason, Since: c.since, Datapoints: points}
}

// History returns the last 100 changes of the state, oldest first.
// (DescribeAlarmHistory.)
func (a *Alarm) History() []StateChange {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.history)
}

// SetState puts the alarm into a state until the next period ends and says which one it is
// in. The reason has at most 1,023 characters. If that is a change its actions are taken,
// before SetState returns unless others are being taken. It fails with ErrInvalidParameterValue or ErrClosed. (SetAlarmState.)
func (a *Alarm) SetState(state State, reason string) error {
	f := faults{op: "SetState", name: a.cfg.Name}
	if state != StateOK && state != StateAlarm && state != StateInsufficientData {
		f.invalid("The value %q for parameter StateValue is not supported.", state)
	}
	f.checkText("StateReason", reason, maxReason)
	if err := f.err(); err != nil {
		return err
	}
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return &Error{Op: "SetState", Name: a.cfg.Name, Err: ErrClosed}
	}
	a.running.Add(1)
	defer a.running.Done()
	if state != a.core.state {
		a.record(a.core.set(time.Unix(0, a.now()), state, reason))
	}
	a.mu.Unlock()
	a.deliver()
	return nil
}

// Close stops the alarm: it cancels the context of actions that are being taken, and waits
// for them and for OnChange. The state and the history stay as they are. It always returns
// nil, and may be called again. (DeleteAlarms.)
func (a *Alarm) Close() error {
	a.mu.Lock()
	a.closed = true
	a.timer.Stop()
	a.pending = nil
	a.mu.Unlock()
	a.cancel()
	a.registry.dismiss(a)
	a.running.Wait()
	return nil
}

// now returns the time in nanoseconds since 1970. It follows the monotonic clock, so it
// never runs backwards, whatever becomes of the wall clock.
func (a *Alarm) now() int64 { return a.createdAt.UnixNano() + int64(time.Since(a.createdAt)) }

// schedule sets the timer to the next sample. The caller holds mu.
func (a *Alarm) schedule() {
	now, step := a.now(), int64(a.cfg.Resolution)
	a.due = now - now%step + step
	wait := time.Duration(a.due - now)
	if a.timer == nil {
		a.timer = time.AfterFunc(wait, a.tick)
	} else {
		a.timer.Reset(wait)
	}
}

// tick takes the sample that is due.
func (a *Alarm) tick() {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return
	}
	a.running.Add(1)
	defer a.running.Done()
	a.mu.Unlock()
	m, ok := a.read()
	a.mu.Lock()
	if !a.closed {
		a.record(a.core.tick(a.due, m, ok)...)
		a.schedule()
	}
	a.mu.Unlock()
	a.deliver()
}
