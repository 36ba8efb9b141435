package filter

import "slices"

// meets tells whether the leaves meet a branch, whose fields have these numbers.
func (v *view) meets(scope Scope, b branch, numbers []int32) bool {
	if len(b) == 0 {
		return true
	}
	if scope == Body && v.noBody || scope == Attributes && !v.anyAttribute {
		return false
	}
	var inArrays uint16 // the fields that only leaves in elements meet
	for i := range b {
		place := v.first[numbers[i]]
		if place == 0 {
			if !b[i].mayLack {
				return false
			}
			continue
		}
		met, free := v.meetsField(&b[i], place)
		if !met {
			return false
		}
		if !free {
			inArrays |= 1 << i
		}
	}
	// A single field has no other to agree with.
	return inArrays&(inArrays-1) == 0 || v.consistent(b, numbers, inArrays)
}

// meetsField tells whether any of the leaves from place on meets a field, and whether
// one does that is in no element.
func (v *view) meetsField(f *field, place int32) (met, free bool) {
	for ; place != 0; place = v.leaves[place-1].next {
		l := &v.leaves[place-1]
		if met && l.element != root || !f.matches(l.value) {
			continue
		}
		if l.element == root {
			return true, true
		}
		met = true
	}
	return met, false
}

// options are the sets of fields that the elements of an array may meet.
type options struct {
	array int32
	in    int32 // the element that the array is in
	sets  []uint16
}

// consistent tells whether leaves can be chosen, one for each of the wanted fields,
// such that no two of them are in different elements of the same array.
//
// What an element can meet is what its own leaves meet, together with what one
// element of each array in it can meet. So the sets of fields that can be met are
// computed from the innermost elements outwards. Of sets within others only the
// largest are kept.
func (v *view) consistent(b branch, numbers []int32, wanted uint16) bool {
	v.met = append(v.met[:0], make([]uint16, len(v.elements))...)
	for i := range b {
		if wanted&(1<<i) == 0 {
			continue
		}
		for place := v.first[numbers[i]]; place != 0; place = v.leaves[place-1].next {
			if l := &v.leaves[place-1]; b[i].matches(l.value) {
				v.met[l.element] |= 1 << i
			}
		}
	}
	v.nested = v.nested[:0]
	for e := len(v.elements) - 1; e >= root; e-- {
		sets := []uint16{v.met[e]}
		// The arrays in e are on top: those in later elements are done with.
		for n := len(v.nested) - 1; n >= 0 && v.nested[n].in == int32(e); n-- {
			sets = combined(sets, v.nested[n].sets)
			v.nested = v.nested[:n]
		}
		if slices.Contains(sets, wanted) {
			return true
		}
		if e == root || len(sets) == 1 && sets[0] == 0 {
			continue
		}
		n := len(v.nested) - 1
		if n < 0 || v.nested[n].array != v.elements[e].array {
			v.nested = append(v.nested, options{array: v.elements[e].array, in: v.elements[e].around})
			n++
		}
		for _, set := range sets {
			v.nested[n].sets = withLargest(v.nested[n].sets, set)
		}
	}
	return false
}

// combined returns the unions of a set of each.
func combined(as, bs []uint16) []uint16 {
	var unions []uint16
	for _, a := range as {
		for _, b := range bs {
			unions = withLargest(unions, a|b)
		}
	}
	return unions
}

// withLargest adds a set, unless it is within another, in place of those within it.
func withLargest(sets []uint16, set uint16) []uint16 {
	for _, s := range sets {
		if set&^s == 0 {
			return sets
		}
	}
	sets = slices.DeleteFunc(sets, func(s uint16) bool { return s&^set == 0 })
	return append(sets, set)
}
