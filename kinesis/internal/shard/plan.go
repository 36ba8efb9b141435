package shard

import (
	"cmp"
	"slices"
	"strconv"
)

// A Step is a split or a merge, one of those that [Plan] returns. Shards are numbered:
// first the open ones, in order, then those that the steps make, in their order, of a
// split the lower one before the upper one. If the next shard of the stream is the one
// with the index i, the shard number len(open)+k of the steps is the one with i+k.
type Step struct {
	// Shard is the number of the shard that is split, or of the lower of the two that are
	// merged.
	Shard int
	// With is the number of the upper shard of a merge, and -1 for a split.
	With int
	// Key is where the upper shard of a split starts. A merge has none.
	Key HashKey
}

// IsMerge tells whether the step is a merge.
func (s Step) IsMerge() bool { return s.With >= 0 }

// Plan returns the splits and merges, in order, by which a stream with the given open
// ranges comes to have a target number of nearly even ones. (UpdateShardCount with
// UNIFORM_SCALING in the API reference.) No step is returned if the ranges have that
// number and are even. It returns an [*Error] with [ErrCover] if the ranges do not hold
// every hash key once, in order, and with [ErrTarget] unless target is between 1 and
// [MaxShards]. That AWS takes no target above double or below half the number of shards
// is for the engine to enforce.
//
// Where t even shards would end is known. Going up from n, an end is at first left at the
// nearest one that is there, if that is less than half an even shard away, and a shard is
// split for it otherwise; then those that are farthest off get a split too, until there
// are n splits. From n even shards up to twice as many that makes 5n-t shards in all,
// open and closed, as if all n had been split and then merged until t are left. Going
// down there is a split only for an end that has no other within a quarter of an even
// shard.
//
// The steps go from the lowest key to the highest, and each new shard is complete before
// the next is begun, as was seen when AWS went from 4 shards to 3: the last ones have
// the numbers 6, 9 and 10.
func Plan(open []Range, target int) ([]Step, error) {
	if err := Cover(open); err != nil {
		return nil, err
	}
	if target < 1 || target > MaxShards {
		return nil, &Error{What: "target", Text: strconv.Itoa(target), Err: ErrTarget}
	}
	var steps []Step
	made := len(open)
	rest, number, next := open[0], 0, 1 // what is not yet dealt out, its number, and the next open one
	for _, end := range newEnds(open, target) {
		whole := -1 // the number of the new shard as far as it goes
		for done := false; !done; {
			part := number
			done = rest.End == end
			switch {
			case end.Less(rest.End):
				steps = append(steps, Step{Shard: number, With: -1, Key: end.Add(one)})
				part, number = made, made+1
				made += 2
				rest.Start = end.Add(one)
				done = true
			case next < len(open):
				rest, number = open[next], next
				next++
			}
			if whole < 0 {
				whole = part
				continue
			}
			steps = append(steps, Step{Shard: whole, With: part})
			whole = made
			made++
		}
	}
	return steps, nil
}

// An end is where one of the new shards ends, unless it is the last.
type end struct {
	ideal HashKey // where an even shard would
	kept  HashKey // where the nearest one that there is does, if it is near enough
	cut   bool    // a split at ideal is needed
	off   HashKey // how far kept is from ideal
}

// newEnds returns where the new shards end, in order, the last key included.
func newEnds(open []Range, target int) []HashKey {
	even := Even(target)
	width := evenWidth(target)
	up := target > len(open)
	tolerance := width.Half()
	if !up {
		tolerance = tolerance.Half()
	}
	ends := make([]end, target-1)
	cuts, at := 0, 0
	for i := range ends {
		e := &ends[i]
		e.ideal = even[i].End
		// The nearest end is the last one that is not above ideal or the one after it. Two
		// new shards never come to the same: their ideals are a width apart, and tolerance
		// is at most half of it.
		for at < len(open)-2 && !e.ideal.Less(open[at+1].End) {
			at++
		}
		e.cut = true
		for _, o := range open[at:min(at+2, len(open)-1)] {
			if off := distance(o.End, e.ideal); off.Less(tolerance) && (e.cut || off.Less(e.off)) {
				e.cut, e.kept, e.off = false, o.End, off
			}
		}
		if e.cut {
			cuts++
		}
	}
	if up {
		cutFarthest(ends, len(open)-cuts)
	}
	result := make([]HashKey, 0, target)
	for _, e := range ends {
		if e.cut {
			result = append(result, e.ideal)
		} else {
			result = append(result, e.kept)
		}
	}
	return append(result, MaxHashKey)
}

// cutFarthest lets up to n more ends be cut, those first that are farthest from where
// they should be. An end that is off by one key only stays, because the key between
// cannot become a shard: splits leave two keys on either side.
func cutFarthest(ends []end, n int) {
	var off []*end
	for i := range ends {
		if !ends[i].cut && one.Less(ends[i].off) {
			off = append(off, &ends[i])
		}
	}
	slices.SortStableFunc(off, func(a, b *end) int {
		return cmp.Or(b.off.Compare(a.off), a.ideal.Compare(b.ideal))
	})
	for _, e := range off[:min(max(n, 0), len(off))] {
		e.cut = true
	}
}

// distance is how far two keys are apart.
func distance(a, b HashKey) HashKey {
	if a.Less(b) {
		a, b = b, a
	}
	return a.Sub(b)
}
