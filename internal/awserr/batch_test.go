package awserr_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awserr"
)

// failedEntry is what a package's type for the failure of an entry looks like.
type failedEntry struct {
	Index int
	Err   error
}

func TestFailures(t *testing.T) {
	var f awserr.Failures[failedEntry]
	require.Equal(t, "no entry failed", awserr.BatchText(f))
	require.Empty(t, awserr.Unwrap(f))
	first, second, third := errors.New("a"), errors.New("b"), errors.New("c")
	f.Add(1, first)
	require.Equal(t, "entry 1: a", awserr.BatchText(f))
	f.Add(4, third)
	require.Equal(t, "2 entries failed, first entry 1: a", awserr.BatchText(f))
	require.Equal(t, []error{first, third}, awserr.Unwrap(f))

	var skipped []int
	left := f
	for i := range 6 {
		if left.Skip(i) {
			skipped = append(skipped, i)
		}
	}
	require.Equal(t, []int{1, 4}, skipped)
	require.Len(t, f, 2, "it was a copy that forgot")

	require.Equal(t, []error{nil, first, nil}, awserr.Spread(f, 3))
	require.Equal(t, []error{nil, nil}, awserr.Spread([]failedEntry{{-1, first}, {2, first}}, 2))

	other := awserr.Failures[failedEntry]{{2, second}}
	require.Equal(t, awserr.Failures[failedEntry]{{1, first}, {2, second}, {4, third}}, f.Merge(other))
	require.Equal(t, other, awserr.Failures[failedEntry](nil).Merge(other))
}

func TestEach(t *testing.T) {
	var seen []string
	note := func(e *located) { seen = append(seen, e.where) }
	awserr.Each(nil, note)
	awserr.Each(errors.New("other"), note)
	awserr.Each(fmt.Errorf("wrapped: %w", &located{"not found"}), note)
	require.Empty(t, seen)
	awserr.Each(errors.Join(&located{"a"}, errors.New("other"), errors.Join(&located{"b"}, &located{"c"})), note)
	awserr.Each(&located{"d"}, note)
	require.Equal(t, []string{"a", "b", "c", "d"}, seen)
}

type located struct{ where string }

func (e *located) Error() string { return e.where }
