package elb

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A timeline is written as events, one a second: "+" a pass, "." a start of checks, a number
// an answer with that status, "t" a timeout, "f" a failure. Beside each that changes
// something is what it changes to.
func TestHealthTimelines(t *testing.T) {
	for name, c := range map[string]struct {
		check    HealthCheck
		timeline string
	}{
		"a new target is healthy after one pass": {HealthCheck{},
			". initial/Elb.InitialHealthChecking, + healthy, +, +"},
		"also after failures": {HealthCheck{},
			". initial/Elb.InitialHealthChecking, t, + healthy"},
		"also without a word that checks start": {HealthCheck{},
			"+ healthy, ."},
		"a new target that never passes": {HealthCheck{},
			"503 initial/Elb.InitialHealthChecking, 503 unhealthy/Target.ResponseCodeMismatch, ."},
		"the way back takes five passes": {HealthCheck{},
			"t initial/Elb.InitialHealthChecking, t unhealthy/Target.Timeout, +, +, +, +, + healthy, t, t unhealthy/Target.Timeout"},
		"a failure begins the count anew": {HealthCheck{HealthyThreshold: 3},
			"+ healthy, f, f unhealthy/Target.FailedHealthChecks, +, +, f, +, +, + healthy"},
		"a pass begins the count anew": {HealthCheck{UnhealthyThreshold: 3},
			"+ healthy, f, f, +, f, f, +, f, f, f unhealthy/Target.FailedHealthChecks"},
		"the reason is the latest failure's": {HealthCheck{},
			"+ healthy, 404, 500 unhealthy/Target.ResponseCodeMismatch [500], 500, 404 unhealthy/Target.ResponseCodeMismatch [404], t unhealthy/Target.Timeout, +, f unhealthy/Target.FailedHealthChecks"},
		"thresholds of one": {HealthCheck{HealthyThreshold: 1, UnhealthyThreshold: 1},
			"+ healthy, f unhealthy/Target.FailedHealthChecks, + healthy, f unhealthy/Target.FailedHealthChecks"},
		"a new target, threshold of one": {HealthCheck{UnhealthyThreshold: 1},
			". initial/Elb.InitialHealthChecking, f unhealthy/Target.FailedHealthChecks, +, +, +, +, + healthy"},
		"disabled": {HealthCheck{Disabled: true},
			"., +, f, f, f"},
	} {
		t.Run(name, func(t *testing.T) {
			check := c.check.withDefaults()
			now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
			h := newHealth(&check, now)
			if check.Disabled {
				require.Equal(t, TargetHealth{StateUnavailable, ReasonHealthCheckDisabled, "Health checks are disabled"}, h.now)
			} else {
				require.Equal(t, TargetHealth{StateInitial, ReasonRegistration, "Target registration is in progress"}, h.now)
			}
			since := now
			for step := range strings.SplitSeq(c.timeline, ", ") {
				now = now.Add(time.Second)
				event, want, changes := strings.Cut(step, " ")
				before := h.now
				var change healthChange
				var changed bool
				switch event {
				case ".":
					change, changed = h.begin(now)
				case "+":
					change, changed = h.observe(Result{OK: true, Code: 200}, now)
				case "t":
					change, changed = h.observe(Result{Reason: ReasonTimeout, Description: ReasonTimeout.describe()}, now)
				case "f":
					change, changed = h.observe(Result{Reason: ReasonFailedHealthChecks, Description: ReasonFailedHealthChecks.describe()}, now)
				default:
					change, changed = h.observe(Result{Reason: ReasonResponseCodeMismatch, Description: "Health checks failed with these codes: [" + event + "]"}, now)
				}
				require.Equal(t, changes, changed, "at %q", step)
				if !changed {
					require.Zero(t, change)
					require.Equal(t, before, h.now)
					continue
				}
				require.Equal(t, healthChange{now, before, h.now}, change)
				want, codes, _ := strings.Cut(want, " ")
				state, reason, _ := strings.Cut(want, "/")
				require.Equal(t, state, string(h.now.State), "at %q", step)
				require.Equal(t, reason, string(h.now.Reason), "at %q", step)
				require.Contains(t, h.now.Description, codes)
				require.Equal(t, h.now.State == StateHealthy, h.now.Description == "")
				if before.State != h.now.State {
					since = now
				}
				require.Equal(t, since, h.since, "at %q", step)
			}
		})
	}
}

// Whatever comes, a target is healthy exactly if a naive reading of the rules says so.
func FuzzHealth(f *testing.F) {
	f.Add([]byte{0, 1, 1, 1, 1, 1, 0, 0}, uint8(5), uint8(2))
	f.Fuzz(func(t *testing.T, results []byte, healthy, unhealthy uint8) {
		check := HealthCheck{HealthyThreshold: 1 + int(healthy%10), UnhealthyThreshold: 1 + int(unhealthy%10)}
		h := newHealth(&check, time.Time{})
		ends := func(with bool, seen []bool, n int) bool {
			if len(seen) < n {
				return false
			}
			for _, ok := range seen[len(seen)-n:] {
				if ok != with {
					return false
				}
			}
			return true
		}
		var seen []bool
		state := StateInitial
		for _, b := range results {
			ok := b%2 == 1
			seen = append(seen, ok)
			h.observe(Result{OK: ok, Reason: ReasonTimeout}, time.Time{})
			switch {
			case state == StateInitial && ok, state == StateUnhealthy && ends(true, seen, check.HealthyThreshold):
				state = StateHealthy
			case ends(false, seen, check.UnhealthyThreshold):
				state = StateUnhealthy
			}
			if h.now.State != state {
				t.Fatalf("%s after %v, want %s", h.now.State, seen, state)
			}
		}
	})
}

func TestReasonsHaveAWSsTexts(t *testing.T) {
	require.Equal(t, "Health checks failed with these codes: [502]", mismatch(502))
	for reason, want := range map[HealthReason]string{
		ReasonRegistration:         "Target registration is in progress",
		ReasonInitialHealthChecks:  "Initial health checks in progress",
		ReasonResponseCodeMismatch: "",
		ReasonTimeout:              "Request timed out",
		ReasonFailedHealthChecks:   "Health checks failed",
		ReasonInternalError:        "Health checks failed due to an internal error",
		ReasonNotRegistered:        "Target is not registered to the target group",
		ReasonNotInUse:             "Target group is not configured to receive traffic from the load balancer",
		ReasonInvalidState:         "Target is in an invalid state",
		ReasonIPUnusable:           "The IP address cannot be used as a target, as it is in use by a load balancer",
		ReasonDeregistration:       "Target deregistration is in progress",
		ReasonHealthCheckDisabled:  "Health checks are disabled",
	} {
		require.Equal(t, want, reason.describe())
	}
}
