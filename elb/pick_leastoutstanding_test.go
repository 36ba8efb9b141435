package elb_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

func TestLeastOutstandingTies(t *testing.T) {
	var p elb.LeastOutstanding
	p.SetTargets(pickTargets(3, 9))
	require.Equal(t, []string{"t0", "t1", "t2", "t0", "t1"}, names(t, &p, 5), "idle ones take turns")
	for _, want := range []string{"t2", "t0", "t1", "t2"} { // which stay outstanding
		target, _ := pick(t, &p, elb.Request{})
		require.Equal(t, want, target.Name())
	}
}

// A naive model counts what is outstanding, scans all targets, and agrees.
func TestLeastOutstandingAgainstAModel(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		all := pickTargets(1 + r.IntN(12))
		current := all
		var p elb.LeastOutstanding
		p.SetTargets(current)
		model := make(map[*elb.Target]int)
		type flight struct {
			target *elb.Target
			done   func(elb.Outcome)
		}
		var flights []flight
		busy := 1 + r.IntN(100)
		for range 3000 {
			switch k := r.IntN(100); {
			case k < 3:
				current = slices.DeleteFunc(slices.Clone(all), func(*elb.Target) bool { return r.IntN(3) == 0 })
				r.Shuffle(len(current), func(i, j int) { current[i], current[j] = current[j], current[i] })
				p.SetTargets(slices.Clone(current))
			case k < 50 && len(flights) > 0 || len(flights) > busy:
				i := r.IntN(len(flights))
				f := flights[i]
				flights = slices.Delete(flights, i, i+1)
				f.done(elb.Outcome{})
				model[f.target]--
			default:
				var avoid []*elb.Target
				if r.IntN(4) == 0 {
					avoid = slices.DeleteFunc(slices.Clone(all), func(*elb.Target) bool { return r.IntN(2) == 0 })
				}
				allowed := slices.DeleteFunc(slices.Clone(current), func(t *elb.Target) bool { return slices.Contains(avoid, t) })
				if len(allowed) == 0 {
					allowed = current
				}
				target, done, err := p.Pick(elb.Request{Avoid: avoid})
				if len(current) == 0 {
					require.ErrorIs(t, err, elb.ErrNoTargets)
					continue
				}
				require.Contains(t, allowed, target)
				for _, other := range allowed {
					require.LessOrEqual(t, model[target], model[other], "seed %d: %s, while there is %s", seed, target.Name(), other.Name())
				}
				model[target]++
				flights = append(flights, flight{target, done})
			}
		}
	}
}

func TestLeastOutstandingRemembersTargetsThatLeave(t *testing.T) {
	targets := pickTargets(2)
	var p elb.LeastOutstanding
	p.SetTargets(targets[:1])
	var dones []func(elb.Outcome)
	for range 3 {
		_, done := pick(t, &p, elb.Request{})
		dones = append(dones, done)
	}
	p.SetTargets(targets[1:])
	dones[0](elb.Outcome{}) // after it left
	p.SetTargets(targets)
	for range 2 { // t0 has two outstanding
		target, _ := pick(t, &p, elb.Request{})
		require.Equal(t, "t1", target.Name())
	}
	dones[1](elb.Outcome{})
	target, _ := pick(t, &p, elb.Request{})
	require.Equal(t, "t0", target.Name())
}

// A caller that breaks its promise does not make a target look idler than it can be.
func TestLeastOutstandingSurvivesDoneTwice(t *testing.T) {
	var p elb.LeastOutstanding
	p.SetTargets(pickTargets(2))
	_, done := pick(t, &p, elb.Request{})
	done(elb.Outcome{})
	done(elb.Outcome{})
	require.Equal(t, []string{"t1", "t0", "t1"}, names(t, &p, 3))
}
