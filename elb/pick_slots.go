package elb

import "slices"

// maxTargetWeight bounds what sums and products of weights can grow to.
const maxTargetWeight = 65_535

// cacheLine keeps what all processors write to apart from what they only read.
const cacheLine = 64

// roster finds what a picker knows of a target, its slot, again when the set changes.
type roster[S any] map[*Target]*S

// change returns the slots of the targets, in their order and without nils and
// repetitions. Those that are new are made by join. Those of other targets are given to
// leave, and forgotten unless it says that they must be kept: a target that is back
// before all of its requests are over has them counted.
func (r *roster[S]) change(targets []*Target, join func(t *Target) *S, leave func(s *S) (keep bool)) []*S {
	next := make(roster[S], len(targets))
	slots := make([]*S, 0, len(targets))
	for _, t := range targets {
		if t == nil || next[t] != nil {
			continue
		}
		s := (*r)[t]
		if s == nil {
			s = join(t)
		}
		next[t] = s
		slots = append(slots, s)
	}
	for t, s := range *r {
		if next[t] == nil && leave(s) {
			next[t] = s
		}
	}
	*r = next
	return slots
}

// distinctTargets returns the targets without nils and repetitions.
func distinctTargets(targets []*Target) []*Target {
	seen := make(map[*Target]bool, len(targets))
	return slices.DeleteFunc(slices.Clone(targets), func(t *Target) bool {
		again := t == nil || seen[t]
		seen[t] = true
		return again
	})
}

func weightOf(t *Target) uint64 { return uint64(min(t.weight(), maxTargetWeight)) }

// avoids tells whether the request was at t already.
func (r *Request) avoids(t *Target) bool { return len(r.Avoid) > 0 && slices.Contains(r.Avoid, t) }

// uncounted is the done of pickers that do not care what became of a request.
func uncounted(Outcome) {}
