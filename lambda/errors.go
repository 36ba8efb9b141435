package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/leat-go/leat/internal/awserr"
)

// A condition is a sentinel error that knows AWS's code and default text.
type condition struct{ code, text string }

func (c *condition) Error() string { return "lambda: " + c.text }

func (c *condition) Condition() (code, text string) { return c.code, c.text }

// The conditions that a caller may branch on with errors.Is. They come wrapped in an
// [*Error]. The sources are the errors sections of the Lambda API reference.
var (
	ErrResourceNotFound      error = &condition{"ResourceNotFoundException", "The resource specified in the request does not exist."}
	ErrResourceConflict      error = &condition{"ResourceConflictException", "The resource already exists, or another operation is in progress."}
	ErrInvalidParameterValue error = &condition{"InvalidParameterValueException", "One of the parameters in the request is not valid."}
	ErrInvalidRequestContent error = &condition{"InvalidRequestContentException", "Could not parse request body into json."}
	ErrRequestTooLarge       error = &condition{"RequestTooLargeException", "Request must be smaller than 6291456 bytes for the InvokeFunction operation"}
	ErrTooManyRequests       error = &condition{"TooManyRequestsException", "Rate Exceeded."}

	// ErrClosed is what a topic's notifications fail with that come to an event source
	// after its end. It is leat's own; AWS has no such condition.
	ErrClosed error = &condition{"ServiceException", "The event source is closed."}
)

// What a [*FunctionError] may wrap, besides what the function returned.
var (
	// ErrTimedOut means that the function took longer than its Timeout.
	ErrTimedOut = errors.New("lambda: the function timed out")
	// ErrResponseTooLarge means that the function returned more than 6 MB.
	ErrResponseTooLarge = errors.New("lambda: Response payload size exceeded maximum allowed payload size (6291556 bytes)")
)

// Error is the error of an operation that did not come to call a function.
type Error struct {
	Op       string // the operation: "Invoke", "Register", "FromQueue"
	Function string // the function's name or ARN, or what was said in its place; may be empty
	Err      error  // one of the sentinels of this package
	Message  string // AWS's text for this very case; empty means the sentinel's
}

func (e *Error) Error() string { return awserr.Text("lambda", e.Op, e.Function, e.ErrorMessage()) }

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }

// ErrorCode returns AWS's code for the condition: "ResourceNotFoundException".
func (e *Error) ErrorCode() string { return awserr.Code(e.Err, "ServiceException") }

// ErrorMessage returns AWS's text, without the operation and the function.
func (e *Error) ErrorMessage() string { return awserr.Message(e.Message, e.Err) }

// FunctionError is the failure of a function that was called: it returned an error,
// panicked, or took too long.
type FunctionError struct {
	Function  string // its ARN
	RequestID string // of the invocation
	Err       error  // what it returned, a [*PanicError], ErrTimedOut or ErrResponseTooLarge
}

func (e *FunctionError) Error() string { return "lambda: " + e.Function + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *FunctionError) Unwrap() error { return e.Err }

// Payload returns what AWS answers in place of the function's result: a JSON object
// with errorMessage and errorType. The type of an error in Go is the name of its type,
// as in AWS's runtime for Go.
func (e *FunctionError) Payload() []byte {
	message, kind := e.Err.Error(), typeName(e.Err)
	switch p, ok := errors.AsType[*PanicError](e.Err); {
	case ok:
		message, kind = fmt.Sprint(p.Value), typeName(p.Value)
	case errors.Is(e.Err, ErrTimedOut):
		message = "RequestId: " + e.RequestID + " Error: Task timed out" + strings.TrimPrefix(message, ErrTimedOut.Error())
		kind = "Sandbox.Timedout"
	case errors.Is(e.Err, ErrResponseTooLarge):
		message, kind = strings.TrimPrefix(message, "lambda: ")+".", "Function.ResponseSizeTooLarge"
	}
	payload, err := json.Marshal(struct {
		ErrorMessage string `json:"errorMessage"`
		ErrorType    string `json:"errorType"`
	}{message, kind})
	if err != nil { // two strings are always JSON
		return []byte("null")
	}
	return payload
}

func typeName(v any) string {
	t := reflect.TypeOf(v)
	if t == nil {
		return "nil"
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// PanicError is the failure of a function or handler that panicked.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // as debug.Stack formats it
}

func (e *PanicError) Error() string { return fmt.Sprintf("lambda: panic: %v", e.Value) }

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// refused is the error of an invocation that did not reach its function. It uses up no
// attempt.
type refused struct{ err error }

func (r *refused) Error() string { return r.err.Error() }
func (r *refused) Unwrap() error { return r.err }

func isRefused(err error) bool {
	_, ok := err.(*refused) // which nothing wraps; a handler's own error may be anything
	return ok
}

// faults collects what is wrong with arguments.
type faults struct {
	op   string
	errs []error
}

func (f *faults) require(ok bool, format string, args ...any) {
	if !ok {
		f.errs = append(f.errs, &Error{Op: f.op, Err: ErrInvalidParameterValue, Message: fmt.Sprintf(format, args...)})
	}
}

func (f *faults) err() error { return errors.Join(f.errs...) }
