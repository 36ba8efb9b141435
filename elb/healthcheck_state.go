package elb

import (
	"strconv"
	"time"
)

// HealthState is what a load balancer thinks of a target. The source of the states and of
// the reasons is the API reference of 2015-12-01, TargetHealth.
type HealthState string

// The states of a target.
const (
	StateInitial     HealthState = "initial"     // new, and not passed a check yet
	StateHealthy     HealthState = "healthy"     // gets requests
	StateUnhealthy   HealthState = "unhealthy"   // gets requests only if all targets are unhealthy
	StateUnused      HealthState = "unused"      // nobody sends it requests
	StateDraining    HealthState = "draining"    // deregistered; finishes what it has
	StateUnavailable HealthState = "unavailable" // not checked
)

// HealthReason is why a target is not healthy.
type HealthReason string

// The reasons. A healthy target has none.
const (
	ReasonRegistration         HealthReason = "Elb.RegistrationInProgress"      // initial
	ReasonInitialHealthChecks  HealthReason = "Elb.InitialHealthChecking"       // initial
	ReasonResponseCodeMismatch HealthReason = "Target.ResponseCodeMismatch"     // unhealthy
	ReasonTimeout              HealthReason = "Target.Timeout"                  // unhealthy
	ReasonFailedHealthChecks   HealthReason = "Target.FailedHealthChecks"       // unhealthy
	ReasonInternalError        HealthReason = "Elb.InternalError"               // unhealthy: the check itself failed
	ReasonNotRegistered        HealthReason = "Target.NotRegistered"            // unused
	ReasonNotInUse             HealthReason = "Target.NotInUse"                 // unused
	ReasonInvalidState         HealthReason = "Target.InvalidState"             // unused
	ReasonIPUnusable           HealthReason = "Target.IpUnusable"               // unused
	ReasonDeregistration       HealthReason = "Target.DeregistrationInProgress" // draining
	ReasonHealthCheckDisabled  HealthReason = "Target.HealthCheckDisabled"      // unavailable
)

// describe returns what AWS says about a reason, by the User Guide for Application Load
// Balancers, "Health check reason codes"; "" for ReasonResponseCodeMismatch, whose text has
// the status in it. Where AWS has several texts it is the one that says least.
func (r HealthReason) describe() string {
	switch r {
	case ReasonRegistration:
		return "Target registration is in progress"
	case ReasonInitialHealthChecks:
		return "Initial health checks in progress"
	case ReasonTimeout:
		return "Request timed out"
	case ReasonFailedHealthChecks:
		return "Health checks failed"
	case ReasonInternalError:
		return "Health checks failed due to an internal error"
	case ReasonNotRegistered:
		return "Target is not registered to the target group"
	case ReasonNotInUse:
		return "Target group is not configured to receive traffic from the load balancer"
	case ReasonDeregistration:
		return "Target deregistration is in progress"
	case ReasonHealthCheckDisabled:
		return "Health checks are disabled"
	case ReasonInvalidState:
		return "Target is in an invalid state"
	case ReasonIPUnusable:
		return "The IP address cannot be used as a target, as it is in use by a load balancer"
	default:
		return ""
	}
}

// TargetHealth is a target's state and the reason for it.
type TargetHealth struct {
	State       HealthState
	Reason      HealthReason // empty for StateHealthy
	Description string       // AWS's text for the reason, for people; empty for StateHealthy
}

// Result is what became of one health check.
type Result struct {
	// OK tells whether the target passed.
	OK bool
	// Reason is why it did not; empty if it did.
	Reason HealthReason
	// Code is the status of the answer, HTTP's or gRPC's; -1 if there is none.
	Code int
	// Description is AWS's text for Reason, for HealthFunc the error's; empty if OK.
	Description string
	// Duration is how long the check took, from connecting to the answer's end.
	Duration time.Duration
	// Err is what went wrong beneath, if something did: an answer that merely does not
	// match has none.
	Err error
}

// healthChange is a change of a target's state, or of the reason for it.
type healthChange struct {
	at       time.Time
	from, to TargetHealth
}

// health is what is known of one target. It is a state machine without a clock or a lock:
// its owner calls it with what it observed, and one call at a time. That a target drains
// or is unused is not its affair but its group's.
type health struct {
	passesNeeded, failuresNeeded int

	now      TargetHealth
	since    time.Time // the state, not the reason
	passes   int       // in a row, up to now
	failures int       // in a row, up to now
}

// newHealth is the health of a target that was registered just now, under a check that
// has its defaults.
func newHealth(check *HealthCheck, now time.Time) health {
	h := health{passesNeeded: check.HealthyThreshold, failuresNeeded: check.UnhealthyThreshold, since: now}
	if check.Disabled {
		h.now = because(StateUnavailable, ReasonHealthCheckDisabled)
	} else {
		h.now = because(StateInitial, ReasonRegistration)
	}
	return h
}

func because(state HealthState, reason HealthReason) TargetHealth {
	return TargetHealth{state, reason, reason.describe()}
}

// begin tells that the target's first check starts now.
func (h *health) begin(now time.Time) (change healthChange, changed bool) {
	if h.now.State != StateInitial {
		return healthChange{}, false
	}
	return h.become(because(StateInitial, ReasonInitialHealthChecks), now)
}

// observe takes note of a check's result. A new target is healthy at its first pass; after
// that the thresholds count. An unhealthy target's reason is that of its latest failure.
func (h *health) observe(r Result, now time.Time) (change healthChange, changed bool) {
	if h.now.State == StateUnavailable {
		return healthChange{}, false
	}
	if r.OK {
		h.passes, h.failures = h.passes+1, 0
		if h.now.State == StateInitial || h.now.State == StateUnhealthy && h.passes >= h.passesNeeded {
			return h.become(TargetHealth{State: StateHealthy}, now)
		}
		return healthChange{}, false
	}
	h.passes, h.failures = 0, h.failures+1
	switch {
	case h.now.State == StateUnhealthy || h.failures >= h.failuresNeeded:
		return h.become(TargetHealth{StateUnhealthy, r.Reason, r.Description}, now)
	case h.now.State == StateInitial:
		return h.become(because(StateInitial, ReasonInitialHealthChecks), now)
	default:
		return healthChange{}, false
	}
}

func (h *health) become(to TargetHealth, now time.Time) (healthChange, bool) {
	from := h.now
	if to == from {
		return healthChange{}, false
	}
	h.now = to
	if to.State != from.State {
		h.since = now
	}
	return healthChange{now, from, to}, true
}

// mismatch is AWS's text for an answer with the wrong status.
func mismatch(code int) string {
	return "Health checks failed with these codes: [" + strconv.Itoa(code) + "]"
}
