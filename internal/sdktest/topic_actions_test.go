package sdktest

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
)

// TestEveryActionOfSNS tells some stories in which each action of SNS has a part.
func TestEveryActionOfSNS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		c := s.client()
		orders := createAndDescribeTopic(t, c)
		permit(t, c, orders)
		subscribeAndPublish(t, s, orders)
		pushToADevice(t, s)
		textAPhone(t, s)
		useTheSandbox(t, s)
		call(t, c.DeleteTopic, &awssns.DeleteTopicInput{TopicArn: orders})
		call(t, c.DeleteTopic, &awssns.DeleteTopicInput{TopicArn: orders}) // again is no error
		require.Empty(t, call(t, c.ListTopics, &awssns.ListTopicsInput{}).Topics)
		require.Empty(t, call(t, c.ListSubscriptions, &awssns.ListSubscriptionsInput{}).Subscriptions)

		actions := actionsOf[*awssns.Client]()
		require.Len(t, actions, 42)
		require.Equal(t, actions, s.askedFor())
	})
}

func createAndDescribeTopic(t *testing.T, c *awssns.Client) (orders *string) {
	in := &awssns.CreateTopicInput{
		Name:       aws.String("orders"),
		Attributes: map[string]string{"DisplayName": "Orders & returns", "TracingConfig": "Active"},
		Tags:       []types.Tag{{Key: aws.String("team"), Value: aws.String("shop")}},
	}
	orders = call(t, c.CreateTopic, in).TopicArn
	require.Equal(t, "arn:aws:sns:us-east-1:000000000000:orders", *orders)
	require.Equal(t, orders, call(t, c.CreateTopic, in).TopicArn, "the same again is the same topic")
	require.Equal(t, []types.Topic{{TopicArn: orders}}, call(t, c.ListTopics, &awssns.ListTopicsInput{}).Topics)

	policy := `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":60,"numRetries":50},"disableSubscriptionOverrides":true}}`
	for name, value := range map[string]string{"DisplayName": "Orders", "DeliveryPolicy": policy, "SignatureVersion": "2", "HTTPSuccessFeedbackSampleRate": "50"} {
		call(t, c.SetTopicAttributes, &awssns.SetTopicAttributesInput{TopicArn: orders, AttributeName: &name, AttributeValue: &value})
	}
	got := call(t, c.GetTopicAttributes, &awssns.GetTopicAttributesInput{TopicArn: orders}).Attributes
	for name, want := range map[string]string{
		"TopicArn":                      *orders,
		"Owner":                         "000000000000",
		"DisplayName":                   "Orders",
		"TracingConfig":                 "Active",
		"SignatureVersion":              "2",
		"HTTPSuccessFeedbackSampleRate": "50",
		"SubscriptionsConfirmed":        "0",
		"SubscriptionsPending":          "0",
		"SubscriptionsDeleted":          "0",
	} {
		require.Equal(t, want, got[name], name)
	}
	require.Contains(t, got["Policy"], `"SNS:Publish"`)
	require.Contains(t, got["EffectiveDeliveryPolicy"], `"numRetries":50`)
	require.NotContains(t, got, "FifoTopic")

	call(t, c.TagResource, &awssns.TagResourceInput{ResourceArn: orders, Tags: []types.Tag{
		{Key: aws.String("stage"), Value: aws.String("a+b & <c>")}, {Key: aws.String("cost"), Value: aws.String("")},
	}})
	call(t, c.UntagResource, &awssns.UntagResourceInput{ResourceArn: orders, TagKeys: []string{"team", "unknown"}})
	tags := make(map[string]string)
	for _, tag := range call(t, c.ListTagsForResource, &awssns.ListTagsForResourceInput{ResourceArn: orders}).Tags {
		tags[*tag.Key] = *tag.Value
	}
	require.Equal(t, map[string]string{"stage": "a+b & <c>", "cost": ""}, tags)
	return orders
}

// permit changes what is kept about who may do what, which nobody enforces.
func permit(t *testing.T, c *awssns.Client, orders *string) {
	policy := func() string {
		return call(t, c.GetTopicAttributes, &awssns.GetTopicAttributesInput{TopicArn: orders}).Attributes["Policy"]
	}
	call(t, c.AddPermission, &awssns.AddPermissionInput{
		TopicArn: orders, Label: aws.String("partner"), AWSAccountId: []string{"123456789012", "210987654321"}, ActionName: []string{"Publish", "Subscribe"},
	})
	for _, part := range []string{`"partner"`, "123456789012", "210987654321", "SNS:Subscribe"} {
		require.Contains(t, policy(), part)
	}
	call(t, c.RemovePermission, &awssns.RemovePermissionInput{TopicArn: orders, Label: aws.String("partner")})
	require.NotContains(t, policy(), "partner")

	protection := `{"Name":"none","Version":"2021-06-01","Statement":[]}`
	read := func() string {
		out := call(t, c.GetDataProtectionPolicy, &awssns.GetDataProtectionPolicyInput{ResourceArn: orders})
		return aws.ToString(out.DataProtectionPolicy)
	}
	require.Empty(t, read())
	call(t, c.PutDataProtectionPolicy, &awssns.PutDataProtectionPolicyInput{ResourceArn: orders, DataProtectionPolicy: &protection})
	require.JSONEq(t, protection, read())
}

func subscribeAndPublish(t *testing.T, s *site, orders *string) {
	c := s.client()
	url, arn := s.queue(t, "orders", nil)
	_, dead := s.queue(t, "orders-dead", nil)
	mail := call(t, c.Subscribe, &awssns.SubscribeInput{TopicArn: orders, Protocol: aws.String("email"), Endpoint: aws.String("clerk@example.com")})
	require.Equal(t, "pending confirmation", *mail.SubscriptionArn)
	queue := call(t, c.Subscribe, &awssns.SubscribeInput{TopicArn: orders, Protocol: aws.String("sqs"), Endpoint: &arn}).SubscriptionArn
	require.Truef(t, strings.HasPrefix(*queue, *orders+":"), "%s is the ARN of the topic and a UUID", *queue)

	for name, value := range map[string]string{"RawMessageDelivery": "true", "RedrivePolicy": redriveTo(dead), "FilterPolicy": `{"kind":["retail"]}`} {
		call(t, c.SetSubscriptionAttributes, &awssns.SetSubscriptionAttributesInput{SubscriptionArn: queue, AttributeName: &name, AttributeValue: &value})
	}
	require.Equal(t, map[string]string{
		"SubscriptionArn":              *queue,
		"TopicArn":                     *orders,
		"Owner":                        "000000000000",
		"SubscriptionPrincipal":        "arn:aws:iam::000000000000:root",
		"Protocol":                     "sqs",
		"Endpoint":                     arn,
		"PendingConfirmation":          "false",
		"ConfirmationWasAuthenticated": "true",
		"RawMessageDelivery":           "true",
		"FilterPolicy":                 `{"kind":["retail"]}`,
		"FilterPolicyScope":            "MessageAttributes",
		"RedrivePolicy":                redriveTo(dead),
	}, call(t, c.GetSubscriptionAttributes, &awssns.GetSubscriptionAttributesInput{SubscriptionArn: queue}).Attributes)

	listed := []types.Subscription{
		{SubscriptionArn: queue, Owner: aws.String("000000000000"), Protocol: aws.String("sqs"), Endpoint: &arn, TopicArn: orders},
		{SubscriptionArn: aws.String("PendingConfirmation"), Owner: aws.String("000000000000"), Protocol: aws.String("email"), Endpoint: aws.String("clerk@example.com"), TopicArn: orders},
	}
	require.ElementsMatch(t, listed, call(t, c.ListSubscriptions, &awssns.ListSubscriptionsInput{}).Subscriptions)
	require.ElementsMatch(t, listed, call(t, c.ListSubscriptionsByTopic, &awssns.ListSubscriptionsByTopicInput{TopicArn: orders}).Subscriptions)

	synctest.Wait()
	mails := s.topics.Outbox().Mails()
	require.Len(t, mails, 1)
	_, token, _ := strings.Cut(mails[0].Body, "&Token=")
	token, _, _ = strings.Cut(token, "\n")
	confirmed := call(t, c.ConfirmSubscription, &awssns.ConfirmSubscriptionInput{TopicArn: orders, Token: &token})
	require.Truef(t, strings.HasPrefix(*confirmed.SubscriptionArn, *orders+":"), "confirmed as %s", *confirmed.SubscriptionArn)

	retail := map[string]types.MessageAttributeValue{"kind": {DataType: aws.String("String"), StringValue: aws.String("retail")}}
	call(t, c.Publish, &awssns.PublishInput{TopicArn: orders, Message: aws.String("one"), Subject: aws.String("First"), MessageAttributes: retail})
	call(t, c.PublishBatch, &awssns.PublishBatchInput{TopicArn: orders, PublishBatchRequestEntries: []types.PublishBatchRequestEntry{
		{Id: aws.String("a"), Message: aws.String("two"), MessageAttributes: retail}, {Id: aws.String("b"), Message: aws.String("not for the queue")},
	}})
	require.ElementsMatch(t, []string{"one", "two"}, s.takeBodies(t, url))
	synctest.Wait()
	require.Len(t, s.topics.Outbox().Mails(), 4)

	for _, id := range []*string{queue, confirmed.SubscriptionArn, queue} {
		call(t, c.Unsubscribe, &awssns.UnsubscribeInput{SubscriptionArn: id})
	}
	got := call(t, c.GetTopicAttributes, &awssns.GetTopicAttributesInput{TopicArn: orders}).Attributes
	require.Equal(t, "2", got["SubscriptionsDeleted"])
	require.Equal(t, "0", got["SubscriptionsConfirmed"])
}
