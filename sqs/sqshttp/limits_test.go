package sqshttp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The errors that the table below expects, without their texts.
var (
	missingParameter = problem{kind: "com.amazonaws.sqs#MissingRequiredParameterException", code: "MissingParameter", status: 400}
	invalidValue     = problem{kind: "com.amazonaws.sqs#InvalidParameterValueException", code: "InvalidParameterValue", status: 400}
	invalidName      = problem{kind: "com.amazonaws.sqs#InvalidAttributeName", code: "InvalidAttributeName", status: 400}
	invalidAttribute = problem{kind: "com.amazonaws.sqs#InvalidAttributeValue", code: "InvalidAttributeValue", status: 400}
	malformed        = problem{kind: "com.amazon.coral.service#SerializationException", code: "MalformedInput", status: 400}
	noSuchQueue      = problem{kind: "com.amazonaws.sqs#QueueDoesNotExist", code: "AWS.SimpleQueueService.NonExistentQueue", status: 400}
	noSuchResource   = problem{kind: "com.amazonaws.sqs#ResourceNotFoundException", code: "ResourceNotFoundException", status: 404}
	badAddress       = problem{kind: "com.amazonaws.sqs#InvalidAddress", code: "InvalidAddress", status: 404}
	badHandle        = problem{kind: "com.amazonaws.sqs#ReceiptHandleIsInvalid", code: "ReceiptHandleIsInvalid", status: 400}
	unsupported      = problem{kind: "com.amazonaws.sqs#UnsupportedOperation", code: "AWS.SimpleQueueService.UnsupportedOperation", status: 400}
	overLimit        = problem{kind: "com.amazonaws.sqs#OverLimit", code: "OverLimit", status: 403}
	badContents      = problem{kind: "com.amazonaws.sqs#InvalidMessageContents", code: "InvalidMessageContents", status: 400}
	emptyBatch       = problem{kind: "com.amazonaws.sqs#EmptyBatchRequest", code: "AWS.SimpleQueueService.EmptyBatchRequest", status: 400}
	tooManyEntries   = problem{kind: "com.amazonaws.sqs#TooManyEntriesInBatchRequest", code: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", status: 400}
	tooLong          = problem{kind: "com.amazonaws.sqs#BatchRequestTooLong", code: "AWS.SimpleQueueService.BatchRequestTooLong", status: 400}
	badEntryID       = problem{kind: "com.amazonaws.sqs#InvalidBatchEntryId", code: "AWS.SimpleQueueService.InvalidBatchEntryId", status: 400}
	sameEntryIDs     = problem{kind: "com.amazonaws.sqs#BatchEntryIdsNotDistinct", code: "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", status: 400}
)

func (p problem) saying(message string) problem {
	p.message = message
	return p
}

const (
	ordersJSON  = `"QueueUrl":"` + accounts + `orders"`
	ordersQuery = "QueueUrl=" + accounts + "orders"
	fifoJSON    = `"QueueUrl":"` + accounts + `orders.fifo"`
	fifoQuery   = "QueueUrl=" + accounts + "orders.fifo"
	ordersARN   = "arn:aws:sqs:us-east-1:000000000000:orders"
	badIDText   = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
)

// TestBadInput has a line for each limit. The request is bad in the same way in both
// protocols, and so is the answer; an empty request leaves a protocol out, where it
// has no way to say it. Where the text differs, queryText has that of Query.
func TestBadInput(t *testing.T) {
	long := strings.Repeat("a", 129)
	for _, c := range []struct {
		action, json, query string
		want                problem
		queryText           string
	}{
		{"SendMessage", `{"MessageBody":"a"}`, "MessageBody=a", missingParameter.saying("The request must contain the parameter QueueUrl."), ""},
		{"SendMessage", `{` + ordersJSON + `}`, ordersQuery, missingParameter.saying("The request must contain the parameter MessageBody."), ""},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":""}`, ordersQuery + "&MessageBody=", missingParameter.saying("The request must contain the parameter MessageBody."), ""},
		{"SendMessage", `{"QueueUrl":"` + accounts + `none","MessageBody":"a"}`, "QueueUrl=" + accounts + "none&MessageBody=a",
			noSuchQueue.saying("The specified queue does not exist."), "The specified queue does not exist for this wsdl version."},
		{"SendMessage", `{"QueueUrl":"` + host + `/orders","MessageBody":"a"}`, "QueueUrl=" + host + "/orders&MessageBody=a", badAddress.saying("The address " + host + "/orders is not valid for this endpoint."), ""},
		{"SendMessage", `{"QueueUrl":"http://x","MessageBody":"a"}`, "QueueUrl=http://x&MessageBody=a", badAddress.saying("The address http://x is not valid for this endpoint."), ""},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"a\u0001"}`, ordersQuery + "&MessageBody=a%01",
			badContents.saying("Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF."), ""},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"` + strings.Repeat("a", 1<<20+1) + `"}`, ordersQuery + "&MessageBody=" + strings.Repeat("a", 1<<20+1),
			invalidValue.saying("One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."), ""},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"a","DelaySeconds":-1}`, ordersQuery + "&MessageBody=a&DelaySeconds=-1",
			invalidValue.saying("Value -1 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."), ""},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"a","DelaySeconds":901}`, ordersQuery + "&MessageBody=a&DelaySeconds=901",
			invalidValue.saying("Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."), ""},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"a","DelaySeconds":"1"}`, ordersQuery + "&MessageBody=a&DelaySeconds=x", malformed.saying("STRING_VALUE can not be converted to an Integer"), ""},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":1}`, "", malformed.saying("NUMBER_VALUE can not be converted to a String"), ""},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"a","MessageGroupId":"` + long + `"}`, ordersQuery + "&MessageBody=a&MessageGroupId=" + long,
			invalidValue.saying("Value " + long + " for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."), ""},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"a","MessageGroupId":""}`, ordersQuery + "&MessageBody=a&MessageGroupId=",
			invalidValue.saying("Value  for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."), ""},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"a","MessageDeduplicationId":"d"}`, ordersQuery + "&MessageBody=a&MessageDeduplicationId=d",
			invalidValue.saying("Value d for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type."), ""},
		{"SendMessage", `{` + fifoJSON + `,"MessageBody":"a","MessageDeduplicationId":"d"}`, fifoQuery + "&MessageBody=a&MessageDeduplicationId=d", missingParameter.saying("The request must contain the parameter MessageGroupId."), ""},
		{"SendMessage", `{` + fifoJSON + `,"MessageBody":"a","MessageGroupId":"g"}`, fifoQuery + "&MessageBody=a&MessageGroupId=g",
			invalidValue.saying("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"), ""},
		{"SendMessage", `{` + fifoJSON + `,"MessageBody":"a","MessageGroupId":"g","MessageDeduplicationId":""}`, fifoQuery + "&MessageBody=a&MessageGroupId=g&MessageDeduplicationId=",
			invalidValue.saying("Value  for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length."), ""},
		{"SendMessage", `{` + fifoJSON + `,"MessageBody":"a","MessageGroupId":"g","MessageDeduplicationId":"d d"}`, fifoQuery + "&MessageBody=a&MessageGroupId=g&MessageDeduplicationId=d+d",
			invalidValue.saying("Value d d for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length."), ""},
		{"SendMessage", `{` + fifoJSON + `,"MessageBody":"a","MessageGroupId":"g","MessageDeduplicationId":"d","DelaySeconds":2}`, fifoQuery + "&MessageBody=a&MessageGroupId=g&MessageDeduplicationId=d&DelaySeconds=2",
			invalidValue.saying("Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type."), ""},

		{"SendMessage", withAttribute(`"X":{"DataType":"String","StringValue":""}`), ordersQuery + "&MessageBody=a&MessageAttribute.1.Name=X&MessageAttribute.1.Value.DataType=String",
			invalidValue.saying("Message (user) attribute 'X' must contain a non-empty value of type 'String'."), ""},
		{"SendMessage", withAttribute(`"X":{"DataType":"Binary","StringValue":"a"}`), ordersQuery + "&MessageBody=a&MessageAttribute.1.Name=X&MessageAttribute.1.Value.DataType=Binary&MessageAttribute.1.Value.StringValue=a",
			invalidValue.saying("Message (user) attribute 'X' must contain a non-empty value of type 'Binary'."), ""},
		{"SendMessage", withAttribute(`"X":{"DataType":"Number","StringValue":"a"}`), ordersQuery + "&MessageBody=a&MessageAttribute.1.Name=X&MessageAttribute.1.Value.DataType=Number&MessageAttribute.1.Value.StringValue=a",
			invalidValue.saying("Can't cast the value of message (user) attribute 'X' to a number."), ""},
		{"SendMessage", withAttribute(`"X":{"StringValue":"a"}`), ordersQuery + "&MessageBody=a&MessageAttribute.1.Name=X&MessageAttribute.1.Value.StringValue=a",
			invalidValue.saying("The message attribute 'X' must contain a non-empty message attribute type."), ""},
		{"SendMessage", withAttribute(`"X":{"DataType":"Int","StringValue":"1"}`), ordersQuery + "&MessageBody=a&MessageAttribute.1.Name=X&MessageAttribute.1.Value.DataType=Int&MessageAttribute.1.Value.StringValue=1",
			invalidValue.saying("The type of message (user) attribute 'X' is invalid. You must use only the following supported type prefixes: Binary, Number, String."), ""},
		{"SendMessage", withAttribute(`"AWS.X":{"DataType":"String","StringValue":"1"}`), ordersQuery + "&MessageBody=a&MessageAttribute.1.Name=AWS.X&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=1",
			invalidValue.saying("You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use. Additionally, they cannot start or end with '.'."), ""},
		{"SendMessage", withAttribute(elevenJSON()), ordersQuery + "&MessageBody=a" + elevenQuery(), invalidValue.saying("Number of message attributes [11] exceeds the allowed maximum [10]."), ""},
		{"SendMessage", withAttribute(`"X":{"DataType":"String","StringListValues":["a"]}`), ordersQuery + "&MessageBody=a&MessageAttribute.1.Name=X&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringListValue.1=a",
			unsupported.saying("Message attribute list values in SendMessage operation are not supported."), ""},
		{"SendMessage", withAttribute(`"X":{"DataType":"Binary","BinaryValue":"*"}`), ordersQuery + "&MessageBody=a&MessageAttribute.1.Name=X&MessageAttribute.1.Value.BinaryValue=*", malformed.saying("Invalid Base64 value"), ""},
		{"SendMessage", withAttribute(`"X":"a"`), "", malformed.saying("Expected null"), ""},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"a","MessageSystemAttributes":{"X":{"DataType":"String","StringValue":"a"}}}`,
			ordersQuery + "&MessageBody=a&MessageSystemAttribute.1.Name=X&MessageSystemAttribute.1.Value.DataType=String&MessageSystemAttribute.1.Value.StringValue=a",
			invalidValue.saying("Message (system) attribute name 'X' is invalid. The only supported name is AWSTraceHeader."), ""},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"a","MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"Number","StringValue":"1"}}}`,
			ordersQuery + "&MessageBody=a&MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.DataType=Number&MessageSystemAttribute.1.Value.StringValue=1",
			invalidValue.saying("The type of message (system) attribute 'AWSTraceHeader' is invalid. You must use only the following supported type prefixes: String."), ""},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"a","MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String"}}}`,
			ordersQuery + "&MessageBody=a&MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.DataType=String",
			invalidValue.saying("Message (system) attribute 'AWSTraceHeader' must contain a non-empty value of type 'String'."), ""},

		{"SendMessageBatch", `{` + ordersJSON + `}`, "", missingParameter.saying("The request must contain the parameter Entries."), ""},
		{"SendMessageBatch", `{` + ordersJSON + `,"Entries":[]}`, ordersQuery, emptyBatch.saying("There should be at least one SendMessageBatchRequestEntry in the request."), ""},
		{"SendMessageBatch", `{` + ordersJSON + `,"Entries":"a"}`, "", malformed.saying("Expected list or null"), ""},
		{"SendMessageBatch", entriesJSON(11, `"MessageBody":"a"`), entriesQuery("SendMessageBatchRequestEntry", 11, "MessageBody=a"), tooManyEntries.saying("Maximum number of entries per request are 10. You have sent 11."), ""},
		{"SendMessageBatch", `{` + ordersJSON + `,"Entries":[{"Id":"1","MessageBody":"a"},{"MessageBody":"a"}]}`, ordersQuery + "&SendMessageBatchRequestEntry.1.Id=1&SendMessageBatchRequestEntry.2.MessageBody=a",
			missingParameter.saying("The request must contain the parameter SendMessageBatchRequestEntry.2.Id."), ""},
		{"SendMessageBatch", `{` + ordersJSON + `,"Entries":[null]}`, ordersQuery + "&SendMessageBatchRequestEntry.1=a", missingParameter.saying("The request must contain the parameter SendMessageBatchRequestEntry.1.Id."), ""},
		{"SendMessageBatch", `{` + ordersJSON + `,"Entries":[{"Id":""}]}`, ordersQuery + "&SendMessageBatchRequestEntry.1.Id=", badEntryID.saying(badIDText), ""},
		{"SendMessageBatch", `{` + ordersJSON + `,"Entries":[{"Id":"a:b"}]}`, ordersQuery + "&SendMessageBatchRequestEntry.1.Id=a:b", badEntryID.saying(badIDText), ""},
		{"SendMessageBatch", `{` + ordersJSON + `,"Entries":[{"Id":"` + long[:81] + `"}]}`, ordersQuery + "&SendMessageBatchRequestEntry.1.Id=" + long[:81], badEntryID.saying(badIDText), ""},
		{"SendMessageBatch", `{` + ordersJSON + `,"Entries":[{"Id":"a"},{"Id":"b"},{"Id":"a"}]}`, ordersQuery + "&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.3.Id=a", sameEntryIDs.saying("Id a repeated."), ""},
		{"SendMessageBatch", entriesJSON(2, `"MessageBody":"`+strings.Repeat("a", 1<<19+1)+`"`), entriesQuery("SendMessageBatchRequestEntry", 2, "MessageBody="+strings.Repeat("a", 1<<19+1)),
			tooLong.saying("Batch requests cannot be longer than 1048576 bytes. You have sent 1048578 bytes."), ""},
		{"SendMessageBatch", `{` + fifoJSON + `,"Entries":[{"Id":"a","MessageBody":"a","MessageGroupId":"g","MessageDeduplicationId":"d"},{"Id":"b","MessageBody":"b","MessageDeduplicationId":"e"}]}`,
			fifoQuery + "&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=a&SendMessageBatchRequestEntry.1.MessageDeduplicationId=d",
			invalidValue.saying("The request must contain the parameter MessageGroupId."), ""},
		{"SendMessageBatch", `{` + fifoJSON + `,"Entries":[{"Id":"a","MessageBody":"a","MessageGroupId":"g"}]}`,
			fifoQuery + "&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=a&SendMessageBatchRequestEntry.1.MessageGroupId=g",
			invalidValue.saying("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"), ""},
		{"SendMessageBatch", `{` + fifoJSON + `,"Entries":[{"Id":"a","MessageGroupId":"g"}]}`, fifoQuery + "&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageGroupId=g",
			invalidValue.saying("The request must contain the parameter SendMessageBatchRequestEntry.1.MessageBody."), ""},
		{"SendMessageBatch", `{` + fifoJSON + `,"Entries":[{"Id":"a","MessageBody":"a","MessageGroupId":"g","MessageDeduplicationId":"d","DelaySeconds":3}]}`,
			fifoQuery + "&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=a&SendMessageBatchRequestEntry.1.MessageGroupId=g&SendMessageBatchRequestEntry.1.DelaySeconds=3",
			invalidValue.saying("Value 3 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type."), ""},

		{"ReceiveMessage", `{` + ordersJSON + `,"WaitTimeSeconds":21}`, ordersQuery + "&WaitTimeSeconds=21", invalidValue.saying("Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."), ""},
		{"ReceiveMessage", `{` + ordersJSON + `,"WaitTimeSeconds":-1}`, ordersQuery + "&WaitTimeSeconds=-1", invalidValue.saying("Value -1 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."), ""},
		{"ReceiveMessage", `{` + ordersJSON + `,"MaxNumberOfMessages":11}`, ordersQuery + "&MaxNumberOfMessages=11", invalidValue.saying("Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."), ""},
		{"ReceiveMessage", `{` + ordersJSON + `,"MaxNumberOfMessages":0}`, ordersQuery + "&MaxNumberOfMessages=0", invalidValue.saying("Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."), ""},
		{"ReceiveMessage", `{` + ordersJSON + `,"VisibilityTimeout":43201}`, ordersQuery + "&VisibilityTimeout=43201", invalidValue.saying("Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided."), ""},
		{"ReceiveMessage", `{` + ordersJSON + `,"VisibilityTimeout":-1}`, ordersQuery + "&VisibilityTimeout=-1", invalidValue.saying("Value -1 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided."), ""},
		{"ReceiveMessage", `{` + ordersJSON + `,"AttributeNames":["Foo"]}`, ordersQuery + "&AttributeName.1=Foo", invalidName.saying("Unknown Attribute Foo."), ""},
		{"ReceiveMessage", `{` + ordersJSON + `,"MessageSystemAttributeNames":["SenderId","Foo"]}`, ordersQuery + "&MessageSystemAttributeName.1=Foo", invalidName.saying("Unknown Attribute Foo."), ""},
		{"ReceiveMessage", `{` + fifoJSON + `,"ReceiveRequestAttemptId":"a b"}`, fifoQuery + "&ReceiveRequestAttemptId=a+b",
			invalidValue.saying("Value a b for parameter ReceiveRequestAttemptId is invalid. Reason: ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length."), ""},

		{"DeleteMessage", `{` + ordersJSON + `}`, ordersQuery, missingParameter.saying("The request must contain the parameter ReceiptHandle."), ""},
		{"DeleteMessage", `{` + ordersJSON + `,"ReceiptHandle":"x"}`, ordersQuery + "&ReceiptHandle=x", badHandle.saying(`The input receipt handle "x" is not a valid receipt handle.`), ""},
		{"DeleteMessageBatch", `{` + ordersJSON + `}`, "", missingParameter.saying("The request must contain the parameter Entries."), ""},
		{"DeleteMessageBatch", `{` + ordersJSON + `,"Entries":[]}`, ordersQuery + "&Entries=", emptyBatch.saying("There should be at least one DeleteMessageBatchRequestEntry in the request."), ""},
		{"DeleteMessageBatch", entriesJSON(11, `"ReceiptHandle":"a"`), entriesQuery("DeleteMessageBatchRequestEntry", 11, "ReceiptHandle=a"), tooManyEntries.saying("Maximum number of entries per request are 10. You have sent 11."), ""},
		{"DeleteMessageBatch", `{` + ordersJSON + `,"Entries":[{"Id":"a"}]}`, ordersQuery + "&DeleteMessageBatchRequestEntry.1.Id=a", missingParameter.saying("The request must contain the parameter DeleteMessageBatchRequestEntry.1.ReceiptHandle."), ""},
		{"DeleteMessageBatch", `{` + ordersJSON + `,"Entries":[{"Id":"é","ReceiptHandle":"a"}]}`, ordersQuery + "&DeleteMessageBatchRequestEntry.1.Id=%C3%A9", badEntryID.saying(badIDText), ""},

		{"ChangeMessageVisibility", `{` + ordersJSON + `,"VisibilityTimeout":1}`, ordersQuery + "&VisibilityTimeout=1", missingParameter.saying("The request must contain the parameter ReceiptHandle."), ""},
		{"ChangeMessageVisibility", `{` + ordersJSON + `,"ReceiptHandle":"x"}`, ordersQuery + "&ReceiptHandle=x", missingParameter.saying("The request must contain the parameter VisibilityTimeout."), ""},
		{"ChangeMessageVisibility", `{` + ordersJSON + `,"ReceiptHandle":"x","VisibilityTimeout":43201}`, ordersQuery + "&ReceiptHandle=x&VisibilityTimeout=43201",
			invalidValue.saying("Value 43201 for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200."), ""},
		{"ChangeMessageVisibility", `{` + ordersJSON + `,"ReceiptHandle":"x","VisibilityTimeout":1}`, ordersQuery + "&ReceiptHandle=x&VisibilityTimeout=1", badHandle.saying(`The input receipt handle "x" is not a valid receipt handle.`), ""},
		{"ChangeMessageVisibilityBatch", entriesJSON(11, `"ReceiptHandle":"a"`), entriesQuery("ChangeMessageVisibilityBatchRequestEntry", 11, "ReceiptHandle=a"), tooManyEntries.saying("Maximum number of entries per request are 10. You have sent 11."), ""},
		{"ChangeMessageVisibilityBatch", `{` + ordersJSON + `,"Entries":[{"Id":"a","VisibilityTimeout":1}]}`, ordersQuery + "&ChangeMessageVisibilityBatchRequestEntry.1.Id=a",
			missingParameter.saying("The request must contain the parameter ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle."), ""},
		{"ChangeMessageVisibilityBatch", `{` + ordersJSON + `,"Entries":[{"Id":"a","ReceiptHandle":"x"}]}`, ordersQuery + "&ChangeMessageVisibilityBatchRequestEntry.1.Id=a&ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle=x",
			missingParameter.saying("The request must contain the parameter ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout."), ""},

		{"CreateQueue", `{}`, "", missingParameter.saying("The request must contain the parameter QueueName."), ""},
		{"CreateQueue", `{"QueueName":"a b"}`, "QueueName=a+b", invalidValue.saying("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"), ""},
		{"CreateQueue", `{"QueueName":"` + long[:81] + `"}`, "QueueName=" + long[:81], invalidValue.saying("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"), ""},
		{"CreateQueue", `{"QueueName":"a","Attributes":{"Foo":"1"}}`, "QueueName=a&Attribute.1.Name=Foo&Attribute.1.Value=1", invalidName.saying("Unknown Attribute Foo."), ""},
		{"CreateQueue", `{"QueueName":"a","Attributes":{"DelaySeconds":"901"}}`, "QueueName=a&Attribute.1.Name=DelaySeconds&Attribute.1.Value=901", invalidAttribute.saying("Invalid value for the parameter DelaySeconds."), ""},
		{"CreateQueue", `{"QueueName":"a","Attributes":{"DelaySeconds":1}}`, "", malformed.saying("NUMBER_VALUE can not be converted to a String"), ""},
		{"CreateQueue", `{"QueueName":"orders","Attributes":{"DelaySeconds":"1"}}`, "QueueName=orders&Attribute.1.Name=DelaySeconds&Attribute.1.Value=1",
			problem{kind: "com.amazonaws.sqs#QueueNameExists", code: "QueueAlreadyExists", status: 400, message: "A queue already exists with the same name and a different value for attribute DelaySeconds"}, ""},
		{"GetQueueUrl", `{}`, "", missingParameter.saying("The request must contain the parameter QueueName."), ""},
		{"GetQueueUrl", `{"QueueName":"none"}`, "QueueName=none", noSuchQueue.saying("The specified queue does not exist."), "The specified queue does not exist for this wsdl version."},
		{"GetQueueUrl", `{"QueueName":"orders","QueueOwnerAWSAccountId":"111122223333"}`, "QueueName=orders&QueueOwnerAWSAccountId=111122223333", noSuchQueue.saying("The specified queue does not exist."), "The specified queue does not exist for this wsdl version."},
		{"DeleteQueue", `{"QueueUrl":"none"}`, "QueueUrl=none", noSuchQueue.saying("The specified queue does not exist."), "The specified queue does not exist for this wsdl version."},
		{"PurgeQueue", `{}`, "", missingParameter.saying("The request must contain the parameter QueueUrl."), ""},
		{"ListQueues", `{"MaxResults":0}`, "MaxResults=0", invalidValue.saying("Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000."), ""},
		{"ListQueues", `{"MaxResults":1001}`, "MaxResults=1001", invalidValue.saying("Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000."), ""},
		{"ListQueues", `{"NextToken":"a"}`, "NextToken=a", invalidValue.saying("MaxResults is a mandatory parameter when you provide a value for NextToken."), ""},
		{"ListQueues", `{"NextToken":"*","MaxResults":1}`, "NextToken=*&MaxResults=1", invalidValue.saying("Value * for parameter NextToken is invalid."), ""},
		{"ListDeadLetterSourceQueues", `{` + ordersJSON + `,"MaxResults":0}`, ordersQuery + "&MaxResults=0", invalidValue.saying("Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000."), ""},

		{"GetQueueAttributes", `{` + ordersJSON + `,"AttributeNames":["Foobar"]}`, ordersQuery + "&AttributeName.1=Foobar", invalidName.saying("Unknown Attribute Foobar."), ""},
		{"GetQueueAttributes", `{` + ordersJSON + `,"AttributeNames":{}}`, "", malformed.saying("Start of structure or map found where not expected."), ""},
		{"GetQueueAttributes", "", ordersQuery + "&AttributeName.0=All", malformed.saying("0 is not a valid index"), ""},
		{"SetQueueAttributes", `{` + ordersJSON + `}`, "", missingParameter.saying("The request must contain the parameter Attributes."), ""},
		{"SetQueueAttributes", "", ordersQuery, missingParameter.saying("The request must contain the parameter Attribute."), ""},
		{"SetQueueAttributes", `{` + ordersJSON + `,"Attributes":{"QueueArn":"a"}}`, ordersQuery + "&Attribute.1.Name=QueueArn&Attribute.1.Value=a", invalidName.saying("Unknown Attribute QueueArn."), ""},
		{"SetQueueAttributes", `{` + ordersJSON + `,"Attributes":{"VisibilityTimeout":"43201"}}`, ordersQuery + "&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=43201", invalidAttribute.saying("Invalid value for the parameter VisibilityTimeout."), ""},

		{"TagQueue", `{` + ordersJSON + `}`, "", missingParameter.saying("The request must contain the parameter Tags."), ""},
		{"TagQueue", "", ordersQuery, missingParameter.saying("The request must contain the parameter Tag."), ""},
		{"TagQueue", `{` + ordersJSON + `,"Tags":{"` + long + `":""}}`, ordersQuery + "&Tag.1.Key=" + long + "&Tag.1.Value=", invalidValue.saying("Tag keys must be between 1 and 128 characters in length."), ""},
		{"UntagQueue", `{` + ordersJSON + `}`, "", missingParameter.saying("The request must contain the parameter TagKeys."), ""},
		{"UntagQueue", "", ordersQuery, missingParameter.saying("The request must contain the parameter TagKey."), ""},

		{"AddPermission", `{` + ordersJSON + `,"AWSAccountIds":["111122223333"],"Actions":["*"]}`, ordersQuery + "&AWSAccountId.1=111122223333&ActionName.1=*", missingParameter.saying("The request must contain the parameter Label."), ""},
		{"AddPermission", `{` + ordersJSON + `,"Label":"l","Actions":["*"]}`, "", missingParameter.saying("The request must contain the parameter AWSAccountIds."), ""},
		{"AddPermission", "", ordersQuery + "&Label=l&AWSAccountId.1=111122223333", missingParameter.saying("The request must contain the parameter ActionName."), ""},
		{"AddPermission", `{` + ordersJSON + `,"Label":"l","AWSAccountIds":["1"],"Actions":["*"]}`, ordersQuery + "&Label=l&AWSAccountId.1=1&ActionName.1=*", invalidValue.saying("Value 1 for parameter PrincipalId is invalid. Reason: Unable to verify."), ""},
		{"AddPermission", `{` + ordersJSON + `,"Label":"l","AWSAccountIds":["111122223333"],"Actions":["Fly"]}`, ordersQuery + "&Label=l&AWSAccountId.1=111122223333&ActionName.1=Fly",
			invalidValue.saying("Value SQS:Fly for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list of valid actions."), ""},
		{"AddPermission", `{` + ordersJSON + `,"Label":"l","AWSAccountIds":["111122223333"],"Actions":["DeleteQueue"]}`, ordersQuery + "&Label=l&AWSAccountId.1=111122223333&ActionName.1=DeleteQueue",
			invalidValue.saying("Value SQS:DeleteQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action."), ""},
		{"AddPermission", `{` + ordersJSON + `,"Label":"l","AWSAccountIds":["111122223333"],"Actions":["*","*","*","*","*","*","*","*"]}`,
			ordersQuery + "&Label=l&AWSAccountId.1=1&ActionName.1=*&ActionName.2=*&ActionName.3=*&ActionName.4=*&ActionName.5=*&ActionName.6=*&ActionName.7=*&ActionName.8=*",
			overLimit.saying("8 Actions were found, maximum allowed is 7."), ""},
		{"RemovePermission", `{` + ordersJSON + `}`, ordersQuery, missingParameter.saying("The request must contain the parameter Label."), ""},
		{"RemovePermission", `{` + ordersJSON + `,"Label":"l"}`, ordersQuery + "&Label=l", invalidValue.saying("Value l for parameter Label is invalid. Reason: can't find label."), ""},

		{"StartMessageMoveTask", `{}`, "", missingParameter.saying("The request must contain the parameter SourceArn."), ""},
		{"StartMessageMoveTask", `{"SourceArn":"a"}`, "SourceArn=a", invalidValue.saying("You must use this format to specify the SourceArn: arn:<partition>:<service>:<region>:<account-id>:<resource-id>"), ""},
		{"StartMessageMoveTask", `{"SourceArn":"` + ordersARN + `","DestinationArn":"a"}`, "SourceArn=" + ordersARN + "&DestinationArn=a", invalidValue.saying("You must use this format to specify the DestinationArn: arn:<partition>:<service>:<region>:<account-id>:<resource-id>"), ""},
		{"StartMessageMoveTask", `{"SourceArn":"` + ordersARN + `","MaxNumberOfMessagesPerSecond":501}`, "SourceArn=" + ordersARN + "&MaxNumberOfMessagesPerSecond=501", invalidValue.saying("Value 501 for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and 500, if provided."), ""},
		{"StartMessageMoveTask", `{"SourceArn":"` + ordersARN + `"}`, "SourceArn=" + ordersARN, invalidValue.saying("Source queue must be configured as a Dead Letter Queue."), ""},
		{"StartMessageMoveTask", `{"SourceArn":"` + ordersARN + `x"}`, "SourceArn=" + ordersARN + "x", noSuchResource.saying("The resource that you specified for the SourceArn parameter doesn't exist."), ""},
		{"StartMessageMoveTask", `{"SourceArn":"` + ordersARN + `","DestinationArn":"` + ordersARN + `x"}`, "SourceArn=" + ordersARN + "&DestinationArn=" + ordersARN + "x",
			noSuchResource.saying("The resource that you specified for the DestinationArn parameter doesn't exist."), ""},
		{"CancelMessageMoveTask", `{}`, "", missingParameter.saying("The request must contain the parameter TaskHandle."), ""},
		{"CancelMessageMoveTask", `{"TaskHandle":"a"}`, "TaskHandle=a", invalidValue.saying("Value for parameter TaskHandle is invalid."), ""},
		{"ListMessageMoveTasks", `{}`, "", missingParameter.saying("The request must contain the parameter SourceArn."), ""},
		{"ListMessageMoveTasks", `{"SourceArn":"a:b"}`, "SourceArn=a:b", invalidValue.saying("You must use this format to specify the SourceArn: arn:<partition>:<service>:<region>:<account-id>:<resource-id>"), ""},
		{"ListMessageMoveTasks", `{"SourceArn":"` + ordersARN + `x"}`, "SourceArn=" + ordersARN + "x", noSuchResource.saying("The resource that you specified for the SourceArn parameter doesn't exist."), ""},
		{"ListMessageMoveTasks", `{"SourceArn":"` + ordersARN + `","MaxResults":11}`, "SourceArn=" + ordersARN + "&MaxResults=11", invalidValue.saying("Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 10."), ""},
	} {
		handler, service := newHandler(t)
		name := c.action + "/" + c.want.message
		want := c.want
		want.fault = "Sender"
		if c.json != "" {
			t.Run(name+"/json", func(t *testing.T) {
				require.Equal(t, want, problemOf(t, serve(t, handler, jsonRequest(c.action, c.json))))
			})
		}
		if c.query != "" {
			t.Run(name+"/query", func(t *testing.T) {
				want.kind = ""
				if c.queryText != "" {
					want.message = c.queryText
				}
				require.Equal(t, want, problemOf(t, serve(t, handler, queryRequest(c.action, c.query))))
			})
		}
		for _, queue := range []string{"orders", "orders.fifo"} {
			q, err := service.Queue(queue)
			require.NoError(t, err)
			require.Empty(t, q.Peek(1), "%s changed something", name)
		}
	}
}

// TestTheLimitsThemselves: what is just inside.
func TestTheLimitsThemselves(t *testing.T) {
	for _, c := range []struct{ action, json, query string }{
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"` + strings.Repeat("a", 1<<20) + `"}`, ordersQuery + "&MessageBody=" + strings.Repeat("a", 1<<20)},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"` + strings.Repeat(`\u0041`, 1<<20) + `"}`, ordersQuery + "&MessageBody=" + strings.Repeat("%41", 1<<20)},
		{"SendMessage", `{` + ordersJSON + `,"MessageBody":"a","DelaySeconds":900}`, ordersQuery + "&MessageBody=a&DelaySeconds=900"},
		{"SendMessage", `{` + fifoJSON + `,"MessageBody":"a","MessageGroupId":"g","MessageDeduplicationId":"d","DelaySeconds":0}`, fifoQuery + "&MessageBody=a&MessageGroupId=g&MessageDeduplicationId=d&DelaySeconds=0"},
		{"SendMessageBatch", entriesJSON(10, `"MessageBody":"`+strings.Repeat("a", 104857)+`"`), entriesQuery("SendMessageBatchRequestEntry", 10, "MessageBody="+strings.Repeat("a", 104857))},
		{"ReceiveMessage", `{` + ordersJSON + `,"MaxNumberOfMessages":10,"VisibilityTimeout":43200,"WaitTimeSeconds":0}`, ordersQuery + "&MaxNumberOfMessages=10&VisibilityTimeout=0"},
		{"ListQueues", `{"MaxResults":1000}`, "MaxResults=1"},
	} {
		handler, _ := newHandler(t)
		require.Equal(t, http.StatusOK, serve(t, handler, jsonRequest(c.action, c.json)).status)
		require.Equal(t, http.StatusOK, serve(t, handler, queryRequest(c.action, c.query)).status)
	}
}

func withAttribute(attribute string) string {
	return `{` + ordersJSON + `,"MessageBody":"a","MessageAttributes":{` + attribute + `}}`
}

func elevenJSON() string {
	var list []string
	for i := range 11 {
		list = append(list, fmt.Sprintf(`"X%d":{"DataType":"String","StringValue":"a"}`, i))
	}
	return strings.Join(list, ",")
}

func elevenQuery() string {
	var b strings.Builder
	for i := range 11 {
		fmt.Fprintf(&b, "&MessageAttribute.%d.Name=X%[1]d&MessageAttribute.%[1]d.Value.DataType=String&MessageAttribute.%[1]d.Value.StringValue=a", i+1)
	}
	return b.String()
}

func entriesJSON(n int, fields string) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"Id":"%d",%s}`, i, fields))
	}
	return `{` + ordersJSON + `,"Entries":[` + strings.Join(list, ",") + `]}`
}

func entriesQuery(shape string, n int, field string) string {
	query := ordersQuery
	for i := range n {
		query += fmt.Sprintf("&%s.%d.Id=%[2]d&%[1]s.%[2]d.%[3]s", shape, i+1, field)
	}
	return query
}
