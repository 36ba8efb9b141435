package sqshttp_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

// TestDigests has values that AWS returned for the same messages.
func TestDigests(t *testing.T) {
	handler, _ := newHandler(t)
	traceparent := "traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
	for _, c := range []struct{ body, attributes, md5, attributesMD5 string }{
		{"msg", `{}`, "6e2baaf3b97dbeef01c0043275f9a0e7", ""},
		{"test", `{"attr1":{"DataType":"Binary","BinaryValue":"` + base64.StdEncoding.EncodeToString([]byte(traceparent)) + `"}}`, "098f6bcd4621d373cade4e832627b4f6", "8cbe4db156db8a94db8b801b7addb984"},
		{"msg", `{"Foo":{"DataType":"String","StringValue":"Bar"}}`, "6e2baaf3b97dbeef01c0043275f9a0e7", "ae7155c6026991b6d54b11589678bf9c"},
		{
			"msg", `{"Help.Me":{"DataType":"String","StringValue":"Me"},"Hello":{"DataType":"String","StringValue":"There"},"General":{"DataType":"String","StringValue":"Kenobi"}}`,
			"6e2baaf3b97dbeef01c0043275f9a0e7", "4c360f3fdafd970e05fae2f149d997f5",
		},
	} {
		sent := ask(t, handler, "SendMessage", `{`+ordersJSON+`,"MessageBody":"`+c.body+`","MessageAttributes":`+c.attributes+`}`)
		require.Equal(t, c.md5, sent["MD5OfMessageBody"])
		if c.attributesMD5 == "" {
			require.NotContains(t, sent, "MD5OfMessageAttributes")
		} else {
			require.Equal(t, c.attributesMD5, sent["MD5OfMessageAttributes"])
		}
		require.NotContains(t, sent, "MD5OfMessageSystemAttributes")
		require.NotContains(t, sent, "SequenceNumber")
	}
}

// TestMessageAttributeNames has the selections, and AWS's digests for them.
func TestMessageAttributeNames(t *testing.T) {
	handler, _ := newHandler(t)
	ask(t, handler, "SendMessage", `{`+ordersJSON+`,"MessageBody":"msg","MessageAttributes":{
		"Help.Me":{"DataType":"String","StringValue":"Me"},"Hello":{"DataType":"String","StringValue":"There"},"General":{"DataType":"String","StringValue":"Kenobi"}}}`)
	all := []string{"General", "Hello", "Help.Me"}
	for _, c := range []struct {
		names string
		want  []string
		md5   string
	}{
		{`[]`, nil, ""},
		{`["All"]`, all, "4c360f3fdafd970e05fae2f149d997f5"},
		{`["*"]`, all, "4c360f3fdafd970e05fae2f149d997f5"},
		{`[".*"]`, all, "4c360f3fdafd970e05fae2f149d997f5"},
		{`["Foo","Help"]`, nil, ""},
		{`["General","Hello"]`, all[:2], "fca026605781cb4126a1e9044df24232"},
		{`["Bar","Hello","hello"]`, all[1:2], "a311262e065454b75da111d535b8dacd"},
		{`["Hel.*"]`, all[1:], "83fee93c1bcd8b9a5a923ffacdc636c7"},
		{`["AWS.","..foo"]`, nil, ""},
	} {
		received := ask(t, handler, "ReceiveMessage", `{`+ordersJSON+`,"VisibilityTimeout":0,"MessageAttributeNames":`+c.names+`}`)
		message := received["Messages"].([]any)[0].(map[string]any)
		if c.want == nil {
			require.NotContains(t, message, "MessageAttributes", c.names)
			require.NotContains(t, message, "MD5OfMessageAttributes", c.names)
			continue
		}
		var names []string
		for name := range message["MessageAttributes"].(map[string]any) {
			names = append(names, name)
		}
		require.ElementsMatch(t, c.want, names, c.names)
		require.Equal(t, c.md5, message["MD5OfMessageAttributes"], c.names)
	}
}

func TestSystemAttributeNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, err := sqs.NewService(sqs.ServiceConfig{})
		require.NoError(t, err)
		_, err = service.CreateQueue("dead.fifo", sqs.Config{FIFO: true})
		require.NoError(t, err)
		_, err = service.CreateQueue("orders.fifo", sqs.Config{FIFO: true, RedrivePolicy: &sqs.RedrivePolicy{
			DeadLetterTargetARN: "arn:aws:sqs:us-east-1:000000000000:dead.fifo", MaxReceiveCount: 1,
		}})
		require.NoError(t, err)
		handler := sqshttp.NewHandler(service, sqshttp.Config{})
		sent := ask(t, handler, "SendMessage", `{`+fifoJSON+`,"MessageBody":"a","MessageGroupId":"g","MessageDeduplicationId":"d",
			"MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=1"}}}`)
		require.Equal(t, "d6619b3d47b81d3fc72c0db005a70eda", sent["MD5OfMessageSystemAttributes"])

		time.Sleep(time.Second)
		ask(t, handler, "ReceiveMessage", `{`+fifoJSON+`,"VisibilityTimeout":1}`)
		time.Sleep(2 * time.Second)
		require.Empty(t, ask(t, handler, "ReceiveMessage", `{`+fifoJSON+`}`), "it went to the dead-letter queue")

		all := map[string]any{
			"SenderId": "000000000000", "SentTimestamp": "946684803000", "ApproximateReceiveCount": "2",
			"ApproximateFirstReceiveTimestamp": "946684801000", "MessageGroupId": "g", "AWSTraceHeader": "Root=1", "DeadLetterQueueSourceArn": "arn:aws:sqs:us-east-1:000000000000:orders.fifo",
		}
		dead := `"QueueUrl":"dead.fifo","VisibilityTimeout":0,`
		attributes := func(names string) any {
			received := ask(t, handler, "ReceiveMessage", `{`+dead+names+`}`)
			return received["Messages"].([]any)[0].(map[string]any)["Attributes"]
		}
		got := attributes(`"MessageSystemAttributeNames":["All"]`).(map[string]any)
		require.Len(t, got["SequenceNumber"], 20)
		require.NotEmpty(t, got["MessageDeduplicationId"])
		all["SequenceNumber"], all["MessageDeduplicationId"] = got["SequenceNumber"], got["MessageDeduplicationId"] // the move gave it its own
		require.Equal(t, all, got)
		all["ApproximateReceiveCount"] = "3"
		require.Equal(t, all, attributes(`"AttributeNames":["All"]`))
		require.Nil(t, attributes(`"AttributeNames":[]`))
		require.Regexp(t, `<Attribute><Name>MessageGroupId</Name><Value>g</Value></Attribute></Message>$`,
			askQuery(t, handler, "ReceiveMessage", "QueueUrl=dead.fifo&VisibilityTimeout=0&AttributeName.1=MessageGroupId&MessageSystemAttributeName.1=All"), "the old parameter counts")
		require.Equal(t, map[string]any{"MessageGroupId": "g", "AWSTraceHeader": "Root=1"}, attributes(`"AttributeNames":["AWSTraceHeader","QueueArn"],"MessageSystemAttributeNames":["MessageGroupId"]`))
	})
}

// TestTheTraceHeaderMayBeHTTPs: X-Ray's instrumentation sets the header of the
// request, and the system attribute counts for more.
func TestTheTraceHeaderMayBeHTTPs(t *testing.T) {
	handler, _ := newHandler(t)
	for body, want := range map[string]string{
		`{` + ordersJSON + `,"MessageBody":"a"}`: "Root=http",
		`{` + ordersJSON + `,"MessageBody":"a","MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=own"}}}`: "Root=own",
	} {
		r := jsonRequest("SendMessage", body)
		r.Header.Set("X-Amzn-Trace-Id", "Root=http")
		askFor(t, handler, r)
		received := ask(t, handler, "ReceiveMessage", `{`+ordersJSON+`,"AttributeNames":["AWSTraceHeader"]}`)
		require.Equal(t, map[string]any{"AWSTraceHeader": want}, received["Messages"].([]any)[0].(map[string]any)["Attributes"])
	}
}

// TestABatchFailsInPart in both protocols alike, and the entries that are right go
// through.
func TestABatchFailsInPart(t *testing.T) {
	handler, service := newHandler(t)
	_, err := service.CreateQueue("small", sqs.Config{MaximumMessageSize: 1024})
	require.NoError(t, err)
	long := strings.Repeat("a", 1025)
	sent := ask(t, handler, "SendMessageBatch", `{"QueueUrl":"small","Entries":[{"Id":"a","MessageBody":"a"},{"Id":"b","MessageBody":""},{"Id":"c","MessageBody":"`+long+`"},{"Id":"d","MessageBody":"d"}]}`)
	require.Len(t, sent["Successful"], 2)
	require.Equal(t, "a", sent["Successful"].([]any)[0].(map[string]any)["Id"])
	require.Equal(t, "8277e0910d750195b448797616e091ad", sent["Successful"].([]any)[1].(map[string]any)["MD5OfMessageBody"])
	require.Equal(t, []any{
		map[string]any{"Id": "b", "SenderFault": true, "Code": "MissingParameter", "Message": "The request must contain the parameter SendMessageBatchRequestEntry.2.MessageBody."},
		map[string]any{"Id": "c", "SenderFault": true, "Code": "InvalidParameterValue", "Message": "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes."},
	}, sent["Failed"])

	result := askQuery(t, handler, "SendMessageBatch", "QueueUrl=small&SendMessageBatchRequestEntry.1.Id=b&SendMessageBatchRequestEntry.2.Id=e&SendMessageBatchRequestEntry.2.MessageBody=e")
	require.Regexp(t, `^<SendMessageBatchResultEntry><Id>e</Id><MessageId>[0-9a-f-]{36}</MessageId><MD5OfMessageBody>e1671797c52e15f763380b45e841ec32</MD5OfMessageBody></SendMessageBatchResultEntry>`+
		`<BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault><Code>MissingParameter</Code><Message>The request must contain the parameter SendMessageBatchRequestEntry.1.MessageBody.</Message></BatchResultErrorEntry>$`, result)

	handles := receiptHandles(t, handler, "small", 3)
	changed := ask(t, handler, "ChangeMessageVisibilityBatch", fmt.Sprintf(`{"QueueUrl":"small","Entries":[
		{"Id":"x","ReceiptHandle":"x","VisibilityTimeout":1},{"Id":"y","ReceiptHandle":"%s","VisibilityTimeout":43201},{"Id":"z","ReceiptHandle":"%s","VisibilityTimeout":0}]}`, handles[0], handles[1]))
	require.Equal(t, []any{map[string]any{"Id": "z"}}, changed["Successful"])
	require.Equal(t, []any{
		map[string]any{"Id": "x", "SenderFault": true, "Code": "ReceiptHandleIsInvalid", "Message": `The input receipt handle "x" is not a valid receipt handle.`},
		map[string]any{"Id": "y", "SenderFault": true, "Code": "InvalidParameterValue", "Message": "Value 43201 for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200."},
	}, changed["Failed"])
	require.Len(t, receiptHandles(t, handler, "small", 1), 1, "z is visible again")

	deleted := ask(t, handler, "DeleteMessageBatch", `{"QueueUrl":"small","Entries":[{"Id":"x","ReceiptHandle":"x"},{"Id":"y","ReceiptHandle":"`+handles[0]+`"}]}`)
	require.Equal(t, []any{map[string]any{"Id": "y"}}, deleted["Successful"])
	require.Len(t, deleted["Failed"], 1)
	require.Equal(t, `<DeleteMessageBatchResultEntry><Id>y</Id></DeleteMessageBatchResultEntry>`,
		askQuery(t, handler, "DeleteMessageBatch", "QueueUrl=small&DeleteMessageBatchRequestEntry.1.Id=y&DeleteMessageBatchRequestEntry.1.ReceiptHandle="+escaped(handles[0])))
	require.Equal(t, `<ChangeMessageVisibilityBatchResultEntry><Id>y</Id></ChangeMessageVisibilityBatchResultEntry>`,
		askQuery(t, handler, "ChangeMessageVisibilityBatch", "QueueUrl=small&ChangeMessageVisibilityBatchRequestEntry.1.Id=y&ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout=9&ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle="+escaped(handles[2])))
}

// TestMessagesSurviveBothProtocols: whatever may be in a body comes out as it went in,
// whichever way.
func TestMessagesSurviveBothProtocols(t *testing.T) {
	handler, _ := newHandler(t)
	body := "<a>&\"'\\/\r\n\t é€😀\u2028\ud7ff\ue000\ufffd"
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", `\r`, "\n", `\n`, "\t", `\t`).Replace(body)
	inXML := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\r", "&#xD;").Replace(body)
	binary := base64.StdEncoding.EncodeToString([]byte{0, 1, 254, 255})

	ask(t, handler, "SendMessage", `{`+ordersJSON+`,"MessageBody":"`+quoted+`","MessageAttributes":{"a":{"DataType":"String.x","StringValue":"`+quoted+`"},"b":{"DataType":"Binary","BinaryValue":"`+binary+`"}}}`)
	askQuery(t, handler, "SendMessage", ordersQuery+"&MessageBody="+escaped(body)+"&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=String.x&MessageAttribute.1.Value.StringValue="+escaped(body)+
		"&MessageAttribute.2.Name=b&MessageAttribute.2.Value.DataType=Binary&MessageAttribute.2.Value.BinaryValue="+escaped(binary))

	for range 2 {
		received := ask(t, handler, "ReceiveMessage", `{`+ordersJSON+`,"MessageAttributeNames":["All"],"VisibilityTimeout":0,"MaxNumberOfMessages":10}`)
		require.Len(t, received["Messages"], 2)
		for _, m := range received["Messages"].([]any) {
			require.Equal(t, body, m.(map[string]any)["Body"])
			require.Equal(t, map[string]any{
				"a": map[string]any{"DataType": "String.x", "StringValue": body},
				"b": map[string]any{"DataType": "Binary", "BinaryValue": binary},
			}, m.(map[string]any)["MessageAttributes"])
		}
		result := askQuery(t, handler, "ReceiveMessage", ordersQuery+"&MessageAttributeName=All&VisibilityTimeout=0&MaxNumberOfMessages=10")
		require.Equal(t, 2, strings.Count(result, "<Body>"+inXML+"</Body>"))
		require.Equal(t, 2, strings.Count(result, "<MessageAttribute><Name>a</Name><Value><StringValue>"+inXML+"</StringValue><DataType>String.x</DataType></Value></MessageAttribute>"+
			"<MessageAttribute><Name>b</Name><Value><BinaryValue>"+binary+"</BinaryValue><DataType>Binary</DataType></Value></MessageAttribute>"))
	}
}

func receiptHandles(t *testing.T, handler http.Handler, queue string, n int) (handles []string) {
	t.Helper()
	received := ask(t, handler, "ReceiveMessage", `{"QueueUrl":"`+queue+`","MaxNumberOfMessages":10}`)
	require.Len(t, received["Messages"], n)
	for _, m := range received["Messages"].([]any) {
		handles = append(handles, m.(map[string]any)["ReceiptHandle"].(string))
	}
	return handles
}
