package sqshttp

import (
	"fmt"
	"slices"
)

type addPermissionInput struct {
	QueueURL      string `json:"QueueUrl"`
	Label         string
	AWSAccountIDs []string `json:"AWSAccountIds" query:"AWSAccountId,flat"`
	Actions       []string `query:"ActionName,flat"`
}

type removePermissionInput struct {
	QueueURL string `json:"QueueUrl"`
	Label    string
}

// maxActions is how many actions a permission may be for.
const maxActions = 7

// The actions that a permission can be for, and those that are the owner's alone.
// (AddPermission.)
var (
	sharedActions = []string{
		"*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl",
		"ListDeadLetterSourceQueues", "PurgeQueue", "ReceiveMessage", "SendMessage",
	}
	ownerActions = []string{
		"AddPermission", "CancelMessageMoveTask", "CreateQueue", "DeleteQueue", "ListMessageMoveTasks", "ListQueues",
		"ListQueueTags", "RemovePermission", "SetQueueAttributes", "StartMessageMoveTask", "TagQueue", "UntagQueue",
	}
)

func addPermission(c *call, in *addPermissionInput) error {
	q, err := c.queue(in.QueueURL)
	switch {
	case err != nil:
		return err
	case in.Label == "":
		return missing("Label")
	case len(in.AWSAccountIDs) == 0:
		return missing(c.parameter("AWSAccountIds", "AWSAccountId"))
	case len(in.Actions) == 0:
		return missing(c.parameter("Actions", "ActionName"))
	case len(in.Actions) > maxActions:
		return newError("OverLimit", fmt.Sprintf("%d Actions were found, maximum allowed is %d.", len(in.Actions), maxActions))
	}
	for _, action := range in.Actions {
		switch {
		case slices.Contains(ownerActions, action):
			return invalidValue("Value SQS:%s for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.", action)
		case !slices.Contains(sharedActions, action):
			return invalidValue("Value SQS:%s for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list of valid actions.", action)
		}
	}
	return q.AddPermission(in.Label, in.AWSAccountIDs, in.Actions)
}

func removePermission(c *call, in *removePermissionInput) error {
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return err
	}
	if in.Label == "" {
		return missing("Label")
	}
	return q.RemovePermission(in.Label)
}
