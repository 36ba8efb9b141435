package sns

import (
	"errors"
	"fmt"

	"github.com/leat-go/leat/internal/awserr"
)

// A condition is a sentinel error that knows AWS's code and default text.
type condition struct{ code, text string }

func (c *condition) Error() string { return "sns: " + c.text }

func (c *condition) Condition() (code, text string) { return c.code, c.text }

// The conditions that a caller may branch on with errors.Is. They come wrapped
// in an [*Error], and that in a [*BatchError] where the operation takes a batch.
// The sources are the errors sections of the SNS API reference. leat itself returns
// none of ErrAuthorization, ErrSubscriptionLimitExceeded, ErrStaleTag and
// ErrThrottled; they are for adapters of other topics.
var (
	ErrInvalidParameter            error = &condition{"InvalidParameter", "A parameter is invalid."}
	ErrInvalidParameterValue       error = &condition{"ParameterValueInvalid", "A parameter's value is invalid."}
	ErrValidation                  error = &condition{"ValidationError", "A parameter is missing or malformed."}
	ErrNotFound                    error = &condition{"NotFound", "The resource does not exist."}
	ErrResourceNotFound            error = &condition{"ResourceNotFound", "The resource does not exist."}
	ErrAuthorization               error = &condition{"AuthorizationError", "The caller may not do this."}
	ErrSubscriptionLimitExceeded   error = &condition{"SubscriptionLimitExceeded", "There are too many subscriptions."}
	ErrFilterPolicyLimitExceeded   error = &condition{"FilterPolicyLimitExceeded", "There are too many filter policies."}
	ErrTagLimitExceeded            error = &condition{"TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded"}
	ErrStaleTag                    error = &condition{"StaleTag", "A tag has been changed meanwhile."}
	ErrEndpointDisabled            error = &condition{"EndpointDisabled", "Endpoint is disabled"}
	ErrPlatformApplicationDisabled error = &condition{"PlatformApplicationDisabled", "Platform application is disabled"}
	ErrOptedOut                    error = &condition{"OptedOut", "The phone number is opted out."}
	ErrVerification                error = &condition{"VerificationException", "The one-time password is not right."}
	ErrUser                        error = &condition{"UserError", "The request is not possible now."}
	ErrThrottled                   error = &condition{"Throttled", "Rate exceeded"}

	// ErrClosed is returned by every operation on a closed topic or service. It is
	// leat's own; AWS has no such condition.
	ErrClosed error = &condition{"ServiceUnavailable", "The topic is closed."}
)

// Error is the error of an operation on a topic, a subscription or the service.
type Error struct {
	Op       string // the operation: "Publish", "CreateTopic"
	Resource string // the topic's name, or an ARN; may be empty
	Err      error  // one of the sentinels of this package
	Message  string // AWS's text for this very case; empty means the sentinel's
}

func (e *Error) Error() string { return awserr.Text("sns", e.Op, e.Resource, e.ErrorMessage()) }

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }

// ErrorCode returns AWS's code for the condition: "InvalidParameter".
func (e *Error) ErrorCode() string { return awserr.Code(e.Err, "InternalError") }

// ErrorMessage returns AWS's text, without the operation and the resource.
func (e *Error) ErrorMessage() string { return awserr.Message(e.Message, e.Err) }

// BatchError says which entries of a batch failed, as sqs.BatchError does.
type BatchError struct {
	Failed []EntryError // ordered by Index; not empty in an error that leat returns
}

// EntryError is the failure of one entry of a batch.
type EntryError struct {
	Index int   // the entry's place in the batch, from 0
	Err   error // an [*Error], if it comes from leat's own topics
}

func (e *BatchError) Error() string { return awserr.BatchText(e.Failed) }

// Unwrap returns the entries' errors, so that errors.Is and errors.As see them.
func (e *BatchError) Unwrap() []error { return awserr.Unwrap(e.Failed) }

// Permanent marks an error of an endpoint as one that no retry will mend: the
// notification goes to the dead-letter queue at once. It returns nil for nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanent{err}
}

type permanent struct{ err error }

func (p *permanent) Error() string { return p.err.Error() }
func (p *permanent) Unwrap() error { return p.err }

func isPermanent(err error) bool {
	_, ok := errors.AsType[*permanent](err)
	return ok
}

// invalid is the error for a bad parameter; its text begins as all of AWS's do.
func invalid(format string, args ...any) *Error {
	return &Error{Err: ErrInvalidParameter, Message: "Invalid parameter: " + fmt.Sprintf(format, args...)}
}

// located says of which operation and resource an error is, or each of several that
// are joined.
func located(op, resource string, err error) error {
	awserr.Each(err, func(e *Error) { e.Op, e.Resource = op, resource })
	return err
}
