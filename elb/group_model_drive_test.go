package elb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzGroupModel looks for commands by which a group and its model come to differ.
func FuzzGroupModel(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(randomBytes(seed, 150))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1000 {
			t.Skip("a longer input finds nothing that several short ones do not")
		}
		synctest.Test(t, func(t *testing.T) { driveGroup(t, data) })
	})
}

// The long runs are always the same ones.
func TestGroupModelLongRuns(t *testing.T) {
	var total groupDriveCounts
	for seed := range uint64(12) {
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			total.add(driveGroup(t, randomBytes(1000+seed, 2500)))
		})
	}
	t.Logf("%+v", total)
	for what, n := range total.all() {
		require.Greater(t, *n, 20, "the runs do what they are for: count %d", what)
	}
}

func randomBytes(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

// groupDriveCounts says what a drive did; one that did nothing proves nothing.
type groupDriveCounts struct {
	commands, registered, returned, refused, deregistered, checks, timeouts, turned, acquired, wanted, none, busy,
	failOpen, aborted, drained, ejected, readmitted int
}

func (c *groupDriveCounts) all() []*int {
	return []*int{&c.commands, &c.registered, &c.returned, &c.refused, &c.deregistered, &c.checks, &c.timeouts, &c.turned, &c.acquired,
		&c.wanted, &c.none, &c.busy, &c.failOpen, &c.aborted, &c.drained, &c.ejected, &c.readmitted}
}

func (c *groupDriveCounts) add(o groupDriveCounts) {
	for i, n := range o.all() {
		*c.all()[i] += *n
	}
}

// groupDrive runs commands on a group and its model, and fails when they differ. Every
// choice is read from data, so a failure repeats, and fuzzing can look for one. It runs in
// a synctest bubble.
type groupDrive struct {
	t       *testing.T
	data    []byte // the choices not yet made
	group   *TargetGroup
	model   groupModel
	targets []*Target
	leases  []*modelLease // not released
	seen    []*modelMember
	engine  []*member // all that there were
	trace   []string
	picks   atomic.Int64 // that are not done
	groupDriveCounts

	mu      sync.Mutex
	checks  map[*Target]string // what the checks of a target find
	results []checkResult      // that the model does not know of yet
	states  map[*Target][]StateChange
}

type checkResult struct {
	target *Target
	ok     bool
}

// countedPicker counts picks that are not done.
type countedPicker struct {
	SetPicker
	drive *groupDrive
}

func (p *countedPicker) Pick(req Request) (*Target, func(Outcome), error) {
	t, done, err := p.SetPicker.Pick(req)
	if err != nil {
		return nil, nil, err
	}
	p.drive.picks.Add(1)
	var calls atomic.Int32
	return t, func(o Outcome) {
		if calls.Add(1) != 1 {
			p.drive.t.Error("done was called twice")
		}
		p.drive.picks.Add(-1)
		done(o)
	}, nil
}

func driveGroup(t *testing.T, data []byte) groupDriveCounts {
	d := &groupDrive{t: t, data: data, checks: make(map[*Target]string), states: make(map[*Target][]StateChange)}
	defer func() {
		if t.Failed() {
			last := d.trace[max(0, len(d.trace)-40):]
			t.Logf("%+v\nwhat led there, the last %d commands of %d:\n%s", d.model.config, len(last), len(d.trace), strings.Join(last, "\n"))
		}
	}()
	d.open()
	for len(d.data) > 0 && !t.Failed() {
		d.command()
		d.commands++
		d.settle()
		d.model.tick(time.Now()) // a delay may be nothing
		d.compare()
	}
	d.end()
	return d.groupDriveCounts
}

// choose makes one of n choices.
func (d *groupDrive) choose(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % n
}

func (d *groupDrive) open() {
	c := GroupConfig{
		Name:                  "model",
		CrossZoneDisabled:     d.choose(3) == 0,
		InitialDown:           d.choose(3) == 0,
		MinimumHealthy:        d.choose(4),
		MinimumHealthyPercent: d.choose(3) * 33,
		MaxRequests:           []int{0, 1, 3}[d.choose(3)],
		KeepUnhealthyConns:    d.choose(3) == 0,
		DeregistrationDelay:   new(time.Duration(d.choose(4)) * 20 * time.Second),
		HealthCheck:           HealthCheck{Interval: 10 * time.Second, HealthyThreshold: 1 + d.choose(3), UnhealthyThreshold: 1 + d.choose(3), Func: d.check},
	}
	if d.choose(5) == 0 {
		c.HealthCheck = HealthCheck{Disabled: true}
	}
	if d.choose(2) == 0 {
		c.Outliers = &OutlierEjection{Consecutive: 3, MaxPercent: []int{10, 50, 100}[d.choose(3)]}
	}
	algorithm := []func() SetPicker{
		func() SetPicker { return new(RoundRobin) },
		func() SetPicker { return new(LeastOutstanding) },
		func() SetPicker { return new(PowerOfTwo) },
		func() SetPicker { return new(ConsistentHash) },
		func() SetPicker { return new(WeightedRandom) },
	}[d.choose(5)]
	c.NewPicker = func() SetPicker { return &countedPicker{algorithm(), d} }
	var err error
	d.group, err = NewTargetGroup(c)
	require.NoError(d.t, err)
	d.model.config = d.group.Config()
	for i := range 8 {
		d.targets = append(d.targets, &Target{ID: fmt.Sprint("t", i), Address: "192.0.2.1:80", Zone: []string{"a", "b"}[i%2], Weight: i})
	}
	changes := d.group.Watch(d.t.Context())
	go func() {
		for c := range changes {
			d.mu.Lock()
			d.states[c.Target] = append(d.states[c.Target], c)
			d.mu.Unlock()
		}
	}()
}

func (d *groupDrive) check(ctx context.Context, t *Target) error {
	d.mu.Lock()
	how := d.checks[t]
	d.mu.Unlock()
	if how == "hang" {
		<-ctx.Done()
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return ctx.Err() // it was called off
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.results = append(d.results, checkResult{t, how == ""})
	if how != "" {
		return errors.New(how)
	}
	return nil
}

func (d *groupDrive) tracef(format string, args ...any) {
	d.trace = append(d.trace, fmt.Sprintf(format, args...))
}

func (d *groupDrive) command() {
	switch d.choose(16) {
	case 0, 1, 2:
		d.register()
	case 3:
		d.deregister()
	case 4, 5:
		t := d.target()
		how := []string{"", "fail", "hang", "fail"}[d.choose(4)]
		d.tracef("checks of %s: %q", t.ID, how)
		d.mu.Lock()
		d.checks[t] = how
		d.mu.Unlock()
	case 6, 7:
		d.pass(1 + d.choose(30))
	case 8, 9, 10, 11:
		d.acquire(d.choose(4) == 0)
	case 12, 13:
		d.release(d.choose(3) > 0)
	case 14:
		for range d.choose(6) {
			d.acquire(false)
		}
	case 15:
		for range d.choose(6) {
			d.acquire(true)
			d.release(true)
		}
	}
}

func (d *groupDrive) target() *Target { return d.targets[d.choose(len(d.targets))] }

func (d *groupDrive) register() {
	var some []*Target
	for range 1 + d.choose(3) {
		some = append(some, d.target())
	}
	wrong := 0
	switch d.choose(12) {
	case 0:
		some = append(some, nil, &Target{})
		wrong = 3
	case 1:
		twin := *some[0]
		some = append(some, &twin)
		wrong = 1
	}
	d.tracef("register %s", targetNames(some))
	err := d.group.Register(some...)
	if wrong > 0 {
		require.Len(d.t, err.(interface{ Unwrap() []error }).Unwrap(), wrong)
		d.refused++
		return
	}
	require.NoError(d.t, err)
	for _, t := range some {
		if m := d.model.find(t); m == nil {
			d.registered++
		} else if m.draining() {
			d.returned++
		}
		d.model.register(t)
		if m := d.model.find(t); !slices.Contains(d.seen, m) {
			d.seen = append(d.seen, m)
		}
		if m := d.group.member(t); !slices.Contains(d.engine, m) {
			d.engine = append(d.engine, m)
		}
	}
}

func targetNames(targets []*Target) string {
	var names []string
	for _, t := range targets {
		names = append(names, t.name())
	}
	return strings.Join(names, " ")
}

func (d *groupDrive) deregister() {
	some := []*Target{d.target(), d.target()}
	d.tracef("deregister %s", targetNames(some))
	err := d.group.Deregister(some...)
	strangers := 0
	for _, t := range some {
		if d.model.deregister(t, time.Now()) {
			d.deregistered++
		} else {
			strangers++
		}
	}
	if strangers == 0 {
		require.NoError(d.t, err)
		return
	}
	require.ErrorIs(d.t, err, ErrTargetNotFound)
	require.Len(d.t, err.(interface{ Unwrap() []error }).Unwrap(), strangers)
}

// pass lets seconds pass.
func (d *groupDrive) pass(seconds int) {
	d.tracef("%d s", seconds)
	for range seconds {
		time.Sleep(time.Second)
		d.settle()
		d.model.tick(time.Now())
	}
}

// settle tells the model of checks.
func (d *groupDrive) settle() {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.results {
		d.checksOf(r)
		d.model.observe(r.target, r.ok)
	}
	d.results = nil
}

func (d *groupDrive) checksOf(r checkResult) {
	d.groupDriveCounts.checks++
	if d.checks[r.target] == "hang" {
		d.timeouts++
	}
}

func (d *groupDrive) acquire(wanted bool) {
	zone := []string{"a", "b", "c"}[d.choose(3)%(2+d.choose(2))]
	req := Request{Flow: uint64(d.choose(256))}
	for range d.choose(3) * d.choose(2) {
		req.Avoid = append(req.Avoid, d.target())
	}
	var want *Target
	if wanted {
		want = d.target()
	}
	used := d.model.used(zone)
	open := d.model.open(used)
	l := &modelLease{lease: &lease{connection: d.choose(2) == 0}}
	l.lease.abort = func(cause error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		l.got, l.calls = cause, l.calls+1
	}
	err := d.group.acquire(zone, req, want, l.lease)
	d.tracef("acquire in %s, avoid %s, want %s: %s %v", zone, targetNames(req.Avoid), want.name(), l.lease.target.name(), err)
	switch {
	case len(used) == 0:
		require.ErrorIs(d.t, err, ErrNoTargets)
		d.none++
		return
	case len(open) == 0:
		require.ErrorIs(d.t, err, ErrTargetsBusy)
		d.busy++
		return
	}
	require.NoError(d.t, err)
	got := l.lease.target
	require.Contains(d.t, open, got)
	if slices.Contains(open, want) {
		require.Equal(d.t, want, got)
		d.groupDriveCounts.wanted++
	} else if better := slices.DeleteFunc(open, func(t *Target) bool { return slices.Contains(req.Avoid, t) }); len(better) > 0 {
		require.Contains(d.t, better, got)
	}
	d.acquired++
	l.of = d.model.find(got)
	if slices.ContainsFunc(used, func(t *Target) bool {
		s := d.model.state(d.model.find(t))
		return s != StateHealthy && s != StateUnavailable
	}) {
		d.failOpen++
	}
	l.of.leases = append(l.of.leases, l)
	d.leases = append(d.leases, l)
}

func (d *groupDrive) release(bad bool) {
	if len(d.leases) == 0 {
		return
	}
	at := len(d.leases) - 1 - d.choose(len(d.leases))
	l := d.leases[at]
	d.leases = slices.Delete(d.leases, at, at+1)
	o := Outcome{Status: 200, Duration: time.Millisecond}
	if bad {
		o = Outcome{Status: 503}
	}
	d.tracef("release %s, %d", l.of.target.ID, o.Status)
	before := l.of.ejected()
	l.lease.release(o)
	l.lease.release(Outcome{Status: 500}) // the second call does nothing
	d.model.release(l, o, time.Now())
	if !before && l.of.ejected() {
		d.ejected++
	}
}
