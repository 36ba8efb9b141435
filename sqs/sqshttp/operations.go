package sqshttp

// operation decodes the input of an action and runs it. The result is nil for the
// actions that have none.
type operation func(c *call) (result any, err error)

// operations are the actions of the API, version 2012-11-05.
var operations = map[string]operation{
	"AddPermission":                withoutResult(addPermission),
	"CancelMessageMoveTask":        withResult(cancelMessageMoveTask),
	"ChangeMessageVisibility":      withoutResult(changeMessageVisibility),
	"ChangeMessageVisibilityBatch": withResult(changeMessageVisibilityBatch),
	"CreateQueue":                  withResult(createQueue),
	"DeleteMessage":                withoutResult(deleteMessage),
	"DeleteMessageBatch":           withResult(deleteMessageBatch),
	"DeleteQueue":                  withoutResult(deleteQueue),
	"GetQueueAttributes":           withResult(getQueueAttributes),
	"GetQueueUrl":                  withResult(getQueueURL),
	"ListDeadLetterSourceQueues":   withResult(listDeadLetterSourceQueues),
	"ListMessageMoveTasks":         withResult(listMessageMoveTasks),
	"ListQueueTags":                withResult(listQueueTags),
	"ListQueues":                   withResult(listQueues),
	"PurgeQueue":                   withoutResult(purgeQueue),
	"ReceiveMessage":               withResult(receiveMessage),
	"RemovePermission":             withoutResult(removePermission),
	"SendMessage":                  withResult(sendMessage),
	"SendMessageBatch":             withResult(sendMessageBatch),
	"SetQueueAttributes":           withoutResult(setQueueAttributes),
	"StartMessageMoveTask":         withResult(startMessageMoveTask),
	"TagQueue":                     withoutResult(tagQueue),
	"UntagQueue":                   withoutResult(untagQueue),
}

func withResult[In, Out any](run func(*call, *In) (*Out, error)) operation {
	return func(c *call) (any, error) {
		in := new(In)
		if err := c.decode(in); err != nil {
			return nil, err
		}
		out, err := run(c, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

func withoutResult[In any](run func(*call, *In) error) operation {
	return func(c *call) (any, error) {
		in := new(In)
		if err := c.decode(in); err != nil {
			return nil, err
		}
		return nil, run(c, in)
	}
}
