package sink

import (
	"context"
	"errors"

	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sns"
)

// topicBytes bounds the messages of a batch to a topic. (PublishBatch.)
const topicBytes = 256 << 10

// Topic returns a sink that publishes records to t. Its errors wrap those of t.
func Topic(t sns.Publisher, cfg Config) firehose.Sink {
	if local, ok := t.(*sns.LocalTopic); ok {
		cfg.FIFO = local.Config().FIFO
	}
	send := func(ctx context.Context, batch []message) ([]failure, error) {
		entries := make([]sns.Entry, len(batch))
		for i, m := range batch {
			entries[i] = sns.Entry{Message: m.body, Attributes: m.attributes, GroupID: m.group, DeduplicationID: m.dedup}
		}
		_, err := t.Publish(ctx, entries...)
		partly, ok := errors.AsType[*sns.BatchError](err)
		if !ok {
			return nil, err
		}
		failed := make([]failure, len(partly.Failed))
		for i, f := range partly.Failed {
			failed[i] = failure{f.Index, f.Err}
		}
		return failed, nil
	}
	return &messenger{cfg, topicBytes, send, isAny(
		sns.ErrNotFound, sns.ErrClosed, sns.ErrInvalidParameter, sns.ErrInvalidParameterValue, sns.ErrValidation)}
}
