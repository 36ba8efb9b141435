package sqs

import "context"

// Delete implements [Queue]. A handle fails with ErrReceiptHandleInvalid if this
// queue never gave it, and on a FIFO queue with ErrInvalidParameterValue if its
// visibility timeout has run out. On a standard queue the handle of a receive
// that was not the message's latest succeeds without effect. (DeleteMessage.)
func (q *LocalQueue) Delete(ctx context.Context, handles ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := q.registry.store.ready(); err != nil {
		return q.refused("Delete", err)
	}
	q.mu.Lock()
	if q.gone != nil {
		defer q.mu.Unlock()
		return q.err("Delete", q.gone)
	}
	// A standard queue need not know the time, unless a delete lets others go on.
	timed := q.core.settings.fifo || q.waiters.Len() > 0
	var now int64
	if timed {
		now = q.registry.now()
		q.core.advance(now)
	}
	failed := q.delete(handles)
	var done receipt
	if timed {
		done = q.leave(now)
	} else {
		done = q.core.log.flush()
		q.mu.Unlock()
		q.registry.store.consider(q.registry)
	}
	if err := q.acknowledge("Delete", done); err != nil {
		return err
	}
	return batchError(failed)
}

// delete deletes in the core. The caller holds mu.
func (q *LocalQueue) delete(handles []string) (failed failures) {
	for i, h := range handles {
		if v := q.core.delete(h); v != done {
			failed.Add(i, q.refusal("Delete", v, h))
		}
	}
	return failed
}

// refusal explains why a handle was of no use.
func (q *LocalQueue) refusal(op string, v verdict, handle string) error {
	var err *Error
	switch v {
	case garbage:
		err = &Error{Err: ErrReceiptHandleInvalid, Message: `The input receipt handle "` + handle + `" is not a valid receipt handle.`}
	case expired:
		err = invalid("Value %s for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.", handle)
	case tooLong:
		err = invalid("Total VisibilityTimeout for the message is beyond the limit [43200 seconds]")
	default:
		err = invalid("Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.", handle)
	}
	return located(op, q.name, err)
}
