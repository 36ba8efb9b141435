package sqshttp

import "github.com/leat-go/leat/internal/awshttp"

// operations are the actions of the API, version 2012-11-05.
var operations = map[string]awshttp.Operation[*call]{
	"AddPermission":                awshttp.WithoutResult(addPermission),
	"CancelMessageMoveTask":        awshttp.WithResult(cancelMessageMoveTask),
	"ChangeMessageVisibility":      awshttp.WithoutResult(changeMessageVisibility),
	"ChangeMessageVisibilityBatch": awshttp.WithResult(changeMessageVisibilityBatch),
	"CreateQueue":                  awshttp.WithResult(createQueue),
	"DeleteMessage":                awshttp.WithoutResult(deleteMessage),
	"DeleteMessageBatch":           awshttp.WithResult(deleteMessageBatch),
	"DeleteQueue":                  awshttp.WithoutResult(deleteQueue),
	"GetQueueAttributes":           awshttp.WithResult(getQueueAttributes),
	"GetQueueUrl":                  awshttp.WithResult(getQueueURL),
	"ListDeadLetterSourceQueues":   awshttp.WithResult(listDeadLetterSourceQueues),
	"ListMessageMoveTasks":         awshttp.WithResult(listMessageMoveTasks),
	"ListQueueTags":                awshttp.WithResult(listQueueTags),
	"ListQueues":                   awshttp.WithResult(listQueues),
	"PurgeQueue":                   awshttp.WithoutResult(purgeQueue),
	"ReceiveMessage":               awshttp.WithResult(receiveMessage),
	"RemovePermission":             awshttp.WithoutResult(removePermission),
	"SendMessage":                  awshttp.WithResult(sendMessage),
	"SendMessageBatch":             awshttp.WithResult(sendMessageBatch),
	"SetQueueAttributes":           awshttp.WithoutResult(setQueueAttributes),
	"StartMessageMoveTask":         awshttp.WithResult(startMessageMoveTask),
	"TagQueue":                     awshttp.WithoutResult(tagQueue),
	"UntagQueue":                   awshttp.WithoutResult(untagQueue),
}
