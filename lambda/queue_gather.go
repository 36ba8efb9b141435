package lambda

import (
	"context"
	"time"

	"github.com/leat-go/leat/sqs"
)

// gatheringQueue is a queue whose Receive waits for more messages after the first one, as
// long as the batching window lasts.
type gatheringQueue struct {
	sqs.Queue
	window time.Duration
	counts *counts
}

// pollPause is how long to wait before asking a source again that does not wait itself.
const pollPause = 250 * time.Millisecond

// Receive hides the first messages for longer than it is asked to, so that the visibility
// timeout of all is what was asked for, at least, when it returns.
func (g *gatheringQueue) Receive(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
	req.VisibilityTimeout = new(*req.VisibilityTimeout + g.window)
	messages, err := g.Queue.Receive(ctx, req)
	if err == nil && len(messages) > 0 && g.window > 0 {
		messages = g.gather(ctx, req, messages)
	}
	g.counts.polled.Add(int64(len(messages)))
	return messages, err
}

// gather ends early when the queue fails: the next receive will tell.
func (g *gatheringQueue) gather(ctx context.Context, req sqs.ReceiveRequest, messages []sqs.Message) []sqs.Message {
	until := time.Now().Add(g.window)
	limit, size := req.MaxMessages, bodies(messages)
	for len(messages) < limit && size < maxPayload {
		began := time.Now()
		left := until.Sub(began)
		if left <= 0 {
			break
		}
		req.MaxMessages, req.Wait = limit-len(messages), &left
		more, err := g.Queue.Receive(ctx, req)
		messages = append(messages, more...)
		size += bodies(more)
		if err != nil || ctx.Err() != nil {
			break
		}
		if len(more) == 0 && time.Since(began) < left/2 && !rest(ctx, min(pollPause, left)) {
			break
		}
	}
	return messages
}

func bodies(messages []sqs.Message) (size int) {
	for i := range messages {
		size += len(messages[i].Body)
	}
	return size
}
