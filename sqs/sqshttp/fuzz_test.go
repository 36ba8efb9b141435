package sqshttp_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// FuzzHandler throws arbitrary bytes at both protocols. Whatever comes, the handler
// answers, does not blame itself, and its answer can be read to the end.
func FuzzHandler(f *testing.F) {
	for _, action := range []string{"SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessageBatch", "CreateQueue", "SetQueueAttributes", "AddPermission", "StartMessageMoveTask", "CancelMessageMoveTask", "TagQueue", "ListQueues", "Fly"} {
		f.Add(true, action, `{`+ordersJSON+`,"QueueName":"a","MessageBody":"b","SourceArn":"`+ordersARN+`","TaskHandle":"e30="}`, "/")
		f.Add(false, action, ordersQuery+"&QueueName=a&MessageBody=b&SourceArn="+ordersARN, "/")
	}
	f.Add(true, "SendMessageBatch", `{`+fifoJSON+`,"Entries":[{"Id":"a","MessageBody":"b","MessageGroupId":"g","MessageDeduplicationId":"d","DelaySeconds":0,"MessageAttributes":{"x":{"DataType":"Binary","BinaryValue":"AA=="}}}]}`, "/")
	f.Add(true, "ReceiveMessage", `{`+ordersJSON+`,"MaxNumberOfMessages":10,"AttributeNames":["All"],"MessageAttributeNames":["a.*"],"VisibilityTimeout":0}`, "/")
	f.Add(false, "SendMessageBatch", ordersQuery+"&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=%00&SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=n", "/")
	f.Add(false, "ReceiveMessage", "AttributeName=All", "/000000000000/orders")
	f.Add(false, "CreateQueue", "QueueName=b.fifo&Attribute.1.Name=RedrivePolicy&Attribute.1.Value=%7B%7D&Tag.1.Key=%ff", "/%zz")
	f.Fuzz(func(t *testing.T, isJSON bool, action, body, path string) {
		// In a bubble, for there are ways to say "wait 20 seconds".
		synctest.Test(t, func(t *testing.T) { throw(t, isJSON, action, body, path) })
	})
}

func throw(t *testing.T, isJSON bool, action, body, path string) {
	handler, _ := newHandler(t)
	r := httptest.NewRequest(http.MethodPost, host+"/", nil)
	r.URL.Path = path
	if isJSON {
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header["X-Amz-Target"] = []string{"AmazonSQS." + action}
	} else {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		body = "Action=" + action + "&" + body
	}
	r.Body = io.NopCloser(strings.NewReader(body))
	a := serve(t, handler, r)
	require.Less(t, a.status, 500, a.body)
	if isJSON {
		require.True(t, json.Valid([]byte(a.body)), a.body)
	} else {
		requireXML(t, a.body)
	}
	if a.status != http.StatusOK {
		p := problemOf(t, a)
		require.Equal(t, "Sender", p.fault)
		require.NotEmpty(t, p.code)
	}
}

func requireXML(t *testing.T, body string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(body)); ; {
		_, err := d.Token()
		if err == io.EOF {
			return
		}
		require.NoError(t, err, body)
	}
}
