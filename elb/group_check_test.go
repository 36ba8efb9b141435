package elb

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// checkRecorder is a health check that takes a while, and tells when it was called.
type checkRecorder struct {
	mu      sync.Mutex
	takes   time.Duration
	now     int // under way
	most    int
	checks  map[*Target][]time.Time
	verdict func(t *Target) error
}

func (r *checkRecorder) check(ctx context.Context, t *Target) error {
	r.mu.Lock()
	r.now++
	r.most = max(r.most, r.now)
	if r.checks == nil {
		r.checks = make(map[*Target][]time.Time)
	}
	r.checks[t] = append(r.checks[t], time.Now())
	r.mu.Unlock()
	time.Sleep(r.takes)
	r.mu.Lock()
	r.now--
	r.mu.Unlock()
	if r.verdict != nil {
		return r.verdict(t)
	}
	return nil
}

// times is when a target was checked.
func (r *checkRecorder) times(t *Target) []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.checks[t]
}

// A thousand targets are not checked at once, be they registered at once or one by one, and
// each is checked once in every interval.
func TestChecksAreSpread(t *testing.T) {
	for name, step := range map[string]int{"at once": 1000, "one by one": 1, "in batches": 100} {
		synctest.Test(t, func(t *testing.T) {
			r := &checkRecorder{takes: 10 * time.Millisecond}
			g := newGroup(t, GroupConfig{Name: "g", HealthCheck: HealthCheck{Interval: 10 * time.Second, Func: r.check}})
			targets := addresses(1000)
			for i := 0; i < len(targets); i += step {
				register(t, g, targets[i:i+step]...)
				time.Sleep(3 * time.Millisecond * time.Duration(step) / 1000)
			}
			time.Sleep(100 * time.Second)
			require.NoError(t, g.Close())
			time.Sleep(time.Second) // for checks that do not heed their context
			for _, target := range targets {
				times := r.times(target)
				require.InDelta(t, 10, len(times), 1)
				for i, at := range times[1:] {
					gap := at.Sub(times[i])
					if i == 0 {
						require.GreaterOrEqual(t, gap, 5*time.Second)
						require.LessOrEqual(t, gap, 15*time.Second)
					} else {
						require.Equal(t, 10*time.Second, gap)
					}
				}
			}
			t.Logf("%s: %d checks at a time at most", name, r.most)
			require.LessOrEqual(t, r.most, 30)
		})
	}
}

// A check that hangs holds up nobody: others are checked at their times, and the target
// itself is as often as if its answers came.
func TestStuckChecks(t *testing.T) {
	for _, timeout := range []time.Duration{time.Second, 400 * time.Millisecond} { // as long as the interval, and shorter
		synctest.Test(t, func(t *testing.T) {
			targets := addresses(3)
			release := make(chan struct{})
			r := new(checkRecorder)
			r.verdict = func(t *Target) error {
				if t == targets[1] {
					<-release // without looking at its context
				}
				return nil
			}
			g := newGroup(t, GroupConfig{Name: "g", HealthCheck: HealthCheck{Interval: time.Second, Timeout: timeout, Func: r.check}})
			register(t, g, targets...)
			time.Sleep(20*time.Second + 500*time.Millisecond)
			statuses := g.Targets()
			require.Equal(t, StateHealthy, statuses[0].Health.State)
			require.Equal(t, because(StateUnhealthy, ReasonTimeout), statuses[1].Health)
			require.Less(t, statuses[1].Since.Sub(r.times(targets[1])[0]), 3*time.Second)
			require.NoError(t, g.Close())
			for _, target := range targets {
				require.InDelta(t, 21, len(r.times(target)), 1)
				for i, at := range r.times(target)[2:] {
					require.Equal(t, time.Second, at.Sub(r.times(target)[i+1]))
				}
			}
			close(release)
		})
	}
}

// Intervals may be as short as a millisecond.
func TestChecksEveryMillisecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := new(checkRecorder)
		g := newGroup(t, GroupConfig{Name: "g", HealthCheck: HealthCheck{Interval: time.Millisecond, Func: r.check}})
		targets := addresses(5)
		register(t, g, targets...)
		time.Sleep(time.Second)
		require.NoError(t, g.Close())
		for _, target := range targets {
			require.InDelta(t, 1000, len(r.times(target)), 2)
		}
	})
}

// Checks of a target end with its registration, the one that is under way included; they
// begin anew with the next.
func TestChecksEndWithTheRegistration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun, ended atomic.Int32
		g := newGroup(t, GroupConfig{Name: "g", HealthCheck: HealthCheck{Func: func(ctx context.Context, _ *Target) error {
			begun.Add(1)
			<-ctx.Done()
			ended.Add(1)
			return ctx.Err()
		}}})
		target := addresses(1)[0]
		for i := range 5 {
			register(t, g, target)
			time.Sleep(10 * time.Millisecond)
			require.EqualValues(t, i+1, begun.Load(), "the new check does not wait for the old one")
			use := new(lease)
			require.NoError(t, g.acquire("", Request{}, nil, use))
			require.NoError(t, g.Deregister(target))
			synctest.Wait()
			require.EqualValues(t, i+1, ended.Load())
			if i%2 == 0 {
				use.release(Outcome{})
			}
		}
		time.Sleep(time.Hour)
		require.EqualValues(t, 5, begun.Load())
		require.NoError(t, g.Close())
	})
}

// Close ends checks that are under way, and waits for them; one that does not heed its
// context is left to itself.
func TestCloseDuringChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var causes []error
		g := newGroup(t, GroupConfig{Name: "g", HealthCheck: HealthCheck{Func: func(ctx context.Context, target *Target) error {
			if target.ID == "t0" {
				<-release
				return errors.New("at last")
			}
			<-ctx.Done()
			causes = append(causes, context.Cause(ctx))
			return nil
		}}})
		register(t, g, addresses(2)...)
		time.Sleep(time.Second)
		var closing sync.WaitGroup
		for range 3 {
			closing.Go(func() { require.NoError(t, g.Close()) })
		}
		closing.Wait()
		synctest.Wait()
		close(release)
		require.Equal(t, []error{ErrGroupClosed}, causes)
		require.Empty(t, g.Targets())
	})
}

// When Close returns no check is under way that uses what the program may close then.
func TestCloseWaitsForChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dialing atomic.Int32
		g := newGroup(t, GroupConfig{Name: "g", Protocol: TCP, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			dialing.Add(1)
			defer dialing.Add(-1)
			<-ctx.Done()
			time.Sleep(time.Millisecond) // it takes a moment to give up
			return nil, ctx.Err()
		}})
		register(t, g, addresses(3)...)
		time.Sleep(time.Second)
		require.EqualValues(t, 3, dialing.Load())
		require.NoError(t, g.Close())
		require.Zero(t, dialing.Load())
	})
}
