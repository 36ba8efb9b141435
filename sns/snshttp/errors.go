package snshttp

import (
	"fmt"
	"strings"

	"github.com/leat-go/leat/internal/awshttp"
)

// conditions lists the errors of SNS with the names that its model has for them.
var conditions = awshttp.Conditions{
	{Kind: "AuthorizationErrorException", Query: "AuthorizationError", Status: 403},
	{Kind: "BatchEntryIdsNotDistinctException", Query: "BatchEntryIdsNotDistinct", Status: 400},
	{Kind: "BatchRequestTooLongException", Query: "BatchRequestTooLong", Status: 400},
	{Kind: "ConcurrentAccessException", Query: "ConcurrentAccess", Status: 400},
	{Kind: "EmptyBatchRequestException", Query: "EmptyBatchRequest", Status: 400},
	{Kind: "EndpointDisabledException", Query: "EndpointDisabled", Status: 400},
	{Kind: "FilterPolicyLimitExceededException", Query: "FilterPolicyLimitExceeded", Status: 403},
	{Kind: "InternalErrorException", Query: "InternalError", Status: 500},
	{Kind: "InvalidBatchEntryIdException", Query: "InvalidBatchEntryId", Status: 400},
	{Kind: "InvalidParameterException", Query: "InvalidParameter", Status: 400},
	{Kind: "InvalidParameterValueException", Query: "ParameterValueInvalid", Status: 400},
	{Kind: "InvalidSecurityException", Query: "InvalidSecurity", Status: 403},
	{Kind: "InvalidStateException", Query: "InvalidState", Status: 400},
	{Kind: "KMSAccessDeniedException", Query: "KMSAccessDenied", Status: 400},
	{Kind: "KMSDisabledException", Query: "KMSDisabled", Status: 400},
	{Kind: "KMSInvalidStateException", Query: "KMSInvalidState", Status: 400},
	{Kind: "KMSNotFoundException", Query: "KMSNotFound", Status: 400},
	{Kind: "KMSOptInRequired", Query: "KMSOptInRequired", Status: 403},
	{Kind: "KMSThrottlingException", Query: "KMSThrottling", Status: 400},
	{Kind: "NotFoundException", Query: "NotFound", Status: 404},
	{Kind: "OptedOutException", Query: "OptedOut", Status: 400},
	{Kind: "PlatformApplicationDisabledException", Query: "PlatformApplicationDisabled", Status: 400},
	{Kind: "ReplayLimitExceededException", Query: "ReplayLimitExceeded", Status: 403},
	{Kind: "ResourceNotFoundException", Query: "ResourceNotFound", Status: 404},
	{Kind: "StaleTagException", Query: "StaleTag", Status: 400},
	{Kind: "SubscriptionLimitExceededException", Query: "SubscriptionLimitExceeded", Status: 403},
	{Kind: "TagLimitExceededException", Query: "TagLimitExceeded", Status: 400},
	{Kind: "TagPolicyException", Query: "TagPolicy", Status: 400},
	{Kind: "ThrottledException", Query: "Throttled", Status: 429},
	{Kind: "TooManyEntriesInBatchRequestException", Query: "TooManyEntriesInBatchRequest", Status: 400},
	{Kind: "TopicLimitExceededException", Query: "TopicLimitExceeded", Status: 403},
	{Kind: "UserErrorException", Query: "UserError", Status: 400},
}

func newError(code, message string) *awshttp.Error { return conditions.New(code, message) }

// invalid is the error for a bad parameter; its text begins as all of AWS's do.
func invalid(format string, args ...any) error {
	return newError("InvalidParameter", "Invalid parameter: "+fmt.Sprintf(format, args...))
}

func badValue(format string, args ...any) error {
	return newError("ParameterValueInvalid", fmt.Sprintf(format, args...))
}

// validation is the error for values that break constraints of AWS's model.
func validation(problems ...string) error {
	noun := "errors"
	if len(problems) == 1 {
		noun = "error"
	}
	return newError("ValidationError", fmt.Sprintf("%d validation %s detected: %s", len(problems), noun, strings.Join(problems, "; ")))
}

// null is the problem that a value was not sent. The path is as AWS's model has it,
// in camel case.
func null(path string) string {
	return "Value null at '" + path + "' failed to satisfy constraint: Member must not be null"
}
