package elb_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-go/leat/elb"
)

// BenchmarkPick is a pick and its done, by as many goroutines as there are processors
// and by one. The baseline says what is possible: a slice, and an atomic counter that
// says whose turn it is.
func BenchmarkPick(b *testing.B) {
	for _, n := range []int{10, 1000} {
		targets := pickTargets(n)
		mixed := pickTargets(n)
		for i, t := range mixed {
			t.Weight = 1 + i
		}
		run := func(name string, targets []*elb.Target, p elb.SetPicker) {
			p.SetTargets(targets)
			for i := range targets { // requests that are outstanding all the time
				for range i % 5 {
					p.Pick(elb.Request{Flow: uint64(i)})
				}
			}
			var seed atomic.Uint64
			b.Run(fmt.Sprintf("%s/targets=%d/parallel", name, n), func(b *testing.B) {
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for flow := seed.Add(1 << 32); pb.Next(); flow++ {
						_, done, _ := p.Pick(elb.Request{Flow: flow})
						done(elb.Outcome{Status: 200, Duration: time.Millisecond})
					}
				})
			})
			b.Run(fmt.Sprintf("%s/targets=%d/single", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for flow := uint64(0); b.Loop(); flow++ {
					_, done, _ := p.Pick(elb.Request{Flow: flow})
					done(elb.Outcome{Status: 200, Duration: time.Millisecond})
				}
			})
		}
		run("baseline", targets, new(counterPicker))
		run("RoundRobin", targets, new(elb.RoundRobin))
		run("WeightedRoundRobin/equal", targets, new(elb.WeightedRoundRobin))
		run("WeightedRoundRobin/all different", mixed, new(elb.WeightedRoundRobin))
		run("LeastOutstanding", targets, new(elb.LeastOutstanding))
		run("WeightedRandom", mixed, new(elb.WeightedRandom))
		run("PowerOfTwo", mixed, new(elb.PowerOfTwo))
		run("ConsistentHash", mixed, new(elb.ConsistentHash))
	}
}

// counterPicker is the least that a picker can do.
type counterPicker struct {
	targets []*elb.Target
	_       [64]byte
	turns   atomic.Uint64
	_       [64]byte
}

func (p *counterPicker) SetTargets(targets []*elb.Target) { p.targets = targets }

func (p *counterPicker) Pick(elb.Request) (*elb.Target, func(elb.Outcome), error) {
	return p.targets[(p.turns.Add(1)-1)%uint64(len(p.targets))], counted, nil
}

func counted(elb.Outcome) {}

func BenchmarkSetTargets(b *testing.B) {
	targets := pickTargets(1000)
	for name, newPicker := range pickers {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			p := newPicker()
			for n := 0; b.Loop(); n++ {
				p.SetTargets(targets[n%2:])
			}
		})
	}
}

func BenchmarkFlowHash(b *testing.B) {
	source, destination := addrPort("192.0.2.1:40000"), addrPort("198.51.100.1:443")
	for b.Loop() {
		elb.FlowHash("tcp", source, destination)
	}
}
