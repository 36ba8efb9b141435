package shard

import (
	"errors"
	"fmt"
)

// What can be wrong with a text or a set of ranges. An [*Error] wraps one of them.
var (
	// ErrSyntax is a text that does not have the form at all. AWS answers a
	// ValidationException.
	ErrSyntax = errors.New("not of the required form")
	// ErrTooLarge is a number of the right form that is too large. AWS answers an
	// InvalidArgumentException for a hash key, and that there is no such shard for a
	// shard id.
	ErrTooLarge = errors.New("too large")
	// ErrInvalid is a number that can be no sequence number. AWS answers an
	// InvalidArgumentException that says it «is invalid.»
	ErrInvalid = errors.New("no sequence number")
	// ErrForeign is a number that can be a sequence number, but of no stream here: one
	// of an older layout, or one whose fields contradict each other. AWS answers an
	// InvalidArgumentException that says it «is invalid because it did not come from
	// this stream.»
	ErrForeign = errors.New("a sequence number of another stream")
	// ErrCover is a list of ranges with a gap or an overlap, or out of order.
	ErrCover = errors.New("ranges do not cover the hash keys in order")
	// ErrTarget is a number of shards that no stream can have.
	ErrTarget = errors.New("no possible number of shards")
)

// An Error is what the functions of this package return.
type Error struct {
	What string // what was expected: "hash key", "sequence number", "shard id", "ranges", "target"
	Text string // what came instead; it may be long
	// Shard is the index of the shard that a foreign sequence number names; 0 with
	// other errors. AWS complains first if that is not the shard of the request.
	Shard int
	Err   error // one of the errors of this package
}

// Error cuts a long text short.
func (e *Error) Error() string { return fmt.Sprintf("%s %.140q: %v", e.What, e.Text, e.Err) }

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }
