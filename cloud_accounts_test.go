package leat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// views are the accounts and regions of a cloud that the tests look from.
var views = [][2]string{
	{"111111111111", "us-east-1"}, {"111111111111", "eu-west-1"}, {"222222222222", "us-east-1"}, {"000000000000", "us-east-1"},
}

// from is a request of an account's in a region, which its credentials name.
func from(t *testing.T, view [2]string, service, contentType, target, body string) *http.Request {
	return request(t, anywhere, body, contentType, target,
		"Authorization: AWS4-HMAC-SHA256 Credential="+view[0]+"/20240101/"+view[1]+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
}

// TestAccountsAndRegions: the same names are other things in another account or region, for
// all services.
func TestAccountsAndRegions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, leat.Config{})
		do := func(view [2]string, service, contentType, target, body string) string {
			status, answer := ask(t, c, from(t, view, service, contentType, target, body))
			require.Equal(t, http.StatusOK, status, answer)
			return answer
		}
		const (
			jobs    = `"QueueUrl":"jobs"`
			noCalls = "X-Unused: none"
		)
		for _, v := range views {
			do(v, "sqs", json10, "X-Amz-Target: AmazonSQS.CreateQueue", `{"QueueName":"jobs"}`)
			do(v, "sqs", json10, "X-Amz-Target: AmazonSQS.SendMessage", `{`+jobs+`,"MessageBody":"for `+v[0]+` in `+v[1]+`"}`)
			do(v, "sns", form, noCalls, "Action=CreateTopic&Name=chores")
			do(v, "kinesis", json11, "X-Amz-Target: Kinesis_20131202.CreateStream", `{"StreamName":"clicks","ShardCount":1}`)
			do(v, "firehose", json11, "X-Amz-Target: Firehose_20150804.CreateDeliveryStream",
				`{"DeliveryStreamName":"archive","ExtendedS3DestinationConfiguration":{"RoleARN":"arn:aws:iam::`+v[0]+`:role/archive","BucketARN":"arn:aws:s3:::archive"}}`)
			functions, err := c.Functions().As(v[0], v[1])
			require.NoError(t, err)
			require.Equal(t, v, [2]string{functions.Account(), functions.Region()})
			_, err = functions.Register("count", func(context.Context, []byte) ([]byte, error) { return []byte(`"` + v[0] + v[1] + `"`), nil }, lambda.FunctionConfig{})
			require.NoError(t, err)
		}
		for _, v := range views {
			mine := ":" + v[1] + ":" + v[0] + ":"
			require.Contains(t, do(v, "sqs", json10, "X-Amz-Target: AmazonSQS.ReceiveMessage", `{`+jobs+`,"MaxNumberOfMessages":10}`), "for "+v[0]+" in "+v[1])
			require.NotContains(t, do(v, "sqs", json10, "X-Amz-Target: AmazonSQS.ReceiveMessage", `{`+jobs+`}`), "Body", "there is one message")
			topics := do(v, "sns", form, noCalls, "Action=ListTopics")
			require.Equal(t, 1, strings.Count(topics, "<TopicArn>"), topics)
			require.Contains(t, topics, "arn:aws:sns"+mine+"chores")
			require.Contains(t, do(v, "kinesis", json11, "X-Amz-Target: Kinesis_20131202.DescribeStream", `{"StreamName":"clicks"}`), "arn:aws:kinesis"+mine+"stream/clicks")
			require.Contains(t, do(v, "firehose", json11, "X-Amz-Target: Firehose_20150804.DescribeDeliveryStream", `{"DeliveryStreamName":"archive"}`), "arn:aws:firehose"+mine+"deliverystream/archive")
			functions, err := c.Functions().As(v[0], v[1])
			require.NoError(t, err)
			answer, err := functions.Invoke(t.Context(), "count", nil)
			require.NoError(t, err)
			require.Equal(t, `"`+v[0]+v[1]+`"`, string(answer))
		}

		gone := views[1]
		do(gone, "sqs", json10, "X-Amz-Target: AmazonSQS.DeleteQueue", `{`+jobs+`}`)
		do(gone, "kinesis", json11, "X-Amz-Target: Kinesis_20131202.DeleteStream", `{"StreamName":"clicks"}`)
		for _, v := range views {
			want := http.StatusOK
			if v == gone {
				want = http.StatusBadRequest
			}
			status, answer := ask(t, c, from(t, v, "sqs", json10, "X-Amz-Target: AmazonSQS.GetQueueUrl", `{"QueueName":"jobs"}`))
			require.Equal(t, want, status, answer)
			status, answer = ask(t, c, from(t, v, "kinesis", json11, "X-Amz-Target: Kinesis_20131202.DescribeStreamSummary", `{"StreamName":"clicks"}`))
			require.Equal(t, want, status, answer)
		}
	})
}

// TestAcrossAccounts: an ARN finds what is in another account and region.
func TestAcrossAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, leat.Config{})
		queues, err := c.SQS().As("111111111111", "eu-west-1")
		require.NoError(t, err)
		jobs, err := queues.CreateQueue("jobs", sqs.Config{})
		require.NoError(t, err)
		functions, err := c.Functions().As("222222222222", "us-west-2")
		require.NoError(t, err)
		called := 0
		count, err := functions.Register("count", func(context.Context, []byte) ([]byte, error) { called++; return nil, nil }, lambda.FunctionConfig{})
		require.NoError(t, err)
		topic, err := c.SNS().CreateTopic("chores", sns.Config{})
		require.NoError(t, err)
		for protocol, arn := range map[sns.Protocol]string{sns.ProtocolSQS: jobs.ARN(), sns.ProtocolLambda: count.ARN()} {
			_, err := topic.Subscribe(t.Context(), sns.Subscription{Protocol: protocol, Address: arn})
			require.NoError(t, err)
		}
		_, err = topic.Publish(t.Context(), sns.Entry{Message: "wash the car"})
		require.NoError(t, err)
		require.NoError(t, c.SNS().Flush(t.Context()))
		messages, err := jobs.Receive(t.Context(), sqs.ReceiveRequest{})
		require.NoError(t, err)
		require.Len(t, messages, 1)
		require.Equal(t, 1, called)
	})
}

// TestTransformation: a delivery stream's processor is a function, which is told the
// delivery stream.
func TestTransformation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, leat.Config{})
		functions, err := c.Functions().As("111111111111", "eu-west-1")
		require.NoError(t, err)
		var event lambda.FirehoseEvent
		upper, err := functions.Register("upper", func(_ context.Context, payload []byte) ([]byte, error) {
			if err := json.Unmarshal(payload, &event); err != nil {
				return nil, err
			}
			var response lambda.FirehoseResponse
			for _, r := range event.Records {
				response.Records = append(response.Records, lambda.FirehoseResult{RecordID: r.RecordID, Result: "Ok", Data: bytes.ToUpper(r.Data)})
			}
			return json.Marshal(response)
		}, lambda.FunctionConfig{})
		require.NoError(t, err)
		view := [2]string{"111111111111", "eu-west-1"}
		status, answer := ask(t, c, from(t, view, "firehose", json11, "X-Amz-Target: Firehose_20150804.CreateDeliveryStream",
			`{"DeliveryStreamName":"archive","ExtendedS3DestinationConfiguration":{"RoleARN":"arn:aws:iam::111111111111:role/archive","BucketARN":"arn:aws:s3:::archive",
			"ProcessingConfiguration":{"Enabled":true,"Processors":[{"Type":"Lambda","Parameters":[{"ParameterName":"LambdaArn","ParameterValue":"`+upper.ARN()+`"}]}]}}}`))
		require.Equal(t, http.StatusOK, status, answer)
		status, answer = ask(t, c, from(t, view, "firehose", json11, "X-Amz-Target: Firehose_20150804.PutRecord", `{"DeliveryStreamName":"archive","Record":{"Data":"d2FzaCB0aGUgY2Fy"}}`))
		require.Equal(t, http.StatusOK, status, answer)
		require.NoError(t, c.Firehose().Shutdown(t.Context()))
		require.Equal(t, "arn:aws:firehose:eu-west-1:111111111111:deliverystream/archive", event.DeliveryStreamARN)
		require.Equal(t, "eu-west-1", event.Region)
		keys := c.Handlers().Firehose.Objects().List("archive", "")
		require.Len(t, keys, 1)
		object, ok := c.Handlers().Firehose.Objects().Get("archive", keys[0])
		require.True(t, ok)
		require.Equal(t, "WASH THE CAR", string(object.Data))
	})
}

// TestTwoClouds share nothing, though all names are the same.
func TestTwoClouds(t *testing.T) {
	one, other := newCloud(t, leat.Config{}), newCloud(t, leat.Config{})
	_, err := one.SQS().CreateQueue("jobs", sqs.Config{})
	require.NoError(t, err)
	_, err = other.SQS().Queue("jobs")
	require.ErrorIs(t, err, sqs.ErrQueueDoesNotExist)
	require.NoError(t, other.Reset())
	_, err = one.SQS().Queue("jobs")
	require.NoError(t, err)
}
