package firehose

import (
	"fmt"

	"github.com/leat-go/leat/internal/awserr"
)

// A condition is a sentinel error that knows AWS's code and default text.
type condition struct{ code, text string }

func (c *condition) Error() string { return "firehose: " + c.text }

func (c *condition) Condition() (code, text string) { return c.code, c.text }

// The conditions that a caller may branch on with errors.Is. They come wrapped in an
// [*Error], and that in a [*BatchError] where the operation takes a batch. The sources
// are the errors sections of the Amazon Data Firehose API reference.
var (
	ErrResourceNotFound       error = &condition{"ResourceNotFoundException", "The specified resource could not be found."}
	ErrResourceInUse          error = &condition{"ResourceInUseException", "The resource is already in use and not available for this operation."}
	ErrInvalidArgument        error = &condition{"InvalidArgumentException", "The specified input parameter has a value that is not valid."}
	ErrValidation             error = &condition{"ValidationException", "A specified parameter does not have the required form."}
	ErrLimitExceeded          error = &condition{"LimitExceededException", "You have already reached the limit for a requested resource."}
	ErrConcurrentModification error = &condition{"ConcurrentModificationException", "Another modification has already happened. Fetch VersionId again and use it to update the destination."}

	// ErrServiceUnavailable is the error of a record for which there is no room now: as
	// many bytes as MaxBuffered says wait to be delivered. Put it again later.
	ErrServiceUnavailable error = &condition{"ServiceUnavailableException", "Slow down."}
	ErrInternalFailure    error = &condition{"InternalFailure", "Internal service failure."}

	// ErrClosed is returned by operations on a closed delivery stream or service. It is
	// leat's own; AWS has no such condition.
	ErrClosed error = &condition{"ServiceUnavailableException", "The delivery stream is closed."}

	// ErrUndelivered is returned by Close if it left records undelivered. It is leat's own.
	ErrUndelivered error = &condition{"InternalFailure", "Records were not delivered."}
)

// Error is the error of an operation on a delivery stream or service.
type Error struct {
	Op             string // the operation: "Put", "CreateDeliveryStream"
	DeliveryStream string // its name, or what was said in its place; may be empty
	Err            error  // one of the sentinels of this package, or what a source said
	Message        string // AWS's text for this very case; empty means the sentinel's
}

func (e *Error) Error() string {
	return awserr.Text("firehose", e.Op, e.DeliveryStream, e.ErrorMessage())
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// ErrorCode returns AWS's code for the condition, as the wire names it: "ResourceNotFoundException".
func (e *Error) ErrorCode() string { return awserr.Code(e.Err, "InternalFailure") }

// ErrorMessage returns AWS's text, without the operation and the delivery stream.
func (e *Error) ErrorMessage() string { return awserr.Message(e.Message, e.Err) }

// PanicError is the error of a sink or a function that panicked.
type PanicError struct {
	Value any    // what was given to panic
	Stack []byte // of the goroutine, at that moment
}

func (e *PanicError) Error() string { return fmt.Sprintf("firehose: panic: %v", e.Value) }

// BatchError says which entries of a batch failed. The entries it does not name
// succeeded. Even a batch of one fails with a BatchError when it is the entry
// that is at fault.
type BatchError struct {
	Failed []EntryError // ordered by Index; not empty in an error that leat returns
}

// EntryError is the failure of one entry of a batch.
type EntryError struct {
	Index int   // the entry's place in the batch, from 0
	Err   error // an [*Error], if it comes from leat's own delivery streams
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
	awserr.Each(err, func(e *Error) { e.Op, e.DeliveryStream = op, stream })
	return err
}
