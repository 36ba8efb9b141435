package elb

import (
	"fmt"
	"testing"
	"time"
)

// unchecked is the configuration of a group whose targets are used as they are.
func unchecked(name string) GroupConfig {
	return GroupConfig{Name: name, HealthCheck: HealthCheck{Disabled: true}}
}

// newGroup returns a group that the test closes.
func newGroup(tb testing.TB, config GroupConfig) *TargetGroup {
	tb.Helper()
	g, err := NewTargetGroup(config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = g.Close() })
	return g
}

// addresses returns n targets, t0, t1 and so on.
func addresses(n int) []*Target {
	targets := make([]*Target, n)
	for i := range targets {
		targets[i] = &Target{ID: fmt.Sprint("t", i), Address: "192.0.2.1:80"}
	}
	return targets
}

func register(tb testing.TB, g *TargetGroup, targets ...*Target) {
	tb.Helper()
	if err := g.Register(targets...); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkGroup is a request's use of a target, from the acquiring to the release, beside
// the pick and done of its algorithm alone.
func BenchmarkGroup(b *testing.B) {
	outcome := Outcome{Status: 200, Duration: time.Millisecond}
	for _, n := range []int{10, 1000} {
		targets := addresses(n)
		g := newGroup(b, unchecked("g"))
		register(b, g, targets...)
		limited := unchecked("g")
		limited.MaxRequests = 100
		limited.Outliers = new(OutlierEjection)
		l := newGroup(b, limited)
		register(b, l, targets...)
		p := new(RoundRobin)
		p.SetTargets(targets)
		for name, op := range map[string]func(use *lease){
			"baseline": func(*lease) {
				_, done, _ := p.Pick(Request{})
				done(outcome)
			},
			"acquire": func(use *lease) {
				if g.acquire("", Request{}, nil, use) == nil {
					use.release(outcome)
				}
			},
			"acquire with MaxRequests and Outliers": func(use *lease) {
				if l.acquire("", Request{}, nil, use) == nil {
					use.release(outcome)
				}
			},
			"acquire wanted": func(use *lease) {
				if g.acquire("", Request{}, g.usable("", "t7"), use) == nil {
					use.release(outcome)
				}
			},
			"Pick": func(*lease) {
				if _, done, err := g.Pick(Request{}); err == nil {
					done(outcome)
				}
			},
		} {
			b.Run(fmt.Sprintf("%s/targets=%d/parallel", name, n), func(b *testing.B) {
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for use := new(lease); pb.Next(); {
						op(use)
					}
				})
			})
			b.Run(fmt.Sprintf("%s/targets=%d/single", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for use := new(lease); b.Loop(); {
					op(use)
				}
			})
		}
	}
}

// BenchmarkGroupChange is what a group does when one target's health has changed.
func BenchmarkGroupChange(b *testing.B) {
	for _, n := range []int{10, 1000, 10_000} {
		g := newGroup(b, unchecked("g"))
		targets := addresses(n)
		register(b, g, targets...)
		m := g.member(targets[n/2])
		b.Run(fmt.Sprintf("targets=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				g.mu.Lock()
				m.health.now.State = [...]HealthState{StateUnhealthy, StateHealthy}[i%2]
				g.version++
				g.mu.Unlock()
				g.refresh()
			}
		})
		b.Run(fmt.Sprintf("targets=%d/baseline", n), func(b *testing.B) {
			p := new(RoundRobin)
			without := append(targets[:n/2:n/2], targets[n/2+1:]...)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p.SetTargets([][]*Target{targets, without}[i%2])
			}
		})
	}
}

func BenchmarkGroupRegister(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		targets := addresses(n)
		b.Run(fmt.Sprintf("together/targets=%d", n), func(b *testing.B) {
			for b.Loop() {
				g := newGroup(b, GroupConfig{Name: "g"})
				register(b, g, targets...)
				b.StopTimer()
				_ = g.Close()
				b.StartTimer()
			}
		})
		b.Run(fmt.Sprintf("one by one/targets=%d", n), func(b *testing.B) {
			for b.Loop() {
				g := newGroup(b, unchecked("g"))
				for _, t := range targets {
					register(b, g, t)
				}
				b.StopTimer()
				_ = g.Close()
				b.StartTimer()
			}
		})
	}
}
