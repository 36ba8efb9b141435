package elb

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// While membership, health and ejections change, no lease is lost, no target that was
// deregistered is given out, and all counts end at zero.
func TestGroupUnderStress(t *testing.T) {
	for name, newPicker := range map[string]func() SetPicker{
		"RoundRobin":       func() SetPicker { return new(RoundRobin) },
		"LeastOutstanding": func() SetPicker { return new(LeastOutstanding) },
		"WeightedRandom":   func() SetPicker { return new(WeightedRandom) },
	} {
		s := &stress{t: t, targets: addresses(12)}
		s.group = newGroup(t, GroupConfig{
			Name:                "stress",
			NewPicker:           func() SetPicker { return &stressPicker{newPicker(), s} },
			MaxRequests:         5,
			SlowStart:           5 * time.Millisecond,
			DeregistrationDelay: new(100 * time.Microsecond),
			Outliers:            &OutlierEjection{Interval: time.Millisecond, BaseEjection: time.Millisecond, MaxPercent: 30},
			HealthCheck: HealthCheck{
				Interval: time.Millisecond, HealthyThreshold: 1, UnhealthyThreshold: 1,
				Func: func(context.Context, *Target) error {
					if rand.IntN(3) == 0 {
						return errors.New("not well")
					}
					return nil
				},
			},
		})
		s.run()
		t.Logf("%s: %d leases, %d refused, %d aborted; %d deregistrations; %d changes", name,
			s.acquired.Load(), s.refused.Load(), s.aborted.Load(), s.changed.Load(), s.group.changes.next)
		for _, n := range []int64{s.acquired.Load(), s.aborted.Load(), s.changed.Load(), int64(s.group.changes.next)} {
			require.Positive(t, n, "the test does what it is for")
		}
		require.NoError(t, s.group.Close())
	}
}

type stress struct {
	t       *testing.T
	group   *TargetGroup
	targets []*Target
	// ages of targets are odd from when Deregister has returned until Register is called.
	ages [12]atomic.Int64

	picks                               atomic.Int64 // that are not done
	acquired, refused, aborted, changed atomic.Int64
}

type stressPicker struct {
	SetPicker
	stress *stress
}

func (p *stressPicker) Pick(req Request) (*Target, func(Outcome), error) {
	t, done, err := p.SetPicker.Pick(req)
	if err != nil {
		return nil, nil, err
	}
	p.stress.picks.Add(1)
	return t, func(o Outcome) { p.stress.picks.Add(-1); done(o) }, nil
}

func (s *stress) run() {
	var members, users sync.WaitGroup
	stop := make(chan struct{})
	for half := range 2 {
		members.Go(func() { s.changeMembers(half*6, half*6+6) })
	}
	for i := range 6 {
		users.Go(func() { s.use(uint64(i), stop) })
	}
	members.Wait()
	close(stop)
	users.Wait()
	for _, st := range s.group.Targets() {
		require.NoError(s.t, s.group.Deregister(st.Target), "each is registered, and none drains")
	}
	require.Empty(s.t, s.group.Targets())
	require.Zero(s.t, s.picks.Load(), "picks that are not done")
	s.group.index.Range(func(any, any) bool { s.t.Error("a target is left in the index"); return false })
	require.Zero(s.t, s.group.ejected)
	require.Empty(s.t, s.group.names)
}

// changeMembers registers and deregisters some of the targets, and leaves them registered.
func (s *stress) changeMembers(from, to int) {
	some := s.targets[from:to]
	if err := s.group.Register(some...); err != nil {
		s.t.Error(err)
	}
	for n := range 100 {
		i := n % len(some)
		if err := s.group.Deregister(some[i]); err != nil {
			s.t.Error(err)
		}
		s.changed.Add(1)
		s.ages[from+i].Add(1)
		for range 50 {
			runtime.Gosched()
		}
		s.ages[from+i].Add(1)
		if err := s.group.Register(some[i]); err != nil {
			s.t.Error(err)
		}
	}
}

// use acquires and releases until it is told to stop.
func (s *stress) use(seed uint64, stop <-chan struct{}) {
	r := rand.New(rand.NewPCG(seed, 1))
	index := make(map[*Target]int)
	for i, t := range s.targets {
		index[t] = i
	}
	var held []*lease
	release := func() {
		i := r.IntN(len(held))
		o := Outcome{Status: 200, Duration: time.Microsecond}
		if r.IntN(2) == 0 {
			o = Outcome{Err: errors.New("no answer")}
		}
		held[i].release(o)
		held = append(held[:i], held[i+1:]...)
	}
	for {
		select {
		case <-stop:
			for len(held) > 0 {
				release()
			}
			return
		default:
		}
		if len(held) > 0 && (len(held) > 6 || r.IntN(2) == 0) {
			release()
			continue
		}
		var before [12]int64
		for i := range s.ages {
			before[i] = s.ages[i].Load()
		}
		var want *Target
		if r.IntN(4) == 0 {
			want = s.targets[r.IntN(len(s.targets))]
		}
		l := &lease{connection: r.IntN(2) == 0}
		var calls atomic.Int32
		l.abort = func(cause error) {
			s.aborted.Add(1)
			if calls.Add(1) > 1 || cause != ErrDrained && cause != ErrUnhealthy {
				s.t.Errorf("abort was called again, or for %v", cause)
			}
		}
		if err := s.group.acquire("", Request{Flow: r.Uint64()}, want, l); err != nil {
			if err != ErrNoTargets && err != ErrTargetsBusy {
				s.t.Error(err)
			}
			s.refused.Add(1)
			continue
		}
		s.acquired.Add(1)
		i := index[l.target]
		if age := s.ages[i].Load(); age%2 == 1 && age == before[i] {
			s.t.Errorf("%s was deregistered before it was acquired", l.target.ID)
		}
		held = append(held, l)
	}
}

// However many ask at once, a target never has more requests than it may, and all room is
// given out.
func TestMaxRequestsIsExact(t *testing.T) {
	const most, users = 3, 16
	config := unchecked("g")
	config.MaxRequests = most
	g := newGroup(t, config)
	targets := addresses(4)
	register(t, g, targets...)
	now := make(map[*Target]*atomic.Int64)
	for _, target := range targets {
		now[target] = new(atomic.Int64)
	}
	var wg sync.WaitGroup
	var acquired, busy atomic.Int64
	for range users {
		wg.Go(func() {
			for range 2000 {
				l := new(lease)
				if err := g.acquire("", Request{}, nil, l); err != nil {
					if err != ErrTargetsBusy {
						t.Error(err)
					}
					busy.Add(1)
					runtime.Gosched()
					continue
				}
				acquired.Add(1)
				if n := now[l.target].Add(1); n > most {
					t.Errorf("%d requests at a target", n)
				}
				runtime.Gosched()
				now[l.target].Add(-1)
				l.release(Outcome{})
			}
		})
	}
	wg.Wait()
	t.Logf("%d acquired, %d refused", acquired.Load(), busy.Load())
	require.Positive(t, busy.Load())
	for range most * len(targets) {
		require.NoError(t, g.acquire("", Request{}, nil, new(lease)))
	}
	require.ErrorIs(t, g.acquire("", Request{}, nil, new(lease)), ErrTargetsBusy)
}

// Deregister under load: whoever picks meanwhile gets another target, and nobody fails.
func TestDeregisterUnderLoad(t *testing.T) {
	g := newGroup(t, unchecked("g"))
	targets := addresses(4)
	register(t, g, targets...)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var aborted, picks atomic.Int64
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				l := &lease{abort: func(error) { aborted.Add(1) }}
				if err := g.acquire("", Request{}, nil, l); err != nil {
					t.Error(err)
					return
				}
				picks.Add(1)
				runtime.Gosched()
				l.release(Outcome{Status: 200})
			}
		})
	}
	for i := range 300 {
		gone := targets[i%len(targets)]
		require.NoError(t, g.Deregister(gone))
		for range 20 {
			target, done, err := g.Pick(Request{})
			require.NoError(t, err)
			require.NotEqual(t, gone.ID, target.ID)
			done(Outcome{})
			runtime.Gosched()
		}
		require.NoError(t, g.Register(gone))
	}
	close(stop)
	wg.Wait()
	require.Zero(t, aborted.Load())
	require.Positive(t, picks.Load())
	for _, s := range g.Targets() {
		require.Zero(t, s.Outstanding)
	}
}
