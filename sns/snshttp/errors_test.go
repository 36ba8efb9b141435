package snshttp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns/snshttp"
)

// The kinds of errors, whose texts the tables below complete.
var (
	invalidParameter = problem{code: "InvalidParameter", fault: "Sender", status: 400}
	notFound         = problem{code: "NotFound", fault: "Sender", status: 404}
	valueInvalid     = problem{code: "ParameterValueInvalid", fault: "Sender", status: 400}
	validationError  = problem{code: "ValidationError", fault: "Sender", status: 400}
)

func (p problem) saying(message string) problem {
	p.message = message
	return p
}

func invalid(message string) problem {
	return invalidParameter.saying("Invalid parameter: " + message)
}

func null(paths ...string) problem {
	text := "1 validation error detected: "
	if len(paths) > 1 {
		text = fmt.Sprintf("%d validation errors detected: ", len(paths))
	}
	for i, path := range paths {
		if i > 0 {
			text += "; "
		}
		text += "Value null at '" + path + "' failed to satisfy constraint: Member must not be null"
	}
	return validationError.saying(text)
}

// TestErrorsAsRecorded has the texts that AWS was seen to answer with, and those of
// its documentation.
func TestErrorsAsRecorded(t *testing.T) {
	const (
		noTopic        = "Topic does not exist"
		noSubscription = "Subscription does not exist"
		topic          = "TopicArn=" + eventsARN
		fifo           = "TopicArn=" + fifoARN
		absent         = "TopicArn=" + eventsARN + "-fake"
		elements       = " Reason: An ARN must have at least 6 elements, not "
		entry          = "&PublishBatchRequestEntries.member.1."
		wrongType      = "The message attribute 'attr1' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
	)
	attribute := func(name, value string) string {
		return topic + "&Message=a&MessageAttributes.entry.1.Name=" + escaped(name) + "&MessageAttributes.entry.1.Value." + value
	}
	many := topic
	for i := range 11 {
		many += fmt.Sprintf("&PublishBatchRequestEntries.member.%d.Id=%[1]d&PublishBatchRequestEntries.member.%[1]d.Message=a", i+1)
	}
	half := strings.Repeat("a", 131_072)
	handler, _, _ := newHandler(t)
	for _, c := range []struct {
		action, params string
		want           problem
	}{
		{"Fly", "", problem{"InvalidAction", "Sender", "Could not find operation Fly for version 2010-03-31", 400}},
		{"", "", problem{"MissingAction", "Sender", "The request must contain the parameter Action.", 400}},

		{"CreateTopic", "", null("name")},
		{"CreateTopic", "Name=", invalid("Topic Name")},
		{"CreateTopic", "Name=bad:name", invalid("Topic Name")},
		{"CreateTopic", "Name=" + strings.Repeat("a", 257), invalid("Topic Name")},
		{"CreateTopic", "Name=events&Tags.member.1.Key=k&Tags.member.1.Value=v", invalid("Tags Reason: Topic already exists with different tags")},
		{"CreateTopic", "Name=events&Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=x", invalid("Attributes Reason: Topic already exists with different attributes")},
		{"GetTopicAttributes", "", invalid("TopicArn Reason: no value for required parameter")},
		{"GetTopicAttributes", "TopicArn=test-topic", invalid("TopicArn" + elements + "1")},
		{"GetTopicAttributes", absent, notFound.saying(noTopic)},
		{"GetTopicAttributes", "TopicArn=arn:aws:sqs:us-east-1:000000000000:events", invalid("TopicArn")},
		{"SetTopicAttributes", topic, null("attributeName")},
		{"SetTopicAttributes", absent + "&AttributeName=DisplayName", notFound.saying(noTopic)},
		{"DeleteTopic", "TopicArn=a:b", invalid("TopicArn" + elements + "2")},
		{"ListSubscriptionsByTopic", absent, notFound.saying(noTopic)},
		{"AddPermission", "TopicArn=" + eventsARN, null("label", "aWSAccountId", "actionName")},
		{"RemovePermission", "Label=a", invalid("TopicArn Reason: no value for required parameter")},
		{"PutDataProtectionPolicy", "ResourceArn=" + eventsARN, null("dataProtectionPolicy")},
		{"GetDataProtectionPolicy", "ResourceArn=" + eventsARN + "-fake", notFound.saying(noTopic)},

		{"TagResource", "ResourceArn=" + eventsARN + "&Tags.member.1.Key=k2&Tags.member.1.Value=v&Tags.member.2.Key=k2&Tags.member.2.Value=v", invalid("Duplicated keys are not allowed.")},
		{"TagResource", "ResourceArn=" + eventsARN + "&Tags.member.1.Key=k", null("tags.1.member.value")},
		{"TagResource", "Tags.member.1.Key=k", null("resourceArn")},
		{"ListTagsForResource", "ResourceArn=" + eventsARN + "-fake", problem{"ResourceNotFound", "Sender", "Resource does not exist", 404}},
		{"UntagResource", "ResourceArn=" + eventsARN, null("tagKeys")},

		{"Publish", "Message=a", invalid("TopicArn or TargetArn Reason: no value for required parameter")},
		{"Publish", "TopicArn=randomstring&Message=a", invalid("TopicArn" + elements + "1")},
		{"Publish", "TopicArn=randomstring:1&Message=a", invalid("TopicArn" + elements + "2")},
		{"Publish", "TopicArn=&Message=a", invalid("TopicArn" + elements + "1")},
		{"Publish", "TargetArn=x&Message=a", invalid("TargetArn" + elements + "1")},
		{"Publish", absent + "&Message=a", notFound.saying(noTopic)},
		{"Publish", topic, null("message")},
		{"Publish", topic + "&Message=", invalid("Empty message")},
		{"Publish", topic + "&Subject=&Message=a", invalid("Subject")},
		{"Publish", topic + "&Message=" + half + half + "a", invalid("Message too long")},
		{"Publish", "TargetArn=arn:aws:sns:us-east-1:000000000000:endpoint/APNS/abcdef/" + gone + "&Message=a", invalid("TargetArn Reason: No endpoint found for the target arn specified")},
		{"Publish", "PhoneNumber=%2B1a234&Message=a", invalid("PhoneNumber Reason: +1a234 is not valid to publish to")},
		{"Publish", "PhoneNumber=NAA%2B15551234567&Message=a", invalid("PhoneNumber Reason: NAA+15551234567 is not valid to publish to")},
		{"Publish", topic + "&PhoneNumber=%2B15551234567&Message=a", invalid("PhoneNumber Reason: Only one of TopicArn, TargetArn and PhoneNumber can be given")},
		{"Publish", topic + `&MessageStructure=json&Message={"sqs":"a"}`, invalid("Message Structure - No default entry in JSON message body")},
		{"Publish", topic + `&MessageStructure=json&Message={"default":"a"}}`, invalid("Message Structure - JSON message body failed to parse")},
		{"Publish", topic + "&Message=a&MessageDeduplicationId=b", invalid("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type")},
		{"Publish", fifo + "&Message=a", invalid("The MessageGroupId parameter is required for FIFO topics")},
		{"Publish", fifo + "&Message=a&MessageGroupId=g", invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")},
		{"Publish", fifo + "&Message=a&MessageGroupId=", invalid("MessageGroupId Reason: MessageGroupId must be 1 to 128 alphanumeric and punctuation characters")},

		{"Publish", attribute("attr1", "DataType=String&MessageAttributes.entry.1.Value.StringValue="), valueInvalid.saying("The message attribute 'attr1' must contain non-empty message attribute value for message attribute type 'String'.")},
		{"Publish", attribute("attr1", "DataType=String"), valueInvalid.saying("The message attribute 'attr1' must contain non-empty message attribute value for message attribute type 'String'.")},
		{"Publish", attribute("attr1", "StringValue=value"), null("messageAttributes.attr1.member.dataType")},
		{"Publish", attribute("attr1", "DataType=Binary&MessageAttributes.entry.1.Value.BinaryValue="), valueInvalid.saying("The message attribute 'attr1' must contain non-empty message attribute value for message attribute type 'Binary'.")},
		{"Publish", attribute("attr1", "DataType=String&MessageAttributes.entry.1.Value.BinaryValue=MTIz"), valueInvalid.saying("The message attribute 'attr1' with type 'String' must use field 'String'.")},
		{"Publish", attribute("attr1", "DataType=Number&MessageAttributes.entry.1.Value.BinaryValue=MTIz"), valueInvalid.saying("The message attribute 'attr1' with type 'Number' must use field 'String'.")},
		{"Publish", attribute("attr1", "DataType=Binary&MessageAttributes.entry.1.Value.StringValue=123"), valueInvalid.saying("The message attribute 'attr1' with type 'Binary' must use field 'Binary'.")},
		{"Publish", attribute("attr1", "DataType=InvalidType&MessageAttributes.entry.1.Value.StringValue=123"), valueInvalid.saying(wrongType)},
		{"Publish", attribute("attr1", "DataType=String.&MessageAttributes.entry.1.Value.StringValue=123"), valueInvalid.saying(wrongType)},
		{"Publish", attribute("attr1", "DataType=Stringprefixed&MessageAttributes.entry.1.Value.StringValue=123"), valueInvalid.saying(wrongType)},
		{"Publish", attribute(strings.Repeat("a", 257), "DataType=String&MessageAttributes.entry.1.Value.StringValue=1"), valueInvalid.saying("Length of message attribute name must be less than 256 bytes.")},
		{"Publish", attribute("a^*?", "DataType=String&MessageAttributes.entry.1.Value.StringValue=1"), valueInvalid.saying("Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.")},
		{"Publish", attribute(".abc", "DataType=String&MessageAttributes.entry.1.Value.StringValue=1"), valueInvalid.saying("Invalid message attribute name starting with character '.' was found.")},
		{"Publish", attribute("abc.", "DataType=String&MessageAttributes.entry.1.Value.StringValue=1"), valueInvalid.saying("Invalid message attribute name ending with character '.' was found.")},
		{"Publish", attribute("a..bc", "DataType=String&MessageAttributes.entry.1.Value.StringValue=1"), valueInvalid.saying("Message attribute name can not have successive '.' character.")},
		{"Publish", attribute("a", "DataType=Binary&MessageAttributes.entry.1.Value.BinaryValue=*"), problem{"MalformedInput", "Sender", "Invalid Base64 value", 400}},

		{"PublishBatch", topic, null("publishBatchRequestEntries")},
		{"PublishBatch", topic + "&PublishBatchRequestEntries=", problem{"EmptyBatchRequest", "Sender", "The batch request doesn't contain any entries.", 400}},
		{"PublishBatch", many, problem{"TooManyEntriesInBatchRequest", "Sender", "The batch request contains more entries than permissible.", 400}},
		{"PublishBatch", topic + entry + "Message=a", null("publishBatchRequestEntries.1.member.id")},
		{"PublishBatch", topic + entry + "Foo=a", null("publishBatchRequestEntries.1.member.id", "publishBatchRequestEntries.1.member.message")},
		{"PublishBatch", topic + entry + "Id=1", null("publishBatchRequestEntries.1.member.message")},
		{"PublishBatch", topic + entry + "Id=&PublishBatchRequestEntries.member.1.Message=a", problem{"InvalidBatchEntryId", "Sender", "The Id of a batch entry in a batch request doesn't abide by the specification.", 400}},
		{"PublishBatch", topic + entry + "Id=a.b&PublishBatchRequestEntries.member.1.Message=a", problem{"InvalidBatchEntryId", "Sender", "The Id of a batch entry in a batch request doesn't abide by the specification.", 400}},
		{"PublishBatch", fifo + entry + "Id=1&PublishBatchRequestEntries.member.1.Message=a&PublishBatchRequestEntries.member.2.Id=1&PublishBatchRequestEntries.member.2.Message=a", problem{"BatchEntryIdsNotDistinct", "Sender", "Two or more batch entries in the request have the same Id.", 400}},
		{"PublishBatch", topic + entry + "Id=1&PublishBatchRequestEntries.member.1.Message=" + half + "&PublishBatchRequestEntries.member.2.Id=2&PublishBatchRequestEntries.member.2.Message=b" + half, problem{"BatchRequestTooLong", "Sender", "The length of all the messages put together is more than the limit.", 400}},
		{"PublishBatch", fifo + entry + "Id=1&PublishBatchRequestEntries.member.1.Message=a", invalid("The MessageGroupId parameter is required for FIFO topics")},
		{"PublishBatch", fifo + entry + `Id=1&PublishBatchRequestEntries.member.1.MessageStructure=json&PublishBatchRequestEntries.member.1.Message={"sqs":"a"}`, invalid("Message Structure - No default entry in JSON message body")},
		{"PublishBatch", topic + "x" + entry + "Id=1&PublishBatchRequestEntries.member.1.Message=a", notFound.saying(noTopic)},
		{"PublishBatch", topic + entry + "Id=1&PublishBatchRequestEntries.member.1.Message=a&PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Name=attr1&PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Value.StringValue=v", null("publishBatchRequestEntries.1.member.messageAttributes.attr1.member.dataType")},

		{"Subscribe", "TopicArn=randomstring&Protocol=email&Endpoint=a@b.de", invalid("TopicArn" + elements + "1")},
		{"Subscribe", "TopicArn=arn:aws:sns:us-east-1:random&Protocol=email&Endpoint=a@b.de", invalid("TopicArn" + elements + "5")},
		{"Subscribe", absent + "&Protocol=sms&Endpoint=%2B1234567890", notFound.saying(noTopic)},
		{"Subscribe", topic, null("protocol")},
		{"Subscribe", topic + "&Protocol=test-protocol&Endpoint=a@b.de", invalid("Amazon SNS does not support this protocol string: test-protocol")},
		{"Subscribe", topic + "&Protocol=sqs&Endpoint=http://localhost:4566/000000000000/jobs", invalid("SQS endpoint ARN")},
		{"Subscribe", topic + "&Protocol=sms&Endpoint=NAA%2B15551234567", invalidParameter.saying("Invalid SMS endpoint: NAA+15551234567")},
		{"Subscribe", topic + "&Protocol=sqs&Endpoint=" + queueARN + "&Attributes.entry.1.key=RawMessageDelivery&Attributes.entry.1.value=wrongvalue", invalid("Attributes Reason: RawMessageDelivery: Invalid value [wrongvalue]. Must be true or false.")},
		{"Subscribe", topic + "&Protocol=sqs&Endpoint=" + queueARN + `&Attributes.entry.1.key=FilterPolicy&Attributes.entry.1.value={"a":[]}`, invalid("Attributes Reason: FilterPolicy: Empty arrays are not allowed")},
		{"Subscribe", topic + "&Protocol=sqs&Endpoint=" + queueARN + "&ReturnSubscriptionArn=maybe", problem{"MalformedInput", "Sender", "STRING_VALUE can not be converted to a Boolean", 400}},
		{"Unsubscribe", "", invalid("SubscriptionArn Reason: no value for required parameter")},
		{"Unsubscribe", "SubscriptionArn=randomstring", invalid("SubscriptionArn" + elements + "1")},
		{"Unsubscribe", "SubscriptionArn=arn:aws:sns:us-east-1:random", invalid("SubscriptionArn" + elements + "5")},
		{"Unsubscribe", "SubscriptionArn=arn:aws:sns:us-east-1:111111111111:random", invalid("SubscriptionId")},
		{"GetSubscriptionAttributes", "SubscriptionArn=pending confirmation", invalid("SubscriptionArn" + elements + "1")},
		{"GetSubscriptionAttributes", "SubscriptionArn=" + eventsARN, invalid("SubscriptionId")},
		{"GetSubscriptionAttributes", "SubscriptionArn=" + eventsARN + ":" + gone, notFound.saying(noSubscription)},
		{"SetSubscriptionAttributes", "SubscriptionArn=" + eventsARN + ":" + gone + "&AttributeName=RawMessageDelivery&AttributeValue=true", notFound.saying(noSubscription)},
		{"SetSubscriptionAttributes", "SubscriptionArn=" + eventsARN + ":" + gone, null("attributeName")},
		{"ConfirmSubscription", topic, null("token")},
		{"ConfirmSubscription", "TopicArn=not-an-arn&Token=a", invalid("Topic")},
		{"ConfirmSubscription", topic + "&Token=" + strings.Repeat("51b2ff3edb475b7d", 18), invalid("Token")},
		{"ConfirmSubscription", topic + "-gone&Token=" + strings.Repeat("51b2ff3edb475b7d", 18), invalid("Token")},
		{"ConfirmSubscription", strings.Replace(topic, "us-east-1", "eu-central-1", 1) + "&Token=a", invalid("Topic")},

		{"CreatePlatformApplication", "", null("name", "platform")},
		{"CreatePlatformEndpoint", "Token=a", invalid("PlatformApplicationArn Reason: no value for required parameter")},
		{"GetEndpointAttributes", "EndpointArn=a", invalid("EndpointArn" + elements + "1")},
		{"CheckIfPhoneNumberIsOptedOut", "", null("phoneNumber")},
		{"VerifySMSSandboxPhoneNumber", "PhoneNumber=%2B15551234567", null("oneTimePassword")},
		{"ListSMSSandboxPhoneNumbers", "MaxResults=0", validationError.saying("1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1")},
		{"ListOriginationNumbers", "MaxResults=31", validationError.saying("1 validation error detected: Value '31' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 30")},
		{"ListOriginationNumbers", "MaxResults=x", problem{"MalformedInput", "Sender", "STRING_VALUE can not be converted to an Integer", 400}},
	} {
		params := strings.NewReplacer("{", "%7B", "}", "%7D", `"`, "%22", " ", "+").Replace(c.params)
		require.Equal(t, c.want, problemOf(t, serve(t, handler, post(c.action, params))), "%s %.200s", c.action, c.params)
	}
	require.Equal(t, "<Topics><member><TopicArn>"+eventsARN+"</TopicArn></member><member><TopicArn>"+fifoARN+"</TopicArn></member></Topics>",
		ask(t, handler, "ListTopics", ""), "what was refused did nothing")
	require.Equal(t, "<Subscriptions></Subscriptions>", ask(t, handler, "ListSubscriptions", ""))
}

func TestLargestBatch(t *testing.T) {
	handler, _, _ := newHandler(t)
	half := strings.Repeat("a", 131_072)
	ask(t, handler, "PublishBatch", "TopicArn="+eventsARN+"&PublishBatchRequestEntries.member.1.Id=1&PublishBatchRequestEntries.member.1.Message="+half+
		"&PublishBatchRequestEntries.member.2.Id=2&PublishBatchRequestEntries.member.2.Message="+half)
}

// The largest message fits into a request in its longest form.
func TestLargestMessage(t *testing.T) {
	handler, _, _ := newHandler(t)
	ask(t, handler, "SetTopicAttributes", "TopicArn="+eventsARN+"&AttributeName=MaximumMessageSize&AttributeValue=1048576")
	ask(t, handler, "Publish", "TopicArn="+eventsARN+"&Message="+escaped(strings.Repeat("\u00FC", 1<<19)))
	ask(t, handler, "Publish", "TopicArn="+eventsARN+"&Message=x&MessageAttributes.entry.1.Name=a&MessageAttributes.entry.1.Value.DataType=Binary"+
		"&MessageAttributes.entry.1.Value.BinaryValue="+escaped(strings.Repeat("+++/", (1<<20-8)/3)))
}

func TestRequestsThatAreNone(t *testing.T) {
	handler, service, _ := newHandler(t)
	form := func(r *http.Request) *http.Request {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	}
	for name, c := range map[string]struct {
		request *http.Request
		status  int
		body    string
	}{
		"no action in a URL":  {get(host + "/"), 404, "<UnknownOperationException/>"},
		"another path":        {form(httptest.NewRequest(http.MethodPost, host+"/topics", strings.NewReader("Action=ListTopics"))), 404, "<UnknownOperationException/>"},
		"another method":      {httptest.NewRequest(http.MethodPut, host+"/?Action=ListTopics", nil), 404, "<UnknownOperationException/>"},
		"JSON":                {httptest.NewRequest(http.MethodPost, host+"/", strings.NewReader("{}")), 404, "<UnknownOperationException/>"},
		"a broken URL":        {get(host + "/?Action=ListTopics&%zz"), 404, "<Code>MalformedQueryString</Code>"},
		"another certificate": {get(host + "/SimpleNotificationService-0.pem"), 404, "<UnknownOperationException/>"},
	} {
		a := serve(t, handler, c.request)
		require.Equal(t, c.status, a.status, name)
		require.Contains(t, a.body, c.body, name)
	}
	require.Contains(t, askFor(t, handler, "ListTopics", get(host+"/?Action=ListTopics")), eventsARN)
	require.Contains(t, askFor(t, handler, "ListTopics", get(host+"?Action=ListTopics")), eventsARN)

	small := snshttp.NewHandler(service, snshttp.Config{MaxRequestBytes: 50})
	require.Equal(t, problem{"RequestEntityTooLarge", "Sender", "The request is longer than 50 bytes.", 413}, problemOf(t, serve(t, small, post("ListTopics", strings.Repeat("a", 50)))))
}
