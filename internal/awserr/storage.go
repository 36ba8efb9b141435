package awserr

import (
	"errors"

	"github.com/leat-go/leat/internal/journal"
)

// Storage is how a package tells of what its journal has said.
type Storage struct {
	Closed  error     // the package's ErrClosed: a journal is closed with what it belongs to
	Failure Condition // what AWS says of failures of its own
}

// Condition returns the condition of an operation whose journal has said err, which is not
// nil: Closed if the journal was closed, or one that wraps Failure and err. Its code is that
// of Failure, but ServiceUnavailable for want of space, which may pass; its text is err's.
func (s Storage) Condition(err error) error {
	if errors.Is(err, journal.ErrClosed) {
		return s.Closed
	}
	return &storageError{s.Failure, err}
}

type storageError struct {
	failure Condition
	cause   error
}

func (e *storageError) Error() string { return e.cause.Error() }

func (e *storageError) Unwrap() []error { return []error{e.failure, e.cause} }

func (e *storageError) Condition() (code, text string) {
	if errors.Is(e.cause, journal.ErrNoSpace) {
		return "ServiceUnavailable", e.cause.Error()
	}
	code, _ = e.failure.Condition()
	return code, e.cause.Error()
}
