package sdktest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAWSCLI is the endpoint as somebody at a terminal sees it. Versions
// from before November 2023, such as Debian 12's, speak Query; later ones JSON.
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
			testCLI(t, path)
		})
	}
	if len(found) == 0 {
		t.Skip("no AWS CLI here: apt-get install awscli")
	}
}

func testCLI(t *testing.T, path string) {
	s := listen(t)
	// aws runs a command that must succeed, and returns what it printed as JSON.
	aws := func(args ...string) (answer map[string]any) {
		t.Helper()
		out, err := s.run(t, path, append([]string{"--endpoint-url", s.url, "--output", "json", "sqs"}, args...)...)
		require.NoError(t, err, strings.Join(args, " "))
		if out != "" {
			require.NoError(t, json.Unmarshal([]byte(out), &answer), out)
		}
		return answer
	}
	url := s.url + "/000000000000/orders"
	require.Equal(t, url, aws("create-queue", "--queue-name", "orders", "--attributes", "VisibilityTimeout=60", "--tags", "team=shop")["QueueUrl"])
	require.Equal(t, []any{url}, aws("list-queues")["QueueUrls"])

	attributes := aws("get-queue-attributes", "--queue-url", url, "--attribute-names", "QueueArn", "VisibilityTimeout")["Attributes"]
	require.Equal(t, map[string]any{"QueueArn": "arn:aws:sqs:us-east-1:000000000000:orders", "VisibilityTimeout": "60"}, attributes)

	sent := aws("send-message", "--queue-url", url, "--message-body", "hello world",
		"--message-attributes", `{"kind":{"DataType":"String","StringValue":"retail"}}`)
	require.Equal(t, "5eb63bbbe01eeed093cb22bb8f5acdc3", sent["MD5OfMessageBody"])

	batch := aws("send-message-batch", "--queue-url", url, "--entries", `[{"Id":"a","MessageBody":"1"},{"Id":"b","MessageBody":"2","DelaySeconds":901}]`)
	require.Len(t, batch["Successful"], 1)
	require.Equal(t, "InvalidParameterValue", batch["Failed"].([]any)[0].(map[string]any)["Code"])

	received := aws("receive-message", "--queue-url", url, "--max-number-of-messages", "10", "--wait-time-seconds", "5",
		"--attribute-names", "All", "--message-attribute-names", "All")["Messages"].([]any)
	require.Len(t, received, 2)
	for _, m := range received {
		aws("delete-message", "--queue-url", url, "--receipt-handle", m.(map[string]any)["ReceiptHandle"].(string))
	}
	require.Empty(t, aws("receive-message", "--queue-url", url, "--wait-time-seconds", "1"))

	_, err := s.run(t, path, "--endpoint-url", s.url, "sqs", "get-queue-url", "--queue-name", "missing")
	require.ErrorContains(t, err, "An error occurred (AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation: The specified queue does not exist")
	aws("delete-queue", "--queue-url", url)

	s.requireOne(t, 11)
}
