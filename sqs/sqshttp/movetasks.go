package sqshttp

import (
	"strings"

	"github.com/leat-go/leat/sqs"
)

type startMessageMoveTaskInput struct {
	SourceARN                    string `json:"SourceArn"`
	DestinationARN               string `json:"DestinationArn"`
	MaxNumberOfMessagesPerSecond *int32
}

type startMessageMoveTaskOutput struct{ TaskHandle string }

type cancelMessageMoveTaskInput struct{ TaskHandle string }

type cancelMessageMoveTaskOutput struct{ ApproximateNumberOfMessagesMoved *int64 }

type listMessageMoveTasksInput struct {
	SourceARN  string `json:"SourceArn"`
	MaxResults *int32
}

type listMessageMoveTasksOutput struct {
	Results []moveTask `query:"ListMessageMoveTasksResultEntry,flat"`
}

type moveTask struct {
	TaskHandle                        string
	Status                            string
	SourceARN                         string `json:"SourceArn"`
	DestinationARN                    string `json:"DestinationArn"`
	MaxNumberOfMessagesPerSecond      int32
	ApproximateNumberOfMessagesMoved  *int64
	ApproximateNumberOfMessagesToMove *int64
	FailureReason                     string
	StartedTimestamp                  int64
}

func startMessageMoveTask(c *call, in *startMessageMoveTaskInput) (*startMessageMoveTaskOutput, error) {
	if in.SourceARN == "" {
		return nil, missing("SourceArn")
	}
	if err := checkARN("SourceArn", in.SourceARN); err != nil {
		return nil, err
	}
	if in.DestinationARN != "" {
		if err := checkARN("DestinationArn", in.DestinationARN); err != nil {
			return nil, err
		}
	}
	req := sqs.MoveRequest{SourceARN: in.SourceARN, DestinationARN: in.DestinationARN}
	if n := in.MaxNumberOfMessagesPerSecond; n != nil {
		if *n < 1 || *n > 500 {
			return nil, invalidValue("Value %d for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and 500, if provided.", *n)
		}
		req.MaxNumberOfMessagesPerSecond = int(*n)
	}
	handle, err := c.service.StartMessageMoveTask(req)
	if err != nil {
		return nil, err
	}
	return &startMessageMoveTaskOutput{handle}, nil
}

func cancelMessageMoveTask(c *call, in *cancelMessageMoveTaskInput) (*cancelMessageMoveTaskOutput, error) {
	if in.TaskHandle == "" {
		return nil, missing("TaskHandle")
	}
	moved, err := c.service.CancelMessageMoveTask(in.TaskHandle)
	if err != nil {
		return nil, err
	}
	return &cancelMessageMoveTaskOutput{&moved}, nil
}

func listMessageMoveTasks(c *call, in *listMessageMoveTasksInput) (*listMessageMoveTasksOutput, error) {
	if in.SourceARN == "" {
		return nil, missing("SourceArn")
	}
	if err := checkARN("SourceArn", in.SourceARN); err != nil {
		return nil, err
	}
	limit := 1
	if n := in.MaxResults; n != nil {
		if *n < 1 || *n > 10 {
			return nil, invalidValue("Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 10.")
		}
		limit = int(*n)
	}
	tasks, err := c.service.ListMessageMoveTasks(in.SourceARN, limit)
	if err != nil {
		return nil, err
	}
	out := &listMessageMoveTasksOutput{}
	for _, t := range tasks {
		out.Results = append(out.Results, moveTask{
			TaskHandle:                        t.TaskHandle,
			Status:                            string(t.Status),
			SourceARN:                         t.SourceARN,
			DestinationARN:                    t.DestinationARN,
			MaxNumberOfMessagesPerSecond:      int32(t.MaxNumberOfMessagesPerSecond),
			ApproximateNumberOfMessagesMoved:  new(t.ApproximateNumberOfMessagesMoved),
			ApproximateNumberOfMessagesToMove: new(t.ApproximateNumberOfMessagesToMove),
			FailureReason:                     t.FailureReason,
			StartedTimestamp:                  t.StartedAt.UnixMilli(),
		})
	}
	return out, nil
}

func checkARN(parameter, arn string) error {
	if parts := strings.Split(arn, ":"); len(parts) != 6 || parts[0] != "arn" {
		return invalidValue("You must use this format to specify the %s: arn:<partition>:<service>:<region>:<account-id>:<resource-id>", parameter)
	}
	return nil
}
