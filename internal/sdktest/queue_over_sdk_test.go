package sdktest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/leat-go/leat/sqs"
)

// queueOverSDK is a queue behind SQS's wire protocol as an sqs.Queue: a batch of any
// length in tens, a wait of any length in polls of 20 seconds, a receive of any
// number in tens. Times are rounded up to the wire's whole seconds.
type queueOverSDK struct {
	client *awssqs.Client
	url    string
}

var _ sqs.Queue = (*queueOverSDK)(nil)

// The wire's limits.
const (
	maxBatchBytes = 1 << 20
	maxWait       = 20 * time.Second
)

func (q *queueOverSDK) Send(ctx context.Context, batch ...sqs.Entry) ([]sqs.Sent, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	sent := make([]sqs.Sent, len(batch))
	err := inQueueParts("Send", len(batch), func(i int) int { return batch[i].Size() }, func(from, to int) ([]types.BatchResultErrorEntry, error) {
		in := &awssqs.SendMessageBatchInput{QueueUrl: &q.url}
		var zeros []string
		for i := from; i < to; i++ {
			in.Entries = append(in.Entries, wireEntry(strconv.Itoa(i), batch[i]))
			if batch[i].Delay != nil && *batch[i].Delay == 0 {
				zeros = append(zeros, strconv.Itoa(i))
			}
		}
		out, err := q.client.SendMessageBatch(ctx, in, withZeroDelays(zeros))
		if err != nil {
			return nil, err
		}
		for _, s := range out.Successful {
			i, err := strconv.Atoi(*s.Id)
			if err != nil || i < from || i >= to {
				return nil, errors.New("sdktest: the answer names an unknown entry " + *s.Id)
			}
			sent[i] = sqs.Sent{MessageID: *s.MessageId, SequenceNumber: aws.ToString(s.SequenceNumber)}
		}
		return out.Failed, nil
	})
	return sent, err
}

func (q *queueOverSDK) Receive(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if req.MaxMessages < 0 || req.Wait != nil && *req.Wait < 0 {
		return nil, &sqs.Error{Op: "Receive", Queue: q.url, Err: sqs.ErrInvalidParameterValue}
	}
	limit := max(req.MaxMessages, 1)
	start := time.Now()
	var messages []sqs.Message
	for {
		wait := req.Wait
		switch {
		case len(messages) > 0:
			wait = new(time.Duration(0)) // there is something to return
		case wait != nil:
			wait = new(max(*wait-time.Since(start), 0))
		}
		in, zeros := q.poll(req, min(limit-len(messages), maxEntries), wait)
		out, err := q.client.ReceiveMessage(ctx, in, withZeros(zeros))
		switch {
		case err != nil && len(messages) > 0:
			return messages, nil // they are hidden already; the next call will tell
		case err != nil:
			return nil, errorOf("Receive", err)
		}
		for _, m := range out.Messages {
			messages = append(messages, messageOf(m))
		}
		switch {
		case len(messages) == 0 && wait != nil && *wait > maxWait:
			continue
		case len(messages) == 0, len(messages) >= limit, len(out.Messages) == 0:
			return messages, nil
		case req.AttemptID != "", req.VisibilityTimeout != nil && *req.VisibilityTimeout == 0:
			return messages, nil // to ask again would be to get the same again
		}
	}
}

// poll returns the request for one poll, and which of its members are 0 on purpose.
func (q *queueOverSDK) poll(req sqs.ReceiveRequest, limit int, wait *time.Duration) (in *awssqs.ReceiveMessageInput, zeros []string) {
	in = &awssqs.ReceiveMessageInput{
		QueueUrl:                    &q.url,
		MaxNumberOfMessages:         int32(limit),
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	}
	if req.AttemptID != "" {
		in.ReceiveRequestAttemptId = &req.AttemptID
	}
	if req.VisibilityTimeout != nil {
		if in.VisibilityTimeout = seconds(*req.VisibilityTimeout); in.VisibilityTimeout == 0 {
			zeros = append(zeros, "VisibilityTimeout")
		}
	}
	if wait != nil {
		if in.WaitTimeSeconds = seconds(min(*wait, maxWait)); in.WaitTimeSeconds == 0 {
			zeros = append(zeros, "WaitTimeSeconds")
		}
	}
	return in, zeros
}

func (q *queueOverSDK) Delete(ctx context.Context, handles ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return inQueueParts("Delete", len(handles), nil, func(from, to int) ([]types.BatchResultErrorEntry, error) {
		in := &awssqs.DeleteMessageBatchInput{QueueUrl: &q.url}
		for i := from; i < to; i++ {
			in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &handles[i]})
		}
		out, err := q.client.DeleteMessageBatch(ctx, in)
		if err != nil {
			return nil, err
		}
		return out.Failed, nil
	})
}

func (q *queueOverSDK) ChangeVisibility(ctx context.Context, timeout time.Duration, handles ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if timeout < 0 || timeout > 12*time.Hour {
		return &sqs.Error{Op: "ChangeVisibility", Queue: q.url, Err: sqs.ErrInvalidParameterValue}
	}
	return inQueueParts("ChangeVisibility", len(handles), nil, func(from, to int) ([]types.BatchResultErrorEntry, error) {
		in := &awssqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.url}
		for i := from; i < to; i++ {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &handles[i], VisibilityTimeout: seconds(timeout),
			})
		}
		out, err := q.client.ChangeMessageVisibilityBatch(ctx, in)
		if err != nil {
			return nil, err
		}
		return out.Failed, nil
	})
}

// inQueueParts calls do for a batch of n in parts that fit a request, and gathers what
// failed.
func inQueueParts(op string, n int, size func(i int) int, do func(from, to int) ([]types.BatchResultErrorEntry, error)) error {
	var failed []sqs.EntryError
	fail := func(i int, err error) { failed = append(failed, sqs.EntryError{Index: i, Err: err}) }
	err := inParts(n, maxEntries, maxBatchBytes, size, aboutAnEntry, func(from, to int) error {
		entries, err := do(from, to)
		for _, e := range entries {
			i, convErr := strconv.Atoi(*e.Id)
			if convErr != nil {
				return convErr
			}
			fail(i, wireError(op, *e.Code, aws.ToString(e.Message)))
		}
		return err
	}, func(i int, err error) { fail(i, errorOf(op, err)) })
	if err != nil {
		return errorOf(op, err)
	}
	if failed == nil {
		return nil
	}
	slices.SortFunc(failed, func(a, b sqs.EntryError) int { return a.Index - b.Index })
	return &sqs.BatchError{Failed: failed}
}

// aboutAnEntry tells a fault of the caller's entries from one of the queue, the
// endpoint or the way there.
func aboutAnEntry(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorFault() != smithy.FaultClient {
		return false
	}
	switch sentinelOf(api.ErrorCode()) {
	case sqs.ErrInvalidParameterValue, sqs.ErrMissingParameter, sqs.ErrInvalidMessageContents, sqs.ErrReceiptHandleInvalid:
		return true
	}
	return strings.HasSuffix(api.ErrorCode(), "BatchRequestTooLong")
}
