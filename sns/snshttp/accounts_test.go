package snshttp_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
)

const alice = "111122223333"

func TestTheAccessKeyNamesTheAccount(t *testing.T) {
	handler, service, _ := newHandler(t)
	for key, account := range map[string]string{alice: alice, "": "000000000000", "test": "000000000000", "11112222333x": "000000000000"} {
		r := post("CreateTopic", "Name=mine")
		if key != "" {
			as(r, key, "us-east-1")
		}
		require.Equal(t, "arn:aws:sns:us-east-1:"+account+":mine", element(t, askFor(t, handler, "CreateTopic", r), "TopicArn"), "key %q", key)
	}
	view, err := service.As(alice, "us-east-1")
	require.NoError(t, err)
	_, err = view.Topic("mine")
	require.NoError(t, err)
	require.NotContains(t, ask(t, handler, "ListTopics", ""), alice)
}

func TestTheServiceSaysWhereTopicsAreByDefault(t *testing.T) {
	service, err := sns.NewService(sns.ServiceConfig{Account: alice, Region: "eu-north-1"})
	require.NoError(t, err)
	handler := snshttp.NewHandler(service, snshttp.Config{})
	require.Equal(t, "arn:aws:sns:eu-north-1:"+alice+":mine", element(t, ask(t, handler, "CreateTopic", "Name=mine"), "TopicArn"))
}

// TestAnAccountMayUseAnothersTopic, as its policy is not enforced.
func TestAnAccountMayUseAnothersTopic(t *testing.T) {
	handler, _, _ := newHandler(t)
	r := as(post("Publish", "Message=a&TopicArn="+eventsARN), alice, "us-east-1")
	require.NotEmpty(t, element(t, askFor(t, handler, "Publish", r), "MessageId"))
}

// TestRegionsAreApart: AWS refuses the ARN of another region than that of the endpoint
// that is asked, which here is the credentials'.
func TestRegionsAreApart(t *testing.T) {
	handler, _, _ := newHandler(t)
	const elsewhere = "eu-central-1"
	arn := element(t, askFor(t, handler, "CreateTopic", as(post("CreateTopic", "Name=events"), "test", elsewhere)), "TopicArn")
	require.Equal(t, "arn:aws:sns:"+elsewhere+":000000000000:events", arn)
	for action, params := range map[string]string{
		"GetTopicAttributes":       "",
		"SetTopicAttributes":       "&AttributeName=DisplayName&AttributeValue=a",
		"Publish":                  "&Message=a",
		"PublishBatch":             "&PublishBatchRequestEntries.member.1.Id=1&PublishBatchRequestEntries.member.1.Message=a",
		"Subscribe":                "&Protocol=sms&Endpoint=%2B1234567890",
		"ListSubscriptionsByTopic": "",
		"DeleteTopic":              "",
	} {
		require.Equal(t, invalid("TopicArn"), problemOf(t, serve(t, handler, as(post(action, "TopicArn="+eventsARN+params), "test", elsewhere))), action)
	}
	require.Equal(t, invalid("Topic"), problemOf(t, serve(t, handler, as(post("ConfirmSubscription", "Token=a&TopicArn="+eventsARN), "test", elsewhere))))
	require.NotEmpty(t, askFor(t, handler, "Publish", as(post("Publish", "Message=a&TopicArn="+arn), "test", elsewhere)))
	require.NotEmpty(t, ask(t, handler, "Publish", "Message=a&TopicArn="+arn), "without credentials there is no region to keep to")

	require.Equal(t, problem{"SignatureDoesNotMatch", "Sender", "Credential should be scoped to a valid region.", 403},
		problemOf(t, serve(t, handler, as(post("ListTopics", ""), "test", "Not A Region"))))
}
