package elb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// All faults of a configuration are found at once.
func TestGroupConfigFaults(t *testing.T) {
	for name, c := range map[string]struct {
		config GroupConfig
		faults []string // fields
	}{
		"the zero one has no name": {GroupConfig{}, []string{"Name"}},
		"names":                    {GroupConfig{Name: "-a"}, []string{"Name"}},
		"ends":                     {GroupConfig{Name: "a-"}, []string{"Name"}},
		"long":                     {GroupConfig{Name: "abcdefghijklmnopqrstuvwxyz-123456"}, []string{"Name"}},
		"dots":                     {GroupConfig{Name: "a.b"}, []string{"Name"}},
		"everything": {GroupConfig{
			Name: "a b", Protocol: "UDP", Version: "HTTP3", MinimumHealthy: -1, MinimumHealthyPercent: 101, SlowStart: 15*time.Minute + 1,
			DeregistrationDelay: new(time.Hour + 1), MaxRequests: -1, ConnectTimeout: -1, Stickiness: Stickiness{Type: "cookie", Duration: time.Hour},
			Outliers:    &OutlierEjection{Consecutive: -1, Interval: -1, BaseEjection: time.Minute, MaxEjection: time.Second, MaxPercent: 101},
			HealthCheck: HealthCheck{Path: "health", Interval: time.Microsecond},
		}, []string{"Name", "Protocol", "Version", "MinimumHealthy", "MinimumHealthyPercent", "SlowStart", "DeregistrationDelay", "MaxRequests", "ConnectTimeout",
			"Stickiness.Type", "Outliers.Consecutive", "Outliers.Interval", "Outliers.MaxEjection", "Outliers.MaxPercent", "health Path", "health Interval"}},
		"less than nothing": {GroupConfig{
			Name: "a", SlowStart: -1, DeregistrationDelay: new(time.Duration(-1)), MinimumHealthyPercent: -1,
			Outliers: &OutlierEjection{BaseEjection: -1, MaxEjection: 1, MaxPercent: -1},
		}, []string{"MinimumHealthyPercent", "SlowStart", "DeregistrationDelay", "Outliers.BaseEjection", "Outliers.MaxPercent"}},
		"no version of TCP":           {GroupConfig{Name: "a", Protocol: TCP, Version: HTTP2}, []string{"Version"}},
		"an algorithm that is none":   {GroupConfig{Name: "a", NewPicker: func() SetPicker { return nil }}, []string{"NewPicker"}},
		"the health check's protocol": {GroupConfig{Name: "a", HealthCheck: HealthCheck{Protocol: "ICMP"}}, []string{"health Protocol"}},
	} {
		g, err := NewTargetGroup(c.config)
		require.Nil(t, g, name)
		require.ElementsMatch(t, c.faults, faultyFields(t, err), "%s: %v", name, err)
	}
}

// faultyFields returns the fields that joined errors are about.
func faultyFields(t *testing.T, err error) (fields []string) {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			fields = append(fields, faultyFields(t, err)...)
		}
		return fields
	case *ConfigError:
		require.ErrorIs(t, err, ErrInvalidConfig)
		require.Equal(t, "elb: GroupConfig."+e.Field+": "+e.Detail, err.Error())
		return []string{e.Field}
	case *HealthCheckError:
		return []string{"health " + e.Field}
	}
	t.Fatalf("%T: %v", err, err)
	return nil
}

func TestGroupConfigDefaults(t *testing.T) {
	dial := (&http.Transport{}).DialContext
	for name, c := range map[string]struct {
		config   GroupConfig
		protocol HealthProtocol
	}{
		"HTTP":         {GroupConfig{Name: "a"}, HealthHTTP},
		"HTTPS":        {GroupConfig{Name: "a", Protocol: HTTPS}, HealthHTTP},
		"TCP":          {GroupConfig{Name: "a", Protocol: TCP, DialContext: dial}, HealthTCP},
		"TLS":          {GroupConfig{Name: "a", Protocol: TLS}, HealthTCP},
		"gRPC":         {GroupConfig{Name: "a", Version: GRPC}, HealthGRPC},
		"gRPC by TLS":  {GroupConfig{Name: "a", Protocol: HTTPS, Version: GRPC}, HealthHTTP},
		"a function":   {GroupConfig{Name: "a", Protocol: TCP, HealthCheck: HealthCheck{Func: func(context.Context, *Target) error { return nil }}}, HealthFunc},
		"what it says": {GroupConfig{Name: "a", Protocol: TCP, HealthCheck: HealthCheck{Protocol: HealthHTTP}}, HealthHTTP},
	} {
		g := newGroup(t, c.config)
		got := g.Config()
		require.Equal(t, c.protocol, got.HealthCheck.Protocol, name)
		require.Equal(t, 1, got.MinimumHealthy)
		require.Equal(t, 300*time.Second, *got.DeregistrationDelay)
		require.Equal(t, "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/a/0000000000000000", got.ARN)
		require.Equal(t, "a", g.Name())
	}
}

// What a configuration points to may be changed afterwards.
func TestGroupConfigIsCopied(t *testing.T) {
	delay, outliers := 5*time.Second, OutlierEjection{Consecutive: 2}
	g := newGroup(t, GroupConfig{Name: "a", DeregistrationDelay: &delay, Outliers: &outliers})
	delay, outliers.Consecutive = time.Second, 9
	*g.Config().DeregistrationDelay = 0
	g.Config().Outliers.Consecutive = 0
	require.Equal(t, 5*time.Second, *g.Config().DeregistrationDelay)
	require.Equal(t, OutlierEjection{Consecutive: 2, Interval: 10 * time.Second, BaseEjection: 30 * time.Second, MaxEjection: 300 * time.Second, MaxPercent: 10}, *g.Config().Outliers)
}

func TestRegisterRefuses(t *testing.T) {
	handler := http.NotFoundHandler()
	function := Function(func(context.Context, []byte) ([]byte, error) { return nil, nil })
	for name, c := range map[string]struct {
		target *Target
		faults int
	}{
		"nil":                      {nil, 1},
		"nothing":                  {&Target{}, 2},
		"nothing but a name":       {&Target{ID: "a"}, 1},
		"a handler without a name": {&Target{Handler: handler}, 1},
		"two things":               {&Target{ID: "a", Handler: handler, Function: function}, 1},
		"an address and a handler": {&Target{Address: "a:1", Handler: handler}, 1},
		"no port":                  {&Target{Address: "a"}, 1},
		"port 0":                   {&Target{Address: "a:0"}, 1},
		"a port that is too large": {&Target{Address: "a:65536"}, 1},
		"a port that is none":      {&Target{Address: "a:http"}, 1},
		"no host":                  {&Target{Address: ":80"}, 1},
		"a negative weight":        {&Target{Address: "a:1", Weight: -1}, 1},
		"too much weight":          {&Target{Address: "a:1", Weight: 65_536}, 1},
		"all at once":              {&Target{Address: "a", Handler: handler, Weight: -1}, 3},
	} {
		g := newGroup(t, unchecked("g"))
		err := g.Register(&Target{Address: "fine:80"}, c.target)
		require.Len(t, err.(interface{ Unwrap() []error }).Unwrap(), c.faults, "%s: %v", name, err)
		fault, ok := errors.AsType[*TargetError](err)
		require.True(t, ok, name)
		require.ErrorIs(t, err, ErrInvalidTarget)
		require.Equal(t, "g", fault.Group)
		require.Equal(t, c.target.name(), fault.Target)
		require.Empty(t, g.Targets(), name)
		_, _, err = g.Pick(Request{})
		require.ErrorIs(t, err, ErrNoTargets)
	}
	g := newGroup(t, unchecked("g"))
	require.ErrorIs(t, g.Deregister(nil), ErrTargetNotFound)
	require.EqualError(t, g.Register(&Target{Address: "[::1]:x"}), `elb: group g: target "[::1]:x": invalid target: the address "[::1]:x" is not a host and a port`)
}

// A name belongs to one registered target; one that drains gives it up.
func TestTargetNames(t *testing.T) {
	g := newGroup(t, unchecked("g"))
	one, two := &Target{Address: "a:1"}, &Target{ID: "a:1", Address: "b:1"}
	require.ErrorIs(t, g.Register(one, two), ErrTargetInUse)
	require.Empty(t, g.Targets())
	register(t, g, one, one)
	register(t, g, one)
	require.Len(t, g.Targets(), 1)
	require.EqualError(t, g.Register(two), `elb: group g: target "a:1": target name in use`)

	_, done, err := g.Pick(Request{})
	require.NoError(t, err)
	require.NoError(t, g.Deregister(one))
	register(t, g, two)
	require.Equal(t, two, g.usable("", "a:1"))
	require.Len(t, g.Targets(), 2)
	require.ErrorIs(t, g.Register(one), ErrTargetInUse)
	done(Outcome{})
	require.Len(t, g.Targets(), 1)
	require.Equal(t, two, g.usable("", "a:1"))
}

// A pick does without allocations but those for its done.
func TestAcquireAllocatesNothing(t *testing.T) {
	config := unchecked("g")
	config.MaxRequests = 3
	config.Outliers = new(OutlierEjection)
	g := newGroup(t, config)
	register(t, g, addresses(100)...)
	use := new(lease)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		_ = g.acquire("", Request{}, g.usable("", "t7"), use)
		use.release(Outcome{Status: 200, Duration: time.Millisecond})
		_ = g.acquire("", Request{}, nil, use)
		use.release(Outcome{Status: 500})
	}))
}

// However few have room, and whatever the algorithm would rather have, the room is found.
func TestAcquireFindsTheLastRoom(t *testing.T) {
	for name, newPicker := range map[string]func() SetPicker{
		"RoundRobin":     func() SetPicker { return new(RoundRobin) },
		"ConsistentHash": func() SetPicker { return new(ConsistentHash) },
	} {
		config := unchecked("g")
		config.MaxRequests, config.NewPicker = 1, newPicker
		g := newGroup(t, config)
		register(t, g, addresses(300)...)
		for i := range 300 {
			require.NoError(t, g.acquire("", Request{}, nil, new(lease)), "%s, %d", name, i)
		}
		require.ErrorIs(t, g.acquire("", Request{}, nil, new(lease)), ErrTargetsBusy)
		for _, s := range g.Targets() {
			require.Equal(t, 1, s.Outstanding)
		}
	}
}

// The room that is found is at a target that the request was not at, if there is such.
func TestAcquireFindsBetterRoom(t *testing.T) {
	config := unchecked("g")
	config.MaxRequests = 1
	g := newGroup(t, config)
	targets := addresses(300)
	register(t, g, targets...)
	uses := make(map[*Target]*lease)
	for range targets {
		use := new(lease)
		require.NoError(t, g.acquire("", Request{}, nil, use))
		uses[use.target] = use
	}
	for i := range 200 {
		bad, better := targets[i], targets[(i+97)%300]
		uses[bad].release(Outcome{})
		uses[better].release(Outcome{})
		for _, want := range []*Target{better, bad} {
			use := new(lease)
			require.NoError(t, g.acquire("", Request{Avoid: []*Target{bad}}, nil, use))
			require.Equal(t, want, use.target)
			uses[want] = use
		}
	}
}

// What was on its way when a target was deregistered comes too late.
func TestTooLateForAMember(t *testing.T) {
	g := newGroup(t, unchecked("g"))
	target := addresses(1)[0]
	register(t, g, target)
	m, use, late := g.member(target), new(lease), new(lease)
	require.NoError(t, g.acquire("", Request{}, nil, use))
	require.NoError(t, g.Deregister(target))
	require.Equal(t, targetLeft, m.hold(late, uncounted), "a pick from before")
	m.leave(nil, 0) // a release from before, of a target that has another request now
	require.Len(t, g.Targets(), 1)
	use.release(Outcome{})
	require.Empty(t, g.Targets())
}

// Ejections grow up to their limit, and however many there were it is soon forgotten.
func TestEjectionsGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := unchecked("g")
		config.Outliers = &OutlierEjection{Consecutive: 1}
		g := newGroup(t, config)
		target := addresses(1)[0]
		register(t, g, target)
		ejection := func() time.Duration {
			_, done, err := g.Pick(Request{})
			require.NoError(t, err)
			done(Outcome{Status: 500})
			began := time.Now()
			for g.Targets()[0].Ejected {
				time.Sleep(time.Second)
				synctest.Wait()
			}
			return time.Since(began)
		}
		for n := range 20 {
			require.Equal(t, min(time.Duration(n+1)*30*time.Second, 300*time.Second), ejection())
		}
		time.Sleep(101 * time.Second)
		require.Equal(t, 30*time.Second, ejection())
		require.NoError(t, g.Close())
	})
}

// What a picker of one's own refuses is refused.
func TestPickersMayRefuse(t *testing.T) {
	config, refusal := unchecked("g"), errors.New("not today")
	config.NewPicker = func() SetPicker { return refusingPicker{refusal} }
	g := newGroup(t, config)
	register(t, g, addresses(2)...)
	_, _, err := g.Pick(Request{})
	require.Equal(t, refusal, err)

	config.NewPicker = func() SetPicker { return refusingPicker{fmt.Errorf("mine: %w", ErrNoTargets)} }
	g = newGroup(t, config)
	register(t, g, addresses(2)...)
	_, done, err := g.Pick(Request{})
	require.NoError(t, err, "the group knows better")
	done(Outcome{})
}

type refusingPicker struct{ err error }

func (p refusingPicker) Pick(Request) (*Target, func(Outcome), error) { return nil, nil, p.err }
func (p refusingPicker) SetTargets([]*Target)                         {}

// Statuses tell what became of requests.
func TestTargetStatusCounts(t *testing.T) {
	g := newGroup(t, unchecked("g"))
	register(t, g, addresses(1)...)
	for _, o := range []Outcome{{Status: 200, Duration: 80 * time.Millisecond}, {Status: 500, Duration: 160 * time.Millisecond}, {Err: errors.New("gone")}} {
		_, done, err := g.Pick(Request{})
		require.NoError(t, err)
		done(o)
		done(o)
	}
	s := g.Targets()[0]
	require.Equal(t, []int64{3, 2}, []int64{s.Requests, s.Errors})
	require.Equal(t, 90*time.Millisecond, s.Latency)
	require.Zero(t, s.Outstanding)
}

// The share of a new target grows in proportion to time, whatever the algorithm that gives
// every target its turn.
func TestSlowStartIsLinear(t *testing.T) {
	for name, newPicker := range map[string]func() SetPicker{
		"RoundRobin":         func() SetPicker { return new(RoundRobin) },
		"WeightedRoundRobin": func() SetPicker { return new(WeightedRoundRobin) },
	} {
		synctest.Test(t, func(t *testing.T) {
			config := unchecked("g")
			config.SlowStart, config.NewPicker = 100*time.Second, newPicker
			g := newGroup(t, config)
			targets := addresses(5)
			register(t, g, targets[:4]...)
			register(t, g, targets[4])
			for tenth := range 12 {
				fresh := 0
				for range 10_000 {
					time.Sleep(time.Millisecond)
					target, done, err := g.Pick(Request{})
					require.NoError(t, err)
					done(Outcome{Status: 200})
					if target == targets[4] {
						fresh++
					}
				}
				share := min((float64(tenth)+0.5)/10, 1)
				require.InDelta(t, share/(4+share), float64(fresh)/10_000, 0.005, "%s, tenth %d", name, tenth)
				require.InDelta(t, min(float64(tenth+1)/10, 1), g.Targets()[4].Share, 0.001)
			}
			require.NoError(t, g.Close())
		})
	}
}

// Two that start slowly beside one that does are alone when that is gone, and then the one
// that is through first is beside the other.
func TestSlowStartAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := unchecked("g")
		config.SlowStart = 100 * time.Second
		g := newGroup(t, config)
		targets := addresses(3)
		register(t, g, targets[0])
		register(t, g, targets[1])
		time.Sleep(50 * time.Second)
		register(t, g, targets[2])
		require.NoError(t, g.Deregister(targets[0]))
		count := func() (n int) {
			for range 1000 {
				target, done, err := g.Pick(Request{})
				require.NoError(t, err)
				done(Outcome{})
				if target == targets[2] {
					n++
				}
			}
			return n
		}
		require.Equal(t, 500, count())
		time.Sleep(50*time.Second + time.Millisecond)
		require.InDelta(t, 333, count(), 2)
		time.Sleep(50 * time.Second)
		require.Equal(t, 500, count())
		require.NoError(t, g.Close())
	})
}

// Zones that are on their own start slowly on their own.
func TestSlowStartInZones(t *testing.T) {
	config := unchecked("g")
	config.SlowStart, config.CrossZoneDisabled = time.Minute, true
	g := newGroup(t, config)
	targets := addresses(3)
	targets[0].Zone, targets[1].Zone, targets[2].Zone = "east", "west", "west"
	for _, target := range targets {
		register(t, g, target)
	}
	statuses := g.Targets()
	require.Equal(t, 1.0, statuses[0].Share)
	require.Equal(t, 1.0, statuses[1].Share, "the first of its zone")
	require.Less(t, statuses[2].Share, 0.9)
}
