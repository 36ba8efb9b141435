package sqshttp

import (
	"fmt"

	"github.com/leat-go/leat/internal/awshttp"
)

// conditions lists the errors whose names differ between the protocols or whose
// status is not 400. Its sources are the errors sections of the SQS API reference.
var conditions = awshttp.Conditions{
	{Kind: "QueueDoesNotExist", Query: "AWS.SimpleQueueService.NonExistentQueue", Status: 400},
	{Kind: "QueueNameExists", Query: "QueueAlreadyExists", Status: 400},
	{Kind: "QueueDeletedRecently", Query: "AWS.SimpleQueueService.QueueDeletedRecently", Status: 400},
	{Kind: "InvalidParameterValueException", Query: "InvalidParameterValue", Status: 400},
	{Kind: "MissingRequiredParameterException", Query: "MissingParameter", Status: 400},
	{Kind: "BatchEntryIdsNotDistinct", Query: "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", Status: 400},
	{Kind: "BatchRequestTooLong", Query: "AWS.SimpleQueueService.BatchRequestTooLong", Status: 400},
	{Kind: "EmptyBatchRequest", Query: "AWS.SimpleQueueService.EmptyBatchRequest", Status: 400},
	{Kind: "InvalidBatchEntryId", Query: "AWS.SimpleQueueService.InvalidBatchEntryId", Status: 400},
	{Kind: "TooManyEntriesInBatchRequest", Query: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", Status: 400},
	{Kind: "MessageNotInflight", Query: "AWS.SimpleQueueService.MessageNotInflight", Status: 400},
	{Kind: "PurgeQueueInProgress", Query: "AWS.SimpleQueueService.PurgeQueueInProgress", Status: 403},
	{Kind: "UnsupportedOperation", Query: "AWS.SimpleQueueService.UnsupportedOperation", Status: 400},
	{Kind: "OverLimit", Query: "OverLimit", Status: 403},
	{Kind: "RequestThrottled", Query: "RequestThrottled", Status: 403},
	{Kind: "ResourceNotFoundException", Query: "ResourceNotFoundException", Status: 404},
	{Kind: "InvalidAddress", Query: "InvalidAddress", Status: 404},
	{Kind: "InvalidSecurity", Query: "InvalidSecurity", Status: 403},
	{Kind: "KmsAccessDenied", Query: "KMS.AccessDeniedException", Status: 400},
	{Kind: "KmsDisabled", Query: "KMS.DisabledException", Status: 400},
	{Kind: "KmsInvalidKeyUsage", Query: "KMS.InvalidKeyUsageException", Status: 400},
	{Kind: "KmsInvalidState", Query: "KMS.InvalidStateException", Status: 400},
	{Kind: "KmsNotFound", Query: "KMS.NotFoundException", Status: 400},
	{Kind: "KmsOptInRequired", Query: "KMS.OptInRequired", Status: 403},
	{Kind: "KmsThrottled", Query: "KMS.ThrottlingException", Status: 400},
}

func newError(kind, message string) *awshttp.Error { return conditions.New(kind, message) }

// namespace is what the JSON protocol has before the kind of an error.
func namespace(e *awshttp.Error) string {
	if e.Common {
		return "com.amazon.coral.service#"
	}
	return "com.amazonaws.sqs#"
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
