package elb_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
	"github.com/leat-go/leat/elb/elbtest"
)

// A group is as good a picker as its algorithm.
func TestGroupConformance(t *testing.T) {
	for name, promises := range map[string]elbtest.Promise{
		"RoundRobin":         elbtest.Even | elbtest.InTurn,
		"WeightedRoundRobin": elbtest.Even | elbtest.Weighted,
		"LeastOutstanding":   elbtest.Even | elbtest.Fewest,
		"WeightedRandom":     elbtest.Even | elbtest.Weighted,
		"ConsistentHash":     elbtest.Even | elbtest.Weighted | elbtest.Sticky,
	} {
		t.Run(name, func(t *testing.T) {
			elbtest.Run(t, elbtest.Config{
				Promises: promises,
				New: func(t testing.TB, targets []*elb.Target) elb.Picker {
					g, err := elb.NewTargetGroup(elb.GroupConfig{
						Name:        "conformance",
						NewPicker:   pickers[name],
						HealthCheck: elb.HealthCheck{Disabled: true},
					})
					require.NoError(t, err)
					t.Cleanup(func() { _ = g.Close() })
					p := &groupPicker{g, t}
					p.SetTargets(targets)
					return p
				},
			})
		})
	}
}

// groupPicker changes a group's targets by registering and deregistering them.
type groupPicker struct {
	*elb.TargetGroup
	t testing.TB
}

func (p *groupPicker) SetTargets(targets []*elb.Target) {
	var in, out []*elb.Target
	for _, t := range targets {
		if t != nil {
			if t.Address == "" && t.Handler == nil {
				t.Address = "192.0.2.1:80"
			}
			t.Weight = max(t.Weight, 0)
			in = append(in, t)
		}
	}
	for _, s := range p.Targets() {
		if s.Health.State != elb.StateDraining && !slices.Contains(targets, s.Target) {
			out = append(out, s.Target)
		}
	}
	require.NoError(p.t, p.Register(in...))
	require.NoError(p.t, p.Deregister(out...))
}
