package elbtest

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/elb"
)

// fault makes a bad picker of a good one.
type fault struct {
	name   string
	of     string   // the good one's name
	breaks []string // rules, among others
	fault  func(p elb.SetPicker) elb.SetPicker
}

// hooked is a picker whose operations are others where they are set.
type hooked struct {
	elb.SetPicker
	pick func(req elb.Request) (*elb.Target, func(elb.Outcome), error)
	set  func(targets []*elb.Target)
}

func (h *hooked) Pick(req elb.Request) (*elb.Target, func(elb.Outcome), error) {
	if h.pick == nil {
		return h.SetPicker.Pick(req)
	}
	return h.pick(req)
}

func (h *hooked) SetTargets(targets []*elb.Target) {
	if h.set == nil {
		h.SetPicker.SetTargets(targets)
	} else {
		h.set(targets)
	}
}

// picking alters what Pick gets.
func picking(alter func(req *elb.Request)) func(p elb.SetPicker) elb.SetPicker {
	return func(p elb.SetPicker) elb.SetPicker {
		return &hooked{SetPicker: p, pick: func(req elb.Request) (*elb.Target, func(elb.Outcome), error) {
			alter(&req)
			return p.Pick(req)
		}}
	}
}

// picked alters what Pick returns.
func picked(alter func(t **elb.Target, done *func(elb.Outcome), err *error)) func(p elb.SetPicker) elb.SetPicker {
	return func(p elb.SetPicker) elb.SetPicker {
		return &hooked{SetPicker: p, pick: func(req elb.Request) (*elb.Target, func(elb.Outcome), error) {
			t, done, err := p.Pick(req)
			alter(&t, &done, &err)
			return t, done, err
		}}
	}
}

// setting alters what SetTargets gets.
func setting(alter func(targets []*elb.Target) []*elb.Target) func(p elb.SetPicker) elb.SetPicker {
	return func(p elb.SetPicker) elb.SetPicker {
		return &hooked{SetPicker: p, set: func(targets []*elb.Target) { p.SetTargets(alter(targets)) }}
	}
}

// listed is a picker that chooses from the list it was given, as it is.
type listed struct {
	mu      sync.Mutex
	targets []*elb.Target
	choose  func(targets []*elb.Target, req elb.Request) int
}

func (l *listed) SetTargets(targets []*elb.Target) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.targets = targets
}

func (l *listed) Pick(req elb.Request) (*elb.Target, func(elb.Outcome), error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.targets) == 0 {
		return nil, nil, elb.ErrNoTargets
	}
	return l.targets[l.choose(l.targets, req)], func(elb.Outcome) {}, nil
}

func choosing(choose func(targets []*elb.Target, req elb.Request) int) func(p elb.SetPicker) elb.SetPicker {
	return func(elb.SetPicker) elb.SetPicker { return &listed{choose: choose} }
}

var faults = []fault{
	{
		name: "another error", of: "RoundRobin", breaks: []string{"pick/no targets", "changes/to none and back"},
		fault: picked(func(_ **elb.Target, _ *func(elb.Outcome), err *error) {
			if *err != nil {
				*err = errors.New("nothing there")
			}
		}),
	},
	{
		name: "done without a target", of: "RoundRobin", breaks: []string{"pick/no targets"},
		fault: picked(func(_ **elb.Target, done *func(elb.Outcome), _ *error) { *done = func(elb.Outcome) {} }),
	},
	{name: "no done", of: "RoundRobin", breaks: []string{"pick/one of the targets", "concurrency/picks"},
		fault: picked(func(_ **elb.Target, done *func(elb.Outcome), _ *error) { *done = nil })},
	{name: "a stranger", of: "RoundRobin", breaks: []string{"pick/one of the targets", "avoid/strangers", "avoid/all targets"},
		fault: picked(func(t **elb.Target, _ *func(elb.Outcome), _ *error) { *t = &elb.Target{ID: "stranger"} })},
	{name: "only the first", of: "LeastOutstanding", breaks: []string{"pick/every target", "spread/even", "load/idle targets take turns", "load/fewest outstanding", "changes/at once"},
		fault: setting(func(targets []*elb.Target) []*elb.Target { return targets[:min(1, len(targets))] })},
	{
		name: "at most a hundred outstanding", of: "RoundRobin", breaks: []string{"pick/however many are outstanding", "changes/done after it left"},
		fault: func(p elb.SetPicker) elb.SetPicker {
			slots := make(chan struct{}, 100)
			return &hooked{SetPicker: p, pick: func(req elb.Request) (*elb.Target, func(elb.Outcome), error) {
				t, done, err := p.Pick(req)
				select {
				case slots <- struct{}{}:
				default:
					return nil, nil, errors.New("too many")
				}
				return t, func(o elb.Outcome) { <-slots; done(o) }, err
			}}
		},
	},
	{
		name: "gives up failed targets", of: "RoundRobin", breaks: []string{"pick/whatever became of requests"},
		fault: func(p elb.SetPicker) elb.SetPicker {
			var mu sync.Mutex
			failures := 0
			return &hooked{SetPicker: p, pick: func(req elb.Request) (*elb.Target, func(elb.Outcome), error) {
				mu.Lock()
				defer mu.Unlock()
				if failures > 100 {
					return nil, nil, elb.ErrNoTargets
				}
				t, done, err := p.Pick(req)
				return t, func(o elb.Outcome) {
					if done(o); o.Err != nil {
						mu.Lock()
						defer mu.Unlock()
						failures++
					}
				}, err
			}}
		},
	},
	{name: "the list as it is", of: "ConsistentHash", breaks: []string{"pick/nil and repeated targets", "spread/repeated targets", "avoid/another target", "spread/weights", "flows/agree", "flows/few move"},
		fault: choosing(func(targets []*elb.Target, req elb.Request) int { return int(req.Flow % uint64(len(targets))) })},
	{name: "anything", of: "ConsistentHash", breaks: []string{"flows/stay", "flows/agree to avoid"},
		fault: choosing(func(targets []*elb.Target, _ elb.Request) int { return rand.IntN(len(targets)) })},
	{name: "the wrong second choice", of: "ConsistentHash", breaks: []string{"flows/agree to avoid"},
		fault: picking(func(req *elb.Request) {
			if len(req.Avoid) > 0 {
				req.Flow = rand.Uint64()
			}
		})},
	{name: "sorts what it is given", of: "RoundRobin", breaks: []string{"pick/the caller's slices"},
		fault: setting(func(targets []*elb.Target) []*elb.Target {
			slices.SortFunc(targets, func(a, b *elb.Target) int {
				switch {
				case a == b:
					return 0
				case a == nil:
					return 1
				case b == nil:
					return -1
				}
				return b.Weight - a.Weight
			})
			return targets
		})},
	{name: "sorts what is to be avoided", of: "RoundRobin", breaks: []string{"pick/the caller's slices"},
		fault: picking(func(req *elb.Request) {
			if len(req.Avoid) > 1 && req.Avoid[0] != nil && req.Avoid[1] != nil && req.Avoid[0].ID > req.Avoid[1].ID {
				slices.Reverse(req.Avoid)
			}
		})},
	{name: "avoids nothing", of: "WeightedRandom", breaks: []string{"avoid/another target"},
		fault: picking(func(req *elb.Request) { req.Avoid = nil })},
	{
		name: "too strict", of: "RoundRobin", breaks: []string{"avoid/all targets", "avoid/strangers"},
		fault: func(p elb.SetPicker) elb.SetPicker {
			return &hooked{SetPicker: p, pick: func(req elb.Request) (*elb.Target, func(elb.Outcome), error) {
				if len(req.Avoid) >= 3 {
					return nil, nil, elb.ErrNoTargets
				}
				return p.Pick(req)
			}}
		},
	},
	{
		name: "weights of all are 1", of: "WeightedRandom", breaks: []string{"spread/weights", "spread/no weight"},
		fault: func(elb.SetPicker) elb.SetPicker { return new(elb.RoundRobin) },
	},
	{name: "no weight, no requests", of: "WeightedRandom", breaks: []string{"spread/no weight"},
		fault: setting(func(targets []*elb.Target) []*elb.Target {
			if slices.ContainsFunc(targets, func(t *elb.Target) bool { return t != nil && t.Weight > 0 }) {
				return slices.DeleteFunc(slices.Clone(targets), func(t *elb.Target) bool { return t != nil && t.Weight == 0 })
			}
			return targets
		})},
	{name: "backwards", of: "RoundRobin", breaks: []string{"turns/in order"},
		fault: setting(func(targets []*elb.Target) []*elb.Target {
			targets = slices.Clone(targets)
			slices.Reverse(targets)
			return targets
		})},
	{name: "by chance", of: "RoundRobin", breaks: []string{"turns/in order", "turns/exact when concurrent"},
		fault: func(elb.SetPicker) elb.SetPicker { return new(elb.WeightedRandom) }},
	{
		name: "begins anew", of: "RoundRobin", breaks: []string{"turns/survive changes"},
		fault: func(p elb.SetPicker) elb.SetPicker {
			h := &hooked{SetPicker: p}
			var mu sync.Mutex
			h.set = func(targets []*elb.Target) {
				fresh := new(elb.RoundRobin)
				fresh.SetTargets(targets)
				mu.Lock()
				defer mu.Unlock()
				h.SetPicker = fresh
			}
			h.pick = func(req elb.Request) (*elb.Target, func(elb.Outcome), error) {
				mu.Lock()
				defer mu.Unlock()
				return h.SetPicker.Pick(req)
			}
			return h
		},
	},
	{name: "nothing is ever over", of: "LeastOutstanding", breaks: []string{"load/fewest outstanding"},
		fault: picked(func(_ **elb.Target, done *func(elb.Outcome), _ *error) {
			if *done != nil {
				*done = func(elb.Outcome) {}
			}
		})},
	{
		name: "forgets what is outstanding", of: "LeastOutstanding", breaks: []string{"load/survives changes"},
		fault: func(elb.SetPicker) elb.SetPicker {
			h := &hooked{SetPicker: new(elb.LeastOutstanding)}
			var mu sync.Mutex
			h.set = func(targets []*elb.Target) {
				fresh := new(elb.LeastOutstanding)
				fresh.SetTargets(targets)
				mu.Lock()
				defer mu.Unlock()
				h.SetPicker = fresh
			}
			h.pick = func(req elb.Request) (*elb.Target, func(elb.Outcome), error) {
				mu.Lock()
				defer mu.Unlock()
				return h.SetPicker.Pick(req)
			}
			return h
		},
	},
	{
		name: "keeps the first set", of: "RoundRobin", breaks: []string{"changes/at once", "changes/to none and back", "concurrency/changes"},
		fault: func(p elb.SetPicker) elb.SetPicker {
			var mu sync.Mutex
			first := true
			return &hooked{SetPicker: p, set: func(targets []*elb.Target) {
				mu.Lock()
				defer mu.Unlock()
				if first {
					p.SetTargets(targets)
				}
				first = false
			}}
		},
	},
	{
		name: "empty for a moment", of: "RoundRobin", breaks: []string{"concurrency/changes"},
		fault: func(p elb.SetPicker) elb.SetPicker {
			var seen atomic.Bool
			return &hooked{
				SetPicker: p,
				pick: func(req elb.Request) (*elb.Target, func(elb.Outcome), error) {
					t, done, err := p.Pick(req)
					seen.Store(seen.Load() || err != nil)
					return t, done, err
				},
				set: func(targets []*elb.Target) {
					p.SetTargets(nil)
					for i := 0; i < 10_000 && !seen.Load(); i++ { // until somebody has noticed
						runtime.Gosched()
					}
					p.SetTargets(targets)
				},
			}
		},
	},
}

func faultNamed(name string) fault {
	return faults[slices.IndexFunc(faults, func(f fault) bool { return f.name == name })]
}
