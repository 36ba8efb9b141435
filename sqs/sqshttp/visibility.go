package sqshttp

import (
	"errors"

	"github.com/leat-go/leat/sqs"
)

type changeMessageVisibilityInput struct {
	QueueURL          string `json:"QueueUrl"`
	ReceiptHandle     string
	VisibilityTimeout *int32
}

type changeMessageVisibilityBatchInput struct {
	QueueURL string                `json:"QueueUrl"`
	Entries  []visibilityBatchItem `query:"ChangeMessageVisibilityBatchRequestEntry,flat"`
}

type visibilityBatchItem struct {
	ID                *string `json:"Id"`
	ReceiptHandle     string
	VisibilityTimeout *int32
}

type changeMessageVisibilityBatchOutput struct {
	Successful []succeeded   `query:"ChangeMessageVisibilityBatchResultEntry,flat"`
	Failed     []failedEntry `query:"BatchResultErrorEntry,flat"`
}

func changeMessageVisibility(c *call, in *changeMessageVisibilityInput) error {
	q, err := c.queue(in.QueueURL)
	switch {
	case err != nil:
		return err
	case in.ReceiptHandle == "":
		return missing("ReceiptHandle")
	case in.VisibilityTimeout == nil:
		return missing("VisibilityTimeout")
	}
	return q.ChangeVisibility(c.ctx, *seconds(in.VisibilityTimeout), in.ReceiptHandle)
}

func changeMessageVisibilityBatch(c *call, in *changeMessageVisibilityBatchInput) (*changeMessageVisibilityBatchOutput, error) {
	const shape = "ChangeMessageVisibilityBatchRequestEntry"
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(c, shape, in.Entries, func(e *visibilityBatchItem) *string { return e.ID }); err != nil {
		return nil, err
	}
	for i, item := range in.Entries {
		switch {
		case item.ReceiptHandle == "":
			return nil, missing(entryParameter(shape, i, "ReceiptHandle"))
		case item.VisibilityTimeout == nil:
			return nil, missing(entryParameter(shape, i, "VisibilityTimeout"))
		}
	}
	out := &changeMessageVisibilityBatchOutput{}
	for _, item := range in.Entries { // one by one: each has a timeout of its own
		err := q.ChangeVisibility(c.ctx, *seconds(item.VisibilityTimeout), item.ReceiptHandle)
		var refused *sqs.Error
		switch {
		case err == nil:
			out.Successful = append(out.Successful, succeeded{ID: *item.ID})
		case errors.As(err, &refused) && !errors.Is(err, sqs.ErrQueueDoesNotExist) && !errors.Is(err, sqs.ErrClosed):
			out.Failed = append(out.Failed, newFailedEntry(*item.ID, err))
		default:
			return nil, err
		}
	}
	return out, nil
}
