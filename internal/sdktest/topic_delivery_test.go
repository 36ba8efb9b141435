package sdktest

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
)

// envelope reads what a queue or a receiver got.
func envelope(t testing.TB, body string) (fields map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(body), &fields), body)
	return fields
}

// messagesOf returns the messages in envelopes.
func messagesOf(t testing.TB, bodies []string) (messages []string) {
	t.Helper()
	for _, body := range bodies {
		messages = append(messages, envelope(t, body)["Message"].(string))
	}
	return messages
}

// TestRawAndEnveloped publishes a message with everything to a queue of each kind.
func TestRawAndEnveloped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{SignQueueMessages: true}, snshttp.Config{})
		c := s.client()
		topic := createTopic(t, c, "orders", nil)
		plain, plainARN := s.queue(t, "plain", nil)
		raw, rawARN := s.queue(t, "raw", nil)
		subscription := subscribe(t, c, topic, "sqs", plainARN, nil)
		subscribe(t, c, topic, "sqs", rawARN, map[string]string{"RawMessageDelivery": "true"})

		text := "a+b %20 &=?/<tag attr=\"x\">\u1234 \U0001f600\r\n\t end"
		id := call(t, c.Publish, &awssns.PublishInput{
			TopicArn: topic, Message: &text, Subject: aws.String("News & more"), MessageGroupId: aws.String("tenant-7"),
			MessageAttributes: map[string]types.MessageAttributeValue{
				"kind":   {DataType: aws.String("String"), StringValue: aws.String("retail & <wholesale>")},
				"stores": {DataType: aws.String("String.Array"), StringValue: aws.String(`["a", 1, null]`)},
				"amount": {DataType: aws.String("Number"), StringValue: aws.String("12.50")},
				"seal":   {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 255}},
			},
		}).MessageId

		got := s.take(t, raw)
		require.Len(t, got, 1)
		require.Equal(t, text, *got[0].Body)
		require.Equal(t, "tenant-7", got[0].Attributes["MessageGroupId"])
		require.Equal(t, map[string]sqstypes.MessageAttributeValue{
			"kind":   {DataType: aws.String("String"), StringValue: aws.String("retail & <wholesale>")},
			"stores": {DataType: aws.String("String.Array"), StringValue: aws.String(`["a", 1, null]`)},
			"amount": {DataType: aws.String("Number"), StringValue: aws.String("12.50")},
			"seal":   {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 255}},
		}, got[0].MessageAttributes)

		got = s.take(t, plain)
		require.Len(t, got, 1)
		require.Empty(t, got[0].MessageAttributes)
		e := envelope(t, *got[0].Body)
		require.NotEmpty(t, e["Signature"])
		delete(e, "Signature")
		key, err := s.topics.SigningKey()
		require.NoError(t, err)
		require.Equal(t, map[string]any{
			"Type": "Notification", "MessageId": *id, "TopicArn": *topic, "Subject": "News & more", "Message": text,
			"Timestamp": "2000-01-01T00:00:00.000Z", "SignatureVersion": "1",
			"SigningCertURL": "https://" + topicHost + key.CertificatePath(),
			"UnsubscribeURL": "https://" + topicHost + "/?Action=Unsubscribe&SubscriptionArn=" + *subscription,
			"MessageAttributes": map[string]any{
				"kind":   map[string]any{"Type": "String", "Value": "retail & <wholesale>"},
				"stores": map[string]any{"Type": "String.Array", "Value": `["a", 1, null]`},
				"amount": map[string]any{"Type": "Number", "Value": "12.50"},
				"seal":   map[string]any{"Type": "Binary", "Value": "AAH/"},
			},
		}, e)
		verifier := sns.Verifier{Transport: s, TrustURL: isTopicHost}
		_, err = verifier.Verify(t.Context(), []byte(*got[0].Body))
		require.NoError(t, err)
	})
}

func TestMessageStructure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		c := s.client()
		topic := createTopic(t, c, "orders", nil)
		url, arn := s.queue(t, "orders", nil)
		subscribe(t, c, topic, "sqs", arn, map[string]string{"RawMessageDelivery": "true"})
		subscribe(t, c, topic, "sms", phone, nil)
		call(t, c.Publish, &awssns.PublishInput{
			TopicArn: topic, MessageStructure: aws.String("json"), Message: aws.String(`{"default":"for all","sqs":"for queues","email":5}`),
		})
		require.Equal(t, []string{"for queues"}, s.takeBodies(t, url))
		synctest.Wait()
		texts := s.topics.Outbox().SMS()
		require.Len(t, texts, 1)
		require.Equal(t, "for all", texts[0].Message)
	})
}

// TestLargeMessages: a topic takes what its MaximumMessageSize says, alone and in batches.
func TestLargeMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		c := s.client()
		topic := createTopic(t, c, "orders", map[string]string{"MaximumMessageSize": "1048576"})
		url, arn := s.queue(t, "orders", nil)
		subscribe(t, c, topic, "sqs", arn, map[string]string{"RawMessageDelivery": "true"})
		large := strings.Repeat("x", 1<<20)
		publish(t, c, topic, large)
		call(t, c.PublishBatch, &awssns.PublishBatchInput{TopicArn: topic, PublishBatchRequestEntries: []types.PublishBatchRequestEntry{
			{Id: aws.String("a"), Message: aws.String(large[:1<<19])}, {Id: aws.String("b"), Message: aws.String(large[:1<<19])},
		}})
		var sizes []int
		for _, body := range s.takeBodies(t, url) {
			sizes = append(sizes, len(body))
		}
		require.ElementsMatch(t, []int{1 << 20, 1 << 19, 1 << 19}, sizes)

		call(t, c.SetTopicAttributes, &awssns.SetTopicAttributesInput{TopicArn: topic, AttributeName: aws.String("MaximumMessageSize"), AttributeValue: aws.String("1024")})
		require.Equal(t, "1024", call(t, c.GetTopicAttributes, &awssns.GetTopicAttributesInput{TopicArn: topic}).Attributes["MaximumMessageSize"])
		_, err := c.Publish(t.Context(), &awssns.PublishInput{TopicArn: topic, Message: aws.String(large[:1025])})
		var invalid *types.InvalidParameterException
		require.ErrorAs(t, err, &invalid)
	})
}

// TestDeadLetters has a subscription whose queue is gone.
func TestDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		c := s.client()
		topic := createTopic(t, c, "orders", nil)
		dead, deadARN := s.queue(t, "orders-dead", nil)
		subscription := subscribe(t, c, topic, "sqs", "arn:aws:sqs:us-east-1:000000000000:nowhere", map[string]string{"RedrivePolicy": redriveTo(deadARN)})
		id := publish(t, c, topic, "lost")
		require.NoError(t, s.topics.Flush(t.Context()))

		letters := s.take(t, dead)
		require.Len(t, letters, 1)
		e := envelope(t, *letters[0].Body)
		require.Equal(t, "lost", e["Message"])
		require.Equal(t, id, e["MessageId"])
		require.Empty(t, letters[0].MessageAttributes, "as the endpoint would have got it")

		call(t, c.SetSubscriptionAttributes, &awssns.SetSubscriptionAttributesInput{
			SubscriptionArn: subscription, AttributeName: aws.String("RedrivePolicy"), AttributeValue: aws.String("{}"),
		})
		publish(t, c, topic, "lost for good")
		require.NoError(t, s.topics.Flush(t.Context()))
		require.Empty(t, s.take(t, dead))
	})
}

// TestDeliveryPolicyOfASubscription: as AWS writes it, with every default filled in.
func TestDeliveryPolicyOfASubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		c := s.client()
		subscription := subscribe(t, c, createTopic(t, c, "orders", nil), "https", "https://shop.example/", map[string]string{
			"DeliveryPolicy": `{"healthyRetryPolicy":{"numRetries":5,"minDelayTarget":1,"maxDelayTarget":9},"requestPolicy":{"headerContentType":"application/json"}}`,
		})
		got := call(t, c.GetSubscriptionAttributes, &awssns.GetSubscriptionAttributesInput{SubscriptionArn: subscription}).Attributes
		require.Equal(t, "true", got["PendingConfirmation"])
		for _, name := range []string{"DeliveryPolicy", "EffectiveDeliveryPolicy"} {
			policy := envelope(t, got[name])
			require.Equal(t, map[string]any{
				"minDelayTarget": 1., "maxDelayTarget": 9., "numRetries": 5., "numNoDelayRetries": 0., "numMinDelayRetries": 0., "numMaxDelayRetries": 0., "backoffFunction": "linear",
			}, policy["healthyRetryPolicy"], name)
			require.Equal(t, map[string]any{"headerContentType": "application/json"}, policy["requestPolicy"], name)
		}
	})
}
