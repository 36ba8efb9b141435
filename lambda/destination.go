package lambda

import (
	"context"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// Destination takes what an event source gives up: one JSON document about each batch of a
// stream, or each notification of a topic, as AWS writes them for its on-failure
// destinations. After an error the same one comes again. It may be called concurrently.
type Destination interface {
	Deliver(ctx context.Context, record []byte) error
}

// DestinationFunc is a function as a Destination.
type DestinationFunc func(ctx context.Context, record []byte) error

// Deliver calls the function.
func (f DestinationFunc) Deliver(ctx context.Context, record []byte) error { return f(ctx, record) }

// QueueDestination returns the destination that sends to q.
func QueueDestination(q sqs.Queue) Destination {
	return DestinationFunc(func(ctx context.Context, record []byte) error {
		_, err := q.Send(ctx, sqs.Entry{Body: string(record)})
		return err
	})
}

// TopicDestination returns the destination that publishes to t.
func TopicDestination(t sns.Publisher) Destination {
	return DestinationFunc(func(ctx context.Context, record []byte) error {
		_, err := t.Publish(ctx, sns.Entry{Message: string(record)})
		return err
	})
}

// Why an event source gave something up, as AWS names it.
const (
	retryAttemptsExhausted = "RetryAttemptsExhausted" // of a stream
	recordAgeExceeded      = "RecordAgeExceeded"      // of a stream
	retriesExhausted       = "RetriesExhausted"       // of a topic
	eventAgeExceeded       = "EventAgeExceeded"       // of a topic
)

// timestampFormat is how the documents have moments, in UTC.
const timestampFormat = "2006-01-02T15:04:05.000Z"

type requestContext struct {
	RequestID              string `json:"requestId"`
	FunctionARN            string `json:"functionArn"`
	Condition              string `json:"condition"`
	ApproximateInvokeCount int    `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int     `json:"statusCode"`
	ExecutedVersion string  `json:"executedVersion"`
	FunctionError   *string `json:"functionError"` // null if the function itself succeeded
}

// responseOf describes the last invocation; nil if there was none.
func responseOf(invoked int, cause error) *responseContext {
	if invoked == 0 {
		return nil
	}
	r := &responseContext{StatusCode: 200, ExecutedVersion: "$LATEST"}
	if cause != errReported {
		r.FunctionError = new("Unhandled")
	}
	return r
}
