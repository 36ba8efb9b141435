package sqshttp

type deleteMessageInput struct {
	QueueURL      string `json:"QueueUrl"`
	ReceiptHandle string
}

type deleteMessageBatchInput struct {
	QueueURL string            `json:"QueueUrl"`
	Entries  []deleteBatchItem `query:"DeleteMessageBatchRequestEntry,flat"`
}

type deleteBatchItem struct {
	ID            *string `json:"Id"`
	ReceiptHandle string
}

type deleteMessageBatchOutput struct {
	Successful []succeeded   `query:"DeleteMessageBatchResultEntry,flat"`
	Failed     []failedEntry `query:"BatchResultErrorEntry,flat"`
}

func deleteMessage(c *call, in *deleteMessageInput) error {
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return err
	}
	if in.ReceiptHandle == "" {
		return missing("ReceiptHandle")
	}
	return q.Delete(c.ctx, in.ReceiptHandle)
}

func deleteMessageBatch(c *call, in *deleteMessageBatchInput) (*deleteMessageBatchOutput, error) {
	const shape = "DeleteMessageBatchRequestEntry"
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(c, shape, in.Entries, func(e *deleteBatchItem) *string { return e.ID }); err != nil {
		return nil, err
	}
	handles := make([]string, len(in.Entries))
	for i, item := range in.Entries {
		if item.ReceiptHandle == "" {
			return nil, missing(entryParameter(shape, i, "ReceiptHandle"))
		}
		handles[i] = item.ReceiptHandle
	}
	errs, err := byEntry(q.Delete(c.ctx, handles...), len(handles))
	if err != nil {
		return nil, err
	}
	out := &deleteMessageBatchOutput{}
	for i, item := range in.Entries {
		if errs[i] != nil {
			out.Failed = append(out.Failed, newFailedEntry(*item.ID, errs[i]))
		} else {
			out.Successful = append(out.Successful, succeeded{ID: *item.ID})
		}
	}
	return out, nil
}
