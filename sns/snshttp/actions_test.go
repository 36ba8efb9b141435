package snshttp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
)

func TestTopics(t *testing.T) {
	handler, _, _ := newHandler(t)
	arn := element(t, ask(t, handler, "CreateTopic", "Name=mine&Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=Mine&Tags.member.1.Key=team&Tags.member.1.Value="), "TopicArn")
	require.Equal(t, "arn:aws:sns:us-east-1:000000000000:mine", arn)
	require.Empty(t, ask(t, handler, "SetTopicAttributes", "TopicArn="+arn+"&AttributeName=DisplayName&AttributeValue=Ours"))
	attributes := ask(t, handler, "GetTopicAttributes", "TopicArn="+arn)
	require.Contains(t, attributes, "<Attributes><entry><key>DisplayName</key><value>Ours</value></entry>")
	require.Contains(t, attributes, "<entry><key>TopicArn</key><value>"+arn+"</value></entry></Attributes>")
	require.Equal(t, "<Tags><member><Key>team</Key><Value></Value></member></Tags>", ask(t, handler, "ListTagsForResource", "ResourceArn="+arn), "an empty value is there")
	require.Empty(t, ask(t, handler, "DeleteTopic", "TopicArn="+arn))
	require.Empty(t, ask(t, handler, "DeleteTopic", "TopicArn="+arn), "again")
	require.NotContains(t, ask(t, handler, "ListTopics", ""), arn)
}

// TestCreateTopicIsAllOrNothing: a data protection policy is a parameter of its own.
func TestCreateTopicIsAllOrNothing(t *testing.T) {
	handler, service, _ := newHandler(t)
	refused := problemOf(t, serve(t, handler, post("CreateTopic", "Name=mine&DataProtectionPolicy=nonsense")))
	require.Equal(t, "InvalidParameter", refused.code)
	_, err := service.Topic("mine")
	require.ErrorIs(t, err, sns.ErrNotFound)

	arn := element(t, ask(t, handler, "CreateTopic", "Name=mine&DataProtectionPolicy="+escaped(`{"Name":"a"}`)), "TopicArn")
	require.Contains(t, ask(t, handler, "GetDataProtectionPolicy", "ResourceArn="+arn), "{&quot;Name&quot;:&quot;a&quot;}")
	require.Empty(t, ask(t, handler, "PutDataProtectionPolicy", "ResourceArn="+arn+"&DataProtectionPolicy="+escaped(`{"Name":"b"}`)))
	require.Contains(t, ask(t, handler, "GetDataProtectionPolicy", "ResourceArn="+arn), "{&quot;Name&quot;:&quot;b&quot;}")
	require.Equal(t, "<GetDataProtectionPolicyResult/>", ask(t, handler, "GetDataProtectionPolicy", "ResourceArn="+eventsARN))
}

func TestListsHavePages(t *testing.T) {
	handler, service, _ := newHandler(t)
	for i := range 100 {
		_, err := service.CreateTopic(fmt.Sprintf("more-%02d", i), sns.Config{})
		require.NoError(t, err)
	}
	first := ask(t, handler, "ListTopics", "")
	require.Equal(t, 100, strings.Count(first, "<member>"))
	second := ask(t, handler, "ListTopics", "NextToken="+escaped(element(t, first, "NextToken")))
	require.Equal(t, 2, strings.Count(second, "<member>"))
	require.NotContains(t, second, "NextToken")
}

func TestTags(t *testing.T) {
	handler, _, _ := newHandler(t)
	const resource = "ResourceArn=" + eventsARN
	require.Equal(t, "<Tags></Tags>", ask(t, handler, "ListTagsForResource", resource))
	require.Equal(t, "<TagResourceResult/>", ask(t, handler, "TagResource", resource+"&Tags.member.1.Key=k1&Tags.member.1.Value=v1&Tags.member.2.Key=k2&Tags.member.2.Value=v2"))
	require.Equal(t, "<UntagResourceResult/>", ask(t, handler, "UntagResource", resource+"&TagKeys.member.1=k1"))
	require.Equal(t, "<Tags><member><Key>k2</Key><Value>v2</Value></member></Tags>", ask(t, handler, "ListTagsForResource", resource))
}

func TestPermissions(t *testing.T) {
	handler, _, _ := newHandler(t)
	const topic = "TopicArn=" + eventsARN
	require.Empty(t, ask(t, handler, "AddPermission", topic+"&Label=mine&AWSAccountId.member.1="+alice+"&ActionName.member.1=Publish"))
	require.Contains(t, ask(t, handler, "GetTopicAttributes", topic), "arn:aws:iam::"+alice+":root")
	require.Empty(t, ask(t, handler, "RemovePermission", topic+"&Label=mine"))
	require.NotContains(t, ask(t, handler, "GetTopicAttributes", topic), alice)
}

func TestSubscriptions(t *testing.T) {
	handler, service, jobs := newHandler(t)
	const topic = "TopicArn=" + eventsARN
	id := subscribeQueue(t, handler, "Attributes.entry.1.key=RawMessageDelivery&Attributes.entry.1.value=TrUe")
	require.Regexp(t, "^"+eventsARN+":[0-9a-f-]{36}$", id)
	require.Equal(t, id, subscribeQueue(t, handler, ""), "the same again")

	attributes := ask(t, handler, "GetSubscriptionAttributes", "SubscriptionArn="+id)
	for name, value := range map[string]string{"RawMessageDelivery": "true", "PendingConfirmation": "false", "Protocol": "sqs", "Endpoint": queueARN, "SubscriptionArn": id, "TopicArn": eventsARN} {
		require.Contains(t, attributes, "<entry><key>"+name+"</key><value>"+value+"</value></entry>")
	}
	require.Empty(t, ask(t, handler, "SetSubscriptionAttributes", "SubscriptionArn="+id+"&AttributeName=FilterPolicy&AttributeValue="+escaped(`{"kind":["order"]}`)))

	const kind = "&MessageAttributes.entry.1.Name=kind&MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue="
	ask(t, handler, "Publish", topic+"&Message=a+refund"+kind+"refund")
	ask(t, handler, "Publish", topic+"&Message=an+order"+kind+"order")
	messages := received(t, service, jobs)
	require.Len(t, messages, 1)
	require.Equal(t, "an order", messages[0].Body)
	require.Equal(t, map[string]sns.Attribute{"kind": {DataType: "String", Value: "order"}}, messages[0].Attributes)

	member := "<member><SubscriptionArn>" + id + "</SubscriptionArn><Owner>000000000000</Owner><Protocol>sqs</Protocol><Endpoint>" + queueARN + "</Endpoint><TopicArn>" + eventsARN + "</TopicArn></member>"
	require.Equal(t, "<Subscriptions>"+member+"</Subscriptions>", ask(t, handler, "ListSubscriptions", ""))
	require.Equal(t, "<Subscriptions>"+member+"</Subscriptions>", ask(t, handler, "ListSubscriptionsByTopic", topic))
	require.Equal(t, "<Subscriptions></Subscriptions>", ask(t, handler, "ListSubscriptionsByTopic", "TopicArn="+fifoARN))
	for range 2 {
		require.Empty(t, ask(t, handler, "Unsubscribe", "SubscriptionArn="+id))
	}
	require.Equal(t, "<Subscriptions></Subscriptions>", ask(t, handler, "ListSubscriptions", ""))
}

func TestASubscriptionThatIsPending(t *testing.T) {
	handler, service, _ := newHandler(t)
	const params = "TopicArn=" + eventsARN + "&Protocol=email&Endpoint=ann@example.com"
	require.Equal(t, "pending confirmation", element(t, ask(t, handler, "Subscribe", params), "SubscriptionArn"))
	require.Equal(t, "pending confirmation", element(t, ask(t, handler, "Subscribe", params+"&ReturnSubscriptionArn=false"), "SubscriptionArn"))
	id := element(t, ask(t, handler, "Subscribe", params+"&ReturnSubscriptionArn=true"), "SubscriptionArn")
	require.Contains(t, ask(t, handler, "ListSubscriptions", ""), "<SubscriptionArn>PendingConfirmation</SubscriptionArn>")
	require.Contains(t, ask(t, handler, "GetSubscriptionAttributes", "SubscriptionArn="+id), "<entry><key>PendingConfirmation</key><value>true</value></entry>")

	s, err := service.Subscription(sns.SubscriptionID(id))
	require.NoError(t, err)
	require.Equal(t, id, element(t, ask(t, handler, "ConfirmSubscription", "TopicArn="+eventsARN+"&Token="+s.Token()), "SubscriptionArn"))
	require.Contains(t, ask(t, handler, "ListSubscriptions", ""), "<SubscriptionArn>"+id+"</SubscriptionArn>")
	require.Equal(t, id, element(t, ask(t, handler, "Subscribe", params), "SubscriptionArn"))
}

func TestPublishToATopic(t *testing.T) {
	handler, service, jobs := newHandler(t)
	subscribeQueue(t, handler, "Attributes.entry.1.key=RawMessageDelivery&Attributes.entry.1.value=true")
	r := post("Publish", "TargetArn="+eventsARN+"&Message="+escaped("ö§a1\"_!?,. £$-")+"&MessageGroupId=g"+
		"&MessageAttributes.entry.1.Name=store&MessageAttributes.entry.1.Value.DataType=Binary&MessageAttributes.entry.1.Value.BinaryValue=AgME"+
		"&MessageAttributes.entry.2.Name=attr1&MessageAttributes.entry.2.Value.DataType=Number.int&MessageAttributes.entry.2.Value.StringValue=99.12")
	const trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
	r.Header.Set("X-Amzn-Trace-Id", trace)
	require.NotEmpty(t, element(t, askFor(t, handler, "Publish", r), "MessageId"))

	messages := received(t, service, jobs)
	require.Len(t, messages, 1)
	m := messages[0]
	require.Equal(t, []string{"ö§a1\"_!?,. £$-", "g", trace}, []string{m.Body, m.GroupID, m.TraceHeader})
	require.Equal(t, map[string]sns.Attribute{"store": {DataType: "Binary", Value: "\x02\x03\x04"}, "attr1": {DataType: "Number.int", Value: "99.12"}}, m.Attributes)
}

func TestPublishToAFIFOTopic(t *testing.T) {
	handler, _, _ := newHandler(t)
	const params = "TopicArn=" + fifoARN + "&Message=a&MessageGroupId=g&MessageDeduplicationId=d"
	first := ask(t, handler, "Publish", params)
	require.Len(t, element(t, first, "SequenceNumber"), 20)
	require.Equal(t, element(t, first, "MessageId"), element(t, ask(t, handler, "Publish", params), "MessageId"), "a duplicate")
}

func TestPublishBatch(t *testing.T) {
	handler, service, jobs := newHandler(t)
	subscribeQueue(t, handler, "Attributes.entry.1.key=RawMessageDelivery&Attributes.entry.1.value=true")
	const entry = "&PublishBatchRequestEntries.member."
	result := ask(t, handler, "PublishBatch", "TopicArn="+eventsARN+
		entry+"1.Id=one&PublishBatchRequestEntries.member.1.Message=a&PublishBatchRequestEntries.member.1.Subject=s"+
		entry+"2.Id=two&PublishBatchRequestEntries.member.2.Message="+escaped(`{"default":"x","sqs":"b"}`)+entry+"2.MessageStructure=json")
	require.Regexp(t, "^<Successful><member><Id>one</Id><MessageId>[0-9a-f-]{36}</MessageId></member><member><Id>two</Id><MessageId>[0-9a-f-]{36}</MessageId></member></Successful><Failed></Failed>$", result)
	messages := received(t, service, jobs)
	require.Len(t, messages, 2)
	require.Equal(t, []string{"a", "b"}, []string{messages[0].Body, messages[1].Body})

	// One entry that is not valid fails them all.
	a := serve(t, handler, post("PublishBatch", "TopicArn="+eventsARN+entry+"1.Id=one"+entry+"1.Message=a"+entry+"2.Id=two"+entry+"2.Message="))
	require.Equal(t, http.StatusBadRequest, a.status)
	require.Empty(t, received(t, service, jobs))
}

func TestPlatformApplications(t *testing.T) {
	handler, service, _ := newHandler(t)
	const credentials = "&Attributes.entry.1.key=PlatformCredential&Attributes.entry.1.value=c"
	app := element(t, ask(t, handler, "CreatePlatformApplication", "Name=app&Platform=GCM"+credentials), "PlatformApplicationArn")
	require.Equal(t, "arn:aws:sns:us-east-1:000000000000:app/GCM/app", app)
	require.Empty(t, ask(t, handler, "SetPlatformApplicationAttributes", "PlatformApplicationArn="+app+"&Attributes.entry.1.key=SuccessFeedbackSampleRate&Attributes.entry.1.value=10"))
	require.Contains(t, ask(t, handler, "GetPlatformApplicationAttributes", "PlatformApplicationArn="+app), "<entry><key>SuccessFeedbackSampleRate</key><value>10</value></entry>")
	require.Contains(t, ask(t, handler, "ListPlatformApplications", ""), "<PlatformApplications><member><PlatformApplicationArn>"+app+"</PlatformApplicationArn><Attributes><entry>")

	device := element(t, ask(t, handler, "CreatePlatformEndpoint", "PlatformApplicationArn="+app+"&Token=t&CustomUserData=u"), "EndpointArn")
	require.Contains(t, device, ":endpoint/GCM/app/")
	require.Contains(t, ask(t, handler, "GetEndpointAttributes", "EndpointArn="+device), "<entry><key>CustomUserData</key><value>u</value></entry>")
	require.NotEmpty(t, element(t, ask(t, handler, "Publish", "Message=a&TargetArn="+device), "MessageId"))
	require.Len(t, service.Outbox().Pushes(), 1)
	require.Empty(t, ask(t, handler, "SetEndpointAttributes", "EndpointArn="+device+"&Attributes.entry.1.key=Enabled&Attributes.entry.1.value=false"))
	require.Equal(t, "EndpointDisabled", problemOf(t, serve(t, handler, post("Publish", "Message=a&TargetArn="+device))).code)
	require.Contains(t, ask(t, handler, "ListEndpointsByPlatformApplication", "PlatformApplicationArn="+app), "<Endpoints><member><EndpointArn>"+device+"</EndpointArn><Attributes>")

	require.Empty(t, ask(t, handler, "DeleteEndpoint", "EndpointArn="+device))
	require.Equal(t, "<Endpoints></Endpoints>", ask(t, handler, "ListEndpointsByPlatformApplication", "PlatformApplicationArn="+app))
	require.Empty(t, ask(t, handler, "DeletePlatformApplication", "PlatformApplicationArn="+app))
	require.Equal(t, "<PlatformApplications></PlatformApplications>", ask(t, handler, "ListPlatformApplications", ""))
}

func TestSMS(t *testing.T) {
	handler, service, _ := newHandler(t)
	const number = "+15551234567"
	require.Equal(t, "<SetSMSAttributesResult/>", ask(t, handler, "SetSMSAttributes", "attributes.entry.1.key=DefaultSMSType&attributes.entry.1.value=Transactional"))
	require.Equal(t, "<attributes><entry><key>DefaultSMSType</key><value>Transactional</value></entry></attributes>", ask(t, handler, "GetSMSAttributes", "attributes.member.1=DefaultSMSType"))
	require.Equal(t, "<attributes></attributes>", ask(t, handler, "GetSMSAttributes", "attributes.member.1=DefaultSenderID"))

	require.NotEmpty(t, element(t, ask(t, handler, "Publish", "Message=a&PhoneNumber="+escaped(number)), "MessageId"))
	require.Len(t, service.Outbox().SMS(), 1)
	require.Equal(t, "<isOptedOut>false</isOptedOut>", ask(t, handler, "CheckIfPhoneNumberIsOptedOut", "phoneNumber="+escaped(number)))
	require.NoError(t, service.OptOutPhoneNumber(number))
	require.Equal(t, "<isOptedOut>true</isOptedOut>", ask(t, handler, "CheckIfPhoneNumberIsOptedOut", "phoneNumber="+escaped(number)))
	require.Equal(t, "<phoneNumbers><member>"+number+"</member></phoneNumbers>", ask(t, handler, "ListPhoneNumbersOptedOut", ""))
	require.Equal(t, "<OptInPhoneNumberResult/>", ask(t, handler, "OptInPhoneNumber", "phoneNumber="+escaped(number)))
	require.Equal(t, "<phoneNumbers></phoneNumbers>", ask(t, handler, "ListPhoneNumbersOptedOut", ""))
}

func TestSMSSandbox(t *testing.T) {
	handler, service, _ := newHandler(t)
	number := "PhoneNumber=" + escaped("+15551234567")
	require.Equal(t, "<IsInSandbox>false</IsInSandbox>", ask(t, handler, "GetSMSSandboxAccountStatus", ""))
	service.SetSMSSandbox(true)
	require.Equal(t, "<IsInSandbox>true</IsInSandbox>", ask(t, handler, "GetSMSSandboxAccountStatus", ""))
	require.Equal(t, "<PhoneNumbers></PhoneNumbers>", ask(t, handler, "ListSMSSandboxPhoneNumbers", ""))
	require.Equal(t, "<CreateSMSSandboxPhoneNumberResult/>", ask(t, handler, "CreateSMSSandboxPhoneNumber", number+"&LanguageCode=de-DE"))
	require.Equal(t, "<PhoneNumbers><member><PhoneNumber>+15551234567</PhoneNumber><Status>Pending</Status></member></PhoneNumbers>", ask(t, handler, "ListSMSSandboxPhoneNumbers", "MaxResults=10"))
	password, _, _ := strings.Cut(service.Outbox().SMS()[0].Message, " ")
	wrong := problemOf(t, serve(t, handler, post("VerifySMSSandboxPhoneNumber", number+"&OneTimePassword=0"+password)))
	require.Equal(t, "VerificationException", wrong.code)
	require.Equal(t, "<VerifySMSSandboxPhoneNumberResult/>", ask(t, handler, "VerifySMSSandboxPhoneNumber", number+"&OneTimePassword="+password))
	require.Contains(t, ask(t, handler, "ListSMSSandboxPhoneNumbers", ""), "<Status>Verified</Status>")
	require.Equal(t, "<DeleteSMSSandboxPhoneNumberResult/>", ask(t, handler, "DeleteSMSSandboxPhoneNumber", number))
	require.Equal(t, "ResourceNotFound", problemOf(t, serve(t, handler, post("DeleteSMSSandboxPhoneNumber", number))).code)
}

func TestOriginationNumbers(t *testing.T) {
	handler, service, _ := newHandler(t)
	require.Equal(t, "<PhoneNumbers></PhoneNumbers>", ask(t, handler, "ListOriginationNumbers", ""))
	require.NoError(t, service.SetOriginationNumbers(sns.OriginationNumber{
		PhoneNumber: "+15551234567", Status: "ACTIVE", ISO2CountryCode: "US", RouteType: "Transactional", NumberCapabilities: []string{"SMS", "VOICE"},
		CreatedAt: time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC),
	}))
	require.Equal(t, "<PhoneNumbers><member><CreatedAt>2026-01-02T03:04:05Z</CreatedAt><PhoneNumber>+15551234567</PhoneNumber><Status>ACTIVE</Status>"+
		"<Iso2CountryCode>US</Iso2CountryCode><RouteType>Transactional</RouteType><NumberCapabilities><member>SMS</member><member>VOICE</member></NumberCapabilities></member></PhoneNumbers>",
		ask(t, handler, "ListOriginationNumbers", "MaxResults=30"))
}
