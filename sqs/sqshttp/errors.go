package sqshttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/leat-go/leat/internal/awsjson"
	"github.com/leat-go/leat/internal/awsquery"
	"github.com/leat-go/leat/internal/fault"
	"github.com/leat-go/leat/internal/sigv4"
	"github.com/leat-go/leat/sqs"
)

// apiError is an error as it goes over the wire.
type apiError struct {
	condition
	message string // may be empty
}

// condition is a kind of error under the names that the protocols have for it.
type condition struct {
	kind   string // the JSON protocol's, without a namespace
	query  string // the Query protocol's code
	status int
	common bool // not in SQS's model but common to all services
}

// conditions lists the errors whose names differ between the protocols, whose
// status is not 400, or that are common ones. Its sources are the errors sections
// and the "Common Errors" page of the SQS API reference.
var conditions = []condition{
	{kind: "QueueDoesNotExist", query: "AWS.SimpleQueueService.NonExistentQueue", status: 400},
	{kind: "QueueNameExists", query: "QueueAlreadyExists", status: 400},
	{kind: "QueueDeletedRecently", query: "AWS.SimpleQueueService.QueueDeletedRecently", status: 400},
	{kind: "InvalidParameterValueException", query: "InvalidParameterValue", status: 400},
	{kind: "MissingRequiredParameterException", query: "MissingParameter", status: 400},
	{kind: "BatchEntryIdsNotDistinct", query: "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", status: 400},
	{kind: "BatchRequestTooLong", query: "AWS.SimpleQueueService.BatchRequestTooLong", status: 400},
	{kind: "EmptyBatchRequest", query: "AWS.SimpleQueueService.EmptyBatchRequest", status: 400},
	{kind: "InvalidBatchEntryId", query: "AWS.SimpleQueueService.InvalidBatchEntryId", status: 400},
	{kind: "TooManyEntriesInBatchRequest", query: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", status: 400},
	{kind: "MessageNotInflight", query: "AWS.SimpleQueueService.MessageNotInflight", status: 400},
	{kind: "PurgeQueueInProgress", query: "AWS.SimpleQueueService.PurgeQueueInProgress", status: 403},
	{kind: "UnsupportedOperation", query: "AWS.SimpleQueueService.UnsupportedOperation", status: 400},
	{kind: "OverLimit", query: "OverLimit", status: 403},
	{kind: "RequestThrottled", query: "RequestThrottled", status: 403},
	{kind: "ResourceNotFoundException", query: "ResourceNotFoundException", status: 404},
	{kind: "InvalidAddress", query: "InvalidAddress", status: 404},
	{kind: "InvalidSecurity", query: "InvalidSecurity", status: 403},
	{kind: "KmsAccessDenied", query: "KMS.AccessDeniedException", status: 400},
	{kind: "KmsDisabled", query: "KMS.DisabledException", status: 400},
	{kind: "KmsInvalidKeyUsage", query: "KMS.InvalidKeyUsageException", status: 400},
	{kind: "KmsInvalidState", query: "KMS.InvalidStateException", status: 400},
	{kind: "KmsNotFound", query: "KMS.NotFoundException", status: 400},
	{kind: "KmsOptInRequired", query: "KMS.OptInRequired", status: 403},
	{kind: "KmsThrottled", query: "KMS.ThrottlingException", status: 400},

	{kind: "UnknownOperationException", query: "UnknownOperationException", status: 400, common: true},
	{kind: "SerializationException", query: "MalformedInput", status: 400, common: true},
	{kind: "RequestEntityTooLargeException", query: "RequestEntityTooLarge", status: 413, common: true},
	{kind: "InvalidAction", query: "InvalidAction", status: 400, common: true},
	{kind: "MissingAction", query: "MissingAction", status: 400, common: true},
	{kind: "MalformedQueryString", query: "MalformedQueryString", status: 404, common: true},
	{kind: "InvalidSignatureException", query: "SignatureDoesNotMatch", status: 403, common: true},
	{kind: "IncompleteSignatureException", query: "IncompleteSignature", status: 400, common: true},
	{kind: "MissingAuthenticationTokenException", query: "MissingAuthenticationToken", status: 403, common: true},
	{kind: "UnrecognizedClientException", query: "InvalidClientTokenId", status: 403, common: true},
	{kind: "AccessDeniedException", query: "AccessDenied", status: 403, common: true},
	{kind: "ThrottlingException", query: "Throttling", status: 400, common: true},
	{kind: "InternalFailure", query: "InternalError", status: 500, common: true},
	{kind: "ServiceUnavailable", query: "ServiceUnavailable", status: 503, common: true},
}

// conditionOf finds a condition by either of its names. It reports false for one
// that is not among them, which then is as it is named.
func conditionOf(name string) (c condition, listed bool) {
	for _, c := range conditions {
		if c.kind == name || c.query == name {
			return c, true
		}
	}
	return condition{kind: name, query: name, status: http.StatusBadRequest}, false
}

func newError(kind, message string) *apiError {
	c, _ := conditionOf(kind)
	return &apiError{condition: c, message: message}
}

func (e *apiError) Error() string { return e.kind + ": " + e.message }

func (e *apiError) namespace() string {
	if e.common {
		return "com.amazon.coral.service#"
	}
	return "com.amazonaws.sqs#"
}

// fault tells whose fault it was.
func (e *apiError) fault() string {
	if e.status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

// explain makes an error ready for the wire.
func explain(err error) *apiError {
	var (
		ready      *apiError
		queue      *sqs.Error
		badJSON    *awsjson.Error
		badQuery   *awsquery.Error
		signature  *sigv4.Error
		deliberate *fault.Fault
	)
	switch {
	case errors.As(err, &ready):
		return ready
	case errors.As(err, &queue):
		return newError(queue.ErrorCode(), queue.ErrorMessage())
	case errors.As(err, &badJSON):
		return newError("SerializationException", badJSON.Message)
	case errors.As(err, &badQuery):
		return newError("SerializationException", badQuery.Message)
	case errors.As(err, &signature):
		c := condition{kind: signature.JSONCode, query: signature.Code, status: signature.Status, common: true}
		return &apiError{condition: c, message: signature.Message}
	case errors.As(err, &deliberate):
		c, _ := conditionOf(deliberate.Code)
		c.status = deliberate.Status
		return &apiError{condition: c, message: deliberate.Message}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		// Nobody reads this, unless it was the server that gave up.
		return newError("ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
	default:
		return newError("InternalFailure", err.Error())
	}
}

// What the protocols say of a queue that there is not.
const (
	noQueue      = "The specified queue does not exist."
	noQueueQuery = "The specified queue does not exist for this wsdl version."
)

func invalidValue(format string, args ...any) error {
	return newError("InvalidParameterValueException", fmt.Sprintf(format, args...))
}

func missing(parameter string) error {
	return newError("MissingRequiredParameterException", "The request must contain the parameter "+parameter+".")
}

func badAddress(address string) error {
	return newError("InvalidAddress", "The address "+address+" is not valid for this endpoint.")
}

func badScope(message string) error {
	return newError("InvalidSignatureException", message)
}

// unreadable is the error for a body that could not be read for err; kind is the
// protocol's for a body that is broken off.
func unreadable(err error, kind string) error {
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return newError("RequestEntityTooLargeException", fmt.Sprintf("The request is longer than %d bytes.", tooLong.Limit))
	}
	return newError(kind, "The body of the request did not arrive.")
}
