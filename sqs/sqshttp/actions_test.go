package sqshttp_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

func TestQueues(t *testing.T) {
	handler, _ := newHandler(t)
	require.Equal(t, map[string]any{"QueueUrl": accounts + "a"}, ask(t, handler, "CreateQueue", `{"QueueName":"a","Attributes":{"DelaySeconds":"1"},"tags":{"k":"v"}}`))
	require.Equal(t, "<QueueUrl>"+accounts+"b.fifo</QueueUrl>",
		askQuery(t, handler, "CreateQueue", "QueueName=b.fifo&Attribute.1.Name=FifoQueue&Attribute.1.Value=true&Tag.1.Key=k&Tag.1.Value=w"))
	require.Equal(t, map[string]any{"QueueUrl": accounts + "a"}, ask(t, handler, "CreateQueue", `{"QueueName":"a"}`), "it is there already")
	require.Equal(t, map[string]any{"Tags": map[string]any{"k": "v"}}, ask(t, handler, "ListQueueTags", `{"QueueUrl":"a"}`))
	require.Equal(t, "<Tag><Key>k</Key><Value>w</Value></Tag>", askQuery(t, handler, "ListQueueTags", "QueueUrl=b.fifo"))

	require.Equal(t, map[string]any{"QueueUrl": accounts + "a"}, ask(t, handler, "GetQueueUrl", `{"QueueName":"a"}`))
	require.Equal(t, "<QueueUrl>"+accounts+"a</QueueUrl>", askQuery(t, handler, "GetQueueUrl", "QueueName=a&QueueOwnerAWSAccountId=000000000000"))

	require.Equal(t, []any{accounts + "a", accounts + "b.fifo", accounts + "orders", accounts + "orders.fifo"}, ask(t, handler, "ListQueues", `{}`)["QueueUrls"])
	require.Equal(t, "<QueueUrl>"+accounts+"orders</QueueUrl><QueueUrl>"+accounts+"orders.fifo</QueueUrl>", askQuery(t, handler, "ListQueues", "QueueNamePrefix=ord"))
	require.Empty(t, ask(t, handler, "ListQueues", `{"QueueNamePrefix":"x"}`), "no queues, no list")
	require.Equal(t, "<ListQueuesResult/>", askQuery(t, handler, "ListQueues", "QueueNamePrefix=x"))

	page := ask(t, handler, "ListQueues", `{"MaxResults":3}`)
	require.Len(t, page["QueueUrls"], 3)
	page = ask(t, handler, "ListQueues", `{"MaxResults":3,"NextToken":"`+page["NextToken"].(string)+`"}`)
	require.Equal(t, map[string]any{"QueueUrls": []any{accounts + "orders.fifo"}}, page)

	require.Empty(t, ask(t, handler, "DeleteQueue", `{"QueueUrl":"a"}`))
	require.Empty(t, askQuery(t, handler, "DeleteQueue", "QueueUrl=b.fifo"))
	deleted := problemOf(t, serve(t, handler, jsonRequest("CreateQueue", `{"QueueName":"a"}`)))
	require.Equal(t, "AWS.SimpleQueueService.QueueDeletedRecently", deleted.code)
	require.Equal(t, "You must wait 60 seconds after deleting a queue before you can create another with the same name.", deleted.message)
}

func TestPurge(t *testing.T) {
	handler, _ := newHandler(t)
	ask(t, handler, "SendMessage", `{`+ordersJSON+`,"MessageBody":"a"}`)
	require.Empty(t, ask(t, handler, "PurgeQueue", `{`+ordersJSON+`}`))
	require.Empty(t, ask(t, handler, "ReceiveMessage", `{`+ordersJSON+`}`))
	require.Empty(t, askQuery(t, handler, "PurgeQueue", fifoQuery))
	again := problem{"com.amazonaws.sqs#PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", "Sender", "Only one PurgeQueue operation on orders is allowed every 60 seconds.", 403}
	require.Equal(t, again, problemOf(t, serve(t, handler, jsonRequest("PurgeQueue", `{`+ordersJSON+`}`))))
	again.kind = ""
	require.Equal(t, again, problemOf(t, serve(t, handler, queryRequest("PurgeQueue", ordersQuery))))
}

func TestAttributes(t *testing.T) {
	handler, _ := newHandler(t)
	require.Empty(t, ask(t, handler, "SetQueueAttributes", `{`+ordersJSON+`,"Attributes":{"VisibilityTimeout":"69","DelaySeconds":"42"}}`))
	require.Equal(t, map[string]any{"Attributes": map[string]any{"VisibilityTimeout": "69", "DelaySeconds": "42", "QueueArn": ordersARN}},
		ask(t, handler, "GetQueueAttributes", `{`+ordersJSON+`,"AttributeNames":["VisibilityTimeout","DelaySeconds","QueueArn","Policy","FifoQueue"]}`))
	require.Empty(t, ask(t, handler, "GetQueueAttributes", `{`+ordersJSON+`}`))
	require.Equal(t, "<GetQueueAttributesResult/>", askQuery(t, handler, "GetQueueAttributes", ordersQuery))

	require.Empty(t, askQuery(t, handler, "SetQueueAttributes", ordersQuery+"&Attribute.1.Name=DelaySeconds&Attribute.1.Value=7"))
	require.Equal(t, "<Attribute><Name>DelaySeconds</Name><Value>7</Value></Attribute><Attribute><Name>VisibilityTimeout</Name><Value>69</Value></Attribute>",
		askQuery(t, handler, "GetQueueAttributes", ordersQuery+"&AttributeName.1=VisibilityTimeout&AttributeName.2=DelaySeconds"))

	all := ask(t, handler, "GetQueueAttributes", `{`+fifoJSON+`,"AttributeNames":["All"]}`)["Attributes"].(map[string]any)
	require.Equal(t, "true", all["FifoQueue"])
	require.Equal(t, "0", all["ApproximateNumberOfMessages"])
	require.Len(t, all, 16)
	require.Contains(t, askQuery(t, handler, "GetQueueAttributes", fifoQuery+"&AttributeName.1=All"), "<Attribute><Name>FifoQueue</Name><Value>true</Value></Attribute>")
}

func TestTags(t *testing.T) {
	handler, _ := newHandler(t)
	require.Empty(t, ask(t, handler, "ListQueueTags", `{`+ordersJSON+`}`))
	require.Empty(t, ask(t, handler, "TagQueue", `{`+ordersJSON+`,"Tags":{"a":"1","b":""}}`))
	require.Empty(t, askQuery(t, handler, "TagQueue", ordersQuery+"&Tag.1.Key=c&Tag.1.Value=3"))
	require.Equal(t, map[string]any{"a": "1", "b": "", "c": "3"}, ask(t, handler, "ListQueueTags", `{`+ordersJSON+`}`)["Tags"])
	require.Empty(t, ask(t, handler, "UntagQueue", `{`+ordersJSON+`,"TagKeys":["a","x"]}`))
	require.Empty(t, askQuery(t, handler, "UntagQueue", ordersQuery+"&TagKey.1=b"))
	require.Equal(t, "<Tag><Key>c</Key><Value>3</Value></Tag>", askQuery(t, handler, "ListQueueTags", ordersQuery))
}

func TestPermissions(t *testing.T) {
	handler, _ := newHandler(t)
	require.Empty(t, ask(t, handler, "AddPermission", `{`+ordersJSON+`,"Label":"l","AWSAccountIds":["`+alice+`"],"Actions":["SendMessage"]}`))
	require.Empty(t, askQuery(t, handler, "AddPermission", ordersQuery+"&Label=m&AWSAccountId.1="+bob+"&ActionName.1=ReceiveMessage&ActionName.2=DeleteMessage"))
	policy := ask(t, handler, "GetQueueAttributes", `{`+ordersJSON+`,"AttributeNames":["Policy"]}`)["Attributes"].(map[string]any)["Policy"].(string)
	require.JSONEq(t, `{"Version":"2008-10-17","Id":"`+ordersARN+`/SQSDefaultPolicy","Statement":[
		{"Sid":"l","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+alice+`:root"},"Action":"SQS:SendMessage","Resource":"`+ordersARN+`"},
		{"Sid":"m","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+bob+`:root"},"Action":["SQS:ReceiveMessage","SQS:DeleteMessage"],"Resource":"`+ordersARN+`"}]}`, policy)
	again := problemOf(t, serve(t, handler, jsonRequest("AddPermission", `{`+ordersJSON+`,"Label":"l","AWSAccountIds":["`+alice+`"],"Actions":["*"]}`)))
	require.Equal(t, "Value l for parameter Label is invalid. Reason: Already exists.", again.message)
	require.Empty(t, ask(t, handler, "RemovePermission", `{`+ordersJSON+`,"Label":"l"}`))
	require.Empty(t, askQuery(t, handler, "RemovePermission", ordersQuery+"&Label=m"))
	require.Empty(t, ask(t, handler, "GetQueueAttributes", `{`+ordersJSON+`,"AttributeNames":["Policy"]}`))
}

func TestMessages(t *testing.T) {
	handler, service := newHandler(t)
	orders, err := service.Queue("orders")
	require.NoError(t, err)
	ask(t, handler, "SendMessage", `{`+ordersJSON+`,"MessageBody":"a"}`)
	handle := receiptHandles(t, handler, "orders", 1)[0]
	require.Empty(t, ask(t, handler, "ChangeMessageVisibility", `{`+ordersJSON+`,"ReceiptHandle":"`+handle+`","VisibilityTimeout":0}`))
	handle = receiptHandles(t, handler, "orders", 1)[0]
	require.Empty(t, askQuery(t, handler, "ChangeMessageVisibility", ordersQuery+"&VisibilityTimeout=0&ReceiptHandle="+escaped(handle)))
	handle = receiptHandles(t, handler, "orders", 1)[0]
	require.Empty(t, ask(t, handler, "DeleteMessage", `{`+ordersJSON+`,"ReceiptHandle":"`+handle+`"}`))
	require.Empty(t, askQuery(t, handler, "DeleteMessage", ordersQuery+"&ReceiptHandle="+escaped(handle)), "twice does not matter")
	require.Empty(t, orders.Peek(1))
	gone := problemOf(t, serve(t, handler, jsonRequest("ChangeMessageVisibility", `{`+ordersJSON+`,"ReceiptHandle":"`+handle+`","VisibilityTimeout":0}`)))
	require.Equal(t, "Value "+handle+" for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.", gone.message)
}

func TestMoveTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, err := sqs.NewService(sqs.ServiceConfig{})
		require.NoError(t, err)
		handler := sqshttp.NewHandler(service, sqshttp.Config{})
		const deadARN = "arn:aws:sqs:us-east-1:000000000000:dead"
		ask(t, handler, "CreateQueue", `{"QueueName":"dead"}`)
		ask(t, handler, "CreateQueue", `{"QueueName":"orders","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\"`+deadARN+`\",\"maxReceiveCount\":\"1\"}"}}`)
		require.Equal(t, map[string]any{"queueUrls": []any{accounts + "orders"}}, ask(t, handler, "ListDeadLetterSourceQueues", `{"QueueUrl":"dead"}`))
		require.Equal(t, "<QueueUrl>"+accounts+"orders</QueueUrl>", askQuery(t, handler, "ListDeadLetterSourceQueues", "QueueUrl=dead&MaxResults=1"))
		require.Equal(t, map[string]any{}, ask(t, handler, "ListDeadLetterSourceQueues", `{"QueueUrl":"orders"}`))

		require.Empty(t, ask(t, handler, "ListMessageMoveTasks", `{"SourceArn":"`+deadARN+`"}`))
		ask(t, handler, "SendMessageBatch", `{"QueueUrl":"dead","Entries":[{"Id":"a","MessageBody":"a"},{"Id":"b","MessageBody":"b"},{"Id":"c","MessageBody":"c"}]}`)
		task := ask(t, handler, "StartMessageMoveTask", `{"SourceArn":"`+deadARN+`","DestinationArn":"`+ordersARN+`","MaxNumberOfMessagesPerSecond":1}`)["TaskHandle"].(string)
		time.Sleep(1500 * time.Millisecond)
		running := ask(t, handler, "ListMessageMoveTasks", `{"SourceArn":"`+deadARN+`"}`)["Results"].([]any)[0].(map[string]any)
		moved := running["ApproximateNumberOfMessagesMoved"]
		require.Equal(t, map[string]any{
			"TaskHandle": task, "Status": "RUNNING", "SourceArn": deadARN, "DestinationArn": ordersARN, "MaxNumberOfMessagesPerSecond": 1.0,
			"ApproximateNumberOfMessagesMoved": moved, "ApproximateNumberOfMessagesToMove": 3.0, "StartedTimestamp": 946684800000.0,
		}, running)
		second := problemOf(t, serve(t, handler, jsonRequest("StartMessageMoveTask", `{"SourceArn":"`+deadARN+`"}`)))
		require.Equal(t, "There is already a task running. Only one active task is allowed for a source queue arn at a given time.", second.message)
		require.Equal(t, map[string]any{"ApproximateNumberOfMessagesMoved": moved}, ask(t, handler, "CancelMessageMoveTask", `{"TaskHandle":"`+task+`"}`))
		gone := problemOf(t, serve(t, handler, queryRequest("CancelMessageMoveTask", "TaskHandle="+escaped(task))))
		require.Equal(t, problem{"", "ResourceNotFoundException", "Sender", "Task does not exist.", 404}, gone)
		require.Regexp(t, `^<ListMessageMoveTasksResultEntry><Status>CANCELLED</Status><SourceArn>.*</ListMessageMoveTasksResultEntry>$`,
			askQuery(t, handler, "ListMessageMoveTasks", "SourceArn="+deadARN+"&MaxResults=10"))

		result := askQuery(t, handler, "StartMessageMoveTask", "SourceArn="+deadARN+"&DestinationArn="+ordersARN)
		require.Regexp(t, `^<TaskHandle>[A-Za-z0-9+/=]+</TaskHandle>$`, result)
		time.Sleep(time.Second)
		require.Len(t, ask(t, handler, "ReceiveMessage", `{"QueueUrl":"orders","MaxNumberOfMessages":10}`)["Messages"], 3)
	})
}
