package sdktest

import (
	"context"
	"fmt"
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

// attempt is a call that a table makes later.
type attempt func(ctx context.Context, c *awssns.Client) error

// try makes a call of SNS an attempt.
func try[In, Out any](op func(*awssns.Client, context.Context, *In, ...func(*awssns.Options)) (*Out, error), in *In) attempt {
	return func(ctx context.Context, c *awssns.Client) error {
		_, err := op(c, ctx, in)
		return err
	}
}

const (
	ordersARN  = "arn:aws:sns:us-east-1:000000000000:orders"
	missingARN = "arn:aws:sns:us-east-1:000000000000:missing"
	fifoARN    = "arn:aws:sns:us-east-1:000000000000:orders.fifo"
	queueARN   = "arn:aws:sqs:us-east-1:000000000000:orders"
)

func publishing(topic, text string, change func(*awssns.PublishInput)) attempt {
	in := &awssns.PublishInput{TopicArn: &topic, Message: &text}
	if change != nil {
		change(in)
	}
	return try((*awssns.Client).Publish, in)
}

func publishingBatch(entries ...types.PublishBatchRequestEntry) attempt {
	if entries == nil {
		entries = []types.PublishBatchRequestEntry{}
	}
	return try((*awssns.Client).PublishBatch, &awssns.PublishBatchInput{TopicArn: aws.String(ordersARN), PublishBatchRequestEntries: entries})
}

func entriesOf(ids ...string) (entries []types.PublishBatchRequestEntry) {
	for _, id := range ids {
		entries = append(entries, types.PublishBatchRequestEntry{Id: &id, Message: aws.String("text")})
	}
	return entries
}

func subscribing(topic, protocol, address string, attributes map[string]string) attempt {
	return try((*awssns.Client).Subscribe, &awssns.SubscribeInput{TopicArn: &topic, Protocol: &protocol, Endpoint: &address, Attributes: attributes})
}

func attributeOf(dataType, value string) map[string]types.MessageAttributeValue {
	return map[string]types.MessageAttributeValue{"kind": {DataType: &dataType, StringValue: &value}}
}

func TestErrorsOfSNSAreTyped(t *testing.T) {
	invalid, missing := &types.InvalidParameterException{}, &types.NotFoundException{}
	tests := map[string]struct {
		attempt attempt
		as      error // the SDK's type
		code    string
		message string
		status  int
	}{
		"no such topic": {
			try((*awssns.Client).GetTopicAttributes, &awssns.GetTopicAttributesInput{TopicArn: aws.String(missingARN)}),
			missing, "NotFound", "Topic does not exist", 404,
		},
		"publish to no topic": {publishing(missingARN, "text", nil), missing, "NotFound", "Topic does not exist", 404},
		"tags of no topic": {
			try((*awssns.Client).ListTagsForResource, &awssns.ListTagsForResourceInput{ResourceArn: aws.String(missingARN)}),
			&types.ResourceNotFoundException{}, "ResourceNotFound", "Resource does not exist", 404,
		},
		"no ARN": {
			try((*awssns.Client).GetTopicAttributes, &awssns.GetTopicAttributesInput{TopicArn: aws.String("orders")}),
			invalid, "InvalidParameter", "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1", 400,
		},
		"another region": {
			try((*awssns.Client).GetTopicAttributes, &awssns.GetTopicAttributesInput{TopicArn: aws.String("arn:aws:sns:eu-west-1:000000000000:orders")}),
			invalid, "InvalidParameter", "Invalid parameter: TopicArn", 400,
		},
		"bad name": {
			try((*awssns.Client).CreateTopic, &awssns.CreateTopicInput{Name: aws.String("a b")}),
			invalid, "InvalidParameter", "Invalid parameter: Topic Name", 400,
		},
		"FIFO without the suffix": {
			try((*awssns.Client).CreateTopic, &awssns.CreateTopicInput{Name: aws.String("a"), Attributes: map[string]string{"FifoTopic": "true"}}),
			invalid, "InvalidParameter", "Invalid parameter: Topic Name", 400,
		},
		"name taken": {
			try((*awssns.Client).CreateTopic, &awssns.CreateTopicInput{Name: aws.String("orders"), Attributes: map[string]string{"DisplayName": "Other"}}),
			invalid, "InvalidParameter", "Invalid parameter: Attributes Reason: Topic already exists with different attributes", 400,
		},
		"name taken, other tags": {
			try((*awssns.Client).CreateTopic, &awssns.CreateTopicInput{Name: aws.String("orders"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}),
			invalid, "InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags", 400,
		},
		"tag twice": {
			try((*awssns.Client).CreateTopic, &awssns.CreateTopicInput{Name: aws.String("tagged"), Tags: []types.Tag{
				{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("a"), Value: aws.String("2")},
			}}),
			invalid, "InvalidParameter", "Duplicated keys are not allowed.", 400,
		},
		"too many tags": {
			func(ctx context.Context, c *awssns.Client) error {
				in := &awssns.TagResourceInput{ResourceArn: aws.String(ordersARN)}
				for i := range 51 {
					in.Tags = append(in.Tags, types.Tag{Key: aws.String(fmt.Sprint(i)), Value: aws.String("")})
				}
				_, err := c.TagResource(ctx, in)
				return err
			},
			&types.TagLimitExceededException{}, "TagLimitExceeded", "tag quota of per resource exceeded", 400,
		},
		"unknown attribute": {
			try((*awssns.Client).SetTopicAttributes, &awssns.SetTopicAttributesInput{TopicArn: aws.String(ordersARN), AttributeName: aws.String("Colour"), AttributeValue: aws.String("red")}),
			invalid, "InvalidParameter", "Invalid parameter: AttributeName", 400,
		},
		"no such subscription": {
			try((*awssns.Client).GetSubscriptionAttributes, &awssns.GetSubscriptionAttributesInput{SubscriptionArn: aws.String(ordersARN + ":0f0e0d0c-0b0a-4908-8706-050403020100")}),
			missing, "NotFound", "Subscription does not exist", 404,
		},
		"no subscription's ARN": {
			try((*awssns.Client).Unsubscribe, &awssns.UnsubscribeInput{SubscriptionArn: aws.String(ordersARN)}),
			invalid, "InvalidParameter", "Invalid parameter: SubscriptionId", 400,
		},
		"subscribe to no topic":    {subscribing(missingARN, "sqs", queueARN, nil), missing, "NotFound", "Topic does not exist", 404},
		"unknown protocol":         {subscribing(ordersARN, "pigeon", "loft", nil), invalid, "InvalidParameter", "Invalid parameter: Amazon SNS does not support this protocol string: pigeon", 400},
		"a queue's URL":            {subscribing(ordersARN, "sqs", "http://sqs.memory.test/000000000000/orders", nil), invalid, "InvalidParameter", "Invalid parameter: SQS endpoint ARN", 400},
		"a URL of another scheme":  {subscribing(ordersARN, "https", "http://shop.example/", nil), invalid, "InvalidParameter", "Invalid parameter: Endpoint must match the specified protocol", 400},
		"a FIFO queue":             {subscribing(ordersARN, "sqs", queueARN+".fifo", nil), invalid, "InvalidParameter", "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics", 400},
		"raw mail":                 {subscribing(ordersARN, "email", "a@example.com", map[string]string{"RawMessageDelivery": "true"}), invalid, "InvalidParameter", "Delivery protocol [email] does not support raw message delivery.", 400},
		"bad scope":                {subscribing(ordersARN, "sqs", queueARN, map[string]string{"FilterPolicyScope": "Everything"}), invalid, "InvalidParameter", "Invalid value [Everything]. Please use either MessageBody or MessageAttributes", 400},
		"bad dead-letter queue":    {subscribing(ordersARN, "sqs", queueARN, map[string]string{"RedrivePolicy": redriveTo("nowhere")}), invalid, "InvalidParameter", "RedrivePolicy: deadLetterTargetArn is an invalid arn", 400},
		"replay without archive":   {subscribing(ordersARN, "sqs", queueARN, map[string]string{"ReplayPolicy": `{"PointType":"Timestamp","StartingPoint":"2000-01-01T00:00:00.000Z"}`}), invalid, "InvalidParameter", "ReplayPolicy", 400},
		"subscribed otherwise":     {subscribeAgain, invalid, "InvalidParameter", "Invalid parameter: Attributes Reason: Subscription already exists with different attributes", 400},
		"bad token":                {try((*awssns.Client).ConfirmSubscription, &awssns.ConfirmSubscriptionInput{TopicArn: aws.String(ordersARN), Token: aws.String("randomtoken")}), invalid, "InvalidParameter", "Invalid parameter: Token", 400},
		"empty message":            {publishing(ordersARN, "", nil), invalid, "InvalidParameter", "Invalid parameter: Empty message", 400},
		"message too long":         {publishing(ordersARN, strings.Repeat("x", 262_145), nil), invalid, "InvalidParameter", "Invalid parameter: Message too long", 400},
		"subject of two lines":     {publishing(ordersARN, "text", func(in *awssns.PublishInput) { in.Subject = aws.String("a\nb") }), invalid, "InvalidParameter", "Invalid parameter: Subject", 400},
		"structure without JSON":   {publishing(ordersARN, "text", func(in *awssns.PublishInput) { in.MessageStructure = aws.String("json") }), invalid, "InvalidParameter", "Invalid parameter: Message Structure - JSON message body failed to parse", 400},
		"structure and no default": {publishing(ordersARN, `{"sqs":"a"}`, func(in *awssns.PublishInput) { in.MessageStructure = aws.String("json") }), invalid, "InvalidParameter", "Invalid parameter: Message Structure - No default entry in JSON message body", 400},
		"attribute of no type":     {publishing(ordersARN, "text", func(in *awssns.PublishInput) { in.MessageAttributes = attributeOf("Text", "a") }), &types.InvalidParameterValueException{}, "ParameterValueInvalid", "The message attribute 'kind' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", 400},
		"number that is none":      {publishing(ordersARN, "text", func(in *awssns.PublishInput) { in.MessageAttributes = attributeOf("Number", "a") }), &types.InvalidParameterValueException{}, "ParameterValueInvalid", "Could not cast message attribute 'kind' value to number.", 400},
		"no group":                 {publishing(fifoARN, "text", nil), invalid, "InvalidParameter", "Invalid parameter: The MessageGroupId parameter is required for FIFO topics", 400},
		"no deduplication id": {
			publishing(fifoARN, "text", func(in *awssns.PublishInput) { in.MessageGroupId = aws.String("g") }),
			invalid, "InvalidParameter", "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly", 400,
		},
		"bad phone number": {
			try((*awssns.Client).CheckIfPhoneNumberIsOptedOut, &awssns.CheckIfPhoneNumberIsOptedOutInput{PhoneNumber: aws.String("home")}),
			invalid, "InvalidParameter", "Invalid parameter: PhoneNumber Reason: input incorrectly formatted", 400,
		},
		"no platform": {
			try((*awssns.Client).CreatePlatformApplication, &awssns.CreatePlatformApplicationInput{Name: aws.String("a"), Platform: aws.String("fax"), Attributes: map[string]string{"PlatformCredential": "x"}}),
			invalid, "InvalidParameter", "Invalid parameter: Platform Reason: fax is not supported", 400,
		},
		"empty batch":         {publishingBatch(), &types.EmptyBatchRequestException{}, "EmptyBatchRequest", "The batch request doesn't contain any entries.", 400},
		"batch of eleven":     {publishingBatch(entriesOf(strings.Split("abcdefghijk", "")...)...), &types.TooManyEntriesInBatchRequestException{}, "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.", 400},
		"batch, id twice":     {publishingBatch(entriesOf("a", "a")...), &types.BatchEntryIdsNotDistinctException{}, "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.", 400},
		"batch, bad id":       {publishingBatch(entriesOf("a b")...), &types.InvalidBatchEntryIdException{}, "InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification.", 400},
		"batch too long":      {publishingBatch(longEntries()...), &types.BatchRequestTooLongException{}, "BatchRequestTooLong", "The length of all the messages put together is more than the limit.", 400},
		"batch, an entry bad": {publishingBatch(append(entriesOf("a"), types.PublishBatchRequestEntry{Id: aws.String("b"), Message: aws.String("")})...), invalid, "InvalidParameter", "Invalid parameter: Empty message", 400},
		"no one-time password": {
			try((*awssns.Client).VerifySMSSandboxPhoneNumber, &awssns.VerifySMSSandboxPhoneNumberInput{PhoneNumber: aws.String(phone), OneTimePassword: aws.String("123456")}),
			&types.ResourceNotFoundException{}, "ResourceNotFound", "", 404,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
				c := s.client()
				topic := createTopic(t, c, "orders", nil)
				createTopic(t, c, "orders.fifo", map[string]string{"FifoTopic": "true"})
				url, arn := s.queue(t, "watcher", nil)
				subscribe(t, c, topic, "sqs", arn, nil)
				err := test.attempt(t.Context(), c)
				requireFailure(t, failure{as: test.as, code: test.code, message: test.message, status: test.status}, err)
				require.Empty(t, s.take(t, url), "what failed publishes nothing")
			})
		})
	}
}

// subscribeAgain subscribes the same queue with other attributes.
func subscribeAgain(ctx context.Context, c *awssns.Client) error {
	if err := subscribing(ordersARN, "sqs", queueARN, nil)(ctx, c); err != nil {
		return err
	}
	return subscribing(ordersARN, "sqs", queueARN, map[string]string{"RawMessageDelivery": "true"})(ctx, c)
}

func longEntries() []types.PublishBatchRequestEntry {
	entries := entriesOf("a", "b")
	for i := range entries {
		entries[i].Message = aws.String(strings.Repeat("x", 131_073))
	}
	return entries
}
