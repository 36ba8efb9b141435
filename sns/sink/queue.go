package sink

import (
	"context"
	"errors"

	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sqs"
)

// queueBytes bounds the messages of a batch to a queue. (SendMessageBatch.)
const queueBytes = 1 << 20

// Queue returns a sink that sends records to q. Its errors wrap those of q.
func Queue(q sqs.Queue, cfg Config) firehose.Sink {
	if local, ok := q.(*sqs.LocalQueue); ok {
		cfg.FIFO = local.Config().FIFO
	}
	send := func(ctx context.Context, batch []message) ([]failure, error) {
		entries := make([]sqs.Entry, len(batch))
		for i, m := range batch {
			entries[i] = sqs.Entry{Body: m.body, Attributes: m.attributes, GroupID: m.group, DeduplicationID: m.dedup}
		}
		_, err := q.Send(ctx, entries...)
		partly, ok := errors.AsType[*sqs.BatchError](err)
		if !ok {
			return nil, err
		}
		failed := make([]failure, len(partly.Failed))
		for i, f := range partly.Failed {
			failed[i] = failure{f.Index, f.Err}
		}
		return failed, nil
	}
	return &messenger{cfg, queueBytes, send, isAny(
		sqs.ErrQueueDoesNotExist, sqs.ErrClosed, sqs.ErrInvalidParameterValue, sqs.ErrMissingParameter,
		sqs.ErrInvalidMessageContents, sqs.ErrUnsupportedOperation)}
}

// isAny returns a function that tells whether an error is one of these.
func isAny(sentinels ...error) func(err error) bool {
	return func(err error) bool {
		for _, s := range sentinels {
			if errors.Is(err, s) {
				return true
			}
		}
		return false
	}
}
