package sqs

import (
	"fmt"

	"github.com/leat-go/leat/internal/awserr"
)

// A condition is a sentinel error that knows AWS's code and default text.
type condition struct{ code, text string }

func (c *condition) Error() string { return "sqs: " + c.text }

func (c *condition) Condition() (code, text string) { return c.code, c.text }

// The conditions that a caller may branch on with errors.Is. They come wrapped
// in an [*Error], and that in a [*BatchError] where the operation takes a batch.
// The sources are the errors sections of the SQS API reference. LocalQueue never
// returns ErrMessageNotInflight; it is for adapters of other queues.
var (
	ErrQueueDoesNotExist      error = &condition{"QueueDoesNotExist", "The specified queue does not exist."}
	ErrQueueNameExists        error = &condition{"QueueNameExists", "A queue already exists with the same name and a different value for an attribute."}
	ErrQueueDeletedRecently   error = &condition{"QueueDeletedRecently", "You must wait 60 seconds after deleting a queue before you can create another with the same name."}
	ErrPurgeQueueInProgress   error = &condition{"PurgeQueueInProgress", "Only one PurgeQueue operation is allowed every 60 seconds."}
	ErrReceiptHandleInvalid   error = &condition{"ReceiptHandleIsInvalid", "The specified receipt handle isn't valid."}
	ErrMessageNotInflight     error = &condition{"MessageNotInflight", "The specified message isn't in flight."}
	ErrOverLimit              error = &condition{"OverLimit", "Too many messages are in flight in this queue."}
	ErrInvalidMessageContents error = &condition{"InvalidMessageContents", "The message contains characters outside the allowed set."}
	ErrInvalidParameterValue  error = &condition{"InvalidParameterValueException", "A parameter is invalid."}
	ErrMissingParameter       error = &condition{"MissingRequiredParameterException", "The request must contain a required parameter."}
	ErrInvalidAttributeName   error = &condition{"InvalidAttributeName", "The specified attribute doesn't exist."}
	ErrInvalidAttributeValue  error = &condition{"InvalidAttributeValue", "A queue attribute value is invalid."}
	ErrUnsupportedOperation   error = &condition{"UnsupportedOperation", "The operation is not supported."}
	ErrResourceNotFound       error = &condition{"ResourceNotFoundException", "The resource does not exist."}

	// ErrClosed is returned by every operation on a closed queue or service.
	// It is leat's own; AWS has no such condition.
	ErrClosed error = &condition{"ServiceUnavailable", "The queue is closed."}
)

// Error is the error of an operation on a queue or service.
type Error struct {
	Op      string // the operation: "Send", "CreateQueue"
	Queue   string // the queue's name, or what was said in its place; may be empty
	Err     error  // one of the sentinels of this package
	Message string // AWS's text for this very case; empty means the sentinel's
}

func (e *Error) Error() string { return awserr.Text("sqs", e.Op, e.Queue, e.ErrorMessage()) }

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }

// ErrorCode returns AWS's code for the condition, as the JSON protocol names
// it: "QueueDoesNotExist".
func (e *Error) ErrorCode() string { return awserr.Code(e.Err, "InternalError") }

// ErrorMessage returns AWS's text, without the operation and the queue.
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
	Err   error // an [*Error], if it comes from leat's own queues
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
	return &Error{Err: ErrInvalidParameterValue, Message: fmt.Sprintf(format, args...)}
}

// located says of an error, or of each of several that are joined, where it
// happened.
func located(op, queue string, err error) error {
	awserr.Each(err, func(e *Error) { e.Op, e.Queue = op, queue })
	return err
}
