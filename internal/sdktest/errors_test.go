package sdktest

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

// failure is a call that must fail, and as what. The SDK's ErrorCode is that of the
// Query protocol, for the sake of programs written when SQS spoke nothing else.
type failure struct {
	call    func(ctx context.Context, c *awssqs.Client, url *string) error
	as      error // the SDK's type; nil where the SDK has none
	code    string
	message string
	status  int
}

func TestErrorsAreTyped(t *testing.T) {
	tests := map[string]failure{
		"no such queue": {
			func(ctx context.Context, c *awssqs.Client, _ *string) error {
				return get(ctx, c, "http://sqs.memory.test/000000000000/nothing")
			},
			&types.QueueDoesNotExist{}, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.", 400,
		},
		"no such queue, by name": {
			func(ctx context.Context, c *awssqs.Client, _ *string) error {
				_, err := c.GetQueueUrl(ctx, &awssqs.GetQueueUrlInput{QueueName: aws.String("nothing")})
				return err
			},
			&types.QueueDoesNotExist{}, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.", 400,
		},
		"name taken": {
			func(ctx context.Context, c *awssqs.Client, _ *string) error {
				_, err := c.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("orders"), Attributes: map[string]string{"DelaySeconds": "1"}})
				return err
			},
			&types.QueueNameExists{}, "QueueAlreadyExists", "A queue already exists with the same name and a different value for attribute DelaySeconds", 400,
		},
		"bad name": {
			func(ctx context.Context, c *awssqs.Client, _ *string) error {
				_, err := c.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("a b")})
				return err
			},
			nil, "InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length", 400,
		},
		"unknown attribute": {
			func(ctx context.Context, c *awssqs.Client, url *string) error {
				_, err := c.SetQueueAttributes(ctx, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"Colour": "red"}})
				return err
			},
			&types.InvalidAttributeName{}, "InvalidAttributeName", "Unknown Attribute Colour.", 400,
		},
		"attribute out of range": {
			func(ctx context.Context, c *awssqs.Client, url *string) error {
				_, err := c.SetQueueAttributes(ctx, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"DelaySeconds": "901"}})
				return err
			},
			&types.InvalidAttributeValue{}, "InvalidAttributeValue", "Invalid value for the parameter DelaySeconds.", 400,
		},
		"bad characters": {
			func(ctx context.Context, c *awssqs.Client, url *string) error {
				_, err := c.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("a\x01b")})
				return err
			},
			&types.InvalidMessageContents{}, "InvalidMessageContents", "", 400,
		},
		"message too long": {
			func(ctx context.Context, c *awssqs.Client, url *string) error {
				_, err := c.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String(strings.Repeat("x", 1<<20+1))})
				return err
			},
			nil, "InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.", 400,
		},
		"wait out of range": {
			func(ctx context.Context, c *awssqs.Client, url *string) error {
				_, err := c.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 21})
				return err
			},
			nil, "InvalidParameterValue", "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.", 400,
		},
		"garbage handle": {
			func(ctx context.Context, c *awssqs.Client, url *string) error {
				_, err := c.DeleteMessage(ctx, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("garbage")})
				return err
			},
			&types.ReceiptHandleIsInvalid{}, "ReceiptHandleIsInvalid", "", 400,
		},
		"empty batch": {
			func(ctx context.Context, c *awssqs.Client, url *string) error { return sendIDs(ctx, c, url) },
			&types.EmptyBatchRequest{}, "AWS.SimpleQueueService.EmptyBatchRequest", "", 400,
		},
		"batch of eleven": {
			func(ctx context.Context, c *awssqs.Client, url *string) error {
				return sendIDs(ctx, c, url, strings.Split("abcdefghijk", "")...)
			},
			&types.TooManyEntriesInBatchRequest{}, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
			"Maximum number of entries per request are 10. You have sent 11.", 400,
		},
		"batch with an id twice": {
			func(ctx context.Context, c *awssqs.Client, url *string) error { return sendIDs(ctx, c, url, "a", "a") },
			&types.BatchEntryIdsNotDistinct{}, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "", 400,
		},
		"batch with a bad id": {
			func(ctx context.Context, c *awssqs.Client, url *string) error { return sendIDs(ctx, c, url, "a b") },
			&types.InvalidBatchEntryId{}, "AWS.SimpleQueueService.InvalidBatchEntryId", "", 400,
		},
		"batch too long": {
			func(ctx context.Context, c *awssqs.Client, url *string) error {
				body := strings.Repeat("x", 600_000)
				_, err := c.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{
					{Id: aws.String("a"), MessageBody: &body}, {Id: aws.String("b"), MessageBody: &body},
				}})
				return err
			},
			&types.BatchRequestTooLong{}, "AWS.SimpleQueueService.BatchRequestTooLong",
			"Batch requests cannot be longer than 1048576 bytes. You have sent 1200000 bytes.", 400,
		},
		"no task": {
			func(ctx context.Context, c *awssqs.Client, _ *string) error {
				_, err := c.ListMessageMoveTasks(ctx, &awssqs.ListMessageMoveTasksInput{SourceArn: aws.String("arn:aws:sqs:us-east-1:000000000000:nothing")})
				return err
			},
			&types.ResourceNotFoundException{}, "ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist.", 404,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newEndpoint(t, sqs.ServiceConfig{}).client()
				requireFailure(t, test, test.call(t.Context(), c, createQueue(t, c, "orders", nil)))
			})
		})
	}
}

func requireFailure(t *testing.T, want failure, err error) {
	t.Helper()
	require.Error(t, err)
	if want.as != nil {
		target := reflect.New(reflect.TypeOf(want.as))
		require.True(t, errors.As(err, target.Interface()), "%v is no %T", err, want.as)
	}
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, want.code, api.ErrorCode())
	require.Contains(t, api.ErrorMessage(), want.message)
	require.NotEmpty(t, api.ErrorMessage())
	require.Equal(t, smithy.FaultClient, api.ErrorFault())
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	require.Equal(t, want.status, response.HTTPStatusCode())
	require.NotEmpty(t, response.ServiceRequestID())
}

func get(ctx context.Context, c *awssqs.Client, url string) error {
	_, err := c.GetQueueAttributes(ctx, &awssqs.GetQueueAttributesInput{QueueUrl: &url})
	return err
}

func sendIDs(ctx context.Context, c *awssqs.Client, url *string, ids ...string) error {
	entries := make([]types.SendMessageBatchRequestEntry, len(ids))
	for i, id := range ids {
		entries[i] = types.SendMessageBatchRequestEntry{Id: &id, MessageBody: aws.String("body")}
	}
	_, err := c.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
	return err
}
