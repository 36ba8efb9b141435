package kinesis

import (
	"fmt"

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

func (e *BatchError) Error() string { return awserr.BatchText(e.Failed) }

// Unwrap returns the entries' errors, so that errors.Is and errors.As see them.
func (e *BatchError) Unwrap() []error { return awserr.Unwrap(e.Failed) }

// failures collects the failed entries of a batch; nil and empty mean none.
type failures = awserr.Failures[EntryError]

// batchError returns the error of a batch, nil if no entry failed.
func batchError(failed failures) error {
	if len(failed) == 0 {
		return nil
	}
	return &BatchError{Failed: failed}
}

func invalid(format string, args ...any) *Error {
	return &Error{Err: ErrInvalidArgument, Message: fmt.Sprintf(format, args...)}
}

func malformed(format string, args ...any) *Error {
	return &Error{Err: ErrValidation, Message: fmt.Sprintf(format, args...)}
}

// located says in the errors of this package where they happened.
func located(op, stream string, err error) error {
	awserr.Each(err, func(e *Error) { e.Op, e.Stream = op, stream })
	return err
}
