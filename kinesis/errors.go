package kinesis

import (
	"fmt"
	"slices"

	"github.com/leat-go/leat/internal/awserr"
)

// A condition is a sentinel error that knows AWS's code and default text.
type condition struct{ code, text string }

func (c *condition) Error() string { return "kinesis: " + c.text }

func (c *condition) Condition() (code, text string) { return c.code, c.text }

// The conditions that a caller may branch on with errors.Is. They come wrapped
// in an [*Error], and that in a [*BatchError] where the operation takes a batch.
// The sources are the errors sections of the Kinesis Data Streams API reference.
// LocalStream never returns the iterator's and token's; they are for adapters and the
// wire.
var (
	ErrResourceNotFound              error = &condition{"ResourceNotFoundException", "The requested resource could not be found."}
	ErrResourceInUse                 error = &condition{"ResourceInUseException", "The resource is not available for this operation."}
	ErrInvalidArgument               error = &condition{"InvalidArgumentException", "A specified parameter exceeds its restrictions, is not supported, or can't be used."}
	ErrValidation                    error = &condition{"ValidationException", "A specified parameter does not have the required form."}
	ErrLimitExceeded                 error = &condition{"LimitExceededException", "The requested resource exceeds the maximum number allowed."}
	ErrProvisionedThroughputExceeded error = &condition{"ProvisionedThroughputExceededException", "Rate exceeded."}
	ErrInternalFailure               error = &condition{"InternalFailure", "Internal service failure."}
	ErrExpiredIterator               error = &condition{"ExpiredIteratorException", "The iterator expired."}
	ErrExpiredNextToken              error = &condition{"ExpiredNextTokenException", "The pagination token expired."}

	// ErrLeaseLost is returned to a member of a Group that no longer owns the lease on
	// which it acts. It is leat's own.
	ErrLeaseLost error = &condition{"LeaseLost", "The lease belongs to another worker."}

	// ErrClosed is returned by every operation on a closed stream or service.
	// It is leat's own; AWS has no such condition.
	ErrClosed error = &condition{"ServiceUnavailable", "The stream is closed."}
)

// Error is the error of an operation on a stream or service.
type Error struct {
	Op      string // the operation: "Put", "CreateStream"
	Stream  string // the stream's name, or what was said in its place; may be empty
	Err     error  // one of the sentinels of this package
	Message string // AWS's text for this very case; empty means the sentinel's
}

func (e *Error) Error() string { return awserr.Text("kinesis", e.Op, e.Stream, e.ErrorMessage()) }

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }

// ErrorCode returns AWS's code for the condition, as the wire names it: "ResourceNotFoundException".
func (e *Error) ErrorCode() string { return awserr.Code(e.Err, "InternalFailure") }

// ErrorMessage returns AWS's text, without the operation and the stream.
func (e *Error) ErrorMessage() string { return awserr.Message(e.Message, e.Err) }

// BatchError says which entries of a batch failed. The entries it does not name
// succeeded. Even a batch of one fails with a BatchError when it is the entry
// that is at fault.
type BatchError struct {
	Failed []EntryError // ordered by Index; not empty in an error that leat returns
}

// EntryError is the failure of one entry of a batch.
type EntryError struct {
	Index int   // the entry's place in the batch, from 0
	Err   error // an [*Error], if it comes from leat's own streams
}

func (e *BatchError) Error() string {
	if len(e.Failed) == 0 {
		return "no entry failed"
	}
	first := e.Failed[0]
	if len(e.Failed) == 1 {
		return fmt.Sprintf("entry %d: %v", first.Index, first.Err)
	}
	return fmt.Sprintf("%d entries failed, first entry %d: %v", len(e.Failed), first.Index, first.Err)
}

// Unwrap returns the entries' errors, so that errors.Is and errors.As see them.
func (e *BatchError) Unwrap() []error {
	errs := make([]error, len(e.Failed))
	for i, f := range e.Failed {
		errs[i] = f.Err
	}
	return errs
}

// failures collects the failed entries of a batch; nil and empty mean none.
type failures []EntryError

func (f *failures) add(index int, err error) {
	*f = append(*f, EntryError{index, err})
}

// skip tells whether entry i has failed. It is asked about every entry in order.
func (f *failures) skip(i int) bool {
	if len(*f) == 0 || (*f)[0].Index != i {
		return false
	}
	*f = (*f)[1:]
	return true
}

func (f failures) err() error {
	if len(f) == 0 {
		return nil
	}
	return &BatchError{Failed: f}
}

// merge returns the failures of both, in order. An entry is in one of them.
func (f failures) merge(other failures) failures {
	if len(f) == 0 {
		return other
	}
	all := append(f, other...)
	slices.SortFunc(all, func(a, b EntryError) int { return a.Index - b.Index })
	return all
}

func invalid(format string, args ...any) *Error {
	return &Error{Err: ErrInvalidArgument, Message: fmt.Sprintf(format, args...)}
}

func malformed(format string, args ...any) *Error {
	return &Error{Err: ErrValidation, Message: fmt.Sprintf(format, args...)}
}

// located says in the errors of this package where they happened.
func located(op, stream string, err error) error {
	switch e := err.(type) {
	case *Error:
		e.Op, e.Stream = op, stream
	case interface{ Unwrap() []error }:
		for _, each := range e.Unwrap() {
			located(op, stream, each)
		}
	}
	return err
}
