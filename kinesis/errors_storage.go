package kinesis

import (
	"errors"

	"github.com/leat-go/leat/internal/journal"
)

// storageError is the condition of a durable service whose storage does not do what it
// should. It wraps ErrInternalFailure and what the storage said, so that errors.Is finds
// durable.ErrNoSpace, durable.ErrFailed and the others of package durable.
type storageError struct{ cause error }

func (e *storageError) Error() string { return e.cause.Error() }

// Condition says what AWS says of failures of its own. The text is leat's.
func (e *storageError) Condition() (code, text string) {
	code, _ = ErrInternalFailure.(*condition).Condition()
	return code, "The storage of the service failed. " + e.cause.Error()
}

func (e *storageError) Unwrap() []error { return []error{ErrInternalFailure, e.cause} }

// stored returns the error of an operation whose storage said err; nil if that is. What
// was closed meanwhile is no failure.
func stored(op, stream string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, journal.ErrClosed):
		return &Error{Op: op, Stream: stream, Err: ErrClosed}
	}
	return &Error{Op: op, Stream: stream, Err: &storageError{err}}
}
