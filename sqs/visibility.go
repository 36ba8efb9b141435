package sqs

import (
	"context"
	"time"
)

// ChangeVisibility implements [Queue]. The timeout is 0 to 12 hours, and no
// receive may last longer than 12 hours in all. On a standard queue any handle of
// the message does, also when its timeout has run out or the message was received
// again; on a FIFO queue only that of a receive that lasts. A handle fails with ErrInvalidParameterValue, also when its
// message is gone, or with ErrReceiptHandleInvalid if this queue never gave it.
// (ChangeMessageVisibility.)
func (q *LocalQueue) ChangeVisibility(ctx context.Context, timeout time.Duration, handles ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if timeout < 0 || timeout > maxVisibility {
		return located("ChangeVisibility", q.name, invalid("Value %s for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.", seconds(timeout)))
	}
	now, err := q.change("ChangeVisibility")
	if err != nil {
		return err
	}
	var failed failures
	for i, h := range handles {
		if v := q.core.changeVisibility(now, h, int64(timeout)); v != done {
			failed.Add(i, q.refusal("ChangeVisibility", v, h))
		}
	}
	q.leave(now)
	return batchError(failed)
}
