package cloudwatch

import (
	"errors"
	"fmt"

	"github.com/leat-go/leat/internal/awserr"
)

// A condition is a sentinel error that knows AWS's code and default text.
type condition struct{ code, text string }

func (c *condition) Error() string { return "cloudwatch: " + c.text }

func (c *condition) Condition() (code, text string) { return c.code, c.text }

// The conditions that a caller may branch on with errors.Is. They come wrapped in an
// [*Error]. (PutMetricAlarm and SetAlarmState in the CloudWatch API reference.)
var (
	ErrInvalidParameterValue       error = &condition{"InvalidParameterValue", "The value of an input parameter is bad or out-of-range."}
	ErrInvalidParameterCombination error = &condition{"InvalidParameterCombination", "Parameters were used together that cannot be used together."}
	ErrMissingParameter            error = &condition{"MissingParameter", "An input parameter that is required is missing."}

	// ErrClosed is returned by an alarm that is closed. It is leat's own; AWS has no such
	// condition.
	ErrClosed error = &condition{"ResourceNotFound", "The alarm is closed."}
)

// Error is the error of an operation of this package.
type Error struct {
	Op      string // the operation: "NewAlarm"
	Name    string // of the alarm or metric; may be empty
	Err     error  // one of the sentinels of this package
	Message string // what is wrong in this very case; empty means the sentinel's text
}

func (e *Error) Error() string { return awserr.Text("cloudwatch", e.Op, e.Name, e.ErrorMessage()) }

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }

// ErrorCode returns AWS's code for the condition: "InvalidParameterValue".
func (e *Error) ErrorCode() string { return awserr.Code(e.Err, "InternalServiceFault") }

// ErrorMessage returns the text without the operation and the name.
func (e *Error) ErrorMessage() string { return awserr.Message(e.Message, e.Err) }

// faults collects what is wrong with one input.
type faults struct {
	op, name string
	errs     []error
}

func (f *faults) add(kind error, format string, args ...any) {
	f.errs = append(f.errs, &Error{Op: f.op, Name: f.name, Err: kind, Message: fmt.Sprintf(format, args...)})
}

func (f *faults) invalid(format string, args ...any) {
	f.add(ErrInvalidParameterValue, format, args...)
}

func (f *faults) missing(parameter string) {
	f.add(ErrMissingParameter, "The parameter %s is required.", parameter)
}

// err joins them; nil if there are none.
func (f *faults) err() error { return errors.Join(f.errs...) }
