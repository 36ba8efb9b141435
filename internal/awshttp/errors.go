package awshttp

import (
	"context"
	"errors"
	"net/http"

	"github.com/leat-go/leat/internal/awsquery"
	"github.com/leat-go/leat/internal/awsshape"
	"github.com/leat-go/leat/internal/fault"
	"github.com/leat-go/leat/internal/sigv4"
)

// Error is an error as it goes over the wire.
type Error struct {
	Condition
	Message string // may be empty
}

// Condition is a kind of error under the names that the protocols have for it.
type Condition struct {
	Kind   string // the JSON protocol's, without a namespace
	Query  string // the Query protocol's code
	Status int
	Common bool // not in the service's model but common to all services
}

// Conditions lists the errors of a service whose names differ between the protocols
// or whose status is not 400.
type Conditions []Condition

// common lists the errors that any service may answer with. Its source is the
// "Common Errors" page of the API references.
var common = Conditions{
	{Kind: "UnknownOperationException", Query: "UnknownOperationException", Status: 400, Common: true},
	{Kind: "SerializationException", Query: "MalformedInput", Status: 400, Common: true},
	{Kind: "RequestEntityTooLargeException", Query: "RequestEntityTooLarge", Status: 413, Common: true},
	{Kind: "InvalidAction", Query: "InvalidAction", Status: 400, Common: true},
	{Kind: "MissingAction", Query: "MissingAction", Status: 400, Common: true},
	{Kind: "MalformedQueryString", Query: "MalformedQueryString", Status: 404, Common: true},
	{Kind: "InvalidSignatureException", Query: "SignatureDoesNotMatch", Status: 403, Common: true},
	{Kind: "IncompleteSignatureException", Query: "IncompleteSignature", Status: 400, Common: true},
	{Kind: "MissingAuthenticationTokenException", Query: "MissingAuthenticationToken", Status: 403, Common: true},
	{Kind: "UnrecognizedClientException", Query: "InvalidClientTokenId", Status: 403, Common: true},
	{Kind: "AccessDeniedException", Query: "AccessDenied", Status: 403, Common: true},
	{Kind: "ThrottlingException", Query: "Throttling", Status: 400, Common: true},
	{Kind: "InternalFailure", Query: "InternalError", Status: 500, Common: true},
	{Kind: "ServiceUnavailable", Query: "ServiceUnavailable", Status: 503, Common: true},
}

// Find finds a condition by either of its names, the service's own before the
// common ones. It reports false for one that is not listed, which then is as it is
// named.
func (t Conditions) Find(name string) (c Condition, listed bool) {
	for _, list := range [...]Conditions{t, common} {
		for _, c := range list {
			if c.Kind == name || c.Query == name {
				return c, true
			}
		}
	}
	return Condition{Kind: name, Query: name, Status: http.StatusBadRequest}, false
}

// New returns the error of a kind, which either protocol may name.
func (t Conditions) New(kind, message string) *Error {
	c, _ := t.Find(kind)
	return &Error{Condition: c, Message: message}
}

func (e *Error) Error() string { return e.Kind + ": " + e.Message }

// Fault tells whose fault it was: Sender or Receiver.
func (e *Error) Fault() string {
	if e.Status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

// coded is an error of an engine.
type coded interface {
	error
	ErrorCode() string
	ErrorMessage() string
}

// Explain makes an error ready for the wire.
func (t Conditions) Explain(err error) *Error {
	var (
		ready      *Error
		engine     coded
		badBody    *awsshape.Error
		badQuery   *awsquery.Error
		signature  *sigv4.Error
		deliberate *fault.Fault
	)
	switch {
	case errors.As(err, &ready):
		return ready
	case errors.As(err, &engine):
		return t.New(engine.ErrorCode(), engine.ErrorMessage())
	case errors.As(err, &badBody):
		return t.New("SerializationException", badBody.Message)
	case errors.As(err, &badQuery):
		return t.New("SerializationException", badQuery.Message)
	case errors.As(err, &signature):
		c, listed := t.Find(signature.JSONCode)
		if !listed {
			c = Condition{Kind: signature.JSONCode, Query: signature.Code, Status: signature.Status, Common: true}
		}
		return &Error{Condition: c, Message: signature.Message}
	case errors.As(err, &deliberate):
		c, _ := t.Find(deliberate.Code)
		c.Status = deliberate.Status
		return &Error{Condition: c, Message: deliberate.Message}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		// Nobody reads this, unless it was the server that gave up.
		return t.New("ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
	default:
		return t.New("InternalFailure", err.Error())
	}
}
