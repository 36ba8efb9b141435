package awserr

import (
	"fmt"
	"slices"
)

// entry is what the packages' types for the failure of one entry of a batch are made of.
type entry = struct {
	Index int
	Err   error
}

// BatchText returns what the error of a batch says of its failed entries.
func BatchText[E ~entry](failed []E) string {
	if len(failed) == 0 {
		return "no entry failed"
	}
	first := entry(failed[0])
	if len(failed) == 1 {
		return fmt.Sprintf("entry %d: %v", first.Index, first.Err)
	}
	return fmt.Sprintf("%d entries failed, first entry %d: %v", len(failed), first.Index, first.Err)
}

// Unwrap returns the errors of the failed entries of a batch.
func Unwrap[E ~entry](failed []E) []error {
	errs := make([]error, len(failed))
	for i, f := range failed {
		errs[i] = entry(f).Err
	}
	return errs
}

// Failures collects the failed entries of a batch, in order; nil and empty mean none.
type Failures[E ~entry] []E

// Add notes that an entry has failed.
func (f *Failures[E]) Add(index int, err error) {
	*f = append(*f, E(entry{index, err}))
}

// Skip tells whether entry i has failed, and forgets what it told. It is asked about every
// entry in order, on a copy.
func (f *Failures[E]) Skip(i int) bool {
	if len(*f) == 0 || entry((*f)[0]).Index != i {
		return false
	}
	*f = (*f)[1:]
	return true
}

// Merge returns the failures of both, in order. An entry is in one of them.
func (f Failures[E]) Merge(other Failures[E]) Failures[E] {
	if len(f) == 0 {
		return other
	}
	all := append(f, other...)
	slices.SortFunc(all, func(a, b E) int { return entry(a).Index - entry(b).Index })
	return all
}

// Spread returns the error of each of the n entries of a batch, nil for those that have not
// failed. What failed outside of the batch is left out.
func Spread[E ~entry](failed []E, n int) []error {
	errs := make([]error, n)
	for _, f := range failed {
		if e := entry(f); 0 <= e.Index && e.Index < n {
			errs[e.Index] = e.Err
		}
	}
	return errs
}
