package sdktest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAWSCLI is the endpoint as somebody at a terminal sees it. To SQS versions from
// before November 2023, such as Debian 12's, speak Query; later ones JSON.
func TestAWSCLI(t *testing.T) {
	if testing.Short() {
		t.Skip("the AWS CLI is not for -short")
	}
	found := installed("/usr/bin/aws", "aws")
	for _, path := range found {
		t.Run(path, func(t *testing.T) {
			version, ok := probe(t, path, "--version")
			if !ok {
				t.Skipf("it does not run: %s", version)
			}
			t.Log(version)
			t.Run("SQS", func(t *testing.T) { t.Parallel(); testQueuesByCLI(t, path) })
			t.Run("SNS", func(t *testing.T) { t.Parallel(); testTopicsByCLI(t, path) })
		})
	}
	if len(found) == 0 {
		t.Skip("no AWS CLI here: apt-get install awscli")
	}
}

// cli returns a function that runs a command of a service, which must succeed, and
// returns what it printed as JSON.
func (s *socket) cli(t *testing.T, path string) func(service string, args ...string) map[string]any {
	return func(service string, args ...string) (answer map[string]any) {
		t.Helper()
		out, err := s.run(t, path, append([]string{"--endpoint-url", s.url, "--output", "json", service}, args...)...)
		require.NoError(t, err, strings.Join(args, " "))
		if out != "" {
			require.NoError(t, json.Unmarshal([]byte(out), &answer), out)
		}
		return answer
	}
}

func testQueuesByCLI(t *testing.T, path string) {
	s := listen(t)
	aws := s.cli(t, path)
	url := s.url + "/000000000000/orders"
	require.Equal(t, url, aws("sqs", "create-queue", "--queue-name", "orders", "--attributes", "VisibilityTimeout=60", "--tags", "team=shop")["QueueUrl"])
	require.Equal(t, []any{url}, aws("sqs", "list-queues")["QueueUrls"])

	attributes := aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "QueueArn", "VisibilityTimeout")["Attributes"]
	require.Equal(t, map[string]any{"QueueArn": "arn:aws:sqs:us-east-1:000000000000:orders", "VisibilityTimeout": "60"}, attributes)

	sent := aws("sqs", "send-message", "--queue-url", url, "--message-body", "hello world",
		"--message-attributes", `{"kind":{"DataType":"String","StringValue":"retail"}}`)
	require.Equal(t, "5eb63bbbe01eeed093cb22bb8f5acdc3", sent["MD5OfMessageBody"])

	batch := aws("sqs", "send-message-batch", "--queue-url", url, "--entries", `[{"Id":"a","MessageBody":"1"},{"Id":"b","MessageBody":"2","DelaySeconds":901}]`)
	require.Len(t, batch["Successful"], 1)
	require.Equal(t, "InvalidParameterValue", batch["Failed"].([]any)[0].(map[string]any)["Code"])

	received := aws("sqs", "receive-message", "--queue-url", url, "--max-number-of-messages", "10", "--wait-time-seconds", "5",
		"--attribute-names", "All", "--message-attribute-names", "All")["Messages"].([]any)
	require.Len(t, received, 2)
	for _, m := range received {
		aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", m.(map[string]any)["ReceiptHandle"].(string))
	}
	require.Empty(t, aws("sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "1"))

	_, err := s.run(t, path, "--endpoint-url", s.url, "sqs", "get-queue-url", "--queue-name", "missing")
	require.ErrorContains(t, err, "An error occurred (AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation: The specified queue does not exist")
	aws("sqs", "delete-queue", "--queue-url", url)

	s.requireOne(t, "sqs", 11)
}

func testTopicsByCLI(t *testing.T, path string) {
	s := listen(t)
	aws := s.cli(t, path)
	require.Equal(t, ordersARN, aws("sns", "create-topic", "--name", "orders", "--attributes", "DisplayName=Orders", "--tags", "Key=team,Value=shop")["TopicArn"])
	url := aws("sqs", "create-queue", "--queue-name", "orders")["QueueUrl"].(string)
	subscription := aws("sns", "subscribe", "--topic-arn", ordersARN, "--protocol", "sqs", "--notification-endpoint", queueARN,
		"--attributes", `{"RawMessageDelivery":"true","FilterPolicy":"{\"kind\":[\"retail\"]}"}`)["SubscriptionArn"]
	require.Equal(t, map[string]any{"Subscriptions": []any{map[string]any{
		"SubscriptionArn": subscription, "Owner": "000000000000", "Protocol": "sqs", "Endpoint": queueARN, "TopicArn": ordersARN,
	}}}, aws("sns", "list-subscriptions-by-topic", "--topic-arn", ordersARN))

	retail := `{"kind":{"DataType":"String","StringValue":"retail"}}`
	require.NotEmpty(t, aws("sns", "publish", "--topic-arn", ordersARN, "--message", "hello world", "--message-attributes", retail)["MessageId"])
	batch := aws("sns", "publish-batch", "--topic-arn", ordersARN, "--publish-batch-request-entries",
		`[{"Id":"a","Message":"filtered out"},{"Id":"b","Message":"let through","MessageAttributes":`+retail+`}]`)
	require.Len(t, batch["Successful"], 2)
	received := aws("sqs", "receive-message", "--queue-url", url, "--max-number-of-messages", "10", "--wait-time-seconds", "5")["Messages"].([]any)
	var bodies []any
	for _, m := range received {
		bodies = append(bodies, m.(map[string]any)["Body"])
	}
	require.ElementsMatch(t, []any{"hello world", "let through"}, bodies)

	_, err := s.run(t, path, "--endpoint-url", s.url, "sns", "get-topic-attributes", "--topic-arn", missingARN)
	require.ErrorContains(t, err, "An error occurred (NotFound) when calling the GetTopicAttributes operation: Topic does not exist")
	s.requireOnly(t, "sns", "query", 6)
}
